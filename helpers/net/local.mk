# SPDX-License-Identifier: Apache-2.0

pkglibexec_PROGRAMS += urun-net

# One runs beside each container with published ports: small, and no library to load.
urun_net_SOURCES = \
	helpers/net/flow.c \
	helpers/net/forward.h \
	helpers/net/main.c \
	helpers/net/pipes.c \
	helpers/net/tcp.c \
	helpers/net/udp.c
urun_net_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/helpers
urun_net_CFLAGS = $(HARDEN_CFLAGS) $(WARN_CFLAGS) -fno-sanitize=all
urun_net_LDFLAGS = $(HARDEN_LDFLAGS) -static
