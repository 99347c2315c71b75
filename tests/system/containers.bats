#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# containers.bats - names, removal and replacement of containers and images, as podman has them

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
	[ -z "${launcher:-}" ] || kill -CONT "$launcher" 2>/dev/null || true
	end_all
	store_teardown
}

end_all() {
	local pid
	for pid in ${launchers:-}; do
		kill -KILL "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
}

# up ARG...: as spawn, any number of times.
up() {
	spawn "$@"
	launchers="${launchers:-} $launcher"
}

id_of() {
	urun inspect -f '{{.Id}}' "$1"
}

no_container() {
	run -0 urun ps -aq
	assert_output ""
	run -0 ls -A "$URUN_ROOT/containers" "$URUN_ROOT/tmp"
	assert_output "$URUN_ROOT/containers:

$URUN_ROOT/tmp:"
}

# --- exists ---

@test "image exists, container exists, volume exists: 0 and 1, and nothing is printed" {
	urun create --name c basic >/dev/null
	urun volume create vol >/dev/null
	for words in "image exists basic" "image exists localhost/basic:latest" \
		"image exists $(urun images -q)" "container exists c" \
		"container exists $(urun ps -aq)" "volume exists vol"; do
		run -0 urun $words
		assert_output ""
	done
	for words in "image exists other" "image exists basic:2" "container exists other" \
		"volume exists vo" "volume exists a/b"; do
		run -1 urun $words
		assert_output ""
	done
	up --rm --name runs --entrypoint sleep basic 99
	run -0 urun container exists runs
}

@test "exists ends with 125 when it cannot tell" {
	run -125 urun image exists UPPER
	assert_output "urun: image reference 'UPPER': 'UPPER': repository names are in lower case
  type 'upper'"
	run -125 urun container exists
	assert_output "urun: 'urun container exists' takes more words than it was given
  urun container exists CONTAINER"
	run -125 urun volume exists ''
	assert_contains "is no name of a volume"
	echo '{garbage' >"$URUN_ROOT/index.json"
	run -125 urun image exists basic
	assert_contains "index.json"
	mkdir -p "$URUN_ROOT/containers/broken"
	run -125 urun container exists c
	assert_contains "container 'broken': container.json: No such file or directory"
}

# --- rm ---

@test "rm: 1 for one that is not there, 2 for one that runs, and the others go" {
	urun create --name a basic >/dev/null
	urun create --name b basic >/dev/null
	up --name runs --entrypoint sleep basic 99
	id=$(id_of runs)
	run -1 --separate-stderr urun rm nosuch a
	assert_output a
	[ "$stderr" = "urun: 'nosuch': no such container
  urun ps -a lists those that are kept" ]
	run -2 --separate-stderr urun rm nosuch runs b
	assert_output b
	[ "$stderr" = "urun: 'nosuch': no such container
  urun ps -a lists those that are kept
urun: container ${id:0:12} is running
  It ends with its urun run; urun rm --force ends it" ]
	run -0 urun ps -a --format '{{.Names}} {{.State}}'
	assert_output "runs running"
}

@test "rm: any other failure is 125, and the others go" {
	urun create --name a basic >/dev/null
	run -125 urun rm nosuch --cidfile "$BATS_TEST_TMPDIR/none" a
	assert_contains "urun: --cidfile '$BATS_TEST_TMPDIR/none': No such file or directory"
	assert_contains "urun: 'nosuch': no such container"
	no_container
	run -125 urun rm
	assert_output "urun: no container: give a name or an id, or --all"
	run -125 urun rm -a a
	assert_output "urun: --all does not go with 'a'
  Leave one of them out: urun rm [OPTIONS] CONTAINER..."
	run -125 urun rm --time 3 a
	assert_output "urun: --time goes with --force only"
	run -125 urun rm -f -t 3s a
	assert_output "urun: --time: '3s': seconds, or -1 for no limit"
}

@test "rm --ignore and rm --force: one that is not there is no failure" {
	urun create --name a basic >/dev/null
	run -0 urun rm --ignore nosuch a other
	assert_output a
	run -0 urun rm -f nosuch
	assert_output ""
	run -0 urun rm -i --cidfile "$BATS_TEST_TMPDIR/none"
	assert_output ""
	# but a store that cannot be read is
	mkdir "$URUN_ROOT/containers/broken"
	for option in -i -f; do
		run -125 urun rm $option nosuch
		assert_output "urun: container 'broken': container.json: No such file or directory
  urun system fsck --repair mends the store"
	done
	rmdir "$URUN_ROOT/containers/broken"
}

@test "rm --cidfile, as often as it is given" {
	for c in a b c; do
		urun create --cidfile "$BATS_TEST_TMPDIR/$c" basic >/dev/null
	done
	run -0 urun rm --cidfile "$BATS_TEST_TMPDIR/a" --cidfile="$BATS_TEST_TMPDIR/b"
	assert_output "$(cat "$BATS_TEST_TMPDIR/a")
$(cat "$BATS_TEST_TMPDIR/b")"
	run -0 urun ps -aq --no-trunc
	assert_output "$(cat "$BATS_TEST_TMPDIR/c")"
	: >"$BATS_TEST_TMPDIR/empty"
	run -125 urun rm --cidfile "$BATS_TEST_TMPDIR/empty"
	assert_output "urun: --cidfile '$BATS_TEST_TMPDIR/empty': there is no id in it"
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	run -125 timeout 10 urun rm --cidfile "$BATS_TEST_TMPDIR/fifo"
	assert_contains "--cidfile '$BATS_TEST_TMPDIR/fifo': "
	run -125 urun rm -a --cidfile "$BATS_TEST_TMPDIR/c"
	assert_contains "--all does not go with '--cidfile'"
}

@test "rm --force ends one that runs, with all of its processes, and removes it" {
	up --name runs --entrypoint sh basic -c 'sleep 8798 & setsid sleep 8797 & sleep 8799'
	wait_until three_sleep
	inside=$(pgrep -f '^sleep 879[789]$' | tr '\n' ' ')
	run -0 urun rm -f runs
	assert_output runs
	for pid in $inside "$payload"; do
		[ ! -e "/proc/$pid" ]
	done
	run -137 wait "$launcher"
	no_container
}

three_sleep() {
	[ "$(pgrep -fc '^sleep 879[789]$')" = 3 ]
}

@test "rm --force ends one with --rm, and one with the host's processes" {
	up --rm --name one --entrypoint sleep basic 99
	run -2 urun rm one
	run -0 urun rm -f one
	assert_output one
	no_container
	up --pid host --name two --entrypoint sh basic -c 'sleep 8796 & sleep 8795 & wait'
	run -0 urun rm -f two
	assert_output two
	wait "$launcher" || true
	run pgrep -f '^sleep 879[56]$'
	assert_output ""
	no_container
}

@test "rm --force: one that listens to SIGTERM has its time, and another one none" {
	script='trap "echo asked >/out/said; exit 0" TERM; echo up; while :; do sleep 0.1; done'
	up --name polite -v "$BATS_TEST_TMPDIR:/out" -u 0 --entrypoint sh basic -c "$script"
	wait_until grep -q up "$BATS_TEST_TMPDIR/out"
	run -0 urun rm -f polite
	run -0 cat "$BATS_TEST_TMPDIR/said"
	assert_output asked
	# one that listens and goes on
	up --name deaf -u 0 --entrypoint sh basic -c 'trap "" HUP; trap : TERM; echo up; while :; do sleep 0.1; done'
	wait_until grep -q up "$BATS_TEST_TMPDIR/out"
	begun=$EPOCHSECONDS
	run -0 urun rm -f -t 1 deaf
	[ $((EPOCHSECONDS - begun)) -ge 1 ]
	[ $((EPOCHSECONDS - begun)) -le 25 ]
	# --time 0 asks nobody
	rm "$BATS_TEST_TMPDIR/said"
	up --name polite -v "$BATS_TEST_TMPDIR:/out" -u 0 --entrypoint sh basic -c "$script"
	wait_until grep -q up "$BATS_TEST_TMPDIR/out"
	run -0 urun rm -f --time 0 polite
	[ ! -e "$BATS_TEST_TMPDIR/said" ]
	no_container
}

@test "rm --force: a launcher that is stopped does not keep it" {
	up --name runs --entrypoint sleep basic 99
	kill -STOP "$launcher"
	run -0 timeout 20 urun rm -f runs
	assert_output runs
	no_container
}

@test "rm --force: only the process that was noted is killed, not one with its number" {
	up --name runs --entrypoint sleep basic 99
	folder=$URUN_ROOT/containers/$(id_of runs)
	sleep 96 3>&- &
	other=$!
	read -r _ start boot < <(cat "$folder/process" && echo)
	kill -KILL "$launcher"
	wait "$launcher" || true
	wait_until is_gone "$payload"
	echo "$other $start $boot" >"$folder/process"
	# it does not run: whoever holds it only uses it, and is waited for
	exec {lock}<"$folder"
	flock -x "$lock"
	run -125 timeout 60 urun rm -f runs {lock}<&-
	assert_output "urun: container $(basename "$folder" | cut -c1-12) does not end, or its files are being copied
  Try once more when that is done"
	exec {lock}<&-
	kill -0 "$other"
	kill "$other"
	run -0 urun rm -f runs
	no_container
}

@test "rm --all: all, but those that run only with --force" {
	urun create --name a basic >/dev/null
	up --name b --entrypoint sleep basic 99
	up --rm --name c --entrypoint sleep basic 99
	a=$(id_of a) b=$(id_of b) c=$(id_of c)
	run -2 --separate-stderr urun rm -a
	assert_output "$a"
	[ "$stderr" = "urun: container ${b:0:12} is running
  It ends with its urun run; urun rm --force ends it
urun: container ${c:0:12} is running
  It ends with its urun run; urun rm --force ends it" ]
	run -0 urun rm -a -f
	assert_output "$b
$c"
	run -0 urun rm -a
	assert_output ""
	# The launchers clean up on their own.
	for pid in $launchers; do wait "$pid" || true; done
	no_container
}

@test "a name goes before the beginning of an id, also of one with --rm" {
	id=$(urun create basic)
	up --rm --name "${id:0:1}" --entrypoint sleep basic 99
	[ "$(id_of "${id:0:1}")" != "$id" ]
	run -0 urun rm -f "${id:0:1}"
	run -0 urun ps -aq --no-trunc
	assert_output "$id"
}

@test "rm: who looks at the same time is not in the way" {
	for _ in $(seq 20); do urun create basic >/dev/null; done
	# As urun ps does, but in one half of all the time.
	python3 - "$URUN_ROOT/containers" "$BATS_TEST_TMPDIR/looks" <<-'END' 3>&- &
		import fcntl, os, sys, time
		folders = [os.open(e.path, os.O_RDONLY) for e in os.scandir(sys.argv[1])]
		open(sys.argv[2], "w").close()
		while True:
		    for what in fcntl.LOCK_SH, fcntl.LOCK_UN:
		        for fd in folders:
		            fcntl.flock(fd, what)
		        time.sleep(0.002)
	END
	launchers=$!
	wait_until test -e "$BATS_TEST_TMPDIR/looks"
	run -0 urun rm -a
	[ "${#lines[@]}" = 20 ]
	no_container
}

@test "rm --force --volumes: volumes without a name go, too" {
	up --name runs -v /anon -v vol:/v -u 0 --entrypoint sleep basic 99
	run -0 urun rm -fv runs
	run -0 urun volume ls -q
	assert_output vol
}

# --- rmi ---

@test "rmi: 1 for one that is not there, 2 for one in use, and the others go" {
	urun create --name user basic >/dev/null
	urun tag basic other
	id=$(id_of user)
	run -1 --separate-stderr urun rmi nosuch other
	assert_output localhost/other:latest
	[ "$stderr" = "urun: image 'nosuch': not in the store
  urun pull nosuch brings it; urun images lists what is there" ]
	run -2 --separate-stderr urun rmi nosuch basic nosuch
	assert_output ""
	[ "$stderr" = "urun: image 'nosuch': not in the store
  urun pull nosuch brings it; urun images lists what is there
urun: remove image 'basic': container ${id:0:12} uses the image
  urun rm ${id:0:12}, or --force: the container keeps its layers
urun: image 'nosuch': not in the store
  urun pull nosuch brings it; urun images lists what is there" ]
	run -125 urun rmi UPPER nosuch basic
	run -125 urun rmi -a basic
	assert_output "urun: --all does not go with 'basic'
  Leave one of them out: urun rmi [OPTIONS] IMAGE..."
	# by its id, or with --all, it is the image that is meant, not a name of it
	urun tag basic other
	for words in -a "$(urun images -q | head -n1)"; do
		run -2 --separate-stderr urun rmi $words
		assert_output ""
		run -0 urun images --format '{{.Repository}}'
		assert_output $'localhost/basic\nlocalhost/other'
	done
	run -0 urun rmi other
	run -0 urun rmi -f basic nosuch
	assert_output localhost/basic:latest
	run -0 urun rmi -i basic
	assert_output ""
	run -0 urun rmi -a
	assert_output ""
}

@test "rmi: what was removed before a failure leaves no blobs and layers" {
	run -1 urun rmi basic nosuch
	run -0 find "$URUN_ROOT/blobs" "$URUN_ROOT/layers" -mindepth 2 -maxdepth 2
	assert_output ""
}

# --- volume rm ---

@test "volume rm: 1 for one that is not there, 2 for one in use, and the others go" {
	for v in a b c; do
		urun volume create $v >/dev/null
	done
	urun create --name user -v b:/b basic >/dev/null
	up --rm --name runs -v c:/c --entrypoint sleep basic 99
	id=$(id_of user)
	run -1 --separate-stderr urun volume rm nosuch a
	assert_output a
	[ "$stderr" = "urun: 'nosuch': no such volume
  urun volume ls lists those that are there" ]
	run -2 --separate-stderr urun volume rm nosuch b
	[ "${stderr_lines[2]}" = "urun: volume 'b': container ${id:0:12} (user) uses it" ]
	run -125 urun volume rm nosuch b ../x
	run -125 urun volume rm -a b
	run -0 urun volume rm -f nosuch b c
	assert_output $'b\nc'
	no_container
	run -1 urun volume exists b
	run -1 urun volume exists c
}

@test "volume prune --force prints what it removes" {
	urun volume create a >/dev/null
	urun volume create b >/dev/null
	urun create --name user -v used:/b --entrypoint true basic >/dev/null
	urun start user
	run -0 urun volume prune -f
	assert_output $'a\nb'
	run -0 urun volume prune --force
	assert_output ""
	urun rm -v user
	run -0 urun volume ls -q
	assert_output used
}

# --- --replace ---

@test "create --replace and run --replace put a new one in the place of the old" {
	urun create --name c basic >/dev/null
	one=$(id_of c)
	run -125 urun create --name c basic
	assert_output "urun: --name 'c': container ${one:0:12} has this name
  urun rm c, --replace, or choose another"
	run -0 urun create --replace --name c basic
	two=$output
	[ "$one" != "$two" ]
	run -0 urun ps -aq --no-trunc
	assert_output "$two"
	run -3 urun run --replace --name c --entrypoint sh basic -c 'exit 3'
	run -0 urun ps -a --format '{{.Names}} {{.State}} {{.ExitCode}}'
	assert_output 'c exited 3'
	# nothing of that name: as without it
	run -0 urun run --replace --name other --rm --entrypoint echo basic new
	assert_output new
}

@test "run --replace ends one that runs: kept, with --rm, and with another kind of root" {
	for option in --rm=false --rm; do
		up $option --name c --entrypoint sleep basic 99
		old=$payload
		run -0 urun run --replace --rm --name c --entrypoint echo basic new
		assert_output new
		[ ! -e "/proc/$old" ]
		no_container
	done
	need_busybox
	up --name c --entrypoint sleep basic 99
	run -0 urun run --replace --name c "rootfs:$BUSYBOX:O" echo new
	assert_output new
	no_container
	# one of a folder
	up --name c "rootfs:$BUSYBOX:O" sleep 99
	run -0 urun run --replace --name c --entrypoint echo basic new
	assert_output new
	wait_until is_gone "$payload"
}

@test "without an image: with a name or a limit it is seen for as long as it runs, and keeps nothing" {
	need_busybox
	up --name folder "rootfs:$BUSYBOX" sleep 99
	first=$payload
	up --name tree host: sleep 98
	second=$launcher
	up host: sleep 97
	run -0 urun ps --format '{{.Names}} {{.Image}} {{.Command}}'
	assert_output "$(printf 'folder rootfs:%s sleep 99\ntree host: sleep 98' "$BUSYBOX")"
	run -0 urun inspect folder -f '{{.State.Pid}} {{.State.Running}} {{.AutoRemove}} {{.ImageName}}'
	assert_output "$first true true rootfs:$BUSYBOX"
	run -0 urun top folder hpid args
	assert_contains "$first"
	run -0 urun cp folder:/bin/busybox "$BATS_TEST_TMPDIR/copy"
	cmp "$BATS_TEST_TMPDIR/copy" "$BUSYBOX/bin/busybox"
	# Its namespaces can be shared, as those of others.
	run -0 urun run --network container:folder "rootfs:$BUSYBOX" readlink /proc/self/ns/net
	assert_output "$(readlink "/proc/$first/ns/net")"
	# Whose end is found by the user namespace, which the other has, too.
	up --name wide --pid host "rootfs:$BUSYBOX" sleep 96
	run -0 urun run --network container:wide "rootfs:$BUSYBOX" readlink /proc/self/ns/net
	assert_output "$(readlink "/proc/$payload/ns/net")"
	run -0 urun run --pid host --network container:wide "rootfs:$BUSYBOX" sh -c '(setsid sleep 95 &); readlink /proc/self/ns/net'
	assert_output "$(readlink "/proc/$payload/ns/net")"
	run ! pgrep -fx 'sleep 95'
	[ "$(cat "/proc/$payload/comm")" = sleep ]
	kill "$launcher"
	wait_until is_gone "$payload"
	# There are no changes of its own to be looked at.
	run -125 urun commit folder image
	assert_contains "'folder': no such container"
	run -125 urun run --name folder host: true
	assert_contains "--name 'folder': a running container has this name"
	run -2 urun rm folder
	assert_contains "is running"
	run -0 urun rm -f folder
	assert_output folder
	wait_until is_gone "$first"
	# A launcher that is killed: the next command removes what it has noted.
	kill -KILL "$second"
	wait "$second" || :
	up --name tree host: sleep 96
	urun rm -f tree >/dev/null
	wait_until no_run
}
no_run() { [ -z "$(ls -A "$URUN_ROOT/tmp")" ]; }

@test "without an image: what killed ones have left is gone with the next start, and does not add up" {
	for _ in 1 2 3; do
		up --name again host: sleep 95
		[ "$(find "$URUN_ROOT/tmp" -mindepth 1 -maxdepth 1 | wc -l)" = 1 ]
		kill -KILL "$launcher"
		wait "$launcher" || :
		wait_until is_gone "$payload"
	done
	# Nothing that could be done with it, so it is not listed.
	wait_until eval 'left=$(urun ps -aq) && [ -z "$left" ]'
	run -1 urun rm again
	assert_contains "no such container"
}

@test "without an image: where nothing can be noted, a name is refused, and a limit is not" {
	mkdir -m 500 "$BATS_TEST_TMPDIR/closed"
	URUN_ROOT=$BATS_TEST_TMPDIR/closed/store run -125 urun run --name x host: true
	assert_contains "Permission denied"
	URUN_ROOT=$BATS_TEST_TMPDIR/closed/store run -0 urun run host: true
	assert_output ""
}

@test "without an image: a link in the place of the store's folders is not followed" {
	mkdir -p "$URUN_ROOT" "$BATS_TEST_TMPDIR/keep"
	urun run --name x host: true
	touch "$BATS_TEST_TMPDIR/keep/file"
	mv "$URUN_ROOT/tmp" "$URUN_ROOT/tmp2"
	ln -s "$BATS_TEST_TMPDIR/keep" "$URUN_ROOT/tmp"
	run -125 urun run --name x host: true
	run urun system prune -f
	[ -e "$BATS_TEST_TMPDIR/keep/file" ]
	rm "$URUN_ROOT/tmp"
	mv "$URUN_ROOT/tmp2" "$URUN_ROOT/tmp"
	# Nor is what a record says of its own place.
	mkdir "$URUN_ROOT/containers/abc"
	echo '{"version": 1, "id": "../../keep", "name": "evil"}' >"$URUN_ROOT/containers/abc/container.json"
	cp "$URUN_ROOT/containers/abc/container.json" "$BATS_TEST_TMPDIR/keep/"
	run -125 urun rm -f evil
	assert_contains "it is of container '../../keep'"
	assert_contains "urun system fsck --repair mends the store"
	run -1 urun system fsck --repair
	assert_contains "containers/abc"
	[ -e "$BATS_TEST_TMPDIR/keep/file" ]
	run -0 urun ps -aq
	assert_output ""
}

@test "--replace: nothing is removed when the new one cannot be made" {
	urun create --name c basic >/dev/null
	one=$(id_of c)
	run -125 urun create --replace basic
	assert_output "urun: --replace: no --name says which container
  Give the name, too: --name NAME --replace"
	run -125 urun run --replace --name c --pull never nosuch
	run -125 urun run --replace --name c --cap-add nonsense basic
	run -0 urun run --replace --name c --print-plan basic
	# another container's id is no name
	run -0 urun create --replace --name "${one:0:12}" basic
	run -0 id_of c
	assert_output "$one"
}

@test "a name is taken once, whether its container is kept or not" {
	urun create --name c basic >/dev/null
	run -125 urun run --rm --name c basic
	assert_contains "has this name"
	up --rm --name runs --entrypoint sleep basic 99
	id=$(id_of runs)
	run -125 urun create --name runs basic
	assert_output "urun: --name 'runs': container ${id:0:12} has this name
  urun rm --force runs, --replace, or choose another"
	# what a killed launcher left has no name any more
	kill -KILL "$launcher"
	wait "$launcher" || true
	wait_until is_gone "$payload"
	run -0 urun create --name runs basic
}

# --- names ---

@test "a container without --name has one of two words, for every verb" {
	run -0 urun create --entrypoint sh -u 0 basic -c 'echo x >/new'
	id=$output
	run -0 urun ps -a --format '{{.Names}}'
	name=$output
	[[ "$name" =~ ^[a-z]+_[a-z]+$ ]]
	run -0 urun container exists "$name"
	run -0 urun start "$name"
	run -0 urun inspect -f '{{.Id}} {{.Name}}' "$name"
	assert_output "$id $name"
	run -0 urun diff "$name"
	assert_contains "A /new"
	run -0 urun cp "$name:/new" "$BATS_TEST_TMPDIR/new"
	run -0 bash -c 'urun export "$1" | tar xO new' bash "$name"
	assert_output x
	run -0 --separate-stderr urun commit -q "$name" made
	run -125 urun create --name "$name" basic
	assert_contains "has this name"
	run -0 urun rm "$name"
	assert_output "$name"
	no_container
}

@test "one with --rm has a name while it runs, and nothing is written for it" {
	up --rm -u 0 --entrypoint sleep basic 99
	run -0 urun ps --format '{{.Names}}'
	name=$output
	[[ "$name" =~ ^[a-z]+_[a-z]+$ ]]
	run -0 python3 -c 'import json,sys; print(json.load(open(sys.argv[1])).get("name"))' \
		"$URUN_ROOT"/tmp/run-*/container.json
	assert_output None
	run -0 urun container exists "$name"
	run -0 urun ps -q --filter "name=$name"
	[ "${#output}" = 12 ]
	run -0 urun cp "$name:/etc/passwd" "$BATS_TEST_TMPDIR/passwd"
	run -0 urun rm -f "$name"
	assert_output "$name"
	no_container
}

# record ID[=NAME]...: containers that were made somehow.
record() {
	python3 - "$URUN_ROOT/containers" "$@" <<-'END'
		import json, os, sys
		for id, _, name in (word.partition("=") for word in sys.argv[2:]):
		    folder = sys.argv[1] + "/" + id
		    os.makedirs(folder, exist_ok=True)
		    doc = {"version": 1, "id": id, "created": "2026-01-01T00:00:0%cZ" % id[-1], "layers": []}
		    json.dump({**doc, **({"name": name} if name else {})}, open(folder + "/container.json", "w"))
		    open(folder + "/config.json", "w").write("{}")
	END
}

@test "no two containers have the same name, and one that was given stays" {
	record same1
	run -0 urun ps -a --format '{{.Names}}'
	name=$output
	rm -r "$URUN_ROOT/containers/same1"
	# somebody else has it
	record "other2=$name"
	record same1
	run -0 bash -c 'urun ps -a --format "{{.ID}} {{.Names}}" | sort'
	assert_output "other2 $name
same1 ${name}_same1"
	run -0 urun container exists "${name}_same1"
	run -0 urun rm "$name"
	run -0 urun ps -a --format "{{.ID}} {{.Names}}"
	assert_output "same1 $name"
	rm -r "$URUN_ROOT/containers/same1"
}

@test "three hundred containers without --name have three hundred names" {
	# shellcheck disable=SC2046 # one word each
	record $(seq 300)
	run -0 bash -c 'urun ps -a --format "{{.Names}}" | sort -u | wc -l'
	assert_output 300
	new=$(urun create basic)
	run -0 bash -c 'urun ps -a --format "{{.Names}}" | sort -u | wc -l'
	assert_output 301
	run -0 urun inspect -f '{{.Name}}' "$new"
	[[ "$output" =~ ^[a-z]+_[a-z]+$ ]]
	find "$URUN_ROOT/containers" -mindepth 1 -maxdepth 1 ! -name "$new" -exec rm -r {} +
}

@test "a broken record of another container does not keep one without --name" {
	mkdir "$URUN_ROOT/containers/broken"
	run -0 urun create basic
	rmdir "$URUN_ROOT/containers/broken"
	run -0 urun ps -a --format '{{.Names}}'
	[[ "$output" =~ ^[a-z]+_[a-z]+_[0-9a-f]{12}$ ]]
}

# --- start ---

@test "start --attach is what happens, and --interactive connects standard input" {
	urun create --name c --entrypoint cat basic >/dev/null
	run -0 urun start --attach c <<<"unheard"
	assert_output ""
	run -0 urun start -a -i c <<<"heard"
	assert_output heard
	run -0 urun start c --interactive <<<"heard"
	assert_output heard
	run -0 urun start c <<<"unheard"
	assert_output ""
	run -125 urun start --attach=false c
	assert_output "urun: --attach: false: a container runs in the foreground, for as long as urun start does"
}

# --- ports ---

@test "port, ps and inspect tell where the published ports of a container are" {
	[ -x /usr/bin/slirp4netns ] && [ -w /dev/net/tun ] || skip_because "no slirp4netns or /dev/net/tun"
	up --name web -p 127.0.0.1::80 -p 127.0.0.1::80 -p 127.0.0.1::53/udp --entrypoint sleep basic 99
	id=$(id_of web)
	run -0 urun port web
	[[ "$output" =~ ^"80/tcp -> 127.0.0.1:"([0-9]+)$'\n'"80/tcp -> 127.0.0.1:"([0-9]+)$'\n'"53/udp -> 127.0.0.1:"([0-9]+)$ ]]
	one=${BASH_REMATCH[1]} two=${BASH_REMATCH[2]} three=${BASH_REMATCH[3]}
	[ "$one" != "$two" ]
	[ -n "$(ss -Hltn "sport = :$one")" ] && [ -n "$(ss -Hltn "sport = :$two")" ] &&
		[ -n "$(ss -Hlun "sport = :$three")" ]
	run -0 urun port web 53/udp
	assert_output "127.0.0.1:$three"
	run -0 urun port --all
	assert_output "$(printf '%.12s\t80/tcp -> 127.0.0.1:%s\n' "$id" "$one" "$id" "$two")
$(printf '%.12s\t53/udp -> 127.0.0.1:%s' "$id" "$three")"
	run -0 urun ps --format '{{.Ports}}'
	assert_output "127.0.0.1:$one->80/tcp, 127.0.0.1:$two->80/tcp, 127.0.0.1:$three->53/udp"
	run -0 urun inspect -f '{{.HostConfig.NetworkMode}} {{json .NetworkSettings.Ports}}' web
	assert_output "slirp4netns $(printf '{"80/tcp":[{"HostIp":"127.0.0.1","HostPort":"%s"},{"HostIp":"127.0.0.1","HostPort":"%s"}],"53/udp":[{"HostIp":"127.0.0.1","HostPort":"%s"}]}' "$one" "$two" "$three")"
	run -125 urun port web 81
	assert_output "urun: container ${id:0:12} does not publish 81/tcp
  urun port ${id:0:12} shows what it does"
	run -125 urun port
	assert_output "urun: a container, or --all"
	kill "$launcher"
	wait "$launcher" || true
	run -0 urun port web
	assert_output ""
	# A start publishes them anew.
	urun start web 3>&- &
	launchers="$launchers $!"
	wait_until bash -c '[ "$(urun port web | wc -l)" = 3 ]'
}
