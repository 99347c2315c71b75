#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# joined.bats - container:NAME: namespaces of a container that runs, for another one

load lib.bash
load images.bash

setup_file() {
	images_setup basic
}

setup() {
	need_images
	[ -x /usr/bin/slirp4netns ] || skip_because "slirp4netns is not installed"
	[ -w /dev/net/tun ] || skip_because "/dev/net/tun cannot be opened by this user"
	store_setup
	pull basic
}

teardown() {
	local pid
	for pid in ${launchers:-}; do
		kill -KILL "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
	store_teardown
}

# up ARG...: as spawn, any number of times.
up() {
	spawn "$@"
	launchers="${launchers:-} $launcher"
}

# web ARG...: the container that others join. Sets $web, its first process.
web() {
	up --name web "$@" --entrypoint sleep basic 99
	web=$payload
}

ns() {
	readlink "/proc/$1/ns/$2"
}

@test "network: the same namespace, the same resolver, both names" {
	web --hostname webhost --rm
	up --rm --network container:web --hostname other --entrypoint sleep basic 98
	[ "$(ns "$web" net)" = "$(ns "$payload" net)" ]
	[ "$(ns "$web" user)" = "$(ns "$payload" user)" ]
	for other in mnt pid ipc uts cgroup; do
		[ "$(ns "$web" $other)" != "$(ns "$payload" $other)" ]
	done
	run -0 urun run --rm --network container:web --hostname other --add-host db:192.0.2.7 --entrypoint sh basic \
		-c 'cat /etc/resolv.conf; grep -E "db|other|webhost" /etc/hosts; ls /sys/class/net; hostname'
	assert_output $'nameserver 10.0.2.3\n192.0.2.7\tdb\n127.0.0.1\tother\n10.0.2.100\twebhost web\nlo\ntap0\nother'
	run -0 urun run --rm --network container:web --dns 192.0.2.1 --entrypoint cat basic /etc/resolv.conf
	assert_output "nameserver 192.0.2.1"
}

@test "network: what a joiner serves is reached by the ports of the other" {
	port=$(free_port)
	web --rm -p "127.0.0.1:$port:8080"
	up --network container:web -v "$FIXTURES/netserver.py:/server.py:ro" host: \
		sh -c 'sleep 60 | python3 /server.py echo 0.0.0.0 8080'
	wait_until grep -qx 8080 "$BATS_TEST_TMPDIR/out"
	run -0 python3 -c "
import socket
s = socket.create_connection(('127.0.0.1', $port), 5)
s.sendall(b'hello')
print(s.recv(5))"
	assert_output "b'hello'"
}

@test "pid, ipc, uts, cgroupns and userns" {
	web --rm --hostname webhost
	up --rm --pid container:web --ipc container:web --uts container:web --cgroupns container:web \
		--entrypoint sleep basic 98
	for same in user pid ipc uts cgroup; do
		[ "$(ns "$web" $same)" = "$(ns "$payload" $same)" ]
	done
	[ "$(ns "$web" net)" != "$(ns "$payload" net)" ]
	run -0 urun run --rm --network none --pid container:web --uts container:web --entrypoint sh basic \
		-c 'tr "\0" " " </proc/1/cmdline; hostname'
	assert_output "sleep 99 webhost"
	run -0 urun run --rm --network none --userns container:web --entrypoint readlink basic /proc/self/ns/user
	assert_output "$(ns "$web" user)"
}

@test "a map of its own: files of images have their owners" {
	need_fuse
	local how
	for how in keep-id auto:size=2000; do
		web --rm --userns "$how"
		up --rm --network container:web --entrypoint sleep basic 98
		[ "$(ns "$web" net)" = "$(ns "$payload" net)" ]
		diff "/proc/$web/uid_map" "/proc/$payload/uid_map"
		run -0 --separate-stderr urun run --rm --network container:web -u 0 --entrypoint sh basic \
			-c 'stat -c %u:%g /bin; id -u; touch /new; stat -c %u /new'
		assert_output $'0:0\n0\n0'
		run -0 --separate-stderr urun run --network container:web -u 5:5 host: sh -c 'readlink /proc/self/ns/net; id -u'
		assert_output "$(ns "$web" net)"$'\n5'
		[ -z "$stderr" ]
		kill -KILL $launchers
		wait $launchers || true
		launchers=
		wait_until sh -c '! urun ps -q | grep -q .'
	done
}

@test "one id: joined as it is" {
	web --rm -u 0 --uidmap 0:0:1 --gidmap 0:0:1
	run -0 --separate-stderr urun run --rm --network container:web -u 0 --entrypoint sh basic \
		-c 'readlink /proc/self/ns/net; tr -s " " </proc/self/uid_map; touch /new; stat -c %u /new'
	assert_output "$(ns "$web" net)
 0 $(id -u) 1
0"
}

@test "namespaces that the other one shares with the host are the host's" {
	web --rm --network host
	run -0 urun run --rm --network container:web --entrypoint readlink basic /proc/self/ns/net
	assert_output "$(readlink /proc/self/ns/net)"
}

# A launcher that was killed leaves a guard, which ends the container and then itself.
is_free() {
	urun run --rm --network none --name "$1" --entrypoint true basic
}

@test "pid: what the command has left behind ends with it, and nobody else" {
	local nap=$((200000000 + $$ * 10))
	web --rm
	urun run --rm --network none --pid container:web --entrypoint sh basic \
		-c "(setsid sh -c 'sleep $nap; :' </dev/null >/dev/null 2>&1 &) ; sleep 0.1; exit 3" 3>&- || code=$?
	[ "$code" = 3 ]
	run -1 pgrep -f "$nap"
	kill -0 "$web"
	up --rm --network none --pid container:web --entrypoint sh basic \
		-c "(setsid sh -c 'sleep $nap; :' </dev/null >/dev/null 2>&1 &) ; sleep 99"
	wait_until pgrep -fx "sleep $nap"
	kill -KILL "$launcher"
	wait "$launcher" || true
	wait_until eval '! pgrep -f "$nap" >/dev/null'
	kill -0 "$web"
}

@test "what is saved is what was asked for" {
	web --rm --network host --ipc host
	urun run --name second --network container:web --ipc container:web --entrypoint true basic
	run -0 urun inspect -f '{{.HostConfig.NetworkMode}} {{.HostConfig.IpcMode}}' second
	assert_output "container:web container:web"
	run grep -rls "/proc/self/fd" "$URUN_ROOT/containers"
	assert_output ""
	kill -KILL "$launcher"
	wait "$launcher" || true
	wait_until is_free web
	web --rm
	urun cp "$BATS_TEST_FILENAME" second:/x
	run -0 urun start second
	run -125 urun run --name same --network container:same basic
	assert_output "urun: container:same: that is this container itself"
	run -125 urun run --uts container:web --hostname x basic
	assert_output "urun: --hostname 'x' with --uts container: would rename the other container"
}

@test "a kept container joins whatever runs under that name each time" {
	web --rm
	urun create --name second --network container:web --entrypoint readlink basic /proc/self/ns/net >/dev/null
	run -0 urun inspect -f '{{.HostConfig.NetworkMode}}' second
	assert_output container:web
	run -0 urun start second
	assert_output "$(ns "$web" net)"
	kill -KILL "$launcher"
	wait "$launcher" || true
	first=$web
	wait_until sh -c '! urun ps -q | grep -q .'
	web --rm
	run -0 urun start second
	assert_output "$(ns "$web" net)"
	[ "$first" != "$web" ]
	kill -KILL "$launcher"
	wait "$launcher" || true
	run -125 --separate-stderr urun start second
	[[ $stderr = *"container:web: "* || $stderr = *"'web': no such container"* ]]
}

@test "one that is not there, or does not run" {
	run -125 --separate-stderr urun run --network container:nosuch host: true
	[ "$stderr" = "urun: 'nosuch': no such container
  urun ps -a lists those that are kept" ]
	urun create --name still basic >/dev/null
	run -125 --separate-stderr urun run --network container:still host: true
	[ "$stderr" = "urun: container:still: container 'still' is not running
  urun start still, in another terminal" ]
}

@test "one whose first process has made namespaces of its own" {
	up --rm --name web --security-opt seccomp=unconfined --entrypoint sh basic \
		-c 'exec unshare -U -r -n sleep 99'
	wait_until grep -q sleep "/proc/$payload/comm"
	run -125 --separate-stderr urun run --network container:web host: true
	[ "$stderr" = "urun: container:web: its first process has left the namespaces that it was started in
  A program that makes containers itself cannot be joined" ]
}

@test "its end is not the end of those that have joined its network" {
	web --rm
	up --rm --network container:web --entrypoint sleep basic 98
	kill -KILL "$web"
	wait_until is_gone "$web"
	kill -0 "$payload"
}

@test "published ports live and die with a container, each time that it is started" {
	local answer
	port=$(free_port)
	urun create --name web -p "127.0.0.1:$port:8080" --entrypoint nc basic -l -p 8080 -e cat >/dev/null
	answer="import socket
s = socket.create_connection(('127.0.0.1', $port), 5)
s.sendall(b'hello')
print(s.recv(5))"
	for _ in 1 2 3; do
		urun start web >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
		launchers=$!
		wait_until sh -c "urun port web | grep -qx '8080/tcp -> 127.0.0.1:$port'"
		# Who publishes takes the connection before the server listens.
		wait_until python3 -c "$answer"
		wait "$launchers" || true
		run -1 python3 -c "$answer"
		run -0 urun port web
		assert_output ""
	done
	# One that is taken: nothing is started.
	python3 -c "import socket, time
s = socket.socket()
s.bind(('127.0.0.1', $port))
s.listen()
time.sleep(60)" 3>&- &
	launchers=$!
	wait_until sh -c "! python3 -c \"import socket; socket.socket().bind(('127.0.0.1', $port))\""
	run -125 urun start web
	assert_contains "$port"
}

@test "a kept container is started with the resolver that the host has then" {
	echo "nameserver 192.0.2.1" >"$BATS_TEST_TMPDIR/resolv.conf"
	# shellcheck disable=SC2016 # the inner shell's
	run --separate-stderr unshare --user --map-root-user --mount sh -ec '
		mount --bind "$1" "$(realpath /etc/resolv.conf)"
		urun --root "$2" pull -q "oci:$3:latest" >/dev/null
		urun --root "$2" run --name kept --network host -u 0 --entrypoint cat basic /etc/resolv.conf
		echo "nameserver 192.0.2.2" >"$1"
		urun --root "$2" start kept
		urun --root "$2" rm kept >/dev/null' \
		sh "$BATS_TEST_TMPDIR/resolv.conf" "$BATS_TEST_TMPDIR/store" "$IMAGES/basic"
	# shellcheck disable=SC2154 # is run's
	[ "$status" = 0 ] || echo "$stderr"
	assert_output $'nameserver 192.0.2.1\nnameserver 192.0.2.2'
}

@test "network: who joins later has the resolver that the other has by then" {
	echo "search one.example" >"$BATS_TEST_TMPDIR/resolv.conf"
	# shellcheck disable=SC2016 # the inner shell's
	run -0 --separate-stderr timeout 100 unshare --user --map-root-user --mount sh -ec '
		mount --bind "$1" "$(realpath /etc/resolv.conf)"
		export URUN_ROOT=$2
		urun pull -q "oci:$3:latest" >/dev/null
		urun run --rm --name web -u 0 --network slirp4netns --entrypoint sleep basic 99 &
		joiner() {
			urun run --rm -u 0 --network container:web --entrypoint tail basic -n 1 /etc/resolv.conf
		}
		n=0
		until joiner || [ $n -gt 50 ]; do n=$((n + 1)); sleep 0.1; done
		echo "search two.example" >"$1"
		while [ "$(joiner)" = "search one.example" ] && [ $n -lt 100 ]; do n=$((n + 1)); sleep 0.1; done
		joiner
		kill $!
		wait || true' \
		sh "$BATS_TEST_TMPDIR/resolv.conf" "$BATS_TEST_TMPDIR/store" "$IMAGES/basic"
	assert_output $'search one.example\nsearch two.example'
}
