#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# start.sh - the loose bars of the start benchmark, as a test
#
# Uses the programs and root folders that the system tests have been given; without them, those
# of the build folder and URUN_BENCH_ROOTFS.

srcdir=${srcdir:-.}
bin=. user=
rootfs=${URUN_BENCH_ROOTFS-}
if [ -f tests/stage.env ]; then
	# shellcheck source=/dev/null
	. ./tests/stage.env
	bin=$URUN_STAGE/bin user=$URUN_TEST_USER
	for dir in "${URUN_TEST_CACHE-}/debian" "${URUN_TEST_CACHE-}/busybox"; do
		[ -n "$rootfs" ] || [ ! -x "$dir/bin/true" ] || rootfs=$dir
	done
fi

skip() {
	echo "1..0 # SKIP $*"
	exit 0
}

[ -z "${URUN_ASAN-}" ] || skip "a program below a sanitizer is not measured"
command -v python3 >/dev/null || skip "python3 is missing"
[ -n "$rootfs" ] || skip "no root folder: set URUN_BENCH_ROOTFS"
set -- --quick --bin "$bin" --rootfs "$rootfs"
if [ "$(id -u)" = 0 ]; then
	[ -n "$user" ] || skip "containers are for ordinary users, and this is root"
	set -- "$@" --user "$user"
fi
exec python3 "$srcdir/tests/bench/start" "$@"
