# SPDX-License-Identifier: Apache-2.0
#
# A host where an AppArmor profile takes all capabilities from urun, also those of a user namespace
# that it made itself. This is how Ubuntu's restriction works, but for the sysctl that tells of it.

load vm

@test "the profile is urun's" {
	run -0 aa-exec -p urun-vm -- cat /proc/self/attr/current
	assert_output "urun-vm (enforce)"
}

@test "doctor: 1, and where to look" {
	run -1 --separate-stderr urun doctor
	[[ $(probe "mounts in user namespaces") == "fail "*"lost: no container can run"*"mend: see the kernel's log: a security module or a container refuses it" ]]
}

@test "run says where to look" {
	refused "'urun doctor' tells by what"
}
