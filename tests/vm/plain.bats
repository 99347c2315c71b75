# SPDX-License-Identifier: Apache-2.0
#
# A host as it was installed.

load vm

@test "the session is a real one" {
	is_session
	[ "$(stat -fc %T /sys/fs/cgroup)" = cgroup2fs ]
	[ "$(delegated)" = "cpu memory pids" ]
	[ "$(cat /sys/module/apparmor/parameters/enabled)" = Y ]
	[ -w /dev/fuse ] && [ -w /dev/net/tun ]
	[ ! -w /dev/vda ] && [ ! -r /dev/vdc ] && [ -w "$DATA" ]
}

@test "doctor finds all that containers need" {
	run -0 --separate-stderr urun doctor
	[ -z "$stderr" ]
	for name in "user namespaces" "mounts in user namespaces" "newuidmap, newgidmap" \
		"subordinate ids" "a /proc of its own" "native overlay" /dev/fuse fuse-overlayfs \
		/dev/net/tun slirp4netns pasta "user bus" landlock seccomp "executable memory files"; do
		[[ $(probe "$name") == ok* ]] || {
			echo "$name: $(probe "$name") of $output"
			return 1
		}
	done
}

@test "containers run, with all ids" {
	assert_runs
	run -0 --separate-stderr urun run --network none "rootfs:$DEBIAN" cat /proc/self/uid_map
	[ "$(awk '{ n += $3 } END { print n }' <<<"$output")" = 65537 ]
}

@test "an image runs" {
	run -0 urun run -q --network none "oci:$IMAGE"
	assert_output $'entry: sh -c id -un; pwd; echo "$GREETING"\napp\n/work\nhello world'
}

@test "containers have a network, by either program" {
	for network in slirp4netns pasta; do
		run -0 urun run --network "$network" "rootfs:$BUSYBOX" sh -c 'ls /sys/class/net | wc -l; id -u'
		echo "$network: $output"
		assert_contains 2
	done
}

# Without a root inside, pasta has to look at urun, which the profile of its package forbids.
@test "pasta is refused by its AppArmor profile: the hint says so" {
	run -125 --separate-stderr urun run --network pasta --uidmap 9:0 -u 9:9 "rootfs:$BUSYBOX" id
	[ -z "$output" ]
	[[ ${stderr_lines[0]} == "urun: pasta did not connect the network: Couldn't open user namespace "*": Permission denied" ]]
	[[ ${stderr_lines[1]} == "  AppArmor's profile 'passt' confines pasta, and may be what refuses it: "*"; or --network none" ]]
	[ ${#stderr_lines[@]} = 2 ]
}
