# SPDX-License-Identifier: Apache-2.0
#
# A host that delegates cpuset and io, too.

load vm

@test "the session has all controllers" {
	is_session
	[ "$(delegated)" = "cpuset cpu io memory pids" ]
}

@test "doctor is well" {
	run -0 --separate-stderr urun doctor
	[[ $(probe "user bus") == "ok "* ]]
	[ "$(grep -c '^fail' <<<"$output")" = 0 ]
}

@test "containers run" {
	assert_runs
}
