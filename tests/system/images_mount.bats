#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# images_mount.bats - files of containers that run, and files that are mounted: cp, export,
# commit, unshare, mount

load lib.bash
load fs.bash
load images.bash

setup_file() {
	images_setup basic
}

setup() {
	need_images
	store_setup
	cd "$BATS_TEST_TMPDIR"
	pull basic
}

teardown() {
	for process in "${launcher:-}" "${session:-}"; do
		[ -z "$process" ] || kill -KILL "$process" 2>/dev/null || true
		[ -z "$process" ] || wait "$process" 2>/dev/null || true
	done
	[ -z "${payload:-}" ] || wait_until is_gone "$payload"
	store_teardown
}

# live ARG... -- SCRIPT: a container that runs: "live", of "basic", as root, once SCRIPT is done
live() {
	local args=()
	while [ "$1" != -- ]; do
		args+=("$1")
		shift
	done
	spawn --name live -u 0 "${args[@]}" --entrypoint sh basic -c "$2
		touch /tmp/is-up; exec sleep 999"
	wait_until is_up
}

is_up() {
	urun cp live:/tmp/is-up "$BATS_TEST_TMPDIR/is-up" 2>/dev/null
}

no_ids='mount --bind /dev/null /etc/subuid; mount --bind /dev/null /etc/subgid'

# --- containers that run ---

@test "running: export has the files with their owners, and nothing that is mounted" {
	mkdir vol
	echo in-volume >vol/file
	live -v "$PWD/vol:/vol" --tmpfs /scratch -- 'echo new >/new; chown 7:8 /new; rm /work/mine
		echo x >/scratch/x; echo x >/vol/x; echo x >/dev/shm/x'
	urun export -o running.tar live
	run -0 tar --numeric-owner -tvf running.tar new
	assert_contains "7/8"
	run -0 bash -c 'tar tf running.tar | grep "^vol\|^scratch\|^proc\|^sys\|^dev\|^work"'
	assert_output "dev/
proc/
scratch/
sys/
vol/
work/"
	# the same as of the same container when it has ended
	kill -KILL "$launcher"
	wait "$launcher" || true
	wait_until is_gone "$payload"
	urun export -o ended.tar live
	cmp running.tar ended.tar
}

@test "running: cp reaches what the container sees, volumes included" {
	mkdir vol closed
	echo in-volume >vol/file
	urun volume create named >/dev/null
	live -v "$PWD/vol:/vol" -v "$PWD/closed:/closed:ro" -v named:/named --tmpfs /scratch -- \
		'echo new >/new; echo t >/scratch/t; echo n >/named/n'
	urun cp live:/new live-new
	urun cp live:/vol/file live-file
	urun cp live:/scratch/t live-t
	urun cp live:/named/n live-n
	run -0 cat live-new live-file live-t live-n
	assert_output $'new\nin-volume\nt\nn'
	echo mine >mine
	urun cp mine live:/vol/
	urun cp mine live:/scratch/mine
	urun cp mine live:/etc/mine
	run -0 cat vol/mine
	assert_output mine
	[ "$(stat -c %u vol/mine)" = "$(id -u)" ]
	# into a tree with mounts in it
	mkdir -p deep/vol/sub deep/scratch
	echo d | tee deep/vol/sub/d >deep/scratch/d
	urun cp deep/. live:/
	run -0 cat vol/sub/d
	assert_output d
	urun cp live:/ all
	run -0 cat all/vol/mine all/scratch/mine all/scratch/d all/etc/mine
	assert_output $'mine\nmine\nd\nmine'
	[ ! -e all/proc ]
	[ ! -e all/sys ]
	[ ! -e all/dev/pts ]
	run -125 urun cp mine live:/closed/x
	assert_contains "Read-only file system"
	run -0 ls -A closed
	assert_output ""
}

@test "running: what the kernel makes up is no file" {
	live -- true
	echo x >x
	for path in /proc/version /proc /sys/kernel /proc/1/nothing /sys/x; do
		run -125 urun cp "live:$path" out
		assert_output "urun: cp: '$path' in container $(urun ps -q) is no file: the kernel makes it up when it is read"
	done
	run -125 urun cp x live:/proc/sys/kernel/core_pattern
	assert_contains "is no file"
	run -125 urun cp x live:/proc/sysrq-trigger
	assert_contains "is no file"
}

@test "running: a throw-away container, too; one that has ended, or has not begun, is told" {
	spawn --rm --name short -u 0 --entrypoint sh basic -c 'echo x >/x; exec sleep 999'
	wait_until urun cp short:/x x
	run -0 cat x
	assert_output x
	run -0 bash -c 'urun export short | tar t x'
	assert_output x
	kill -KILL "$launcher"
	wait "$launcher" || true
	wait_until is_gone "$payload"
	run -125 urun cp short:/x y
	assert_contains "container"
	run -125 urun cp nothing:/x y
	assert_contains "no such container"
}

@test "running: a note of another process is not believed" {
	live -- true
	note=$(echo "$URUN_ROOT"/containers/*/process)
	read -r pid start boot <<<"$(cat "$note")"
	[ "$pid" = "$payload" ]
	for fake in "$$ $start $boot" "$pid 1 $boot" "$pid $start 0" "1 1 $boot" "" x "-1 1 1" \
		"99999999999 1 $boot"; do
		printf %s "$fake" >"$note"
		run -125 urun cp live:/etc/passwd out
		assert_contains "is being started, ended or removed"
	done
	# the caller's own shell has no namespaces of a container
	printf %s "$$ $(sed 's/.*) //' /proc/$$/stat | cut -d' ' -f20) $boot" >"$note"
	run -125 urun export live
	assert_contains "is being started, ended or removed"
	printf %s "$pid $start $boot" >"$note"
	urun cp live:/etc/passwd out
}

@test "running: links lead nowhere but in the container" {
	echo secret >secret
	chmod 600 secret
	mkdir outside
	echo mine >mine
	live -- "ln -s $PWD/secret /secret; ln -s $PWD/outside /out; ln -s /proc/1/root /root1
		ln -s /proc/self/root /self; ln -s /proc/self/cwd /cwd; ln -s /proc/1/fd/0 /fd
		ln -s ../../../../../../../..$PWD/outside /up; ln -s /etc /etc-link
		mkdir /d; ln -s / /d/root; ln -s /proc/1/root$PWD/outside /d/deep"
	for path in secret out root1/etc/passwd self/etc/passwd cwd/etc/passwd fd up d/deep \
		proc/1/root/etc/passwd proc/self/root/etc/passwd; do
		run -125 urun cp "live:/$path" copied
		[ ! -e copied ]
	done
	run -0 bash -c 'urun cp live:/etc-link/passwd - | tar xO'
	assert_contains "root:x:0:0:root:/root:/bin/sh"
	grep -q app <<<"$output"
	urun cp mine live:/etc-link/from-outside
	run -0 bash -c 'urun cp live:/etc/from-outside - | tar xO'
	assert_output mine
	for path in out/x up/x root1/tmp/x self/tmp/x d/deep/x; do
		run -125 urun cp mine "live:/$path"
	done
	# a link that leads nowhere is replaced
	urun cp mine live:/secret
	run -0 cat secret
	assert_output secret
	run -0 ls -A outside
	assert_output ""
	# links are copied as links
	urun cp live:/d got
	[ "$(readlink got/root)" = / ]
	[ "$(readlink got/deep)" = "/proc/1/root$PWD/outside" ]
	mkdir -p into/root
	echo x >into/root/evil
	run -125 urun cp into/. live:/d
	assert_contains "there is something else in its place"
}

@test "running: a payload that swaps folders for links while it is copied gets nowhere" {
	mkdir outside from
	echo host-secret >outside/secret
	for i in $(seq 40); do
		mkdir -p "from/a/$i"
		echo planted >"from/a/$i/planted"
	done
	live -- "mkdir -p /t/a /real
		for i in \$(seq 40); do mkdir /t/a/\$i; echo inside >/t/a/\$i/secret; done
		(while :; do
			for i in 7 23 39; do
				mv /t/a/\$i /real/\$i 2>/dev/null; ln -s $PWD/outside /t/a/\$i 2>/dev/null
				rm -f /t/a/\$i; mv /real/\$i /t/a/\$i 2>/dev/null
			done
			mv /t /t2; ln -s $PWD/outside /t; rm -f /t; mv /t2 /t
		done) &"
	for i in $(seq 25); do
		timeout 20 urun cp live:/t "got$i" 2>/dev/null || true
		timeout 20 urun cp from/. live:/t 2>/dev/null || true
		timeout 20 urun export -o "$i.tar" live 2>/dev/null || true
	done
	run -1 grep -r host-secret got*
	run -0 bash -c 'ls got*/a | wc -l'
	[ "$output" -gt 100 ]
	run -0 find outside -mindepth 1
	assert_output outside/secret
}

@test "running: a payload that has left its root for another is read from the container's" {
	live -- 'mkdir -p /jail/bin /jail/tmp; cp /bin/busybox /jail/bin/sh; ln -s sh /jail/bin/sleep
		echo outer >/where; echo inner >/jail/where; touch /tmp/is-up
		exec chroot /jail /bin/sleep 999' || skip_because "no chroot in this busybox"
	run -0 bash -c 'urun cp live:/where - | tar xO'
	assert_output outer
}

@test "running: with fuse-overlayfs, keep-id and one id only it is the same" {
	need_fuse
	echo mine >mine
	for args in "--storage-driver fuse-overlayfs" "--userns keep-id" "--uidmap 0:0:1 --gidmap 0:0:1"; do
		live $args -- 'echo x >/x; rm /work/mine; head -c 300000 /dev/zero >/big; mkdir /d; chmod 700 /d'
		urun cp mine live:/d/mine
		run -0 bash -c 'urun cp live:/d - | tar --numeric-owner -tv | sed "s/  */ /g" | cut -d" " -f1,2,6'
		assert_output "drwx------ 0/0 d/
-rw-r--r-- 0/0 d/mine"
		run -0 bash -c 'urun export live | tar --numeric-owner -tv | grep " work/\| x$\| d/mine" | sed "s/  */ /g" | cut -d" " -f1,2,3,6'
		assert_output "-rw-r--r-- 0/0 5 d/mine
drwxr-xr-x 1000/1000 0 work/
-rw-r--r-- 0/0 2 x"
		urun commit -q live img >/dev/null
		run -0 urun run --rm -u 0 --entrypoint sh img -c 'cat /x /d/mine; wc -c </big; ls /work'
		assert_output $'x\nmine\n300000'
		kill -KILL "$launcher"
		wait "$launcher" || true
		wait_until is_gone "$payload"
		urun rm live >/dev/null
		rm is-up
	done
}

@test "running: commit takes what is there; --pause is refused without a cgroup" {
	live -- 'echo x >/x'
	urun commit -q live one >/dev/null
	urun commit -q --pause=false live two >/dev/null
	run -0 urun run --rm -u 0 --entrypoint sh one -c 'cat /x'
	assert_output x
	run -125 urun commit -q --pause live three
	assert_output "urun: --pause: container $(urun ps -q) has no cgroup of its own
  It gets one when it is started with a limit, such as --memory 1g, or with --cgroups enabled"
	kill -KILL "$launcher"
	wait "$launcher" || true
	wait_until is_gone "$payload"
	urun commit -q --pause live three >/dev/null
}

@test "running: while files are copied, the container is not started again" {
	live -- 'head -c 30000000 /dev/urandom >/big'
	mkfifo wait
	urun export live >wait 3>&- &
	exporting=$!
	exec 9<wait
	head -c 4096 <&9 >/dev/null
	kill -KILL "$launcher"
	wait "$launcher" || true
	run -125 urun start live
	assert_contains "is in use"
	run -125 urun rm live
	assert_contains "is in use"
	cat <&9 >/dev/null
	wait "$exporting"
	exec 9<&-
	wait_until is_gone "$payload"
	urun rm live
}

# --- unshare ---

@test "unshare: ids, environment, exit codes" {
	run -0 urun unshare sh -c 'id -u; awk "{print \$1, \$3}" /proc/self/uid_map; echo $CONTAINERS_GRAPHROOT; cat $CONTAINERS_GRAPHROOT/oci-layout'
	assert_output "0
0 1
1 $(sub_count uid)
$URUN_ROOT
{\"imageLayoutVersion\":\"1.0.0\"}"
	run -3 urun unshare sh -c 'exit 3'
	run -143 urun unshare sh -c 'kill -TERM $$'
	run -127 urun unshare /no/such/program
	assert_output "urun: command '/no/such/program': No such file or directory"
	run -127 urun unshare no-such-program
	run -126 urun unshare /etc
	assert_output "urun: command '/etc': Permission denied"
	run -125 urun unshare --nothing
	assert_output "urun: unknown flag: --nothing
  See 'urun unshare --help'"
	run -0 env SHELL=/bin/echo urun unshare
	assert_output ""
	run -0 bash -c 'echo from-stdin | urun unshare cat'
	assert_output from-stdin
}

@test "unshare: files have their owners there, and the caller's files stay the caller's" {
	urun run --name c -u 0 --entrypoint sh basic -c 'echo x >/x; chown 7:8 /x; chmod 600 /x'
	run -0 urun unshare sh -c 'stat -c "%u:%g" $URUN_ROOT/containers/*/upper/x; cat $URUN_ROOT/containers/*/upper/x; touch made'
	assert_output $'7:8\nx'
	[ "$(stat -c %u made)" = "$(id -u)" ]
	run -1 urun unshare touch /etc/urun-was-here
}

@test "unshare: a signal goes to the command, and the session ends with its launcher" {
	urun unshare sh -c 'trap "echo caught; exit 9" USR1; echo $$ >up; while :; do sleep 0.1; done' >out 3>&- &
	session=$!
	wait_until test -s up
	kill -USR1 "$session"
	status=0
	wait "$session" || status=$?
	session=
	assert_status 9
	run -0 cat out
	assert_output caught
	rm up
	urun unshare sh -c 'echo $$ >up; exec sleep 999' 3>&- &
	session=$!
	wait_until test -s up
	kill -KILL "$session"
	wait_until is_gone "$(cat up)"
}

@test "unshare: every other verb works inside" {
	run -0 urun unshare sh -ec '
		urun pull -q "oci:$1:latest" >/dev/null
		urun images -q | wc -l
		urun run --name inner -u 0 --entrypoint sh basic -c "echo inner; echo y >/y; chown 7:8 /y"
		urun start inner
		urun ps -a --format "{{.Names}} {{.State}} {{.ExitCode}}"
		urun diff inner | grep /y
		urun commit -q inner fresh >/dev/null
		urun run --rm -u 0 --entrypoint stat fresh -c "%u:%g" /y
		urun export inner | tar --numeric-owner -tv y | cut -d" " -f2
		urun cp inner:/y y
		urun save -o saved.tar fresh
		urun rmi fresh >/dev/null
		urun load -qi saved.tar
		urun volume create v >/dev/null
		urun run --rm -v v:/v --entrypoint true basic
		urun system fsck
		urun system df >/dev/null
		urun info >/dev/null
		urun run --rm host: echo host' sh "$IMAGES/basic"
	assert_output "1
inner
inner
inner exited 0
A /y
7:8
7/8
Loaded image: localhost/fresh:latest
host"
	# and what was made there is the same outside
	run -0 bash -c 'urun run --rm -u 0 --entrypoint stat fresh -c "%u:%g" /y; urun start inner; urun cp inner:/y - | tar xO; stat -c %u y'
	assert_output "7:8
inner
y
$(id -u)"
}

@test "unshare: with one id only" {
	run -0 --separate-stderr on_host "$no_ids" urun unshare sh -ec '
		id -u
		cut -c1-80 /proc/self/uid_map | wc -l
		urun run --name one -u 0 --entrypoint sh basic -c "echo x >/x; stat -c %u:%g /work"
		p=$(urun mount one)
		cat $p/x
		stat -c %u:%g $p/work
		urun unmount one >/dev/null
		i=$(urun image mount basic)
		cat $i/work/mine'
	assert_output "0
1
0:0
x
0:0
mine"
	[[ "$stderr" == *"only one user id inside"* ]]
}

# --- mount ---

@test "mount: refused outside of a session" {
	urun create --name c basic >/dev/null
	for verb in "mount c" "mount" "mount --all" "unmount c" "umount --all" "image mount basic" "image unmount basic" "container mount c"; do
		run -125 urun $verb
		assert_output "urun: nothing can be mounted here: it takes the namespaces that own the store '$URUN_ROOT'
  Run it in there: urun unshare"
	done
}

@test "mount: a container that does not run, to read and to write" {
	urun run --name c -u 0 --entrypoint sh basic -c 'echo x >/x; chown 7:8 /x; rm -f /work/mine'
	id=$(urun ps -aq --no-trunc)
	run -0 urun unshare sh -ec '
		p=$(urun mount c)
		echo "$p"
		stat -c %u:%g "$p/x"
		ls "$p/work"
		echo new >"$p/new"
		chown 5:6 "$p/new"
		urun mount
		urun mount --no-trunc
		urun mount c
		urun umount c
		ls "$p" 2>&1 | grep -c "No such file"
		urun mount'
	path=$URUN_ROOT/mnt/containers/$id
	assert_output "$path
7:8
${id::12} $path
$id $path
$path
$id
1"
	run -0 bash -c 'urun export c | tar --numeric-owner -tv new | cut -d" " -f2'
	assert_output 5/6
	run -0 bash -c 'ls -A "$URUN_ROOT/mnt"; urun system fsck; urun start c; urun diff c | grep new'
	assert_output "A /new"
}

@test "mount: JSON, --all, and what cannot be" {
	urun create --name a basic >/dev/null
	urun create basic >/dev/null
	run -0 urun unshare sh -ec 'urun mount --all | wc -l; urun mount | wc -l; urun mount --format json; urun unmount --all | wc -l; urun mount; urun unmount --all'
	python3 - "$output" "$URUN_ROOT" <<-'END'
		import json, sys
		text = sys.argv[1]
		assert text.startswith("2\n2\n["), text
		assert text.endswith("]\n2"), text
		all = json.loads(text[4:-2])
		assert all[0]["Names"] != all[1]["Names"] and ["a"] in [m["Names"] for m in all], all
		assert [len(m["Names"]) for m in all] == [1, 1], all
		assert all[0]["mountpoint"] == f"{sys.argv[2]}/mnt/containers/{all[0]['id']}"
	END
	run -125 urun unshare sh -c '
		urun mount nothing
		urun unmount a
		urun unmount
		urun mount --all a
		urun mount --format table'
	assert_output "urun: 'nothing': no such container
  urun ps -a lists those that are kept
urun: 'a' is not mounted
urun: unmount: give names, or --all
urun: mount: --all, or containers, not both
urun: --format: 'table': json is the only format"
}

@test "mount: what is mounted is not started, changed or removed meanwhile" {
	urun run --name c -u 0 --entrypoint sh basic -c 'echo x >/x'
	urun unshare sh -c 'urun mount c >where; read -r line <go; urun unmount c' 3>&- >/dev/null &
	session=$!
	mkfifo go
	wait_until test -s where
	for verb in "start c" "rm c" "export -o f c" "cp c:/x f" "commit c i"; do
		run -125 urun $verb
		assert_contains "is in use: it is mounted by 'urun mount'"
		assert_contains "urun unmount"
	done
	# nor is it mounted a second time
	run -125 urun unshare urun mount c
	assert_contains "is in use"
	run -0 urun ps -aq --filter status=running
	assert_output ""
	echo >go
	wait "$session"
	session=
	run -0 urun start c
}

@test "mount: ends with the session, also with processes in the background" {
	urun run --name c -u 0 --entrypoint sh basic -c 'echo x >/x'
	run -0 urun unshare urun mount c
	run -0 urun start c
	mkfifo go
	urun unshare sh -c 'cd "$(urun mount c)" || exit 1
		(read -r line <'"$PWD"'/go; echo late >late; cd /) & echo $! >'"$PWD"'/up; exit 4' 2>err 3>&- &
	session=$!
	wait_until grep -q "waiting for their end" err
	run -125 urun start c
	assert_contains "is in use"
	echo >go
	status=0
	wait "$session" || status=$?
	session=
	assert_status 4
	run -0 urun start c
	run -0 bash -c 'urun cp c:/late - | tar xO'
	assert_output late
}

# background SCRIPT: a session whose command has ended; SCRIPT still stands in what is mounted
# background SCRIPT: a session that waits for it, once it has come to its first "while"
background() {
	urun create --name c basic >/dev/null
	urun unshare sh -c 'cd "$(urun mount c)" || exit 1
		sh -c "$1" & echo $! >'"$PWD"'/up; exit 4' - "${1/while/": >'$PWD/ready'; while"}" 2>err 3>&- &
	session=$!
	wait_until test -e ready
	wait_until grep -q "waiting for their end" err
	run -125 urun start c
	assert_contains "is in use"
}

@test "mount: a signal ends a session that waits for processes in the background" {
	background 'trap "echo asked >'"$PWD"'/asked; exit" TERM; while :; do sleep 0.1; done'
	kill -QUIT "$session" # of no effect: a job in the background ignores it
	kill -TERM "$session"
	status=0
	wait "$session" || status=$?
	session=
	assert_status 143
	run -0 cat asked
	assert_output asked
	wait_until is_gone "$(cat up)"
	run urun start c
	refute_contains "is in use"
}

@test "mount: processes in the background that do not end by a signal are killed by the next" {
	background 'trap "echo asked >>'"$PWD"'/asked" TERM; while :; do sleep 0.1; done'
	kill -TERM "$session"
	wait_until test -s asked
	kill -0 "$session"
	kill -TERM "$session"
	status=0
	wait "$session" || status=$?
	session=
	assert_status 143
	wait_until is_gone "$(cat up)"
	run -0 cat asked
	assert_output asked
	run urun start c
	refute_contains "is in use"
}

@test "mount: processes in the background that do not end by a signal are killed after a while" {
	background 'trap "" TERM; while :; do sleep 0.1; done'
	kill -USR1 "$session"
	status=0
	wait "$session" || status=$?
	session=
	assert_status $((128 + $(kill -l USR1)))
	[ ! -e "/proc/$(cat up)" ]
}

@test "unshare: the session's socket is not for containers" {
	run -0 urun unshare urun run --rm -e "URUN_SESSION" -e "URUN_ROO*" -e "*" --entrypoint sh basic -c '
		echo "${URUN_SESSION-none} ${_URUN_SELF-none} $URUN_ROOT"; for fd in /proc/self/fd/*; do echo "${fd##*/}"; done'
	assert_output "none none $URUN_ROOT
0
1
2
3"
}

@test "mount: the launcher of a session does not grow with what it lends" {
	[ -z "${URUN_ASAN:-}" ] || skip "the sanitizer keeps what is freed"
	live -- ''
	run -0 urun unshare sh -ec '
		data() { awk "/^VmData/ { print \$2 }" /proc/$PPID/status; }
		turn() {
			urun mount live >/dev/null
			urun unmount live >/dev/null
		}
		turn
		before=$(data)
		for i in $(seq 60); do turn; done
		echo $(($(data) - before))'
	# A page more or less is the allocator's; what is lost each time would be sixty of them.
	[ "$output" -lt 64 ]
	kill -KILL "$launcher"
}

@test "mount: one in use is unmounted by force only, and stays locked" {
	urun create --name c basic >/dev/null
	run -0 urun unshare sh -c '
		p=$(urun mount c)
		cd "$p"
		urun unmount c && exit 1
		urun unmount -f c >/dev/null || exit 2
		urun mount
		urun start c && exit 3
		exit 0'
	assert_contains "'c' is in use: a process has something of it open, or stands in it"
	assert_contains "container"
	run urun start c
	refute_contains "is in use"
}

@test "mount: a container that runs shows the same tree, both ways" {
	mkdir vol
	echo v >vol/v
	live -v "$PWD/vol:/vol" -- 'echo x >/x; chown 7:8 /x'
	run -0 urun unshare sh -ec '
		p=$(urun mount live)
		stat -c %u:%g "$p/x"
		ls -A "$p/vol" "$p/proc" "$p/dev" | grep -v :
		echo from-outside >"$p/out"
		urun mount | wc -l'
	assert_output "7:8


1"
	run -0 bash -c 'urun cp live:/out - | tar xO'
	assert_output from-outside
	# what it makes later is seen at once
	echo late >late
	urun unshare sh -ec 'p=$(urun mount live); ls "$p" >before; read -r line <go; cat "$p/late"' >after 3>&- &
	session=$!
	mkfifo go
	wait_until test -s before
	urun cp late live:/late
	echo >go
	wait "$session"
	session=
	run -0 cat after
	assert_output late
}

@test "mount: a container that ran when it was mounted is not started again meanwhile" {
	live -- 'echo x >/x'
	mkfifo go
	urun unshare sh -c 'urun mount live >where; read -r line <go; cat "$(cat where)/x"' 3>&- >out &
	session=$!
	wait_until test -s where
	kill -KILL "$launcher"
	wait "$launcher" || true
	wait_until is_gone "$payload"
	run -125 urun start live
	assert_contains "is in use"
	echo >go
	wait "$session"
	session=
	run -0 cat out
	assert_output x
	urun rm live
}

@test "mount: nothing in a mounted tree gains rights or is a device" {
	live -- 'mkdir /s; cp /bin/busybox /s/id; chown 5 /s/id; chmod 4755 /s/id'
	run -0 urun unshare sh -c 'p=$(urun mount live); setpriv --reuid 9 --clear-groups "$p/s/id" -u'
	assert_output 9
}

@test "mount: fuse-overlayfs shows a running container to nobody else, which is told" {
	need_fuse
	live --storage-driver fuse-overlayfs -- 'rm /work/mine; echo x >/x'
	run -125 urun unshare urun mount live
	assert_contains "fuse-overlayfs shows its files to nobody outside of it"
	kill -KILL "$launcher"
	wait "$launcher" || true
	wait_until is_gone "$payload"
	run -0 urun unshare sh -ec 'p=$(urun mount live); cat "$p/x"; ls -A "$p/work"'
	assert_output x
}

@test "image mount: read-only, listed, and safe from rmi" {
	id=$(urun images -q --no-trunc | sed 's/sha256://')
	run -0 urun unshare sh -c '
		p=$(urun image mount basic)
		echo "$p"
		cat "$p/work/mine"
		stat -c %u:%g "$p/work"
		echo x >"$p/x" || echo read-only
		urun image mount
		urun rmi -f basic >/dev/null
		cat "$p/work/mine"
		urun image umount -a
		urun image mount' 2>/dev/null
	path=$URUN_ROOT/mnt/images/$id
	[[ "$output" == "$path
mine
1000:1000"*"read-only
localhost/basic:latest $path"*"mine
$id" ]]
	run -0 urun images -q
	assert_output ""
}

@test "mount: a session without its socket tells so" {
	urun create --name c basic >/dev/null
	run -125 urun unshare env -u URUN_SESSION urun mount c
	assert_contains "the socket of this session is gone"
	run -125 urun unshare env URUN_SESSION=0:1 urun mount c
	assert_contains "the socket of this session is gone"
	run -125 urun unshare env URUN_SESSION=x urun mount c
	assert_contains "the socket of this session is gone"
	# and nothing is left mounted
	run -0 urun unshare sh -c 'URUN_SESSION= urun mount c 2>/dev/null; urun mount'
	assert_output ""
}

# --- where the kernel's overlay is refused ---

@test "fuse-overlayfs serves cp and export where the kernel's overlay is refused" {
	need_fuse
	urun run --name c -u 0 --entrypoint sh basic -c 'echo x >/x; chown 7:8 /x; rm /work/mine; mkdir -m 700 /d'
	urun create --name strict --storage-driver overlay basic >/dev/null
	echo mine >mine
	urun export -o by-kernel.tar c
	# The ids that the store has, too. An overlay would uncover what the mount hides.
	RANGES="$(id -un):0:1000
"
	export RANGES
	# shellcheck disable=SC2016
	below="$with_ranges"'
		for tree in "$URUN_ROOT"/layers/*/tree; do mount -t tmpfs -o mode=1777 below "$tree/tmp"; break; done
	'
	run -125 on_host "$below" urun export strict
	assert_contains "mount the layers of container"
	assert_contains "Invalid argument"
	on_host "$below" urun export -o by-fuse.tar c
	for tar in by-kernel by-fuse; do
		tar --numeric-owner -tvf $tar.tar | grep -v tmp/ >$tar.list
	done
	diff by-kernel.list by-fuse.list
	run -0 on_host "$below" sh -ec '
		urun cp c:/x got
		urun cp mine c:/d/mine
		urun cp c:/d/mine back
		cat got back'
	assert_output $'x\nmine'
	# and all of it is there for the kernel's, when that works
	run -0 bash -c 'urun cp c:/d/mine - | tar xO; urun diff c'
	assert_output "mine
A /d
A /d/mine
C /work
D /work/mine
A /x"
	run -125 on_host "$below mount --bind /dev/null /usr/bin/fuse-overlayfs" urun export c
	assert_contains "Invalid argument, and so is fuse-overlayfs: run '/usr/bin/fuse-overlayfs': Permission denied"
	assert_contains "Install the package fuse-overlayfs"
}
