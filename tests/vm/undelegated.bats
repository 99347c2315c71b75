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
	[[ $(probe "cgroup delegation") == "warn cgroup delegation systemd gives "*"lost: no limits "*"mend: sudo mkdir -p /etc/systemd/system/user@.service.d; printf "* ]]
	[[ $(probe "user bus") == "ok "* ]]
	[ "$(grep -c '^fail' <<<"$output")" = 0 ]
}

@test "limits are refused, with the lines that mend it" {
	limits_refused "controller memory, and systemd gives your user only: " \
		$'sudo mkdir -p /etc/systemd/system/user@.service.d\n  printf '
}

@test "containers run" {
	assert_runs
}
