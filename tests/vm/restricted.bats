# SPDX-License-Identifier: Apache-2.0
#
# A host with AppArmor's restriction of user namespaces, which kernels of Ubuntu have; elsewhere it
# is what looks the same.

load vm

cause="AppArmor restricts unprivileged user namespaces"
mend="sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0; or a profile with 'userns,' for an urun that root installed"

@test "doctor: 1, and the command that mends it" {
	run -1 --separate-stderr urun doctor
	assert_probe "user namespaces" fail "$cause" "no container can run" "$mend"
}

@test "run says the same, of one id and of many" {
	refused "$cause: $mend"
	run -125 --separate-stderr urun run --network none --uidmap 0:0:1 --gidmap 0:0:1 \
		"rootfs:$BUSYBOX" true
	[[ $stderr == *"$cause: $mend" ]]
}
