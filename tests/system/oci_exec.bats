#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# oci_exec.bats - urun-oci exec: a further process in a container, as options and documents say

load oci

setup_file() {
	oci_setup_file
}

setup() {
	oci_setup
	SHOW='grep -E "^(Uid|Gid|Groups|Umask|Cap...|NoNewPrivs|Seccomp):" /proc/self/status | tr "\t" " " | sed "s/ *$//"'
	export SHOW
	DOC=$BATS_TEST_TMPDIR/process.json
}

teardown() {
	oci_teardown
}

# Ids up to 1000 inside, and a container that goes on
many_ids() {
	config "for k in ('uid', 'gid'): l[k + 'Mappings'].append({'containerID': 1, 'hostID': int(os.popen('awk -F: -v u=\$(id -un) \\'\$1 == u { print \$2; exit }\\' /etc/sub' + k).read()), 'size': 1000})" "$@"
	up c
}

# process STATEMENT...: $DOC, a process object: p, with sh() as in config()
process() {
	python3 -I -S - "$DOC" "$@" <<'END'
import json, os, sys
p = {'cwd': '/', 'args': ['true'], 'env': ['PATH=/bin'], 'user': {'uid': 0, 'gid': 0}}
def sh(text):
    p['args'] = ['sh', '-c', text, os.environ['MARK']]
for statement in sys.argv[2:]:
    exec(statement)
json.dump(p, open(sys.argv[1], 'w'))
END
}

# --- the plain way ---

@test "exec: input, output, arguments and the code of the command" {
	config
	up c
	run -0 --separate-stderr oci exec c sh -c 'cat; echo err >&2; echo "$1 $2"' x 'a  b' '' <<<in
	assert_output "in
a  b "
	[ "$stderr" = err ]
	run -0 oci exec c true
	run -1 oci exec c false
	run -42 oci exec c sh -c 'exit 42'
	run -137 oci exec c sh -c 'kill -9 $$'
	run -143 oci exec c sh -c 'kill -TERM $$'
	has_status c running
}

@test "exec: all namespaces, the root and the cgroup are those of the first process" {
	config
	up c
	for ns in user mnt pid net ipc uts cgroup; do
		run -0 oci exec c readlink "/proc/self/ns/$ns"
		assert_output "$(readlink "/proc/$pid/ns/$ns")"
	done
	run -0 oci exec c cat /proc/1/cmdline
	[[ $output = sh-c* ]]
	# $$ is not 1, and nobody of the host is its parent.
	run -0 oci exec c sh -c 'echo $PPID; [ $$ != 1 ]'
	assert_output 0
	run -0 oci exec c ls /
	assert_output "$(ls "$ROOT")"
	apart oci exec -d --pid-file "$BATS_TEST_TMPDIR/pid" c sleep 600
	other=$(cat "$BATS_TEST_TMPDIR/pid")
	[ "$(cat "/proc/$other/cgroup")" = "$(cat "/proc/$pid/cgroup")" ]
	[ "$(readlink "/proc/$other/exe")" = /bin/busybox ]
	# It is not the first's child, and ends with it.
	oci kill c KILL
	wait_until is_gone "$other"
}

@test "exec has what config.json's process has, but for the words" {
	many_ids "p['user'] = {'uid': 3, 'gid': 4, 'umask': 0o27, 'additionalGids': [5, 7]}" \
		"p['oomScoreAdj'] = 100" "p['env'] = ['PATH=/bin', 'A=1', 'B=']" "p['cwd'] = '/etc'" \
		"p['rlimits'] = [{'type': 'RLIMIT_NOFILE', 'soft': 50, 'hard': 60}]" \
		"caps(bounding='CHOWN KILL NET_RAW', effective='CHOWN', permitted='CHOWN KILL', inheritable='CHOWN KILL', ambient='CHOWN')"
	run -0 oci exec c sh -c "$SHOW"
	assert_output "Umask: 0027
Uid: 3 3 3 3
Gid: 4 4 4 4
Groups: 5 7
CapInh: 0000000000000021
CapPrm: 0000000000000001
CapEff: 0000000000000001
CapBnd: 0000000000002021
CapAmb: 0000000000000001
NoNewPrivs: 1
Seccomp: 0"
	run -0 oci exec c sh -c 'pwd; cat /proc/self/oom_score_adj; ulimit -Sn; ulimit -Hn; echo "$A<$B>"'
	assert_output "/etc
100
50
60
1<>"
	run -0 oci exec c env
	[ "$(sort <<<"$output")" = "A=1
B=
HOME=/
PATH=/bin" ]
}

@test "CVE-2022-29162: without such sets, inheritable and ambient are empty in run and in exec" {
	config "sh('grep -E ^Cap /proc/self/status')"
	run -0 oci run --bundle "$B" c
	[ "${lines[0]}" = $'CapInh:\t0000000000000000' ]
	[ "${lines[4]}" = $'CapAmb:\t0000000000000000' ]
	[ "${lines[3]}" = $'CapBnd:\t00000000800405fb' ]
	config
	up c
	for flags in "" "-u 0" "--cwd /tmp"; do
		run -0 oci exec $flags c grep -E '^Cap' /proc/self/status
		[ "${lines[0]}" = $'CapInh:\t0000000000000000' ]
		[ "${lines[4]}" = $'CapAmb:\t0000000000000000' ]
	done
	process "sh('grep -E ^Cap /proc/self/status')" \
		"p['capabilities'] = {k: ['CAP_CHOWN'] for k in ('bounding', 'effective', 'permitted')}"
	run -0 oci exec -p "$DOC" c
	assert_output "CapInh:	0000000000000000
CapPrm:	0000000000000001
CapEff:	0000000000000001
CapBnd:	0000000000000001
CapAmb:	0000000000000000"
}

# --- wrong order ---

@test "exec in a created, a stopped and a missing container" {
	config
	create c
	run -1 oci exec c true
	assert_output "urun-oci: cannot exec in container 'c': it is created and not started"
	has_status c created
	oci kill c KILL
	wait_until has_status c stopped
	run -1 oci exec c true
	assert_output "urun-oci: cannot exec in container 'c': container not running, it is stopped"
	oci delete c
	run -1 oci exec c true
	assert_output "urun-oci: container 'c' does not exist: no such file or directory"
}

@test "exec: a command that is not there, or cannot be executed" {
	config
	up c
	for flags in "" -d; do
		run -1 oci exec $flags c nosuch
		assert_output "urun-oci: command 'nosuch': not found in the container's PATH: executable file not found in \$PATH: no such file or directory"
		run -1 oci exec $flags c /nosuch
		assert_contains "no such file or directory"
		run -1 oci exec $flags c /etc
		assert_output "urun-oci: command '/etc': Is a directory: permission denied"
	done
	has_status c running
}

# --- options ---

@test "exec --user, --additional-gids: each spelling" {
	many_ids
	for flag in "--user 5:6" --user=5:6 "-user 5:6" "-u 5:6" -u5:6 -u=5:6; do
		run -0 oci exec $flag c id
		assert_output "uid=5 gid=6"
	done
	run -0 oci exec -u 5 c id
	assert_output "uid=5 gid=0"
	for flag in "--additional-gids 8 --additional-gids 9" "-g 8 -g 9" "-additional-gids=8 -g=9"; do
		run -0 oci exec -u 5:6 $flag c id
		assert_output "uid=5 gid=6 groups=8,9"
	done
	run -0 oci exec -u 1000:1000 c id -u
	assert_output 1000
	run -1 oci exec -u 1001 c id
	assert_contains "user id 1001 is not mapped into the container"
	run -1 oci exec -u 5:1001 c id
	assert_contains "group id 1001 is not mapped into the container"
	run -1 oci exec -g 1001 c id
	assert_contains "group id 1001 is not mapped into the container"
}

@test "CVE-2026-30892: exec --user takes numbers only, whole and in range" {
	config
	up c
	for user in root 0x0 -1 4294967295 4294967296 18446744073709551616 '' ' 0' '0 ' 0: 0:x 0:0:0 :0 +0 0.0 \
		1e3 00000000000000000000000000000000000000000000; do
		run -1 oci exec -u "$user" c id
		assert_output "urun-oci: --user: '$user' is not UID or UID:GID, in digits"
	done
	for gid in root -1 4294967295 '' 0:0; do
		run -1 oci exec -g "$gid" c id
		assert_output "urun-oci: --additional-gids: '$gid' is no group id"
	done
}

@test "exec --cwd: each spelling; what is not there, and is no folder" {
	config
	up c
	for flag in "--cwd /tmp" --cwd=/tmp "-cwd /tmp" -cwd=/tmp; do
		run -0 oci exec $flag c pwd
		assert_output /tmp
	done
	run -1 oci exec --cwd tmp c pwd
	assert_output "urun-oci: --cwd: 'tmp' is no absolute path"
	run -1 oci exec --cwd /nosuch c pwd
	assert_contains "urun-oci: working folder '/nosuch': No such file or directory"
	refute_contains "denied"
	[ ! -e "$ROOT/nosuch" ]
	run -1 oci exec --cwd /bin/sh c pwd
	assert_contains "urun-oci: working folder '/bin/sh': Not a directory"
}

@test "exec --env: adds and replaces, the last wins; nothing of the caller's comes in" {
	config "p['env'] = ['PATH=/bin', 'A=1']"
	up c
	for flag in "--env A=2" --env=A=2 "-env A=2" "-e A=2" -eA=2; do
		run -0 env SECRET=x "$(command -v urun-oci)" --root "$STATE" exec $flag c env
		[ "$(sort <<<"$output")" = "A=2
HOME=/
PATH=/bin" ]
	done
	run -0 oci exec -e B=1 -e B=2 -e C= -e D=a=b c env
	[ "$(sort <<<"$output")" = "A=1
B=2
C=
D=a=b
HOME=/
PATH=/bin" ]
	for pair in A =A ''; do
		run -1 oci exec -e "$pair" c env
		assert_output "urun-oci: --env: '$pair' is not NAME=VALUE"
	done
}

@test "exec --cap, --no-new-privs" {
	config "p['noNewPrivileges'] = False" "caps(bounding='CHOWN', permitted='CHOWN', effective='CHOWN')"
	up c
	run -0 oci exec c sh -c "$SHOW"
	assert_contains "CapPrm: 0000000000000001"
	assert_contains "NoNewPrivs: 0"
	for flag in "--cap CAP_KILL --cap net_raw" "-c KILL -c CAP_NET_RAW" "-cap=kill -c=NET_RAW"; do
		run -0 oci exec $flag c sh -c "$SHOW"
		assert_contains "CapInh: 0000000000002020
CapPrm: 0000000000002021
CapEff: 0000000000002021
CapBnd: 0000000000002021
CapAmb: 0000000000002020"
	done
	for flag in --no-new-privs -no-new-privs --no-new-privs=true; do
		run -0 oci exec $flag c grep NoNewPrivs /proc/self/status
		assert_output $'NoNewPrivs:\t1'
	done
	run -1 oci exec -c CAP_NOSUCH c true
	assert_output "urun-oci: --cap: 'CAP_NOSUCH' is no capability"
}

@test "exec --detach: back when it was executed; --pid-file in each spelling" {
	config
	up c
	file=$BATS_TEST_TMPDIR/pid
	for flags in "--detach --pid-file $file" "-d --pid-file=$file" "-detach -pid-file $file"; do
		rm -f "$file"
		apart oci exec $flags c sleep 603
		[ "$(tr '\0' ' ' <"/proc/$(cat "$file")/cmdline")" = "sleep 603 " ]
		[ "$(awk '/^NSpid/ { print NF }' "/proc/$(cat "$file")/status")" = 3 ]
		run -0 oci ps -f json c
		assert_contains "$(cat "$file")"
	done
	run -1 said exec -d --pid-file /nonexistent/p c sleep 604
	assert_contains "/nonexistent/p"
	refute_contains "denied"
	run -0 oci ps c
	refute_contains "sleep 604"
	# Attached, there is one as well.
	rm "$file"
	run -0 oci exec --pid-file "$file" c sh -c 'awk "/^NSpid/ { print \$NF }" /proc/self/status'
	[ -s "$file" ]
}

@test "exec: a signal for urun-oci is the command's" {
	config
	up c
	urun-oci --root "$STATE" exec c sh -c 'trap "echo got; exit 4" TERM; echo ready; sleep 600 & wait' \
		</dev/null >"$BATS_TEST_TMPDIR/said" 2>&1 3>&- &
	launcher=$!
	wait_until grep -q ready "$BATS_TEST_TMPDIR/said"
	kill -TERM $launcher
	code=0
	wait $launcher || code=$?
	launcher=
	[ $code = 4 ]
	[ "$(cat "$BATS_TEST_TMPDIR/said")" = "ready
got" ]
}

@test "exec: urun-oci killed takes the command with it, and the container goes on" {
	config
	up c
	urun-oci --root "$STATE" exec --pid-file "$BATS_TEST_TMPDIR/pid" c sleep 605 </dev/null >/dev/null 2>&1 3>&- &
	launcher=$!
	wait_until test -s "$BATS_TEST_TMPDIR/pid"
	kill -KILL $launcher
	wait $launcher || true
	launcher=
	wait_until is_gone "$(cat "$BATS_TEST_TMPDIR/pid")"
	has_status c running
}

# --- terminals ---

@test "exec --tty: a terminal of its own, relayed, in each spelling" {
	config
	up c
	for flag in --tty -t -tty --tty=true; do
		run -0 oci exec $flag c sh -c 'tty; test -t 0 && test -t 1 && test -t 2 && echo all' </dev/null
		[[ $output = /dev/pts/[0-9]*all* ]]
	done
	python3 - "$STATE" <<'END'
import sys
from terminal import Terminal
with Terminal('urun-oci', '--root', sys.argv[1], 'exec', '-t', 'c', 'sh', '-c',
              'stty size; read -r w; echo "<$w>"; exit 3', rows=33, cols=77) as t:
    t.expect('33 77')
    t.type('abc\n')
    t.expect('<abc>')
    t.expect_ended(3)
END
	run -1 oci exec -t -d c true
	assert_output "urun-oci: process.terminal: nobody holds a terminal when urun-oci has ended
  Give a socket for it: --console-socket"
	run -1 oci exec --console-socket /x c true
	assert_output "urun-oci: --console-socket: process.terminal is not set, so there is no terminal to send"
	run -1 oci exec -t --console-socket /nonexistent c true
	assert_output "urun-oci: send the terminal to --console-socket '/nonexistent': No such file or directory"
}

@test "exec --console-socket: by the option and by the document, attached and detached" {
	config
	up c
	socket=$BATS_TEST_TMPDIR/socket
	process "p['terminal'] = True" "sh('tty; read -r w; echo \"<\$w>\"')"
	for way in "-t c sh -c" "-d -t c sh -c" "-p $DOC c" "-d -p $DOC c"; do
		rm -f "$socket"
		python3 "$PYTHONPATH/oci_socket.py" console "$socket" $'word\n' >"$BATS_TEST_TMPDIR/console" 2>&1 3>&- &
		receiver=$!
		wait_until test -S "$socket"
		if [[ $way = *-p* ]]; then
			apart oci exec --console-socket "$socket" $way
		else
			apart oci exec --console-socket "$socket" $way 'tty; read -r w; echo "<$w>"'
		fi
		wait $receiver
		grep -q '^/dev/pts/[0-9]*$' "$BATS_TEST_TMPDIR/console"
		grep -q '^<word>$' "$BATS_TEST_TMPDIR/console"
	done
}

@test "exec --pidfd-socket: a pidfd of the new process" {
	config
	up c
	socket=$BATS_TEST_TMPDIR/socket
	python3 "$PYTHONPATH/oci_socket.py" pidfd "$socket" >"$BATS_TEST_TMPDIR/pidfd" 2>&1 3>&- &
	receiver=$!
	wait_until test -S "$socket"
	apart oci exec -d --pidfd-socket "$socket" --pid-file "$BATS_TEST_TMPDIR/pid" c sleep 606
	other=$(cat "$BATS_TEST_TMPDIR/pid")
	kill -KILL "$other"
	wait $receiver
	[ "$(cat "$BATS_TEST_TMPDIR/pidfd")" = "$other
ended" ]
}

# --- documents ---

@test "exec --process: what the document says, and nothing of config.json's process" {
	many_ids "p['env'] = ['PATH=/bin', 'A=1']" "p['oomScoreAdj'] = 100" "p['cwd'] = '/etc'" \
		"p['user']['umask'] = 0o27"
	process "p.update(cwd='/bin', env=['PATH=/bin', 'X=y'], oomScoreAdj=300, noNewPrivileges=True)" \
		"p['user'] = {'uid': 1, 'gid': 2, 'umask': 0o77, 'additionalGids': [3]}" \
		"p['capabilities'] = {k: ['CAP_KILL'] for k in ('bounding', 'permitted', 'effective')}" \
		"p['rlimits'] = [{'type': 'RLIMIT_NOFILE', 'soft': 20, 'hard': 30}]" \
		"sh(os.environ['SHOW'] + '; env | sort; pwd; cat /proc/self/oom_score_adj; ulimit -Sn; ulimit -Hn')"
	expected="Umask: 0077
Uid: 1 1 1 1
Gid: 2 2 2 2
Groups: 3
CapInh: 0000000000000000
CapPrm: 0000000000000000
CapEff: 0000000000000000
CapBnd: 0000000000000020
CapAmb: 0000000000000000
NoNewPrivs: 1
Seccomp: 0
HOME=/
PATH=/bin
PWD=/bin
SHLVL=1
X=y
/bin
300
20
30"
	for flag in "--process $DOC" "--process=$DOC" "-process $DOC" "-p $DOC" "-p$DOC"; do
		run -0 oci exec $flag c
		assert_output "$expected"
	done
	run -0 oci exec -p - c <"$DOC"
	assert_output "$expected"
}

@test "exec --process: documents that are refused name what is wrong" {
	config
	up c
	refuse() {
		process "$1"
		run -1 oci exec -p "$DOC" c
		assert_output "urun-oci: --process: $2"
	}
	refuse "p['user']['uid'] = 'x'" "process.user.uid: expected an integer, got a string"
	refuse "del p['args']" "process.args: a command is needed"
	refuse "p['args'] = []" "process.args: a command is needed"
	refuse "p['cwd'] = 'tmp'" "process.cwd: expected an absolute path"
	refuse "p['env'] = [1]" "process.env[0]: expected a string, got an integer"
	refuse "p['env'] = ['A']" "process.env[0]: expected NAME=VALUE"
	refuse "p['rlimits'] = [{'type': 'RLIMIT_X', 'soft': 1, 'hard': 1}]" "process.rlimits[0].type: no such limit"
	refuse "p = []" "process: expected an object, got an array"
	echo '{' >"$DOC"
	run -1 oci exec -p "$DOC" c
	assert_contains "urun-oci: --process: JSON line 2"
	run -1 oci exec -p /nonexistent c
	assert_output "urun-oci: --process '/nonexistent': No such file or directory"
	run -1 oci exec -p "$DOC" c true
	assert_output "urun-oci: --process says what to execute: no command goes with it"
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	run -1 timeout 10 urun-oci --root "$STATE" exec -p "$BATS_TEST_TMPDIR/fifo" c
	assert_contains "urun-oci: --process '$BATS_TEST_TMPDIR/fifo': "
	has_status c running
}

@test "exec --cgroup where there is none, --apparmor and --process-label without such a module" {
	config
	up c
	if ! grep -q '"cgroup"' "$STATE/c/state.json"; then
		run -1 oci exec --cgroup /x c true
		assert_output "urun-oci: --cgroup '/x': container 'c' has no cgroup of its own"
	fi
	if [ ! -d /sys/kernel/security/apparmor ]; then
		run -1 oci exec --apparmor urun-test c true
		assert_contains "AppArmor"
	fi
	if [ ! -d /sys/fs/selinux ]; then
		run -1 oci exec --process-label a:b:c:d c true
		assert_contains "SELinux"
	fi
	run -0 oci exec --apparmor unconfined c true
}

@test "exec --preserve-fds: so many from 3 on" {
	config
	up c
	run -0 urun-probe with-fds urun-oci --root "$STATE" exec c urun-probe fds
	assert_output "0 1 2"
	for flag in "--preserve-fds 2" --preserve-fds=2 "-preserve-fds 2"; do
		run -0 urun-probe with-fds urun-oci --root "$STATE" exec $flag c urun-probe fds
		assert_output "0 1 2 3 4"
	done
}

@test "what a container's bundle becomes later does not change exec: its config.json was kept" {
	config "p['env'] = ['PATH=/bin', 'A=1']"
	up c
	echo garbage >"$B/config.json"
	run -0 oci exec c sh -c 'echo $A'
	assert_output 1
	rm -r "$B"
	run -0 oci exec c sh -c 'echo $A'
	assert_output 1
	oci delete --force c
}

@test "many at once" {
	config
	up c
	for i in 1 2 3 4 5 6 7 8; do
		oci exec c sh -c "echo $i; exit $i" >"$BATS_TEST_TMPDIR/exec.$i" 2>&1 3>&- &
		execs[i]=$!
	done
	for i in 1 2 3 4 5 6 7 8; do
		code=0
		wait "${execs[i]}" || code=$?
		[ $code = $i ]
		[ "$(cat "$BATS_TEST_TMPDIR/exec.$i")" = $i ]
	done
}
