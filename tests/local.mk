# SPDX-License-Identifier: Apache-2.0
#
# unit/    one program a module, no privileges
# golden/  command line and fake host to exact JSON
# fuzz/    targets for every parser of foreign bytes, and their corpora
# system/  the real thing, as an ordinary user
# bench/   ratios against the peers
# vm/      the system tests, and tests of kinds of hosts, in a virtual machine
#
# `make check` runs three tests at a time, for many of them wait most of the time, unless it is told by -j
# how many, or by CHECK_JOBS=N. Whatever runs beside a test must not matter to it: a test has files, ports
# and names of its own, looks at no processes but its own, and is patient. What measures time runs alone,
# at the end: it says so where it is named. URUN_TEST_ROUNDS=N makes all that is left to chance N times as
# long.

CHECK_JOBS = 3
check recheck: AM_MAKEFLAGS = $(if $(filter -j%,$(MAKEFLAGS)),,-j$(CHECK_JOBS))

# Those that take long begin first; the short ones run beside the last of the machines.
include $(srcdir)/tests/vm/local.mk
include $(srcdir)/tests/system/local.mk
include $(srcdir)/tests/unit/local.mk
include $(srcdir)/tests/golden/local.mk
include $(srcdir)/tests/fuzz/local.mk
include $(srcdir)/tests/bench/local.mk
