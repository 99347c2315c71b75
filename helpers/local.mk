# SPDX-License-Identifier: Apache-2.0

pkglibexec_PROGRAMS += urun-init urun-reaper urun-seccomp urun-subid

# Executed in root folders that may have no library and no loader at all.
urun_init_SOURCES = helpers/init.c src/base/err.c
urun_init_CFLAGS = $(HARDEN_CFLAGS) $(WARN_CFLAGS) -fno-sanitize=all
urun_init_LDFLAGS = $(HARDEN_LDFLAGS) -static

urun_reaper_SOURCES = helpers/reaper.c \
	src/base/arena.c src/base/err.c src/base/parse.c \
	src/sys/channel.c src/sys/clock.c src/sys/fd.c src/sys/process.c src/sys/reap.c src/sys/signals.c
urun_reaper_CFLAGS = $(urun_init_CFLAGS)
urun_reaper_LDFLAGS = $(urun_init_LDFLAGS)

urun_seccomp_SOURCES = \
	helpers/seccomp.c \
	helpers/seccomp_program.c helpers/seccomp_program.h
urun_seccomp_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/helpers
urun_seccomp_CFLAGS = $(AM_CFLAGS) $(SECCOMP_CFLAGS) $(JANSSON_CFLAGS)
urun_seccomp_LDFLAGS = $(AM_LDFLAGS) -pie
urun_seccomp_LDADD = libcore.a $(SECCOMP_LIBS) $(JANSSON_LIBS) $(CAP_LIBS)
helpers/urun_seccomp-seccomp.$(OBJEXT): policy/seccomp_default.h

include $(srcdir)/helpers/image/local.mk
include $(srcdir)/helpers/net/local.mk

urun_subid_SOURCES = helpers/subid.c
urun_subid_LDFLAGS = $(AM_LDFLAGS) -pie
urun_subid_LDADD = $(SUBID_LIBS)

# Where there is no systemd, nobody has to be asked.
if HAVE_SYSTEMD
pkglibexec_PROGRAMS += urun-scope
endif
urun_scope_SOURCES = helpers/scope.c
urun_scope_CFLAGS = $(AM_CFLAGS) $(SYSTEMD_CFLAGS)
urun_scope_LDFLAGS = $(AM_LDFLAGS) -pie
urun_scope_LDADD = $(SYSTEMD_LIBS)

# Where criu's library is not, checkpoint and restore are refused.
if HAVE_CRIU
pkglibexec_PROGRAMS += urun-criu
endif
urun_criu_SOURCES = helpers/criu.c
urun_criu_CFLAGS = $(AM_CFLAGS) $(CRIU_CFLAGS)
urun_criu_LDFLAGS = $(AM_LDFLAGS) -pie
urun_criu_LDADD = libcore.a $(CRIU_LIBS) $(CAP_LIBS) $(JANSSON_LIBS)
