#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# images_full.bats - an image store on a disk that is full, broken or read-only: one error says
# why, and nothing is lost or left

load lib.bash
load images.bash

setup_file() {
	images_setup basic parts
}

setup() {
	killer_setup
	unshare --user --map-auto --map-root-user --mount true 2>/dev/null ||
		skip_because "no namespaces to mount a small disk in"
	store_setup
}

teardown() {
	store_teardown
	killer_teardown
}

# full KIND WAY...: see image_full.py; each way says how many failed.
full() {
	run timeout 300 unshare --user --map-auto --map-root-user --mount \
		python3 "$URUN_STAGE/tests/system/image_full.py" "$1" "$(IFS=, && echo "${*:2}")"
	assert_status 0
	[ ${#lines[@]} = $(($# - 1)) ]
}

# at_least COUNT WAY: so many have failed
at_least() {
	local line
	line=$(grep "^$2: " <<<"$output")
	line=${line#*: }
	[ "${line%% *}" -ge "$1" ] || {
		echo "$output"
		return 1
	}
}

@test "no space for a pull or a load" {
	full space pull load load-gzip
	for way in pull load load-gzip; do
		at_least 15 $way
	done
}

@test "no space for a commit or an import" {
	full space commit import
	at_least 15 commit
	at_least 15 import
}

@test "no space for a first run, or for a volume that is to be filled" {
	full space run volume
	at_least 15 run
	at_least 15 volume
}

@test "no space for a name or a volume, and rmi and prune need none" {
	full space tag create rmi
	at_least 1 tag
	at_least 1 create
}

@test "no space to note that it runs: it does, and is said not to be seen" {
	need_busybox
	cd "$BATS_TEST_TMPDIR"
	cat >with_room <<-'END'
		mount -t tmpfs -o size=400k,mode=700 tmpfs "$URUN_ROOT"
		box() { urun run --network none --name a "rootfs:$BUSYBOX" echo runs; }
		box
		dd if=/dev/zero of="$URUN_ROOT/fill" bs=4k 2>/dev/null
		for try in 1 2 3 4 5; do
			! box 2>last || break
			truncate -s -4k "$URUN_ROOT/fill"
		done
		tail -n 1 last
		rm "$URUN_ROOT/fill"
		box
		urun system fsck
	END
	run -0 env BUSYBOX="$BUSYBOX" unshare --user --map-auto --map-root-user --mount bash with_room
	assert_output "runs
runs
urun: note: its process is not in the store, and 'urun ps', 'top' and 'rm' take it for one that has ended: No space left on device
runs"
}

@test "no inodes" {
	full inodes pull commit volume tag create rmi
	at_least 15 pull
	at_least 15 commit
	at_least 15 volume
	at_least 1 tag
	at_least 1 create
}

@test "a disk that fails at a call, or a quota that is used up" {
	full refused pull load commit tag
	at_least 12 pull
	at_least 12 load
	at_least 9 commit
	at_least 2 tag
}

@test "a store that is read-only: what is there can be looked at" {
	pull basic
	in_read_only() {
		run "$1" --separate-stderr unshare --user --map-auto --map-root-user --mount sh -c '
			mount --bind "$URUN_ROOT" "$URUN_ROOT" &&
			mount -o remount,bind,ro "$URUN_ROOT" && shift && "$@"' sh "$@"
	}
	in_read_only -0 urun images --format '{{.Repository}}'
	assert_output localhost/basic
	[ -z "$stderr" ]
	in_read_only -0 urun inspect --format '{{.Config.User}}' basic
	assert_output app
	for words in "pull -q oci:$IMAGES/parts:latest" "tag basic other" "rmi basic" "image prune -a -f" \
		"volume create vol" "run --rm basic"; do
		# shellcheck disable=SC2086 # words
		in_read_only -125 urun $words
		echo "$words: $stderr"
		[[ "$stderr" == "urun: "*"'$URUN_ROOT"*"': Read-only file system"* ]]
		[[ "$stderr" == *"
  "*"--root DIR"* ]]
		[ "$(grep -c '^urun: ' <<<"$stderr")" = 1 ]
	done
	run -0 urun system fsck
	assert_output ""
	run -0 urun run --rm --entrypoint echo basic works
	assert_output works
}
