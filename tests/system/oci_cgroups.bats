#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# oci_cgroups.bats - pause, resume, events and update of urun-oci, in a cgroup v2 folder that was given to
# the user
#
# Limits themselves need controllers, and a host that gives them: tests/vm.

load oci

setup_file() {
	oci_setup_file
}

setup() {
	own=$(sed -n 's/^0:://p' /proc/self/cgroup)
	own=${own%/urun-caller}
	base=/sys/fs/cgroup$own
	[[ $own == */urun-test.*/user ]] || skip_because "no cgroup v2 folder was given to the user: only root can"
	oci_setup
	cd "$BATS_TEST_TMPDIR"
}

teardown() {
	oci_teardown
	[ -z "$(find "$base" -mindepth 1 -type d ! -name urun-caller)" ]
}

frozen() {
	grep -q '^frozen 1$' "$base/urun-oci-c/cgroup.events"
}

@test "a container has a cgroup of its own, with all of its processes, gone with delete" {
	config "sh('sleep 600 & wait')"
	create c
	[ "$(grep ^0:: "/proc/$(pid_in c)/cgroup")" = "0::$own/urun-oci-c" ]
	oci start c
	apart oci exec -d c sleep 610
	wait_until eval '[ "$(wc -l <"$base/urun-oci-c/cgroup.procs")" = 3 ]'
	run -0 oci ps -f json c
	[ "$(json 'len(d)' <<<"$output")" = 3 ]
	all=$(cat "$base/urun-oci-c/cgroup.procs")
	oci delete --force c
	# shellcheck disable=SC2086 # several
	is_gone $all
	[ ! -e "$base/urun-oci-c" ]
}

@test "--cgroup-manager disabled: it stays in the caller's" {
	config
	apart oci --cgroup-manager disabled create --bundle "$B" c
	[ "$(grep ^0:: "/proc/$(pid_in c)/cgroup")" = "$(grep ^0:: /proc/self/cgroup)" ]
	run -1 oci pause c
	assert_contains "container 'c' has no cgroup of its own"
}

@test "pause and resume: what state, exec, kill and delete do meanwhile" {
	config
	up c
	run -0 oci pause c
	assert_output ""
	has_status c paused
	frozen
	[ "$(pid_in c)" = "$pid" ]
	run -1 oci exec c true
	assert_output "urun-oci: cannot exec in container 'c': it is paused
  urun-oci resume c, or --ignore-paused to wait for that"
	run -1 oci delete c
	assert_contains "cannot delete container 'c' that is not stopped: paused"
	run -0 oci list
	assert_contains " paused "
	# Twice is no failure.
	run -0 oci pause c
	oci exec --ignore-paused c sh -c 'echo waited' >waited 2>&1 3>&- &
	launcher=$!
	run -0 oci resume c
	assert_output ""
	wait $launcher
	launcher=
	[ "$(cat waited)" = waited ]
	has_status c running
	run -1 frozen
	oci pause c
	run -0 oci kill c KILL
	wait_until has_status c stopped
	oci delete c
	up c
	oci pause c
	run -0 oci delete --force c
	nothing_is_left
}

@test "kill --all KILL ends all, whoever forks" {
	config "sh('while :; do setsid sleep 611 & sleep 0.01; done')"
	up c
	wait_until eval '[ "$(wc -l <"$base/urun-oci-c/cgroup.procs")" -gt 5 ]'
	run -0 oci kill --all c KILL
	wait_until has_status c stopped
	wait_until eval '! grep -q . "$base/urun-oci-c/cgroup.procs"'
	oci delete c
	nothing_is_left
}

@test "events: --stats once, --interval again and again until it ends" {
	config
	up c
	run -0 eval "oci events --stats c | json '[d[\"type\"], d[\"id\"], d[\"data\"][\"cpu\"][\"usage\"][\"total\"] > 0]'"
	assert_output '["stats", "c", true]'
	for flag in --interval=10ms "--interval 10ms" "-interval 10ms"; do
		oci events $flag c >lines 2>&1 3>&- &
		launcher=$!
		wait_until has_lines lines 3
		kill -0 $launcher
		oci kill c KILL
		wait $launcher
		launcher=
		head -n 1 lines | json "d['type']" >/dev/null
		[ "$(sort -u <(sed 's/"data".*//' lines))" = '{"type":"stats","id":"c",' ]
		wait_until has_status c stopped
		oci delete c
		up c
	done
	for value in 0 5 -1s x; do
		run -1 oci events --interval $value c
		assert_contains "urun-oci: --interval: '$value' is no time such as 5s, from 1ms on"
	done
}

@test "update: what is refused changes nothing" {
	config
	up c
	for flag in "--memory x" "--pids-limit x" "--cpu-quota 1.5" "--cpuset-cpus a" "--cpu-rt-period 5" \
		"--kernel-memory 1m" "--l3-cache-schema x" "--mem-bw-schema x"; do
		run -1 oci update $flag c
		assert_contains "urun-oci: ${flag% *}: "
	done
	# What engines pass for nothing
	run -0 oci update --cpu-rt-period 0 --cpu-rt-runtime=0 --kernel-memory 0 c
	if ! grep -qw pids "$base/cgroup.controllers"; then
		run -1 oci update --pids-limit 20 c
		assert_output "urun-oci: cgroup '$own' has no controller pids"
	fi
	# No idle is something that is asked for, too.
	if ! grep -qw cpu "$base/cgroup.controllers"; then
		run -1 oci update -r - c <<<'{"cpu": {"idle": 0}}'
		assert_output "urun-oci: cgroup '$own' has no controller cpu"
	fi
	run -0 oci --debug update -r - c <<<'{"devices": [{"allow": false, "access": "rwm"}]}'
	assert_output "urun-oci: debug: linux.resources.devices: an update leaves devices as they are"
	for file in /nonexistent "$BATS_TEST_TMPDIR"; do
		run -1 oci update --resources "$file" c
		assert_contains "$file"
	done
	for way in "--resources=-" "-r -" "-resources -"; do
		run -1 oci update $way c <<<'{"pids": {"limit": "x"}}'
		assert_contains "pids.limit: expected an integer, got a string"
		run -1 oci update $way c <<<'garbage'
		run -0 oci update $way c <<<'{}'
	done
	has_status c running
}

@test "a creation that is killed leaves a cgroup that delete --force removes, and another can be made" {
	config "c['hooks'] = {'createRuntime': [{'path': '/bin/sleep', 'args': ['sleep', '600']}]}"
	urun-oci --root "$STATE" create --bundle "$B" c </dev/null >/dev/null 2>&1 3>&- &
	creator=$!
	wait_until grep -q . "$base/urun-oci-c/cgroup.procs"
	kill -9 "$creator"
	wait "$creator" || :
	has_status c creating
	[ -d "$base/urun-oci-c" ]
	oci delete --force c
	[ ! -e "$base/urun-oci-c" ]
	config
	up c
	has_status c running
}

@test "a cgroup of the name that an engine gives: an empty one is taken, one with processes refused" {
	config "l['cgroupsPath'] = '$own/mine'"
	mkdir "$base/mine"
	up c
	[ "$(grep ^0:: "/proc/$pid/cgroup")" = "0::$own/mine" ]
	run -1 said create --bundle "$B" d
	assert_contains "cgroup '$own/mine' is that of container 'c'"
	has_status c running
	oci delete --force c
	[ ! -e "$base/mine" ]
	mkdir "$base/mine"
	sleep 608 3>&- &
	other=$!
	echo "$other" >"$base/mine/cgroup.procs"
	run -1 said create --bundle "$B" d
	assert_contains "cgroup '$own/mine': processes are in it"
	[ "$(grep ^0:: "/proc/$other/cgroup")" = "0::$own/mine" ]
	kill "$other"
	wait "$other" || :
	wait_until rmdir "$base/mine"
}

@test "a cgroup that got the name of one that is gone is nobody's business" {
	config
	up c
	kill -9 "$pid"
	wait_until has_status c stopped
	wait_until rmdir "$base/urun-oci-c"
	mkdir "$base/urun-oci-c"
	sleep 604 3>&- &
	other=$!
	echo "$other" >"$base/urun-oci-c/cgroup.procs"
	run -1 oci pause c
	oci delete --force c
	kill -0 "$other"
	[ "$(grep ^0:: "/proc/$other/cgroup")" = "0::$own/urun-oci-c" ]
	kill "$other"
	wait "$other" || :
	wait_until rmdir "$base/urun-oci-c"
}

@test "a cgroup that is left without a state is taken by the next of its name, even a frozen one" {
	config "c['hooks'] = {'createRuntime': [{'path': '/bin/sleep', 'args': ['sleep', '600']}]}"
	urun-oci --root "$STATE" create --bundle "$B" c </dev/null >/dev/null 2>&1 3>&- &
	creator=$!
	wait_until grep -q . "$base/urun-oci-c/cgroup.procs"
	kill -9 "$creator"
	wait "$creator" || :
	wait_until eval '! grep -q . "$base/urun-oci-c/cgroup.procs"'
	rm -r "${STATE:?}/c"
	echo 1 >"$base/urun-oci-c/cgroup.freeze"
	config
	apart timeout 20 urun-oci --root "$STATE" create --bundle "$B" c
	oci start c
	has_status c running
	[ "$(grep ^0:: "/proc/$(pid_in c)/cgroup")" = "0::$own/urun-oci-c" ]
}

@test "a cgroup of a container that has stopped and was not deleted is not another's to take" {
	config "l['cgroupsPath'] = '$own/mine'"
	up c
	kill -9 "$pid"
	wait_until has_status c stopped
	run -1 said create --bundle "$B" d
	assert_output "urun-oci: cgroup '$own/mine' is that of container 'c'
  Each container needs a linux.cgroupsPath of its own; 'urun-oci delete c' makes room"
	[ -d "$base/mine" ]
	run -1 oci state d
	oci delete c
	up d
	has_status d running
}

# stamped STATEMENT: Python's, of s, the state of c
stamped() {
	python3 -I -S - "$STATE/c/state.json" "$1" <<'END'
import json, sys
s = json.load(open(sys.argv[1]))
exec(sys.argv[2])
json.dump(s, open(sys.argv[1], 'w'))
END
}

@test "a cgroup is told by its inode and the boot; one that an older urun has noted, by its name" {
	local inode

	config
	up c
	inode=$(stat -c %i "$base/urun-oci-c")
	[ "$(json "d['cgroupStamp']" <"$STATE/c/state.json")" = "$inode $(cat /proc/sys/kernel/random/boot_id)" ]
	stamped "s.pop('cgroupStamp')"
	oci pause c
	has_status c paused
	oci resume c
	oci delete --force c
	[ ! -e "$base/urun-oci-c" ]
	for stamp in "$inode 00000000-0000-0000-0000-000000000000" "1 $(cat /proc/sys/kernel/random/boot_id)" ""; do
		up c
		stamped "s['cgroupStamp'] = '$stamp'"
		run -1 oci pause c
		assert_contains "container 'c' has no cgroup of its own"
		# Its own pid namespace tells who they are.
		run -0 oci kill --all c KILL
		wait_until has_status c stopped
		oci delete c
		wait_until rmdir "$base/urun-oci-c"
	done
}

@test "an exec that waits for a pause to end can be ended, and leaves nobody" {
	config
	up c
	oci pause c
	for signal in TERM:143 INT:130 HUP:129; do
		urun-oci --root "$STATE" exec --ignore-paused c sleep 6051.25 </dev/null >said 2>&1 3>&- &
		launcher=$!
		sleep 0.5
		kill -s "${signal%:*}" "$launcher"
		code=0
		wait "$launcher" || code=$?
		[ "$code $(cat said)" = "${signal#*:} " ]
	done
	# What nohup(1) has set to be ignored does not, and it is done when the pause has ended.
	nohup urun-oci --root "$STATE" exec --ignore-paused c echo here </dev/null >said 2>/dev/null 3>&- &
	launcher=$!
	sleep 0.5
	kill -s HUP "$launcher"
	sleep 0.2
	kill -0 "$launcher"
	oci resume c
	wait "$launcher"
	[ "$(cat said)" = here ]
	wait_until eval '[ "$(oci ps -f json c | json "len(d)")" = 2 ]'
	[ -z "$(pgrep -f "sleep 6051.25")" ]
}

@test "an exec that a pause has caught on its way can be ended, and leaves nobody" {
	config
	up c
	for _ in $(seq $((20 * ROUNDS))); do
		urun-oci --root "$STATE" exec --ignore-paused c sleep 6061.25 </dev/null >said 2>&1 3>&- &
		launcher=$!
		sleep "0.0$((RANDOM % 20 + 10))"
		oci pause c
		kill "$launcher"
		SECONDS=0
		wait "$launcher" || :
		[ "$SECONDS" -lt 5 ]
		oci resume c
		wait_until eval '[ "$(oci ps -f json c | json "len(d)")" = 2 ]'
	done
	[ -z "$(pgrep -f "sleep 6061.25")" ]
}
