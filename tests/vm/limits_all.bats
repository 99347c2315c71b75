# SPDX-License-Identifier: Apache-2.0
#
# Limits on a host that gives its users all controllers.

load vm
load limits

setup_file() { limits_setup_file; }
teardown_file() { limits_teardown_file; }
teardown() { limits_teardown; }

@test "io: a limit in bytes holds" {
	disk=$(cat /sys/class/block/vdc/dev)
	start writer --device-write-bps /dev/vdc:2m --device-read-iops /dev/vdc:100 -v "$DATA:/data" -- sleep 60
	[ "$(value io.max)" = "$disk rbps=max wbps=2097152 riops=100 wiops=max" ]
	# An update of which a part cannot be is undone, line by line.
	run -125 urun update --device-write-bps /dev/vdc:1m --cgroup-conf memory.high=nonsense writer
	[ "$(value io.max)" = "$disk rbps=max wbps=2097152 riops=100 wiops=max" ]
	run -125 urun update --device-write-bps /dev/vda:1m --cgroup-conf memory.high=nonsense writer
	[ "$(value io.max)" = "$disk rbps=max wbps=2097152 riops=100 wiops=max" ]
	run -0 urun update --device-write-bps /dev/vdc:3m writer
	[ "$(value io.max)" = "$disk rbps=max wbps=3145728 riops=100 wiops=max" ]
	kill "$launcher"
	wait "$launcher" || :
	run -0 urun run --network none --device-write-bps /dev/vdc:2m -v "$DATA:$DATA" host: \
		dd if=/dev/zero of="$DATA/limited" bs=256K count=48 oflag=direct
	rm "$DATA/limited"
	# 12 MiB: dd tells how long it took, without the container's own start.
	[[ $output =~ copied,\ ([0-9.]+)\ s, ]]
	is_within 20 "${BASH_REMATCH[1]}" 6
}

@test "cpuset: processors and nodes" {
	start pinned --cpuset-cpus 1 --cpuset-mems 0 -- sh -c 'grep Cpus_allowed_list /proc/self/status; sleep 60'
	[ "$(value cpuset.cpus.effective) $(value cpuset.mems.effective)" = "1 0" ]
	for ((i = 0; i < 50; i++)); do [ ! -s "$BATS_TEST_TMPDIR/pinned" ] || break; sleep 0.1; done
	[ "$(cat "$BATS_TEST_TMPDIR/pinned")" = $'Cpus_allowed_list:\t1' ]
	run -0 urun update --cpuset-cpus 0 pinned
	[ "$(value cpuset.cpus.effective)" = 0 ]
}

@test "huge pages: a limit of a size" {
	map='import mmap; m = mmap.mmap(-1, 4 << 20, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x40000); m[0] = 1; m[2 << 20] = 1; print("had it")'
	run -0 --separate-stderr urun run --network none --cgroup-parent app.slice --cgroup-conf hugetlb.2MB.max=4194304 host: python3 -c "$map"
	assert_output "had it"
	run --separate-stderr urun run --network none --cgroup-parent app.slice --cgroup-conf hugetlb.2MB.max=2097152 host: python3 -c "$map"
	[ "$status" = $((128 + 7)) ] # SIGBUS
	[ "$output" = "" ]
}

@test "a weight of disks: the kernel's file, or the reason why there is none" {
	run urun run --network none --blkio-weight 500 host: sh -c 'cat /sys/fs/cgroup/io.bfq.weight /sys/fs/cgroup/io.weight 2>/dev/null || :'
	if [ "$status" = 0 ]; then
		[[ $output == "default 500" || $output == "default 4950" ]]
	else
		assert_contains "limit io.bfq.weight=default 500: No such file or directory"
	fi
}

@test "a device that is no disk of the kernel's limits is named" {
	run -125 urun run --network none --device-read-bps /dev/null:1m host: true
	assert_contains "'/dev/null': look up the disk: Block device required"
}
