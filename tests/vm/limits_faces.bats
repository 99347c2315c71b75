# SPDX-License-Identifier: Apache-2.0
#
# Limits by the other ways to urun's engine: `urun sandbox`, and podman that calls urun-oci.

load vm
load limits

setup_file() { podman_setup_file; }
teardown_file() { podman_teardown_file; }
teardown() {
	local pid

	for pid in ${pids-}; do
		kill -9 "$pid" || :
	done
	podman rm -fa -t 0 >/dev/null 2>&1 || :
	wait_until nothing_left
}
nothing_left() { [ "$(scopes)" = "" ]; }

HOG='import sys; x = bytearray(int(sys.argv[1]) << 20); print("had it")'

# sandbox OPTION... -- COMMAND...: in the background; $cgroup is its folder
sandbox() {
	urun sandbox "$@" >"$BATS_TEST_TMPDIR/sandbox" 2>&1 3>&- &
	launcher=$!
	pids+=" $launcher"
	wait_until has_sandbox
	cgroup=$(scopes)/container
}
has_sandbox() { grep -q . "$(scopes)/container/cgroup.procs"; }

# box OPTION... -- COMMAND...: podman's, in the background; $cgroup is its folder
box() {
	local options=()

	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	podman run -d --name box --network none "${options[@]}" --rootfs "$BUSYBOX" "$@"
	find_podman box
}

usage() { awk '$1 == "usage_usec" { print $2 }' "$1/cpu.stat"; }

@test "sandbox: limits are in the kernel's files, and it cannot change them" {
	sandbox -m 64m --memory-swap 96m --cpus 0.5 -c 2048 --pids-limit 30 --cgroup-conf memory.high=60M -- \
		sh -c 'cat /proc/self/cgroup; echo 1 2>/dev/null >/sys/fs/cgroup/memory.max || echo refused; sleep 60'
	[ "$(value memory.max) $(value memory.swap.max) $(value memory.high)" = "$((64 * MiB)) $((32 * MiB)) $((60 * MiB))" ]
	[ "$(value cpu.max), $(value cpu.weight), $(value pids.max)" = "50000 100000, 174, 30" ]
	wait_until grep -q refused "$BATS_TEST_TMPDIR/sandbox"
	[ "$(cat "$BATS_TEST_TMPDIR/sandbox")" = $'0::/\nrefused' ]
}

@test "sandbox: a memory hog is killed at its limit, and only it" {
	run -0 --separate-stderr urun sandbox -m 64m sh -c "python3 -c '$HOG' 16; python3 -c '$HOG' 200; echo \$?"
	assert_output $'had it\n137'
	echo "$stderr"
	[[ $stderr == *"out of memory: the kernel has killed 1 of the container's processes, at its limit of 65536 KiB"* ]]
}

@test "sandbox: a fork bomb stops at its limit, and nothing of it is left" {
	sandbox --pids-limit 20 -- sh -c 'b() { b | b & }; b 2>/dev/null; sleep 100'
	wait_until bomb_was_stopped
	[ "$(value pids.current)" -le 20 ]
	kill -9 "$launcher"
	wait_until nothing_left
}
bomb_was_stopped() { [ "$(value pids.events max)" -gt 0 ]; }

@test "sandbox: seen from outside by its name: stats, pause, unpause, update" {
	sandbox --name spin -m 64m --cpus 0.5 -- sh -c 'while :; do :; done'
	wait_until is_seen
	run -0 urun stats --no-stream --format '{{.MemLimit}} {{.PIDs}}' spin
	assert_output "$((64 * MiB)) $(wc -l <"$cgroup/cgroup.procs")"
	urun pause spin
	is_frozen
	a=$(value cpu.stat usage_usec)
	sleep 1
	[ "$(value cpu.stat usage_usec)" = "$a" ]
	urun unpause spin
	sleep 0.5
	[ "$(value cpu.stat usage_usec)" -gt "$a" ]
	urun update -m 32m spin
	[ "$(value memory.max)" = "$((32 * MiB))" ]
}
is_seen() { [ -n "$(urun inspect spin --format '{{.State.CgroupPath}}')" ]; }
is_frozen() { [ "$(value cgroup.events frozen)" = 1 ]; }

@test "podman: a memory hog is killed at its limit, and only it, also one that is started later" {
	box -m 64m -- sh -c 'tail /dev/zero; echo $?; sleep 100'
	wait_until has_logged 137
	run -137 podman exec box tail /dev/zero
	[ "$(podman inspect box --format '{{.State.Status}}')" = running ]
	[ "$(value memory.events oom_kill)" -ge 2 ]
}
has_logged() { [ "$(podman logs box 2>/dev/null)" = "$1" ]; }

@test "podman: a fork bomb stops at its limit" {
	box --pids-limit 20 -- sh -c 'b() { b | b & }; b 2>/dev/null; sleep 100'
	wait_until bomb_was_stopped
	[ "$(value pids.current)" -le 20 ]
}

@test "podman: limits hold after a restart" {
	box -m 64m --pids-limit 20 --cpus 0.5 -- sleep 100
	before=$(podman inspect box --format '{{.State.Pid}}')
	podman restart -t 0 box
	find_podman box
	[ "$(podman inspect box --format '{{.State.Pid}}')" != "$before" ]
	[ "$(value memory.max), $(value pids.max), $(value cpu.max)" = "$((64 * MiB)), 20, 50000 100000" ]
}

@test "urun-oci: what runs when nothing else does, and then does so no more" {
	local bundle=$BATS_TEST_TMPDIR/bundle

	mkdir "$bundle"
	urun-oci spec --rootless --bundle "$bundle"
	jq --arg root "$BUSYBOX" '.process.terminal = false | .process.args = ["sleep", "100"] | .root = {"path": $root, "readonly": true}
		| .linux.cgroupsPath = "user.slice:faces:idle" | .linux.resources.cpu = {"idle": 1}' "$bundle/config.json" >"$bundle/new"
	mv "$bundle/new" "$bundle/config.json"
	urun-oci --systemd-cgroup run -d --bundle "$bundle" idle </dev/null >"$BATS_TEST_TMPDIR/out" 2>&1 || { cat "$BATS_TEST_TMPDIR/out"; false; }
	cgroup=/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$(urun-oci state idle | jq .pid)/cgroup")
	[ "$(value cpu.idle)" = 1 ]
	urun-oci update -r - idle <<<'{"cpu": {"idle": 0, "shares": 2048}}'
	[ "$(value cpu.idle) $(value cpu.weight)" = "0 174" ]
	urun-oci update -r - idle <<<'{"cpu": {"idle": 1}}'
	[ "$(value cpu.idle)" = 1 ]
	urun-oci delete --force idle
	[ ! -e "$cgroup" ]
}

@test "a sandbox and podman's container share a processor by their weight" {
	sandbox -c 1024 -- sh -c 'while :; do :; done'
	one=$cgroup
	box -c 4096 -- sh -c 'while :; do :; done'
	two=$cgroup
	for pid in $(cat "$one/cgroup.procs" "$two/cgroup.procs"); do
		taskset -p -c 0 "$pid"
	done
	sleep 1
	a=$(usage "$one") b=$(usage "$two")
	sleep 8
	a=$(($(usage "$one") - a)) b=$(($(usage "$two") - b))
	is_within 10 "$(awk "BEGIN { print $b / $a }")" 3.03
}

@test "disk: a limit in bytes holds, in a sandbox and for podman" {
	run -0 urun sandbox --device-write-bps /dev/vdc:2m --write "$DATA" \
		dd if=/dev/zero of="$DATA/limited" bs=256K count=32 oflag=direct
	[[ $output =~ copied,\ ([0-9.]+)\ s, ]]
	is_within 20 "${BASH_REMATCH[1]}" 4
	run -0 --separate-stderr podman run --rm --network none --device-write-bps /dev/vdc:2m -v "$DATA:/data" --rootfs "$BUSYBOX" \
		sh -c 'cat /proc/uptime; dd if=/dev/zero of=/data/limited bs=256K count=32 oflag=direct; cat /proc/uptime'
	rm -f "$DATA/limited"
	is_within 20 "$(awk '{ print $1 - at; at = $1 }' <<<"$output" | tail -1)" 4
}
