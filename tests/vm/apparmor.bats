# SPDX-License-Identifier: Apache-2.0
#
# A host where an AppArmor profile takes all capabilities from urun, also those of a user namespace
# that it made itself. This is how Ubuntu's restriction works, but for the sysctl that tells of it.

load vm

@test "the profile is urun's" {
	run -0 aa-exec -p urun-vm -- cat /proc/self/attr/current
	assert_output "urun-vm (enforce)"
}

cause="AppArmor's profile 'urun-vm' confines urun"
mend="sudo dmesg | grep DENIED tells what is to be added to it in /etc/apparmor.d"

@test "doctor: 1, and where to look" {
	run -1 --separate-stderr urun doctor
	assert_probe "user namespaces" fail "$cause" "no container can run" "$mend"
	assert_probe "mounts in user namespaces" fail "not without user namespaces" \
		"no container can run" "see user namespaces"
}

@test "run says where to look" {
	refused "$cause: $mend"
}
