# SPDX-License-Identifier: Apache-2.0
#
# One program a module of base and sys, by cmocka; layers.sh looks at the sources alone.

TESTS += tests/unit/layers.sh
EXTRA_DIST += tests/unit/layers.sh

if HAVE_CMOCKA
unit_cflags = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
unit_ldflags = $(AM_LDFLAGS) -pie
unit_ldadd = tests/unit/libsupport.a libcore.a $(CMOCKA_LIBS) $(CAP_LIBS) $(JANSSON_LIBS)
unit_programs = \
	tests/unit/base_arena \
	tests/unit/base_err \
	tests/unit/base_json \
	tests/unit/base_parse \
	tests/unit/helper_seccomp_program \
	tests/unit/sys_channel \
	tests/unit/sys_cred \
	tests/unit/sys_fd \
	tests/unit/sys_helper \
	tests/unit/sys_host \
	tests/unit/sys_lines \
	tests/unit/sys_lock \
	tests/unit/sys_mnt \
	tests/unit/sys_net \
	tests/unit/sys_newid \
	tests/unit/sys_path \
	tests/unit/sys_process \
	tests/unit/sys_rlimit \
	tests/unit/sys_seccomp \
	tests/unit/sys_signals \
	tests/unit/sys_tty \
	tests/unit/sys_userdb \
	tests/unit/sys_uts

check_PROGRAMS += $(unit_programs)
TESTS += $(unit_programs)

check_LIBRARIES += tests/unit/libsupport.a
tests_unit_libsupport_a_CFLAGS = $(unit_cflags)
tests_unit_libsupport_a_SOURCES = tests/unit/support.c tests/unit/support.h

tests_unit_base_arena_CFLAGS = $(unit_cflags)
tests_unit_base_arena_LDFLAGS = $(unit_ldflags)
tests_unit_base_arena_LDADD = $(unit_ldadd)

tests_unit_base_err_CFLAGS = $(unit_cflags)
tests_unit_base_err_LDFLAGS = $(unit_ldflags)
tests_unit_base_err_LDADD = $(unit_ldadd)

tests_unit_base_json_CFLAGS = $(unit_cflags)
tests_unit_base_json_LDFLAGS = $(unit_ldflags)
tests_unit_base_json_LDADD = $(unit_ldadd)

tests_unit_base_parse_CFLAGS = $(unit_cflags)
tests_unit_base_parse_LDFLAGS = $(unit_ldflags)
tests_unit_base_parse_LDADD = $(unit_ldadd)

tests_unit_helper_seccomp_program_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/helpers
tests_unit_helper_seccomp_program_CFLAGS = $(unit_cflags) $(SECCOMP_CFLAGS)
tests_unit_helper_seccomp_program_LDFLAGS = $(unit_ldflags)
tests_unit_helper_seccomp_program_LDADD = $(unit_ldadd) $(SECCOMP_LIBS)
tests_unit_helper_seccomp_program_SOURCES = \
	tests/unit/helper_seccomp_program.c \
	helpers/seccomp_program.c helpers/seccomp_program.h
tests/unit/helper_seccomp_program-helper_seccomp_program.$(OBJEXT): policy/seccomp_default.h

tests_unit_sys_channel_CFLAGS = $(unit_cflags)
tests_unit_sys_channel_LDFLAGS = $(unit_ldflags)
tests_unit_sys_channel_LDADD = $(unit_ldadd)

tests_unit_sys_cred_CFLAGS = $(unit_cflags)
tests_unit_sys_cred_LDFLAGS = $(unit_ldflags)
tests_unit_sys_cred_LDADD = $(unit_ldadd)

tests_unit_sys_fd_CFLAGS = $(unit_cflags)
tests_unit_sys_fd_LDFLAGS = $(unit_ldflags)
tests_unit_sys_fd_LDADD = $(unit_ldadd)

tests_unit_sys_helper_CFLAGS = $(unit_cflags)
tests_unit_sys_helper_LDFLAGS = $(unit_ldflags)
tests_unit_sys_helper_LDADD = $(unit_ldadd)

tests_unit_sys_host_CFLAGS = $(unit_cflags)
tests_unit_sys_host_LDFLAGS = $(unit_ldflags)
tests_unit_sys_host_LDADD = $(unit_ldadd)

tests_unit_sys_lines_CFLAGS = $(unit_cflags)
tests_unit_sys_lines_LDFLAGS = $(unit_ldflags)
tests_unit_sys_lines_LDADD = $(unit_ldadd)

tests_unit_sys_lock_CFLAGS = $(unit_cflags)
tests_unit_sys_lock_LDFLAGS = $(unit_ldflags)
tests_unit_sys_lock_LDADD = $(unit_ldadd)

tests_unit_sys_mnt_CFLAGS = $(unit_cflags)
tests_unit_sys_mnt_LDFLAGS = $(unit_ldflags)
tests_unit_sys_mnt_LDADD = $(unit_ldadd)

tests_unit_sys_net_CFLAGS = $(unit_cflags)
tests_unit_sys_net_LDFLAGS = $(unit_ldflags)
tests_unit_sys_net_LDADD = $(unit_ldadd)

tests_unit_sys_newid_CFLAGS = $(unit_cflags)
tests_unit_sys_newid_LDFLAGS = $(unit_ldflags)
tests_unit_sys_newid_LDADD = $(unit_ldadd)

tests_unit_sys_path_CFLAGS = $(unit_cflags)
tests_unit_sys_path_LDFLAGS = $(unit_ldflags)
tests_unit_sys_path_LDADD = $(unit_ldadd)

tests_unit_sys_process_CFLAGS = $(unit_cflags)
tests_unit_sys_process_LDFLAGS = $(unit_ldflags)
tests_unit_sys_process_LDADD = $(unit_ldadd)

tests_unit_sys_rlimit_CFLAGS = $(unit_cflags)
tests_unit_sys_rlimit_LDFLAGS = $(unit_ldflags)
tests_unit_sys_rlimit_LDADD = $(unit_ldadd)

tests_unit_sys_seccomp_CFLAGS = $(unit_cflags)
tests_unit_sys_seccomp_LDFLAGS = $(unit_ldflags)
tests_unit_sys_seccomp_LDADD = $(unit_ldadd)

tests_unit_sys_signals_CFLAGS = $(unit_cflags)
tests_unit_sys_signals_LDFLAGS = $(unit_ldflags)
tests_unit_sys_signals_LDADD = $(unit_ldadd)

tests_unit_sys_tty_CFLAGS = $(unit_cflags)
tests_unit_sys_tty_LDFLAGS = $(unit_ldflags)
tests_unit_sys_tty_LDADD = $(unit_ldadd)

tests_unit_sys_userdb_CFLAGS = $(unit_cflags)
tests_unit_sys_userdb_LDFLAGS = $(unit_ldflags)
tests_unit_sys_userdb_LDADD = $(unit_ldadd)

tests_unit_sys_uts_CFLAGS = $(unit_cflags)
tests_unit_sys_uts_LDFLAGS = $(unit_ldflags)
tests_unit_sys_uts_LDADD = $(unit_ldadd)
endif
