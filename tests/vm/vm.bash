# SPDX-License-Identifier: Apache-2.0
#
# vm.bash - what the tests of kinds of hosts share
#
# Each file is for one kind of guest/main. It asks three things: what `urun doctor` says, what a
# container can do there, and what it cannot, with the words that tell why and how to mend it.
#
# To add a test:
#	1. Write tests/vm/NAME.bats; it begins with `load vm`. It runs as an ordinary user, in a real
#	   login session, once the kind of host is there.
#	2. Name it in local.mk, and as vm/NAME in the line of each kind in guest/main's table. What root
#	   has to do before and after is a kind, two functions there: delegates() is what is given to
#	   user@.service. A file that root has to run itself, to look at what is left, is +vm/NAME.
#	3. tests/vm/run BUILDDIR KIND:vm/NAME runs that alone, in what `make tests/stage.env` staged.
#
# What the machine has: the programs that were built, python3, jq, strace, busybox, systemd-run; root
# folders $DEBIAN and $BUSYBOX; the image oci:$IMAGE, "basic" of fixtures/images.py; $DATA, a folder
# of the user on a disk of its own, /dev/vdc, 256 MiB. No network but a dummy.

load ../system/lib

IMAGE=$URUN_STAGE/images/basic
DATA=/srv/data

# probe NAME: what `urun doctor` in the output says of it, from status to mend.
probe() {
	awk -v name="$1" '
		/^[a-z]/ { is_it = substr($0, 7, length(name)) == name && substr($0, 7 + length(name)) ~ /^  / }
		is_it { sub(/^ +/, ""); gsub(/  +/, " "); print }' <<<"$output"
}

# assert_probe NAME STATUS DETAIL [LOST MEND]
assert_probe() {
	local expected="$2 $1 $3"

	[ $# -lt 4 ] || expected+=$'\n'"lost: $4"$'\n'"mend: $5"
	[ "$(probe "$1")" = "$expected" ] || {
		printf -- '-- expected --\n%s\n-- got --\n%s\n-- of --\n%s\n--\n' \
			"$expected" "$(probe "$1")" "$output"
		return 1
	}
}

# Whatever else is missing: a container, on each root folder, has what one id gives.
assert_runs() {
	local root

	for root in host: "rootfs:$BUSYBOX" "rootfs:$DEBIAN"; do
		run -0 --separate-stderr urun run --network none "$@" "$root" sh -c 'id -u; echo $$'
		assert_output $'0\n1'
	done
}

# refused: nothing runs, and nobody is left to guess: the last run's error has TEXT and a mend.
refused() {
	run -125 --separate-stderr urun run --network none "rootfs:$BUSYBOX" true
	[ -z "$output" ]
	for text do
		[[ $stderr == *"$text"* ]] || {
			printf -- '-- expected within --\n%s\n-- got --\n%s\n--\n' "$text" "$stderr"
			return 1
		}
	done
}

# limits_refused TEXT MEND: a limit is refused so, and best effort runs without.
limits_refused() {
	run -125 --separate-stderr urun run --network none -m 64m "rootfs:$BUSYBOX" true
	[[ $stderr == "urun: limits need $1"*$'\n  '*"$2"*"--limits best-effort goes on without" ]] || {
		echo "$stderr"
		return 1
	}
	run -0 --separate-stderr urun run --network none --limits best-effort -m 64m --pids-limit 9 \
		--cpus 1 "rootfs:$BUSYBOX" sh -c \
		'awk "/Max (data size|processes)/ { print \$(NF - 2) }" /proc/self/limits; sh -c "echo on"'
	[ "$output" = $'67108864\n9\non' ]
	[ "$stderr" = "urun: note: there is no cgroup for limits here (--limits best-effort); memory is limited for each process alone; processes are counted for each user alone; not limited: cpu.max" ]
}

# The controllers that the user's manager was given.
delegated() {
	cat "/sys/fs/cgroup/user.slice/user-$(id -u).slice/user@$(id -u).service/cgroup.controllers"
}

is_session() {
	[ "$XDG_RUNTIME_DIR" = "/run/user/$(id -u)" ]
	[ -S "$XDG_RUNTIME_DIR/bus" ]
	[[ $(cat /proc/self/cgroup) == 0::/user.slice/user-$(id -u).slice/session-*.scope ]]
}
