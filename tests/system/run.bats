# SPDX-License-Identifier: Apache-2.0
#
# The first face, on three root folders: what a container is, seen from inside and outside.

load lib

each_root() {
	local root
	for root in "host:" "rootfs:$DEBIAN" "rootfs:$BUSYBOX"; do
		[ "$root" = host: ] || [ -d "${root#rootfs:}" ] || continue
		echo "on $root"
		# Not in a list: bash would go on after a failure inside.
		"$@" "$root"
	done
}

@test "the caller is root inside, on every root folder" {
	check() {
		run -0 urun run "$1" sh -c 'id -u; id -g; id -G'
		assert_output $'0\n0\n0'
	}
	each_root check
}

@test "the id map is the caller as root, then every subordinate id" {
	run -0 urun run host: cat /proc/self/uid_map
	expected=$(printf '%10u %10u %10u\n%10u %10u %10u' \
		0 "$(id -u)" 1 1 "$(sub_first uid)" "$(sub_count uid)")
	assert_output "$expected"
	run -0 urun run host: cat /proc/self/gid_map
	expected=$(printf '%10u %10u %10u\n%10u %10u %10u' \
		0 "$(id -g)" 1 1 "$(sub_first gid)" "$(sub_count gid)")
	assert_output "$expected"
}

@test "user, mnt, pid, net, ipc, uts and cgroup namespaces are new, time is the caller's" {
	need_busybox
	spawn "rootfs:$BUSYBOX" sleep 60
	for ns in user mnt pid net ipc uts cgroup; do
		[ "$(readlink "/proc/$payload/ns/$ns")" != "$(readlink "/proc/self/ns/$ns")" ]
	done
	[ "$(readlink "/proc/$payload/ns/time")" = "$(readlink /proc/self/ns/time)" ]
}

@test "the payload is PID 1 and sees nobody else" {
	run -0 urun run host: sh -c 'echo $$; for p in /proc/[0-9]*; do echo "${p#/proc/}"; done'
	assert_output $'1\n1'
}

@test "--network none: a namespace of its own has a loopback that is up, and nothing else" {
	run -0 urun run --network none host: sh -c 'cat /proc/net/dev | cut -d: -f1 | tail -n +3 | tr -d " "'
	assert_output lo
	run -0 urun run host: cat /sys/class/net/lo/flags
	assert_output 0x9
}

@test "the exit code is the payload's" {
	for code in 0 1 3 124 125 255; do
		run urun run host: sh -c "exit $code"
		assert_status "$code"
	done
}

@test "a signal's end is 128 and its number" {
	need_busybox
	for signal in KILL:137 SEGV:139 TERM:143; do
		run urun run --init "rootfs:$BUSYBOX" sh -c "kill -${signal%:*} \$\$"
		assert_status "${signal#*:}"
	done
}

@test "a command that is not there: 127, that cannot be executed: 126, with its name" {
	run -127 urun run host: no-such-command
	assert_output "urun: command 'no-such-command': not found in the container's PATH"
	run -127 urun run host: /no/such/command
	assert_output "urun: command '/no/such/command': No such file or directory"
	run -126 urun run host: /etc/passwd
	assert_output "urun: command '/etc/passwd': Permission denied"
	run -126 urun run host: /usr
	assert_output "urun: command '/usr': Is a directory"
}

@test "the environment is built from nothing" {
	export LEAK=secret
	run -0 urun run --hostname box "rootfs:$BUSYBOX" env
	assert_output "$(printf '%s\n' \
		PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
		container=urun HOME=/ HOSTNAME=box)"
}
