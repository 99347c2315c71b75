# SPDX-License-Identifier: Apache-2.0
#
# Somebody outside answers for calls of the payload: SCMP_ACT_NOTIFY of a document.

load lib
load oci

setup_file() { oci_setup_file; }

setup() {
	oci_setup
	[ "$(uname -m)" = x86_64 ] || skip_because "the agent knows the structures of x86_64"
	SOCKET=$BATS_TEST_TMPDIR/agent
	export SOCKET
	python3 "$BATS_TEST_DIRNAME/oci_agent.py" "$SOCKET" >"$BATS_TEST_TMPDIR/said" 2>&1 3>&- &
	agent=$!
	wait_until test -S "$SOCKET"
	notify="l['seccomp'] = {'defaultAction': 'SCMP_ACT_ALLOW', 'listenerPath': os.environ['SOCKET'],
		'listenerMetadata': 'a word', 'syscalls': [{'names': ['mkdir', 'mkdirat'], 'action': 'SCMP_ACT_NOTIFY'}]}"
}

teardown() {
	[ -z "${agent-}" ] || kill "$agent"
	oci_teardown
}

# said STATUS FIRST: what the agent has heard of a container c
said() {
	printf '{"fds": ["seccompFd"], "metadata": "a word", "ociVersion": "1.2.0", "state": {"bundle": "%s", "id": "c", "ociVersion": "1.2.0", "status": "%s"}}\nalive True first %s 1\nanswered 83\n' \
		"$B" "$1" "$2"
}

heard() { [ "$(grep -c answered "$BATS_TEST_TMPDIR/said")" = "$1" ]; }

@test "the listener is handed on by run, with what is known, and its answer is the call's" {
	for rights in False True; do
		: >"$BATS_TEST_TMPDIR/said"
		run -0 inside "$notify" "p['noNewPrivileges'] = $rights" -- 'mkdir /tmp/x 2>&1; ls -d /tmp/x 2>&1; true'
		assert_contains "mkdir: can't create directory '/tmp/x': File exists"
		assert_contains "ls: /tmp/x: No such file or directory"
		wait_until heard 1
		[ "$(cat "$BATS_TEST_TMPDIR/said")" = "$(said creating True)" ]
	done
}

@test "by start for one that was created, and by exec for its own process" {
	config "$notify" "sh('mkdir /tmp/x; sleep 600 & wait')"
	create c
	[ ! -s "$BATS_TEST_TMPDIR/said" ]
	oci start c
	wait_until heard 1
	[ "$(cat "$BATS_TEST_TMPDIR/said")" = "$(said created True)" ]
	: >"$BATS_TEST_TMPDIR/said"
	run -1 oci exec c mkdir /tmp/x
	assert_contains "File exists"
	[ "$(cat "$BATS_TEST_TMPDIR/said")" = "$(said running False)" ]
}

@test "startContainer hooks are below the filter as well: who listens is asked" {
	hook="c['hooks'] = {'startContainer': [{'path': '/bin/sh', 'args': ['sh', '-c', 'mkdir /tmp/hook; echo as \$? >/tmp/said'], 'env': ['PATH=/bin']}]}"
	for rights in False True; do
		: >"$BATS_TEST_TMPDIR/said"
		run -0 inside "$notify" "$hook" "p['noNewPrivileges'] = $rights" -- 'cat /tmp/said; ls -d /tmp/hook 2>&1; true'
		assert_output "as 1
ls: /tmp/hook: No such file or directory"
		wait_until heard 1
		[ "$(cat "$BATS_TEST_TMPDIR/said")" = "$(said creating True)" ]
	done
	: >"$BATS_TEST_TMPDIR/said"
	config "$notify" "$hook"
	create c
	oci start c
	wait_until heard 1
	[ "$(cat "$BATS_TEST_TMPDIR/said")" = "$(said created True)" ]
	run -0 oci exec c cat /tmp/said
	assert_output "as 1"
}

@test "nobody listens: there is no container" {
	config "$notify" "l['seccomp']['listenerPath'] = '/nonexistent/agent'"
	run -1 oci run --bundle "$B" c
	assert_contains "tell who listens for the container at '/nonexistent/agent'"
	run -1 oci state c
	create c
	run -1 oci start c
	assert_contains "tell who listens for the container at '/nonexistent/agent'"
	wait_until sh -c "urun-oci --root '$STATE' state c | grep -q stopped"
}
