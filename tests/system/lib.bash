# SPDX-License-Identifier: Apache-2.0
#
# lib.bash - what the system tests share
#
# $URUN_STAGE holds bin/ (urun and its helpers) and tests/; $DEBIAN and $BUSYBOX are root
# folders that belong to the test user's ids. Containers run in the foreground, so a test that
# wants to look from outside starts one with spawn().

bats_require_minimum_version 1.5.0

DEBIAN=${URUN_TEST_CACHE:-/nonexistent}/debian
BUSYBOX=${URUN_TEST_CACHE:-/nonexistent}/busybox

# Of what is left to chance, so many times as long: $URUN_TEST_ROUNDS.
ROUNDS=${URUN_TEST_ROUNDS:-1}

# Skips with a reason; with URUN_TEST_STRICT=1 that is a failure.
skip_because() {
	if [ "${URUN_TEST_STRICT:-}" = 1 ]; then
		echo "not skipped: $*"
		return 1
	fi
	skip "$*"
}

need_debian() {
	[ -d "$DEBIAN" ] || skip_because "no Debian root folder (debootstrap and root's rights make one)"
}

need_busybox() {
	[ -d "$BUSYBOX" ] || skip_because "no busybox"
}

# assert_output TEXT: exactly that.
assert_output() {
	if [ "$output" != "$1" ]; then
		printf -- '-- expected --\n%s\n-- got (status %s) --\n%s\n--\n' "$1" "$status" "$output"
		return 1
	fi
}

# assert_contains TEXT
assert_contains() {
	if [[ "$output" != *"$1"* ]]; then
		printf -- '-- expected within --\n%s\n-- got (status %s) --\n%s\n--\n' "$1" "$status" "$output"
		return 1
	fi
}

# refute_contains TEXT
refute_contains() {
	if [[ "$output" == *"$1"* ]]; then
		printf -- '-- not expected --\n%s\n-- got (status %s) --\n%s\n--\n' "$1" "$status" "$output"
		return 1
	fi
}

# assert_status N
assert_status() {
	if [ "$status" != "$1" ]; then
		printf -- '-- expected status %s, got %s --\n%s\n--\n' "$1" "$status" "$output"
		return 1
	fi
}

# The first number of a subordinate range of the test user, and how many there are.
sub_first() { awk -F: -v u="$(id -un)" '$1 == u { print $2; exit }' "/etc/sub$1"; }
sub_count() { awk -F: -v u="$(id -un)" '$1 == u { print $3; exit }' "/etc/sub$1"; }

# spawn ARG...: starts `urun run ARG...` in the background. Sets $launcher (its pid) and
# $payload (PID 1 inside, as seen from here) once the payload has been executed.
spawn() {
	pidfile=$BATS_TEST_TMPDIR/pid.$RANDOM
	urun run --pidfile "$pidfile" "$@" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" 3>&- &
	launcher=$!
	wait_until test -s "$pidfile" || {
		cat "$BATS_TEST_TMPDIR/err"
		return 1
	}
	payload=$(cat "$pidfile")
	# The builder becomes the payload by exec: from then on it is another program.
	wait_until is_executed "$payload"
}

is_executed() {
	[ "$(readlink "/proc/$1/exe")" != "$(readlink -f "$(command -v urun)")" ] &&
		[ "$(tr '\0' ' ' <"/proc/$1/cmdline" | cut -c1-9)" != "urun run " ]
}

# wait_until COMMAND...: for at most ten seconds.
wait_until() {
	for _ in $(seq 500); do
		! "$@" 2>/dev/null || return 0
		sleep 0.02
	done
	echo "never: $*"
	return 1
}

# is_gone PID...: none of them is there, but for zombies of somebody else's: a host's first process may
# take its time with those, which have nothing any more.
is_gone() {
	local pid
	for pid; do
		[ ! -e "/proc/$pid" ] || grep -qs '^State:.[ZX]' "/proc/$pid/status" ||
			[ ! -e "/proc/$pid" ] || return 1
	done
}

# A port of the loopback's that nobody has. The kernel gives it to nobody who asks for any, as those do
# that connect from another test meanwhile.
free_port() {
	python3 - <<-'END'
		import random, socket
		while True:
		    port = random.randrange(10000, 20000)
		    try:
		        for kind in socket.SOCK_STREAM, socket.SOCK_DGRAM:
		            socket.socket(type=kind).bind(("127.0.0.1", port))
		        break
		    except OSError:
		        pass
		print(port)
	END
}

# Every process that has the mark in its environment or arguments: to find what was left.
processes_with() {
	local p
	for p in /proc/[0-9]*; do
		if tr '\0' '\n' 2>/dev/null <"$p/cmdline" | grep -qF -- "$1"; then
			echo "${p#/proc/}"
		fi
	done
}

teardown() {
	if [ -n "${launcher:-}" ]; then
		kill -KILL "$launcher" 2>/dev/null || true
		wait "$launcher" 2>/dev/null || true
	fi
}
