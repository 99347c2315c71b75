# SPDX-License-Identifier: Apache-2.0
#
# A host whose user@.service has Delegate= without a controller.

load vm

@test "the session has no controller" {
	is_session
	[[ $(delegated) != *cpu* && $(delegated) != *memory* ]]
}

@test "doctor says what is lost, and all else is well" {
	run -0 --separate-stderr urun doctor
	[[ $(probe "cgroup delegation") == *"lost: no limits on memory, CPU and processes"*"mend: "* ]]
	[[ $(probe "user bus") == "ok "* ]]
	[ "$(grep -c '^fail' <<<"$output")" = 0 ]
}

@test "containers run" {
	assert_runs
}
