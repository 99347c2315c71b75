# SPDX-License-Identifier: Apache-2.0
#
# `make check` runs the quick mode, `make bench` the whole:
#	make bench BENCH_ROOTFS=DIR [BENCH_FLAGS="--rounds 400"]
# As root also: BENCH_FLAGS="--user NAME".

check_PROGRAMS += urun-bench-floor urun-bench-timer

urun_bench_floor_SOURCES = tests/bench/floor.c
urun_bench_floor_CFLAGS = $(HARDEN_CFLAGS) $(WARN_CFLAGS) -fno-sanitize=all
urun_bench_floor_LDFLAGS = $(HARDEN_LDFLAGS) -static
urun_bench_timer_SOURCES = tests/bench/timer.c
urun_bench_timer_CFLAGS = $(HARDEN_CFLAGS) $(WARN_CFLAGS) -fno-sanitize=all
urun_bench_timer_LDFLAGS = $(HARDEN_LDFLAGS) -static

TESTS += tests/bench/start.sh
EXTRA_DIST += tests/bench/start tests/bench/start.sh

.PHONY: bench
bench: urun$(EXEEXT) urun-bench-floor$(EXEEXT) urun-bench-timer$(EXEEXT)
	$(srcdir)/tests/bench/start --bin . --rootfs "$(BENCH_ROOTFS)" --check $(BENCH_FLAGS)
