# SPDX-License-Identifier: Apache-2.0
#
# stats and top of containers with a cgroup of their own: what is shown is what the kernel's files have

load vm
load limits

setup_file() { limits_setup_file; }
teardown_file() { limits_teardown_file; }
teardown() { limits_teardown; }

# stats NAME FIELD...: of one that runs, in $output
stats() {
	local name=$1 format="" field

	shift
	for field; do
		format+="${format:+ }{{.$field}}"
	done
	run -0 --separate-stderr urun stats --no-stream --format "$format" "$name"
	[ "$stderr" = "" ]
}

# is_between LOW GOT HIGH: a counter goes on, between two looks at the kernel's file
is_between() {
	echo "$2, wanted from $1 to $3"
	[ "$1" -le "$2" ] && [ "$2" -le "$3" ]
}

# idle NAME OPTION...: a container of three processes that wait
idle() {
	start "$@" -- sh -c 'sleep 61 & sleep 62 & exec sleep 60'
	for ((i = 0; i < 100; i++)); do [ "$(value pids.current)" != 3 ] || break; sleep 0.1; done
	sleep 1
}

@test "memory and its limit, processes, and time" {
	idle c -m 64m --pids-limit 40
	# Not one of these moves while all of them sleep: if one has, it is looked at again.
	for ((i = 0; i < 20; i++)); do
		before="$(value memory.current) $((64 * MiB)) 3 $(value cpu.stat usage_usec)000 $(value cpu.stat system_usec)000"
		stats c ContainerStats.MemUsage MemLimit PIDs CPUNano CPUSystemNano
		after="$(value memory.current) $((64 * MiB)) 3 $(value cpu.stat usage_usec)000 $(value cpu.stat system_usec)000"
		[ "$before" != "$after" ] || break
	done
	assert_output "$after"
	stats c PIDS CPUPerc ContainerStats.PIDs
	assert_output "3 0.00% 3"
}

@test "without a limit it is the host's memory" {
	idle c --cgroups enabled
	stats c MemLimit
	assert_output $(($(awk '$1 == "MemTotal:" { print $2 }' /proc/meminfo) * 1024))
	[ "$(value memory.max)" = max ]
}

@test "a limit above what the host has is none" {
	idle c -m 1t
	stats c MemLimit
	assert_output $(($(awk '$1 == "MemTotal:" { print $2 }' /proc/meminfo) * 1024))
}

@test "memory that is used is shown, and its share" {
	start c -m 64m -- sh -c 'head -c 20971520 /dev/zero >/dev/shm/x; sleep 60'
	for ((i = 0; i < 100; i++)); do [ "$(value memory.current)" -lt $((20 * MiB)) ] || break; sleep 0.1; done
	sleep 1
	stats c ContainerStats.MemUsage MemPerc MemUsage MemUsageBytes
	read -r bytes share amount _ <<<"$output"
	is_within 5 "$bytes" "$(value memory.current)"
	[ "$share" = "$(awk "BEGIN { printf \"%.2f%%\", 100 * $bytes / (64 * 1048576) }")" ]
	[ "$amount" = "$(awk "BEGIN { printf \"%.4gMB\", $bytes / 1000000 }")" ]
	[[ $output == *" / 67.11MB "*"MiB / 64MiB" ]]
}

@test "the share of a processor is that of the quota" {
	start c --cpus 0.5 -- sh -c 'while :; do :; done'
	sleep 8
	stats c CPU AvgCPU
	is_within 30 "${output% *}" 50
	is_within 30 "${output#* }" 50
	# A stream measures over its own interval, from which a quota's slices do not stand out.
	run -0 bash -c "timeout 9 urun stats -i 4 --format '{{.CPU}}' c | tail -n 1"
	is_within 10 "$output" 50
}

@test "pressure is the kernel's" {
	start c --cpus 0.2 -- sh -c 'while :; do :; done'
	sleep 4
	if ! cat "$cgroup/cpu.pressure" >/dev/null 2>&1; then
		stats c CPUPressure Pressure.CPU.Some.Total
		assert_output "-- / -- --"
		return
	fi
	total() { sed -n "s/^$1 .*total=//p" "$cgroup/cpu.pressure"; }
	before=$(total some)
	stats c Pressure.CPU.Some.Total
	is_between "$before" "$output" "$(total some)"
	[ "$output" -gt 100000 ]
	stats c Pressure.CPU.Some.Avg10 CPUPressure
	[[ $output =~ ^([0-9]+\.[0-9]{2})\ ([0-9]+\.[0-9]{2})%\ /\ ([0-9]+\.[0-9]{2}%|--)$ ]]
	[ "${BASH_REMATCH[1]}" = "${BASH_REMATCH[2]}" ] && [ "${BASH_REMATCH[1]}" != 0.00 ]
	run -0 bash -c "urun stats --no-stream --format json c | jq -r '.[0].pressure | keys | join(\" \")'"
	assert_output "cpu io memory"
	run -0 bash -c "urun stats --no-stream --format json c | jq -r '.[0].pressure.cpu.some | [(.avg10 > 0), (.total > 100000)] | join(\" \")'"
	assert_output "true true"
}

@test "what disks were given, or -- where nobody counts that" {
	start c -m 64m --user root -v "$DATA:/data" -- sh -c 'dd if=/dev/zero of=/data/counted bs=65536 count=64 oflag=direct; sleep 60'
	for ((i = 0; i < 100; i++)); do
		[ "$(stat -c %s "$DATA/counted" 2>/dev/null)" != $((4 * MiB)) ] || break
		sleep 0.1
	done
	cat "$BATS_TEST_TMPDIR/c"
	stats c BlockInput BlockOutput
	if [ ! -e "$cgroup/io.stat" ]; then
		assert_output "-- --"
		return
	fi
	assert_output "$(tr ' ' '\n' <"$cgroup/io.stat" | awk -F= '
		$1 == "rbytes" { r += $2 } $1 == "wbytes" { w += $2 } END { printf "%.0f %.0f", r, w }')"
	[ "${output#* }" -ge $((4 * MiB)) ]
	rm -f "$DATA/counted"
}

@test "JSON has podman's keys, and those of pressure" {
	idle c -m 64m --pids-limit 40
	run -0 bash -c "urun stats --no-stream --format json c | jq -r '.[0] | del(.pressure, .block_io) | keys | join(\" \")'"
	assert_output "avg_cpu cpu_percent cpu_time id mem_percent mem_usage name net_io pids"
	run -0 bash -c "urun stats --no-stream --format json c | jq -r '.[0] | [.name, .pids, .net_io, .cpu_percent] | join(\" \")'"
	assert_output "c 3 0B / 0B 0.00%"
}

@test "one that is paused is still shown, and one that ends is not" {
	idle c -m 64m
	run -0 urun pause c
	stats c Name PIDs CPUPerc
	assert_output "c 3 0.00%"
	run -0 urun top c state
	[ "${#lines[@]}" = 4 ]
	run -0 urun unpause c
	urun stats -i 1 --format '{{.Name}}' >"$BATS_TEST_TMPDIR/reports" 2>"$BATS_TEST_TMPDIR/errors" 3>&- &
	reader=$!
	for ((i = 0; i < 100; i++)); do [ ! -s "$BATS_TEST_TMPDIR/reports" ] || break; sleep 0.1; done
	run -0 urun rm -f c
	sleep 2.5
	: >"$BATS_TEST_TMPDIR/reports"
	sleep 2.5
	kill "$reader"
	wait "$reader" || :
	[ "$(cat "$BATS_TEST_TMPDIR/reports" "$BATS_TEST_TMPDIR/errors")" = "" ]
}

@test "top lists those in the cgroup" {
	idle c -m 64m
	run -0 urun top c hpid
	[ "$(tail -n +2 <<<"$output" | sort)" = "$(sort "$cgroup/cgroup.procs")" ]
	[ "${#lines[@]}" = 4 ]
	run -0 urun top c pid,ppid,args
	[ "$(sed -E 's/ +/ /g' <<<"${lines[1]}")" = "1 0 sleep 60" ]
}
