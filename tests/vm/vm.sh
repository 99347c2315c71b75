#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# vm.sh - tests in a virtual machine, or the reason why there are none
#
#	vm.sh [WORD...]
#
# The words are those of run.
set -eu

skip() {
	if [ "${URUN_TEST_STRICT-}" = 1 ]; then
		printf '1..1\nnot ok 1 - not skipped: %s\n' "$*"
	else
		echo "1..0 # SKIP $*"
	fi
	exit 0
}

vm=${srcdir:-.}/tests/vm
[ -z "${URUN_ASAN-}" ] || skip "the libraries of the sanitizers are not in the machine"
[ -f tests/stage.env ] || skip "nothing is staged: 'make check' does that"
command -v qemu-system-x86_64 >/dev/null ||
	skip "no qemu-system-x86_64: './autogen.sh --packages vm' installs it"

code=0
why=$("$vm/build" . 2>&1) || code=$?
case $code in
0) exec "$vm/run" . "$@" ;;
77)
	echo "$why" | sed '$d; s/^/# /'
	skip "$(echo "$why" | tail -n 1)"
	;;
esac
echo "$why" | sed 's/^/# /'
echo "Bail out! the machine's disk could not be made: see above"
exit 1
