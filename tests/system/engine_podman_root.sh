#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# engine_podman_root.sh - root's podman with urun-oci for its runtime
#
# Root's test, in a mount namespace of its own, with cgroup v2 alone and folders of its own for storage
# and state. Ordinary users' podman: engine_podman.bats.
set -u

# shellcheck source=tests/system/root.bash
. "$(dirname "$(readlink -f "$0")")/root.bash"

if [ "${1-}" != inside ]; then
	[ "$(id -u)" = 0 ] || skip "this is about root's"
	[ -f tests/stage.env ] || skip "nothing is staged: 'make check' does that"
	for program in podman conmon jq; do
		command -v $program >/dev/null ||
			skip "no $program: './autogen.sh --packages test peers' installs it"
	done
	# shellcheck source=/dev/null
	. tests/stage.env
	export URUN_STAGE URUN_TEST_CACHE
	[ -d "$URUN_TEST_CACHE/busybox" ] || skip "no busybox"
	exec unshare --mount --propagation private "$(readlink -f "$0")" inside
fi

# Short: the paths of conmon's sockets end at 107 bytes.
top=$(mktemp -d /tmp/pr.XXXXXX)
[ "$(stat -f -c %T /sys/fs/cgroup)" = cgroup2fs ] ||
	mount --bind /sys/fs/cgroup/unified /sys/fs/cgroup || skip "no cgroup v2"
cp -a "$URUN_TEST_CACHE/busybox" "$top/root"
chown -Rh 0:0 "$top/root"
cat >"$top/containers.conf" <<END
[containers]
default_sysctls = []
pids_limit = 0
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[engine]
runtime = "urun-oci"
events_logger = "file"
cgroup_manager = "cgroupfs"
runtime_supports_json = ["urun-oci"]
[engine.runtimes]
urun-oci = ["$URUN_STAGE/bin/urun-oci"]
END
printf '[storage]\ndriver = "vfs"\ngraphroot = "%s/data"\nrunroot = "%s/run"\n' "$top" "$top" >"$top/storage.conf"
export CONTAINERS_CONF=$top/containers.conf CONTAINERS_STORAGE_CONF=$top/storage.conf XDG_RUNTIME_DIR=$top/x HOME=$top
mkdir -m 700 "$top/x"
finish() {
	podman rm -fa -t 0 >/dev/null 2>&1
	# Podman's own, in all hierarchies.
	sleep 0.5
	rmdir /sys/fs/cgroup/{,*/}libpod_parent/{libpod-*,conmon,} 2>/dev/null
	rm -rf "$top"
}
trap finish EXIT

# To the end: podman hands a signal on to its container, and goes on.
podman() { timeout -k 10 60 podman --root "$top/data" --runroot "$top/run" --tmpdir "$top/t" "$@"; }
# run [OPTION...] -- COMMAND...
run() {
	local options=()

	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	# Into a file: conmon has it for its standard error as well, and may stay.
	podman run --rm --network none "${options[@]}" --rootfs "$top/root" "$@" >"$top/output" 2>&1
	set -- $?
	cat "$top/output"
	return "$1"
}

is "run: root of the host, its output and exit code" \
	"$(run -- sh -c 'id -u; cat /proc/self/uid_map; exit 7' | tr -s ' '; echo "${PIPESTATUS[0]}")" "$(printf '0\n 0 0 4294967295\n7')"
is "a namespace of pids, and the host's name is not its own" \
	"$(run --hostname box -- sh -c 'echo $$; hostname')" "$(printf '1\nbox')"
is "--network host: the host's namespace" \
	"$(podman run --rm --network host --rootfs "$top/root" readlink /proc/self/ns/net)" "$(readlink /proc/self/ns/net)"
is "another user" "$(run --user 1234:5678 -- sh -c 'id -u; id -g')" "$(printf '1234\n5678')"
is "--cap-drop and --cap-add" \
	"$(run --cap-drop all --cap-add net_admin -- grep CapEff /proc/self/status)" "$(printf 'CapEff:\t0000000000001000')"
is "no capability for another user" "$(run --user 5 -- grep CapEff /proc/self/status)" "$(printf 'CapEff:\t0000000000000000')"
is "--read-only" "$(run --read-only -- sh -c 'echo x >/new' | grep -c 'Read-only file system')" 1
is "a volume" "$(mkdir "$top/v"; echo here >"$top/v/file"; run -v "$top/v:/v:ro" -- cat /v/file)" here
is "a device that is given, and one that is not" \
	"$(run --device /dev/fuse -- sh -c 'ls /dev/fuse; mknod /tmp/d c 1 1 2>&1; cat /tmp/d >/dev/null 2>&1 || echo closed' | grep -v mknod)" \
	"$(printf '/dev/fuse\nclosed')"
is "--uidmap: a user namespace" \
	"$(chown -Rh 100000:100000 "$top/root"; run --uidmap 0:100000:1000 -- sh -c 'cat /proc/self/uid_map' | tr -s ' '; chown -Rh 0:0 "$top/root")" \
	" 0 100000 1000"
# In the foreground: below a shell that stays, timeout would leave the terminal's own process group, and
# podman would be stopped for setting the terminal's modes.
is "a terminal" "$(script -qec "timeout --foreground -k 10 60 podman --root $top/data --runroot $top/run --tmpdir $top/t run --rm --network none -t --rootfs $top/root tty" /dev/null </dev/null | tr -d '\r')" /dev/pts/0

podman run -d --name box --network none --rootfs "$top/root" sh -c 'trap "exit 5" TERM; while :; do sleep 0.1; done' >/dev/null
is "run -d: running, and podman knows its process" \
	"$(podman inspect --format '{{.State.Status}} {{.OCIRuntime}}' box; tr '\0' ' ' <"/proc/$(podman inspect --format '{{.State.Pid}}' box)/cmdline" | cut -c1-5)" \
	"$(printf 'running %s\nsh -c' urun-oci)"
is "its cgroup is the one that podman names, and an exec is in it as well" \
	"$(grep -c "^0::/libpod_parent/libpod-$(podman inspect --format '{{.Id}}' box)$" "/proc/$(podman inspect --format '{{.State.Pid}}' box)/cgroup"; podman exec box grep ^0:: /proc/self/cgroup)" \
	"$(printf '1\n0::/')"
is "exec: in its namespaces, with its exit code" \
	"$(podman exec box sh -c 'grep -c trap /proc/1/cmdline; exit 9'; echo $?)" "$(printf '1\n9')"
is "exec -u" "$(podman exec -u 77 box id -u)" 77
is "pause, and unpause" \
	"$(podman pause box >/dev/null; podman inspect --format '{{.State.Status}}' box; podman unpause box >/dev/null; podman inspect --format '{{.State.Status}}' box)" \
	"$(printf 'paused\nrunning')"
is "top" "$(podman top box pid comm | awk 'NR == 2 { print $1, $2 }')" "1 sh"
is "stop: its own exit code" \
	"$(podman stop -t 10 box >/dev/null; podman inspect --format '{{.State.Status}} {{.State.ExitCode}}' box)" "exited 5"
is "start again, and kill" \
	"$(podman start box >/dev/null; podman inspect --format '{{.State.Status}}' box; podman kill box >/dev/null; podman wait box)" "$(printf 'running\n137')"
is "rm: nothing is left" \
	"$(podman rm box >/dev/null; podman ps -aq; pgrep -f "$top/root" | wc -l; find /sys/fs/cgroup -type d -name 'libpod-*' ! -name '*conmon*' | wc -l)" "$(printf '0\n0')"
is "a command that is not there" \
	"$(run -- /nonexistent >"$top/said"; echo $?; grep -o 'executable file not found' "$top/said")" "$(printf '127\nexecutable file not found')"
echo "1..$count"
