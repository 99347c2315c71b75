# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# network.bash - servers on the host and in containers, for tests of networks

need_network() {
	[ -x /usr/bin/slirp4netns ] || skip_because "slirp4netns is not installed"
	[ -w /dev/net/tun ] || skip_because "/dev/net/tun cannot be opened by this user"
}

setup() {
	need_debian
	need_network
	server=$BATS_TEST_DIRNAME/../fixtures/netserver.py
	launcher=
	server_pid=
}

teardown() {
	[ -z "$server_pid" ] || { exec {server_in}>&- && wait "$server_pid"; } || true
	if [ -n "$launcher" ]; then
		kill -KILL "$launcher" 2>/dev/null || true
		wait "$launcher" 2>/dev/null || true
	fi
}

# A server on the host, which ends with this test. Sets $port to what it printed.
serve() {
	mkfifo "$BATS_TEST_TMPDIR/in"
	python3 "$server" "$@" <"$BATS_TEST_TMPDIR/in" >"$BATS_TEST_TMPDIR/port" 3>&- &
	server_pid=$!
	exec {server_in}>"$BATS_TEST_TMPDIR/in"
	wait_until test -s "$BATS_TEST_TMPDIR/port"
	port=$(cat "$BATS_TEST_TMPDIR/port")
}

# A container whose server is published; more words for urun are $@.
inside_server() {
	mkdir -p "$BATS_TEST_TMPDIR/v"
	cp "$server" "$BATS_TEST_TMPDIR/v/server.py"
	mkfifo "$BATS_TEST_TMPDIR/hold"
	exec {hold}<>"$BATS_TEST_TMPDIR/hold"
	pidfile=$BATS_TEST_TMPDIR/pid
	urun run -i --pidfile "$pidfile" "$@" -v "$BATS_TEST_TMPDIR/v:/v:ro" host: \
		python3 /v/server.py "${inside:-echo}" 0.0.0.0 8080 ${count-} <"$BATS_TEST_TMPDIR/hold" \
		>"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" 3>&- &
	launcher=$!
	wait_until grep -qx 8080 "$BATS_TEST_TMPDIR/out" || {
		cat "$BATS_TEST_TMPDIR/err"
		return 1
	}
	payload=$(cat "$pidfile")
}

need_pasta() {
	[ -x /usr/bin/pasta ] || skip_because "pasta is not installed"
	ip route show default | grep -q . || skip_because "this host has no route that pasta could copy"
}

# The launcher's own child of that name.
child() {
	pgrep -P "$launcher" "^$1"
}