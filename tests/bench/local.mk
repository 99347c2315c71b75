# SPDX-License-Identifier: Apache-2.0
#
# `make check` runs the quick mode, `make bench` the whole:
#	make bench BENCH_ROOTFS=DIR [BENCH_FLAGS="--rounds 400"]
#	make bench-image BENCH_ROOTFS=DIR
#	make bench-net
#	make bench-oci BENCH_ROOTFS=DIR
# As root also: BENCH_FLAGS="--user NAME".

check_PROGRAMS += urun-bench-floor urun-bench-timer urun-bench-attach urun-bench-trips

urun_bench_floor_SOURCES = tests/bench/floor.c
urun_bench_floor_CFLAGS = $(HARDEN_CFLAGS) $(WARN_CFLAGS) -fno-sanitize=all
urun_bench_floor_LDFLAGS = $(HARDEN_LDFLAGS) -static
urun_bench_timer_SOURCES = tests/bench/timer.c
urun_bench_timer_CFLAGS = $(HARDEN_CFLAGS) $(WARN_CFLAGS) -fno-sanitize=all
urun_bench_timer_LDFLAGS = $(HARDEN_LDFLAGS) -static
urun_bench_attach_SOURCES = tests/bench/attach.c
urun_bench_attach_CFLAGS = $(HARDEN_CFLAGS) $(WARN_CFLAGS) -fno-sanitize=all
urun_bench_attach_LDFLAGS = $(HARDEN_LDFLAGS) -static
urun_bench_trips_SOURCES = tests/bench/trips.c
urun_bench_trips_CFLAGS = $(HARDEN_CFLAGS) $(WARN_CFLAGS) -fno-sanitize=all
urun_bench_trips_LDFLAGS = $(HARDEN_LDFLAGS) -static

TESTS += tests/bench/start.sh tests/bench/image.sh tests/bench/net.sh tests/bench/oci.sh
# One after the other, when nothing else runs any more.
tests/bench/start.log: $(filter-out tests/bench/%,$(TEST_LOGS))
tests/bench/image.log: $(filter-out tests/bench/%,$(TEST_LOGS)) $(filter tests/bench/start.log,$(TEST_LOGS))
tests/bench/net.log: $(filter-out tests/bench/net.log tests/bench/oci.log,$(TEST_LOGS))
tests/bench/oci.log: $(filter-out tests/bench/oci.log,$(TEST_LOGS))
EXTRA_DIST += \
	tests/bench/start tests/bench/start.sh \
	tests/bench/image tests/bench/image.sh \
	tests/bench/limits \
	tests/bench/net tests/bench/net.sh \
	tests/bench/oci tests/bench/oci.sh \
	tests/bench/common.py tests/bench/quick.sh

.PHONY: bench
bench: urun$(EXEEXT) urun-bench-floor$(EXEEXT) urun-bench-timer$(EXEEXT)
	$(srcdir)/tests/bench/start --bin . --rootfs "$(BENCH_ROOTFS)" --check $(BENCH_FLAGS)

.PHONY: bench-image
bench-image: urun$(EXEEXT) urun-image$(EXEEXT) urun-bench-timer$(EXEEXT)
	$(srcdir)/tests/bench/image --bin . --rootfs "$(BENCH_ROOTFS)" --check $(BENCH_FLAGS)

.PHONY: bench-net
bench-net: urun$(EXEEXT) urun-net$(EXEEXT) urun-bench-attach$(EXEEXT) urun-bench-trips$(EXEEXT)
	$(srcdir)/tests/bench/net --bin . --check $(BENCH_FLAGS)

.PHONY: bench-oci
bench-oci: urun-oci$(EXEEXT)
	$(srcdir)/tests/bench/oci --bin . --rootfs "$(BENCH_ROOTFS)" --check $(BENCH_FLAGS)
