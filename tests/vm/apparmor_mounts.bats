# SPDX-License-Identifier: Apache-2.0
#
# A host where an AppArmor profile lets urun make user namespaces, and mount nothing in them.

load vm

cause="AppArmor's profile 'urun-vm' confines urun"
mend="sudo dmesg | grep DENIED tells what is to be added to it in /etc/apparmor.d"

@test "doctor: 1, and where to look" {
	run -1 --separate-stderr urun doctor
	assert_probe "user namespaces" ok "can be made"
	assert_probe "mounts in user namespaces" fail "$cause" "no container can run" "$mend"
	assert_probe "a /proc of its own" warn "not without mounts in user namespaces" \
		"containers run only with --pid host" "see mounts in user namespaces"
}

@test "run says where to look, of many ids and of one" {
	refused "Permission denied" "$cause: $mend"
	run -125 --separate-stderr urun run --network none --uidmap 0:0:1 --gidmap 0:0:1 \
		"rootfs:$BUSYBOX" true
	[[ $stderr == *"$cause: $mend" ]]
}
