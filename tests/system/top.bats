#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# top.bats - top: the processes of a container, seen from the host

load lib.bash
load images.bash

setup_file() {
	images_setup basic
}

setup() {
	need_images
	store_setup
	pull basic
}

teardown() {
	local pid
	for pid in ${launchers:-}; do
		kill -KILL "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
	store_teardown
}

# up NAME ARG...: a container without a network, as root. $payload is its first process.
up() {
	spawn --network none --user root --entrypoint "" --name "$@"
	launchers="${launchers:-} $launcher"
}

# rows TEXT...: of the output, with one blank between columns.
assert_rows() {
	output=$(sed -E 's/ +/ /g; s/ $//' <<<"$output")
	assert_output "$(printf '%s\n' "$@")"
}

# shows NAME ARGS...: there are processes of exactly these arguments. A process has those of its parent
# until it has executed its program.
shows() {
	local name=$1 args

	shift
	for args; do
		urun top "$name" args | grep -qxF -- "$args" || return 1
	done
}

# pid_of NAME ARGS: of such a process, as the host calls it.
pid_of() {
	urun top "$1" hpid,args | awk -v args="$2" '{ pid = $1; sub(/^[0-9]+ +/, "") } $0 == args { print pid }'
}

@test "top shows podman's columns of all processes" {
	up c basic sh -c 'sleep 91 & exec sleep 92'
	wait_until shows c "sleep 91" "sleep 92"
	run -0 urun top c
	[ "${lines[0]}" = "USER        PID         PPID        %CPU        ELAPSED     TTY         TIME        COMMAND" ]
	[ "${#lines[@]}" = 3 ]
	time='([0-9]+m)?[0-9.]+m?s'
	[[ ${lines[1]} =~ ^root\ +1\ +0\ +[0-9]+\.[0-9]{3}\ +$time\ +\?\ +$time\ +sleep\ 92$ ]]
	[[ ${lines[2]} =~ ^root\ +[2-9]\ +1\ +[0-9]+\.[0-9]{3}\ +$time\ +\?\ +$time\ +sleep\ 91$ ]]
}

@test "top: fields agree with the kernel's files" {
	up c --user app basic sleep 99
	nice=$(awk '{ print $19 }' "/proc/$payload/stat")
	run -0 urun top c user,ruser,group,rgroup,pid ppid hpid,comm state nice
	assert_rows "USER RUSER GROUP RGROUP PID PPID HPID COMMAND STATE NI" \
		"app app app app 1 0 $payload sleep S $nice"
	run -0 urun top c args,pgid,%U,%p,%c,%n,seccomp,groups
	assert_rows "COMMAND PGID USER PID COMMAND NI SECCOMP GROUPS" \
		"sleep 99 1 app 1 sleep $nice filter extra"
	run -0 urun top c vsz,hgroups
	assert_rows "VSZ HGROUPS" "$(awk '/^VmSize/ { print $2 }' "/proc/$payload/status") $(host_groups_of "$payload")"
	run -0 urun top c huser,hgroup
	assert_rows "HUSER HGROUP" "$(awk '/^Uid/ { print $3 }' "/proc/$payload/status") $(awk '/^Gid/ { print $3 }' "/proc/$payload/status")"
}

host_groups_of() {
	sed -n 's/^Groups:[[:space:]]*//p' "/proc/$1/status" | sed 's/ *$//; s/ /,/g'
}

@test "top: sets of capabilities" {
	up c --cap-drop all --cap-add chown,net_raw basic sleep 99
	run -0 urun top c capeff,capprm,capbnd,capinh,capamb
	assert_rows "EFFECTIVE CAPS PERMITTED CAPS BOUNDING CAPS INHERITED CAPS AMBIENT CAPS" \
		"CHOWN,NET_RAW CHOWN,NET_RAW CHOWN,NET_RAW none none"
}

@test "top: the start, and the state of one that is stopped" {
	up c basic sh -c 'sleep 99 & exec sleep 98'
	wait_until shows c "sleep 98" "sleep 99"
	kill -STOP "$(pid_of c "sleep 99")"
	run -0 urun top c state,args
	assert_rows "STATE COMMAND" "S sleep 98" "T sleep 99"
	run -0 urun top c stime
	[[ ${lines[1]} =~ ^[0-9]{4}-[0-9]{2}-[0-9]{2}\ [0-9:]{8}\ [+-][0-9]{4}\ [A-Z]+$ ]]
	started=$(date -d "${lines[1]% *}" +%s)
	[ $((started + 60)) -gt "$(date +%s)" ] && [ $((started - 3)) -lt "$(date +%s)" ]
}

@test "top: time on a processor" {
	up c basic sh -c 'while :; do :; done'
	sleep 1
	run -0 urun top c pcpu,time,etime
	[[ ${lines[1]} =~ ^([0-9]+)\.[0-9]{3}\ +[0-9.]+m?s\ +[0-9.]+s$ ]]
	[ "${BASH_REMATCH[1]}" -ge 5 ] && [ "${BASH_REMATCH[1]}" -le 101 ]
}

@test "top: what hostile processes are called moves no cursor, and makes no row or column" {
	# shellcheck disable=SC2016
	up d basic sh -c 'name=$(printf "/tmp/\033]0;x\ty\nz"); printf "#!/bin/sh\nsleep 97; :\n" >"$name"; chmod +x "$name"; "$name" "$(printf "\001\177")" & exec sleep 96'
	wait_until shows d "sleep 96" "sleep 97"
	run -0 urun top d comm,args
	[ "${#lines[@]}" = 4 ]
	assert_rows "COMMAND COMMAND" "sleep sleep 96" \
		'\x1b]0;x\x09y\x0az /bin/sh /tmp/\x1b]0;x\x09y\x0az \x01\x7f' "sleep sleep 97"
	run grep -c "$(printf '\033')" <<<"$output"
	assert_output 0
}

@test "top: long arguments are cut" {
	up c basic sh -c "sleep 99; : $(printf '%100000s' '' | tr ' ' x)"
	run -0 urun top c args,pid
	[[ ${lines[1]} =~ ^sh\ -c\ sleep\ 99\;\ :\ (x+)\ +1$ ]]
	head="sh -c sleep 99; : "
	[ "${#BASH_REMATCH[1]}" = $((4096 - ${#head})) ]
}

@test "top: processes that come and go are no failure" {
	up c basic sh -c 'while :; do /bin/true; done'
	for _ in $(seq 30); do
		run -0 urun top c pid,comm,args,label
		[ "${lines[1]%% *}" = 1 ]
	done
}

@test "top: a passwd that leads out, or that nobody can read" {
	up c basic sh -c 'rm /etc/passwd; ln -s ../../../../../etc/passwd /etc/passwd; exec sleep 99'
	wait_until shows c "sleep 99"
	run -0 urun top c user,group,pid
	assert_rows "USER GROUP PID" "0 root 1"
	up d basic sh -c 'rm /etc/passwd; mkfifo /etc/passwd; exec sleep 99'
	wait_until shows d "sleep 99"
	run -0 timeout 5 urun top d user
	assert_rows USER 0
}

@test "top: without a pid namespace of its own, its processes and nobody else's" {
	up other basic sleep 95
	up c --pid host basic sh -c '(sleep 97 &); exec sleep 96'
	wait_until shows c "sleep 96" "sleep 97"
	run -0 urun top c hpid,args
	[ "${#lines[@]}" = 3 ]
	assert_contains "sleep 97"
	assert_contains "sleep 96"
	refute_contains "sleep 95"
	run -0 urun top c pid,hpid
	[[ ${lines[1]} =~ ^$payload\ +$payload$ ]]
}

@test "top --latest: of the one that was made last, and all words are fields" {
	up a basic sleep 91
	up b basic sleep 92
	for words in "-l args" "args -l" "--latest args"; do
		# shellcheck disable=SC2086
		run -0 urun top $words
		assert_rows COMMAND "sleep 92"
	done
	run -0 urun container top b args
	assert_rows COMMAND "sleep 92"
}

@test "top: what is wrong is named" {
	up c basic sleep 99
	run -125 urun top c pid,nosuch
	assert_contains "urun: unknown field 'nosuch'
  There are args capamb "
	run -125 urun top c -- -ef
	assert_contains "urun: unknown field '-ef'"
	assert_contains "Options of ps are none: it is not executed inside"
	run -125 urun top c pid,
	assert_contains "urun: unknown field ''"
	run -125 urun top nosuch
	assert_output "urun: 'nosuch': no such container
  urun ps -a lists those that are kept"
	run -125 urun top
	assert_output "urun: a container, or --latest"
	urun create --name made basic >/dev/null
	id=$(urun inspect -f '{{.Id}}' made)
	run -125 urun top made
	assert_output "urun: container ${id:0:12} does not run
  urun start ${id:0:12} runs it"
	run -125 urun top -l
	assert_contains "container ${id:0:12} does not run"
}
