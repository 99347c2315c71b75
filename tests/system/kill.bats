# SPDX-License-Identifier: Apache-2.0
#
# SIGKILL for each process of a container, at any moment: nothing is left, and the next one
# runs.

load process

setup() {
	make_root
	need_python
	head -c 1 "/proc/$$/task/$$/children" >/dev/null || skip_because "no list of children in /proc"
}

# killed COUNT ROLES WORD...: see killer.py. The next container under the same name runs.
killed() {
	run timeout $((300 * ROUNDS)) python3 "$PYTHONPATH/killer.py" random $(($1 * ROUNDS)) "${@:2}"
	assert_status 0
	assert_contains "killed: "
	shift 2
	run -0 urun run --name next "${@:1:$#-2}" echo works
	output=${output//$'\r'/}
	assert_output works
}

@test "a start that is killed: a plain root folder" {
	killed 50 launcher,builder,helper,helper,any "rootfs:$ROOT" sleep 1000
}

@test "a start that is killed: host:" {
	killed 30 launcher,builder,any host: sleep 1000
}

@test "a start that is killed: an overlay of the kernel's" {
	killed 30 launcher,builder,any "rootfs:$ROOT:O" sleep 1000
}

@test "a start that is killed: an overlay by fuse-overlayfs" {
	need_fuse
	killed 50 launcher,builder,fuse-overlayfs,helper,any --storage-driver fuse-overlayfs \
		"rootfs:$ROOT:O" sleep 1000
}

@test "a start that is killed: with --init" {
	killed 30 launcher,builder,urun-init --init "rootfs:$ROOT" sleep 1000
}

@test "a start that is killed: with -t" {
	killed 30 launcher,builder,any -t "rootfs:$ROOT" sleep 1000
}

@test "a start that is killed: while a seccomp profile is compiled" {
	killed 12 first,launcher --cap-drop CHOWN "rootfs:$ROOT" sleep 1000
}

@test "a start that gets SIGTERM ends with 143" {
	killed 40 term "rootfs:$ROOT" sleep 1000
	need_fuse
	killed 20 term --init --storage-driver fuse-overlayfs "rootfs:$ROOT:O" sleep 1000
}

@test "a launcher that is killed at any of its system calls leaves nothing" {
	[ ! -O "$(command -v urun)" ] || skip "the caller owns urun: its sealed copy has another name"
	command -v strace >/dev/null || skip_because "no strace"
	run timeout 300 python3 "$PYTHONPATH/killer.py" sweep 1 "rootfs:$ROOT" sleep 1000
	assert_status 0
	need_fuse
	run timeout 300 python3 "$PYTHONPATH/killer.py" sweep 4 --init \
		--storage-driver fuse-overlayfs "rootfs:$ROOT:O" sleep 1000
	assert_status 0
}

@test "any process of a start that is killed at any of its system calls leaves nothing" {
	[ ! -O "$(command -v urun)" ] || skip "the caller owns urun: its sealed copy has another name"
	command -v strace >/dev/null || skip_because "no strace"
	# One id: under strace newuidmap has no rights.
	run timeout 300 python3 "$PYTHONPATH/killer.py" sweep-all 4 --uidmap 0:0:1 --gidmap 0:0:1 \
		"rootfs:$ROOT" sleep 1000
	assert_status 0
}

# --- while it runs -------------------------------------------------------------------------

teardown() {
	local pid
	for pid in "${launcher:-}" "${all[@]}"; do
		[ -z "$pid" ] || kill -KILL "$pid" 2>/dev/null || true
	done
}

# all_of PID: the process and everything below it.
all_of() {
	local pid
	echo "$1"
	for pid in $(children_of "$1"); do
		all_of "$pid"
	done
}

# expect_end CODE PID...: the launcher ends with that code, and the processes are gone.
expect_end() {
	local code=$1
	shift
	status=0
	wait "$launcher" || status=$?
	assert_status "$code"
	wait_until is_gone "$@"
}

# Each way of a container that runs, with the words for it; the last word is the root folder.
each_way() {
	local ways=("rootfs:$ROOT" "rootfs:$ROOT:O" "--init rootfs:$ROOT" "-t rootfs:$ROOT"
		"-u 1000 rootfs:$ROOT" "host:")
	if command -v fuse-overlayfs >/dev/null && [ -w /dev/fuse ]; then
		ways+=("--storage-driver fuse-overlayfs rootfs:$ROOT:O"
			"--init --storage-driver fuse-overlayfs rootfs:$ROOT:O")
	fi
	for way in "${ways[@]}"; do
		echo "with $way"
		"$@"
	done
}

@test "a payload that is killed: 137, and nothing is left" {
	check() {
		# shellcheck disable=SC2086 # words
		spawn $way sleep 1000
		mapfile -t all < <(all_of "$launcher")
		kill -KILL "$payload"
		expect_end 137 "${all[@]}"
	}
	each_way check
}

@test "a command below urun-init that is killed: 137, and nothing is left" {
	spawn --init --network none "rootfs:$ROOT" sleep 1000
	mapfile -t all < <(all_of "$launcher")
	[ ${#all[@]} = 3 ]
	kill -KILL "${all[2]}"
	expect_end 137 "${all[@]}"
}

has_sleepers() {
	[ "$(all_of "$launcher" | while read -r p; do cat "/proc/$p/comm"; done | grep -cx sleep)" = "$1" ]
}

@test "a launcher that is killed takes the container with it" {
	check() {
		# shellcheck disable=SC2086 # words
		spawn $way sh -c 'sleep 1000 & sleep 1000 & wait'
		wait_until has_sleepers 2
		mapfile -t all < <(all_of "$launcher")
		kill -KILL "$launcher"
		expect_end 137 "${all[@]}"
	}
	each_way check
}

# below PID NAME: the pid of a process of that name somewhere below it.
below() {
	local pid
	for pid in $(all_of "$1"); do
		if [ "$(cat "/proc/$pid/comm")" = "$2" ]; then
			echo "$pid"
			return 0
		fi
	done
	return 1
}

# has_orphan PID: a process in its user namespace that is another one; sets orphan
has_orphan() {
	local ns one
	ns=$(readlink "/proc/$1/ns/user")
	for one in /proc/[0-9]*; do
		if [ "$one" != "/proc/$1" ] && [ "$(readlink "$one/ns/user")" = "$ns" ] &&
			[ "$(tr '\0' ' ' <"$one/cmdline")" = "sleep 1001 " ]; then
			orphan=${one#/proc/}
			return 0
		fi
	done
	return 1
}

@test "without a pid namespace the command goes with urun-init, and both with the launcher" {
	[ ! -O "$(command -v urun)" ] || skip "the caller owns urun: its sealed copy has another name"
	for victim in urun urun-init sleep; do
		spawn --init --pid host "rootfs:$ROOT" sleep 1000
		wait_until below "$launcher" sleep
		mapfile -t all < <(all_of "$launcher")
		kill -KILL "$(below "$launcher" $victim)"
		expect_end 137 "${all[@]}"
	done
}

@test "without a pid namespace what the command has left behind goes with the launcher, too" {
	for way in "" "--userns nomap"; do
		# shellcheck disable=SC2086 # words
		spawn $way --pid host "rootfs:$ROOT" sh -c '(setsid sleep 1001 &); exec sleep 1000'
		# Nobody's child any more: by its namespace.
		wait_until has_orphan "$payload"
		mapfile -t all < <(all_of "$launcher")
		kill -KILL "$launcher"
		expect_end 137 "${all[@]}" "$orphan"
	done
}

@test "a launcher that is killed takes a payload with it that has become another user" {
	need_debian
	for way in "" --init; do
		for user in "-u 0" "-u 1000 --cap-add SETUID,SETGID"; do
			# shellcheck disable=SC2086 # words
			spawn $way $user "rootfs:$DEBIAN" setpriv --reuid 33 --regid 33 --clear-groups \
				sleep 1000
			wait_until below "$launcher" sleep
			mapfile -t all < <(all_of "$launcher")
			kill -KILL "$launcher"
			expect_end 137 "${all[@]}"
		done
	done
}

@test "a launcher that is killed takes a payload with it that is set-uid" {
	need_debian
	mkdir "$ROOT/set-uid"
	cp "$ROOT/bin/busybox" "$ROOT/set-uid/"
	chmod 4755 "$ROOT/set-uid/busybox"
	spawn -u 1000 --security-opt no-new-privileges=false "rootfs:$ROOT" \
		/set-uid/busybox sleep 1000
	mapfile -t all < <(all_of "$launcher")
	kill -KILL "$launcher"
	rm -r "$ROOT/set-uid"
	expect_end 137 "${all[@]}"
}

@test "a launcher that is killed takes a payload with it that does not want to go" {
	for way in "rootfs:$ROOT" "-u 1000 --cap-drop all rootfs:$ROOT" "--init rootfs:$ROOT" \
		"-v $URUN_STAGE/bin/urun-probe:/tmp/urun-probe -e PATH=/tmp:/usr/bin:/bin host:"; do
		# shellcheck disable=SC2086 # words
		spawn $way urun-probe without-death sleep 1000
		wait_until below "$launcher" sleep
		mapfile -t all < <(all_of "$launcher")
		kill -KILL "$launcher"
		expect_end 137 "${all[@]}"
	done
}

@test "a server of a filesystem that is killed: the container fails, and nothing is left" {
	need_fuse
	spawn --storage-driver fuse-overlayfs "rootfs:$ROOT:O" sh -c \
		'while cat /bin/busybox >/dev/null; do :; done; exit 9'
	mapfile -t all < <(all_of "$launcher")
	kill -KILL "$(child_called "$launcher" fuse-overlayfs)"
	status=0
	wait "$launcher" || status=$?
	[ "$status" != 0 ]
	wait_until is_gone "${all[@]}"
}
