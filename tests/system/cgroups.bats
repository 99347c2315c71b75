# SPDX-License-Identifier: Apache-2.0
#
# A cgroup of the container's own, in a folder that was given to the user: made, used, and gone.
# Limits themselves need controllers, and a host that gives them: tests/vm/limits.bats.

load lib
load images

setup_file() {
	images_setup basic
}

setup() {
	store_setup
	own=$(sed -n 's/^0:://p' /proc/self/cgroup)
	own=${own%/urun-caller}
	base=/sys/fs/cgroup$own
	[[ $own == */urun-test.*/user ]] || skip_because "no cgroup v2 folder was given to the user: only root can"
	need_images
	pull basic
}

teardown() {
	urun rm -fa >/dev/null 2>&1 || true
	store_teardown
	[[ $own == */urun-test.*/user ]] || return 0
	[ "$(folders)" = "" ]
}

folders() {
	find "$base" -mindepth 1 -type d ! -name urun-caller
}

# wait_for N: so many folders
wait_for() {
	local i

	for ((i = 0; i < 200; i++)); do
		[ "$(folders | wc -l)" != "$1" ] || return 0
		sleep 0.05
	done
	folders
	return 1
}

# start NAME OPTION...: a container that goes on; its folder is $cgroup
start() {
	local name=$1

	shift
	urun run --network none --cgroups enabled --name "$name" --entrypoint "" "$@" localhost/basic sleep 300 3>&- &
	launcher=$!
	wait_for 1
	cgroup=
	for ((i = 0; i < 200 && ${#cgroup} == 0; i++)); do
		cgroup=$(urun inspect --type container "$name" --format '{{.State.CgroupPath}}' 2>/dev/null) || cgroup=
		[ -n "$cgroup" ] || sleep 0.05
	done
	[ -n "$cgroup" ]
}

@test "without a limit there is none" {
	urun run --network none host: sleep 300 3>&- &
	launcher=$!
	for ((i = 0; i < 200; i++)); do
		pid=$(pgrep -P "$launcher" -x sleep) && break
		sleep 0.05
	done
	[ "$(sed -n 's/^0:://p' "/proc/$pid/cgroup")" = "$(sed -n 's/^0:://p' "/proc/$launcher/cgroup")" ]
	[ "$(folders)" = "" ]
	kill "$launcher"
	wait "$launcher" || :
}

@test "the first process and all others are born there, and see it as the root" {
	start born
	pid=$(urun inspect born --format '{{.State.Pid}}')
	[ "$(sed -n 's/^0:://p' "/proc/$pid/cgroup")" = "$cgroup" ]
	[ "$cgroup" = "$own/urun-$(urun inspect born --format '{{.Id}}' | cut -c1-32)" ]
	[ "$(cat "/sys/fs/cgroup$cgroup/cgroup.procs")" = "$pid" ]
	# Whoever else was in the folder made room.
	[ "$(sed -n 's/^0:://p' "/proc/$launcher/cgroup")" = "$own/urun-caller" ]
	run -0 urun run --network none --cgroups enabled host: sh -c \
		'sed -n "s/^0:://p" /proc/self/cgroup; mkdir /sys/fs/cgroup/x 2>/dev/null || echo refused'
	assert_output $'/\nrefused'
}

@test "a limit that the kernel has in every folder, and one that it refuses" {
	run -0 urun run --network none --cgroup-conf cgroup.max.depth=3 host: cat /sys/fs/cgroup/cgroup.max.depth
	assert_output 3
	run -125 urun run --network none --cgroup-conf cgroup.max.depth=deep host: true
	assert_contains "limit cgroup.max.depth=deep: Invalid argument"
	run -125 urun run --network none --cgroup-conf cgroup.nothing=1 host: true
	assert_contains "limit cgroup.nothing=1: No such file or directory"
	[ "$(folders)" = "" ]
}

@test "pause, ps, inspect, unpause" {
	start paused
	run -0 urun pause paused
	assert_output paused
	[ "$(awk '$1 == "frozen" { print $2 }' "/sys/fs/cgroup$cgroup/cgroup.events")" = 1 ]
	run -0 urun ps --filter status=paused --format '{{.Names}} {{.Status}}'
	assert_output "paused Paused"
	run -0 urun inspect paused --format '{{.State.Status}} {{.State.Paused}} {{.State.Running}}'
	assert_output "paused true false"
	run -125 urun pause paused
	assert_contains "is paused already"
	run -0 urun unpause -a
	assert_output "$(urun inspect paused --format '{{.Id}}')"
	run -125 urun unpause paused
	assert_contains "is not paused"
	run -0 urun pause paused
	run -0 timeout 20 urun rm -f paused
	wait "$launcher" || [ $? = 137 ]
}

@test "right after a launcher was killed the container is nobody's, and starts" {
	# Many processes: their end takes a while.
	urun run --network none --cgroups enabled --user root --name many --entrypoint "" localhost/basic sh -c '
		[ ! -e /ran ] || exit 7
		for i in $(seq 300); do sleep 300 & done
		touch /ran; wait' 3>&- &
	launcher=$!
	wait_until urun cp many:/ran "$BATS_TEST_TMPDIR/ran"
	kill -KILL "$launcher"
	wait "$launcher" || :
	run -7 urun start -a many
	[ "$(folders)" = "" ]
}

@test "a sandbox, and a container of a folder: a limit is enough to be seen, measured, paused and changed" {
	for words in "sandbox --cgroup-conf cgroup.max.depth=3" "run --network none --cgroup-conf cgroup.max.depth=3 host:"; do
		# shellcheck disable=SC2086 # words
		urun $words sh -c 'sleep 300; :' 3>&- &
		launcher=$!
		wait_for 1
		wait_until has_one
		id=$(urun ps -q)
		cgroup=$(urun inspect "$id" --format '{{.State.CgroupPath}}')
		[ "/sys/fs/cgroup$cgroup" = "$(folders)" ]
		run -0 urun pause "$id"
		frozen 1
		run -0 urun stats --no-stream --format '{{.Name}} {{.CPUNano}}' "$id"
		assert_output "$(urun ps --format '{{.Names}}') $(awk '$1 == "usage_usec" { print $2 * 1000 }' "/sys/fs/cgroup$cgroup/cpu.stat")"
		run -0 urun unpause "$id"
		frozen 0
		run -0 urun update --cgroup-conf cgroup.max.depth=2 "$id"
		[ "$(cat "/sys/fs/cgroup$cgroup/cgroup.max.depth")" = 2 ]
		kill "$launcher"
		wait "$launcher" || :
		[ "$(urun ps -aq)" = "" ]
	done
}
@test "a store that is held by another command: a limit goes on, and says so" {
	urun run --network none --name x host: true
	exec 8>"$URUN_ROOT/locks/store"
	flock -x 8
	run -0 --separate-stderr timeout 20 urun run --network none --cgroup-conf cgroup.max.depth=3 host: echo on 8>&-
	exec 8>&-
	assert_output on
	[ "$stderr" = "urun: note: urun ps and stats do not show this container: the store is in use by another command" ]
}

has_one() { [ "$(urun ps -q | wc -l)" = 1 ] && [ -n "$(urun inspect "$(urun ps -q)" --format '{{.State.CgroupPath}}')" ]; }

frozen() { [ "$(awk '$1 == "frozen" { print $2 }' "/sys/fs/cgroup$cgroup/cgroup.events")" = "$1" ]; }

@test "commit --pause: nothing changes meanwhile, and it goes on, also when the commit is killed" {
	urun run --network none --cgroups enabled --user root --name writer --entrypoint "" localhost/basic sh -c '
		head -c 40000000 /dev/urandom >/big; echo 0 >/b
		i=0; while :; do i=$((i + 1)); echo $i >/a; echo $i >/b; done' 3>&- &
	launcher=$!
	wait_until has_group
	cgroup=$(urun inspect --type container writer --format '{{.State.CgroupPath}}')
	wait_until counts
	urun commit --pause -q writer image >/dev/null 3>&- &
	commit=$!
	wait_until frozen 1
	wait "$commit"
	wait_until frozen 0
	run -0 urun run --rm --network none --entrypoint "" image sh -c '
		a=$(cat /a) b=$(cat /b)
		echo "$((${a:-$b} - ${b:-$((a - 1))}))"' # one may have been about to be written
	[ "$output" = 0 ] || [ "$output" = 1 ]
	urun commit --pause -q writer image2 >/dev/null 3>&- &
	commit=$!
	wait_until frozen 1
	kill -9 "$commit"
	wait "$commit" || :
	wait_until frozen 0
	# One that is paused already stays so.
	urun pause writer
	urun commit --pause -q writer image3 >/dev/null
	frozen 1
	urun rm -f writer
	wait "$launcher" || :
}
has_group() { [ -n "$(urun inspect --type container writer --format '{{.State.CgroupPath}}' 2>/dev/null)" ]; }
counts() { urun cp writer:/b "$BATS_TEST_TMPDIR/b" && [ "$(cat "$BATS_TEST_TMPDIR/b")" -gt 3 ]; }

@test "what has no cgroup of its own says how it gets one" {
	urun run --network none --name plain --entrypoint "" localhost/basic sleep 300 3>&- &
	launcher=$!
	for ((i = 0; i < 200; i++)); do
		[ "$(urun ps -q --filter name=plain)" = "" ] || break
		sleep 0.05
	done
	for verb in "pause" "update --pids-limit 4"; do
		run -125 urun $verb plain
		assert_contains "has no cgroup of its own"
		assert_contains "--cgroups enabled"
	done
	run -125 urun pause nobody
	run -125 urun update plain
	assert_contains "no limit is given"
	# What would do nothing is refused.
	for option in --cpu-shares=0 --cpuset-cpus= --cpuset-mems= --blkio-weight=0 --memory-swap=0 --cpu-period=0; do
		run -125 urun update --pids-limit 4 "$option" plain
		assert_contains "an update does not take it back"
	done
}

@test "an update is there at once, and in the next run" {
	start updated
	run -0 urun update --cgroup-conf cgroup.max.depth=7 updated
	[ "$(cat "/sys/fs/cgroup$cgroup/cgroup.max.depth")" = 7 ]
	kill "$launcher"
	wait "$launcher" || :
	urun start updated 3>&- &
	launcher=$!
	wait_for 1
	[ "$(cat "$(folders)/cgroup.max.depth")" = 7 ]
	kill "$launcher"
	wait "$launcher" || :
	run -0 urun update --cgroup-conf cgroup.max.depth=5 updated
	run -0 urun inspect updated --format '{{.State.OOMKilled}} {{.State.CgroupPath}}'
	assert_output "false "
}

@test "a killed launcher: its guard removes the folder" {
	urun run --network none --cgroups enabled host: sleep 300 3>&- &
	launcher=$!
	wait_for 1
	kill -9 "$launcher"
	wait "$launcher" || :
	wait_for 0
}

@test "a killed launcher and guard: the next removes the folder, and never one that is used" {
	urun run --network none --cgroups enabled host: sleep 300 3>&- &
	other=$!
	wait_for 1
	urun run --network none --cgroups enabled host: sleep 300 3>&- &
	launcher=$!
	wait_for 2
	kill -9 "$launcher" $(pgrep -P "$launcher" -x urun) $(cat /proc/*/stat 2>/dev/null |
		awk -v p="$launcher" '$4 == p { print $1 }')
	wait "$launcher" || :
	sleep 1
	run -0 urun run --network none --cgroups enabled host: true
	wait_for 1
	[ "$(wc -l <"$(folders)/cgroup.procs")" = 1 ]
	kill "$other"
	wait "$other" || :
}

@test "a stopped launcher that is killed: its guard has waited, and ends what is left" {
	urun run --network none --pid host --cgroups enabled host: sh -c 'setsid sleep 87652 & sleep 0.5' 3>&- &
	launcher=$!
	wait_for 1
	kill -STOP "$launcher"
	sleep 1
	kill -9 "$launcher"
	wait "$launcher" || :
	wait_for 0
	run -1 pgrep -fx 'sleep 87652'
}

@test "folders that a container made go with it, however deep; those of others never" {
	mkdir -p "$base/urun-mine/a/b"
	run -0 urun run --network none --privileged --cgroups enabled host: sh -c \
		'p=/sys/fs/cgroup; for i in $(seq 40); do p=$p/d; mkdir $p || exit; done; mkdir /sys/fs/cgroup/e; echo made'
	assert_output made
	wait_for 3
	rmdir "$base/urun-mine/a/b" "$base/urun-mine/a" "$base/urun-mine"
	urun run --network none --privileged --cgroups enabled host: sh -c 'mkdir /sys/fs/cgroup/d; exec sleep 300' 3>&- &
	launcher=$!
	wait_for 2
	kill -9 "$launcher"
	wait "$launcher" || :
	wait_for 0
}

@test "updates at the same time: none is lost" {
	need jq
	urun create --network none --name many --cgroup-conf cgroup.max.depth=1 localhost/basic true
	for ((i = 2; i < 12; i++)); do
		urun update --cgroup-conf "cgroup.max.descendants=$i" many 3>&- &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do wait "$pid"; done
	run -0 jq -r '.linux.resources.unified["cgroup.max.descendants"]' "$URUN_ROOT/containers/"*/config.json
	[ "$(sort -n <<<"$output" | tr '\n' ' ')" = "2 3 4 5 6 7 8 9 10 11 " ]
}

@test "many at the same time, and each has its own" {
	for ((i = 0; i < 12; i++)); do
		urun run --network none --cgroups enabled host: sleep 1.5 3>&- &
		pids+=($!)
	done
	wait_for 12
	for folder in $(folders); do
		for ((i = 0; i < 100; i++)); do
			[ "$(wc -l <"$folder/cgroup.procs")" != 1 ] || break
			sleep 0.05
		done
		[ "$(wc -l <"$folder/cgroup.procs")" = 1 ]
	done
	for pid in "${pids[@]}"; do wait "$pid"; done
	wait_for 0
}

@test "--cgroup-parent: a folder of the user's, or the reason" {
	mkdir "$base/urun-test-parent"
	run -0 urun run --network none --cgroup-parent "$own/urun-test-parent" --cgroups enabled host: true
	rmdir "$base/urun-test-parent"
	run -125 urun run --network none --cgroup-parent "$own/nothing" --cgroups enabled host: true
	assert_contains "cgroup '$own/nothing': No such file or directory"
	run -125 urun run --network none --cgroup-parent / --cgroups enabled host: true
	assert_contains "make cgroup '/urun-"
	assert_contains "Permission denied"
}

@test "--pid host: what the command leaves ends with it" {
	run -0 urun run --network none --pid host --cgroups enabled host: sh -c 'setsid sleep 87653 & sleep 0.2'
	run -1 pgrep -fx 'sleep 87653'
}

@test "without clone3 there is no cgroup: an error, or the best effort" {
	for errno in ENOSYS EPERM; do
		run -125 urun-refuse $errno clone3 urun run --network none --cgroups enabled host: true
		assert_output "urun: a process cannot be made in a cgroup: a seccomp filter refuses clone3(2)
  Start the container around urun with --security-opt seccomp=unconfined; --limits best-effort goes on without"
		[ "$(folders)" = "" ]
		run -0 --separate-stderr urun-refuse $errno clone3 urun run --uidmap 0:0:1 --gidmap 0:0:1 --network none --limits best-effort \
			--cgroup-conf cgroup.max.depth=3 host: echo on
		assert_output on
		[ "$stderr" = "urun: note: there is no cgroup for limits (--limits best-effort): a process cannot be made in a cgroup: a seccomp filter refuses clone3(2)" ]
		[ "$(folders)" = "" ]
	done
}

@test "best effort goes on where the cgroup cannot be made after all" {
	run -0 --separate-stderr urun run --network none --limits best-effort --cgroup-parent "$own/nothing" \
		--pids-limit 9 host: sh -c 'awk "/Max processes/ { print \$4 }" /proc/self/limits'
	assert_output 9
	[[ $stderr == "urun: note: there is no cgroup for limits (--limits best-effort): "*"; processes are counted for each user alone" ]]
	# A mistake is one on every host.
	run -125 urun run --network none --limits best-effort --cgroup-conf cgroup.max.depth=deep host: true
	assert_contains "limit cgroup.max.depth=deep: Invalid argument"
	[ "$(folders)" = "" ]
}
