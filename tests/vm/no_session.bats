# SPDX-License-Identifier: Apache-2.0
#
# A host whose user did not log in: started by a service, without XDG_RUNTIME_DIR.

load vm

@test "doctor says what is lost, and the command that mends it" {
	[ -z "${XDG_RUNTIME_DIR:-}" ]
	run -0 --separate-stderr urun doctor
	assert_probe "user bus" warn "no XDG_RUNTIME_DIR" \
		"systemd cannot be asked for a scope with limits" \
		"log in through a session, or: sudo loginctl enable-linger $(id -un)"
	assert_probe "cgroup delegation" warn "the caller's own cgroup cannot be written" \
		"no limits on memory, CPU and processes" \
		"log in through a session, or: sudo loginctl enable-linger $(id -un)"
}

@test "limits are refused, with the command that mends it" {
	limits_refused "controller memory of your user's systemd, and that does not run" \
		"sudo loginctl enable-linger $(id -un)"
}

@test "containers run" {
	assert_runs
}
