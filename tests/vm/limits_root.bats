# SPDX-License-Identifier: Apache-2.0
#
# Limits of root's own containers: systemd's own manager is asked.

load vm

@test "a scope of the system's, with the limits, and nothing left" {
	run -0 --separate-stderr urun run --network none -m 64m --cpuset-cpus 0 --pids-limit 9 "rootfs:$BUSYBOX" \
		sh -c 'cd /sys/fs/cgroup; cat memory.max cpuset.cpus pids.max; cat /proc/self/cgroup'
	assert_output $'67108864\n0\n9\n0::/'
	run -0 systemctl list-units --all --no-legend 'urun-*.scope'
	assert_output ""
	run -0 find /sys/fs/cgroup -type d -name 'urun-*.scope'
	assert_output ""
}

@test "a hog of root's is killed at its limit" {
	run -137 urun run --network none -m 64m "rootfs:$BUSYBOX" sh -c 'x=aaaaaaaaaaaaaaaa; while :; do x=$x$x; done'
	assert_contains "out of memory: the kernel has killed 1 of the container's processes"
}
