# SPDX-License-Identifier: Apache-2.0
#
# What keeps a container in: each lock is tried from inside, and some from beside it.

load process

setup() {
	make_root
}

NONE=0000000000000000
PODMAN=00000000800405fb # chown dac_override fowner fsetid kill setgid setuid setpcap net_bind setfcap, sys_chroot

# The mask of all capabilities that this kernel knows.
every_cap() {
	printf '%016x' $(((1 << ($(cat /proc/sys/kernel/cap_last_cap) + 1)) - 1))
}

# expect_caps INHERITABLE PERMITTED EFFECTIVE BOUNDING AMBIENT WORD...: words are of urun run.
expect_caps() {
	local expected
	printf -v expected 'CapInh:\t%s\nCapPrm:\t%s\nCapEff:\t%s\nCapBnd:\t%s\nCapAmb:\t%s' "${@:1:5}"
	shift 5
	status_of 'Cap...' "$@"
	assert_output "$expected" || {
		echo "with $*"
		return 1
	}
}

# --- descriptors ---------------------------------------------------------------------------

@test "no descriptor of the caller's gets inside but 0, 1 and 2" {
	run -0 urun-probe with-fds urun-probe fds
	assert_contains "0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20"
	for way in "" --init --storage-driver=overlay "--security-opt=seccomp=unconfined"; do
		# shellcheck disable=SC2086 # none, or one word
		run -0 urun-probe with-fds urun run $way "rootfs:$ROOT" urun-probe fds
		assert_output "0 1 2"
	done
	run -0 urun-probe with-fds urun run "rootfs:$ROOT:O" urun-probe fds
	assert_output "0 1 2"
	run -0 urun-probe with-fds urun run -t "rootfs:$ROOT" urun-probe fds
	assert_output $'0 1 2\r'
	run -0 urun-probe with-fds urun run -v "$URUN_STAGE/bin/urun-probe:/tmp/urun-probe" host: \
		/tmp/urun-probe fds
	assert_output "0 1 2"
}

@test "no descriptor of the caller's gets inside when a filesystem is served by a program" {
	need_fuse
	run -0 urun-probe with-fds urun run --storage-driver fuse-overlayfs "rootfs:$ROOT:O" \
		urun-probe fds
	assert_output "0 1 2"
}

@test "--preserve-fds hands on exactly as many, and they are the caller's" {
	run -0 urun-probe with-fds urun run --preserve-fds 1 "rootfs:$ROOT" urun-probe fds
	assert_output "0 1 2 3"
	run -0 urun-probe with-fds urun run --preserve-fds 5 --init "rootfs:$ROOT" urun-probe fds
	assert_output "0 1 2 3 4 5 6 7"
	run -0 urun-probe with-fds urun run --preserve-fds 18 "rootfs:$ROOT" urun-probe fds
	assert_output "0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20"
	echo three >"$BATS_TEST_TMPDIR/3"
	echo four >"$BATS_TEST_TMPDIR/4"
	with_files() {
		urun run "$@" "rootfs:$ROOT" sh -c 'cat <&3; cat <&4' \
			3<"$BATS_TEST_TMPDIR/3" 4<"$BATS_TEST_TMPDIR/4"
	}
	run -0 with_files --preserve-fds 2
	assert_output $'three\nfour'
	run -0 with_files --preserve-fds=2 --init
	assert_output $'three\nfour'
}

@test "--preserve-fds of a descriptor that is not open is refused, with its number" {
	only_three() { urun run --preserve-fds 2 "rootfs:$ROOT" true 3</dev/null 4<&-; }
	run -125 only_three
	assert_output "urun: --preserve-fds 2: descriptor 4 is not open"
}

@test "the programs beside a container do not hold the caller's descriptors" {
	need_fuse
	echo mark >"$BATS_TEST_TMPDIR/mark"
	exec 7<"$BATS_TEST_TMPDIR/mark"
	spawn --storage-driver fuse-overlayfs "rootfs:$ROOT:O" sleep 60
	exec 7<&-
	server=$(child_called "$launcher" fuse-overlayfs)
	[ -n "$server" ]
	run -0 sh -c "readlink /proc/$server/fd/*"
	assert_contains /fuse
	refute_contains "$BATS_TEST_TMPDIR/mark"
}

@test "a working folder behind a descriptor of the host's is refused (CVE-2024-21626)" {
	ln -s /proc/self/fd/20 "$ROOT/tmp/out"
	for dir in /proc/self/fd/3 /proc/self/fd/20 /proc/thread-self/fd/20 /proc/1/fd/20 \
		/proc/self/fd/20/etc /tmp/out /tmp/out/etc; do
		run -125 urun-probe with-fds urun run -w "$dir" "rootfs:$ROOT" true
		assert_output "urun: working folder '$dir' lies outside of the container"
	done
	run -125 urun-probe with-fds urun run --preserve-fds 18 -w /proc/self/fd/20 \
		"rootfs:$ROOT" true
	assert_output "urun: working folder '/proc/self/fd/20' lies outside of the container"
	# Those of the set-up itself, whatever their numbers are: one may be of the container.
	# shellcheck disable=SC2016 # is for the shell inside
	where='here=$(readlink /proc/self/cwd)
		[ "$(stat -c %d:%i .)" = "$(stat -c %d:%i "$here")" ] && echo inside'
	for fd in $(seq 3 40); do
		for dir in "/proc/self/fd/$fd" "/proc/self/fd/$fd/.."; do
			run urun run -w "$dir" "rootfs:$ROOT" sh -c "$where"
			if [ "$status" = 0 ]; then
				assert_output inside
			else
				assert_contains "urun: working folder '$dir'"
			fi
		done
	done
	rm "$ROOT/tmp/out"
}

@test "a command behind a descriptor of the host's is refused" {
	run -126 urun-probe with-fds urun run "rootfs:$ROOT" /proc/self/fd/20/bin/true
	assert_contains "urun: command '/proc/self/fd/20/bin/true': "
	run -126 urun-probe with-fds urun run "rootfs:$ROOT" proc/self/fd/20/bin/true
	run -126 urun-probe with-fds urun run -e PATH=/proc/self/fd/20/bin "rootfs:$ROOT" true
	run -126 urun run "rootfs:$ROOT" /proc/self/exe
	assert_contains "urun: command '/proc/self/exe': "
}

@test "no interpreter of a script is found behind a descriptor of the host's (CVE-2024-21626)" {
	cp "$URUN_STAGE/bin/urun-probe" "$BATS_FILE_TMPDIR/victim"
	refused() {
		[[ "${lines[-1]}" == "code 12"[67] ]]
		refute_contains "0 1 2"
	}
	for fd in $(seq 3 40); do
		printf '#!/proc/self/fd/%s%s fds\n' "$fd" "$BATS_FILE_TMPDIR/victim" >"$ROOT/tmp/script"
		chmod 755 "$ROOT/tmp/script"
		run -0 with_code urun-probe with-fds urun run "rootfs:$ROOT" /tmp/script
		refused
		# The folder above the root folder, on the host's own mount.
		printf '#!/proc/self/fd/%s/../victim fds\n' "$fd" >"$ROOT/tmp/script"
		run -0 with_code urun run "rootfs:$ROOT" /tmp/script
		refused
	done
	rm "$ROOT/tmp/script"
}

# --- the program of urun -------------------------------------------------------------------

@test "a program that its user owns runs as a sealed copy (CVE-2019-5736)" {
	own_urun
	spawn "rootfs:$ROOT" sleep 60
	[[ "$(readlink "/proc/$launcher/exe")" == "/memfd:urun (deleted)" ]]
	# F_SEAL_SEAL, SHRINK, GROW and WRITE
	run -0 urun-probe seals "/proc/$launcher/exe"
	assert_output f
	# What is only for a debugger is not copied.
	[ "$(stat -L -c %s "/proc/$launcher/exe")" -lt "$(stat -c %s "$OWN/urun")" ]
	# The word that tells the copy where its helpers are is not for the payload.
	run -0 urun run "rootfs:$ROOT" env
	refute_contains URUN
}

@test "a script whose interpreter is the program that starts it changes nothing" {
	own_urun
	before=$(sha256sum "$OWN"/*)
	for link in /proc/self/exe /proc/1/exe /proc/thread-self/exe; do
		for word in "" " run" " --help"; do
			printf '#!%s%s\nexit 0\n' "$link" "$word" >"$ROOT/tmp/script"
			chmod 755 "$ROOT/tmp/script"
			run urun run "rootfs:$ROOT" /tmp/script
			run urun run "rootfs:$ROOT" sh -c '
				/tmp/script >/dev/null 2>&1 &
				urun-probe overwrite 100'
			refute_contains "opened: ok"
			refute_contains wrote
		done
	done
	rm "$ROOT/tmp/script"
	[ "$before" = "$(sha256sum "$OWN"/*)" ]
}

# watched WORD...: runs the words that follow `urun run` twenty times, while the container of
# spawn() runs a command that tells of what it reaches. It has to reach nothing.
watched() {
	wait_until grep -q watching "$BATS_TEST_TMPDIR/out"
	for _ in $(seq $((20 * ROUNDS))); do
		run urun run "$@"
		assert_status 0
	done
	run -0 uniq "$BATS_TEST_TMPDIR/out"
	assert_output watching
	kill -KILL "$launcher"
	wait "$launcher" || true
}

# beside COMMAND: containers join the ids and processes of one that runs the command with the
# right to trace.
beside() {
	for way in --init=false --init; do
		spawn --cap-add SYS_PTRACE --security-opt seccomp=unconfined "rootfs:$ROOT" \
			urun-probe "$1" 600000
		watched --userns "ns:/proc/$payload/ns/user" --pid "ns:/proc/$payload/ns/pid" "$way" \
			"rootfs:$ROOT" true
	done
}

@test "a container cannot look into one that starts in its namespaces (CVE-2016-9962)" {
	beside watch
}

@test "a container that sees the host's processes cannot look into one that starts" {
	for user in 0 1000; do
		spawn --pid host -u $user --cap-add SYS_PTRACE --security-opt seccomp=unconfined \
			"rootfs:$ROOT" urun-probe watch 600000
		watched "rootfs:$ROOT:O" true
	done
}

@test "urun-init of a user's own cannot be written from inside, with every right" {
	own_urun
	before=$(sha256sum "$OWN"/*)
	# Who sees the other container's PID 1 holds its program open until it has ended.
	# shellcheck disable=SC2016 # is for the shell inside
	spawn --privileged "rootfs:$ROOT" sh -c '
		while :; do
			for p in /proc/[0-9]*; do
				[ "$(cat $p/comm 2>/dev/null)" != urun-init ] || break 2
			done
			sleep 0.02
		done
		urun-probe take $p/exe
		exec sleep 60'
	urun run --init --userns "ns:/proc/$payload/ns/user" --pid "ns:/proc/$payload/ns/pid" \
		"rootfs:$ROOT" sleep 60 3>&- &
	other=$!
	wait_until grep -q held "$BATS_TEST_TMPDIR/out"
	kill -TERM $other
	wait $other || true
	wait_until grep -q opened "$BATS_TEST_TMPDIR/out"
	run -0 cat "$BATS_TEST_TMPDIR/out"
	assert_output $'held\nopened: EROFS'
	[ "$before" = "$(sha256sum "$OWN"/*)" ]
}

@test "a container cannot overwrite the program that starts another one beside it" {
	own_urun
	before=$(sha256sum "$OWN"/*)
	beside overwrite
	[ "$before" = "$(sha256sum "$OWN"/*)" ]
}

@test "with --pid host nothing of the launcher can be opened" {
	for way in --init=false --privileged; do
		# shellcheck disable=SC2016 # is for the shell inside
		run -0 urun run --pid host "$way" "rootfs:$ROOT" sh -c \
			'urun-probe open r /proc/$PPID/exe /proc/$PPID/mem /proc/$PPID/environ \
				/proc/$PPID/maps /proc/$PPID/root/etc /proc/$PPID/cwd/. |
				sed "s:/proc/[0-9]*/::"'
		assert_output "$(printf '%s EACCES\n' exe mem environ maps root/etc cwd/.)"
	done
}

@test "the payload can be traced and dumped as any program, urun-init cannot" {
	run -0 urun run "rootfs:$ROOT" urun-probe dumpable
	assert_output 1
	run -0 urun run --init "rootfs:$ROOT" urun-probe dumpable
	assert_output 1
	run -0 urun run --init "rootfs:$ROOT" urun-probe open r \
		/proc/1/exe /proc/1/mem /proc/1/environ /proc/self/exe
	assert_output "$(printf '%s\n' '/proc/1/exe EACCES' '/proc/1/mem EACCES' \
		'/proc/1/environ EACCES' '/proc/self/exe ok')"
}

# --- who one is ----------------------------------------------------------------------------

@test "no ids and groups of the caller's are left" {
	status_of 'Uid|Gid|Groups' "rootfs:$ROOT"
	assert_output $'Uid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nGroups:\t '
	status_of 'Uid|Gid|Groups' -u 1000:100 "rootfs:$ROOT"
	assert_output $'Uid:\t1000\t1000\t1000\t1000\nGid:\t100\t100\t100\t100\nGroups:\t '
	status_of 'Uid|Gid|Groups' -u 1000:100 --group-add 27 --group-add 5 "rootfs:$ROOT"
	assert_output $'Uid:\t1000\t1000\t1000\t1000\nGid:\t100\t100\t100\t100\nGroups:\t5 27 '
}

@test "the capabilities are podman's, and none outlives a change of user" {
	for init in "" --init; do
		# shellcheck disable=SC2086 # none, or one word
		expect_caps $NONE $PODMAN $PODMAN $PODMAN $NONE $init "rootfs:$ROOT"
		# shellcheck disable=SC2086
		expect_caps $NONE $NONE $NONE $PODMAN $NONE $init -u 1000 "rootfs:$ROOT"
	done
	expect_caps $NONE $PODMAN $PODMAN $PODMAN $NONE --security-opt seccomp=unconfined \
		--security-opt no-new-privileges=false "rootfs:$ROOT"
}

@test "host: has no capabilities" {
	expect_caps $NONE $NONE $NONE $NONE $NONE host:
	expect_caps $NONE $NONE $NONE $NONE $NONE -u 1000 host:
}

@test "--cap-add and --cap-drop" {
	expect_caps $NONE $NONE $NONE $NONE $NONE --cap-drop all "rootfs:$ROOT"
	# net_admin (12)
	expect_caps $NONE 00000000800415fb 00000000800415fb 00000000800415fb $NONE \
		--cap-add NET_ADMIN "rootfs:$ROOT"
	# without chown (0) and setfcap (31)
	expect_caps $NONE 00000000000405fa 00000000000405fa 00000000000405fa $NONE \
		--cap-drop CHOWN,cap_setfcap "rootfs:$ROOT"
	expect_caps $NONE 0000000000001000 0000000000001000 0000000000001000 $NONE \
		--cap-drop all --cap-add net_admin "rootfs:$ROOT"
	expect_caps $NONE 0000000000001000 0000000000001000 0000000000001000 $NONE \
		--cap-add CAP_NET_ADMIN host:
	all=$(every_cap)
	expect_caps $NONE "$all" "$all" "$all" $NONE --cap-add all "rootfs:$ROOT"
	expect_caps $NONE "$all" "$all" "$all" $NONE --privileged "rootfs:$ROOT"
	expect_caps $NONE "$all" "$all" "$all" $NONE --privileged host:
	expect_caps $NONE $NONE $NONE "$all" $NONE --privileged -u 1000 "rootfs:$ROOT"
	most=$(printf '%016x' $((0x$all & ~(1 << 21))))
	expect_caps $NONE "$most" "$most" "$most" $NONE --cap-add all --cap-drop SYS_ADMIN \
		"rootfs:$ROOT"
}

@test "a capability that was added reaches another user as an ambient one" {
	added=0000000000000400 # net_bind_service (10)
	expect_caps $added $added $added $PODMAN $added -u 1000 --cap-add NET_BIND_SERVICE \
		"rootfs:$ROOT"
	added=0000000000001000
	expect_caps $added $added $added 00000000800415fb $added -u 1000 --cap-add NET_ADMIN \
		"rootfs:$ROOT"
	expect_caps $added $added $added $added $added -u 1000 --cap-drop all --cap-add NET_ADMIN \
		--init "rootfs:$ROOT"
}

@test "what a capability allows and what it does not" {
	run -0 urun run "rootfs:$ROOT:O" sh -c 'chown 5:5 /tmp && echo changed'
	assert_output changed
	run -1 urun run --cap-drop CHOWN "rootfs:$ROOT:O" sh -c 'chown 5:5 /tmp 2>&1'
	assert_output "chown: /tmp: Operation not permitted"
	run -1 urun run "rootfs:$ROOT" sh -c 'hostname other 2>&1'
	assert_output "hostname: sethostname: Operation not permitted"
	run -0 urun run --cap-add SYS_ADMIN "rootfs:$ROOT" sh -c 'hostname other && hostname'
	assert_output other
}

# As another user, what a copy of id that belongs to root and is set-uid says.
setuid_id() {
	urun run "$@" sh -c 'cp /usr/bin/id /tmp/id && chown 0:0 /tmp/id && chmod 4755 /tmp/id &&
		setpriv --reuid 1000 --regid 1000 --clear-groups /tmp/id -u'
}

@test "no_new_privs is on: set-uid programs give nothing" {
	need_debian
	status_of 'NoNewPrivs' "rootfs:$ROOT"
	assert_output $'NoNewPrivs:\t1'
	status_of 'NoNewPrivs' host:
	assert_output $'NoNewPrivs:\t1'
	status_of 'NoNewPrivs' --privileged "rootfs:$ROOT"
	assert_output $'NoNewPrivs:\t1'
	run -0 setuid_id "rootfs:$DEBIAN:O"
	assert_output 1000
	# The Debian's own.
	run urun run -u 1000 "rootfs:$DEBIAN" passwd -S root
	[ "$status" != 0 ]
	assert_contains "passwd:"
	run urun run -u 33 "rootfs:$DEBIAN" unix_chkpwd root nullok
	[ "$status" != 0 ]
}

@test "--security-opt no-new-privileges=false lets set-uid programs work" {
	need_debian
	for word in no-new-privileges=false no-new-privileges:false; do
		status_of 'NoNewPrivs|Seccomp' --security-opt $word "rootfs:$ROOT"
		assert_output $'NoNewPrivs:\t0\nSeccomp:\t2'
	done
	run -0 setuid_id --security-opt no-new-privileges=false "rootfs:$DEBIAN:O"
	assert_output 0
	# The filter is there all the same, and the bounding set too.
	run -0 urun run --security-opt no-new-privileges=false "rootfs:$ROOT" urun-probe calls mount
	assert_output "mount EPERM"
	run -0 urun run --security-opt no-new-privileges=false --security-opt no-new-privileges \
		"rootfs:$ROOT" grep NoNewPrivs /proc/self/status
	assert_output $'NoNewPrivs:\t1'
}

@test "su from an ordinary user to root works where new privileges are allowed" {
	need_debian
	as_1000() {
		# root's password is made empty, in an overlay.
		urun run "$@" "rootfs:$DEBIAN:O" sh -c '
			passwd -q -d root &&
			exec setpriv --reuid 1000 --regid 1000 --clear-groups su -c "id -u" </dev/null 2>&1'
	}
	run as_1000 --security-opt no-new-privileges=false
	assert_status 0
	assert_output 0
	run as_1000
	[ "$status" != 0 ]
	refute_contains $'\n0'
}

@test "the session keyring is a new one, and empty" {
	run urun-probe with-keyring urun-probe keyring
	[ "$status" = 0 ] || skip_because "no keyrings here: $output"
	# What the caller has, and what the payload has with the same caller.
	# shellcheck disable=SC2016 # is for the shell below
	run -0 urun-probe with-keyring sh -c '
		urun-probe keyring
		exec urun run --security-opt seccomp=unconfined "$@" urun-probe keyring' - "rootfs:$ROOT"
	[[ "${lines[0]}" =~ ^[0-9]+\ 1$ ]]
	[[ "${lines[1]}" =~ ^[0-9]+\ 0$ ]]
	[ "${lines[0]% *}" != "${lines[1]% *}" ]
	# Not the user's, either: two containers have two.
	run -0 urun run --security-opt seccomp=unconfined "rootfs:$ROOT" urun-probe keyring
	first=$output
	run -0 urun run --security-opt seccomp=unconfined "rootfs:$ROOT" urun-probe keyring
	[ "$first" != "$output" ]
}

# --- what the caller left behind -----------------------------------------------------------

@test "signals that the caller ignored and blocked have their defaults inside" {
	run -0 urun-probe with-signals grep -E '^Sig(Blk|Ign):' /proc/self/status
	refute_contains $NONE
	for init in "" --init; do
		# shellcheck disable=SC2086 # none, or one word
		run -0 urun-probe with-signals urun run $init "rootfs:$ROOT" \
			grep -E '^(Sig|Shd)(Pnd|Blk|Ign|Cgt):' /proc/self/status
		assert_output "$(printf '%s:\t'$NONE'\n' SigPnd ShdPnd SigBlk SigIgn SigCgt)"
	done
	need_fuse
	run -0 urun-probe with-signals urun run --storage-driver fuse-overlayfs "rootfs:$ROOT:O" \
		grep -E '^Sig(Blk|Ign):' /proc/self/status
	assert_output "$(printf '%s:\t'$NONE'\n' SigBlk SigIgn)"
}

@test "a caller that ignores SIGCHLD learns the exit code" {
	run -7 urun-probe with-ignored 17 urun run "rootfs:$ROOT" sh -c 'exit 7'
	run -7 urun-probe with-ignored 17 urun run --init "rootfs:$ROOT" sh -c 'exit 7'
}

@test "the umask is 0022, whatever the caller's is" {
	with_umask() {
		umask 077
		urun run "$@"
	}
	run -0 with_umask "rootfs:$ROOT" sh -c umask
	assert_output 0022
	run -0 with_umask --init "rootfs:$ROOT" sh -c umask
	assert_output 0022
	run -0 with_umask --umask 0007 "rootfs:$ROOT:O" sh -c 'umask; touch /tmp/f; stat -c %a /tmp/f'
	assert_output $'0007\n660'
	run -125 urun run --umask 0888 "rootfs:$ROOT" true
	assert_output "urun: --umask: '0888': no octal umask"
}

@test "without -t there is no terminal to be reached" {
	run -0 urun run -i "rootfs:$ROOT" urun-probe tty
	assert_output $'/dev/tty ENXIO\n0 none\n1 none\n2 none'
	# A session of its own: PID 1 leads it.
	# shellcheck disable=SC2016 # is for the shell inside
	run -0 urun run "rootfs:$ROOT" sh -c 'cut -d" " -f5-7 /proc/1/stat'
	assert_output "1 1 0"
}

# --- the filter ----------------------------------------------------------------------------

# Results that the filter makes, by default. Without it the kernel says something else to each
# of the calls, but for those that it does not have.
filtered() {
	cat <<-END
		mount EPERM
		umount2 EPERM
		pivot_root EPERM
		setns EPERM
		unshare-user EPERM
		clone-user EPERM
		clone-mnt EPERM
		clone-plain ok
		clone3 ENOSYS
		open_tree EPERM
		move_mount EPERM
		fsopen EPERM
		fsmount EPERM
		mount_setattr EPERM
		keyctl EPERM
		add_key EPERM
		request_key EPERM
		bpf EPERM
		perf_event_open EPERM
		io_uring_setup EPERM
		io_uring_enter EPERM
		io_uring_register EPERM
		userfaultfd EPERM
		kexec_load EPERM
		init_module EPERM
		open_by_handle_at EPERM
		unknown-1000 ENOSYS
		x32 ENOSYS
		int80 ENOSYS
		socket-alg EAFNOSUPPORT
		socket-alg-dirty EAFNOSUPPORT
		socket-vsock EAFNOSUPPORT
		socket-vsock-dirty EAFNOSUPPORT
		socket-39 EINVAL
		socket-unix ok
		personality-0 ok
		personality-8 ok
		personality-20000 ok
		personality-20008 ok
		personality-ffffffff ok
		personality-40000 ENOSYS
		personality-400000 ENOSYS
		chmod ok
	END
}

# Of those, the ones that this build of the probe has.
expected_calls() {
	run -0 urun-probe calls
	filtered | grep -E "^($(cut -d' ' -f1 <<<"$output" | paste -sd'|')) "
}

@test "the filter: each refused call has its errno" {
	expected=$(expected_calls)
	for way in "" "-u 1000" --init "--cap-drop all" "--security-opt no-new-privileges=false"; do
		# shellcheck disable=SC2086 # none to two words
		run -0 urun run $way "rootfs:$ROOT" urun-probe calls
		[[ "$way" != "-u 1000" ]] || output=${output/chmod EPERM/chmod ok}
		assert_output "$expected" || {
			echo "with '$way'"
			return 1
		}
	done
	run -0 urun run -v "$URUN_STAGE/bin/urun-probe:/tmp/urun-probe" host: /tmp/urun-probe calls
	assert_output "$expected"
}

@test "the same calls without a filter have other results" {
	status_of 'Seccomp' --security-opt seccomp=unconfined "rootfs:$ROOT"
	assert_output $'Seccomp:\t0'
	status_of 'Seccomp' --privileged "rootfs:$ROOT"
	assert_output $'Seccomp:\t0'
	status_of 'Seccomp' "rootfs:$ROOT"
	assert_output $'Seccomp:\t2'
	run -0 urun run --security-opt seccomp=unconfined "rootfs:$ROOT" urun-probe calls
	# What cannot be told apart, or not by every kernel.
	same='pivot_root|move_mount|fsopen|fsmount|bpf|kexec_load|init_module|open_by_handle_at'
	same+='|unknown-1000|x32|int80|io_uring_.*|userfaultfd|.* ok|socket-39'
	while read -r line; do
		if grep -qxF "$line" <<<"$output"; then
			echo "without a filter, too: $line"
			return 1
		fi
	done < <(filtered | grep -vE "^($same)( |$)")
	assert_contains "mount EFAULT"
	assert_contains "unshare-user ok"
	assert_contains "clone-user ok"
}

@test "nothing is pushed into a terminal, by any spelling of the request (CVE-2017-5226)" {
	for way in "" "-u 1000" "--cap-add SYS_ADMIN" "-t"; do
		# shellcheck disable=SC2086 # none to two words
		run -0 urun run $way "rootfs:$ROOT" urun-probe push
		output=${output//$'\r'/}
		assert_output "$(printf '%s EPERM\n' TIOCSTI TIOCSTI-dirty TIOCLINUX TIOCLINUX-dirty
			echo "TIOCGWINSZ ok")"
	done
	run -0 urun run --security-opt seccomp=unconfined "rootfs:$ROOT" urun-probe push
	refute_contains EPERM
}

@test "--cap-add SYS_ADMIN opens the filter for mounts and namespaces, and for nothing else" {
	run -0 urun run --cap-add SYS_ADMIN "rootfs:$ROOT" urun-probe calls mount umount2 setns \
		unshare-user clone-user clone-mnt keyctl add_key io_uring_setup init_module \
		unknown-1000 socket-alg
	assert_output "$(printf '%s\n' "mount EFAULT" "umount2 EINVAL" "setns EBADF" \
		"unshare-user ok" "clone-user ok" "clone-mnt EINVAL" "keyctl EPERM" "add_key EPERM" \
		"io_uring_setup EPERM" "init_module EPERM" "unknown-1000 ENOSYS" \
		"socket-alg EAFNOSUPPORT")"
	run -0 urun run --cap-add SYS_ADMIN "rootfs:$ROOT" sh -c \
		'mount -t tmpfs none /tmp && grep -c " /tmp tmpfs " /proc/mounts'
	assert_output 1
}

# own_profile FILE: chmod is refused by errno 13, all else is allowed.
own_profile() {
	cat >"$1" <<-END
		{"defaultAction": "SCMP_ACT_ALLOW",
		 "syscalls": [{"names": ["chmod"], "action": "SCMP_ACT_ERRNO", "errnoRet": 13}]}
	END
}

@test "--security-opt seccomp=FILE: a profile of one's own" {
	export XDG_CACHE_HOME=$BATS_TEST_TMPDIR/cache
	own_profile "$BATS_TEST_TMPDIR/p.json"
	for _ in compiled cached; do
		run -0 urun run --security-opt "seccomp=$BATS_TEST_TMPDIR/p.json" "rootfs:$ROOT" \
			urun-probe calls chmod keyctl personality-40000
		assert_output $'chmod EACCES\nkeyctl ok\npersonality-40000 ok'
	done
	# What seccomp(2) is told besides.
	sed '1s/{/{"flags": ["SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_TSYNC"], /' \
		"$BATS_TEST_TMPDIR/p.json" >"$BATS_TEST_TMPDIR/flags.json"
	run -0 urun run --security-opt "seccomp=$BATS_TEST_TMPDIR/flags.json" "rootfs:$ROOT" \
		urun-probe calls chmod
	assert_output "chmod EACCES"
	# Another capability, another program; the file itself is not changed.
	run -0 urun run --cap-add NET_ADMIN --security-opt "seccomp=$BATS_TEST_TMPDIR/p.json" \
		"rootfs:$ROOT" urun-probe calls chmod
	assert_output "chmod EACCES"
	# A file that has changed is another profile.
	sed -i 's/13/22/' "$BATS_TEST_TMPDIR/p.json"
	run -0 urun run --security-opt "seccomp=$BATS_TEST_TMPDIR/p.json" "rootfs:$ROOT" \
		urun-probe calls chmod
	assert_output "chmod EINVAL"
}

@test "a profile that is wrong is refused with its file and the place in it" {
	export XDG_CACHE_HOME=$BATS_TEST_TMPDIR/cache
	bad=$BATS_TEST_TMPDIR/bad.json
	refused() {
		echo "$1" >"$bad"
		run -125 urun run --security-opt "seccomp=$bad" "rootfs:$ROOT" true
		assert_contains "$bad"
		assert_contains "$2"
	}
	refused '{"defaultAction": "SCMP_ACT_NONE"}' "defaultAction"
	refused '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["chmod"],
		"action": "SCMP_ACT_ERRNO", "errnoRet": 99999}]}' "syscalls[0].errnoRet"
	refused '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["chmod"],
		"action": "SCMP_ACT_ALLOW"}, {"names": "chmod", "action": "SCMP_ACT_ALLOW"}]}' \
		"syscalls[1].names"
	refused '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["chmod"],
		"action": "SCMP_ACT_ERRNO", "args": [{"index": 6, "value": 1,
		"op": "SCMP_CMP_EQ"}]}]}' "syscalls[0].args[0].index"
	refused '{"defaultAction": "SCMP_ACT_ALLOW", "flags": ["SECCOMP_FILTER_FLAG_LOG",
		"SECCOMP_FILTER_FLAG_OTHER"]}' "flags[1]: unknown flag"
	refused '{"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": "/run/x", "syscalls":
		[{"names": ["mkdir"], "action": "SCMP_ACT_NOTIFY"}]}' \
		"SCMP_ACT_NOTIFY is for an engine's config.json"
	refused 'not json' "line 1"
	run -125 urun run --security-opt "seccomp=$BATS_TEST_TMPDIR/none.json" "rootfs:$ROOT" true
	assert_contains "$BATS_TEST_TMPDIR/none.json"
	assert_contains "No such file or directory"
	# Nothing of them is kept.
	run -0 find "$BATS_TEST_TMPDIR/cache" -type f
	assert_output ""
}

# own_compiler: urun-seccomp notes each of its runs in $BATS_TEST_TMPDIR/runs.
own_compiler() {
	own_urun
	mv "$OWN/urun-seccomp" "$OWN/really"
	cat >"$OWN/urun-seccomp" <<-END
		#!/bin/sh
		echo run >>"$BATS_TEST_TMPDIR/runs"
		exec "$OWN/really" "\$@"
	END
	chmod 755 "$OWN/urun-seccomp"
	own_profile "$BATS_TEST_TMPDIR/p.json"
	export XDG_CACHE_HOME=$BATS_TEST_TMPDIR/cache
	: >"$BATS_TEST_TMPDIR/runs"
}

with_profile() {
	run -0 urun run --security-opt "seccomp=$BATS_TEST_TMPDIR/p.json" "rootfs:$ROOT" \
		urun-probe calls chmod
	assert_output "chmod EACCES"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/runs")" = "$1" ] || {
		echo "urun-seccomp ran $(wc -l <"$BATS_TEST_TMPDIR/runs") times, not $1"
		return 1
	}
}

@test "a profile is compiled once; what is kept belongs to the caller alone" {
	own_compiler
	with_profile 1
	with_profile 1
	with_profile 1
	run -0 find "$XDG_CACHE_HOME" -mindepth 1 -printf '%y %m %u\n'
	assert_output "$(printf '%s\n' "d 700 $(id -un)" "d 700 $(id -un)" "f 600 $(id -un)")"
	touch "$BATS_TEST_TMPDIR/p.json"
	with_profile 2
	# The defaults are built in.
	run -0 urun run "rootfs:$ROOT" true
	run -0 urun run host: true
	[ "$(wc -l <"$BATS_TEST_TMPDIR/runs")" = 2 ]
}

@test "what is kept of a profile and was damaged is made anew" {
	own_compiler
	with_profile 1
	kept=$(find "$XDG_CACHE_HOME" -type f)
	size=$(stat -c %s "$kept")
	cp "$kept" "$BATS_TEST_TMPDIR/good"
	n=1
	# Empty; no whole instruction; less than all of them; more; something else.
	for bytes in 0 13 16 $((size - 8)) $((size + 8)) zero; do
		if [ $bytes = zero ]; then
			head -c "$size" /dev/zero >"$kept"
		else
			truncate -s $bytes "$kept"
		fi
		n=$((n + 1))
		with_profile $n
		with_profile $n
	done
	cmp "$kept" "$BATS_TEST_TMPDIR/good"
}

@test "a cache that cannot be used does without" {
	own_compiler
	: >"$XDG_CACHE_HOME"
	with_profile 1
	with_profile 2
	rm "$XDG_CACHE_HOME"
	# A link where the program is kept is not followed.
	with_profile 3
	kept=$(find "$XDG_CACHE_HOME" -type f)
	mv "$kept" "$BATS_TEST_TMPDIR/elsewhere"
	ln -s "$BATS_TEST_TMPDIR/elsewhere" "$kept"
	with_profile 4
}

@test "a folder for the cache that others may write is not trusted" {
	own_compiler
	with_profile 1
	kept=$(find "$XDG_CACHE_HOME" -type f)
	for mode in 777 722; do
		chmod $mode "$(dirname "$kept")"
		before=$(wc -l <"$BATS_TEST_TMPDIR/runs")
		with_profile $((before + 1))
	done
}
