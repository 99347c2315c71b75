# SPDX-License-Identifier: Apache-2.0
#
# A host with AppArmor's restriction of user namespaces, which kernels of Ubuntu have.

load vm

setup() {
	[ -e /proc/sys/kernel/apparmor_restrict_unprivileged_userns ] ||
		skip "kernel $(uname -r) has no apparmor_restrict_unprivileged_userns"
}

@test "doctor: 1, and the command that mends it" {
	run -1 --separate-stderr urun doctor
	assert_probe "mounts in user namespaces" fail \
		"AppArmor restricts unprivileged user namespaces" "no container can run" \
		"sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0"
}

@test "run says the same" {
	refused apparmor_restrict_unprivileged_userns
}
