#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# bwrap.bats - urun-bwrap: each option of bubblewrap's, from inside and outside
#
# What stands beside bubblewrap itself is in bwrap_peer.bats.

load lib

export BATS_TEST_TIMEOUT=30

setup() {
	need_busybox
	T=$BATS_TEST_TMPDIR
	cd "$T"
	echo data >data
	# The caller's folder is not in the sandbox: it starts in HOME, or in /.
	BASE=(--ro-bind "$BUSYBOX/bin" /bin --dir /tmp --dir /mnt --dev /dev)
	MARK=bwrap-$$-$BATS_TEST_NUMBER
	# Nobody else sleeps as long: who has it in his words is this test's.
	export NAP=$((100000000 + $$ * 10))
}

teardown() {
	local left
	left=$(pgrep -f "$MARK" || :)
	# shellcheck disable=SC2086 # several
	[ -z "$left" ] || kill -9 $left
	pkill -9 -fx "sleep $NAP" || :
	[ -z "$left" ]
}

bw() { urun-bwrap "${BASE[@]}" "$@"; }

# empty ARG...: on an empty root, with busybox at /bin
empty() { urun-bwrap --ro-bind "$BUSYBOX/bin" /bin "$@"; }

in_status() { empty --proc /proc "$@" grep -E '^(Uid|Gid|CapEff|CapBnd|CapAmb|NoNewPrivs|Seccomp):' /proc/self/status | tr -s '\t' ' '; }

@test "--help, --version, no command, what is no option" {
	run -0 urun-bwrap --help
	assert_contains "usage: urun-bwrap [OPTIONS...] [--] COMMAND [ARGS...]"
	assert_contains "--ro-bind SRC DEST"
	run -0 urun-bwrap --version
	[[ $output == "bubblewrap 0.11."* ]]
	run -1 --separate-stderr urun-bwrap
	[[ $stderr == "usage: urun-bwrap"* ]]
	run -1 urun-bwrap --nonsense true
	assert_output "urun-bwrap: Unknown option --nonsense"
	run -1 urun-bwrap -x true
	assert_output "urun-bwrap: Unknown option -x"
	run -1 urun-bwrap --bind=/a /b true
	assert_output "urun-bwrap: Unknown option --bind=/a"
	run -1 urun-bwrap --bind /a
	assert_output "urun-bwrap: --bind takes two arguments"
	run -0 bw -- echo --bind
	assert_output "--bind"
}

@test "by a link named bwrap it has that name" {
	ln -s "$(command -v urun-bwrap)" bwrap
	run -1 ./bwrap --nonsense
	assert_output "bwrap: Unknown option --nonsense"
	run -1 ./bwrap --level-prefix --nonsense
	assert_output "<3>bwrap: Unknown option --nonsense"
}

@test "who it is: the caller's ids, no capabilities, no filter, no new privileges" {
	run -0 in_status
	assert_output "Uid: $(id -u) $(id -u) $(id -u) $(id -u)
Gid: $(id -g) $(id -g) $(id -g) $(id -g)
CapEff: 0000000000000000
CapBnd: 0000000000000000
CapAmb: 0000000000000000
NoNewPrivs: 1
Seccomp: 0"
	# With --dev that is a second user namespace.
	run -0 in_status --dev /dev
	assert_contains "Uid: $(id -u) $(id -u)"
	assert_contains "CapEff: 0000000000000000"
}

@test "--uid, --gid" {
	run -0 bw --uid 5 --gid 6 sh -c 'id -u; id -g'
	assert_output $'5\n6'
	run -0 bw --dev /dev --uid 5 --gid 6 sh -c 'id -u; id -g'
	assert_output $'5\n6'
	run -0 bw --uid 0 --gid 0 --dev /dev sh -c 'id -u; id -g'
	assert_output $'0\n0'
	run -1 bw --uid x true
	assert_output "urun-bwrap: Invalid uid: x"
}

@test "--cap-add, --cap-drop: in their order, with any uid" {
	for ids in "" "--uid 0" "--dev /dev"; do
		run -0 in_status $ids --cap-add CAP_NET_ADMIN
		assert_contains $'CapEff: 0000000000001000\nCapBnd: 0000000000001000\nCapAmb: 0000000000001000'
	done
	run -0 in_status --cap-add ALL --cap-drop ALL --cap-add cap_sys_chroot
	assert_contains "CapEff: 0000000000040000"
	run -0 in_status --cap-add net_admin --cap-drop CAP_NET_ADMIN
	assert_contains "CapEff: 0000000000000000"
	run -1 bw --cap-add CAP_NONSENSE true
	assert_output "urun-bwrap: unknown cap: CAP_NONSENSE"
}

@test "namespaces: none but mount and user, those that are asked for, and all but the network" {
	kinds() { for kind in cgroup ipc mnt net pid user uts; do
		[ "$(bw --proc /proc "$@" readlink "/proc/self/ns/$kind")" = "$(readlink "/proc/self/ns/$kind")" ] || printf '%s ' $kind
	done; }
	run -0 kinds
	assert_output "mnt user "
	run -0 kinds --unshare-ipc
	assert_output "ipc mnt user "
	run -0 kinds --unshare-pid
	assert_output "mnt pid user "
	run -0 kinds --unshare-net
	assert_output "mnt net user "
	run -0 kinds --unshare-uts
	assert_output "mnt user uts "
	run -0 kinds --unshare-cgroup
	assert_output "cgroup mnt user "
	run -0 kinds --unshare-cgroup-try --unshare-user-try
	assert_output "cgroup mnt user "
	run -0 kinds --unshare-user
	assert_output "mnt user "
	run -0 kinds --unshare-all
	assert_output "cgroup ipc mnt net pid user uts "
	run -0 kinds --unshare-all --share-net
	assert_output "cgroup ipc mnt pid user uts "
	run -0 kinds --unshare-net --share-net
	assert_output "mnt user "
}

@test "--unshare-net has lo, and it is up" {
	run -0 bw --unshare-net --proc /proc sh -c 'tail -n +3 /proc/net/dev | cut -d: -f1; ip addr show lo | grep -c UP'
	[[ $output = *lo*1 ]]
}

@test "--hostname goes with --unshare-uts" {
	run -0 bw --unshare-uts --hostname sand uname -n
	assert_output sand
	run -1 bw --hostname sand true
	assert_output "urun-bwrap: Specifying --hostname requires --unshare-uts"
}

@test "--disable-userns, --assert-userns-disabled" {
	run -1 bw --disable-userns true
	assert_output "urun-bwrap: --disable-userns requires --unshare-user"
	run -1 bw --unshare-user --disable-userns --proc /proc unshare -U true
	run -1 bw --unshare-user --disable-userns --userns-block-fd 5 --info-fd 6 true 5</dev/null 6>/dev/null
	assert_output "urun-bwrap: --disable-userns is not compatible with --userns-block-fd"
	run -0 bw --unshare-user --disable-userns --assert-userns-disabled id -u
	assert_output "$(id -u)"
	run -0 bw --unshare-user --disable-userns --dev /dev --assert-userns-disabled id -u
	assert_output "$(id -u)"
	run -1 bw --assert-userns-disabled true
	assert_output "urun-bwrap: creation of new user namespaces was not disabled as requested"
}

@test "--userns, --pidns: those of another process" {
	unshare -Urpf sh -c "sleep $NAP; :" "$MARK" 3>&- 2>/dev/null &
	outer=$!
	wait_until pgrep -P "$outer"
	other=$(pgrep -P "$outer")
	run -0 bw --userns 8 --proc /proc sh -c 'id -u; readlink /proc/self/ns/user' 8<"/proc/$other/ns/user"
	assert_output "0"$'\n'"$(readlink "/proc/$other/ns/user")"
	run -0 bw --userns 8 --pidns 9 sh -c 'echo in' 8<"/proc/$other/ns/user" 9<"/proc/$other/ns/pid"
	assert_output in
	run -1 bw --userns 8 --unshare-user true 8<"/proc/$other/ns/user"
	assert_output "urun-bwrap: --userns not compatible with --unshare-user"
	run -1 bw --userns 8 --unshare-all true 8<"/proc/$other/ns/user"
	assert_output "urun-bwrap: --userns not compatible with --unshare-user-try"
	run -1 bw --userns 8 true 8<&-
	assert_output "urun-bwrap: --userns: descriptor 8 is not open"
	kill -9 "$other" "$outer"
	wait "$outer" || :
	pkill -9 -f "sleep $NAP" || :
}

@test "--userns with one of --uid and --gid: the other stays" {
	unshare -Ur sleep "$NAP" 3>&- &
	other=$!
	wait_until eval "[ \"\$(cat /proc/$other/comm)\" = sleep ]"
	for ids in "--uid 0" "--gid 0" "--uid 0 --gid 0"; do
		# shellcheck disable=SC2086 # several
		run -0 bw --userns 8 $ids sh -c 'id -u; id -g' 8<"/proc/$other/ns/user"
		assert_output $'0\n0'
	done
	kill "$other"
}

@test "child-pid: the caller finds its namespaces in /proc, the command learns nothing of it" {
	mkfifo block
	for options in "--unshare-pid" "--unshare-all --die-with-parent" "--sync-fd 5" "--unshare-pid --as-pid-1"; do
		for waits in "" "--block-fd 7"; do
			: >info
			# shellcheck disable=SC2086 # several
			urun-bwrap "${BASE[@]}" --proc /proc $options $waits --info-fd 6 sh -c "sleep $NAP; exit 3" "$MARK" 5>/dev/null 6>info 7<>block 3>&- &
			monitor=$!
			wait_until grep -q child-pid info
			pid=$(child_pid <info)
			run -0 readlink "/proc/$pid/ns/user"
			[ "$output" != "$(readlink /proc/self/ns/user)" ]
			ls "/proc/$pid/root/bin/busybox" >/dev/null
			[ -z "$waits" ] || echo >block
			wait_until pgrep -fx "sleep $NAP"
			exec 9<"/proc/$pid/ns/net"
			exec 9<&-
			pkill -fx "sleep $NAP"
			wait "$monitor" && code=0 || code=$?
			[ "$code" = 3 ]
		done
	done
	run -0 bw --proc /proc --unshare-pid --info-fd 6 sh -c '
		cat /proc/1/comm; for file in exe cwd root fd/0 ns/net; do readlink /proc/1/$file; done; cat /proc/1/environ /proc/1/maps 2>/dev/null; ls /proc/1/fd 2>/dev/null; echo closed' 6>/dev/null
	assert_output $'urun-reaper\nclosed'
	# Who could trace it all the same finds nothing.
	run -0 bw --proc /proc --unshare-pid --uid 0 --cap-add CAP_SYS_PTRACE --info-fd 6 sh -c '
		cat /proc/1/comm; for file in exe cwd root ns/net; do readlink /proc/1/$file; done; ls /proc/1/fd 2>/dev/null; echo closed' 6>/dev/null
	assert_output $'urun-bwrap\nclosed'
}

@test "--userns2: the command goes on in another one below" {
	unshare -Ur sh -c 'unshare -Ur sh -c "sleep $NAP; :" "$0"; :' "$MARK" 3>&- 2>/dev/null &
	outer=$!
	wait_until pgrep -f "^sh -c sleep $NAP; : $MARK"
	inner=$(pgrep -f "^sh -c sleep $NAP; : $MARK")
	run -0 bw --userns 8 --userns2 9 --proc /proc readlink /proc/self/ns/user 8<"/proc/$outer/ns/user" 9<"/proc/$inner/ns/user"
	assert_output "$(readlink "/proc/$inner/ns/user")"
	run -1 bw --userns2 9 true 9</proc/self/ns/user
	assert_contains "enter the user namespace of descriptor 9"
	pkill -9 -f "$MARK" || :
	wait "$outer" || :
	pkill -9 -f "sleep $NAP" || :
}

@test "--bind, --ro-bind, --dev-bind and their -try" {
	mkdir share
	echo there >share/file
	run -0 bw --tmpfs /mnt --bind share /mnt/rw --ro-bind share /mnt/ro --bind-try "$T/none" /mnt/a \
		--ro-bind-try "$T/none" /mnt/b --dev-bind-try "$T/none" /mnt/c \
		sh -c 'cat /mnt/rw/file /mnt/ro/file; echo new >/mnt/rw/new; echo x >/mnt/ro/x; ls /mnt'
	assert_contains $'there\nthere'
	assert_contains "can't create /mnt/ro/x: Read-only file system"
	assert_contains $'\nro\nrw'
	[ "$(cat share/new)" = new ]
	[ ! -e share/x ]
	run -1 bw --bind "$T/none" /tmp true
	assert_output "urun-bwrap: Can't find source path $T/none: No such file or directory"
	run -1 empty --dev-bind /dev/null /null --bind /dev/null /dead sh -c 'echo x >/null && echo ok; echo x >/dead'
	assert_contains ok
	assert_contains "can't create /dead: Permission denied"
}

@test "a bind takes what is mounted below, and nothing of urun's own" {
	run -0 urun-bwrap --ro-bind / / --dev-bind /dev /dev --proc /proc "$BUSYBOX/bin/busybox" sh -c \
		'ls /dev | wc -l; cut -d" " -f5 /proc/self/mountinfo | sort -u | grep -c files; true'
	assert_output "$(ls /dev | wc -l)"$'\n'0
	run -0 urun-bwrap --bind / /host --ro-bind "$BUSYBOX/bin" /bin ls /host/dev/null /bin/sh
	assert_output $'/bin/sh\n/host/dev/null'
}

@test "--ro-bind / /, and what comes on it" {
	run -0 urun-bwrap --ro-bind / / --tmpfs /tmp --bind "$T" /tmp/here sh -c 'cat /tmp/here/data; ls /tmp; touch /usr/x; true'
	assert_contains $'data\nhere'
	assert_contains "Read-only file system"
	run -0 urun-bwrap --bind / / --remount-ro / sh -c 'touch "$0/y"; true' "$T"
	assert_contains "Read-only file system"
}

@test "--bind-fd, --ro-bind-fd: what the descriptor stands on, wherever its name leads now" {
	mkdir real
	echo real >real/file
	python3 -I -S - "$(command -v urun-bwrap)" "$BUSYBOX" <<-'END' >out
		import os, sys
		fd = os.open('real', os.O_PATH)
		os.set_inheritable(fd, True)
		os.rename('real', 'moved')
		os.symlink('/etc', 'real')
		os.execv(sys.argv[1], ['urun-bwrap', '--ro-bind', sys.argv[2] + '/bin', '/bin', '--dev', '/dev', '--tmpfs', '/tmp', '--bind-fd', str(fd), '/tmp/rw',
		    '--ro-bind-fd', str(fd), '/tmp/ro', 'sh', '-c', 'cat /tmp/rw/file /tmp/ro/file; echo x >/tmp/rw/x && echo written; echo x 2>/dev/null >/tmp/ro/y || echo not'])
	END
	[ "$(cat out)" = $'real\nreal\nwritten\nnot' ]
	[ -e moved/x ] && [ ! -e moved/y ]
}

@test "--file, --bind-data, --ro-bind-data: content, mode, and folders above" {
	run -0 empty --proc /proc --file 5 /a/b/f --bind-data 6 /g --ro-bind-data 7 /h/i \
		sh -c 'stat -c "%a %n" /a /a/b /a/b/f /g /h /h/i; cat /a/b/f /g /h/i; echo x >/g; (echo y >/h/i) || cat /g /h/i; for i in 5 6 7; do [ ! -e /proc/$$/fd/$i ] || echo open; done' \
		5<data 6<data 7<data
	assert_output "755 /a
755 /a/b
666 /a/b/f
600 /g
700 /h
600 /h/i
data
data
data
sh: can't create /h/i: Read-only file system
x
data"
	# A pipe of any length, and an empty one.
	run -0 empty --file 5 /big --file 6 /none sh -c 'wc -c </big; wc -c </none' 5< <(head -c 3000000 /dev/zero) 6</dev/null
	assert_output $'3000000\n0'
	# Read once: the second file would be empty.
	run -1 empty --file 5 /f --ro-bind-data 5 /g true 5<data
	assert_output "urun-bwrap: --ro-bind-data: descriptor 5 is given to an operation before it"
}

@test "--perms is for the next operation alone, and closes folders above" {
	run -0 empty --perms 0700 --dir /a/b --dir /c --perms 0640 --file 5 /d/f --perms 1777 --tmpfs /t --tmpfs /u \
		stat -c "%a %n" /a /a/b /c /d /d/f /t /u 5<data
	assert_output "700 /a
700 /a/b
755 /c
750 /d
640 /d/f
1777 /t
755 /u"
	run -1 empty --perms 9 --dir /a true
	assert_output "urun-bwrap: --perms takes an octal argument <= 07777"
	run -1 empty --perms 0700 --bind / /a true
	assert_contains "--perms must be followed by an option that creates a file"
}

@test "--size is for the next tmpfs" {
	run -0 empty --dev /dev --size 65536 --tmpfs /t --tmpfs /u sh -c 'head -c 100000 /dev/zero >/t/x 2>/dev/null; wc -c </t/x; head -c 100000 /dev/zero >/u/x; wc -c </u/x'
	assert_output $'65536\n100000'
	run -1 empty --size 5 --dir /a true
	assert_output "urun-bwrap: --size must be followed by --tmpfs"
	run -1 bw --perms 0700 --perms 0711 --dir /x true
	assert_output "urun-bwrap: --perms given twice for the same action"
	run -1 bw --chdir "" true
	assert_output "urun-bwrap: Can't chdir to : No such file or directory"
	run -1 bw --ro-bind "$BUSYBOX" /x --dir /x/new/folder true
	assert_contains "/x/new"
	run -1 bw --ro-bind "$BUSYBOX" /x --ro-bind "$BUSYBOX" /x/new true
	assert_output "urun-bwrap: Can't mkdir /x/new: Read-only file system"
	run -1 bw --ro-bind "$BUSYBOX" /x --ro-bind "$BUSYBOX/bin/busybox" /x/new true
	assert_output "urun-bwrap: Can't create file at /x/new: Read-only file system"
	run -1 empty --size 0 --tmpfs /a true
	assert_output "urun-bwrap: --size takes a non-zero number of bytes"
}

@test "--dir, --symlink, --chmod, --remount-ro, in their order" {
	run -0 empty --dir /a/b --symlink a/b /l --file 5 /l/f --chmod 0711 /a --symlink a/b /l --remount-ro / \
		sh -c 'readlink /l; cat /a/b/f; stat -c %a /a; (echo x >/new) || true' 5<data
	assert_contains $'a/b\ndata\n711'
	assert_contains "can't create /new: Read-only file system"
	run -1 empty --symlink a /l --symlink b /l true
	assert_output "urun-bwrap: Can't make symlink at /l: File exists"
	run -1 empty --dir /l --symlink b /l true
	assert_output "urun-bwrap: Can't make symlink at /l: File exists"
	run -1 empty --chmod 0700 /none true
	assert_output "urun-bwrap: change the mode of '/none': No such file or directory"
	run -1 empty --dir /x --remount-ro /x true
	assert_output "urun-bwrap: make '/x' read-only: it is no mount point"
	# What is there already stays as it is.
	run -0 empty --perms 0711 --dir /a --perms 0700 --dir /a stat -c %a /a
	assert_output 711
}

@test "--overlay-src with --overlay, --tmp-overlay, --ro-overlay: the first one is the bottom" {
	mkdir low high rw work
	echo low | tee low/a low/b >low/c
	echo high >high/b
	run -0 bw --overlay-src low --overlay-src high --tmp-overlay /tmp sh -c 'cat /tmp/a /tmp/b; echo new >/tmp/a; rm /tmp/c; cat /tmp/a; ls /tmp'
	assert_output $'low\nhigh\nnew\na\nb'
	[ "$(cat low/a low/c)" = $'low\nlow' ]
	run -1 bw --overlay-src low --overlay-src high --ro-overlay /tmp sh -c 'cat /tmp/a /tmp/b; echo new >/tmp/a'
	assert_contains $'low\nhigh'
	assert_contains "Read-only file system"
	if [ "$(stat -f -c %T .)" != overlayfs ]; then
		run -0 bw --overlay-src low --overlay rw work /tmp sh -c 'echo new >/tmp/a; cat /tmp/a /tmp/b'
		assert_output $'new\nlow'
		[ "$(cat rw/a low/a)" = $'new\nlow' ]
	fi
	run -1 bw --tmp-overlay /tmp true
	assert_output "urun-bwrap: --tmp-overlay requires at least one --overlay-src"
	run -1 bw --overlay-src low --ro-overlay /tmp true
	assert_output "urun-bwrap: --ro-overlay requires at least two --overlay-src"
	run -1 bw --overlay-src low --dir /x true
	assert_contains "--overlay-src must be followed by another --overlay-src or one of"
	run -1 bw --overlay-src low true
	assert_contains "--overlay-src must be followed by another --overlay-src or one of"
	run -1 bw --overlay-src none --tmp-overlay /tmp true
	assert_output "urun-bwrap: Can't find source path none: No such file or directory"
}

@test "links in the sandbox do not lead out of it" {
	mkdir evil
	ln -s /etc evil/etc
	ln -s ../../../../../../../../etc evil/up
	run -0 empty --dir /etc --bind evil /evil --dir /evil/etc/urun-made --dir /evil/up/urun-made sh -c 'ls -d /etc/urun-made'
	assert_output /etc/urun-made
	[ ! -e /etc/urun-made ]
}

# no_proc CMD...: as root of a user namespace where no /proc is mounted, but one elsewhere, without which the kernel
# lets nobody there mount another. ROOT=: as an ordinary user.
no_proc() {
	local as=(--uid 1000)
	[ -z "${ROOT-1}" ] || as=(--uid 0 --cap-add ALL)
	urun-bwrap --unshare-user "${as[@]}" --unshare-pid --ro-bind / / --tmpfs /mnt \
		--proc /mnt/p --tmpfs /proc --dev-bind /dev /dev --ro-bind "$BUSYBOX/bin" /bin "$@"
}

@test "no /proc outside" {
	[ -z "${URUN_ASAN:-}" ] || skip "the sanitizer needs /proc"
	run -0 no_proc ls /proc
	assert_output ""
	run -0 no_proc urun-bwrap --ro-bind / / sh -c 'ls /proc; echo none'
	assert_output none
	run -0 no_proc urun-bwrap --bind / / --ro-bind / /mnt sh -c 'ls /proc /mnt/proc; echo none'
	assert_output "/mnt/proc:

/proc:
none"
	run -0 no_proc urun-bwrap --ro-bind / / --unshare-all --proc /proc sh -c "cat /proc/self/uid_map"
	assert_output "         0          0          1"
	run -1 no_proc urun-bwrap --ro-bind / / --proc /proc sh -c 'cat /proc/self/comm; env | grep _URUN_'
	assert_output cat
	# The caller does not get it, neither while it runs nor afterwards.
	run -0 no_proc sh -c 'urun-bwrap --ro-bind / / sh -c "echo runs; sleep 1" & sleep 0.5; ls /proc; wait; ls /proc; echo end'
	assert_output "runs
end"
	run -0 --separate-stderr no_proc urun run --network none --rootfs "$BUSYBOX" readlink /proc/self
	assert_output 1
	# Not through a mount at /proc itself either, and what somebody has mounted elsewhere is his.
	run -0 no_proc sh -c 'mount --make-rshared /; urun-bwrap --ro-bind / / true; ls /proc; echo none'
	assert_output none
	run -0 no_proc sh -c 'mkdir /mnt/a; mount -o rbind / /mnt/a; mount -t proc proc /mnt/a/proc; urun-bwrap --bind /mnt/a / sh -c "cat /proc/self/comm"'
	assert_output cat
	# Nor does it take anybody's word for it.
	run -0 env _URUN_PROC= urun-bwrap --ro-bind / / cat /proc/self/comm
	assert_output cat
	# Root is who it is without a user namespace, and nobody else.
	run -0 no_proc urun-bwrap --ro-bind / / --uid 0 id -u
	assert_output 0
	run -1 no_proc urun-bwrap --ro-bind / / --uid 1 id -u
	assert_output "urun-bwrap: Specifying --uid requires --unshare-user or --userns"
	# The kernel refuses it to who has no capability.
	ROOT='' run -1 no_proc urun-bwrap --ro-bind / / true
	assert_output "urun-bwrap: own program through /proc/self/exe: No such file or directory
  urun needs /proc: mount -t proc proc /proc"
}

@test "--proc, --dev, --tmpfs, --mqueue" {
	run -0 empty --unshare-pid --proc /proc --dev /dev --tmpfs /tmp --unshare-ipc --mqueue /mq sh -c '
		ls /dev | tr "\n" " "; for link in fd core ptmx stdin; do readlink /dev/$link; done
		echo x >/dev/null; head -c 3 /dev/zero | wc -c; stat -c %F /dev/tty; ls /proc | grep -c "^[0-9]"
		grep " /mq " /proc/mounts | cut -d" " -f1; ls -ld /dev/shm | cut -c1-10'
	assert_output "core fd full null ptmx pts random shm stderr stdin stdout tty urandom zero /proc/self/fd
/proc/kcore
pts/ptmx
/proc/self/fd/0
3
character special file
4
mqueue
drwxr-xr-x"
	# Whose process ids are the host's has its /proc.
	run -0 empty --proc /proc sh -c "[ -d /proc/$$ ] && echo seen"
	assert_output seen
	run -0 empty --proc /proc --ro-bind data /proc/version cat /proc/version
	assert_output data
}

@test "the environment: --setenv, --unsetenv, --clearenv, PWD, in their order" {
	export A=outer B=outer
	run -0 bw --setenv A inner --unsetenv B --setenv C 'x=y' sh -c 'echo "$A:${B-none}:$C"'
	assert_output "inner:none:x=y"
	run -0 bw --setenv A gone --clearenv --setenv D d env
	[ "$(sort <<<"$output")" = $'D=d\nPWD=/' ]
	run -1 bw --setenv = x true
	assert_contains "setenv failed"
}

@test "the working folder: --chdir, the caller's, HOME, or /" {
	run -0 bw --chdir /bin pwd
	assert_output /bin
	run -1 bw --chdir /none true
	assert_output "urun-bwrap: Can't chdir to /none: No such file or directory"
	run -0 urun-bwrap --ro-bind / / sh -c 'pwd; echo "$PWD"'
	assert_output "$T"$'\n'"$T"
	HOME=/bin run -0 bw pwd
	assert_output /bin
	HOME=/none run -0 bw pwd
	assert_output /
}

@test "--args: several, in their places, and ended by a zero byte each" {
	printf '%s\0' --unshare-uts --hostname one >one
	printf '%s\0' --hostname two --setenv A 'with space' >two
	run -0 bw --args 5 --args 6 sh -c 'uname -n; echo "$A"' 5<one 6<two
	assert_output $'two\nwith space'
	printf -- '--hostname' >part
	run -1 bw --args 5 true 5<part
	assert_output "urun-bwrap: --hostname takes an argument"
	printf '%s\0' --setenv A B >many
	for ((i = 0; i < 12; i++)); do cat many many >more && mv more many; done
	run -1 bw --args 5 true 5<many
	assert_output "urun-bwrap: Exceeded maximum number of arguments 9000"
	printf '%s\0' --args 5 >nested
	run -1 bw --args 6 true 5<one 6<nested
	assert_output "urun-bwrap: --args not supported in arguments file"
	run -1 bw -
	assert_output "urun-bwrap: Unknown option -"
}

@test "--argv0" {
	run -0 bw --argv0 sh busybox -c 'echo "$0"'
	assert_output sh
}

@test "exit codes: the command's, 128 and the signal, and 1 for what cannot be set up" {
	run -7 bw sh -c 'exit 7'
	run -137 bw sh -c 'kill -9 $$'
	run -7 bw --unshare-pid sh -c 'exit 7'
	run -143 bw --unshare-pid sh -c 'kill -15 $$'
	run -1 bw nonexistent
	assert_output "urun-bwrap: execvp nonexistent: No such file or directory"
	run -1 bw --unshare-pid /etc
	assert_output "urun-bwrap: execvp /etc: No such file or directory"
	run -1 bw --tmpfs /bin/x true
	assert_contains "Read-only file system"
}

@test "--info-fd: one document, written before the command runs" {
	run -0 bw --unshare-all --info-fd 9 true 9>info
	python3 -I -S -c "import json; d = json.load(open('info')); print(*sorted(d)); assert d['child-pid'] > 1 and d['net-namespace'] > 1" >keys
	[ "$(cat keys)" = "cgroup-namespace child-pid ipc-namespace mnt-namespace net-namespace pid-namespace uts-namespace" ]
	[ "$(sed 's/[0-9]\+/N/; 4,$d' info)" = $'{\n    "child-pid": N,\n    "cgroup-namespace": N,' ]
	# The numbers are those of the process, and it is not executed before --block-fd says so.
	mkfifo block info2
	urun-bwrap "${BASE[@]}" --info-fd 9 --block-fd 8 sh -c "sleep $NAP; :" "$MARK" 9>info2 8<>block 3>&- &
	launcher=$!
	pid=$(python3 -I -S -c "import json; print(json.load(open('info2'))['child-pid'])")
	sleep 0.2
	[[ $(tr '\0' ' ' <"/proc/$pid/cmdline") == urun-bwrap* ]]
	echo >block
	wait_until grep -qx sh "/proc/$pid/comm"
	kill "$pid"
	wait "$launcher" || [ $? = 143 ]
	pkill -f "sleep $NAP" || :
}

child_pid() { sed -n 's/.*"child-pid": \([0-9]*\).*/\1/p'; }

@test "--userns-block-fd: somebody else writes the maps" {
	for options in "0" "0 --dev /dev" "0 --die-with-parent" "0 --unshare-pid --die-with-parent" "$(id -u) --dev /dev"; do
		# shellcheck disable=SC2086 # several
		python3 -I -S - "$(command -v urun-bwrap)" "$BUSYBOX" $options <<-'END' >out
			import json, os, sys, time
			info, info_in = os.pipe()
			block_out, block = os.pipe()
			pid = os.fork()
			if pid == 0:
			    os.close(info); os.close(block)
			    os.set_inheritable(info_in, True); os.set_inheritable(block_out, True)
			    os.execv(sys.argv[1], ['urun-bwrap', '--ro-bind', sys.argv[2] + '/bin', '/bin', '--proc', '/proc', *sys.argv[4:],
			        '--unshare-user', '--unshare-net', '--info-fd', str(info_in), '--userns-block-fd', str(block_out), '--uid', sys.argv[3], '--gid', '0',
			        'sh', '-c', 'cat /proc/self/uid_map; id -u; sleep 0.3'])
			os.close(info_in)
			with os.fdopen(info) as f:
			    d = json.load(f)
			assert d['net-namespace'] > 1, d
			for name, text in (('setgroups', 'deny'), ('gid_map', '0 %d 1' % os.getgid()), ('uid_map', '%s %d 1' % (sys.argv[3], os.getuid()))):
			    with open('/proc/%d/%s' % (d['child-pid'], name), 'w') as f:
			        f.write(text)
			os.write(block, b'x')
			# Who is to connect the network as well looks at it meanwhile.
			end = time.monotonic() + 0.1
			while time.monotonic() < end:
			    os.readlink('/proc/%d/ns/net' % d['child-pid'])
			sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
		END
		inside=${options%% *}
		[ "$(tr -s ' ' <out)" = " $inside $(id -u) 1"$'\n'"$inside" ]
	done
	run -1 bw --unshare-user --userns-block-fd 9 true 9<data
	assert_contains "--userns-block-fd requires --info-fd"
	# Nobody has.
	run -1 bw --unshare-user --userns-block-fd 9 --info-fd 8 true 9<data 8>info
	assert_output "urun-bwrap: nobody has written /proc/$(child_pid <info)/gid_map, which descriptor 9 was waited for
  Write both maps, and then to that descriptor"
	# The monitor is killed while it waits: who waits for it is gone.
	mkfifo block
	for options in "" "--die-with-parent" "--unshare-pid --die-with-parent"; do
		# shellcheck disable=SC2086 # several
		urun-bwrap "${BASE[@]}" --unshare-user $options --userns-block-fd 9 --info-fd 8 true "$MARK" 9<>block 8>info 3>&- &
		monitor=$!
		wait_until grep -q child-pid info
		kill -9 "$monitor"
		wait_until is_gone "$(child_pid <info)"
	done
}

@test "--json-status-fd: a line at the beginning, and one with the exit code" {
	bw --unshare-pid --json-status-fd 9 sh -c 'exit 5' 9>status || code=$?
	[ "$code" = 5 ]
	[ "$(sed 's/: [0-9]\{2,\}/: N/g' status)" = $'{ "child-pid": N, "mnt-namespace": N, "pid-namespace": N }\n{ "exit-code": 5 }' ]
	bw --json-status-fd 1 sh -c 'kill -9 $$' >status || code=$?
	[ "$code" = 137 ]
	[ "$(tail -n 1 status)" = '{ "exit-code": 137 }' ]
	# What was never executed has no exit code.
	bw --json-status-fd 9 nonexistent 9>status 2>/dev/null || code=$?
	[ "$code" = 1 ]
	run ! grep exit-code status
}

@test "--sync-fd, and what goes on behind the command" {
	mkfifo sync
	(cat sync; echo ended >ended) 3>&- &
	bw --unshare-pid --sync-fd 9 sh -c "sleep 1 & echo done" 9>sync >out
	[ "$(cat out)" = done ]
	[ ! -e ended ]
	wait_until [ -e ended ]
}

@test "--sync-fd: several, and where the command is process 1 they are its own" {
	mkfifo one two
	(cat one; echo one >>ended) 3>&- &
	(cat two; echo two >>ended) 3>&- &
	bw --unshare-pid --sync-fd 4 --sync-fd 5 --proc /proc sh -c "(exec sleep $NAP >/dev/null 2>&1) & [ -e /proc/\$\$/fd/0 ] && [ ! -e /proc/\$\$/fd/4 ] && [ ! -e /proc/\$\$/fd/5 ]" 4>one 5>two 3>&-
	sleep 0.3
	[ ! -e ended ]
	pkill -fx "sleep $NAP"
	wait_until eval '[ "$(sort ended | tr "\n" " ")" = "one two " ]'
	run -0 bw --unshare-pid --as-pid-1 --sync-fd 4 sh -c 'echo $$; [ -e /proc/self/fd/4 ] || echo x >&4' 4>out
	assert_output 1
	[ "$(cat out)" = x ]
}

@test "--lock-file: locked for as long as the sandbox is there" {
	locked() {
		python3 -I -S -c "
import fcntl, struct, sys
l = struct.pack('hhqqi', fcntl.F_WRLCK, 0, 0, 0, 0)
r = struct.unpack('hhqqi', fcntl.fcntl(open('lock', 'r+'), fcntl.F_GETLK, l))
sys.exit(r[0] == fcntl.F_UNLCK)"
	}
	touch lock
	urun-bwrap "${BASE[@]}" --die-with-parent --bind "$T" /mnt --lock-file /mnt/lock sh -c "sleep $NAP; :" "$MARK" 3>&- &
	launcher=$!
	wait_until locked
	pkill -f "^sh -c sleep $NAP; : $MARK"
	wait "$launcher" || :
	wait_until eval '! locked'
	run -1 bw --lock-file /none true
	assert_contains "lock '/none': No such file or directory"
}

@test "--seccomp, --add-seccomp-fd: compiled programs" {
	[ "$(uname -m)" = x86_64 ] || skip_because "the program is one for x86_64"
	deny() { python3 -I -S -c "
import struct, sys
code = [(0x20, 0, 0, 0), (0x15, 0, 1, int(sys.argv[1])), (0x06, 0, 0, 0x00050000 | int(sys.argv[2])), (0x06, 0, 0, 0x7fff0000)]
sys.stdout.buffer.write(b''.join(struct.pack('HBBI', *c) for c in code))" "$@"; }
	deny 83 13 >mkdir
	deny 84 1 >rmdir
	run -0 empty --proc /proc --tmpfs /t --seccomp 5 sh -c 'mkdir /t/x; grep Seccomp: /proc/self/status' 5<mkdir
	assert_output $'mkdir: can\'t create directory \'/t/x\': Permission denied\nSeccomp:\t2'
	run -0 empty --tmpfs /t --seccomp 5 --seccomp 6 sh -c 'mkdir /t/x && rmdir /t/x; true' 5<mkdir 6<rmdir
	assert_contains "Operation not permitted"
	run -0 empty --tmpfs /t --dir /t/y --add-seccomp-fd 5 --add-seccomp-fd 6 sh -c 'mkdir /t/x; rmdir /t/y; true' 5<mkdir 6<rmdir
	assert_output $'mkdir: can\'t create directory \'/t/x\': Permission denied\nrmdir: \'/t/y\': Operation not permitted'
	run -1 empty --add-seccomp-fd 5 --seccomp 6 true 5<mkdir 6<rmdir
	assert_output "urun-bwrap: --seccomp cannot be combined with --add-seccomp-fd"
	run -1 empty --seccomp 5 true 5<data
	assert_output "urun-bwrap: the seccomp filter of descriptor 5: 5 bytes are no program"
}

@test "descriptors: all of the caller's come along but those of options, none of urun's" {
	# By the shell alone: what it has open for a pipeline comes and goes.
	listed='cat <&7; cd /proc/$$/fd && echo *'
	run -0 bw --proc /proc --file 8 /tmp/x sh -c "$listed" 7<data 8<data 9<data
	inside=$output
	run -0 sh -c "$listed" 7<data 9<data
	[ "$inside" = "$output" ]
	bw true 0<&- 1>&- 2>&-
}

@test "--new-session, and without it the caller's own" {
	run -0 bw --proc /proc sh -c 'cut -d" " -f6 /proc/self/stat'
	assert_output "$(cut -d' ' -f6 /proc/self/stat)"
	run -0 bw --proc /proc --new-session sh -c 'cut -d" " -f6 /proc/$$/stat; echo $$'
	[ "${lines[0]}" = "${lines[1]}" ]
}

@test "--as-pid-1, and process 1 that reaps" {
	run -0 bw --unshare-pid --as-pid-1 sh -c 'echo $$'
	assert_output 1
	run -1 bw --as-pid-1 true
	assert_output "urun-bwrap: Specifying --as-pid-1 requires --unshare-pid"
	run -0 bw --unshare-pid --proc /proc sh -c 'echo $$; (sh -c "exit 0" & exec sleep 0.1) ; (setsid sh -c "sleep 0.05" &) ; sleep 0.3; grep -l "State:.Z" /proc/[0-9]*/status; true'
	assert_output 2
}

@test "--die-with-parent: nothing outlives the monitor; without it the sandbox goes on" {
	for options in "" "--unshare-pid" "--lock-file /bin/sh"; do
		# shellcheck disable=SC2086 # words
		urun-bwrap "${BASE[@]}" --die-with-parent $options sh -c "sleep $NAP; :" "$MARK" 3>&- &
		launcher=$!
		wait_until pgrep -f "^sh -c sleep $NAP; : $MARK"
		kill -9 "$launcher"
		wait "$launcher" || :
		wait_until eval '! pgrep -f "$MARK" >/dev/null'
		# shellcheck disable=SC2086 # words
		sh -c 'urun-bwrap "$@" & sleep 0.5; kill -9 $$' - "${BASE[@]}" --die-with-parent $options sh -c "sleep $NAP; :" "$MARK" 3>&- || :
		wait_until eval '! pgrep -f "$MARK" >/dev/null'
	done
	urun-bwrap "${BASE[@]}" --unshare-pid sh -c "sleep $NAP; :" "$MARK" 3>&- &
	launcher=$!
	wait_until pgrep -f "^sh -c sleep $NAP; : $MARK"
	kill -9 "$launcher"
	wait "$launcher" || :
	sleep 0.3
	pkill -9 -f "^sh -c sleep $NAP; : $MARK"
	pkill -9 -f "sleep $NAP"
	wait_until eval '! pgrep -f "$MARK" >/dev/null'
}

# Descendants of all kinds: an orphan in a session of its own, one that ignores what it can, one in a user
# namespace below, and one that goes on making others.
offspring() {
	cat <<-END
	(setsid sh -c "trap '' HUP TERM; sleep $NAP; :" $MARK-orphan </dev/null &)
	unshare -U sh -c "sleep $NAP; :" $MARK-below &
	(setsid sh -c "while :; do sleep 0.05 & wait; done" $MARK-maker &)
	sleep $NAP; :
	END
}

# abandon OPTION...: a sandbox that has all of them, and whose monitor is killed
abandon() {
	urun-bwrap --ro-bind / / --dev /dev --proc /proc "$@" sh -c "$(offspring)" 3>&- &
	launcher=$!
	for one in orphan below maker; do
		wait_until pgrep -f "$MARK-$one$"
	done
	kill -9 "$launcher"
	wait "$launcher" || :
}

@test "--die-with-parent in the caller's pid namespace: descendants, too, and nobody else" {
	sh -c "sleep $NAP; :" other-$MARK 3>&- &
	other=$!
	abandon --die-with-parent
	wait_until eval '! pgrep -f "[^-]$MARK-" >/dev/null'
	kill -0 "$other"
	pkill -9 -P "$other" || :
	kill -9 "$other" || :
	# Where nobody asked for that, they go on.
	abandon
	sleep 0.3
	for one in orphan below maker; do
		pgrep -f "$MARK-$one$" >/dev/null
	done
	pkill -9 -f "$MARK-maker$"
	pkill -9 -f "$MARK-(orphan|below)$"
	pkill -9 -f "sleep $NAP"
}

# rests FILE: it does not get longer
rests() {
	local before
	before=$(stat -c %s "$1")
	sleep 0.3
	[ "$(stat -c %s "$1")" = "$before" ]
}

@test "--die-with-parent: a process that goes on from child to child, the same in each" {
	cp "$URUN_STAGE/bin/urun-probe" "$T/"
	for i in 1 2 3 4 5; do
		rm -f "$T/hops"
		# The command stays; it is the other that is nobody's child at any time.
		urun-bwrap "${BASE[@]}" --die-with-parent --bind "$T" /mnt \
			sh -c "/mnt/urun-probe hop 20 /mnt/hops; sleep $NAP; :" "$MARK" 3>&- &
		launcher=$!
		wait_until [ -s "$T/hops" ]
		sleep 0.1
		run ! rests "$T/hops"
		before=$(stat -c %s "$T/hops")
		kill -9 "$launcher"
		wait "$launcher" || :
		wait_until rests "$T/hops"
		# Well before the numbers are used up, which would end it as well.
		[ $(($(stat -c %s "$T/hops") - before)) -lt 20000 ]
		# Its guard, too, once it has found nobody for a few times.
		wait_until eval '! pgrep -f "$MARK" >/dev/null'
	done
}

@test "--die-with-parent: a monitor that is killed while the sandbox is being made" {
	cat >orphan.sh <<-END
	echo x >>/mnt/runs
	(setsid sh -c "sleep $NAP; :" $MARK-orphan </dev/null &)
	sleep $NAP; :
	END
	# Some get as far as the command, with and without a process between.
	for lock in "" /bin/sh; do
	rm -f runs
	timeout 25 python3 -I -S - "$(command -v urun-bwrap)" "$BUSYBOX" "$PWD" "$lock" <<-'END'
		import os, random, signal, sys, time
		program, root, here, lock = sys.argv[1:]
		words = ['urun-bwrap', '--ro-bind', root + '/bin', '/bin', '--dev', '/dev', '--bind', here, '/mnt',
		         '--die-with-parent', *(['--lock-file', lock] if lock else []), 'sh', '/mnt/orphan.sh']
		def start():
		    pid = os.fork()
		    if pid == 0:
		        os.execv(program, words)
		    return pid
		random.seed(7)
		for i in range(120):
		    pid = start()
		    time.sleep(random.uniform(0, 0.02 if i % 10 == 0 else 0.005))
		    # What is being made goes on meanwhile, as far as it can.
		    os.kill(pid, signal.SIGSTOP)
		    time.sleep(0.02)
		    os.kill(pid, signal.SIGKILL)
		    os.waitpid(pid, 0)
	END
	[ -s runs ]
	wait_until eval '! pgrep -f "[^-]$MARK-" >/dev/null'
	done
	run -1 pgrep -f "sh /mnt/orphan.sh"
}

@test "--die-with-parent: the whole job is killed, the command first" {
	urun-bwrap --ro-bind / / --dev /dev --proc /proc --die-with-parent sh -c "$(offspring)" "$MARK" 3>&- &
	launcher=$!
	for one in orphan below maker; do
		wait_until pgrep -f "$MARK-$one$"
	done
	# Stopped, it cannot end them itself.
	kill -STOP "$launcher"
	pkill -9 -P "$launcher" -x sh
	sleep 0.1
	kill -9 "$launcher"
	wait "$launcher" || :
	wait_until eval '! pgrep -f "[^-]$MARK-" >/dev/null'
}

@test "--die-with-parent: a normal end takes what a pid namespace does, and nobody else" {
	# A child that this process had before it was the monitor, one of another sandbox that comes to it, and one of
	# this: all go on, as with bubblewrap.
	sh -c "unshare -Ur sleep $NAP & urun-bwrap --ro-bind / / --dev /dev sh -c 'sleep $NAP & sleep 0.3' &
		exec urun-bwrap --ro-bind / / --dev /dev --die-with-parent \
		sh -c '(setsid sh -c \"sleep $NAP; :\" $MARK-own &) ; sleep 0.8; exit 4'" \
		</dev/null >out 2>&1 3>&- || code=$?
	[ "$code" = 4 ]
	sleep 0.2
	[ "$(pgrep -cfx "sleep $NAP")" = 3 ]
	pkill -9 -f "$MARK-own$"
	pkill -9 -fx "sleep $NAP"
	urun-bwrap --ro-bind / / --dev /dev --unshare-pid --die-with-parent sh -c "(setsid sleep $NAP &) ; sleep 0.2; exit 5" \
		</dev/null >out 2>&1 3>&- || code=$?
	[ "$code" = 5 ]
	wait_until eval '! pgrep -fx "sleep $NAP" >/dev/null'
}

# ticks PID: of the clock, in user mode and in the kernel: proc_pid_stat(5)
ticks() {
	local stat
	read -r -a stat <"/proc/$1/stat"
	echo $((stat[13] + stat[14]))
}

# is_held PID: its child has ended, and somebody else is to hear of that first
is_held() {
	read -r _ _ state _ <"/proc/$(pgrep -P "$1" -x urun-probe)/stat" && [ "$state" = Z ]
}

@test "a command that is traced by what it has left: waited for without turning, and a signal ends that" {
	cp "$URUN_STAGE/bin/urun-probe" "$T/"
	for options in "" --die-with-parent; do
		# shellcheck disable=SC2086 # words
		urun-bwrap "${BASE[@]}" $options --ro-bind "$T" /mnt /mnt/urun-probe held 7 3>&- &
		launcher=$!
		wait_until is_held "$launcher"
		sleep 0.7
		[ "$(ticks "$launcher")" -lt 20 ]
		kill -TERM "$launcher"
		wait "$launcher" && code=0 || code=$?
		[ "$code" = 143 ]
		pkill -9 -fx "/mnt/urun-probe held 7"
		# When the other ends, the exit code is there.
		# shellcheck disable=SC2086 # words
		urun-bwrap "${BASE[@]}" $options --ro-bind "$T" /mnt /mnt/urun-probe held 7 3>&- &
		launcher=$!
		wait_until is_held "$launcher"
		pkill -9 -fx "/mnt/urun-probe held 7"
		wait "$launcher" && code=0 || code=$?
		[ "$code" = 7 ]
	done
}

@test "a standard stream that an option names is not the command's" {
	run -0 bash -c "urun-bwrap ${BASE[*]} --info-fd 1 sh -c 'echo forged; exit 0' 2>/dev/null || :"
	refute_contains forged
	assert_contains child-pid
	echo data >given
	urun-bwrap "${BASE[@]}" --file 0 /tmp/given sh -c 'cat /tmp/given; echo more >&0 || echo closed' 0<>given >out 2>/dev/null
	[ "$(cat out)" = $'data\nclosed' ]
	[ "$(cat given)" = data ]
	: >empty.bpf
	run -1 bash -c "urun-bwrap ${BASE[*]} --seccomp 0 true <empty.bpf"
	python3 -I -S -c 'import struct, sys; sys.stdout.buffer.write(struct.pack("HBBI", 6, 0, 0, 0x7fff0000))' >allow.bpf
	urun-bwrap "${BASE[@]}" --proc /proc --seccomp 0 sh -c 'grep ^Seccomp: /proc/self/status; cat <&0 || echo closed' <allow.bpf >out 2>/dev/null
	[ "$(tr '\t' ' ' <out)" = $'Seccomp: 2\nclosed' ]
	urun-bwrap "${BASE[@]}" --sync-fd 0 sh -c 'cat <&0 || echo closed' <given >out 2>/dev/null
	[ "$(cat out)" = closed ]
	# Where the words came from is not: nor does the monitor lose a descriptor by it.
	printf '%s\0' "${BASE[@]}" >words
	urun-bwrap --args 0 sh -c "cat; sleep $NAP" <words >out 3>&- &
	launcher=$!
	wait_until pgrep -fx "sleep $NAP"
	sleep 0.3
	[ "$(ticks "$launcher")" -lt 10 ]
	kill -TERM "$launcher"
	wait "$launcher" && code=0 || code=$?
	[ "$code" = 143 ]
	[ ! -s out ]
	pkill -9 -fx "sleep $NAP" || :
	# What is waited for comes by it all the same.
	run -0 bash -c "(sleep 0.3; echo) | urun-bwrap ${BASE[*]} --unshare-pid --block-fd 0 sh -c 'cat <&0 2>/dev/null || echo closed'"
	assert_output closed
}

@test "--gid 5 with --dev" {
	run -0 urun-bwrap "${BASE[@]}" --unshare-user --gid 5 id -g
	assert_output 5
	run -0 urun-bwrap "${BASE[@]}" --unshare-user --uid 7 --gid 5 sh -c 'id -u; id -g; ls /dev/pts/ptmx'
	assert_output $'7\n5\n/dev/pts/ptmx'
}

@test "--not-a-security-boundary: a mount below that cannot be changed is none to fail for" {
	command -v fuse-overlayfs >/dev/null || skip_because "no fuse-overlayfs"
	[ -w /dev/fuse ] || skip_because "no /dev/fuse"
	mkdir -p host/served lower
	cp -r "$BUSYBOX/bin" host/
	# A filesystem whose server has been killed answers nothing.
	cat >dead.sh <<-'END'
		fuse-overlayfs -f -o lowerdir=lower host/served &
		server=$!
		for i in $(seq 100); do grep -q "$PWD/host/served" /proc/self/mountinfo && break; sleep 0.05; done
		kill -9 $server
		wait $server
		"$@"
	END
	dead() { unshare -Urm sh dead.sh "$@"; }
	refused=(urun-refuse ENOSYS open_tree,mount_setattr,move_mount)
	# All at once: nothing fails.
	run -0 dead urun-bwrap --ro-bind host / sh -c 'echo in; echo x >/new || :'
	assert_contains "in"
	assert_contains "Read-only file system"
	# One by one: it does.
	run -1 dead "${refused[@]}" urun-bwrap --ro-bind host / echo in
	assert_contains "Transport endpoint is not connected"
	run -0 dead "${refused[@]}" urun-bwrap --not-a-security-boundary --ro-bind host / sh -c 'echo in; echo x >/new || :'
	assert_contains "urun-bwrap: mounts below '/' keep their own flags, they cannot be changed: 1"
	assert_contains "in"
	assert_contains "Read-only file system"
	# What is asked for itself has to be there.
	run -1 urun-bwrap --not-a-security-boundary --ro-bind missing / true
	assert_output "urun-bwrap: Can't find source path missing: No such file or directory"
}

@test "signals reach the command, through process 1 too" {
	for options in "" --unshare-pid; do
		# shellcheck disable=SC2086 # words
		urun-bwrap "${BASE[@]}" $options sh -c 'trap "echo heard; exit 9" TERM; echo ready; sleep $NAP & wait' "$MARK" >out 3>&- &
		launcher=$!
		wait_until grep -q ready out
		kill "$launcher"
		code=0
		wait "$launcher" || code=$?
		[ "$code" = 9 ]
		[ "$(cat out)" = $'ready\nheard' ]
		pkill -f "sleep $NAP" || :
	done
	# From its first moment on, when process 1 has yet to say that it runs.
	mkfifo said
	for _ in $(seq 20); do
		urun-bwrap "${BASE[@]}" --unshare-pid sh -c 'trap "exit 9" TERM; echo ready; while :; do :; done' "$MARK" >said 3>&- &
		launcher=$!
		read -r _ <said
		kill "$launcher"
		code=0
		wait "$launcher" || code=$?
		[ "$code" = 9 ]
	done
}

@test "a terminal: it is the caller's, console is it, Ctrl-C comes once" {
	run -0 script -qec "urun-bwrap --ro-bind $BUSYBOX/bin /bin --dev /dev --proc /proc sh -c 'tty; stat -c %F /dev/console'" /dev/null </dev/null
	[ "${output//$'\r'/}" = $'/dev/console\ncharacter special file' ]
	(sleep 1; printf '\003'; sleep 1) | script -qec "urun-bwrap --ro-bind $BUSYBOX/bin /bin --dev /dev --unshare-pid sh -c 'trap \"echo int; exit 9\" INT; sleep 5 & wait'; echo code \$?" /dev/null >out || :
	[ "$(grep -c 'int' out)" = 1 ] || { cat -v out; false; }
	# The shell around it was meant as well.
	run -0 script -qec "urun-bwrap --ro-bind $BUSYBOX/bin /bin --dev /dev --new-session sh -c 'echo x </dev/tty'; echo code \$?" /dev/null </dev/null
	assert_contains "code 1"
}

@test "one in another" {
	run -0 urun-bwrap --ro-bind / / --proc /proc --dev /dev --unshare-all \
		urun-bwrap --ro-bind / / --proc /proc --dev /dev --unshare-all sh -c 'echo in; id -u'
	assert_output "in"$'\n'"$(id -u)"
}

@test "the umask is the caller's" {
	umask 027
	run -0 bw --bind "$T" /mnt sh -c 'umask; : >/mnt/made'
	assert_output 0027
	[ "$(stat -c %a made)" = 640 ]
}

@test "--exec-label, --file-label: refused where there is no SELinux" {
	[ ! -e /sys/fs/selinux/enforce ] || skip_because "this host has SELinux"
	for option in --exec-label --file-label; do
		run -1 bw $option system_u:system_r:x:s0 true
		assert_contains "urun-bwrap: SELinux label 'system_u:system_r:x:s0': this kernel has no SELinux, or it is off"
	done
}

@test "input is not pushed into the caller's terminal, by whatever bits; without a terminal there is no filter" {
	cat >push.py <<-'END'
		import fcntl, sys
		for request in (0x5412, 0x541c, 0x100005412):
		    try:
		        import ctypes
		        libc = ctypes.CDLL(None, use_errno=True)
		        r = libc.syscall(16 if sys.maxsize > 2**32 else 54, 0, ctypes.c_ulong(request), b'x')
		        print(r, ctypes.get_errno())
		    except OSError as e:
		        print(e.errno)
		print([l.split()[1] for l in open('/proc/self/status') if l.startswith('Seccomp:')][0])
	END
	[ "$(uname -m)" = x86_64 ] || skip_because "the number of the call is that of x86_64"
	run -0 script -qec "urun-bwrap --ro-bind / / --proc /proc --dev /dev python3 -I -S $T/push.py" /dev/null </dev/null
	[ "${output//$'\r'/}" = $'-1 1\n-1 1\n-1 1\n2' ]
	run -0 setsid -w urun-bwrap --ro-bind / / --proc /proc --dev /dev python3 -I -S "$T/push.py" </dev/null
	[ "${lines[3]}" = 0 ]
}

@test "what the command has left goes on, also without a pid namespace" {
	for options in "" --unshare-pid; do
		# shellcheck disable=SC2086 # words
		bw $options sh -c 'sleep $NAP >/tmp/x 2>&1 & echo done' >out
		[ "$(cat out)" = done ]
		sleep 0.2
		pkill -9 -f "sleep $NAP"
		wait_until eval '! pgrep -f "sleep $NAP" >/dev/null'
	done
}

@test "Ctrl-Z stops the job, and fg goes on; Ctrl-C ends one that waits at --block-fd" {
	export PYTHONPATH=$URUN_STAGE/tests/system PYTHONDONTWRITEBYTECODE=1
	for options in "" "'--unshare-pid',"; do
		timeout 60 python3 - <<-END
			from terminal import *
			with Terminal('urun-bwrap', '--ro-bind', '$BUSYBOX/bin', '/bin', '--dev', '/dev', $options
			              'sh', '-c', 'echo up; read -r line; echo "got \$line"') as t:
			    t.expect('up\r\n')
			    os.kill(t.pid, 0)
			    t.type('\x1a')
			    until('stopped', lambda: state_of(t.pid) == 'T')
			    os.killpg(t.pid, signal.SIGCONT)
			    t.type('word\n')
			    t.expect('got word\r\n')
			    t.expect_ended(0)
			os.path.exists('fifo') or os.mkfifo('fifo')
			with Terminal('sh', '-c', 'exec urun-bwrap --ro-bind $BUSYBOX/bin /bin --block-fd 5 true 5<>fifo') as t:
			    until('waiting', lambda: children(t.pid))
			    time.sleep(0.3)
			    t.type('\x03')
			    until('ended', lambda: state_of(t.pid) in ('', 'Z'))
		END
	done
}

@test "a descriptor that does not wait is waited for without turning, and a signal ends the wait for id maps" {
	python3 -I -S - "$(command -v urun-bwrap)" "$BUSYBOX" <<-'END'
		import os, signal, sys, time
		base = ['urun-bwrap', '--ro-bind', sys.argv[2] + '/bin', '/bin']
		def start(*words):
		    out, other = os.pipe()
		    os.set_blocking(out, False)
		    pid = os.fork()
		    if pid == 0:
		        os.set_inheritable(out, True)
		        os.execv(sys.argv[1], base + [w if w != 'FD' else str(out) for w in words])
		    return pid, other
		pid, other = start('--block-fd', 'FD', 'sh', '-c', 'exit 5')
		time.sleep(1)
		os.write(other, b'x')
		status, used = os.wait4(pid, 0)[1:]
		assert os.waitstatus_to_exitcode(status) == 5, status
		assert used.ru_utime + used.ru_stime < 0.5, used
		pid, other = start('--unshare-user', '--info-fd', '1', '--userns-block-fd', 'FD', 'true')
		time.sleep(0.5)
		os.kill(pid, signal.SIGTERM)
		for _ in range(500):
		    done, status = os.waitpid(pid, os.WNOHANG)
		    if done:
		        break
		    time.sleep(0.01)
		assert done and os.waitstatus_to_exitcode(status) == 143, (done, status)
	END
}

@test "--pidns with --unshare-pid: a namespace below the joined one" {
	unshare -Urpf --mount-proc sh -c "sleep $NAP; :" "$MARK" 3>&- 2>/dev/null &
	outer=$!
	wait_until pgrep -P "$outer"
	other=$(pgrep -P "$outer")
	wait_until test -d "/proc/$other/root/proc/1"
	both() { bw --userns 8 --pidns 9 --unshare-pid "$@" 8<"/proc/$other/ns/user" 9<"/proc/$other/ns/pid"; }
	run -0 both --as-pid-1 sh -c 'echo $$'
	assert_output 1
	run -0 both --proc /proc sh -c 'echo $$; echo /proc/[0-9]*'
	assert_output $'2\n/proc/1 /proc/2'
	run -7 both sh -c 'exit 7'
	# Its number for the caller, and three numbers of it: here, in the joined one, in its own.
	urun-bwrap "${BASE[@]}" --userns 8 --pidns 9 --unshare-pid --as-pid-1 --info-fd 7 sleep $((NAP + 1)) \
		7>info 8<"/proc/$other/ns/user" 9<"/proc/$other/ns/pid" 3>&- &
	launcher=$!
	wait_until grep -q '}' info
	pid=$(python3 -c 'import json; print(json.load(open("info"))["child-pid"])')
	wait_until grep -q sleep "/proc/$pid/comm"
	run -0 awk '$1 == "NSpid:" { print NF - 1, $2, $NF }' "/proc/$pid/status"
	assert_output "3 $pid 1"
	# Seen in the joined one, and nobody who has ended is left of the start.
	[ "$(readlink "/proc/$pid/ns/pid")" != "$(readlink "/proc/$other/ns/pid")" ]
	run -0 nsenter -t "$other" -U -m -p --preserve-credentials pgrep -f "sleep $((NAP + 1))"
	[ "${#lines[@]}" = 1 ]
	monitor=$(awk '$1 == "PPid:" { print $2 }' "/proc/$pid/status")
	[ "$(pgrep -P "$monitor" | wc -l)" = 1 ]
	# It goes with its namespace.
	kill -9 "$other" "$outer"
	code=0
	wait $launcher || code=$?
	[ $code = 137 ]
	wait "$outer" || :
	pkill -9 -f "sleep $NAP" || :
	launcher=
}

@test "what covers the root folder hides all of it" {
	mkdir lower
	echo lower >lower/file
	system=(--ro-bind "$BUSYBOX/bin" /bin --proc /proc)
	for host in --bind --ro-bind; do
		for path in / // /. /usr/..; do
			run -0 urun-bwrap $host / / --tmpfs "$path" "${system[@]}" sh -c 'echo /*; grep -c "^[^ ]* / " /proc/mounts; cd /..; echo *'
			assert_output $'/bin /proc\n1\nbin proc'
		done
		run -0 urun-bwrap $host / / --overlay-src "$T/lower" --tmp-overlay / "${system[@]}" sh -c 'echo /*; cat /file'
		assert_output $'/bin /file /proc\nlower'
	done
	run -2 urun-bwrap --bind / / --ro-bind / / sh -c "echo x >'$T/x'"
	assert_contains "Read-only file system"
	run -0 urun-bwrap --ro-bind / / --perms 0700 --size 65536 --tmpfs / "${system[@]}" sh -c 'stat -c %a /; df -k / | tail -1'
	[[ ${lines[0]} == 700 && ${lines[1]} == *" 64 "* ]]
	# As scripts begin: and namespaces can be made in it, as elsewhere.
	run -0 urun-bwrap --tmpfs / --dev /dev "${system[@]}" unshare -U true
	run -0 urun-bwrap --ro-bind / / --proc / sh -c 'true' || [ "$status" = 1 ]
	refute_contains "$T"
}

@test "what the host mounts later is seen in a bind" {
	mkdir shared
	run -0 unshare -Urm --propagation shared sh -ec '
		mount -t tmpfs shared shared
		mount --make-shared shared
		mkdir shared/usb
		mkfifo go up
		urun-bwrap "$@" --bind "$PWD/shared" /s sh -c "echo >&8; read -r line <&9; cat /s/usb/file" 8<>up 9<>go &
		read -r line <up
		mount -t tmpfs stick shared/usb
		echo "on the stick" >shared/usb/file
		echo >go
		wait $!' sh "${BASE[@]}"
	assert_output "on the stick"
}

@test "folders of overlays are the host's, also below /dev" {
	shm=$(mktemp -d /dev/shm/urun-test.XXXXXX)
	echo text >"$shm/file"
	run -0 bw --ro-bind-data 5 /secret --overlay-src "$shm" --tmp-overlay /o sh -c 'ls /o; cat /o/file' 5<data
	rm -r "$shm"
	assert_output $'file\ntext'
	mkdir a && echo a >a/file
	run -0 bw --overlay-src a --tmp-overlay /o cat /o/file
	assert_output a
}

@test "more operations than descriptors, and the limit inside is the caller's" {
	run -0 python3 -I -S - "$(command -v urun-bwrap)" "$BUSYBOX" <<-'END'
		import os, resource, sys
		hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
		assert hard > 2000, hard
		resource.setrlimit(resource.RLIMIT_NOFILE, (300, hard))
		words = ['urun-bwrap', '--ro-bind', sys.argv[2] + '/bin', '/bin']
		for i in range(1000):
		    words += ['--ro-bind', sys.argv[2] + '/bin/busybox', '/many/%d' % i]
		os.execv(sys.argv[1], words + ['sh', '-c', 'ls /many | wc -l; ulimit -Sn; ulimit -Hn'])
	END
	assert_output "1000
300
$(ulimit -Hn)"
}

@test "sources by links of procfs, and the working folder's name" {
	run -0 bw --ro-bind /proc/self/fd/5 /x --ro-bind /dev/fd/5 /y sh -c 'cat /x /y' 5<data
	assert_output $'data\ndata'
	run -0 bw --bind /dev/stdin /x cat /x <data
	assert_output data
	run -0 bw --chdir mnt pwd
	assert_output /mnt
	for options in "" "--clearenv" "--setenv PWD /foo" "--unsetenv PWD"; do
		run -0 bw --symlink /tmp /link $options --chdir /link env
		assert_contains $'PWD=/link'
	done
}

@test "a file that is made to be bound over is nobody's to write" {
	mkdir d
	run -0 bw --bind "$T/d" /d --ro-bind /dev/null /d/e/f true
	run -0 stat -c %a d/e/f
	assert_output 444
}

@test "--mqueue without an ipc namespace is refused, and proc where it is hidden, in bubblewrap's words" {
	run -1 bw --mqueue /mq true
	assert_contains "mount mqueue on '/mq': Operation not permitted"
	run -1 unshare -Urm sh -c 'mount -t tmpfs x /proc/sys; exec urun-bwrap "$@"' sh "${BASE[@]}" --unshare-user --unshare-pid --proc /proc true
	assert_output "urun-bwrap: Can't mount proc on /newroot/proc: Operation not permitted"
	run -1 bw --ro-bind / / --tmpfs /nonexistent true
	refute_contains "--rootfs"
}

@test "an error that is urun's has its mend behind it" {
	run -1 prlimit --nproc=1 urun-bwrap "${BASE[@]}" true
	assert_contains "This user has too many processes: see ulimit -u"
}
