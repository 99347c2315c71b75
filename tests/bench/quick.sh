# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
#
# quick.sh - the loose bars of a benchmark, as a test; for the *.sh beside it
#
# Uses the programs and root folders that the system tests have been given; without them, those
# of the build folder and URUN_BENCH_ROOTFS.

skip() {
	echo "1..0 # SKIP $*"
	exit 0
}

# quick BENCHMARK [ROOT...]: roots of the cache, the first one that is there; without, the
# benchmark needs none
quick() {
	# The user may not be able to read the source folder: the staged tests are a copy.
	benchmark=${srcdir:-.}/tests/bench/$1 bin=. user='' rootfs=${URUN_BENCH_ROOTFS-}
	shift
	want_rootfs=$#
	if [ -f tests/stage.env ]; then
		# shellcheck source=/dev/null
		. ./tests/stage.env
		bin=$URUN_STAGE/bin user=$URUN_TEST_USER
		benchmark=$URUN_STAGE/tests/bench/${benchmark##*/}
		for dir; do
			dir=${URUN_TEST_CACHE-}/$dir
			[ -n "$rootfs" ] || [ ! -x "$dir/bin/true" ] || rootfs=$dir
		done
	fi
	[ -z "${URUN_ASAN-}" ] || skip "a program below a sanitizer is not measured"
	command -v python3 >/dev/null || skip "python3 is missing"
	set -- --quick --bin "$bin"
	if [ "$want_rootfs" -gt 0 ]; then
		[ -n "$rootfs" ] || skip "no root folder: set URUN_BENCH_ROOTFS"
		set -- "$@" --rootfs "$rootfs"
	fi
	if [ "$(id -u)" = 0 ]; then
		[ -n "$user" ] || skip "containers are for ordinary users, and this is root"
		set -- "$@" --user "$user"
	fi
	# shellcheck disable=SC2086 # two words, or none
	exec ${launcher-} python3 "$benchmark" "$@"
}
