# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# root.bash - what the tests of root's engines share: each is a program of its own that prints TAP

# Script's commands run below it; the caller's is another one on each machine.
export SHELL=/bin/sh

skip() {
	if [ "${URUN_TEST_STRICT-}" = 1 ]; then
		printf '1..1\nnot ok 1 - not skipped: %s\n' "$*"
	else
		echo "1..0 # SKIP $*"
	fi
	exit 0
}

count=0
# is NAME GOT WANTED
is() {
	count=$((count + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $count - $1"
	else
		echo "not ok $count - $1"
		printf '# got\n%s\n# wanted\n%s\n' "$2" "$3" | sed 's/^/# /'
	fi
}
