#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# engine_containerd.sh - containerd with urun-oci for its runtime, through ctr
#
# Root's test: containerd has no other user here. It and its shims live in a mount namespace of their
# own, with cgroup v2 alone and folders of their own for sockets and state.
set -u

# shellcheck source=tests/system/root.bash
. "$(dirname "$(readlink -f "$0")")/root.bash"

if [ "${1-}" != inside ]; then
	[ "$(id -u)" = 0 ] || skip "containerd needs root"
	[ -f tests/stage.env ] || skip "nothing is staged: 'make check' does that"
	[ -z "${URUN_ASAN-}" ] || skip "the shim ends what a sanitizer makes slow"
	for program in containerd ctr containerd-shim-runc-v2; do
		command -v $program >/dev/null ||
			skip "no $program: './autogen.sh --packages peers' installs it"
	done
	# shellcheck source=/dev/null
	. tests/stage.env
	export URUN_STAGE URUN_TEST_CACHE
	[ -d "$URUN_TEST_CACHE/busybox" ] || skip "no busybox"
	exec unshare --mount --propagation private "$(readlink -f "$0")" inside
fi

top=$(mktemp -d /tmp/containerd.XXXXXX)
[ "$(stat -f -c %T /sys/fs/cgroup)" = cgroup2fs ] ||
	mount --bind /sys/fs/cgroup/unified /sys/fs/cgroup || skip "no cgroup v2"
mkdir -p /run/containerd
mount -t tmpfs -o mode=711 containerd /run/containerd
cp -a "$URUN_TEST_CACHE/busybox" "$top/root"
chown -R 0:0 "$top/root"
cat >"$top/config.toml" <<END
version = 2
root = "$top/data"
state = "$top/state"
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.devmapper"]
[grpc]
  address = "$top/sock"
[ttrpc]
  address = "$top/ttrpc"
END
containerd --config "$top/config.toml" --log-level warn >"$top/log" 2>&1 &
server=$!
finish() {
	ctr task kill -s KILL box >/dev/null 2>&1
	ctr task rm -f box >/dev/null 2>&1
	ctr c rm box >/dev/null 2>&1
	kill $listener $server
	wait $listener $server
	# The folder of all containers of a namespace of containerd's.
	rmdir /sys/fs/cgroup/default 2>/dev/null
	rm -rf "$top"
}
trap finish EXIT

ctr() { timeout 30 ctr --address "$top/sock" "$@"; }
# exec_sh SCRIPT [OPTION...]: ctr opens its ends of the streams at its leisure, and on a busy machine after a command
# that is short has ended: what that said is lost, whatever the runtime.
exec_sh() { ctr task exec "${@:2}" box sh -c "{ $1; }; code=\$?; sleep 0.3; exit \$code" 2>&1; }
# run [OPTION...] ID COMMAND...: limits of CPU time only where there is the controller
run() { ctr run --runc-binary "$URUN_STAGE/bin/urun-oci" --cpu-shares 0 "$@"; }
state() { ctr task ls | awk '$1 == "box" { print $3 }'; }

for ((i = 0; i < 100; i++)); do
	ctr version >/dev/null 2>&1 && break
	sleep 0.1
done

timeout 300 ctr --address "$top/sock" events >"$top/events" 2>&1 &
listener=$!
# events: what was said of the container that goes on, in order
events() { sed -n '/"container_id":"box"/s|.* \(/tasks/[a-z-]*\) .*|\1|p' "$top/events" | tail -n "$1" | tr '\n' ' '; }

echo 1..15
is "run: output and exit code" \
	"$(run --rm --rootfs "$top/root" box sh -c 'id -u; pwd; sleep 0.3; exit 7' 2>&1; echo $?)" $'0\n/\n7'
is "run: errors reach the user" \
	"$(run --rm --rootfs "$top/root" box nonexistent 2>&1 | grep -c 'executable file not found in')" 1
run -d --rootfs "$top/root" box sleep 600
is "a container that runs" "$(state)" RUNNING
pid=$(ctr task ls | awk '$1 == "box" { print $2 }')
is "it is the command, in a cgroup of its own" \
	"$(tr '\0' ' ' <"/proc/$pid/cmdline") $(grep -c '^0::/default/box$' "/proc/$pid/cgroup")" "sleep 600  1"
is "exec: output and exit code" \
	"$(exec_sh 'echo inside; (exit 4)' --exec-id one; echo $?)" $'inside\n4'
is "exec: what is not there" \
	"$(ctr task exec --exec-id two box nonexistent 2>&1 | grep -c 'executable file not found in')" 1
is "exec as another user, who opens the standard streams again" \
	"$(exec_sh 'id -u; echo out >/dev/stdout; echo err >/dev/stderr' --user 1000 --exec-id four | sort)" \
	$'1000\nerr\nout'
# ctr gives the size when the command runs already.
is "exec with a terminal" \
	"$(script -qec "stty cols 77 rows 33; ctr --address $top/sock task exec -t --exec-id five box sh -c 'test -t 0 && test -t 2 && until stty size 2>/dev/null | grep 33; do sleep 0.1; done'" /dev/null </dev/null | grep -o '33 77')" "33 77"
is "a disk that its root makes a node of cannot be read, and its own devices can" \
	"$(exec_sh 'mknod /disk b 8 0 && head -c 1 /disk 2>&1; head -c 1 /dev/zero | wc -c' --exec-id three)" \
	$'head: /disk: Operation not permitted\n1'
ctr task pause box
is "pause" "$(state) $(cat /sys/fs/cgroup/default/box/cgroup.freeze)" "PAUSED 1"
ctr task resume box
is "resume" "$(state) $(cat /sys/fs/cgroup/default/box/cgroup.freeze)" "RUNNING 0"
is "its processes" "$(ctr task ps box | awk -v pid="$pid" '$1 == pid { print "there" }')" there
ctr task kill -s KILL box
for ((i = 0; i < 100; i++)); do
	[ "$(state)" = RUNNING ] || break
	sleep 0.1
done
is "kill" "$(state)" STOPPED
ctr task rm box >/dev/null 2>&1
ctr c rm box
for ((i = 0; i < 50; i++)); do
	grep -q '/containers/delete.*"box"' <(tail -n 1 "$top/events") && break
	sleep 0.1
done
is "its events" "$(events 4)" "/tasks/paused /tasks/resumed /tasks/exit /tasks/delete "
is "nothing is left" "$(ctr c ls -q)$(ls -d /sys/fs/cgroup/default/box 2>/dev/null)$(find /run/containerd/runc -mindepth 2 2>/dev/null)" ""
