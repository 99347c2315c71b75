# SPDX-License-Identifier: Apache-2.0
#
# Rootless podman with urun-oci for its runtime, on a root folder. What needs cgroups of systemd is in
# tests/vm/oci.bats.

load lib

setup_file() {
	export BATS_TEST_TIMEOUT=120
	command -v podman >/dev/null || return 0
	# Short: sockets are below it, and conmon does not wait for the end where they cannot be.
	TOP=$(mktemp -d /tmp/podman.XXXXXX)
	export TOP
	mkdir -p "$TOP/home" "$TOP/run" "$TOP/root"
	chmod 700 "$TOP/run"
	need_busybox
	cp -a "$BUSYBOX/." "$TOP/root/"
	export HOME=$TOP/home XDG_RUNTIME_DIR=$TOP/run CONTAINERS_CONF=$TOP/containers.conf
	cat >"$CONTAINERS_CONF" <<-END
		[engine]
		cgroup_manager = "cgroupfs"
		events_logger = "file"
		runtime = "urun-oci"
		runtime_supports_json = ["urun-oci"]
		runtime_supports_nocgroup = ["urun-oci"]
		[engine.runtimes]
		urun-oci = ["$(command -v urun-oci)"]
	END
}

teardown_file() {
	command -v podman >/dev/null || return 0
	podman rm -fa -t 0 >/dev/null 2>&1 || :
	podman system reset -f >/dev/null 2>&1 || :
	# The process that holds podman's user namespace.
	[ ! -f "$TOP/run/libpod/tmp/pause.pid" ] || kill "$(cat "$TOP/run/libpod/tmp/pause.pid")" || :
	chmod -R u+w "$TOP"
	rm -rf "$TOP"
}

setup() {
	command -v podman >/dev/null || skip_because "no podman: './autogen.sh --packages peers' installs it"
}

teardown() {
	command -v podman >/dev/null || return 0
	podman rm -fa -t 0 >/dev/null 2>&1 || :
}

# prun [OPTION...] -- COMMAND...: of a container that is removed
prun() {
	local options=()

	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	podman run --rm --network none "${options[@]}" --rootfs "$TOP/root" "$@"
}

up() { podman run -d --name c --network none "$@" --rootfs "$TOP/root" sleep 600 >/dev/null; }

@test "run: it is urun-oci that runs, with podman's filter, capabilities and names" {
	run -0 --separate-stderr prun --hostname box -e A=1 -w /etc -- sh -c 'id -u; hostname; echo $A; pwd; grep -E "^(CapEff|NoNewPrivs|Seccomp):" /proc/self/status'
	assert_output $'0\nbox\n1\n/etc\nCapEff:\t00000000a80425fb\nNoNewPrivs:\t0\nSeccomp:\t2'
	up
	run -0 podman inspect c --format '{{.OCIRuntime}} {{.State.Status}}'
	assert_output "urun-oci running"
}

@test "exit codes: the payload's, 127 for what is not there, 126 for what is no program" {
	run -7 prun -- sh -c 'exit 7'
	run -127 prun -- nonexistent
	assert_contains "executable file not found in"
	run -126 prun -- /etc
	assert_contains "ermission denied"
	up
	run -9 podman exec c sh -c 'exit 9'
	run -127 podman exec c nonexistent
	run -126 podman exec c /etc
}

@test "exec: as whom, where, with what; with a terminal; logs and top" {
	podman run -d --name c --network none --rootfs "$TOP/root" sh -c 'echo said; echo wrong >&2; sleep 600' >/dev/null
	run -0 --separate-stderr podman exec -u 5:6 -w /etc -e B=2 c sh -c 'id -u; id -g; pwd; echo $B'
	assert_output $'5\n6\n/etc\n2'
	run -0 --separate-stderr podman exec -t c sh -c 'test -t 0 && test -t 1 && echo a terminal'
	assert_output $'a terminal\r'
	run -0 --separate-stderr podman exec -i c cat <<<"in and out"
	assert_output "in and out"
	run -0 podman logs c
	assert_contains said
	assert_contains wrong
	run -0 --separate-stderr podman top c args
	assert_contains "sleep 600"
}

@test "a terminal, and attach to a container that runs" {
	run -0 --separate-stderr prun -t -- sh -c 'test -t 0 && test -t 2 && echo done'
	assert_output $'done\r'
	podman run -d -i --name c --network none --rootfs "$TOP/root" sh -c 'read x; echo "<$x>"' >/dev/null
	run -0 --separate-stderr sh -c 'echo word | podman attach c'
	assert_output "<word>"
}

@test "volumes, read-only, users, capabilities, limits of setrlimit" {
	mkdir -p "$TOP/data"
	echo here >"$TOP/data/file"
	run -0 --separate-stderr prun -v "$TOP/data:/data:ro" --read-only --user 1000:1000 --cap-add NET_ADMIN --ulimit nofile=77:88 \
		-- sh -c 'cat /data/file; touch /data/x /x 2>/dev/null || echo refused; id -u; ulimit -n; grep CapBnd /proc/self/status'
	assert_output $'here\nrefused\n1000\n77\nCapBnd:\t00000000a80435fb'
	run -0 --separate-stderr prun --tmpfs /t --shm-size 1m -- sh -c 'stat -f -c %T /t /dev/shm; df -k /dev/shm | tail -n 1 | awk "{ print \$2 }"'
	assert_output $'tmpfs\ntmpfs\n1024'
}

@test "namespaces: the host's processes, network and ids, and another container's" {
	run -0 --separate-stderr prun --pid host -- sh -c '[ $$ != 1 ] && readlink /proc/self/ns/pid'
	assert_output "$(readlink /proc/self/ns/pid)"
	run -0 --separate-stderr podman run --rm --network host --rootfs "$TOP/root" readlink /proc/self/ns/net
	assert_output "$(readlink /proc/self/ns/net)"
	run -0 --separate-stderr prun --userns keep-id -- id -u
	assert_output "$(id -u)"
	up
	run -0 --separate-stderr podman run --rm --network container:c --pid container:c --ipc container:c --rootfs "$TOP/root" sh -c 'readlink /proc/self/ns/net; ls -d /proc/1; cat /proc/1/cmdline | tr "\0" " "'
	assert_output "$(readlink "/proc/$(podman inspect c --format '{{.State.Pid}}')/ns/net")
/proc/1
sleep 600 "
}

@test "a network by slirp4netns reaches what the container asks of its own names" {
	command -v slirp4netns >/dev/null || skip_because "no slirp4netns"
	run -0 --separate-stderr podman run --rm --network slirp4netns --rootfs "$TOP/root" sh -c 'ip -o -4 addr show tap0 | awk "{ print \$4 }"; grep -c nameserver /etc/resolv.conf >/dev/null && echo names'
	assert_output $'10.0.2.100/24\nnames'
}

@test "stop, kill, start again, wait, and what is left" {
	podman run -d --name c --network none --rootfs "$TOP/root" sh -c 'trap "exit 4" TERM; while :; do sleep 0.1; done' >/dev/null
	podman stop -t 10 c >/dev/null
	run -0 --separate-stderr podman inspect c --format '{{.State.Status}} {{.State.ExitCode}}'
	assert_output "exited 4"
	podman start c >/dev/null
	podman kill -s KILL c >/dev/null
	run -0 --separate-stderr podman wait c
	assert_output 137
	podman rm c >/dev/null
	[ "$(ls "$TOP/run/urun/oci" 2>/dev/null)" = "" ]
}

@test "pause has nothing to pause by on a host without cgroup v2, and says so" {
	[ "$(stat -f -c %T /sys/fs/cgroup)" != cgroup2fs ] || skip_because "this host has cgroup v2: tests/vm/oci.bats"
	up
	run ! podman pause c
	[[ $output == *"has no cgroup of its own"* || $output == *"cgroup"* ]]
}

@test "a container without cgroups" {
	run -0 --separate-stderr prun --cgroups disabled -- echo none
	assert_output none
}
