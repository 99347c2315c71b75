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
}

@test "containers run" {
	assert_runs
}
