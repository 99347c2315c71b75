# SPDX-License-Identifier: Apache-2.0
#
# The release's own kernel.

load vm

# Whether its tmpfs has user.* attributes, which an overlay's upper folder needs.
is_new() {
	[ "$(printf '%s\n6.6\n' "$(uname -r)" | sort -V | head -n 1)" = 6.6 ]
}

@test "the session is a real one" {
	is_session
	[ "$(delegated)" = "cpu memory pids" ]
}

@test "doctor finds all that containers need, and what the kernel is too old for" {
	run -0 --separate-stderr urun doctor
	[ -z "$stderr" ]
	for name in "user namespaces" "mounts in user namespaces" "newuidmap, newgidmap" \
		"subordinate ids" "native overlay" /dev/fuse /dev/net/tun "user bus" landlock; do
		[[ $(probe "$name") == ok* ]] || {
			echo "$name: $(probe "$name") of $output"
			return 1
		}
	done
	is_new || assert_probe "user attributes on tmpfs" warn "Operation not supported" \
		"throw-away overlays need fuse-overlayfs, which is slower" "use Linux 6.6 or later"
}

@test "containers run, with all ids" {
	assert_runs
	run -0 --separate-stderr urun run --network none "rootfs:$DEBIAN" cat /proc/self/uid_map
	[ "$(awk '{ n += $3 } END { print n }' <<<"$output")" = 65537 ]
}

@test "a throw-away overlay works, and one note says why it is the slower one" {
	run -0 --separate-stderr urun run --network none "rootfs:$BUSYBOX:O" \
		sh -c 'echo x >/new; cat /new'
	assert_output x
	[ ! -e "$BUSYBOX/new" ]
	is_new && [ -z "$stderr" ] ||
		[ "$stderr" = "urun: note: fuse-overlayfs instead of the kernel's overlay, slower: overlay over '$BUSYBOX': tmpfs of this kernel stores no user.* attributes (Linux 6.6 does)" ]
}

@test "host: works, and its note is about all of it" {
	run -0 --separate-stderr urun run --network none host: sh -c 'echo x >/media/new; cat /media/new'
	assert_output x
	[ ! -e /media/new ]
	is_new && [ -z "$stderr" ] ||
		[ "$stderr" = "urun: note: fuse-overlayfs instead of the kernel's overlay, slower: overlay over 'host:': tmpfs of this kernel stores no user.* attributes (Linux 6.6 does)" ]
}

@test "a throw-away overlay with the caller's id kept" {
	run -0 --separate-stderr urun run --network none --userns keep-id "rootfs:$BUSYBOX:O" id -u
	assert_output "$(id -u)"
}
