# SPDX-License-Identifier: Apache-2.0
#
# The same containers where system calls are missing (ENOSYS, an old kernel) or refused (EPERM, a
# filter that does not know them). What comes out is compared with the run where nothing is.

load fs

# The parts of what is compared, and what comes out of them when nothing is missing. Their files
# have the names of the file's folder, then of the test's.
parts="commands mounts recursive overlays host hostile"

setup_file() {
	need_busybox
	BATS_TEST_TMPDIR=$BATS_FILE_TMPDIR
	# A call that nobody makes: no_new_privs and a filter are there, too.
	under=(urun-refuse ENOSYS acct)
	for part in $parts; do
		prepare
		"part_$part" >"$BATS_FILE_TMPDIR/expected.$part" 2>&1
	done
	# Each did something.
	grep -qx 'exit code 3' "$BATS_FILE_TMPDIR/expected.commands"
	grep -qx '/m ro,nosuid,nodev,noexec,relatime .*' "$BATS_FILE_TMPDIR/expected.mounts"
	grep -q 'below/deeper/1: Read-only' "$BATS_FILE_TMPDIR/expected.recursive"
	grep -qx new "$BATS_FILE_TMPDIR/expected.overlays"
	grep -qx there "$BATS_FILE_TMPDIR/expected.host"
	grep -q '^/t -> .* 0 $' "$BATS_FILE_TMPDIR/expected.hostile"
	# No difference of the victim.
	[ -z "$(grep '^[<>]' "$BATS_FILE_TMPDIR/expected.hostile")" ]
}

prepare() {
	rm -rf "$BATS_TEST_TMPDIR"/{root,source,victim,hostile}*
	copy_busybox
	source=$BATS_TEST_TMPDIR/source
	export source root
	mkdir -p "$source" "$root/etc/real" "$root/dir/sub" "$root/below"
	echo text >"$source/file"
	printf '%s\n' root:x:0:0::/root:/bin/sh app:x:0:0::/srv/app:/bin/sh >"$root/etc/real/passwd"
	ln -s ../bin/../etc/real/passwd "$root/etc/passwd"
	ln -s /etc/real "$root/to-real"
}

# start ARG...: one container; what it says, and its exit code.
start() {
	local code=0
	# shellcheck disable=SC2086
	"${under[@]}" timeout 20 urun run $single "$@" 2>&1 || code=$?
	[ "$code" = 0 ] || echo "exit code $code"
}

# shellcheck disable=SC2016
part_commands() {
	start "rootfs:$root" sh -c 'id -u; id -g; cat /proc/self/uid_map /proc/self/setgroups; exit 3'
	start -u app "rootfs:$root" sh -c 'echo $HOME'
	start -u nobody "rootfs:$root" true
	start "rootfs:$root" no-such-command
	start "rootfs:$root" /no/such/command
	start "rootfs:$root" /etc/real/passwd
	start "rootfs:$root" /etc
	start "rootfs:$root" /bin/sh/
	start "rootfs:$root" ../bin/echo relative
	start --init "rootfs:$root" sh -c 'echo $$; exit 4'
	start "rootfs:$root" sh -c 'ls /proc/self/fd | wc -l' 8<"$source/file" 9<"$source"
	start "rootfs:$root" sh -c 'kill -9 $$'
}

part_mounts() {
	start -v "$source:/m:ro,noexec" -v "$source/file:/to-real/../file" --tmpfs /tmp:size=1m \
		-v "$source:/shared:rshared" --mount "type=bind,src=$source,dst=/n,suid,bind-nonrecursive" \
		--mount type=devpts,dst=/dev/pts2 --device /dev/null:/dev/extra \
		"rootfs:$root" cat /proc/self/mountinfo | mounts_at "^"
	start -v "$source:/m:ro" "rootfs:$root" sh -c 'cat /m/file; touch /m/new'
	start --security-opt mask=/to-real "rootfs:$root" sh -c 'ls -A /etc/real; cat /proc/keys'
	start --hostname box --add-host a:1.2.3.4 "rootfs:$root" cat /etc/hostname /etc/hosts
	start -v "$source:/no/such/place" "rootfs:$root" ls /no/such/place
	start -v "$source:/proc/sys" "rootfs:$root" true
	start --read-only "rootfs:$root" touch /new
	start "rootfs:$root" sh -c 'cd /dev; for f in *; do stat -c "%N %F %t:%T" $f; done; ls pts'
}

part_recursive() {
	local reach='touch /m/1 /m/below/1 /m/below/deeper/1'
	local -a outer
	outer=("${under[@]}")
	under=(on_host "$nested" "${outer[@]}")
	start -v "$source:/m" "rootfs:$root" sh -c "$reach"
	start -v "$source:/m:ro" "rootfs:$root" sh -c "$reach"
	start -v "$source:/m:ro,noexec" "rootfs:$root" cat /proc/self/mountinfo | mounts_at ^/m
	start -v "$source:/m:exec,dev" "rootfs:$root" cat /proc/self/mountinfo | mounts_at ^/m
	# shellcheck disable=SC2016
	under=(on_host 'mount -t tmpfs -o mode=777,ro,noexec locked "$root/below"' "${outer[@]}")
	start -v "$root/below:/m" "rootfs:$root" cat /proc/self/mountinfo | mounts_at ^/m
	start -v "$root/below:/m:rw,exec" "rootfs:$root" true
	under=("${outer[@]}")
}

part_overlays() {
	start --storage-driver overlay "rootfs:$root:O" sh -c \
		'rm -r /dir; mkdir /dir; ls -A /dir; mv /to-real /moved; echo >/dir/new; ls /dir /etc/real'
	ls "$root/dir"
	start -v "$source:/m:O" "rootfs:$root" sh -c 'rm /m/file; ls -A /m'
	ls "$source"
}

part_host() {
	start host: sh -c \
		'[ -d /usr/bin ] && [ -s /etc/passwd ] && echo there; echo >/usr/new; echo /tmp/*'
	start --read-only host: sh -c 'echo >/usr/new'
}

# shellcheck disable=SC2086
part_hostile() {
	victim=$BATS_TEST_TMPDIR/victim
	for inside in "" inside; do
		rm -rf "$victim" "$BATS_TEST_TMPDIR"/hostile*
		for path in /dev /proc /etc /etc/hosts; do
			hostile "$path" "$victim/dir" $single
			hostile "$path" "../../../../../../../..$victim/dir" $single
		done
		for link in "$victim/dir" /t "/proc/self/root$victim/dir" "/proc/1/cwd/$victim"; do
			hostile /t "$link" $single -v "$victim:/t/a:ro"
			hostile /t "$link" $single -v "$victim/file:/t:ro"
		done
		hostile /etc/passwd "$victim/passwd" $single -u evil
	done
}

as_ever() {
	prepare
	"part_$1" >"$BATS_TEST_TMPDIR/got" 2>&1
	diff "$BATS_FILE_TMPDIR/expected.$1" \
		<(sed "s,$BATS_TEST_TMPDIR,$BATS_FILE_TMPDIR,g" "$BATS_TEST_TMPDIR/got")
}

# refuse_with ERRNO CALLS PART...: nothing changes.
refuse_with() {
	local errno=$1 calls=$2 part
	shift 2
	under=(urun-refuse "$errno" "$calls")
	for part; do
		as_ever "$part" || {
			echo "$part with $errno of $calls"
			return 1
		}
	done
}

refuse() {
	refuse_with ENOSYS "$@"
	refuse_with EPERM "$@"
}

@test "urun-refuse refuses" {
	run -1 urun-refuse EPERM mkdir mkdir "$BATS_TEST_TMPDIR/x"
	assert_contains "Operation not permitted"
	run -1 urun-refuse ENOSYS mkdir,mkdirat mkdir "$BATS_TEST_TMPDIR/x"
	assert_contains "Function not implemented"
}

@test "without openat2" {
	refuse_with ENOSYS openat2 commands mounts recursive overlays host
	refuse_with EPERM openat2 commands hostile
}

@test "without the mount API" {
	refuse open_tree,move_mount,mount_setattr,fsopen,fsmount,fsconfig commands mounts recursive \
		overlays host
}

@test "without open_tree alone" {
	refuse open_tree mounts recursive
}

@test "without move_mount alone" {
	refuse move_mount mounts recursive
}

@test "without mount_setattr alone, as before Linux 5.12" {
	refuse mount_setattr commands mounts recursive
}

@test "without clone3" {
	refuse clone3 commands
}

@test "without close_range" {
	refuse close_range commands
}

@test "without faccessat2" {
	refuse faccessat2 commands host
}

@test "without statx" {
	refuse statx commands mounts host
}

@test "without keyctl" {
	refuse keyctl commands
}

# urun copies itself to memory only where its user could write the file.
@test "without memfd_create: an error where urun is the user's own file, else nothing is missed" {
	[ "$(stat -c %u "$(command -v urun)")" != 0 ] || refuse memfd_create commands
	cp "$(command -v urun)" "$BATS_TEST_TMPDIR/urun"
	# shellcheck disable=SC2086
	run -0 "$BATS_TEST_TMPDIR/urun" run $single "rootfs:$BUSYBOX" echo runs
	assert_output runs
	for one in "ENOSYS:Function not implemented" "EPERM:Operation not permitted"; do
		# shellcheck disable=SC2086
		run -125 urun-refuse "${one%:*}" memfd_create \
			"$BATS_TEST_TMPDIR/urun" run $single "rootfs:$BUSYBOX" echo runs
		assert_output "urun: run a sealed copy of '$BATS_TEST_TMPDIR/urun': ${one#*:}
  A container could overwrite a program that its user owns. Install urun as root (make install), \
or allow executable memory files: sysctl vm.memfd_noexec=0"
	done
}

@test "without any of them" {
	calls=openat2,open_tree,move_mount,mount_setattr,fsopen,fsmount,fsconfig,clone3
	calls=$calls,close_range,faccessat2,statx,keyctl
	refuse_with ENOSYS "$calls" hostile host overlays commands
	refuse_with EPERM "$calls" commands mounts recursive overlays host
}

@test "with fuse-overlayfs: without the mount API, clone3, close_range and keyctl" {
	[ -r /dev/fuse ] && [ -w /dev/fuse ] && [ -x /usr/bin/fuse-overlayfs ] ||
		skip_because "no fuse-overlayfs, or no /dev/fuse for this user"
	copy_busybox
	for errno in ENOSYS EPERM; do
		under=(urun-refuse "$errno"
			open_tree,move_mount,mount_setattr,fsopen,fsmount,fsconfig,clone3,close_range,keyctl)
		run -0 start --storage-driver fuse-overlayfs "rootfs:$root:O" \
			sh -c 'rm -r /bin/sh; mkdir /new; ls -d /new'
		assert_output /new
		[ -e "$root/bin/sh" ] && [ ! -e "$root/new" ]
	done
}

# There is no way to hold a process safely without it: what needs one says so.
@test "without pidfd_open: a container runs, or the error names the reason" {
	need_busybox
	for one in "ENOSYS:Function not implemented" "EPERM:Operation not permitted"; do
		under=(urun-refuse "${one%:*}" pidfd_open)
		run -0 start "rootfs:$BUSYBOX" sh -c 'exit 3'
		[ "$output" = "exit code 3" ] ||
			[[ "$output" == "urun: "*": ${one#*:}"*"exit code 125" ]]
		run -0 start --storage-driver fuse-overlayfs "rootfs:$BUSYBOX:O" true
		[[ "$output" == "urun: "*": ${one#*:}"*"exit code 125" ]]
	done
}

@test "without clone3 there is no time namespace, and the error says so" {
	need_busybox
	[ -e /proc/self/ns/time ] || skip_because "a kernel without time namespaces"
	under=(urun-refuse ENOSYS clone3)
	run -0 start --timens private "rootfs:$BUSYBOX" true
	assert_contains "urun: make the container's namespaces: Operation not supported"
	assert_contains "exit code 125"
}
