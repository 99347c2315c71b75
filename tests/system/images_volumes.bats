#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# images_volumes.bats - folders that outlive containers

load lib.bash
load images.bash

setup_file() {
	images_setup basic
}

setup() {
	need_images
	store_setup
}

teardown() {
	if [ -n "${launcher:-}" ]; then
		kill -KILL "$launcher" 2>/dev/null || true
		wait "$launcher" 2>/dev/null || true
		wait_until is_gone "$payload"
	fi
	store_teardown
}

# in_basic ARG... -- SCRIPT: a shell as root in a container of the image "basic"
in_basic() {
	local args=()
	while [ "$1" != -- ]; do
		args+=("$1")
		shift
	done
	urun run --rm -u 0 "${args[@]}" --entrypoint sh basic -c "$2"
}

# What the caller sees of a volume's data.
data() {
	echo "$URUN_ROOT/volumes/$1/_data"
}

# --- the verbs ---

@test "volume create, exists, ls, inspect and rm" {
	run -0 urun volume create --label a=b -l flag mine
	assert_output mine
	run -0 urun volume exists mine
	run -1 urun volume exists other
	assert_output ""
	run -0 urun volume ls
	assert_output $'DRIVER      VOLUME NAME\nlocal       mine'
	run -0 urun volume ls -q
	assert_output mine
	run -0 urun volume ls --format '{{.Name}} {{.Driver}} {{.Labels.a}} {{.Scope}}'
	assert_output 'mine local b local'
	run -0 urun volume inspect --format '{{.Mountpoint}} {{json .Labels}} {{.Anonymous}}' mine
	assert_output "$(data mine) "'{"a":"b","flag":""} false'
	run -0 urun volume inspect mine
	[ "$(python3 -c 'import json,sys; v = json.load(sys.stdin)[0]; print(v["Name"], v["Driver"], sorted(v))' <<<"$output")" = \
		"mine local ['Anonymous', 'CreatedAt', 'Driver', 'Labels', 'Mountpoint', 'Name', 'NeedsCopyUp', 'Options', 'Scope']" ]
	run -125 urun volume create mine
	assert_output "urun: volume 'mine': there is one of this name"
	run -0 urun volume rm mine
	assert_output mine
	run -1 urun volume rm mine
	assert_output "urun: 'mine': no such volume
  urun volume ls lists those that are there"
	run -0 ls -A "$URUN_ROOT/volumes" "$URUN_ROOT/tmp"
	assert_output "$URUN_ROOT/tmp:

$URUN_ROOT/volumes:"
}

@test "a name that could be a path, or is none, is refused" {
	for name in ../x a/b .hidden -x '' "$(printf 'a\nb')" "$(printf 'x%.0s' $(seq 201))"; do
		run -125 urun volume create -- "$name"
		assert_contains 'is no name of a volume'
		run -125 urun volume rm -- "$name"
	done
	run -0 ls -A "$URUN_ROOT/volumes"
	assert_output ""
	run -0 urun volume create "$(printf 'x%.0s' $(seq 200))"
}

@test "a volume without a name gets one of 64 digits" {
	run -0 urun volume create
	[[ "$output" =~ ^[0-9a-f]{64}$ ]]
	run -0 urun volume inspect -f '{{.Anonymous}}' "${output:0:12}"
	assert_output true
}

@test "volume ls filters by name, label and use; an unknown filter is named" {
	pull basic
	urun volume create -l k=1 one
	urun volume create -l k=2 two
	run -0 urun volume ls -q -f label=k
	assert_output $'one\ntwo'
	run -0 urun volume ls -q -f label=k=2
	assert_output two
	run -0 urun volume ls -q -f name=ne
	assert_output one
	urun run --name user -v one:/x --entrypoint true basic
	run -0 urun volume ls -q -f dangling=true
	assert_output two
	run -0 urun volume ls -q -f dangling=false -f name=one
	assert_output one
	run -125 urun volume ls -f size=1
	assert_output "urun: --filter: there is no filter 'size'
  There are: dangling driver label name scope"
}

# --- in containers ---

@test "what one container writes into a volume, the next one reads" {
	pull basic
	run -0 in_basic -v vol:/v -- 'echo text >/v/file; chown 1000:1000 /v/file'
	run -1 in_basic -v vol:/v:ro -- 'cat /v/file; stat -c %u:%g /v/file; touch /v/new'
	[[ "$output" == $'text\n1000:1000\n'*"Read-only file system" ]]
	run -0 cat "$(data vol)/file"
	assert_output text
	run stat -c %u:%g "$(data vol)/file"
	assert_output "$(($(sub_first uid) + 999)):$(($(sub_first gid) + 999))"
}

@test "a new volume is filled with what the image has there, with owners and modes, once" {
	pull basic
	run -0 in_basic -v vol:/home -- 'stat -c "%n %u:%g %a" /home /home/app; rmdir /home/app'
	assert_output $'/home 0:0 755\n/home/app 1000:1000 755'
	run -0 urun volume inspect -f '{{.NeedsCopyUp}}' vol
	assert_output false
	run -0 in_basic -v vol:/home -- 'ls -A /home'
	assert_output ""
	# what is in it already stays, whatever the image has
	urun volume create full
	in_basic -v full:/x -- 'echo mine >/x/mine'
	run -0 in_basic -v full:/data -- 'ls -A /data'
	assert_output mine
	urun volume create written
	echo mine >"$(data written)/mine"
	run -0 in_basic -v written:/data -- 'ls -A /data'
	assert_output mine
	run -0 urun volume inspect -f '{{.NeedsCopyUp}}' written
	assert_output false
}

@test "nocopy leaves a new volume empty, and the next container fills it" {
	pull basic
	run -0 in_basic -v vol:/data:nocopy -- 'ls -A /data'
	assert_output ""
	run -0 in_basic --mount type=volume,src=vol,dst=/data,volume-nocopy -- 'ls -A /data'
	assert_output ""
	run -0 in_basic --mount type=volume,src=vol,dst=/data,ro -- 'ls -A /data; ! touch /data/x 2>&1'
	assert_output $'from-image\ntouch: /data/x: Read-only file system'
}

@test "a copy that was broken off is done again from the beginning" {
	pull basic
	urun volume create vol
	echo -n x >"$URUN_ROOT/volumes/vol/fresh"
	echo half >"$(data vol)/from-image"
	mkdir "$(data vol)/folder"
	run -0 in_basic -v vol:/data -- 'ls -A /data; cat /data/from-image'
	assert_output $'from-image\ndata'
	[ ! -e "$URUN_ROOT/volumes/vol/fresh" ]
}

@test "four containers at once fill one volume once" {
	pull basic
	for i in 1 2 3 4; do
		in_basic -v vol:/bin-copy -v vol:/data -- 'cat /data/from-image' \
			>"$BATS_TEST_TMPDIR/$i" 2>&1 3>&- &
	done
	wait
	run -0 cat "$BATS_TEST_TMPDIR"/[1-4]
	# the first mount of each is of an empty folder: it says whether the volume was filled
	run -0 urun volume inspect -f '{{.NeedsCopyUp}}' vol
	assert_output false
}

@test "an image's volumes have no name, and go with --rm" {
	pull basic
	run -0 in_basic -- 'grep " /data " /proc/mounts | cut -d" " -f4 | cut -d, -f1-3; cat /data/from-image; touch /data/x'
	assert_output $'rw,nosuid,nodev\ndata'
	run -0 ls -A "$URUN_ROOT/volumes" "$URUN_ROOT/tmp"
	assert_output "$URUN_ROOT/tmp:

$URUN_ROOT/volumes:"
}

@test "a kept container keeps its volumes; rm -v takes those without a name along" {
	pull basic
	run -0 urun run --name kept -u 0 -v vol:/v -v /anon --entrypoint sh basic -c \
		'echo x >>/data/count; echo x >>/anon/count; wc -l </data/count'
	assert_output 1
	run -0 urun start kept
	assert_output 2
	run -0 urun volume ls -q
	[ "$(wc -l <<<"$output")" = 3 ]
	run -0 urun inspect -f '{{range .Mounts}}{{.Type}} {{.Destination}} {{.RW}};{{end}}' kept
	assert_output 'volume /data true;volume /v true;volume /anon true;'
	run -0 urun rm -v kept
	run -0 urun volume ls -q
	assert_output vol
}

@test "a volume that a container uses is not removed, and the container is named" {
	pull basic
	urun run --name user -v vol:/v --entrypoint true basic
	id=$(urun ps -aq)
	run -2 urun volume rm vol
	assert_output "urun: volume 'vol': container $id (user) uses it
  urun rm $id"
	run -0 urun volume prune -f
	refute_contains vol
	urun rm user
	run -0 urun volume rm vol
}

@test "a volume of a container that runs is not removed, with and without an image" {
	pull basic
	spawn --rm -v vol:/v --entrypoint sleep basic 99
	run -2 urun volume rm vol
	assert_contains "urun: volume 'vol': container"
	assert_contains "It ends with its urun run"
	kill "$launcher"
	wait "$launcher" || true
	run -0 urun volume rm vol
	need_busybox
	spawn -v vol:/v "rootfs:$BUSYBOX:O" sleep 99
	run -2 urun volume rm vol
	assert_output "urun: volume 'vol': a running container uses it"
	kill "$launcher"
	wait "$launcher" || true
	run -0 urun volume rm vol
}

@test "a volume goes with a folder as a root, too; one without a name does not" {
	need_busybox
	run -0 urun run -v vol:/v "rootfs:$BUSYBOX:O" sh -c 'echo x >/v/f'
	run -0 cat "$(data vol)/f"
	assert_output x
	run -125 urun run -v /v "rootfs:$BUSYBOX:O" true
	assert_output "urun: '/v': only a container of an image has volumes without a name
  --tmpfs /v does the same here; NAME:/v is a volume that stays"
}

@test "volumes with --userns: keep-id writes, auto keeps the image's with the container" {
	need_fuse
	pull basic
	run -0 --separate-stderr urun run --rm --userns keep-id -u "$(id -u)" -v vol:/v --entrypoint sh basic -c \
		'touch /v/x && stat -c %u /v/x'
	assert_output "$(id -u)"
	[[ "$stderr" == *"files in volumes keep their ids"* ]]
	run -0 stat -c %u "$(data vol)/x"
	assert_output "$(id -u)"
	run -0 --separate-stderr urun run --rm -u 0 --userns auto:size=5000 --entrypoint cat basic /data/from-image
	assert_output data
	[[ "$stderr" == *"the image's volumes are kept with the container"* ]]
}

@test "option U gives a volume to the container's user, without following links" {
	need_fuse
	pull basic
	in_basic -v vol:/v -- 'mkdir -p -m 700 /v/a/b; echo x >/v/a/b/f; chmod 600 /v/a/b/f; chown -R 7:7 /v; ln -s /etc/passwd /v/link'
	run -0 urun run --rm -v vol:/v:U --entrypoint sh basic -c \
		'stat -c "%n %u:%g" /v /v/a /v/a/b/f /v/link /etc/passwd; cat /v/a/b/f'
	assert_output $'/v 1000:1000\n/v/a 1000:1000\n/v/a/b/f 1000:1000\n/v/link 1000:1000\n/etc/passwd 0:0\nx'
	run -0 --separate-stderr urun run --rm --userns keep-id -u "$(id -u)" -v vol:/v:U --entrypoint cat basic /v/a/b/f
	assert_output x
	refute_contains note
	run -0 stat -c %u "$(data vol)/a/b/f"
	assert_output "$(id -u)"
	run -125 urun run --rm --userns auto:size=5000 -v vol:/v:nocopy,U --entrypoint true basic
	assert_contains "give the volume at '/v' to user 1000"
}

@test "with one id only, volumes belong to root" {
	pull basic
	run -0 --separate-stderr in_basic --uidmap 0:0:1 --gidmap 0:0:1 -- 'stat -c %u:%g /data /data/from-image; touch /data/x'
	assert_output $'0:0\n0:0'
}

@test "volume prune asks, and removes what nothing uses" {
	pull basic
	urun volume create one
	urun volume create two
	in_basic -v two:/v -- 'mkdir -m 0 /v/closed; chown 1234:1234 /v/closed'
	run -125 urun volume prune </dev/null
	assert_contains "nobody answered: nothing was removed"
	run -125 urun volume prune <<<n
	assert_contains "nothing was removed"
	run -0 urun volume ls -q
	assert_output $'one\ntwo'
	run -0 urun volume prune <<<y
	assert_contains $'one\ntwo'
	run -0 urun volume ls -q
	assert_output ""
	run -0 ls -A "$URUN_ROOT/tmp"
	assert_output ""
}

@test "what a payload puts in the place of a volume's folder leads nowhere else" {
	pull basic
	# the image's folder is a link: it is resolved inside
	run -0 urun run --name link -u 0 --entrypoint sh basic -c 'ln -s /etc /hole; ln -s ../../../../etc /data/out'
	run -0 in_basic -v vol:/data -- 'ls -A /data'
	assert_output from-image
	[ ! -e "$URUN_ROOT/volumes/vol/_data/passwd" ]
}
