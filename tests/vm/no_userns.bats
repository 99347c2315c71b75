# SPDX-License-Identifier: Apache-2.0
#
# A host with user.max_user_namespaces=0.

load vm

@test "doctor: 1, and the command that mends it" {
	run -1 --separate-stderr urun doctor
	assert_probe "user namespaces" fail "No space left on device" \
		"no container can run" "sudo sysctl user.max_user_namespaces=65536"
}

@test "run says the same" {
	refused "user.max_user_namespaces"
}
