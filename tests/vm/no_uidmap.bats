# SPDX-License-Identifier: Apache-2.0
#
# A host without the package uidmap.

load vm

mend="install the package uidmap (Debian, Ubuntu), shadow-utils (Fedora), shadow (Arch, SUSE) or shadow-uidmap (Alpine)"

@test "doctor says what is lost, and the package that mends it" {
	[ ! -e /usr/bin/newuidmap ]
	run -0 --separate-stderr urun doctor
	assert_probe "newuidmap, newgidmap" warn "not installed" \
		"only one user id inside a container" "$mend"
	assert_probe "subordinate ids" ok "65536 user ids, 65536 group ids"
}

@test "a container runs with one id, and a note says so" {
	run -0 --separate-stderr urun run --network none "rootfs:$BUSYBOX" \
		sh -c 'id -u; cat /proc/self/uid_map'
	[ "${lines[0]}" = 0 ]
	[ "$(awk '{ print $1, $2, $3 }' <<<"${lines[1]}")" = "0 $(id -u) 1" ]
	[[ $stderr == "urun: note: only one user id inside"*newuidmap*uidmap* ]]
	[ "$(wc -l <<<"$stderr")" = 1 ]
}
