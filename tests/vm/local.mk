# SPDX-License-Identifier: Apache-2.0
#
# Boots Debian under QEMU's plain emulation, once for each group of guest/main's table, and runs system
# tests and *.bats there. Where QEMU is missing, that is the reason of a skip. `make check-vm` runs
# nothing but that, and prints the TAP. What can be chosen: tests/vm/run.
#	./autogen.sh --packages test vm

if !ASAN
TESTS += tests/vm/vm_kinds.sh tests/vm/vm_stock.sh tests/vm/vm_limits.sh
# One machine beside the host's own tests. The others come when those are over: what one of them measures needs
# a processor for its own, and they are the longest.
tests/vm/vm_stock.log tests/vm/vm_limits.log: $(filter tests/vm/vm_kinds.log tests/system/%,$(TEST_LOGS))
endif

.PHONY: check-vm
check-vm: tests/stage.env
	srcdir=$(srcdir) $(srcdir)/tests/vm/vm_kinds.sh
	srcdir=$(srcdir) $(srcdir)/tests/vm/vm_stock.sh
	srcdir=$(srcdir) $(srcdir)/tests/vm/vm_limits.sh

vm_tests = \
	tests/vm/all_delegated.bats \
	tests/vm/apparmor.bats \
	tests/vm/apparmor_mounts.bats \
	tests/vm/label.bats \
	tests/vm/left.bats \
	tests/vm/limits.bats \
	tests/vm/limits_all.bats \
	tests/vm/limits_faces.bats \
	tests/vm/criu.bats \
	tests/vm/limits_root.bats \
	tests/vm/no_clone.bats \
	tests/vm/no_manager.bats \
	tests/vm/no_session.bats \
	tests/vm/no_subids.bats \
	tests/vm/no_uidmap.bats \
	tests/vm/no_userns.bats \
	tests/vm/oci.bats \
	tests/vm/plain.bats \
	tests/vm/restricted.bats \
	tests/vm/stats.bats \
	tests/vm/stock.bats \
	tests/vm/undelegated.bats

EXTRA_DIST += $(vm_tests) \
	tests/vm/build \
	tests/vm/guest/hugetlb \
	tests/vm/guest/main \
	tests/vm/limits.bash \
	tests/vm/run \
	tests/vm/vm.bash \
	tests/vm/vm.sh \
	tests/vm/vm_kinds.sh \
	tests/vm/vm_limits.sh \
	tests/vm/vm_stock.sh

tests/stage.env: $(vm_tests) tests/vm/vm.bash tests/vm/guest/main tests/vm/guest/hugetlb
