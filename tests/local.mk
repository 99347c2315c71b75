# SPDX-License-Identifier: Apache-2.0
#
# unit/    one program a module, no privileges
# golden/  command line and fake host to exact JSON
# fuzz/    targets for every parser of foreign bytes, and their corpora
# system/  the real thing, as an ordinary user
# bench/   ratios against the peers
# vm/      the system tests, and tests of kinds of hosts, in a virtual machine

include $(srcdir)/tests/unit/local.mk
include $(srcdir)/tests/golden/local.mk
include $(srcdir)/tests/fuzz/local.mk
include $(srcdir)/tests/system/local.mk
include $(srcdir)/tests/bench/local.mk
include $(srcdir)/tests/vm/local.mk
