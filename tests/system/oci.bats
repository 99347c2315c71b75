#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# oci.bats - urun-oci's commands and flags, as engines call them

load oci

setup_file() {
	oci_setup_file
}

setup() {
	oci_setup
}

teardown() {
	oci_teardown
}

# --- the command line ---

@test "without a command, with one that is unknown, with --help and --version" {
	run -1 urun-oci
	assert_output "urun-oci: no command
  See 'urun-oci --help'"
	run -1 urun-oci nosuch
	assert_output "urun-oci: unknown command 'nosuch'
  See 'urun-oci --help'"
	for flag in --help -help help; do
		run -0 urun-oci $flag
		assert_contains "Usage: urun-oci [OPTIONS] COMMAND [OPTIONS] [ARG...]"
		for command in create start state kill delete run exec list ps spec update pause \
			resume events features checkpoint restore; do
			assert_contains "
  $command "
		done
	done
	for flag in --version -version -v; do
		run -0 urun-oci $flag
		[ "${lines[0]}" = "urun-oci version $(urun --version | awk '{ print $NF; exit }')" ]
		[[ "${lines[1]}" = "spec: 1."* ]]
		[[ "${lines[2]}" = *"+SECCOMP"* ]]
	done
}

@test "--help of each command is its own, and needs no state" {
	for command in create start state kill delete run exec list ps spec update pause resume \
		events features checkpoint restore; do
		run -0 env -u XDG_RUNTIME_DIR urun-oci $command --help
		[[ "${lines[0]}" = "Usage: urun-oci $command "* ]]
	done
}

@test "an unknown flag, a missing value, a word too many" {
	run -1 urun-oci --bogus list
	assert_output "urun-oci: unknown flag: --bogus
  See 'urun-oci --help'"
	run -1 urun-oci create --bogus=secret c
	assert_output "urun-oci: unknown flag: --bogus
  See 'urun-oci create --help'"
	run -1 urun-oci create --bundle
	assert_output "urun-oci: flag needs an argument: --bundle DIR
  See 'urun-oci create --help'"
	run -1 said create --bundle= c
	assert_output "urun-oci: --bundle: an empty path"
	for command in create run start state delete pause resume ps events update checkpoint restore; do
		run -1 oci $command
		assert_output "urun-oci: 'urun-oci $command': which container?
  See 'urun-oci $command --help'"
		run -1 oci $command c d
		assert_output "urun-oci: 'urun-oci $command' takes one container, not 'd' as well
  See 'urun-oci $command --help'"
	done
	for command in list spec features; do
		run -1 oci $command c
		assert_output "urun-oci: 'urun-oci $command' takes no word 'c'
  See 'urun-oci $command --help'"
	done
	run -1 oci kill
	assert_contains "urun-oci: 'urun-oci kill': a container, and a signal"
	run -1 oci kill c KILL d
	assert_contains "urun-oci: 'urun-oci kill': a container, and a signal"
	run -1 oci exec
	assert_output "urun-oci: 'urun-oci exec': which container?"
	run -1 oci exec c
	assert_output "urun-oci: 'urun-oci exec': no command"
}

@test "a flag with a value is written in each of the seven ways" {
	config
	# shellcheck disable=SC2086
	for flag in "--bundle=$B" "--bundle $B" "-bundle=$B" "-bundle $B" "-b $B" "-b$B" "-b=$B"; do
		apart oci create $flag c
		run -0 field c bundle
		assert_output "$B"
		oci delete --force c
	done
	# The folder it stands in is the default, and a relative one is relative to that.
	cd "$B"
	apart oci create c
	run -0 field c bundle
	assert_output "$B"
	cd ..
	apart oci create -b bundle d
	run -0 field d bundle
	assert_output "$B"
}

@test "a flag without a value is written in each of the seven ways" {
	config "sh('exit 3')"
	for flag in --detach -detach --detach=true -detach=true -d -d=true --detach=1; do
		apart oci run $flag --bundle "$B" c
		wait_until has_status c stopped
		oci delete c
	done
	for flag in --detach=false -detach=false -d=false --detach=0; do
		run -3 oci run $flag --bundle "$B" c
	done
	run -1 oci run --detach=perhaps --bundle "$B" c
	assert_output "urun-oci: --detach: 'perhaps' is neither true nor false"
	nothing_is_left
}

@test "flags may stand behind the id, but what follows exec's belongs to the command" {
	config
	apart oci create c --bundle "$B" -pid-file "$BATS_TEST_TMPDIR/pid"
	oci start c
	[ "$(cat "$BATS_TEST_TMPDIR/pid")" = "$(pid_in c)" ]
	run -0 oci exec c echo --cwd /tmp -e
	assert_output "--cwd /tmp -e"
	run -0 oci exec -- c echo -x
	assert_output "-x"
	run -0 oci delete c -f
	assert_output ""
}

@test "--root in each spelling, relative too; without one it is below XDG_RUNTIME_DIR" {
	config
	create c
	for flag in "--root=$STATE" "--root $STATE" "-root=$STATE" "-root $STATE"; do
		run -0 urun-oci $flag list -q
		assert_output c
	done
	cd "$BATS_TEST_TMPDIR"
	run -0 urun-oci --root state list -q
	assert_output c
	run -0 env XDG_RUNTIME_DIR="$BATS_TEST_TMPDIR/run" urun-oci list -q
	assert_output ""
	# Whoever only looks makes nothing.
	for command in list "state c" "ps c" "kill c" "start c" "delete --force c" "pause c" "events --stats c"; do
		run env XDG_RUNTIME_DIR="$BATS_TEST_TMPDIR/run" urun-oci $command
	done
	[ ! -e "$BATS_TEST_TMPDIR/run" ]
	run -1 env XDG_RUNTIME_DIR="$BATS_TEST_TMPDIR/run" urun-oci state c
	assert_output "urun-oci: container 'c' does not exist: no such file or directory"
	XDG_RUNTIME_DIR="$BATS_TEST_TMPDIR/run" apart urun-oci create --bundle "$B" d
	run -0 stat -c '%a %U' "$BATS_TEST_TMPDIR/run/urun/oci"
	assert_output "700 $(id -un)"
	XDG_RUNTIME_DIR="$BATS_TEST_TMPDIR/run" urun-oci delete --force d
	run -1 urun-oci --root= list
	assert_output "urun-oci: --root: an empty path"
	run -1 env -u XDG_RUNTIME_DIR urun-oci list
	assert_output "urun-oci: no folder for the state of containers: XDG_RUNTIME_DIR is not set
  Set it to a folder of your own with mode 0700, or give one with --root"
}

@test "neither HOME nor any other variable is needed but PATH and XDG_RUNTIME_DIR" {
	config "sh('echo ok')"
	run -0 env -i PATH="$PATH" XDG_RUNTIME_DIR="$BATS_TEST_TMPDIR" urun-oci run --bundle "$B" c
	assert_output ok
}

# --- what is said, and where ---

@test "--log-format json: a line of JSON with msg, level and time for each failure, appended" {
	log=$BATS_TEST_TMPDIR/log
	for flags in "--log=$log --log-format=json" "--log $log --log-format json" \
		"-log file:$log -log-format json"; do
		run -1 oci $flags state nosuch
		assert_output "urun-oci: container 'nosuch' does not exist: no such file or directory"
	done
	[ "$(wc -l <"$log")" = 3 ]
	while read -r line; do
		run -0 json "[d['level'], d['msg'], sorted(d)]" <<<"$line"
		assert_output '["error", "container '"'nosuch'"' does not exist: no such file or directory", ["level", "msg", "time"]]'
		run -0 json "d['time']" <<<"$line"
		[[ "$output" =~ ^20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-9:.]+(Z|[+-][0-9:]+)$ ]]
	done <"$log"
	[ "$(stat -c %a "$log")" = 600 ]
}

@test "the hint stands in the log's one line, and what would break a line is escaped" {
	log=$BATS_TEST_TMPDIR/log
	run -1 oci --log "$log" --log-format json create --bundle "$BATS_TEST_TMPDIR" c
	run -0 json "d['msg']" <"$log"
	assert_output "read '$BATS_TEST_TMPDIR/config.json': No such file or directory (A bundle is a folder with config.json and a rootfs: urun-oci spec makes the first)"
	rm "$log"
	run -1 oci --log "$log" --log-format json delete $'a\n\e[1mb"'
	[ "$(wc -l <"$log")" = 1 ]
	run -0 json "d['msg']" <"$log"
	refute_contains $'\e'
	assert_contains 'a\x0a\x1b[1mb"'
}

@test "--log-format text, a log that cannot be opened, kinds that are not written" {
	log=$BATS_TEST_TMPDIR/log
	run -1 oci --log "$log" state nosuch
	grep -qE "^time=\"20[^\"]*\" level=error msg=\"container 'nosuch' does not exist: no such file or directory\"$" "$log"
	run -1 oci --log /nonexistent/log list
	assert_output "urun-oci: open --log '/nonexistent/log': No such file or directory"
	for kind in journald: syslog:x; do
		run -1 oci --log $kind list
		assert_output "urun-oci: --log '$kind': only files are written
  --log file:PATH"
	done
	run -1 oci --log-format yaml list
	assert_output "urun-oci: --log-format: 'yaml' is neither text nor json"
}

@test "--debug, --log-level, --rootless, --systemd-cgroup, --cgroup-manager: values" {
	for flags in --debug --debug=false "--log-level debug" "--log-level=info" "--log-level warning" \
		"--log-level error" "--rootless true" --rootless=false "--rootless auto" \
		"--cgroup-manager disabled" "--cgroup-manager=cgroupfs" "--cgroup-manager systemd" \
		--systemd-cgroup -systemd-cgroup=false; do
		run -0 oci $flags list -q
		assert_output ""
	done
	run -1 oci --log-level loud list
	assert_output "urun-oci: --log-level: 'loud' is none of debug, warning, error"
	run -1 oci --rootless perhaps list
	assert_output "urun-oci: --rootless: 'perhaps' is neither true nor false"
	run -1 oci --cgroup-manager other list
	assert_output "urun-oci: --cgroup-manager: 'other' is none of cgroupfs, systemd, disabled"
	run -1 oci --debug=x list
	assert_output "urun-oci: --debug: 'x' is neither true nor false"
}

# --- ids ---

@test "ids that are refused, by each command, and nothing is made" {
	config
	words="1 to 255 letters, digits, '_', '+', '-' and '.', which is not the first"
	for id in '' . .. .a a/b /a ../state 'a b' $'a\n' 'ä' "$(printf 'x%.0s' $(seq 256))"; do
		run -1 said create --bundle "$B" -- "$id"
		assert_contains "urun-oci: container id '"
		assert_contains "$words"
	done
	for command in run start state delete kill pause resume ps events update exec; do
		for id in .. ../state; do
			case $command in
			run) run -1 oci run --bundle "$B" -- "$id" ;;
			exec) run -1 oci exec -- "$id" true ;;
			*) run -1 oci $command -- "$id" ;;
			esac
			assert_output "urun-oci: container id '$id': $words"
		done
	done
	run -0 ls -A "$STATE"
	assert_output ""
	[ "$(ls "$BATS_TEST_TMPDIR" | tr "\n" " ")" = "bundle mark said state " ]
}

@test "ids that are taken: all letters, 255 of them, one that begins with a dash" {
	config
	long=$(printf 'x%.0s' $(seq 255))
	for id in a.b +a _a 0 a-b_c+d.E "$long" -x --; do
		apart oci create --bundle "$B" -- "$id"
		run -0 oci state -- "$id"
		assert_contains "\"id\": \"$id\","
		oci delete -- "$id"
	done
}

@test "an id that is there already: refused, and the one that is there is as it was" {
	config
	create c
	pid=$(pid_in c)
	for command in create run; do
		run -1 said $command --bundle "$B" c
		assert_output "urun-oci: container with id 'c' exists already
  urun-oci delete --force c removes it"
	done
	[ "$(pid_in c)" = "$pid" ]
	has_status c created
	oci start c
	has_status c running
}

# --- the steps of one container ---

@test "create, start, kill, delete: what state and /proc tell after each" {
	config "sh('echo started; trap \"exit 5\" TERM; sleep 600 & wait')"
	create c
	pid=$(pid_in c)
	has_status c created
	[ ! -s "$OUT" ]
	[[ $(readlink "/proc/$pid/exe") != *busybox* ]]
	[ "$(ps -o ppid= -p "$pid" | tr -d ' ')" != "$$" ]
	run -0 oci start c
	assert_output ""
	[ "$(pid_in c)" = "$pid" ]
	has_status c running
	wait_until test -s "$OUT"
	[ "$(cat "$OUT")" = started ]
	[ "$(awk '/^NSpid/ { print $NF }' "/proc/$pid/status")" = 1 ]
	run -0 oci kill c
	assert_output ""
	wait_until has_status c stopped
	[ "$(pid_in c)" = 0 ]
	[ "$(ls "$STATE/c")" = "config.json
state.json" ]
	run -0 oci delete c
	assert_output ""
	nothing_is_left
	[ ! -s "$ERR" ]
}

@test "state: all its keys and values" {
	config "c['annotations'] = {'b.c': 'd=e', 'a': ''}"
	create c
	run -0 eval "oci state c | json '[d[\"ociVersion\"], d[\"id\"], d[\"pid\"], d[\"status\"], d[\"bundle\"], d[\"rootfs\"], d[\"owner\"], d[\"annotations\"]]'"
	assert_output "[\"1.2.0\", \"c\", $(pid_in c), \"created\", \"$B\", \"$ROOT\", \"$(id -un)\", {\"b.c\": \"d=e\", \"a\": \"\"}]"
	run -0 eval "oci state c | json 'sorted(d)'"
	assert_output '["annotations", "bundle", "created", "id", "ociVersion", "owner", "pid", "rootfs", "status"]'
	run -0 field c created
	[[ "$output" =~ ^20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{9}Z$ ]]
	age=$(($(date +%s) - $(date -d "$output" +%s)))
	[ $age -ge 0 ] && [ $age -lt 60 ]
	oci kill c KILL
	wait_until has_status c stopped
	run -0 eval "oci state c | json '[d[\"pid\"], d[\"status\"], d[\"annotations\"][\"b.c\"]]'"
	assert_output '[0, "stopped", "d=e"]'
}

@test "commands for one that does not exist" {
	for command in start state kill delete pause resume ps events update; do
		run -1 oci $command nosuch
		assert_output "urun-oci: container 'nosuch' does not exist: no such file or directory"
	done
	run -1 oci exec nosuch true
	assert_output "urun-oci: container 'nosuch' does not exist: no such file or directory"
	for flag in --force -force -f --force=true; do
		run -0 oci delete $flag nosuch
		assert_output ""
	done
	run -1 oci delete --force=false nosuch
}

@test "wrong order: start twice, start a stopped one, delete a running one, kill a stopped one" {
	config
	up c
	run -1 oci start c
	assert_output "urun-oci: cannot start container 'c' in the running state"
	run -1 oci delete c
	assert_output "urun-oci: cannot delete container 'c' that is not stopped: running
  urun-oci delete --force c ends it first"
	has_status c running
	[ "$(pid_in c)" = "$pid" ]
	oci kill c KILL
	wait_until has_status c stopped
	run -1 oci start c
	assert_output "urun-oci: cannot start container 'c' in the stopped state"
	for signal in '' TERM KILL 0; do
		run -1 oci kill c $signal
		assert_output "urun-oci: container not running: 'c': no such process"
	done
	run -1 oci kill --all c
	assert_output "urun-oci: container not running: 'c': no such process"
	run -1 oci ps c
	assert_output "urun-oci: container not running: 'c': no such process"
	run -1 oci events --stats c
	assert_output "urun-oci: container not running: 'c': no such process"
	for command in pause resume; do
		run -1 oci $command c
		assert_output "urun-oci: container not running: 'c': no such process"
	done
	run -0 oci delete c
	nothing_is_left
}

@test "delete of a created one removes it, without force" {
	config
	create c
	pid=$(pid_in c)
	run -0 oci delete c
	assert_output ""
	is_gone "$pid"
	nothing_is_left
}

@test "delete --force of a running one: it is gone when delete is, and with it all of its processes" {
	config "sh('sleep 600 & (setsid sleep 601 &) ; wait')"
	up c
	wait_until has_lines <(cat "/proc/$pid/task/$pid/children"; echo) 1
	run -0 oci ps -f json c
	all=$(tr -dc '0-9 ' <<<"${output//,/ }")
	run -0 oci delete --force c
	# shellcheck disable=SC2086
	is_gone $all
	nothing_is_left
}

@test "kill: signals by name, with SIG, in small letters and by number" {
	config "sh('for s in HUP INT USR1 USR2 TERM WINCH; do trap \"echo \$s\" \$s; done; echo ready; while :; do sleep 600 & wait \$!; kill \$!; done')"
	up c
	wait_until grep -q ready "$OUT"
	n=1
	for signal in "HUP HUP" "SIGHUP HUP" "1 HUP" "hup HUP" "sigint INT" "USR1 USR1" "12 USR2" \
		"WINCH WINCH" "28 WINCH" "TERM TERM" "15 TERM" ""; do
		run -0 oci kill c ${signal% *}
		assert_output ""
		n=$((n + 1))
		wait_until has_lines "$OUT" $n
		last=${signal#* }
		[ "$(tail -n 1 "$OUT")" = "${last:-TERM}" ]
	done
	for signal in NOSUCH 65 -1 SIG '' 9x SIGSIGHUP; do
		run -1 oci kill -- c "$signal"
		assert_output "urun-oci: '$signal' is no signal"
	done
	run -0 oci kill c 0
	run -0 oci kill c KILL
	wait_until has_status c stopped
}

@test "kill of a created one ends it" {
	config
	create c
	run -0 oci kill c KILL
	wait_until has_status c stopped
	run -1 oci start c
	assert_output "urun-oci: cannot start container 'c' in the stopped state"
}

@test "kill --all signals each process, in each spelling" {
	config "sh('(trap \"echo child >>/tmp/\$0; exit\" USR1; echo ready >>/tmp/\$0; sleep 600 & wait) & trap \"echo first >>/tmp/\$0\" USR1; while :; do sleep 600 & wait \$!; done')"
	for flag in --all -a -all; do
		rm -f "$ROOT/tmp/$MARK"
		up c
		wait_until grep -q ready "$ROOT/tmp/$MARK"
		wait_until eval 'oci ps c | grep -q "sleep 600"'
		run -0 oci kill $flag c USR1
		wait_until has_lines "$ROOT/tmp/$MARK" 3
		run -0 sort "$ROOT/tmp/$MARK"
		assert_output "child
first
ready"
		run -0 oci kill $flag c 9
		wait_until has_status c stopped
		oci delete c
	done
}

@test "kill --regex and delete --regex: all whose id matches, and no other" {
	config
	for id in web-1 web-2 db; do
		create $id
	done
	run -0 oci kill --regex '^web-' KILL
	wait_until has_status web-1 stopped
	wait_until has_status web-2 stopped
	has_status db created
	run -0 oci delete -r '^web-[12]$'
	run -0 oci list -q
	assert_output db
	run -0 oci delete -regex '^none$'
	run -1 oci delete --regex '('
	assert_contains "urun-oci: --regex '(': Unmatched"
	create web-3
	oci start web-3
	run -1 oci delete --regex '.*'
	assert_output "urun-oci: cannot delete container 'web-3' that is not stopped: running
  urun-oci delete --force web-3 ends it first"
	run -0 oci list -q
	assert_output web-3
	run -0 oci delete --force --regex .
	nothing_is_left
}

# --- run ---

@test "run: the payload's code, its input and output, and nothing is left" {
	config "sh('cat; echo err >&2; exit 7')"
	run -7 --separate-stderr oci run --bundle "$B" c <<<input
	assert_output input
	[ "$stderr" = err ]
	nothing_is_left
	config "p['args'] = ['sh', '-c', 'kill -9 \$\$ ; exit 1']" "ns('pid')" \
		"c['mounts'][0] = {'destination': '/proc', 'type': 'bind', 'source': '/proc', 'options': ['rbind']}" \
		"l['maskedPaths'] = l['readonlyPaths'] = []"
	run -137 oci run --bundle "$B" c
	nothing_is_left
}

@test "run: a command that is not there, or cannot be executed, is a failure with 1" {
	config "p['args'] = ['nosuch']"
	run -1 oci run --bundle "$B" c
	assert_output "urun-oci: command 'nosuch': not found in the container's PATH: executable file not found in \$PATH: no such file or directory"
	run -1 said create --bundle "$B" c
	assert_contains "executable file not found in \$PATH"
	config "p['args'] = ['/nosuch']"
	run -1 oci run --bundle "$B" c
	assert_contains "no such file or directory"
	config "p['args'] = ['/etc']"
	run -1 oci run --bundle "$B" c
	assert_output "urun-oci: command '/etc': Is a directory: permission denied"
	printf 'x' >"$ROOT/tmp/plain"
	config "p['args'] = ['/tmp/plain']"
	run -1 oci run --bundle "$B" c
	assert_contains "ermission denied"
	printf 'garbage' >"$ROOT/tmp/garbage"
	chmod +x "$ROOT/tmp/garbage"
	config "p['args'] = ['/tmp/garbage']"
	run -1 oci run --bundle "$B" c
	assert_contains "not a program of this machine"
	nothing_is_left
}

@test "run: state and list show it meanwhile, kill and exec work, delete --force ends it" {
	config
	apart oci run --bundle "$B" c &
	launcher=$!
	wait_until has_status c running
	run -0 oci exec c echo inside
	assert_output inside
	run -0 oci list -q
	assert_output c
	oci kill c KILL
	wait $launcher || code=$?
	[ "${code:-0}" = 137 ]
	nothing_is_left
	apart oci run --bundle "$B" c &
	launcher=$!
	wait_until has_status c running
	run -0 oci delete --force c
	code=0
	wait $launcher || code=$?
	[ $code = 137 ]
	launcher=
	nothing_is_left
}

@test "run: a signal for urun-oci is the payload's" {
	config "sh('trap \"echo got; exit 4\" TERM; echo ready; sleep 600 & wait')"
	urun-oci --root "$STATE" run --bundle "$B" c </dev/null >"$OUT" 2>"$ERR" 3>&- &
	launcher=$!
	wait_until grep -q ready "$OUT"
	kill -TERM $launcher
	code=0
	wait $launcher || code=$?
	[ $code = 4 ]
	[ "$(cat "$OUT")" = "ready
got" ]
	launcher=
	nothing_is_left
}

@test "run --keep: the state stays, stopped; delete removes it" {
	config "sh('exit 6')"
	for flag in --keep -keep --keep=true; do
		run -6 oci run $flag --bundle "$B" c
		has_status c stopped
		run -0 oci delete c
	done
	run -6 oci run --keep=false --bundle "$B" c
	nothing_is_left
}

@test "run --detach: is back when the command was executed, and it goes on" {
	config "sh('echo up; sleep 600 & wait')"
	for flag in --detach -d; do
		apart oci run $flag --bundle "$B" c
		has_status c running
		[[ $(readlink "/proc/$(pid_in c)/exe") = */bin/busybox ]]
		[ "$(pgrep -fc "urun-oci --root $STATE run" || true)" = 0 ]
		run -0 oci delete --force c
	done
	config "p['args'] = ['nosuch']"
	run -1 said run -d --bundle "$B" c
	assert_contains "executable file not found in \$PATH"
	nothing_is_left
}

@test "create and run find config.json in the bundle, or by --config" {
	run -1 said create --bundle "$BATS_TEST_TMPDIR" c
	assert_output "urun-oci: read '$BATS_TEST_TMPDIR/config.json': No such file or directory
  A bundle is a folder with config.json and a rootfs: urun-oci spec makes the first"
	run -1 said create --bundle /nonexistent c
	assert_contains "urun-oci: read '/nonexistent/config.json': No such file or directory"
	config "sh('echo by config')"
	mv "$B/config.json" "$BATS_TEST_TMPDIR/other.json"
	for flag in "--config $BATS_TEST_TMPDIR/other.json" "--config=$BATS_TEST_TMPDIR/other.json" \
		"-config $BATS_TEST_TMPDIR/other.json" "-f $BATS_TEST_TMPDIR/other.json" \
		"-f ../other.json"; do
		cd "$B"
		run -0 oci run $flag c
		assert_output "by config"
	done
	# A relative rootfs is relative to the bundle.
	cp -r "$ROOT" "$B/rootfs"
	config "sh('echo relative')" "c['root']['path'] = 'rootfs'"
	run -0 oci run --bundle "$B" c
	assert_output relative
	chmod -R u+w "$B/rootfs" && rm -r "$B/rootfs"
	run -1 oci run --bundle "$B" c
	assert_contains "$B/rootfs"
	nothing_is_left
}

@test "flags that are taken and change nothing, and one that is refused" {
	config "sh('echo ok')"
	for flag in --no-subreaper -no-subreaper --no-new-keyring --no-pivot=false; do
		run -0 oci run $flag --bundle "$B" c
		assert_output ok
	done
	for flag in --no-pivot -no-pivot; do
		run -1 said create $flag --bundle "$B" c
		assert_output "urun-oci: --no-pivot: a container without pivot_root(2) could get out of its rootfs
  It is not needed on a ramdisk either: urun mounts the rootfs over a tmpfs of its own"
	done
	nothing_is_left
}

@test "--no-new-keyring: the caller's session keyring is the payload's; else it has its own, in exec too" {
	config "p['args'] = ['urun-probe', 'keyring']"
	run -0 urun-probe with-keyring urun-oci --root "$STATE" run --no-new-keyring --bundle "$B" c
	theirs=$output
	[[ $theirs = *" 1" ]]
	run -0 urun-probe with-keyring urun-oci --root "$STATE" run --bundle "$B" c
	[[ $output = *" 0" ]]
	config
	up c
	run -0 urun-probe with-keyring urun-oci --root "$STATE" exec c urun-probe keyring
	[[ $output = *" 0" ]]
}

# --- descriptors, files and sockets ---

@test "--pid-file: the number alone, of create, run, run --detach and exec" {
	config
	file=$BATS_TEST_TMPDIR/pid
	create c --pid-file "$file"
	[ "$(od -c <"$file")" = "$(printf %s "$(pid_in c)" | od -c)" ]
	[ "$(stat -c %a "$file")" = 644 ] || [ "$(stat -c %a "$file")" = 600 ]
	oci delete --force c
	for flag in "--pid-file=$file" "--pid-file $file" "-pid-file $file"; do
		rm -f "$file"
		apart oci run -d --bundle "$B" $flag c
		[ "$(cat "$file")" = "$(pid_in c)" ]
		oci delete --force c
	done
	up c
	apart oci exec -d --pid-file "$file" c sleep 600
	[ "$(tr '\0' ' ' <"/proc/$(cat "$file")/cmdline")" = "sleep 600 " ]
	[ "$(cat "$file")" != "$(pid_in c)" ]
	run -1 said create --bundle "$B" --pid-file /nonexistent/pid d
	assert_output "urun-oci: pid file '/nonexistent/pid': No such file or directory"
	run -0 oci list -q
	assert_output c
}

@test "no descriptor of urun-oci's or the caller's is the payload's" {
	config "p['args'] = ['urun-probe', 'fds']"
	run -0 urun-probe with-fds urun-oci --root "$STATE" run --bundle "$B" c
	assert_output "0 1 2"
	apart urun-probe with-fds urun-oci --root "$STATE" create --bundle "$B" c
	apart urun-probe with-fds urun-oci --root "$STATE" start c
	wait_until test -s "$OUT"
	[ "$(cat "$OUT")" = "0 1 2" ]
	config
	up d
	run -0 ls "/proc/$pid/fd"
	[ "${lines[*]:0:3}" = "0 1 2" ]
	run -0 urun-probe with-fds urun-oci --root "$STATE" exec d urun-probe fds
	assert_output "0 1 2"
	# One that is created holds its gate, and what it has yet to execute.
	create e
	for fd in /proc/"$(pid_in e)"/fd/*; do
		[[ $(readlink "$fd") != "$STATE"* ]]
	done
}

@test "--preserve-fds: so many from 3 on, of run, create and exec" {
	config "p['args'] = ['urun-probe', 'fds']"
	for flag in --preserve-fds=2 "--preserve-fds 2" "-preserve-fds 2"; do
		run -0 urun-probe with-fds urun-oci --root "$STATE" run --bundle "$B" $flag c
		assert_output "0 1 2 3 4"
	done
	run -0 urun-probe with-fds urun-oci --root "$STATE" run --bundle "$B" --preserve-fds 18 c
	assert_output "0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20"
	apart urun-probe with-fds urun-oci --root "$STATE" create --preserve-fds 1 --bundle "$B" c
	oci start c
	wait_until test -s "$OUT"
	[ "$(cat "$OUT")" = "0 1 2 3" ]
	config
	up d
	run -0 urun-probe with-fds urun-oci --root "$STATE" exec --preserve-fds 3 d urun-probe fds
	assert_output "0 1 2 3 4 5"
	for value in -1 1025 x; do
		run -1 said create --preserve-fds $value --bundle "$B" e
		assert_output "urun-oci: --preserve-fds: '$value' is no number from 0 to 1024"
		run -1 oci exec --preserve-fds $value d true
		assert_output "urun-oci: --preserve-fds: '$value' is no number from 0 to 1024"
	done
}

@test "LISTEN_FDS: those are passed on, and the payload is told" {
	config "p['env'] += ['LISTEN_FDS=9']" \
		"sh('urun-probe fds; echo \"\${LISTEN_FDS-none} \${LISTEN_PID-none}\"')"
	run -0 env LISTEN_FDS=2 urun-probe with-fds urun-oci --root "$STATE" run --bundle "$B" c
	assert_output "0 1 2 3 4
2 1"
	for value in x 0 -1 1025; do
		run -0 env LISTEN_FDS=$value urun-probe with-fds urun-oci --root "$STATE" run --bundle "$B" c
		assert_output "0 1 2
9 none"
	done
}

# console_end INPUT: in the background, on $SOCKET; what it has at the end is in $BATS_TEST_TMPDIR/console
console_end() {
	SOCKET=$BATS_TEST_TMPDIR/socket
	rm -f "$SOCKET"
	python3 "$PYTHONPATH/oci_socket.py" "$@" >"$BATS_TEST_TMPDIR/console" 2>&1 3>&- &
	receiver=$!
	wait_until test -S "$SOCKET"
}

@test "--console-socket of create and run: the terminal's master comes, reads and writes" {
	config "p['terminal'] = True" "sh('tty; test -t 0 && test -t 1 && test -t 2 && echo all; read -r word; echo \"<\$word>\"; stat -c %a /dev/console')"
	console_end console "$BATS_TEST_TMPDIR/socket" $'hello\n'
	create c --console-socket "$SOCKET"
	oci start c
	wait $receiver
	run -0 cat "$BATS_TEST_TMPDIR/console"
	[[ ${lines[0]} = /dev/ptmx* || ${lines[0]} = */pts/* ]]
	assert_contains "/dev/"
	# What is typed is echoed when it comes, before or after what the payload says.
	assert_contains "all"
	assert_contains "<hello>"
	oci delete c
	for flag in "--console-socket=$SOCKET" "-console-socket $SOCKET"; do
		console_end console "$SOCKET" $'x\n'
		apart oci run -d --bundle "$B" $flag c
		wait $receiver
		grep -q '^<x>$' "$BATS_TEST_TMPDIR/console"
		wait_until has_status c stopped
		oci delete c
	done
	nothing_is_left
}

@test "--console-socket that is not there, hangs up, or does not go with the rest" {
	config "p['terminal'] = True"
	run -1 said create --bundle "$B" --console-socket /nonexistent c
	assert_contains "send the terminal to --console-socket '/nonexistent': No such file or directory"
	run -1 said create --bundle "$B" c
	assert_output "urun-oci: process.terminal: nobody holds a terminal when urun-oci has ended
  Give a socket for it: --console-socket"
	run -1 said run -d --bundle "$B" c
	assert_contains "Give a socket for it: --console-socket"
	run -1 oci run --bundle "$B" --console-socket /x c
	assert_output "urun-oci: --console-socket goes with --detach: the terminal is relayed else"
	config
	run -1 said create --bundle "$B" --console-socket /x c
	assert_output "urun-oci: --console-socket: process.terminal is not set, so there is no terminal to send"
	nothing_is_left
}

@test "run with a terminal: relayed to the caller's" {
	config "p['terminal'] = True" "sh('tty; stty size; read -r w; echo \"<\$w>\"; exit 3')"
	run -0 python3 - "$STATE" "$B" <<'END'
import sys
from terminal import Terminal
with Terminal('urun-oci', '--root', sys.argv[1], 'run', '--bundle', sys.argv[2], 'c', rows=33, cols=77) as t:
    t.expect('33 77')
    t.type('abc\n')
    t.expect('<abc>')
    t.expect_ended(3)
END
	nothing_is_left
}

@test "--pidfd-socket of create, run and exec: a pidfd of that process" {
	config
	console_end pidfd "$BATS_TEST_TMPDIR/socket"
	create c --pidfd-socket "$SOCKET"
	pid=$(pid_in c)
	oci delete --force c
	wait $receiver
	run -0 cat "$BATS_TEST_TMPDIR/console"
	assert_output "$pid
ended"
	console_end pidfd "$SOCKET"
	apart oci run -d --bundle "$B" "-pidfd-socket=$SOCKET" c
	pid=$(pid_in c)
	oci kill c KILL
	wait $receiver
	run -0 cat "$BATS_TEST_TMPDIR/console"
	assert_output "$pid
ended"
	oci delete c
	run -1 said create --bundle "$B" --pidfd-socket /nonexistent c
	assert_output "urun-oci: send a pidfd to --pidfd-socket '/nonexistent': No such file or directory"
	nothing_is_left
}

# --- list, ps ---

@test "list: table, json and ids alone, in the order of the ids" {
	run -0 oci list
	assert_output "NAME PID       STATUS   BUNDLE PATH                      CREATED                        OWNER"
	run -0 oci list -f json
	assert_output "[]"
	run -0 oci list -q
	assert_output ""
	config
	create web
	up db
	for flag in -q --quiet -quiet; do
		run -0 oci list $flag
		assert_output "db
web"
	done
	run -0 oci list -q -f json
	assert_output "db
web"
	for flag in "" "-f table" --format=table "-format table"; do
		run -0 oci list $flag
		[ "${#lines[@]}" = 3 ]
		read -r name pid status bundle created owner <<<"${lines[1]}"
		[ "$name $pid $status $bundle $owner" = "db $(pid_in db) running $B $(id -un)" ]
		[ "$created" = "$(field db created)" ]
		read -r name pid status _ <<<"${lines[2]}"
		[ "$name $pid $status" = "web $(pid_in web) created" ]
	done
	for flag in "-f json" --format=json "-format json" "--format json"; do
		run -0 eval "oci list $flag | json '[[x[\"id\"], x[\"status\"], x[\"pid\"]] for x in d]'"
		assert_output "[[\"db\", \"running\", $(pid_in db)], [\"web\", \"created\", $(pid_in web)]]"
	done
	[ "$(oci list -f json | json 'd[0]')" = "$(oci state db | json d)" ]
	run -1 oci list -f yaml
	assert_output "urun-oci: --format: 'yaml' is neither table nor json"
}

@test "ps: table and json, the numbers are the host's" {
	config "sh('sleep 600 & wait')"
	up c
	wait_until eval '[ "$(oci ps -f json c | json "len(d)")" = 2 ]'
	child=$(children_of "$pid" | head -n 1)
	for flag in "-f json" --format=json "-format json"; do
		run -0 eval "oci ps $flag c | json d"
		assert_output "[$pid, $child]"
	done
	for flag in "" "-f table"; do
		run -0 oci ps $flag c
		[ "${lines[0]}" = "PID       PPID      UID       COMMAND" ]
		read -r p pp uid command <<<"${lines[2]}"
		[ "$p $pp $uid $command" = "$child $pid $(id -u) sleep 600" ]
	done
	run -1 oci ps -f yaml c
	assert_output "urun-oci: --format: 'yaml' is neither table nor json"
	run -0 apart oci exec -d c sleep 602
	wait_until eval '[ "$(oci ps -f json c | json "len(d)")" = 3 ]'
	run -0 oci ps c
	assert_contains "sleep 602"
}

@test "ps escapes what a process calls itself" {
	config "p['args'] = ['sh', '-c', 'sleep 600 & wait', '\x1b[31m' + mark]"
	up c
	run -0 oci ps c
	refute_contains $'\e'
	assert_contains '\x1b[31m'
}

# --- spec, features ---

@test "spec writes a config.json that runs as it is" {
	cd "$B"
	run -0 oci spec --rootless
	assert_output ""
	ln -s "$ROOT" rootfs
	run -0 json "[d['ociVersion'], d['process']['args'], d['process']['terminal'], d['root'], d['linux']['uidMappings']]" <config.json
	assert_output '["1.2.0", ["sh"], true, {"path": "rootfs", "readonly": true}, [{"containerID": 0, "hostID": '"$(id -u)"', "size": 1}]]'
	run -1 oci spec --rootless
	assert_output "urun-oci: write './config.json': File exists
  Remove it first, or choose another: --file"
	rm rootfs
	cp -r "$ROOT" rootfs
	sed -i 's/"terminal": true/"terminal": false/' config.json
	run -1 oci run c <<<'echo as it is; touch /x'
	[ "${lines[0]}" = "as it is" ]
	[[ ${lines[1]} = *"Read-only file system"* ]]
}

@test "spec --bundle, --file in each spelling; without --rootless there is no user namespace" {
	mkdir "$BATS_TEST_TMPDIR/d"
	for flag in "--bundle $BATS_TEST_TMPDIR/d" "--bundle=$BATS_TEST_TMPDIR/d" "-bundle $BATS_TEST_TMPDIR/d" \
		"-b $BATS_TEST_TMPDIR/d" "--file $BATS_TEST_TMPDIR/d/config.json" \
		"-f $BATS_TEST_TMPDIR/d/config.json" "-file=$BATS_TEST_TMPDIR/d/config.json"; do
		run -0 oci spec $flag
		[ -s "$BATS_TEST_TMPDIR/d/config.json" ]
		run -0 json "['user' in [n['type'] for n in d['linux']['namespaces']], 'uidMappings' in d['linux']]" \
			<"$BATS_TEST_TMPDIR/d/config.json"
		assert_output '[false, false]'
		rm "$BATS_TEST_TMPDIR/d/config.json"
	done
	run -1 oci spec --bundle /nonexistent
	assert_output "urun-oci: write '/nonexistent/config.json': No such file or directory"
}

@test "features: what is promised is what a document may ask for" {
	run -0 eval "oci features | json '[d[\"ociVersionMin\"], d[\"ociVersionMax\"], d[\"hooks\"], d[\"linux\"][\"namespaces\"], d[\"linux\"][\"cgroup\"][\"v2\"], d[\"linux\"][\"seccomp\"][\"enabled\"], len(d[\"linux\"][\"capabilities\"])]'"
	assert_output '["1.0.0", "1.2.0", ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"], ["user", "mount", "pid", "network", "ipc", "uts", "cgroup", "time"], true, true, 41]'
	run -0 urun-oci features --help
	assert_contains "Usage: urun-oci features"
}

# --- checkpoint, restore ---

# What criu does with root's containers is in tests/vm/criu.bats.
@test "checkpoint and restore of an ordinary user's are refused, with the options that engines give, and it goes on" {
	config
	up c
	run -1 oci checkpoint --image-path "$BATS_TEST_TMPDIR/i" --work-path /w --leave-running --tcp-established \
		--file-locks --ext-unix-sk --shell-job --pre-dump --parent-path /p --manage-cgroups-mode soft \
		--page-server a:1 --link-remap --tcp-skip-in-flight --auto-dedup --network-lock nftables c
	assert_output "urun-oci: cannot checkpoint a container: criu needs the host's root
  Containers of ordinary users can be stopped and started anew"
	has_status c running
	[ ! -e "$BATS_TEST_TMPDIR/i" ]
	run -1 oci restore --detach --pid-file "$BATS_TEST_TMPDIR/p" -no-subreaper --bundle "$B" \
		--image-path /i --work-path /w --tcp-established --tcp-close --file-locks \
		--lsm-profile=selinux:x --lsm-mount-context=y --ext-unix-sk --shell-job \
		--auto-dedup --manage-cgroups-mode=soft d
	assert_contains "urun-oci: cannot restore a container: criu needs the host's root"
	[ ! -e "$BATS_TEST_TMPDIR/p" ]
	has_status c running
	run -1 oci state d
	for command in checkpoint restore; do
		run -0 urun-oci $command --help
		assert_contains "--tcp-established"
	done
}

@test "options of criu's that its library has no call for are refused with the reason" {
	while read -r word option; do
		for command in checkpoint restore; do
			[ "$command" = checkpoint ] || [ "$word" != descriptor ] || continue
			# shellcheck disable=SC2086 # an option, and its value
			run -1 oci $command $option c
			assert_contains "criu's library has no call for"
			assert_contains "$word"
		done
	done <<-END
		pages --lazy-pages
		namespace --empty-ns network
		descriptor --status-fd 3
	END
	run -1 oci checkpoint --network-lock skip c
	assert_contains "'skip' is none of what criu(8) has for it"
	run -1 oci restore --manage-cgroups-mode never c
	assert_contains "'never' is none of what criu(8) has for it"
}

# --- what needs a cgroup ---

@test "without a cgroup: pause, resume, update and events say so, and it goes on" {
	config
	up c --no-new-keyring
	if grep -q '"cgroup"' "$STATE/c/state.json"; then
		skip_because "each container gets a cgroup here"
	fi
	for command in pause resume "events --stats" "update --memory 64m"; do
		run -1 oci $command c
		assert_contains "container 'c' has no cgroup of its own"
	done
	has_status c running
}

# --- a pod ---

# untold ID WHAT: the remark about its processes
untold() {
	echo "urun-oci: note: container '$1' has neither a pid namespace nor a cgroup of its own: of its processes $2"
}

@test "in another container's pid namespace: ps, kill --all and delete are about its own processes alone" {
	config "sh('sleep 601 & wait')"
	up pod
	first=$pid
	all=$(oci ps -f json pod)
	config "ns('user', '/proc/$first/ns/user')" "ns('pid', '/proc/$first/ns/pid')" \
		"l.pop('uidMappings')" "l.pop('gidMappings')" "c['mounts'] = [m for m in c['mounts'] if m['type'] not in ('sysfs', 'cgroup')]" \
		"sh('sleep 602 & (sleep 603 &) ; wait')"
	apart oci --cgroup-manager disabled create --bundle "$B" part
	oci start part
	wait_until eval '[ "$(oci ps -f json part | json "len(d)")" = 3 ]'
	[ "$(oci ps -f json part | json "sorted(set(d) & set($all))")" = "[]" ]
	untold=$(untold part "only the descendants of its first one and those in its mount namespace are found")
	run -0 oci kill --all part TERM
	assert_output "$untold"
	wait_until has_status part stopped
	wait_until eval '! pgrep -f "sleep 60[23]" >/dev/null'
	has_status pod running
	oci delete part
	apart oci --cgroup-manager disabled create --bundle "$B" part
	oci start part
	wait_until eval '[ "$(oci ps -f json part | json "len(d)")" = 3 ]'
	run -0 oci delete --force part
	assert_output "$untold"
	wait_until eval '! pgrep -f "sleep 60[23]" >/dev/null'
	has_status pod running
	# Orphans of the part are the pod's to wait for.
	[ "$(oci ps -f json pod | json "sorted(set($all) - set(d))")" = "[]" ]
}

@test "what a container on the host's pid namespace has left is told of, and nobody else is signalled" {
	config "ns('pid')" "sh('sleep 607 & wait')" "l['maskedPaths'] = l['readonlyPaths'] = []" \
		"c['mounts'][0] = {'destination': '/proc', 'type': 'bind', 'source': '/proc', 'options': ['rbind']}"
	apart oci --cgroup-manager disabled create --bundle "$B" c
	run -0 oci delete c
	assert_output ""
	apart oci --cgroup-manager disabled create --bundle "$B" c
	oci start c
	wait_until eval '[ "$(oci ps -f json c | json "len(d)")" = 2 ]'
	pid=$(pid_in c)
	stray=$(oci ps -f json c | json "str([p for p in d if p != $pid][0])")
	kill -9 "$pid"
	wait_until has_status c stopped
	run -1 oci kill --all c KILL
	assert_output "urun-oci: container not running: 'c': no such process
  It had neither a pid namespace nor a cgroup of its own: what it has left cannot be told from others' processes. linux.cgroupsPath gives it a cgroup"
	run -1 oci kill c KILL
	assert_output "urun-oci: container not running: 'c': no such process"
	cp -a "$STATE/c" "$BATS_TEST_TMPDIR/again"
	run -0 oci delete c
	assert_output "$(untold c "none can be found any more, and those that are left, if any, go on")"
	kill -0 "$stray"
	kill -9 "$stray"
	# Nothing is left of what ran before this boot.
	mv "$BATS_TEST_TMPDIR/again" "$STATE/c"
	sed -i "s/$(cat /proc/sys/kernel/random/boot_id)/00000000-0000-0000-0000-000000000000/g" "$STATE/c/state.json"
	run -0 oci delete c
	assert_output ""
}

@test "a hint in the words of urun run says where config.json has it" {
	config "p['user'] = {'uid': 77, 'gid': 0}"
	run -1 said create --bundle "$B" c
	assert_contains "user id 77 is not mapped into the container"
	assert_contains "These are options of 'urun run'; in config.json: linux.uidMappings, linux.gidMappings"
	# Another user namespace's
	config
	up owner
	config "ns('network', '/proc/$pid/ns/net')"
	run -1 said create --bundle "$B" c
	assert_output "urun-oci: join net namespace '/proc/$pid/ns/net': Operation not permitted
  It belongs to another user namespace: join that too, with --userns ns:/proc/PID/ns/user
  These are options of 'urun run'; in config.json: linux.namespaces, one of type user with that path"
	oci delete --force owner
	nothing_is_left
}

@test "a hint of something else than options is left alone" {
	config
	run -1 prlimit --nproc=1:1 urun-oci --root "$STATE" create --bundle "$B" c
	assert_output "urun-oci: make the container's namespaces: Resource temporarily unavailable
  This user has too many processes: see ulimit -u, and pids.max of its cgroup"
}

@test "a socket's name that is too long is refused, and not cut" {
	long=$(printf 'x%.0s' $(seq 120))
	config "p['terminal'] = True"
	run -1 said create --bundle "$B" --console-socket "$BATS_TEST_TMPDIR/$long" c
	assert_output "urun-oci: send the terminal to --console-socket '$BATS_TEST_TMPDIR/$long': File name too long
  The name of a socket in its folder may have 82 bytes: choose a shorter one"
	run -1 oci state c
	config
	run -1 said create --bundle "$B" --pidfd-socket "$long" c
	assert_output "urun-oci: send a pidfd to --pidfd-socket '$long': File name too long
  The name of a socket in its folder may have 82 bytes: choose a shorter one"
	run -1 oci state c
	# A folder's path may be as long as it likes.
	mkdir -p "$BATS_TEST_TMPDIR/$long/$long"
	run -1 said create --bundle "$B" --pidfd-socket "$BATS_TEST_TMPDIR/$long/$long/s" c
	assert_output "urun-oci: send a pidfd to --pidfd-socket '$BATS_TEST_TMPDIR/$long/$long/s': No such file or directory"
	run -1 said create --bundle "$B" --pidfd-socket "/$long$long$long/s" c
	assert_output "urun-oci: send a pidfd to --pidfd-socket '/$long$long$long/s': File name too long"
}

# --- in a container ---

@test "inside of another container: create, start, exec, state and delete" {
	local bin
	[ -z "${URUN_ASAN-}" ] || skip "the sanitizer's library is not in the container"
	bin=$(dirname "$(command -v urun-oci)")

	config "c['root'] = {'path': '/'}" "sh('echo from \$\$ >/tmp/from; sleep 600 & wait')"
	mkdir -p "$ROOT/tmp"
	chmod 1777 "$ROOT/tmp"
	for options in "--security-opt seccomp=unconfined" "--cap-add SYS_ADMIN" \
		"--cap-add SYS_ADMIN --security-opt seccomp=unconfined --userns keep-id"; do
		run -0 --separate-stderr urun run --network none --security-opt unmask=ALL $options --tmpfs /tmp -v "$bin:/u:ro" -v "$B:/b:ro" "rootfs:$ROOT" sh -ec '
				oci() { /u/urun-oci --root /tmp/state "$@"; }
				oci create --bundle /b c </dev/null >/tmp/out 2>&1 || { cat /tmp/out; exit 1; }
				oci state c | grep \"status\"
				oci start c
				oci exec c sh -c "echo \$\$ >/dev/null; cat /proc/1/cmdline | tr \"\\0\" \" \" | cut -c1-5"
				oci ps -f json c | grep -c "[0-9]"
				oci kill c KILL
				oci delete --force c
				oci list -q
				ls /tmp/state'
		assert_output '  "status": "created",
sh -c
2'
	done
}
