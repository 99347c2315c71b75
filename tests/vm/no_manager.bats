# SPDX-License-Identifier: Apache-2.0
#
# A host whose user@.service has Delegate=no: the user's manager cannot start there.

load vm

@test "doctor says what is lost" {
	[ -n "$XDG_RUNTIME_DIR" ] && [ ! -e "$XDG_RUNTIME_DIR/bus" ]
	run -0 --separate-stderr urun doctor
	[[ $(probe "user bus") == *"lost: systemd cannot be asked for a scope with limits"*"mend: "* ]]
	[[ $(probe "cgroup delegation") == *"lost: no limits on memory, CPU and processes"*"mend: "* ]]
}

@test "limits are refused, with the command that mends it" {
	limits_refused "controller memory of your user's systemd, and that does not run" \
		"sudo loginctl enable-linger $(id -un)"
}

@test "containers run" {
	assert_runs
}
