# SPDX-License-Identifier: Apache-2.0
#
# Root looks at what the tests of a session left, once it is over.

load vm

user=$(id -u user)

@test "no process of the user's ids" {
	run -0 ps -e -o uid=,args=
	[ "$(awk -v u="$user" '$1 == u || $1 >= 100000' <<<"$output")" = "" ]
}

@test "no cgroup" {
	[ ! -e "/sys/fs/cgroup/user.slice/user-$user.slice" ]
}

@test "no mount" {
	run -0 cat /proc/self/mounts
	[[ $output == *" $DATA "* ]]
	[ "$(awk '$3 ~ /^(fuse\.|overlay)/ || $2 ~ "^/run/user/"' <<<"$output")" = "" ]
}
