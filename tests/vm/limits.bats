# SPDX-License-Identifier: Apache-2.0
#
# Limits on a usual host: systemd gives its users cpu, memory and pids.

load vm
load limits

setup_file() { limits_setup_file; }
teardown_file() { limits_teardown_file; }
teardown() { limits_teardown; }

HOG='import sys; x = bytearray(int(sys.argv[1]) << 20); print("had it")'

@test "the session has what limits need, and doctor knows" {
	is_session
	[ "$(delegated)" = "cpu memory pids" ]
	run -0 --separate-stderr urun doctor
	assert_probe "cgroup delegation" ok "systemd gives cpu memory pids"
}

@test "nothing asked, nothing made" {
	urun run --network none host: sleep 3 3>&- &
	sleep 1.5
	[ "$(scopes)" = "" ]
	wait $!
}

@test "every limit is in the kernel's file, and the container is there and cannot change it" {
	start all -m 64m --memory-reservation 32m --memory-swap 96m --cpus 0.5 -c 2048 --pids-limit 30 \
		--cgroup-conf memory.high=60M --cgroup-conf cpu.max.burst=20000 -- sleep 60
	[ "$(value memory.max)" = $((64 * MiB)) ]
	[ "$(value memory.low)" = $((32 * MiB)) ]
	[ "$(value memory.swap.max)" = $((32 * MiB)) ]
	[ "$(value memory.high)" = $((60 * MiB)) ]
	[ "$(value cpu.max)" = "50000 100000" ]
	[ "$(value cpu.max.burst)" = 20000 ]
	[ "$(value cpu.weight)" = 174 ]
	[ "$(value pids.max)" = 30 ]
	pid=$(urun inspect all --format '{{.State.Pid}}')
	[ "$(cat "/proc/$pid/cgroup")" = "0::${cgroup#"$ROOT"}" ]
	# Of the scope that is the user's, and the launcher beside it.
	[[ $cgroup == "$ROOT/user.slice/user-"*".service/user.slice/urun-"*.scope/container ]]
	[[ $(cat "/proc/$launcher/cgroup") == *.scope/supervisor ]]
	[ "$(cat "$cgroup/cgroup.procs")" = "$pid" ]
}

@test "inside, its cgroup is the root, and nobody may write there" {
	run -0 --separate-stderr urun run --network none -m 64m --entrypoint "" "$IMAGE_NAME" sh -c '
		cat /proc/self/cgroup /sys/fs/cgroup/memory.max
		echo 1 2>/dev/null >/sys/fs/cgroup/memory.max || echo refused
		mkdir /sys/fs/cgroup/x 2>/dev/null || echo refused'
	assert_output $'0::/\n67108864\nrefused\nrefused'
}

@test "born there: clone3 has the cgroup, and nobody is moved there" {
	run -0 strace -f -qq -e trace=clone3 -o "$BATS_TEST_TMPDIR/trace" \
		urun run --network none --uidmap 0:0 --gidmap 0:0 -m 64m "rootfs:$BUSYBOX" true
	run -0 grep -c CLONE_INTO_CGROUP "$BATS_TEST_TMPDIR/trace"
	assert_output 1
}

@test "a memory hog is killed at its limit, and only it" {
	run -0 --separate-stderr urun run --network none -m 64m host: sh -c \
		"python3 -c '$HOG' 16; python3 -c '$HOG' 200; echo \$?"
	assert_output $'had it\n137'
	echo "$stderr"
	[ "${stderr#$'Killed\n'}" = "urun: note: out of memory: the kernel has killed 1 of the container's processes, at its limit of 65536 KiB" ]
}

@test "a limit that nothing can start with says so" {
	run -125 urun run --network none -m 8k host: true
	assert_contains "the limit of memory is too small to start with"
	[ "$(scopes)" = "" ]
}

@test "a container that is killed for want of memory says so, and what it had stays known" {
	run -137 urun run --network none -m 64m --name hog --entrypoint "" "$IMAGE_NAME" sh -c \
		'x=aaaaaaaaaaaaaaaa; while :; do x=$x$x; done'
	assert_contains "out of memory: the kernel has killed 1 of the container's processes"
	run -0 urun inspect hog --format '{{.State.OOMKilled}} {{.State.ExitCode}} {{.State.Status}} {{.State.MemoryPeak}}'
	[[ $output == "true 137 exited "* ]]
	is_within 10 "${output##* }" $((64 * MiB))
	# The next run has not.
	run -0 urun run --network none -m 64m --name calm --entrypoint "" "$IMAGE_NAME" true
	run -0 urun inspect calm --format '{{.State.OOMKilled}} {{.State.ExitCode}}'
	assert_output "false 0"
}

@test "a fork bomb stops at its limit" {
	start bomb --pids-limit 20 -- sh -c 'b() { b | b & }; b 2>/dev/null; sleep 5; echo alive'
	sleep 3
	[ "$(value pids.current)" -le 20 ]
	[ "$(value pids.events max)" -gt 0 ]
	# Everybody else can go on.
	true | cat
	wait "$launcher" || :
}

@test "two that spin share a processor by their weight" {
	start one -c 1024 -- sh -c 'while :; do :; done'
	one=$cgroup
	start two -c 4096 -- sh -c 'while :; do :; done'
	two=$cgroup
	for pid in $(cat "$one/cgroup.procs" "$two/cgroup.procs"); do
		taskset -p -c 0 "$pid"
	done
	[ "$(cat "$one/cpu.weight") $(cat "$two/cpu.weight")" = "100 303" ]
	usage() { awk '$1 == "usage_usec" { print $2 }' "$1/cpu.stat"; }
	sleep 1
	a=$(usage "$one") b=$(usage "$two")
	sleep 8
	a=$(($(usage "$one") - a)) b=$(($(usage "$two") - b))
	is_within 10 "$(awk "BEGIN { print $b / $a }")" 3.03
	# And by another.
	urun update -c 1024 two
	sleep 0.5
	a=$(usage "$one") b=$(usage "$two")
	sleep 5
	a=$(($(usage "$one") - a)) b=$(($(usage "$two") - b))
	is_within 10 "$(awk "BEGIN { print $b / $a }")" 1
}

@test "a quota holds" {
	start slow --cpus 0.25 -- sh -c 'while :; do :; done'
	sleep 1
	a=$(value cpu.stat usage_usec) start=$(date +%s%N)
	sleep 5
	b=$(value cpu.stat usage_usec) end=$(date +%s%N)
	is_within 20 $((b - a)) $(((end - start) / 1000 / 4))
}

@test "pause stops all, unpause lets them go on, and a paused one can be ended" {
	start spin --cgroups enabled -- sh -c 'while :; do :; done & while :; do :; done'
	run -0 urun pause spin
	assert_output spin
	[ "$(value cgroup.events frozen)" = 1 ]
	run -0 urun ps --format '{{.Names}} {{.Status}} {{.State}}' --filter status=paused
	assert_output "spin Paused paused"
	a=$(value cpu.stat usage_usec)
	sleep 1
	[ "$(value cpu.stat usage_usec)" = "$a" ]
	run -125 urun pause spin
	assert_contains "is paused already"
	run -0 urun unpause spin
	sleep 1
	[ "$(value cpu.stat usage_usec)" -gt $((a + 100000)) ]
	run -125 urun unpause spin
	assert_contains "is not paused"
	urun pause spin
	run -0 timeout 20 urun rm -f spin
	wait "$launcher" || [ $? = 137 ]
	[ "$(scopes)" = "" ]
}

@test "limits change while it runs, and are kept for the next run" {
	start change -m 64m --pids-limit 30 -- sleep 60
	id=$(urun inspect change --format '{{.Id}}')
	run -0 urun update -m 96m --pids-limit -1 --cpus 2 change
	assert_output "$id"
	[ "$(value memory.max) $(value pids.max) $(value cpu.max)" = "$((96 * MiB)) max 200000 100000" ]
	# As much swap as memory was nobody's wish, and goes with it.
	[ "$(value memory.swap.max)" = $((96 * MiB)) ]
	run -0 urun update -m -1 change
	[ "$(value memory.max) $(value memory.swap.max)" = "max max" ]
	run -0 urun update -m 96m change
	run -0 urun update --memory-swap 128m change
	[ "$(value memory.max) $(value memory.swap.max)" = "$((96 * MiB)) $((32 * MiB))" ]
	run -0 urun update --cpu-period 50000 change
	[ "$(value cpu.max)" = "200000 50000" ]
	run -0 urun update --cpus 1 change
	[ "$(value cpu.max)" = "100000 100000" ]
	run -0 urun update --cpus 0 change
	[ "$(value cpu.max)" = "max 100000" ]
	# A total with swap stays one.
	run -0 urun update -m 112m change
	[ "$(value memory.max) $(value memory.swap.max)" = "$((112 * MiB)) $((16 * MiB))" ]
	run -0 urun update -m 96m change
	run -125 urun update --cgroup-conf memory.high=lots change
	assert_contains "limit memory.high=lots"
	# All or nothing.
	run -125 urun update --pids-limit 7 --cgroup-conf memory.high=lots change
	[ "$(value pids.max)" = max ]
	run -125 urun update --cpuset-cpus 0 change
	assert_contains "has no controller cpuset"
	kill "$launcher"
	wait "$launcher" || :
	urun start change 3>&- &
	launcher=$!
	wait_for_cgroup change
	[ "$(value memory.max) $(value memory.swap.max) $(value pids.max)" = "$((96 * MiB)) $((32 * MiB)) max" ]
	kill "$launcher"
	wait "$launcher" || :
}

@test "nothing is left, however it ended" {
	start gone -m 64m -- sleep 60
	kill -9 "$launcher"
	wait "$launcher" || :
	for ((i = 0; i < 50; i++)); do
		[ -n "$(scopes)" ] || break
		sleep 0.1
	done
	[ "$(scopes)" = "" ]
	run -0 systemctl --user list-units --all --no-legend 'urun-*'
	assert_output ""
	# All of urun's at once.
	start gone2 -m 64m -- sleep 60
	kill -9 $(cat "${cgroup%/container}/supervisor/cgroup.procs")
	wait "$launcher" || :
	sleep 2
	[ "$(scopes)" = "" ]
	run -0 systemctl --user list-units --all --no-legend 'urun-*'
	assert_output ""
}

@test "what joins namespaces has its own limits" {
	start first -m 64m -- sleep 60
	start second -m 32m --pid container:first --network container:first -- sleep 60
	[ "$(value memory.max)" = $((32 * MiB)) ]
	pid=$(urun inspect second --format '{{.State.Pid}}')
	[ "$(cat "/proc/$pid/cgroup")" = "0::${cgroup#"$ROOT"}" ]
}

@test "--pid host: all that it left is ended with its cgroup" {
	run -0 --separate-stderr urun run --network none --pid host -m 64m host: sh -c 'setsid sleep 87654 & sleep 0.5'
	run -1 pgrep -fx 'sleep 87654'
}

@test "an own cgroup is used before systemd is asked, and its processes make room" {
	run -0 systemd-run --user --scope --quiet -p Delegate=yes sh -c '
		urun run --network none -m 64m host: sh -c "cat /proc/self/cgroup /sys/fs/cgroup/memory.max"
		cat /proc/self/cgroup
		urun run --network none --cgroups split -m 32m host: cat /sys/fs/cgroup/memory.max
		cat /proc/self/cgroup
		find "/sys/fs/cgroup$(sed "s/^0:://; s:/urun-caller$::" /proc/self/cgroup)" -mindepth 1 -type d -printf "%f\n"'
	printf '%s\n' "$output"
	[[ ${lines[0]} == 0::/ && ${lines[1]} == 67108864 ]]
	[[ ${lines[2]} == 0::/user.slice/*/run-*.scope/urun-caller ]]
	[[ ${lines[3]} == 33554432 && ${lines[4]} == "${lines[2]}" ]]
	[ "${lines[5]}" = urun-caller ]
	[ ${#lines[@]} = 6 ]
}

@test "in an own cgroup, what a killed launcher left is removed: by its guard, or by the next" {
	run -0 --separate-stderr systemd-run --user --scope --quiet -p Delegate=yes bash -c '
		own=/sys/fs/cgroup$(sed "s/^0:://" /proc/self/cgroup)
		count() { find "$own" -mindepth 1 -type d ! -name urun-caller | wc -l; }
		wait_for() { for ((i = 0; i < 100; i++)); do [ "$(count)" != $1 ] || break; sleep 0.1; done; count; }
		urun run --network none -m 64m host: sleep 60 & wait_for 1
		kill -9 $!
		wait_for 0
		urun run --network none -m 64m host: sleep 60 & wait_for 1
		kill -9 $(grep -lx urun /proc/[0-9]*/comm | cut -d/ -f3)
		sleep 2
		count
		urun run --network none -m 64m host: true
		count' 3>&-
	assert_output $'1\n0\n1\n1\n0'
}

@test "--cgroups split where nothing is delegated says what does" {
	run -125 urun run --network none --cgroups split host: true
	assert_contains "is not delegated to you"
	assert_contains "systemd-run --user --scope -p Delegate=yes"
}

@test "--cgroup-parent: a slice" {
	start sliced --cgroup-parent app-x.slice --cgroups enabled -- sleep 60
	[[ $cgroup == *"/app.slice/app-x.slice/urun-"*.scope/container ]]
}

@test "what systemd does not give is refused, with the lines that mend it" {
	run -125 --separate-stderr urun run --network none --cpuset-cpus 0 host: true
	[ "$stderr" = "urun: limits need controller cpuset, and systemd gives your user only: cpu memory pids
  sudo mkdir -p /etc/systemd/system/user@.service.d
  printf '[Service]\nDelegate=cpu cpuset memory pids\n' | sudo tee /etc/systemd/system/user@.service.d/delegate.conf
  sudo systemctl daemon-reload, and log in again; --limits best-effort goes on without" ]
	run -0 --separate-stderr urun run --network none --limits best-effort --cpuset-cpus 0 host: echo on
	assert_output on
	[ "$stderr" = "urun: note: there is no cgroup for limits here (--limits best-effort); not limited: cpuset.cpus" ]
	# What can be enforced is.
	run -0 --separate-stderr urun run --network none --limits best-effort -m 64m --cpuset-cpus 0 host: \
		cat /sys/fs/cgroup/memory.max
	assert_output 67108864
	[ "$stderr" = "urun: note: not all limits can be enforced here (--limits best-effort); not limited: cpuset.cpus" ]
}

@test "a value that the kernel refuses names the file" {
	run -125 --separate-stderr urun run --network none --cgroup-conf memory.nothing=1 host: true
	[[ $stderr == *"limit memory.nothing=1: No such file or directory"* ]]
	[ "$(scopes)" = "" ]
}
