# SPDX-License-Identifier: Apache-2.0
#
# A host that delegates all controllers that there are.

load vm

@test "the session has all controllers" {
	is_session
	[ "$(delegated)" = "cpuset cpu io memory hugetlb pids" ]
}

@test "a scope of the user's has all of them, too" {
	run -0 systemd-run --user --scope --quiet --property Delegate=yes sh -c \
		'cat "/sys/fs/cgroup$(cut -c4- /proc/self/cgroup)/cgroup.controllers"'
	assert_output "cpuset cpu io memory hugetlb pids"
	[ "$(cat /proc/sys/vm/nr_hugepages)" = 8 ]
}

@test "a limit on the disk of the user's holds" {
	[ "$(stat -c %Hd:%Ld "$DATA")" = "$(cat /sys/class/block/vdc/dev)" ]
	start=$(date +%s%N)
	run -0 systemd-run --user --scope --quiet --property "IOWriteBandwidthMax=/dev/vdc 1M" \
		dd if=/dev/zero of="$DATA/limited" bs=256K count=12 oflag=direct
	took_ms=$((($(date +%s%N) - start) / 1000000))
	rm "$DATA/limited"
	echo "3 MiB at 1 MB/s took $took_ms ms"
	[ $took_ms -ge 2000 ]
}

@test "doctor is well" {
	run -0 --separate-stderr urun doctor
	[[ $(probe "user bus") == "ok "* ]]
	[ "$(grep -c '^fail' <<<"$output")" = 0 ]
}

@test "containers run" {
	assert_runs
}
