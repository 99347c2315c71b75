# SPDX-License-Identifier: Apache-2.0
#
# A host with kernel.unprivileged_userns_clone=0, which kernels of Debian have.

load vm

@test "doctor: 1, and the command that mends it" {
	run -1 --separate-stderr urun doctor
	assert_probe "user namespaces" fail "Operation not permitted" \
		"no container can run" "sudo sysctl kernel.unprivileged_userns_clone=1"
}

@test "run says where to look" {
	refused "User namespaces are off here" "'urun doctor' tells by what"
}
