# SPDX-License-Identifier: Apache-2.0
#
# A host that gave the user no subordinate ids.

load vm

mend="sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 $(id -un)"

@test "doctor says what is lost, and the command that mends it" {
	run -0 --separate-stderr urun doctor
	assert_probe "subordinate ids" warn "0 user ids, 0 group ids" \
		"only one user id inside a container" "$mend"
}

@test "a container runs with one id, and a note says so" {
	run -0 --separate-stderr urun run --network none "rootfs:$BUSYBOX" \
		sh -c 'id -u; cat /proc/self/uid_map'
	[ "${lines[0]}" = 0 ]
	[ "$(awk '{ print $1, $2, $3 }' <<<"${lines[1]}")" = "0 $(id -u) 1" ]
	[[ $stderr == "urun: note: only one user id inside"*"to have more: $mend" ]]
	[ "$(wc -l <<<"$stderr")" = 1 ]
}
