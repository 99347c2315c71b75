# SPDX-License-Identifier: Apache-2.0
#
# What is mounted where: the standard filesystems, urun's own files, the caller's mounts, and
# root folders that try to lead all of them astray.

load fs

# --- the standard filesystems ---

# The filesystem of the host's device nodes.
dev=$(findmnt -no FSTYPE -T /dev/null)

@test "the standard mounts, in their order and with their flags" {
	copy_busybox
	spawn "rootfs:$root" sleep 60
	run -0 mounts_at "^" "/proc/$payload/mountinfo"
	output=$(grep -Ev '^/(proc|sys/firmware|sys/devices)/|^/sys/(firmware|devices|fs/selinux)' \
		<<<"$output")
	assert_output "/ $(findmnt -no VFS-OPTIONS,FSTYPE -T "$root" | tr -s ' ')
/proc rw,nosuid,nodev,noexec,relatime proc
/dev rw,nosuid,noexec tmpfs
/dev/null rw,nosuid,noexec,relatime $dev
/dev/zero rw,nosuid,noexec,relatime $dev
/dev/full rw,nosuid,noexec,relatime $dev
/dev/random rw,nosuid,noexec,relatime $dev
/dev/urandom rw,nosuid,noexec,relatime $dev
/dev/tty rw,nosuid,noexec,relatime $dev
/dev/pts rw,nosuid,noexec,relatime devpts
/dev/shm rw,nosuid,nodev,noexec,relatime tmpfs
/dev/mqueue rw,nosuid,nodev,noexec,relatime mqueue
/sys ro,nosuid,nodev,noexec,relatime sysfs
/sys/fs/cgroup ro,nosuid,nodev,noexec,relatime cgroup2
/etc/hosts rw,nosuid,nodev,relatime tmpfs
/etc/hostname rw,nosuid,nodev,relatime tmpfs
/etc/resolv.conf rw,nosuid,nodev,relatime tmpfs
/run/.containerenv rw,nosuid,nodev,relatime tmpfs"
	# Nothing is shared with the host, in neither direction.
	run -1 grep -E ' (shared|master|propagate_from):' "/proc/$payload/mountinfo"
}

@test "/proc is of the container's pid namespace" {
	need_busybox
	# shellcheck disable=SC2016
	run -0 urun run "rootfs:$BUSYBOX" sh -c \
		'readlink /proc/self; echo $$; ls /proc | grep -c "^[0-9]"; tr "\0" " " </proc/1/cmdline | cut -c 1-5'
	[ "$(sed -n 4p <<<"$output")" = "sh -c" ]
	[ "$(sed -n 2p <<<"$output")" = 1 ]
	[ "$(sed -n 3p <<<"$output")" -le 4 ]
}

masked="/proc/acpi /proc/interrupts /proc/kcore /proc/keys /proc/latency_stats \
/proc/sched_debug /proc/scsi /proc/timer_list /proc/timer_stats \
/sys/devices/virtual/powercap /sys/firmware /sys/fs/selinux"
readonly_paths="/proc/asound /proc/bus /proc/fs /proc/irq /proc/sys /proc/sysrq-trigger"

# What a masked and a read-only path should look like, for those that this kernel has.
expected_masks() {
	local p
	for p in $masked; do
		if [ -d "$p" ]; then
			echo "$p ro,nosuid,nodev,noexec,relatime tmpfs"
		elif [ -e "$p" ]; then
			echo "$p rw,nosuid,noexec,relatime $dev"
		fi
	done
}
expected_readonly() {
	local p
	for p in $readonly_paths; do
		[ ! -e "$p" ] || echo "$p ro,nosuid,nodev,noexec,relatime proc"
	done
}

@test "paths of /proc and /sys are masked or read-only: exactly the list" {
	need_busybox
	spawn "rootfs:$BUSYBOX" sleep 60
	run -0 mounts_at "^" "/proc/$payload/mountinfo"
	output=$(grep -E '^/(proc|sys)/' <<<"$output" | grep -v '^/sys/fs/cgroup ' | sort)
	assert_output "$( (expected_masks; expected_readonly) | sort)"
}

@test "what is masked shows nothing, what is read-only cannot be written" {
	need_busybox
	# shellcheck disable=SC2016
	run -0 urun run --cap-add all "rootfs:$BUSYBOX" sh -c \
		'for p in "$@"; do
			if [ -d $p ]; then ls -A $p; touch $p/x 2>&1; elif [ -e $p ]; then cat $p; fi
		done | sort -u' sh $masked
	for p in $masked; do
		[ ! -d "$p" ] || echo "touch: $p/x: Read-only file system"
	done | sort -u >"$BATS_TEST_TMPDIR/expected"
	assert_output "$(cat "$BATS_TEST_TMPDIR/expected")"
	# The container's own parameter, which its root could write but for the mount.
	run -1 urun run --cap-add all "rootfs:$BUSYBOX" sh -c 'echo 5 >/proc/sys/net/ipv4/ip_default_ttl'
	assert_output "sh: can't create /proc/sys/net/ipv4/ip_default_ttl: Read-only file system"
	run -0 urun run --cap-add all --security-opt unmask=/proc/sys "rootfs:$BUSYBOX" \
		sh -c 'echo 5 >/proc/sys/net/ipv4/ip_default_ttl; cat /proc/sys/net/ipv4/ip_default_ttl'
	assert_output 5
}

@test "--security-opt mask= and unmask=, and --privileged" {
	need_busybox
	run -0 urun run --security-opt mask=/proc/meminfo:/bin/../etc//:/no/such "rootfs:$BUSYBOX" \
		sh -c 'cat /proc/meminfo; ls -A /etc; cat /etc/hosts 2>&1; touch /etc/x 2>&1; :'
	assert_output "cat: can't open '/etc/hosts': No such file or directory
touch: /etc/x: Read-only file system"
	run -0 urun run --security-opt unmask=/proc/keys:/proc/timer_list "rootfs:$BUSYBOX" \
		cat /proc/self/mountinfo
	[ "$(mounts_at "^" <<<"$output" | grep -E '^/(proc|sys)/' | grep -v ^/sys/fs/cgroup | sort)" = \
		"$( (expected_masks; expected_readonly) |
			grep -Ev '^/proc/(keys|timer_list) ' | sort)" ]
	run -0 urun run --security-opt "unmask=/proc/s*:/sys/*" "rootfs:$BUSYBOX" cat /proc/self/mountinfo
	[ "$(mounts_at "^" <<<"$output" | grep -E '^/(proc|sys)/' | grep -v ^/sys/fs/cgroup | sort)" = \
		"$( (expected_masks; expected_readonly) | grep -Ev '^/(proc/s|sys/[a-z]* )' | sort)" ]
	for option in "--security-opt unmask=ALL" --privileged; do
		# shellcheck disable=SC2086
		run -0 urun run $option "rootfs:$BUSYBOX" cat /proc/self/mountinfo
		[ "$(mounts_at "^/proc" <<<"$output")" = "/proc rw,nosuid,nodev,noexec,relatime proc" ]
	done
	# What is asked for by name is masked whatever is opened else.
	run -0 urun run --privileged --security-opt mask=/proc/meminfo "rootfs:$BUSYBOX" \
		cat /proc/meminfo
	assert_output ""
}

@test "--security-opt proc-opts=" {
	need_busybox
	run -0 urun run --security-opt proc-opts=subset=pid "rootfs:$BUSYBOX" \
		sh -c 'ls /proc | grep -v "^[0-9]"; grep -o " /proc proc.*subset=pid" /proc/self/mounts'
	assert_output "self
thread-self
 /proc proc rw,nosuid,nodev,noexec,relatime,subset=pid"
	run -0 urun run --security-opt proc-opts=hidepid=2 --init -u 1000 "rootfs:$BUSYBOX" \
		sh -c 'grep -o "^proc /proc proc.*hidepid=.*" /proc/self/mounts'
	[[ "$output" == *hidepid=invisible* || "$output" == *hidepid=2* ]]
	# Somebody else's process, in the namespace that both share.
	spawn --security-opt proc-opts=hidepid=2 "rootfs:$BUSYBOX" sleep 60
	for ns in user pid; do
		args="${args:-} --${ns/user/userns} ns:/proc/$payload/ns/$ns"
	done
	# shellcheck disable=SC2086
	run -1 urun run $args -u 1000 --security-opt proc-opts=hidepid=2 "rootfs:$BUSYBOX" \
		ls -d /proc/1
	assert_output "ls: /proc/1: No such file or directory"
	# shellcheck disable=SC2086
	run -0 urun run $args -u 1000 "rootfs:$BUSYBOX" ls -d /proc/1
	assert_output /proc/1
	run -125 urun run --security-opt proc-opts=nonsense "rootfs:$BUSYBOX" true
	assert_output "urun: mount proc on '/proc': Invalid argument"
}

@test "/sys shows the container's network namespace, and is read-only" {
	need_busybox
	run -0 urun run --network none --cap-add all "rootfs:$BUSYBOX" sh -c \
		'ls /sys/class/net; echo 9 2>&1 >/sys/class/net/lo/mtu; mkdir /sys/fs/cgroup/x; :'
	assert_output "lo
sh: can't create /sys/class/net/lo/mtu: Read-only file system
mkdir: can't create directory '/sys/fs/cgroup/x': Read-only file system"
}

@test "/dev has these entries, and no other" {
	copy_busybox
	mknod "$root/dev/of-the-rootfs" p
	run -0 urun run "rootfs:$root" sh -c 'cd /dev; for f in *; do
		if [ -L $f ]; then echo "$f -> $(readlink $f)"
		elif [ -c $f ]; then stat -c "%n %F %t:%T" $f
		else stat -c "%n %F %a %u:%g" $f; fi; done'
	assert_output "core -> /proc/kcore
fd -> /proc/self/fd
full character special file 1:7
mqueue directory 1777 0:0
null character special file 1:3
ptmx -> pts/ptmx
pts directory 755 0:0
random character special file 1:8
shm directory 1777 0:0
stderr -> /proc/self/fd/2
stdin -> /proc/self/fd/0
stdout -> /proc/self/fd/1
tty character special file 5:0
urandom character special file 1:9
zero character special file 1:5"
	# Nothing of it was made in the rootfs.
	run -0 ls "$root/dev"
	assert_output of-the-rootfs
}

@test "/dev works: null, zero, full, random, the links to descriptors" {
	need_busybox
	run -0 urun run "rootfs:$BUSYBOX" sh -c '
		echo gone >/dev/null && cat /dev/null
		head -c 3 /dev/zero | od -An -tx1
		head -c 5 /dev/random | wc -c
		head -c 5 /dev/urandom | wc -c
		echo x >/dev/full
		echo out >/dev/stdout; echo err >/dev/stderr; echo in | cat /dev/stdin
		ls -d /dev/fd/0; cat /dev/tty; :'
	assert_output " 00 00 00
5
5
sh: write error: No space left on device
out
err
in
/dev/fd/0
cat: can't open '/dev/tty': No such device or address"
}

@test "/dev/pts is the container's own, its terminals belong to group tty" {
	need_busybox
	run -0 urun run "rootfs:$BUSYBOX" sh -c 'ls /dev/pts; stat -c "%a %t:%T" /dev/pts/ptmx'
	assert_output $'ptmx\n666 5:2'
	run -0 urun run -t "rootfs:$BUSYBOX" sh -c 'tty; stat -c "%a %u:%g %t:%T" /dev/pts/0 /dev/console; ls /dev/pts'
	output=${output//$'\r'/}
	assert_output "/dev/pts/0
620 0:5 88:0
620 0:5 88:0
0     ptmx"
}

@test "/dev/shm has the size that was asked for, 64 MiB else" {
	need_busybox
	for size in :65536 1m:1024 "5000k:5000" 128m:131072 3145728:3072; do
		# shellcheck disable=SC2046
		run -0 urun run $([ "${size%:*}" = "" ] || echo --shm-size "${size%:*}") \
			"rootfs:$BUSYBOX" sh -c 'df -k /dev/shm | tail -n 1 | tr -s " " | cut -d" " -f2'
		assert_output "${size#*:}"
	done
	run -1 urun run --shm-size 1m "rootfs:$BUSYBOX" dd if=/dev/zero of=/dev/shm/big bs=1k count=1025
	assert_contains "dd: error writing '/dev/shm/big': No space left on device"
	run -125 urun run --shm-size much "rootfs:$BUSYBOX" true
	assert_output "urun: --shm-size: 'much': a size is a number with b, k, m or g"
}

@test "/dev/mqueue is of the container's ipc namespace" {
	need_busybox
	spawn "rootfs:$BUSYBOX" sh -c 'echo >/dev/mqueue/mine; echo >/dev/shm/up; sleep 60'
	wait_until test -e "/proc/$payload/root/dev/shm/up"
	run -0 ls "/proc/$payload/root/dev/mqueue"
	assert_output mine
	run -0 urun run "rootfs:$BUSYBOX" ls -A /dev/mqueue
	assert_output ""
	run -0 urun run --userns "ns:/proc/$payload/ns/user" --ipc "ns:/proc/$payload/ns/ipc" \
		"rootfs:$BUSYBOX" ls -A /dev/mqueue
	assert_output mine
}

# --- files of urun's own ---

localhost_lines=$'127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback'

@test "/etc/hosts, /etc/hostname and /etc/resolv.conf by default" {
	need_busybox
	run -0 urun run --network none --cidfile "$BATS_TEST_TMPDIR/id" "rootfs:$BUSYBOX" \
		sh -c 'hostname; cat /etc/hostname /etc/hosts /etc/resolv.conf; stat -c "%a %u:%g" /etc/hosts /etc/hostname /etc/resolv.conf'
	name=$(cut -c 1-12 "$BATS_TEST_TMPDIR/id")
	assert_output "$name
$name
$localhost_lines
127.0.0.1	$name
# this container has no network
644 0:0
644 0:0
644 0:0"
}

@test "--hostname and --name stand in /etc/hosts" {
	need_busybox
	run -0 urun run --network none --hostname box.example.org --name mounts-test "rootfs:$BUSYBOX" \
		sh -c 'hostname; cat /etc/hostname /etc/hosts; head -n 2 /run/.containerenv'
	assert_output "box.example.org
box.example.org
$localhost_lines
127.0.0.1	box.example.org mounts-test
engine=\"urun\"
name=\"mounts-test\""
	run -125 urun run --hostname '' "rootfs:$BUSYBOX" true
	assert_output "urun: --hostname: 1 to 64 characters"
	run -125 urun run --hostname "$(printf 'x%.0s' $(seq 65))" "rootfs:$BUSYBOX" true
	assert_output "urun: --hostname: 1 to 64 characters"
	run -125 urun run --uts host --hostname box "rootfs:$BUSYBOX" true
	assert_output "urun: --hostname 'box' with --uts host would rename the host"
}

@test "--add-host adds lines, in their order and before all others" {
	need_busybox
	run -0 urun run --network none --hostname box --add-host one:10.0.0.1 --add-host two:fd00::2 \
		"rootfs:$BUSYBOX" cat /etc/hosts
	assert_output "10.0.0.1	one
fd00::2	two
$localhost_lines
127.0.0.1	box"
	for bad in one :1.2.3.4 one: "one:1.2.3.4 two" ""; do
		run -125 urun run --add-host "$bad" "rootfs:$BUSYBOX" true
		assert_output "urun: --add-host '$bad': expected NAME:IP"
	done
}

@test "--add-host: an address that is none is refused" {
	need_busybox
	for bad in 1.2.3 1.2.3.4.5 300.1.1.1 fd00:::1; do
		run -125 urun run --add-host "one:$bad" "rootfs:$BUSYBOX" true
		assert_contains "urun: --add-host 'one:$bad'"
	done
	run -125 urun run --network none --add-host one:host-gateway "rootfs:$BUSYBOX" true
	assert_contains "urun: --add-host 'one:host-gateway'"
}

@test "--no-hosts leaves the rootfs's /etc/hosts alone" {
	copy_busybox
	echo own >"$root/etc/hosts"
	run -0 urun run --no-hosts "rootfs:$root" cat /etc/hosts
	assert_output own
	run -125 urun run --no-hosts --add-host a:1.2.3.4 "rootfs:$root" true
	assert_output "urun: --add-host needs /etc/hosts, and --no-hosts leaves it alone"
	# And else it is covered, not changed.
	run -0 urun run --network none --hostname box "rootfs:$root" sh -c 'tail -n 1 /etc/hosts; echo more >>/etc/hosts'
	assert_output $'127.0.0.1\tbox'
	run -0 cat "$root/etc/hosts"
	assert_output own
}

@test "--dns, --dns-search and --dns-option" {
	need_busybox
	run -0 urun run --dns 10.0.0.1 --dns fd00::1 --dns-search a.example \
		--dns-option ndots:2 --dns-option rotate "rootfs:$BUSYBOX" cat /etc/resolv.conf
	assert_output "nameserver 10.0.0.1
nameserver fd00::1
search a.example
options ndots:2
options rotate"
	for option in --dns-search --dns-option; do
		run -125 urun run $option "a.example b.example" "rootfs:$BUSYBOX" true
		assert_contains "'a.example b.example': one word each"
	done
}

@test "--dns: an address that is none is refused" {
	need_busybox
	for bad in host "1.1.1.1 2.2.2.2" $'1.1.1.1\nsearch evil' 1.2.3 ""; do
		run -125 urun run --dns "$bad" "rootfs:$BUSYBOX" true
		assert_contains "urun: --dns '"
	done
}

@test "--dns-search twice: one line, for the last one would win" {
	need_busybox
	run -0 urun run --dns 10.0.0.1 --dns-search a.example --dns-search b.example \
		"rootfs:$BUSYBOX" cat /etc/resolv.conf
	assert_output "nameserver 10.0.0.1
search a.example b.example"
}

@test "with the host's network, its hosts and name servers are there" {
	[ -f /etc/hosts ] || skip "this host has no /etc/hosts"
	need_busybox
	run -0 urun run --network host --uts host "rootfs:$BUSYBOX" cat /etc/resolv.conf
	assert_output "$(cat /etc/resolv.conf)"
	run -0 urun run --network host --hostname box --add-host a:1.2.3.4 "rootfs:$BUSYBOX" \
		cat /etc/hosts
	assert_output "1.2.3.4	a
$(cat /etc/hosts)
127.0.0.1	box"
}

@test "with the host's network, --dns-search keeps its name servers" {
	need_busybox
	grep -q ^nameserver /etc/resolv.conf || skip_because "the host has no name server"
	run -0 urun run --network host --dns-search a.example "rootfs:$BUSYBOX" \
		grep ^nameserver /etc/resolv.conf
	assert_output "$(grep ^nameserver /etc/resolv.conf)"
}

@test "a place for urun's files that cannot be made: an error only when the content was asked for" {
	copy_busybox
	rm -rf "${root:?}/etc" && mkdir -p "$root/etc/hosts" "$root/etc/resolv.conf"
	run -0 urun run "rootfs:$root" ls -A /etc/hosts
	assert_output ""
	run -125 urun run --add-host a:1.2.3.4 "rootfs:$root" true
	assert_output "urun: mount target '/etc/hosts' in the rootfs: Is a directory"
	run -125 urun run --dns 1.2.3.4 "rootfs:$root" true
	assert_output "urun: mount target '/etc/resolv.conf' in the rootfs: Is a directory"
}

# --- -v ---

volume_source() {
	source=$BATS_TEST_TMPDIR/source
	mkdir -p "$source/sub"
	echo content >"$source/file"
	printf '#!/bin/sh\necho executed\n' >"$source/program"
	chmod 755 "$source/program"
}

@test "-v SRC:DST writes through, -v SRC:DST:ro cannot be written" {
	copy_busybox
	volume_source
	run -0 urun run -v "$source:/mnt/a/b" "rootfs:$root" \
		sh -c 'cat /mnt/a/b/file; echo inside >/mnt/a/b/new; stat -c "%a %u:%g" /mnt /mnt/a'
	assert_output "content
755 0:0
755 0:0"
	run -0 cat "$source/new"
	assert_output inside
	[ -d "$root/mnt/a/b" ] && [ -z "$(ls -A "$root/mnt/a/b")" ]
	run -0 urun run -v "$source:/mnt:ro" "rootfs:$root" sh -c '
		cat /mnt/file; echo x >/mnt/file; touch /mnt/made; rm /mnt/file; mkdir /mnt/sub/dir; chmod 777 /mnt
		mount -o remount,bind,rw /mnt; :'
	assert_output "content
sh: can't create /mnt/file: Read-only file system
touch: /mnt/made: Read-only file system
rm: can't remove '/mnt/file': Read-only file system
mkdir: can't create directory '/mnt/sub/dir': Read-only file system
chmod: /mnt: Read-only file system
mount: permission denied (are you root?)"
}

@test "-v: options and what the mount has of them" {
	copy_busybox
	volume_source
	while read -r options flags; do
		run -0 urun run -v "$source:/mnt$options" "rootfs:$root" cat /proc/self/mountinfo
		output="$options $(mounts_at /mnt <<<"$output" | cut -d' ' -f2,4-)"
		assert_output "$options $flags"
	done <<-'END'
		:rw rw,nosuid,nodev,relatime
		:ro ro,nosuid,nodev,relatime
		:rro ro,nosuid,nodev,relatime
		:ro,rw rw,nosuid,nodev,relatime
		:rw,ro ro,nosuid,nodev,relatime
		:noexec rw,nosuid,nodev,noexec,relatime
		:noexec,exec rw,nosuid,nodev,relatime
		:suid rw,nodev,relatime
		:dev rw,nosuid,relatime
		:suid,dev,exec rw,relatime
		:nosuid,nodev,noexec,ro ro,nosuid,nodev,noexec,relatime
		:z rw,nosuid,nodev,relatime
		:Z,ro ro,nosuid,nodev,relatime
		:copy rw,nosuid,nodev,relatime
		:nocopy,bind rw,nosuid,nodev,relatime
		:rbind,private rw,nosuid,nodev,relatime
		:shared rw,nosuid,nodev,relatime shared
		:rshared,ro ro,nosuid,nodev,relatime shared
		:unbindable rw,nosuid,nodev,relatime unbindable
		:nosymfollow rw,nosuid,nodev,relatime,nosymfollow
	END
	# Access times are locked for whoever does not own the filesystem.
	run -125 urun run -v "$source:/mnt:noatime" "rootfs:$root" true
	assert_output "urun: bind '$source' at '/mnt': Operation not permitted"
}

@test "-v: words that are not understood or not supported are refused" {
	need_busybox
	volume_source
	while IFS='|' read -r value message; do
		run -125 urun run -v "$value" "rootfs:$BUSYBOX" true
		assert_output "urun: --volume: $message"
	done <<-END
		$source:/m:nonsense|unknown mount option 'nonsense'
		$source:/m:ro,nope,rw|unknown mount option 'nope'
		$source:/m:U|option 'U' (change the owner) is not supported: chown the folder
		$source:/m:O,ro|option 'O' goes with no other
		$source:/m:O,upperdir=/x|option 'upperdir=/x' is not supported: 'O' is throw-away
		$source:m|'m': the place in the container is an absolute path
		$source:|'': the place in the container is an absolute path
		:/m|':/m': an empty source
	END
	run -125 urun run -v "na/me:/m" "rootfs:$BUSYBOX" true
	assert_output "urun: --volume: 'na/me' is no name of a volume
  A folder of the host begins with '/' or '.': ./na/me"
	run -125 urun run -v "$source:/" "rootfs:$BUSYBOX" true
	assert_output "urun: bind: nothing can be mounted on '/' itself"
	run -125 urun run -v "$source:/../.." "rootfs:$BUSYBOX" true
	assert_output "urun: bind: nothing can be mounted on '/' itself"
}

@test "-v: a source that is not there, or that the caller may not reach" {
	need_busybox
	run -125 urun run -v "$BATS_TEST_TMPDIR/none:/m" "rootfs:$BUSYBOX" true
	assert_output "urun: mount source '$BATS_TEST_TMPDIR/none': No such file or directory
  Make it first; urun does not make folders on the host"
	[ ! -e "$BATS_TEST_TMPDIR/none" ]
	[ ! -x /root ] || skip_because "/root is open"
	run -125 urun run -v /root/.profile:/m "rootfs:$BUSYBOX" true
	assert_output "urun: mount source '/root/.profile': Permission denied"
}

@test "-v: noexec holds, by execution" {
	copy_busybox
	volume_source
	run -0 urun run -v "$source:/m" "rootfs:$root" /m/program
	assert_output executed
	run -126 urun run -v "$source:/m:noexec" "rootfs:$root" /m/program
	assert_output "urun: command '/m/program': Permission denied"
}

@test "-v: relative sources are the caller's" {
	copy_busybox
	volume_source
	cd "$source"
	run -0 urun run -v ./file:/file -v .:/here -v ../source/sub:/sub "rootfs:$root" \
		sh -c 'cat /file /here/file; ls -A /sub; ls -A /here'
	assert_output "content
content
file
program
sub"
}

@test "-v: a single file, through its name and its links" {
	copy_busybox
	volume_source
	ln -s file "$source/link"
	mkdir "$root/etc/app" && ln -s /etc/app/real "$root/etc/conf"
	echo covered >"$root/etc/app/real"
	run -0 urun run -v "$source/link:/etc/conf" "rootfs:$root" sh -c \
		'cat /etc/conf /etc/app/real; echo changed >/etc/conf; mv /bin/ash /etc/app/real 2>&1; readlink /etc/conf'
	assert_contains $'content\ncontent\n'
	assert_contains "Device or resource busy"
	assert_contains "/etc/app/real"
	run -0 cat "$source/file" "$root/etc/app/real"
	assert_output $'changed\ncovered'
	# Of a target that is missing, a file is made.
	run -0 urun run -v "$source/file:/deep/er/file" "rootfs:$root" cat /deep/er/file
	assert_output changed
	run -0 stat -c '%F %a %s %u' "$root/deep/er/file"
	assert_output "regular empty file 644 0 $(id -u)"
	run -125 urun run -v "$source/file:/bin" "rootfs:$root" true
	assert_output "urun: mount target '/bin' in the rootfs: Is a directory"
	run -125 urun run -v "$source:/bin/sh" "rootfs:$root" true
	assert_output "urun: mount target '/bin/sh' in the rootfs: Not a directory"
}

@test "-v: a mount inside of another one, in whatever order they are given" {
	copy_busybox
	volume_source
	mkdir "$BATS_TEST_TMPDIR/other"
	touch "$BATS_TEST_TMPDIR/other/of-the-other"
	for order in 1 2; do
		set -- -v "$source:/m" -v "$BATS_TEST_TMPDIR/other:/m/sub:ro"
		[ "$order" = 1 ] || set -- "$3" "$4" "$1" "$2"
		run -0 urun run "$@" "rootfs:$root" sh -c 'ls /m /m/sub; touch /m/x /m/sub/x; rm /m/x'
		assert_output "/m:
file
program
sub

/m/sub:
of-the-other
touch: /m/sub/x: Read-only file system" || return 1
	done
}

@test "-v in the place of a standard mount" {
	copy_busybox
	volume_source
	run -0 urun run -v "$source/file:/etc/hosts" -v "$source:/dev/shm" "rootfs:$root" \
		sh -c 'cat /etc/hosts; ls /dev/shm; ls -d /dev/mqueue'
	assert_output "content
file
program
sub
/dev/mqueue"
	run -0 urun run -v "$source:/sys:ro" "rootfs:$root" sh -c 'ls /sys; touch /sys/x; :'
	assert_output "file
program
sub
touch: /sys/x: Read-only file system"
}

@test "-v SRC:DST:O: a throw-away overlay over a folder, of both kinds" {
	copy_busybox
	volume_source
	before=$(listing "$source")
	for driver in overlay fuse-overlayfs; do
		run -0 urun run --storage-driver "$driver" -v "$source:/m:O" "rootfs:$root" sh -c '
			echo more >>/m/file; cat /m/file; rm /m/program; rmdir /m/sub; mkdir /m/sub /m/new; ls /m'
		assert_output "content
more
file
new
sub" || return 1
		[ "$(listing "$source")" = "$before" ]
	done
}

@test "-v FILE:DST:O: a file cannot be a layer, it is shown read-only" {
	copy_busybox
	volume_source
	run -1 urun run -v "$source/file:/file:O" "rootfs:$root" sh -c 'cat /file; echo x >/file'
	assert_output "content
sh: can't create /file: Read-only file system"
}

# --- what lies below a source ---

@test "-v is recursive, and read-only is recursive with it" {
	copy_busybox
	volume_source
	export source
	run -0 on_host "$nested" urun run $single -v "$source:/m" "rootfs:$root" \
		sh -c 'echo 1 >/m/below/1; echo 2 >/m/below/deeper/2; cat /m/below/1 /m/below/deeper/2'
	assert_output $'1\n2'
	run -1 on_host "$nested" urun run $single -v "$source:/m:ro" "rootfs:$root" \
		touch /m/1 /m/below/1 /m/below/deeper/2
	assert_output "touch: /m/1: Read-only file system
touch: /m/below/1: Read-only file system
touch: /m/below/deeper/2: Read-only file system"
	run -0 on_host "$nested" urun run $single --mount "type=bind,src=$source,dst=/m,ro,noexec" \
		"rootfs:$root" cat /proc/self/mountinfo
	[ "$(mounts_at ^/m <<<"$output" | cut -d' ' -f1,2)" = "/m ro,nosuid,nodev,noexec,relatime
/m/below ro,nosuid,nodev,noexec,relatime
/m/below/deeper ro,nosuid,nodev,noexec,relatime" ]
	[ ! -e "$source/1" ]
}

@test "-v: what the mount already forbids cannot be had back" {
	copy_busybox
	volume_source
	export source
	# shellcheck disable=SC2016
	locked='mount -t tmpfs -o mode=777,ro,noexec locked "$source/sub"
'
	run -0 on_host "$locked" urun run $single -v "$source:/m" "rootfs:$root" cat /proc/self/mountinfo
	[ "$(mounts_at /m/sub <<<"$output" | cut -d' ' -f2)" = ro,nosuid,nodev,noexec,relatime ]
	# "rw" is only the default's name.
	run -1 on_host "$locked" urun run $single -v "$source/sub:/m:rw" "rootfs:$root" touch /m/x
	assert_output "touch: /m/x: Read-only file system"
	run -125 on_host "$locked" urun run $single -v "$source/sub:/m:exec" "rootfs:$root" true
	assert_output "urun: bind '$source/sub' at '/m': Operation not permitted"
}

@test "-v: propagation: nothing arrives later, unless rslave was asked for" {
	copy_busybox
	volume_source
	export source
	# Its root mounts something when it is told to, on a host where mounts are shared.
	# shellcheck disable=SC2016
	shared='mount -t tmpfs -o mode=777 source "$source"
		mount --make-rshared "$source"
		mkdir "$source/later"
		(
			for i in $(seq 500); do
				[ ! -e "$source/go" ] || break
				sleep 0.02
			done
			mount -t tmpfs -o mode=777 later "$source/later"
			touch "$source/later/it" "$source/done"
		) >/dev/null 2>&1 &
	'
	for option in "" :rslave; do
		run -0 on_host "$shared" timeout 20 urun run $single -v "$source:/m$option" "rootfs:$root" \
			sh -c 'grep -o " /m .*" /proc/self/mountinfo | grep -Eo " (shared|master)" >/kind
				echo >/m/go
				while [ ! -e /m/done ]; do sleep 0.02; done; ls /m/later; cat /kind'
		[ "$option" = "" ] || break
		assert_output ""
	done
	assert_output $'it\n master'
}

@test "--mount bind-nonrecursive shows what the mounts cover, where that may be seen" {
	copy_busybox
	volume_source
	export source
	# The kernel keeps what is hidden hidden from a new user namespace.
	run -125 on_host "$nested" urun run $single \
		--mount "type=bind,src=$source,dst=/m,bind-nonrecursive" "rootfs:$root" true
	assert_output "urun: bind '$source' at '/m': Invalid argument"
	run -0 urun run --mount "type=bind,src=$source,dst=/m,bind-nonrecursive" "rootfs:$root" ls /m/sub
	assert_output ""
}

# --- --mount and --tmpfs ---

@test "--mount: every spelling of a bind" {
	copy_busybox
	volume_source
	while read -r words flags; do
		run -0 urun run --mount "${words//SRC/$source}" "rootfs:$root" cat /proc/self/mountinfo
		output="$words $(mounts_at /m <<<"$output" | cut -d' ' -f2,4-)"
		assert_output "$words $flags"
	done <<-'END'
		type=bind,src=SRC,dst=/m rw,nosuid,nodev,relatime
		src=SRC,dst=/m rw,nosuid,nodev,relatime
		type=bind,source=SRC,destination=/m,ro ro,nosuid,nodev,relatime
		type=bind,source=SRC,target=/m,readonly ro,nosuid,nodev,relatime
		dest=/m,src=SRC,type=bind,ro=true ro,nosuid,nodev,relatime
		type=bind,src=SRC,dst=/m,readonly=false rw,nosuid,nodev,relatime
		type=bind,src=SRC,dst=/m,ro,rw rw,nosuid,nodev,relatime
		type=bind,src=SRC,dst=/m,rw=false ro,nosuid,nodev,relatime
		type=bind,src=SRC,dst=/m,noexec,ro ro,nosuid,nodev,noexec,relatime
		type=bind,src=SRC,dst=/m,suid,dev rw,relatime
		type=bind,src=SRC,dst=/m,relabel=shared rw,nosuid,nodev,relatime
		type=bind,src=SRC,dst=/m,bind-propagation=private rw,nosuid,nodev,relatime
		type=bind,src=SRC,dst=/m,bind-propagation=rshared rw,nosuid,nodev,relatime shared
		type=bind,src=SRC,dst=/m,bind-nonrecursive=true,ro ro,nosuid,nodev,relatime
	END
}

@test "--mount: what is wrong or not supported is refused" {
	need_busybox
	volume_source
	while IFS='|' read -r words message; do
		run -125 urun run --mount "$words" "rootfs:$BUSYBOX" true
		assert_output "urun: --mount: $message"
	done <<-END
		type=bind,src=$source|no destination: dst=PATH
		type=bind,dst=/m|type=bind needs src=PATH
		type=bind,src=$source,dst=m|'m': the place in the container is an absolute path
		type=image,src=x,dst=/m|type=image is not supported; bind, volume, tmpfs and devpts are
		type=volume,src=/x,dst=/m|'/x' is no name of a volume
		type=bind,src=$source,dst=/m,volume-nocopy|key 'volume-nocopy' does not go with type=bind
		type=bind,src=$source,dst=/m,idmap|key 'idmap' is not supported
		type=bind,src=$source,dst=/m,subpath=x|key 'subpath' is not supported
		type=bind,src=$source,dst=/m,U=true|key 'U' is not supported
		type=bind,src=$source,dst=/m,ro=maybe|ro='maybe': neither true nor false
		type=bind,src=$source,dst=/m,bind-propagation=x|unknown mount option 'x'
		type=tmpfs,dst=/m,tmpfs-size=x|tmpfs-size='x': no size
		type=tmpfs,dst=/m,tmpfs-mode=9|tmpfs-mode='9': no octal mode
		src=$source,dst=/m,nonsense|key 'nonsense' is not supported
	END
	run -125 urun run --mount "type=bind,src=/no/such,dst=/m" "rootfs:$BUSYBOX" true
	assert_contains "urun: mount source '/no/such': No such file or directory"
}

@test "--mount type=tmpfs: size, mode, copy-up" {
	copy_busybox
	mkdir -m 710 "$root/m" "$root/m/dir"
	echo x >"$root/m/file"
	run -0 urun run --mount type=tmpfs,dst=/m,tmpfs-size=2m,tmpfs-mode=700 "rootfs:$root" sh -c '
		stat -c "%a %u:%g" /m; ls /m; df -k /m | tail -n 1 | tr -s " " | cut -d" " -f2; touch /m/new
		grep " /m " /proc/self/mountinfo | cut -d" " -f6'
	assert_output "700 0:0
dir
file
2048
rw,nosuid,nodev,relatime"
	run -0 urun run --mount type=tmpfs,dst=/m,notmpcopyup "rootfs:$root" \
		sh -c 'stat -c %a /m; ls -A /m'
	assert_output 710
	run -1 urun run --mount type=tmpfs,dst=/m,ro,noexec "rootfs:$root" \
		sh -c 'grep " /m " /proc/self/mountinfo | cut -d" " -f6; ls /m; touch /m/new'
	assert_output "ro,nosuid,nodev,noexec,relatime
dir
file
touch: /m/new: Read-only file system"
	run -0 ls "$root/m"
	assert_output $'dir\nfile'
}

@test "--tmpfs: options" {
	copy_busybox
	while read -r options flags size mode; do
		run -0 urun run --tmpfs "/tmp/m$options" "rootfs:$root" sh -c \
			'grep " /tmp/m " /proc/self/mountinfo | cut -d" " -f6
			df -k /tmp/m | tail -n 1 | tr -s " " | cut -d" " -f2; stat -c %a:%u:%g /tmp/m'
		[ "$size" = - ] || output=$(sed -n 2p <<<"$output" | grep -qx "$size" && echo "$output")
		output="$options $(sed -n 1p <<<"$output") $(sed -n 3p <<<"$output")"
		assert_output "$options $flags $mode"
	done <<-'END'
		: rw,nosuid,nodev,noexec,relatime - 755:0:0
		:size=1m rw,nosuid,nodev,noexec,relatime 1024 755:0:0
		:size=4096k,mode=1777 rw,nosuid,nodev,noexec,relatime 4096 1777:0:0
		:rw,exec rw,nosuid,nodev,relatime - 755:0:0
		:suid,dev,exec rw,relatime - 755:0:0
		:ro ro,nosuid,nodev,noexec,relatime - 755:0:0
		:uid=12,gid=34,mode=0750 rw,nosuid,nodev,noexec,relatime - 750:12:34
		:size=50%,noatime rw,nosuid,nodev,noexec,noatime - 755:0:0
		:nr_inodes=100,notmpcopyup rw,nosuid,nodev,noexec,relatime - 755:0:0
	END
	run -125 urun run --tmpfs /m:nonsense "rootfs:$root" true
	assert_output "urun: --tmpfs: unknown mount option 'nonsense'"
	run -125 urun run --tmpfs m "rootfs:$root" true
	assert_output "urun: --tmpfs: 'm': the place in the container is an absolute path"
	run -1 urun run --tmpfs /m:size=1m "rootfs:$root" dd if=/dev/zero of=/m/f bs=1k count=1025
	assert_contains "No space left on device"
}

@test "--tmpfs is filled with what it covers: owners, modes, times, links; special files are left out" {
	copy_busybox
	mkdir -p "$root/m/dir/sub"
	echo text >"$root/m/dir/file"
	chmod 4751 "$root/m/dir/file"
	chmod 1700 "$root/m/dir"
	ln -s dir/file "$root/m/link"
	ln -s /no/where "$root/m/dangling"
	mkfifo "$root/m/fifo"
	as_ids chown -h 33:34 "$root/m/dir/file" "$root/m/link" "$root/m/dir/sub"
	as_ids chmod 4751 "$root/m/dir/file"
	as_ids touch -d @1000000000 "$root/m/dir/file" "$root/m/dir/sub" "$root/m/dir"
	chmod 2775 "$root/m"
	run -0 urun run --tmpfs /m "rootfs:$root" sh -c \
		'cd /m; find . ! -name . | sort | while read -r f; do stat -c "%N %F %a %u:%g" $f; done
		stat -c %Y dir dir/file dir/sub; cat link; stat -c %a .'
	assert_output "'./dangling' -> '/no/where' symbolic link 777 0:0
./dir directory 1700 0:0
./dir/file regular file 4751 33:34
./dir/sub directory 755 33:34
'./link' -> 'dir/file' symbolic link 777 33:34
1000000000
1000000000
1000000000
text
2775"
}

@test "--mount type=devpts: one more, independent of /dev/pts" {
	copy_busybox
	run -0 urun run -t --mount type=devpts,dst=/dev/pts2 "rootfs:$root" \
		sh -c 'ls /dev/pts /dev/pts2; grep " /dev/pts2 " /proc/self/mountinfo | cut -d" " -f6'
	output=${output//$'\r'/}
	assert_output "/dev/pts:
0     ptmx

/dev/pts2:
ptmx
rw,nosuid,noexec,relatime"
}

# --- --device ---

@test "--device: a node of the host, at its own place and at another" {
	need_busybox
	[ -r /dev/fuse ] && [ -w /dev/fuse ] || skip_because "/dev/fuse is not this user's"
	run -0 urun run --device /dev/fuse --device /dev/null:/dev/extra/none:rwm --device /dev/zero:rw \
		--device /dev/full:/opt/full "rootfs:$BUSYBOX:O" sh -c \
		'stat -c "%n %F %t:%T" /dev/fuse /dev/extra/none /dev/zero /opt/full; : <>/dev/fuse && echo opened
		echo x 2>&1 >/opt/full; grep " /dev/fuse " /proc/self/mountinfo | cut -d" " -f6'
	assert_output "/dev/fuse character special file a:e5
/dev/extra/none character special file 1:3
/dev/zero character special file 1:5
/opt/full character special file 1:7
opened
sh: write error: No space left on device
rw,nosuid,noexec,relatime"
	run -1 urun run "rootfs:$BUSYBOX" ls /dev/fuse
	assert_output "ls: /dev/fuse: No such file or directory"
}

@test "--device: what is none, or cannot be given, is refused" {
	need_busybox
	echo x >"$BATS_TEST_TMPDIR/file"
	run -125 urun run --device "$BATS_TEST_TMPDIR/file" "rootfs:$BUSYBOX" true
	assert_output "urun: device '$BATS_TEST_TMPDIR/file': it is no device node"
	run -125 urun run --device /dev/shm "rootfs:$BUSYBOX" true
	assert_output "urun: device '/dev/shm': it is no device node"
	run -125 urun run --device /dev/no-such "rootfs:$BUSYBOX" true
	assert_output "urun: device '/dev/no-such': No such file or directory"
	run -125 urun run --device vendor.com/class=name "rootfs:$BUSYBOX" true
	assert_output "urun: --device: 'vendor.com/class=name': a device is an absolute path; \
CDI names are not supported"
	run -125 urun run --device /dev/null:/dev/x:q "rootfs:$BUSYBOX" true
	assert_output "urun: --device: '/dev/null:/dev/x:q': access is made of r, w and m"
	run -125 urun run --device /dev/null:/dev/x:r "rootfs:$BUSYBOX" true
	assert_output "urun: --device: '/dev/null:/dev/x:r': access without w cannot be enforced without root"
	run -125 urun run --device /dev/null:x "rootfs:$BUSYBOX" true
	assert_output "urun: --device: 'x': the place in the container is an absolute path"
}

# --- /proc is nobody's to mount on ---

@test "nothing of the caller's can be mounted inside /proc" {
	copy_busybox
	volume_source
	ln -s /proc/sys "$root/link"
	ln -s proc "$root/also-proc"
	while IFS='|' read -r option value dest; do
		run -125 urun run "$option" "$value" "rootfs:$root" true
		assert_output "urun: mount on '$dest': nothing can be mounted inside /proc
  --security-opt mask=PATH hides a file of /proc"
	done <<-END
		-v|$source:/proc/sys|/proc/sys
		-v|$source:/proc/sys:O|/proc/sys
		-v|$source/file:/proc/meminfo|/proc/meminfo
		-v|$source:/bin/../proc/./fs/|/proc/fs
		-v|$source:/link|/link
		-v|$source:/link/kernel|/link/kernel
		-v|$source:/also-proc|/also-proc
		--tmpfs|/proc/fs|/proc/fs
		--tmpfs|/proc/self/task|/proc/self/task
		--mount|type=tmpfs,dst=/proc/irq|/proc/irq
		--mount|type=devpts,dst=/proc/irq|/proc/irq
		--device|/dev/null:/proc/meminfo|/proc/meminfo
	END
}

@test "nothing but a procfs can be mounted on /proc itself" {
	copy_busybox
	volume_source
	for words in "-v $source:/proc" "-v $source:/proc:O" "--tmpfs /proc" \
		"--mount type=tmpfs,dst=/proc" "--mount type=bind,src=$source,dst=//proc/"; do
		# shellcheck disable=SC2086
		run -125 urun run $words "rootfs:$root" true
		assert_contains "urun: mount on '/proc': "
	done
}

# --- root folders that lead elsewhere ---

# The places that a start touches, each as a link to the same $1.
hostile_places() {
	local path
	for path in /dev /proc /sys /etc /run /etc/hosts /etc/resolv.conf /etc/hostname; do
		hostile "$path" "$1" || return 1
	done
	hostile /etc/hosts "$1" --add-host a:1.2.3.4 &&
		hostile /etc/resolv.conf "$1" --dns 1.2.3.4 &&
		hostile /t "$1" -v "$victim:/t:ro" &&
		hostile /t "$1" -v "$victim/file:/t:ro" &&
		hostile /t "$1" --tmpfs /t &&
		hostile /t "$1" -v "$victim/dir:/t/a/b:ro" &&
		hostile /t "$1" --device /dev/null:/t &&
		hostile /t "$1" --security-opt mask=/t &&
		hostile /t "$1" -w /t
}

none="No such file or directory"

@test "links to a folder of the host that the rootfs lacks: an error, and nothing is made" {
	need_busybox
	victim=$BATS_TEST_TMPDIR/victim
	run -0 hostile_places "$victim/dir"
	assert_output "/dev -> TMP/victim/dir: 125 urun: make '/dev': $none
/proc -> TMP/victim/dir: 125 urun: mount target '/proc' in the rootfs: $none
/sys -> TMP/victim/dir: 125 urun: mount target '/sys' in the rootfs: $none
/etc -> TMP/victim/dir: 0 
/run -> TMP/victim/dir: 0 
/etc/hosts -> TMP/victim/dir: 0 
/etc/resolv.conf -> TMP/victim/dir: 0 
/etc/hostname -> TMP/victim/dir: 0 
/etc/hosts -> TMP/victim/dir: 0 
/etc/resolv.conf -> TMP/victim/dir: 0 
/t -> TMP/victim/dir: 125 urun: mount target '/t' in the rootfs: $none
/t -> TMP/victim/dir: 0 
/t -> TMP/victim/dir: 125 urun: mount target '/t' in the rootfs: $none
/t -> TMP/victim/dir: 125 urun: mount target '/t/a/b' in the rootfs: $none
/t -> TMP/victim/dir: 0 
/t -> TMP/victim/dir: 0 
/t -> TMP/victim/dir: 126 urun: working folder '/t': $none"
}

@test "links to a folder that the rootfs has, too: that one is meant" {
	need_busybox
	victim=$BATS_TEST_TMPDIR/victim inside=inside
	run -0 hostile_places "$victim/dir"
	assert_output "/dev -> TMP/victim/dir: 0 
/proc -> TMP/victim/dir: 0 
/sys -> TMP/victim/dir: 0 
/etc -> TMP/victim/dir: 0 
/run -> TMP/victim/dir: 0 
/etc/hosts -> TMP/victim/dir: 0 
/etc/resolv.conf -> TMP/victim/dir: 0 
/etc/hostname -> TMP/victim/dir: 0 
/etc/hosts -> TMP/victim/dir: 125 urun: mount target '/etc/hosts' in the rootfs: Is a directory
/etc/resolv.conf -> TMP/victim/dir: 125 urun: mount target '/etc/resolv.conf' in the rootfs: Is a directory
/t -> TMP/victim/dir: 0 
/t -> TMP/victim/dir: 125 urun: mount target '/t' in the rootfs: Is a directory
/t -> TMP/victim/dir: 0 
/t -> TMP/victim/dir: 0 
/t -> TMP/victim/dir: 125 urun: mount target '/t' in the rootfs: Is a directory
/t -> TMP/victim/dir: 0 
/t -> TMP/victim/dir: 0 "
	hostile_root inside
	rm -rf "${root:?}/etc"
	ln -s "$victim/dir" "$root/etc"
	run -0 urun run "rootfs:$root" ls "$victim/dir"
	assert_output $'hostname\nhosts\nresolv.conf'
	victim_unchanged
	run -0 ls "$root$victim/dir"
	assert_output $'hostname\nhosts\nresolv.conf'
}

@test "links by '..' chains end at the root" {
	need_busybox
	victim=$BATS_TEST_TMPDIR/victim inside=inside
	run -0 hostile_places "../../../../../../../../../../../..$victim/dir"
	refute_contains ": 126"
	[ "$(grep -c ': 0 $' <<<"$output")" = 13 ]
}

@test "links in a circle: an error" {
	need_busybox
	victim=$BATS_TEST_TMPDIR/victim
	loop="Too many levels of symbolic links"
	# The link of /t leads to /t itself, and so on.
	body() {
		for path in /dev /proc /sys /etc /run /etc/hosts; do
			hostile "$path" "$path" || return 1
		done
		hostile /etc/hosts /etc/hosts --add-host a:1.2.3.4 &&
			hostile /t t -v "$victim:/t:ro" &&
			hostile /t /t -v "$victim/file:/t:ro" &&
			hostile /t /bin/../t --tmpfs /t/a
	}
	run -0 body
	assert_output "/dev -> /dev: 125 urun: make '/dev': $loop
/proc -> /proc: 125 urun: mount target '/proc' in the rootfs: $loop
/sys -> /sys: 125 urun: mount target '/sys' in the rootfs: $loop
/etc -> /etc: 125 urun: open the container's /etc/passwd: $loop
/run -> /run: 0 
/etc/hosts -> /etc/hosts: 0 
/etc/hosts -> /etc/hosts: 125 urun: mount target '/etc/hosts' in the rootfs: $loop
/t -> t: 125 urun: mount target '/t' in the rootfs: $loop
/t -> /t: 125 urun: mount target '/t' in the rootfs: $loop
/t -> /bin/../t: 125 urun: mount target '/t/a' in the rootfs: $loop"
}

@test "links through /proc's magic links: an error" {
	need_busybox
	victim=$BATS_TEST_TMPDIR/victim
	body() {
		for link in "/proc/self/root$victim/dir" "/proc/1/root$victim/dir" \
			"/proc/self/cwd$victim/dir" "/proc/thread-self/root$victim/dir"; do
			hostile /t "$link" -v "$victim:/t:ro" &&
				hostile /t "$link" -v "$victim/file:/t/file:ro" &&
				hostile /t "$link" --tmpfs /t &&
				hostile /etc/hosts "${link%dir}file" --add-host a:1.2.3.4 || return 1
		done
	}
	run -0 body
	[ "$(grep -c "in the rootfs: Too many levels of symbolic links$" <<<"$output")" = 16 ]
}

@test "FIFOs, sockets and folders in the place of files: nothing waits" {
	need_busybox
	hostile_root
	rm -f "$root/etc/hosts" "$root/etc/resolv.conf"
	mkfifo "$root/etc/hosts" "$root/etc/resolv.conf" "$root/t"
	run -0 timeout 10 urun run --network none --hostname box --dns 1.2.3.4 -v "$victim/file:/t:ro" "rootfs:$root" \
		cat /etc/hosts /etc/resolv.conf /t
	assert_output "$localhost_lines
127.0.0.1	box
nameserver 1.2.3.4
victim"
	for file in passwd group; do
		hostile_root
		mkfifo "$root/etc/$file"
		[ "$file" = passwd ] || echo "evil:x:77:77::/:/bin/sh" >"$root/etc/passwd"
		run -125 timeout 10 urun run -u evil "rootfs:$root" true
		assert_output "urun: the container's /etc/$file is no regular file"
	done
	hostile_root
	mkfifo "$root/dev/null" "$root/dev/shm"
	run -0 timeout 10 urun run "rootfs:$root" stat -c '%F %t:%T' /dev/null
	assert_output "character special file 1:3"
}

@test "users are looked up in the rootfs, not through its links in the host" {
	need_busybox
	victim=$BATS_TEST_TMPDIR/victim
	run -0 hostile /etc/passwd "$victim/passwd" -u evil
	assert_output "/etc/passwd -> TMP/victim/passwd: 125 urun: user 'evil': the container has no /etc/passwd"
	run -0 hostile /etc/passwd /proc/self/root"$victim/passwd" -u evil
	assert_output "/etc/passwd -> /proc/self/rootTMP/victim/passwd: 125 urun: open the container's /etc/passwd: \
Too many levels of symbolic links"
	# Digits are an id, whatever a file calls a user.
	hostile_root
	printf '5000:x:0:0::/:/bin/sh\n4294967296:x:0:0::/:/bin/sh\n' >"$root/etc/passwd"
	run -0 urun run -u 5000 "rootfs:$root" id -u
	assert_output 5000
	run -125 urun run -u 4294967296 "rootfs:$root" id -u
	assert_output "urun: user '4294967296': an id is a number from 0 to 4294967294"
	# A huge file costs no memory.
	hostile_root
	truncate -s 1G "$root/etc/passwd"
	run -125 urun run -u evil "rootfs:$root" true
	assert_contains "urun: the container's /etc/passwd is larger than "
}

@test "a dangling link in the place of a file: the file is made in the rootfs" {
	need_busybox
	victim=$BATS_TEST_TMPDIR/victim root=$BATS_TEST_TMPDIR/hostile
	run -0 hostile /etc/hosts "$victim/made" --hostname box
	assert_output "/etc/hosts -> TMP/victim/made: 0 "
	[ -f "$root$victim/made" ]
	run -0 hostile /etc/resolv.conf "../../../../..$victim/file" --dns 1.2.3.4
	[ -f "$root$victim/file" ] && [ ! -s "$root$victim/file" ]
	run -0 hostile /t "$victim/made" -v "$victim/file:/t"
	[ -f "$root$victim/made" ] && [ ! -e "$victim/made" ]
}

@test "a target that is swapped for a link while containers start" {
	need_busybox
	hostile_root
	mkdir -p "$root/t" "$BATS_TEST_TMPDIR/source"
	(
		while [ -e "$root/t" ] || [ -L "$root/t" ]; do
			mv "$root/t" "$root/t.dir" && ln -s "$victim/dir" "$root/t"
			rm -f "$root/t" && mv "$root/t.dir" "$root/t"
		done
	) 3>&- 2>/dev/null &
	swapper=$!
	for _ in $(seq 40); do
		timeout 10 urun run -v "$BATS_TEST_TMPDIR/source:/t/a/b" --tmpfs /t/c "rootfs:$root" \
			true >/dev/null 2>&1 || true
	done
	kill "$swapper"
	wait "$swapper" || true
	victim_unchanged
}

@test "a bind of / or of /dev shows the host's, and nothing of urun's own" {
	need_busybox
	for source in / /dev; do
		run -0 --separate-stderr urun run --network none -v "$source:/mnt:ro" --tmpfs /tmp "rootfs:$BUSYBOX" \
			sh -c 'cd /mnt; [ ! -d dev ] || cd dev; ls | wc -l; ls -d root 2>&1; true'
		assert_output "$(ls /dev | wc -l)
ls: root: No such file or directory"
	done
}
