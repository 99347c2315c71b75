#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# oci_hooks.bats - hooks of urun-oci: when they run, what they are given, and what their failure does

load oci

KINDS="prestart createRuntime createContainer startContainer poststart poststop"

setup_file() {
	oci_setup_file
}

setup() {
	oci_setup
	# The same folder inside and outside.
	export LOG=$BATS_TEST_TMPDIR/log
	mkdir "$LOG"
	ln -sfn /bin/busybox "$ROOT/bin/sh"
	# hook(KIND, COMMAND, ...): one more, a shell's command
	export HOOK="
def hook(kind, command, **more):
    h = {'path': '/bin/sh', 'args': ['sh', '-c', command]}
    h.update(more)
    c.setdefault('hooks', {}).setdefault(kind, []).append(h)
mount(os.environ['LOG'], 'bind', os.environ['LOG'], 'rbind')
kinds = '$KINDS'.split()
log = os.environ['LOG']"
}

teardown() {
	oci_teardown
}

with_hooks() {
	config "exec(os.environ['HOOK'], globals())" "$@"
}

@test "order: each kind at its time, each list in its order" {
	with_hooks "sh('echo payload >>%s/order; sleep 600 & wait' % log)" \
		"for k in kinds: hook(k, 'echo %s 1 >>%s/order' % (k, log)); hook(k, 'echo %s 2 >>%s/order' % (k, log))"
	create c
	run -0 cat "$LOG/order"
	assert_output "prestart 1
prestart 2
createRuntime 1
createRuntime 2
createContainer 1
createContainer 2"
	oci start c
	wait_until grep -q payload "$LOG/order"
	run -0 sed -n '7,8p' "$LOG/order"
	assert_output "startContainer 1
startContainer 2"
	# poststart and the payload run side by side.
	run -0 eval "sed -n '9,\$p' '$LOG/order' | sort"
	assert_output "payload
poststart 1
poststart 2"
	oci delete --force c
	run -0 tail -n 2 "$LOG/order"
	assert_output "poststop 1
poststop 2"
	[ "$(wc -l <"$LOG/order")" = 13 ]
}

@test "run has all of them, detached too" {
	with_hooks "sh('echo payload >>%s/order' % log)" \
		"for k in kinds: hook(k, 'echo %s >>%s/order' % (k, log))"
	oci run --bundle "$B" c
	run -0 eval "grep -v payload '$LOG/order'"
	[ "${lines[*]}" = "$KINDS" ]
	rm "$LOG/order"
	detached c
	wait_until has_status c stopped
	oci delete c
	run -0 eval "grep -v payload '$LOG/order'"
	[ "${lines[*]}" = "$KINDS" ]
	nothing_is_left
}

@test "each is given the state on its standard input: id, status, bundle, annotations and the host's pid" {
	with_hooks "c['annotations'] = {'a': 'b'}" "for k in kinds: hook(k, 'cat >%s/%s' % (log, k))"
	create c
	pid=$(pid_in c)
	oci start c
	oci delete --force c
	for kind in $KINDS; do
		case $kind in
		startContainer) seen='"created", '$pid ;;
		poststart) seen='"running", '$pid ;;
		poststop) seen='"stopped", null' ;;
		*) seen='"creating", '$pid ;;
		esac
		run -0 json "[d['ociVersion'], d['id'], d['status'], d.get('pid'), d['bundle'], d['annotations'], len(d)]" \
			<"$LOG/$kind"
		n=6
		[ $kind != poststop ] || n=5
		assert_output "[\"1.2.0\", \"c\", $seen, \"$B\", {\"a\": \"b\"}, $n]"
	done
}

@test "the environment is what was given, and args[0] is what was given" {
	with_hooks "def copy(k, name, more): c.setdefault('hooks', {}).setdefault(k, []).append({'path': '/bin/busybox', 'args': ['cp', '/proc/self/' + name, '%s/%s.%s' % (log, k, name)], **more})" \
		"for k in kinds: copy(k, 'environ', {'env': ['A=1', 'B=']}); copy(k, 'cmdline', {})"
	create c
	oci start c
	oci delete --force c
	for kind in $KINDS; do
		run -0 tr '\0' ' ' <"$LOG/$kind.environ"
		assert_output "A=1 B= "
		run -0 tr '\0' ' ' <"$LOG/$kind.cmdline"
		assert_output "cp /proc/self/cmdline $LOG/$kind.cmdline "
	done
	with_hooks "sh('true')" "for k in kinds: c.setdefault('hooks', {})[k] = [{'path': '/bin/busybox', 'args': ['cp', '/proc/self/environ', '%s/%s.none' % (log, k)]}]"
	SECRET=x oci run --bundle "$B" c
	for kind in $KINDS; do
		[ -f "$LOG/$kind.none" ] && [ ! -s "$LOG/$kind.none" ]
	done
}

@test "without args the path is all there is" {
	printf '#!/bin/sh\necho "$# $0" >%s/args\n' "$LOG" >"$BATS_TEST_TMPDIR/script"
	chmod +x "$BATS_TEST_TMPDIR/script"
	with_hooks "c['hooks'] = {'createRuntime': [{'path': os.environ['BATS_TEST_TMPDIR'] + '/script'}]}"
	create c
	[ "$(cat "$LOG/args")" = "0 $BATS_TEST_TMPDIR/script" ]
}

@test "where: prestart, createRuntime, poststart and poststop on the host, createContainer in its mount namespace, startContainer inside" {
	with_hooks "for k in kinds: hook(k, 'readlink /proc/self/ns/mnt >%s/%s; readlink /proc/self/ns/pid >>%s/%s; cat /etc/hostname >/dev/null 2>&1; ls -d %s >>%s/%s 2>&1; true' % (log, k, log, k, os.environ['ROOT'], log, k))"
	up c
	inner_mnt=$(readlink "/proc/$pid/ns/mnt")
	inner_pid=$(readlink "/proc/$pid/ns/pid")
	oci delete --force c
	own_mnt=$(readlink /proc/self/ns/mnt)
	own_pid=$(readlink /proc/self/ns/pid)
	for kind in prestart createRuntime poststart poststop; do
		run -0 cat "$LOG/$kind"
		assert_output "$own_mnt
$own_pid
$ROOT"
	done
	run -0 cat "$LOG/createContainer"
	[ "${lines[0]}" = "$inner_mnt" ]
	# Its path is the host's.
	[ "${lines[2]}" = "$ROOT" ]
	run -0 cat "$LOG/startContainer"
	[ "${lines[0]}" = "$inner_mnt" ]
	[ "${lines[1]}" = "$inner_pid" ]
	[ "${lines[2]}" != "$ROOT" ]
}

@test "a failure of prestart, createRuntime or createContainer: no container, poststop, nothing is left" {
	for kind in prestart createRuntime createContainer; do
		rm -f "$LOG"/*
		with_hooks "hook('$kind', 'echo first; echo second >&2; exit 3')" \
			"for k in kinds: hook(k, 'echo %s >>%s/order' % (k, log))" "sh('echo payload >>%s/order' % log)"
		run -1 said create --bundle "$B" --pid-file "$BATS_TEST_TMPDIR/pid" c
		assert_output "urun-oci: hook $kind '/bin/sh': exit code 3: first"
		nothing_is_left
		run -0 cat "$LOG/order"
		case $kind in
		prestart) assert_output poststop ;;
		createRuntime) assert_output "prestart
poststop" ;;
		createContainer) assert_output "prestart
createRuntime
poststop" ;;
		esac
		for flags in "" -d; do
			run -1 said run $flags --bundle "$B" c
			assert_output "urun-oci: hook $kind '/bin/sh': exit code 3: first"
			nothing_is_left
		done
	done
	run -1 grep payload "$LOG/order"
}

@test "a failure of startContainer: start fails, the payload does not run, the container is stopped" {
	with_hooks "hook('startContainer', 'echo no; exit 3')" \
		"for k in ('poststart', 'poststop'): hook(k, 'echo %s >>%s/order' % (k, log))" \
		"sh('echo payload >>%s/order' % log)"
	create c
	pid=$(pid_in c)
	run -1 oci start c
	assert_output "urun-oci: hook startContainer '/bin/sh': exit code 3: no"
	wait_until has_status c stopped
	wait_until is_gone "$pid"
	run -0 oci delete c
	[ "$(cat "$LOG/order")" = poststop ]
	nothing_is_left
	run -1 oci run --bundle "$B" c
	assert_output "urun-oci: hook startContainer '/bin/sh': exit code 3: no"
	nothing_is_left
}

@test "a start that failed leaves it stopped at once, for state and for delete" {
	# Its first process is gone when all of these are.
	with_hooks "hook('startContainer', 'for i in \$(seq 300); do sleep 600 & done; exit 3')"
	for _ in $(seq 5); do
		create c
		run -1 oci start c
		[ "$(field c status)" = stopped ]
		oci delete c
	done
}

@test "a failure of poststart or poststop is a warning, the further ones run, and the log has it" {
	with_hooks "for k in ('poststart', 'poststop'): hook(k, 'echo no; exit 3'); hook(k, 'echo %s >>%s/order' % (k, log))"
	create c
	run -0 oci --log "$BATS_TEST_TMPDIR/json" --log-format json start c
	assert_output ""
	run -0 json "[d['level'], d['msg']]" <"$BATS_TEST_TMPDIR/json"
	assert_output '["warning", "hook poststart '"'/bin/sh'"': exit code 3: no"]'
	has_status c running
	run -0 oci delete --force c
	assert_output "urun-oci: note: hook poststop '/bin/sh': exit code 3: no"
	[ "$(cat "$LOG/order")" = "poststart
poststop" ]
	nothing_is_left
	with_hooks "for k in ('poststart', 'poststop'): hook(k, 'exit 3')" "sh('exit 5')"
	run -5 oci run --bundle "$B" c
	assert_contains "hook poststart '/bin/sh': exit code 3"
	assert_contains "hook poststop '/bin/sh': exit code 3"
}

@test "a hook that is killed, is not there, or cannot be executed" {
	with_hooks "hook('createRuntime', 'kill -9 \$\$')"
	run -1 said create --bundle "$B" c
	assert_contains "urun-oci: hook createRuntime '/bin/sh': exit code 137"
	for kind in prestart createRuntime createContainer; do
		with_hooks "c['hooks'] = {'$kind': [{'path': '/nosuch'}]}"
		run -1 said create --bundle "$B" c
		assert_output "urun-oci: execute hook $kind '/nosuch': No such file or directory"
		with_hooks "c['hooks'] = {'$kind': [{'path': '/etc/passwd'}]}"
		run -1 said create --bundle "$B" c
		assert_output "urun-oci: execute hook $kind '/etc/passwd': Permission denied"
	done
	# One of the container's is looked for there.
	with_hooks "c['hooks'] = {'startContainer': [{'path': '/bin/only-inside'}]}"
	create c
	run -1 oci start c
	assert_output "urun-oci: execute hook startContainer '/bin/only-inside': No such file or directory"
	oci delete c
	nothing_is_left
}

@test "timeout: it is killed after that time, and counts as failed" {
	with_hooks "hook('createRuntime', 'exec sleep 600', timeout=1)"
	SECONDS=0
	run -1 said create --bundle "$B" c
	assert_output "urun-oci: hook createRuntime '/bin/sh': it did not end within 1 second"
	[ $SECONDS -lt 10 ]
	nothing_is_left
	with_hooks "hook('poststop', 'exec sleep 600', timeout=1)" "hook('startContainer', 'exec sleep 600', timeout=1)"
	create c
	run -1 oci start c
	assert_output "urun-oci: hook startContainer '/bin/sh': it did not end within 1 second"
	run -0 oci delete c
	assert_output "urun-oci: note: hook poststop '/bin/sh': it did not end within 1 second"
	nothing_is_left
	# With all that it has started.
	with_hooks "hook('createRuntime', 'sleep 7331.25 & sleep 7331.25', timeout=1)"
	run -1 said create --bundle "$B" c
	run -1 pgrep -fx 'sleep 7331.25'
	# In time is no failure.
	with_hooks "hook('createRuntime', 'exit 0', timeout=30)"
	create c
}

@test "hooks of the host's side reach the container's namespaces by the number that they are told" {
	command -v nsenter >/dev/null || skip_because "no nsenter"
	with_hooks "hook('createRuntime', 'pid=\$(grep -o pid.:[0-9]* | tr -dc 0-9); nsenter --target \$pid --user --uts --preserve-credentials hostname >&2; exit 3')"
	run -1 said create --bundle "$B" c
	assert_output "urun-oci: hook createRuntime '/bin/sh': exit code 3: urun"
}

@test "a hook that does not read, writes much, or leaves a child behind holds nobody up" {
	with_hooks "hook('createRuntime', 'exec 0<&-; yes | head -c 1000000; sleep 3077 & exit 0')"
	SECONDS=0
	create c
	[ $SECONDS -lt 20 ]
	pkill -x -u "$(id -u)" -f 'sleep 3077' || true
}

@test "a hook can ask for the state, and list; it finds the container creating" {
	with_hooks "hook('createRuntime', '%s --root %s state c >%s/state; %s --root %s list -q >%s/list' % ((os.popen('command -v urun-oci').read().strip(), os.environ['STATE'], log) * 2), env=['PATH=/bin'])"
	run -0 create c
	run -0 json "[d['id'], d['status'], d['pid']]" <"$LOG/state"
	assert_output '["c", "creating", 0]'
	[ "$(cat "$LOG/list")" = c ]
	has_status c created
}

@test "documents that are refused" {
	refuse() {
		with_hooks "$1"
		run -1 said create --bundle "$B" c
		assert_output "urun-oci: $B/config.json: hooks.$2"
	}
	refuse "c['hooks'] = {'prestart': [{'path': 'sh'}]}" "prestart[0].path: expected an absolute path"
	refuse "c['hooks'] = {'prestart': [{}]}" "prestart[0].path: a path is needed"
	refuse "c['hooks'] = {'poststop': [{'path': '/bin/sh', 'timeout': 0}]}" "poststop[0].timeout: 0 seconds: at least one"
	refuse "c['hooks'] = {'poststop': [{'path': '/bin/sh', 'timeout': -1}]}" "poststop[0].timeout: -1 is not between 0 and 2147483647"
	refuse "c['hooks'] = {'prestart': {'path': '/bin/sh'}}" "prestart: expected an array, got an object"
	refuse "c['hooks'] = {'prestart': [{'path': '/bin/sh', 'env': ['X']}]}" "prestart[0].env[0]: expected NAME=VALUE"
	refuse "c['hooks'] = {'startContainer': [{'path': '/bin/sh', 'args': 'x'}]}" "startContainer[0].args: expected an array, got a string"
	nothing_is_left
}
