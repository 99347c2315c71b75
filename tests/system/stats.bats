#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# stats.bats - stats of containers that have no cgroup of their own; vm/stats.bats has the others

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
	for pid in ${launchers:-} ${reader:-}; do
		kill -KILL "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
	store_teardown
}

# up NAME ARG...: a container without a cgroup of its own.
up() {
	spawn --cgroups disabled --user root --entrypoint "" --name "$@"
	launchers="${launchers:-} $launcher"
}

id_of() {
	urun inspect -f '{{.Id}}' "$1" | cut -c1-12
}

# rows TEXT...: of the output, with one blank between columns.
assert_rows() {
	output=$(sed -E 's/ +/ /g; s/ $//' <<<"$output")
	assert_output "$(printf '%s\n' "$@")"
}

HEADINGS="ID NAME CPU % MEM USAGE / LIMIT MEM % NET IO BLOCK IO PIDS CPU TIME AVG CPU %"

@test "stats: podman's columns, and -- for what is not known" {
	up first --network none basic sleep 99
	up second --network host basic sleep 99
	urun create --name made basic >/dev/null
	run -0 urun stats --no-stream
	[ "${lines[0]}" = "ID            NAME        CPU %       MEM USAGE / LIMIT  MEM %       NET IO      BLOCK IO    PIDS        CPU TIME    AVG CPU %" ]
	assert_rows "$HEADINGS" \
		"$(id_of first) first -- -- / -- -- 0B / 0B -- / -- -- -- --" \
		"$(id_of second) second -- -- / -- -- -- / -- -- / -- -- -- --"
	run -0 urun stats --no-stream -a
	assert_rows "$HEADINGS" \
		"$(id_of first) first -- -- / -- -- 0B / 0B -- / -- -- -- --" \
		"$(id_of second) second -- -- / -- -- -- / -- -- / -- -- -- --" \
		"$(id_of made) made -- -- / -- -- -- / -- -- / -- -- -- --"
	run -0 urun stats --no-stream second first
	assert_rows "$HEADINGS" \
		"$(id_of second) second -- -- / -- -- -- / -- -- / -- -- -- --" \
		"$(id_of first) first -- -- / -- -- 0B / 0B -- / -- -- -- --"
}

@test "stats: JSON has no key of what is not known" {
	up c --network none basic sleep 99
	id=$(urun inspect -f '{{.Id}}' c)
	run -0 urun stats --no-stream --format json
	assert_output '[
  {
    "id": "'"${id:0:12}"'",
    "name": "c",
    "net_io": "0B / 0B"
  }
]'
	run -0 urun stats --no-stream --no-trunc --format json -a
	assert_contains "\"id\": \"$id\""
	run -0 urun rm -f c
	run -0 urun stats --no-stream --format json
	assert_output "[]"
}

@test "stats: every field of a template is there" {
	up c --network none basic sleep 99
	id=$(urun inspect -f '{{.Id}}' c)
	run -0 urun stats --no-stream --format '{{.ID}} {{.ContainerID}} {{.Name}} {{.CPU}} {{.CPUPerc}} {{.AvgCPU}} {{.AVGCPU}} {{.CPUNano}} {{.CPUSystemNano}} {{.Duration}} {{.Up}} {{.UpTime}}'
	assert_output "${id:0:12} $id c -- -- -- -- -- -- -- -- --"
	run -0 urun stats --no-stream --format '{{.MemUsage}} {{.MemUsageBytes}} {{.MemLimit}} {{.MemPerc}} {{.PIDS}} {{.PIDs}} {{.BlockIO}} {{.BlockInput}} {{.BlockOutput}} {{.PerCPU}}'
	assert_output "-- / -- -- / -- -- -- -- -- -- / -- -- -- --"
	run -0 urun stats --no-stream --format '{{.NetIO}} {{.NetInput}} {{.NetOutput}} {{.ContainerStats.NetInput}}'
	assert_output "0B / 0B 0 0 0"
	run -0 urun stats --no-stream --format '{{.CPUPressure}} {{.MemPressure}} {{.IOPressure}} {{.Pressure.CPU.Some.Avg10}} {{.Pressure.Memory.Full.Total}} {{.Pressure.IO.Full.Avg10}}'
	assert_output "-- / -- -- / -- -- / -- -- -- --"
	run -0 urun stats --no-stream --format '{{.SystemNano}}'
	[ $((output / 1000000000)) -le "$(date +%s)" ] && [ $((output / 1000000000)) -ge $(($(date +%s) - 10)) ]
	run -0 urun stats --no-stream --format 'table {{.Name}}\t{{.CPUPressure}}\t{{.MemPressure}}\t{{.IOPressure}}'
	assert_rows "NAME CPU SOME / FULL MEM SOME / FULL IO SOME / FULL" "c -- / -- -- / -- -- / --"
	run -125 urun stats --no-stream --format '{{.Nosuch}}'
	assert_contains Nosuch
}

@test "stats: what the network carries is what the kernel has counted" {
	[ -w /dev/net/tun ] && command -v slirp4netns >/dev/null ||
		skip_because "slirp4netns, or the right to use /dev/net/tun, is missing"
	up c --network slirp4netns basic sh -c 'head -c 100000 /dev/zero | nc 10.0.2.2 9 2>/dev/null; ping -c 2 -W 1 10.0.2.2 >/dev/null 2>&1; sleep 99'
	sleep 2
	wanted=$(awk '/:/ && !/^ *lo:/ { sub(/.*:/, ""); print $1, $9 }' "/proc/$payload/net/dev")
	run -0 urun stats --no-stream --format '{{.NetInput}} {{.NetOutput}}'
	now=$(awk '/:/ && !/^ *lo:/ { sub(/.*:/, ""); print $1, $9 }' "/proc/$payload/net/dev")
	# The kernel itself says something now and then: between the two.
	[ "${output% *}" -ge "${wanted% *}" ] && [ "${output% *}" -le "${now% *}" ]
	[ "${output#* }" -ge "${wanted#* }" ] && [ "${output#* }" -le "${now#* }" ]
	[ "${output#* }" -gt 0 ]
}

# reports N: of the file that is being written, at least.
has_reports() {
	[ "$(grep -c '^c ' "$BATS_TEST_TMPDIR/reports")" -ge "$1" ]
}

@test "stats: a stream goes on, with what starts and without what ends, until a signal" {
	for signal in INT TERM; do
		up c --network none basic sleep 99
		env --default-signal=INT urun stats -i 1 --format '{{.Name}} {{.NetIO}}' >"$BATS_TEST_TMPDIR/reports" 3>&- &
		reader=$!
		wait_until has_reports 2
		up "d$signal" --rm --network none basic sleep 99
		wait_until grep "^d$signal 0B / 0B$" "$BATS_TEST_TMPDIR/reports"
		run -0 urun rm -f c
		: >"$BATS_TEST_TMPDIR/reports"
		# The one that goes on, and none of the other.
		wait_until grep "^d$signal" "$BATS_TEST_TMPDIR/reports"
		run grep -a -c '^c ' "$BATS_TEST_TMPDIR/reports"
		assert_output 0
		kill -"$signal" "$reader"
		run -0 wait_for_end "$reader"
		wait "$reader" && code=0 || code=$?
		[ "$code" = $((128 + $(kill -l "$signal"))) ]
	done
}

wait_for_end() {
	for _ in $(seq 100); do
		[ -d "/proc/$1" ] || return 0
		[[ $(cat "/proc/$1/stat") != *") Z "* ]] || return 0
		sleep 0.02
	done
	return 1
}

@test "stats: the end of all who were named, and of the reader, is its end" {
	up c --rm --network none basic sleep 99
	urun stats -i 1 c >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" 3>&- &
	reader=$!
	wait_until grep -q ' c ' "$BATS_TEST_TMPDIR/out"
	run -0 urun rm -f c
	wait "$reader" && code=0 || code=$?
	[ "$code" = 0 ]
	[ ! -s "$BATS_TEST_TMPDIR/err" ]
	run -0 timeout 5 bash -c 'urun stats -i 1000 | head -1'
	[[ $output == ID*"AVG CPU %" ]]
}

@test "stats: the screen is cleared on a terminal, and only there" {
	run -0 timeout 20 script -qec "urun stats --no-stream; :" /dev/null
	refute_contains $'\033'
	up c --network none basic sleep 99
	run -0 timeout 20 script -qec "timeout 2.2 urun stats -i 1; :" /dev/null
	[ "$(grep -o $'\033\\[2J\033\\[H' <<<"$output" | wc -l)" = 2 ]
	run -0 timeout 20 script -qec "timeout 2.2 urun stats --no-reset -i 1; :" /dev/null
	refute_contains $'\033'
	run timeout 2.2 urun stats -i 1
	refute_contains $'\033'
	[ "$(grep -c '^ID ' <<<"$output")" = 2 ]
}

@test "stats: many that come and go are no failure" {
	(for _ in $(seq 12); do urun run --rm --network none --user root --entrypoint "" basic true; done >/dev/null 2>&1 3>&-) &
	reader=$!
	for _ in $(seq 6); do
		run -0 --separate-stderr urun stats --no-stream --format '{{.Name}}'
		[ "$stderr" = "" ]
	done
	wait "$reader"
}

@test "stats: --latest, and what is wrong is named" {
	up a --network none basic sleep 99
	up b --network none basic sleep 99
	run -0 urun stats --latest --no-stream --format '{{.Name}}'
	assert_output b
	run -0 urun container stats -l --no-stream --format '{{.Name}}'
	assert_output b
	run -125 urun stats -a a
	assert_output "urun: --all does not go with 'a'
  Leave one of them out: urun stats [OPTIONS] [CONTAINER...]"
	run -125 urun stats -l a
	assert_output "urun: --latest does not go with names"
	run -125 urun stats -l -a
	assert_output "urun: --latest does not go with --all"
	for value in 0 -1 x 1.5 2147484; do
		run -125 urun stats --interval="$value"
		assert_output "urun: --interval: '$value': seconds, 1 or more"
	done
	run -125 urun stats --no-stream nosuch
	assert_output "urun: 'nosuch': no such container
  urun ps -a lists those that are kept"
	urun create --name made basic >/dev/null
	run -125 urun stats made
	assert_output "urun: container $(id_of made) does not run
  urun start $(id_of made) runs it"
}
