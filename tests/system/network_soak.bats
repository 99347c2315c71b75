#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# network_soak.bats - thousands of connections through each mode: nothing is lost, nothing stays

load lib.bash
load network.bash

# Below the sanitizers each takes several times as long.
connections=$((ROUNDS > 1 ? 10000 : 4000))
[ -z "${URUN_ASAN:-}" ] || connections=2000

# The processes that serve the network, and the launcher: "PID DESCRIPTORS" each.
held() {
	local pid n
	for pid in "$launcher" $(pgrep -P "$launcher" | grep -vx "$payload"); do
		n=$(find "/proc/$pid/fd" -mindepth 1 | wc -l)
		[ "$n" -gt 0 ] || echo "the descriptors of $pid cannot be seen"
		# Of these it keeps at most so many for the next who needs one.
		[ "$(readlink "/proc/$pid/exe")" != "$URUN_STAGE/bin/urun-net" ] ||
			n=$((n - $(find "/proc/$pid/fd" -mindepth 1 -lname 'pipe:*' | wc -l)))
		# pasta fills pools of sockets, whenever it finds the time.
		case $(cat "/proc/$pid/comm") in
		pas*) [ "$n" -gt 512 ] || n="at most 512" ;;
		esac
		echo "$pid $n"
	done
}

# A second after the start the launcher watches the host's resolver: one descriptor more.
is_watching() {
	[ -n "$(find "/proc/$launcher/fd" -lname 'anon_inode:inotify')" ]
}

is_held() {
	[ "$(held)" = "$1" ]
}

# expect_as_before STATE: the same processes, with as many descriptors.
expect_as_before() {
	wait_until is_held "$1" || {
		printf -- '-- before --\n%s\n-- after --\n%s\n' "$1" "$(held)"
		return 1
	}
}

# A published port of a container whose network is $1.
through_published() {
	local a before
	a=$(free_port)
	inside_server --network "$1" -p "127.0.0.1:$a:8080" -p "127.0.0.1:$a:8080/udp"
	run -0 timeout 60 python3 "$server" many 127.0.0.1 "$a" 100
	wait_until is_watching
	before=$(held)
	run -0 timeout 240 python3 "$server" many 127.0.0.1 "$a" "$connections"
	expect_as_before "$before"
	run -0 timeout 60 python3 "$server" client 127.0.0.1 "$a" 100000
}

# From a container whose network is $1 to the host's loopback at $2. (An end right behind the first
# bytes is what Debian 12's pasta loses, urun or not.)
from_inside() {
	local before
	serve echo 127.0.0.1
	mkfifo "$BATS_TEST_TMPDIR/go"
	exec {go}<>"$BATS_TEST_TMPDIR/go"
	spawn -i --network "$1" -v "$server:/server.py:ro" -v "$BATS_TEST_TMPDIR/go:/go" host: sh -ec '
		python3 /server.py talks "$0" "$1" 100
		echo warm
		read -r _ </go
		python3 /server.py talks "$0" "$1" "$2"
		echo done
		read -r _ </go' "$2" "$port" "$connections"
	wait_until grep -qx warm "$BATS_TEST_TMPDIR/out"
	wait_until is_watching
	before=$(held)
	echo >&"$go"
	for _ in $(seq 24); do
		! wait_until grep -qx done "$BATS_TEST_TMPDIR/out" >/dev/null || break
	done
	run cat "$BATS_TEST_TMPDIR/out" "$BATS_TEST_TMPDIR/err"
	assert_output $'warm\ndone'
	expect_as_before "$before"
	echo >&"$go"
}

@test "slirp4netns, to a published port" {
	through_published slirp4netns
}

@test "slirp4netns, from inside" {
	from_inside slirp4netns:allow_host_loopback=true 10.0.2.2
}

@test "pasta, to a published port" {
	need_pasta
	through_published pasta
}

@test "pasta, from inside" {
	need_pasta
	from_inside pasta:--map-gw "$(ip -4 route show default | awk '{ print $3; exit }')"
}

@test "datagrams of thousands of senders: each has its answer" {
	local a net before senders=6000 # more than it knows at a time
	[ -z "${URUN_ASAN:-}" ] || senders=$connections
	a=$(free_port)
	inside_server -p "127.0.0.1:$a:8080/udp"
	net=$(child urun-net)
	before=$(held)
	run -0 timeout 240 python3 "$server" senders 127.0.0.1 "$a" "$senders"
	# Of so many at most it knows to whom an answer goes.
	[ "$(find "/proc/$net/fd" -mindepth 1 | wc -l)" -le 4200 ]
	[ "$(held | wc -l)" = "$(wc -l <<<"$before")" ]
}
