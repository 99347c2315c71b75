# SPDX-License-Identifier: Apache-2.0
#
# Engines' containers on a usual host: cgroups that systemd makes for urun-oci, and rootless podman
# that calls it.

load vm
load limits

setup_file() {
	podman_setup_file
	BUNDLE=$PODMAN_HOME/bundle
	export BUNDLE
	mkdir "$BUNDLE"
	urun-oci spec --rootless --bundle "$BUNDLE"
	config '.process.terminal = false | .root.path = $rootfs | .process.args = ["sleep", "100"]'
}

teardown_file() { podman_teardown_file; }

teardown() {
	local code=0
	urun-oci delete --force box || code=$?
	podman rm -fa -t 0 >/dev/null 2>&1 || :
	return "$code"
}

# config FILTER: change config.json
config() {
	jq --arg rootfs "$BUSYBOX" "$1" "$BUNDLE/config.json" >"$BUNDLE/new" && mv "$BUNDLE/new" "$BUNDLE/config.json"
}

# up [OPTION...]: a container by urun-oci and systemd; $cgroup is its folder
up() {
	urun-oci --systemd-cgroup create --bundle "$BUNDLE" "$@" box
	urun-oci start box
	cgroup=$ROOT$(sed 's/^0:://' "/proc/$(state .pid)/cgroup")
}

state() { urun-oci state box | jq -r "$1"; }

@test "a scope of systemd's with the name that the engine gives, and the limits" {
	config '.linux.cgroupsPath = "user.slice:engine:box" | .linux.resources = {"memory": {"limit": 67108864}, "pids": {"limit": 30}, "cpu": {"quota": 50000, "period": 100000}}'
	up
	[[ $cgroup == "$ROOT"/user.slice/*/user.slice/engine-box.scope/container ]]
	[ "$(value memory.max)" = 67108864 ]
	[ "$(value pids.max)" = 30 ]
	[ "$(value cpu.max)" = "50000 100000" ]
	[ "$(state '."systemd-scope"')" = engine-box.scope ]
	[ "$(systemctl --user is-active engine-box.scope)" = active ]
	urun-oci delete --force box
	[ ! -d "$cgroup" ]
	for ((i = 0; i < 50; i++)); do
		[ "$(systemctl --user is-active engine-box.scope)" = active ] || break
		sleep 0.1
	done
	[ "$(systemctl --user is-active engine-box.scope)" = inactive ]
}

@test "pause, resume, exec into it, and update, by options and by a document" {
	up
	urun-oci pause box
	[ "$(state .status)" = paused ]
	[ "$(value cgroup.events frozen)" = 1 ]
	run -1 urun-oci exec box true
	assert_contains "it is paused"
	urun-oci resume box
	[ "$(state .status)" = running ]
	# From a login session, whose cgroup is not the user's.
	[[ $(cat /proc/self/cgroup) == *"/session-"*.scope ]]
	run -0 urun-oci exec box cat /proc/self/cgroup
	assert_output "0::/"
	# Those of its own pid namespace, all in its cgroup.
	run -0 urun-oci exec box sh -c 'cat /sys/fs/cgroup/cgroup.procs | wc -l'
	[ "$output" -ge 3 ]
	urun-oci update --memory 33554432 --pids-limit 12 box
	[ "$(value memory.max)" = 33554432 ]
	[ "$(value pids.max)" = 12 ]
	echo '{"cpu": {"shares": 512}, "pids": {"limit": 13}}' | urun-oci update --resources - box
	[ "$(value pids.max)" = 13 ]
	[ "$(value cpu.weight)" = 59 ]
	[ "$(value memory.max)" = 33554432 ]
}

@test "an exec is under the container's limits" {
	up
	urun-oci update --pids-limit 3 box
	run ! urun-oci exec box sh -c 'sleep 5 & sleep 5 & sleep 5 & wait'
	[ "$(value pids.events max)" -gt 0 ]
}

@test "events: what it uses, and that memory ran out" {
	config '.process.args = ["sh", "-c", "sleep 3; tail /dev/zero; sleep 1"]'
	up
	run -0 timeout 60 urun-oci events --interval 500ms box
	[ "$(jq -r 'select(.type == "oom") | .id' <<<"$output" | head -1)" = box ]
	jq -e 'select(.type == "stats") | .data.memory.usage.limit == 67108864 and .data.cpu.usage.total > 0' \
		<<<"$output" >/dev/null
	run -0 jq -s 'map(select(.type == "stats")) | length > 2' <<<"$output"
	assert_output true
}

@test "a folder instead of a scope is not the user's to make, and what is asked for is refused" {
	config '.process.args = ["sleep", "100"] | .linux.cgroupsPath = "/engine/box"'
	run -1 urun-oci create --bundle "$BUNDLE" box
	assert_contains "cgroup '"
	run -1 urun-oci state box
	# Without limits it goes without.
	config 'del(.linux.resources)'
	urun-oci create --bundle "$BUNDLE" box
	run -1 urun-oci pause box
	assert_contains "has no cgroup of its own"
}

@test "podman: limits, pause, exec, stats and the end" {
	podman run -d --name box -m 64m --pids-limit 40 --network none --rootfs "$BUSYBOX" sleep 300
	find_podman box
	[ "$(podman inspect box --format '{{.OCIRuntime}}')" = urun-oci ]
	[[ $cgroup == *"/libpod-$(podman inspect box --format '{{.Id}}').scope/container" ]]
	[ "$(value memory.max)" = 67108864 ]
	[ "$(value pids.max)" = 40 ]
	podman pause box
	[ "$(value cgroup.events frozen)" = 1 ]
	[ "$(podman inspect box --format '{{.State.Status}}')" = paused ]
	podman unpause box
	run -0 --separate-stderr podman exec box cat /proc/self/cgroup
	assert_output "0::/"
	run -0 --separate-stderr podman stats --no-stream --format '{{.Name}} {{.PIDS}}' box
	assert_output "box 1"
	podman stop -t 1 box
	[ "$(podman inspect box --format '{{.State.Status}}')" = exited ]
	podman rm box
	[ ! -d "$cgroup" ]
}

@test "podman: a container that runs out of memory ends by it" {
	run -137 podman run --name box -m 32m --network none --rootfs "$BUSYBOX" tail /dev/zero
}
