# SPDX-License-Identifier: Apache-2.0
#
# The payload as a process: its streams, its terminal, the signals that reach it, and the
# options that shape it.

load process

setup() {
	make_root
}

# inside WORD...: runs it in the small root folder; its exit code has to be 0.
inside() {
	run -0 urun run "rootfs:$ROOT" "$@"
}

# --- streams -------------------------------------------------------------------------------

@test "without a pid namespace: what is left ends with the command, and nobody else" {
	local nap=$((300000000 + $$ * 10))
	sh -c "unshare -Ur sleep $nap & while ! pgrep -fx 'sleep $nap'; do :; done
		exec urun run --pid host --network none 'rootfs:$ROOT' \
		sh -c '(setsid sleep $nap &) ; sleep 0.2; exit 4'" </dev/null >/dev/null 2>&1 3>&- || code=$?
	[ "$code" = 4 ]
	[ "$(pgrep -cfx "sleep $nap")" = 1 ]
	pkill -9 -fx "sleep $nap"
	# One that goes on in child after child; one that traces the command, which ends with it only.
	hops=$BATS_TEST_TMPDIR/hops
	mkdir -m 777 "$hops"
	run -3 urun run --pid host --network none -v "$hops:/mnt" "rootfs:$ROOT" \
		sh -c 'urun-probe hop 20 /mnt/hops; sleep 0.2; exit 3'
	size=$(stat -c %s "$hops/hops")
	sleep 0.3
	[ "$(stat -c %s "$hops/hops")" = "$size" ]
	[ "$size" -gt 100 ]
	run -7 timeout 20 urun run --pid host --network none --security-opt seccomp=unconfined "rootfs:$ROOT" urun-probe held 7
	wait_until eval '! pgrep -fx "urun-probe held 7" >/dev/null'
}

@test "root without any namespace but the mount one: what is left ends with the command, and nobody else" {
	local nap=$((310000000 + $$ * 10)) left=$((320000000 + $$ * 10))
	run -0 unshare -Urmpf --mount-proc --map-root-user sh -c "sleep $nap &
		urun run --userns host --pid host --network none 'rootfs:$ROOT' sh -c '(setsid sleep $left &) ; sleep 0.2; exit 4'
		echo \$?; pgrep -fx 'sleep $nap' >/dev/null && echo kept; pgrep -fx 'sleep $left' || echo ended"
	assert_output "4
kept
ended"
}

@test "a gigabyte goes through in both directions unharmed" {
	command -v openssl >/dev/null || skip_because "no openssl for so many bytes"
	mkfifo "$BATS_TEST_TMPDIR/copy"
	openssl dgst -sha256 -r <"$BATS_TEST_TMPDIR/copy" >"$BATS_TEST_TMPDIR/sent" 3>&- &
	head -c 1G /dev/zero |
		openssl enc -aes-128-ctr -K 00112233445566778899aabbccddeeff -iv 0 2>/dev/null |
		tee "$BATS_TEST_TMPDIR/copy" |
		urun run -i "rootfs:$ROOT" cat |
		tee >(wc -c >"$BATS_TEST_TMPDIR/size") |
		openssl dgst -sha256 -r >"$BATS_TEST_TMPDIR/got"
	wait $!
	cmp "$BATS_TEST_TMPDIR/sent" "$BATS_TEST_TMPDIR/got"
	wait_until test -s "$BATS_TEST_TMPDIR/size"
	[ "$(cat "$BATS_TEST_TMPDIR/size")" = 1073741824 ]
}

@test "errors and output stay apart, and in their order where they are one" {
	run -0 --separate-stderr urun run "rootfs:$ROOT" sh -c 'echo out; echo err >&2'
	assert_output out
	# shellcheck disable=SC2154 # is run's
	[ "$stderr" = err ]
	run -0 sh -c 'urun run "$1" sh -c "for i in 1 2 3; do echo o\$i; echo e\$i >&2; done" 2>&1' - \
		"rootfs:$ROOT"
	assert_output $'o1\ne1\no2\ne2\no3\ne3'
}

@test "without -i standard input is empty, whatever the caller has" {
	run -0 sh -c 'echo typed | urun run "$1" sh -c "cat; readlink /proc/self/fd/0"' - "rootfs:$ROOT"
	assert_output /dev/null
	run -0 sh -c 'echo typed | { urun run "$1" true; cat; }' - "rootfs:$ROOT"
	assert_output typed
}

@test "with -i the payload reads the caller's input to its end" {
	run -0 sh -c 'printf "a\0b\377\nend" | urun run -i "$1" od -An -tx1' - "rootfs:$ROOT"
	assert_output " 61 00 62 ff 0a 65 6e 64"
	run -0 sh -c 'printf "" | urun run -i "$1" wc -c' - "rootfs:$ROOT"
	assert_output 0
	# What it does not read is left to the next one.
	run -0 sh -c 'printf "1\n2\n3\n" >"$2"; { urun run -i "$1" sh -c "read x"; cat; } <"$2"' - \
		"rootfs:$ROOT" "$BATS_TEST_TMPDIR/lines"
	assert_output $'2\n3'
}

@test "standard streams that the caller has closed are /dev/null" {
	closed() {
		urun run -i -v "$BATS_TEST_TMPDIR:/d" "$@" "rootfs:$ROOT" \
			sh -c 'for fd in 0 1 2; do
					a="$a $(readlink /proc/$$/fd/$fd)"
				done
				echo $a >/d/links' <&- >&- 2>&-
	}
	for way in --init=false --init; do
		closed "$way"
		run -0 cat "$BATS_TEST_TMPDIR/links"
		assert_output "/dev/null /dev/null /dev/null"
	done
}

@test "a payload that closes its output early: the reader sees the end at once" {
	for way in --init=false --init; do
		rm -f "$BATS_TEST_TMPDIR/seen"
		urun run "$way" -v "$BATS_TEST_TMPDIR:/d" "rootfs:$ROOT" sh -c '
			echo last
			exec >&-
			for i in $(seq 500); do [ -e /d/seen ] && exit 3; sleep 0.01; done
			exit 9' 3>&- | {
			cat >"$BATS_TEST_TMPDIR/read"
			touch "$BATS_TEST_TMPDIR/seen"
		} && status=${PIPESTATUS[0]}
		[ "$(cat "$BATS_TEST_TMPDIR/read")" = last ]
		assert_status 3
	done
}

@test "a payload that closes its input early: the writer learns it at once" {
	for way in --init=false --init; do
		rm -f "$BATS_TEST_TMPDIR/code"
		{
			code=0
			yes 2>/dev/null || code=$?
			echo $code >"$BATS_TEST_TMPDIR/code"
		} | urun run -i "$way" -v "$BATS_TEST_TMPDIR:/d" "rootfs:$ROOT" sh -c '
			exec <&-
			for i in $(seq 500); do [ -s /d/code ] && exit 3; sleep 0.01; done
			exit 9' 3>&- || status=$?
		assert_status 3
		[ "$(cat "$BATS_TEST_TMPDIR/code")" = 141 ]
	done
}

@test "a preserved descriptor that the payload closes: the other end learns it at once" {
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	for way in --init=false --init; do
		rm -f "$BATS_TEST_TMPDIR/seen"
		{
			cat "$BATS_TEST_TMPDIR/fifo" >"$BATS_TEST_TMPDIR/read"
			touch "$BATS_TEST_TMPDIR/seen"
		} 3>&- &
		urun run "$way" --preserve-fds 1 -v "$BATS_TEST_TMPDIR:/d" "rootfs:$ROOT" sh -c '
			echo last >&3
			exec 3>&-
			for i in $(seq 500); do [ -e /d/seen ] && exit 3; sleep 0.01; done
			exit 9' 3>"$BATS_TEST_TMPDIR/fifo" || status=$?
		wait
		assert_status 3
		[ "$(cat "$BATS_TEST_TMPDIR/read")" = last ]
	done
}

@test "a reader that goes away: the payload gets SIGPIPE, or EPIPE as PID 1" {
	for way in --init=false --init; do
		urun run "$way" -v "$BATS_TEST_TMPDIR:/d" "rootfs:$ROOT" sh -c \
			'yes; echo $? >/d/code' 3>&- | head -n 1 >"$BATS_TEST_TMPDIR/read"
		[ "$(cat "$BATS_TEST_TMPDIR/read")" = y ]
		wait_until test -s "$BATS_TEST_TMPDIR/code"
		[ "$(cat "$BATS_TEST_TMPDIR/code")" = 141 ]
		rm "$BATS_TEST_TMPDIR/code"
	done
	# PID 1 gets no signal that it does not handle; writing fails all the same.
	for way in --init=false:1 --init:141; do
		urun run "${way%:*}" "rootfs:$ROOT" yes 2>/dev/null 3>&- |
			head -n 1 >"$BATS_TEST_TMPDIR/read"
		status=${PIPESTATUS[0]}
		assert_status "${way#*:}"
	done
}

@test "what is left of the container's output comes before the end" {
	for _ in 1 2 3 4 5; do
		run -0 sh -c 'urun run "$1" seq 20000 | sha256sum; seq 20000 | sha256sum' - "rootfs:$ROOT"
		[ "${lines[0]}" = "${lines[1]}" ]
	done
}

# --- terminals -----------------------------------------------------------------------------

# at_terminal: python from standard input, with terminal.py.
at_terminal() {
	need_python
	local body
	body=$(cat)
	run timeout 300 python3 - <<-END
		from terminal import *
		$body
	END
	assert_status 0
}

@test "-t: the line behind a note begins where lines do" {
	[ -x /usr/bin/slirp4netns ] || skip_because "slirp4netns is not installed"
	[ -w /dev/net/tun ] || skip_because "/dev/net/tun cannot be opened by this user"
	at_terminal <<-'END'
		with Terminal('urun', 'run', '-it', '--network', 'slirp4netns', ROOT, 'sh', '-c',
		              'echo up; read -r line; echo "$line"') as t:
		    t.expect('up\r\n')
		    until('raw', t.is_raw)
		    os.kill(next(p for p in children(t.pid) if command_of(p) == 'slirp4netns'), signal.SIGKILL)
		    t.expect('^urun: note: slirp4netns has ended .signal 9.: this container has no network any more\r\n')
		    t.type('end\n')
		    t.expect('^end\r\nend\r\n')
		    t.expect_ended(0)
	END
}

@test "-t gives a terminal of the container's own" {
	at_terminal <<-'END'
		with Terminal('urun', 'run', '-it', ROOT, 'sh', '-c',
		              'tty; ls -l /dev/console | cut -c1; urun-probe tty; stty size') as t:
		    t.expect('/dev/pts/0\r\nc\r\n/dev/tty ok\r\n0 terminal\r\n1 terminal\r\n2 terminal\r\n')
		    t.expect('24 80\r\n')
		    t.expect_ended(0)
		# The console is that terminal.
		with Terminal('urun', 'run', '-t', ROOT, 'sh', '-c',
		              'echo to the console >/dev/console; stat -c %t:%T /dev/console /dev/pts/0') as t:
		    t.expect('to the console\r\n')
		    first, second = t.expect('(.*)\r\n(.*)\r\n').groups()
		    equal(first, second)
		    t.expect_ended(0)
		# Not the caller's: that one stays outside.
		with Terminal('urun', 'run', '-t', ROOT, 'sh', '-c',
		              'readlink /proc/self/fd/1; ls /dev/pts') as t:
		    t.expect('/dev/pts/0\r\n0 +ptmx\r\n')
		    t.expect_ended(0)
	END
}

@test "the container's terminal, and what is relayed, can be opened again by its user; a pipe stays the caller's" {
	at_terminal <<-'END'
		for words in ('-t',), ('-it', '--init'), ():
		    with Terminal('urun', 'run', '-u', '1000', *words, ROOT, 'sh', '-c',
		                  'id -u; echo out >/dev/stdout; echo err >/dev/stderr') as t:
		        t.expect('^1000\r\n')
		        for word in 'out', 'err':
		            t.expect(word + '\r\n')
		        t.expect_ended(0)
	END
	run -0 sh -c '{ urun run -u 1000 "$1" id -u; echo again >/dev/stdout; stat -L -c %u /proc/self/fd/1; } | cat' - "rootfs:$ROOT"
	assert_output $'1000\nagain\n'"$(id -u)"
}

@test "--init hands the terminal to the command" {
	at_terminal <<-'END'
		with Terminal('urun', 'run', '-it', '--init', ROOT, 'sh', '-c',
		              'tty; stty size; read line; echo "got $line"') as t:
		    t.expect('/dev/pts/0\r\n24 80\r\n')
		    t.type('typed\r')
		    t.expect('got typed\r\n')
		    t.expect_ended(0)
		with Terminal('urun', 'run', '-it', '--init', ROOT, 'sh', '-c',
		              'trap "echo caught; exit 4" INT; echo up; while :; do sleep 0.05; done') as t:
		    t.expect('up')
		    t.type(b'\x03')
		    t.expect('caught')
		    t.expect_ended(4)
	END
}

@test "the size of the terminal follows the caller's" {
	at_terminal <<-'END'
		with Terminal('urun', 'run', '-it', ROOT, 'sh', '-c',
		              'trap "stty size" WINCH; stty size; while :; do read -t 1 x; done',
		              rows=33, cols=101) as t:
		    t.expect('33 101\r\n')
		    for rows, cols in (50, 132), (10, 20), (51, 133):
		        t.resize(rows, cols)
		        t.expect('%d %d\r\n' % (rows, cols))
		    t.kill(signal.SIGTERM)
		    t.expect_ended(143)
	END
}

@test "the terminal is raw while the container has it, and as it was afterwards" {
	at_terminal <<-'END'
		def started(*words, last='while read line; do eval "$line"; done; exit 7'):
		    t = Terminal('urun', 'run', '-it', *words, ROOT, 'sh', '-c', 'echo up; ' + last)
		    t.expect('up\r\n')
		    until('raw', t.is_raw)
		    return t

		for words in (), ('--init',):
		    # by itself
		    with started(*words) as t:
		        t.type('exit 3\r')
		        t.expect_ended(3)
		    # by the end of its input
		    with started(*words) as t:
		        t.type(b'\x04')
		        t.expect_ended(7)
		    # by its kill
		    with started(*words) as t:
		        os.kill(children(t.pid)[0], signal.SIGKILL)
		        t.expect_ended(137)
		    # urun is told to end
		    for signo in signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT:
		        with started(*words, last='exec sleep 1000') as t:
		            sleeper_below(t.pid)
		            t.kill(signo)
		            t.expect_ended(128 + signo)
		# a start that fails
		with Terminal('urun', 'run', '-it', ROOT, 'no-such-command') as t:
		    t.expect("urun: command 'no-such-command': not found")
		    t.expect_ended(127)
	END
}

@test "Ctrl-C at the terminal interrupts what runs inside" {
	at_terminal <<-'END'
		with Terminal('urun', 'run', '-it', ROOT, 'sh') as t:
		    t.expect('# ')
		    t.type('sleep 1000; echo code $?\r')
		    t.expect('code')
		    sleeper_below(t.pid)
		    t.type(b'\x03')
		    t.expect('# ')
		    t.type('echo still $((40 + 2))\r')
		    t.expect('still 42\r\n')
		    t.type('exit 5\r')
		    t.expect_ended(5)
		# As PID 1 it has to handle the signal, as anywhere.
		with Terminal('urun', 'run', '-it', ROOT, 'sh', '-c',
		              'trap "echo caught; exit 6" INT; echo up; while :; do sleep 0.05; done') as t:
		    t.expect('up')
		    t.type(b'\x03')
		    t.expect('caught')
		    t.expect_ended(6)
	END
}

@test "Ctrl-C ends a container whose terminal takes no input" {
	at_terminal <<-'END'
		with Terminal('urun', 'run', '-t', ROOT, 'sh', '-c', 'echo up; exec sleep 1000') as t:
		    t.expect('up')
		    sleeper_below(t.pid)
		    t.type(b'\x03')
		    t.expect_ended(130)
		with Terminal('urun', 'run', ROOT, 'sh', '-c', 'echo up; exec sleep 1000') as t:
		    t.expect('up')
		    sleeper_below(t.pid)
		    t.type(b'\x03')
		    t.expect_ended(130)
	END
}

@test "Ctrl-Z at the terminal stops the job of a shell inside" {
	at_terminal <<-'END'
		with Terminal('urun', 'run', '-it', ROOT, 'sh') as t:
		    t.expect('# ')
		    t.type('sleep 1000\r')
		    sleeper_below(t.pid)
		    t.type(b'\x1a')
		    t.expect('Stopped')
		    t.type('jobs; echo "li""sted"\r')
		    t.expect('Stopped')
		    t.expect('listed')
		    # It waits, for the disk as well: it is not stopped.
		    equal(state_of(t.pid).translate({ord('R'): 'S', ord('D'): 'S'}), 'S')
		    t.type('kill -KILL %1; fg; exit 0\r')
		    t.expect_ended(0)
	END
}

@test "a stop of urun gives the terminal back, and the next one takes it again" {
	at_terminal <<-'END'
		with Terminal('urun', 'run', '-it', ROOT, 'sh', '-c',
		              'echo up; while read line; do echo "got $line"; stty size; done') as t:
		    t.expect('up')
		    until('raw', t.is_raw)
		    t.kill(signal.SIGTSTP)
		    until('stopped', lambda: state_of(t.pid) == 'T')
		    equal(t.modes(), t.first_modes)
		    t.resize(60, 61)
		    t.kill(signal.SIGCONT)
		    until('raw', t.is_raw)
		    t.type('one\r')
		    t.expect('got one\r\n60 61\r\n')
		    # SIGSTOP cannot be caught: the modes stay, and nothing is lost.
		    t.kill(signal.SIGSTOP)
		    until('stopped', lambda: state_of(t.pid) == 'T')
		    t.type('two\r')
		    t.kill(signal.SIGCONT)
		    t.expect('got two\r\n')
		    t.type(b'\x04')
		    t.expect_ended(0)
	END
}

@test "jobs of a shell: a container is stopped, goes on in the background and comes back" {
	at_terminal <<-'END'
		with Shell() as t:
		    t.start('urun run %s sh -c \'echo up; exec sleep 1000\'' % ROOT)
		    t.expect('up')
		    sleeper_below(t.pid)
		    t.type(b'\x1a')
		    t.prompt()
		    pid = int(t.do('jobs -p').strip())
		    equal(state_of(pid), 'T')
		    until('payload stopped', lambda: state_of(children(pid)[0]) == 'T')
		    t.do('bg')
		    until('payload runs', lambda: state_of(children(pid)[0]) in ('S', 'R'))
		    t.start('fg')
		    until('in the foreground', lambda: in_foreground(pid))
		    t.type(b'\x03')
		    t.prompt()
		    equal(t.do('echo $?').strip(), '130')
	END
}

@test "jobs of a shell: the same with --init" {
	at_terminal <<-'END'
		with Shell() as t:
		    t.start('urun run --init %s sh -c \'echo up; exec sleep 1000\'' % ROOT)
		    t.expect('up')
		    sleeper_below(t.pid)
		    t.type(b'\x1a')
		    t.prompt()
		    pid = int(t.do('jobs -p').strip())
		    equal(state_of(pid), 'T')
		    t.do('bg')
		    sleeper = sleeper_below(pid)
		    until('the command runs', lambda: state_of(sleeper) in ('S', 'R'))
		    t.start('fg')
		    until('in the foreground', lambda: in_foreground(pid))
		    t.type(b'\x03')
		    t.prompt()
		    equal(t.do('echo $?').strip(), '130')
	END
}

@test "a container with a terminal that is started in the background waits for it" {
	[ ! -O "$(command -v urun)" ] || skip "the caller owns urun: its sealed copy has another name"
	at_terminal <<-'END'
		with Shell() as t:
		    before = t.modes()
		    line = 'urun run -it %s sh -c \'echo up; read x; echo got $x\' &' % ROOT
		    t.do(line)
		    pid = int(t.do('jobs -p').strip())
		    until('stopped', lambda: state_of(pid) == 'T')
		    t.do('true')
		    t.start('fg')
		    until('in the foreground', lambda: in_foreground(pid))
		    t.expect('up')
		    t.type('typed\r')
		    t.expect('got typed')
		    t.prompt()
		    equal(t.do('echo $?').strip(), '0')
		    # Stopped while it has the terminal, then continued without it.
		    t.start(line[:-2])
		    t.expect('up')
		    pid = [p for p in children(t.pid) if command_of(p) == 'urun'][0]
		    os.kill(pid, signal.SIGTSTP)
		    t.prompt()
		    t.do('bg')
		    until('stopped', lambda: state_of(pid) == 'T')
		    t.do('true')
		    t.start('fg')
		    until('in the foreground', lambda: in_foreground(pid))
		    until('raw', t.is_raw)
		    t.type('again\r')
		    t.expect('got again')
		    t.prompt()
	END
}

@test "a container in the background does not take the caller's input" {
	export go="$BATS_TEST_TMPDIR/go"
	at_terminal <<-'END'
		go = os.environ['go']
		with Shell() as t:
		    t.do('urun run -i %s sh -c \'read x; echo "got $x"; read y; echo "end $?"\' &' % ROOT)
		    pid = int(t.do('jobs -p').strip())
		    until('payload', lambda: [command_of(p) for p in children(pid)][:1] == ['sh'])
		    # The shell does not read what is typed now, and so the other one could.
		    t.start('while [ ! -e %s ]; do sleep 0.02; done' % go)
		    t.type('echo mine\n')
		    until('stopped', lambda: state_of(pid) == 'T')
		    open(go, 'w').close()
		    t.expect('\r\nmine\r\n')
		    t.prompt()
		    t.start('fg')
		    until('in the foreground', lambda: in_foreground(pid))
		    t.type('typed\n')
		    t.expect('got typed')
		    t.type(b'\x04')
		    t.expect('end 1')
		    t.prompt()
	END
}

@test "the caller's terminal cannot be reached without -t" {
	at_terminal <<-'END'
		with Terminal('urun', 'run', '-i', ROOT, 'urun-probe', 'tty') as t:
		    t.expect('/dev/tty ENXIO\r\n0 none\r\n1 none\r\n2 none\r\n')
		    t.expect_ended(0)
		# Each stream by itself.
		for words in ('-i',), (), ('--init', '-i'), ('-u', '1000'):
		    with Terminal('urun', 'run', '--security-opt', 'seccomp=unconfined', *words, ROOT,
		                  'sh', '-c', 'urun-probe tty 2>&1; readlink /proc/self/fd/0') as t:
		        t.expect('/dev/tty ENXIO\r\n0 none\r\n1 none\r\n2 none\r\n(pipe|/dev/null)')
		        t.expect_ended(0)
	END
}

@test "a terminal for input and output only: bytes are relayed, lines end, nothing is lost" {
	at_terminal <<-'END'
		import hashlib
		with Terminal('urun', 'run', '-i', ROOT, 'sh', '-c', 'echo up; cat; echo "end $?"') as t:
		    t.expect('up\r\n')
		    t.type('typed\n')
		    t.expect('typed\r\n')
		    t.expect('typed\r\n')
		    t.type(b'\x04')
		    t.expect('end 0\r\n')
		    t.expect_ended(0)
		# A reader that does not read: the payload waits, and every byte comes later.
		for words in (), ('-t',):
		    with Terminal('urun', 'run', *words, ROOT, 'sh', '-c', 'seq 100000; echo the "e"nd') as t:
		        until('output', lambda: select.select([t.master], [], [], 0)[0])
		        payload = children(t.pid)[0]
		        until('blocked', lambda: state_of(payload) == 'S' and state_of(t.pid) == 'S')
		        t.expect('the end\r\n')
		        t.expect_ended(0)
		        lines = t.everything.replace(b'\r', b'').split(b'\n')
		        equal(lines[:-2], [b'%d' % n for n in range(1, 100001)])
	END
}

@test "a terminal that takes no more output holds nobody up who ends the container" {
	at_terminal <<-'END'
		for words in (), ('-t',), ('-it', '--init'):
		    with Terminal('urun', 'run', *words, ROOT, 'sh', '-c',
		                  'trap "exit 3" USR1; echo up; seq 1000000; sleep 1000') as t:
		        t.expect('up')
		        until('output', lambda: select.select([t.master], [], [], 0)[0])
		        until('a full terminal', lambda: state_of(t.pid) == 'S')
		        # The first one ends the payload, the next one the wait for the reader.
		        until('end', lambda: t.kill(signal.SIGTERM) or t.ended())
		        equal(t.status, 143)
	END
}

@test "a terminal that hangs up ends the container" {
	at_terminal <<-'END'
		for words in (), ('-i',), ('-it',), ('-t', '--init'):
		    t = Terminal('urun', 'run', *words, ROOT, 'sh', '-c', 'echo up; exec sleep 1000')
		    t.expect('up')
		    sleeper_below(t.pid)
		    t.hang_up()
		    until('end', t.ended)
		    equal(t.status, 129)
		    os.close(t.slave)
	END
}

@test "-t without a terminal outside: what is piped in is typed, and its end is ^D" {
	run -0 sh -c 'printf "one\ntwo\n" | urun run -it "$1" sh -c "stty -echo; cat; echo end \$?"' - \
		"rootfs:$ROOT"
	assert_contains $'one\r\ntwo\r\nend 0\r'
	# An end in the middle of a line needs two of them.
	run -0 timeout 60 sh -c 'printf "no newline" | urun run -it "$1" sh -c "cat >/tmp/x; wc -c </tmp/x"' - \
		"rootfs:$ROOT:O"
	assert_contains $'10\r'
	run -0 timeout 60 sh -c 'urun run -it "$1" cat </dev/null' - "rootfs:$ROOT"
	# More than a terminal takes at once; what it echoes may be cut short.
	run -0 timeout 60 sh -c 'seq 20000 | urun run -it "$1" sh -c "echo counted: \$(wc -l)"' - \
		"rootfs:$ROOT"
	assert_contains $'counted: 20000\r'
}

@test "-t with the output in a pipe" {
	run -0 sh -c 'urun run -t "$1" sh -c "urun-probe tty; echo err >&2" | cat' - "rootfs:$ROOT"
	assert_output $'/dev/tty ok\r\n0 terminal\r\n1 terminal\r\n2 terminal\r\nerr\r'
	run -3 urun run -t "rootfs:$ROOT" sh -c 'exit 3'
	run -0 sh -c 'urun run -t "$1" seq 20000 | sha256sum; seq 20000 | sed "s/\$/\r/" | sha256sum' - \
		"rootfs:$ROOT"
	[ "${lines[0]}" = "${lines[1]}" ]
}

@test "stty of the terminal, by a Debian inside" {
	need_debian
	export DEBIAN
	at_terminal <<-'END'
		with Terminal('urun', 'run', '-it', 'rootfs:' + os.environ['DEBIAN'], 'bash') as t:
		    t.expect('# ')
		    t.type('stty -a\r')
		    t.expect('rows 24; columns 80')
		    t.expect(' icanon ')
		    t.expect('# ')
		    t.type('exit\r')
		    t.expect_ended(0)
	END
}

# --- signals -------------------------------------------------------------------------------

# Numbers that can be caught and that urun has no use for itself. SIGCHLD (17) is its own.
catchable() {
	for signo in $(seq 1 64); do
		case $signo in
		9 | 17 | 19 | 32 | 33) ;;
		*) echo "$signo" ;;
		esac
	done
}

@test "every signal reaches a payload that handles it" {
	for way in --init=false --init; do
		spawn "$way" "rootfs:$ROOT" urun-probe signals
		wait_until grep -q ready "$BATS_TEST_TMPDIR/out"
		n=1
		for signo in $(catchable); do
			kill "-$signo" "$launcher"
			n=$((n + 1))
			wait_until has_lines "$BATS_TEST_TMPDIR/out" $n || {
				echo "signal $signo, $way"
				return 1
			}
			# Those that stop a job stop it only as far as somebody is stopped.
			case $signo in
			20 | 21 | 22) kill -CONT "$launcher" ;;
			esac
		done
		run -0 cat "$BATS_TEST_TMPDIR/out"
		for signo in $(catchable); do
			assert_contains "got $(printf %02d "$signo")"
		done
		kill -KILL "$launcher"
		wait "$launcher" || true
	done
}

@test "a payload without handlers ends as any program does" {
	for way in --init=false --init; do
		for signal in HUP:129 INT:130 QUIT:131 USR1:138 ALRM:142 TERM:143 KILL:137; do
			[ "$signal" != KILL:137 ] || continue
			spawn "$way" "rootfs:$ROOT" sleep 60
			kill "-${signal%:*}" "$launcher"
			status=0
			wait "$launcher" || status=$?
			assert_status "${signal#*:}"
			is_gone "$payload"
		done
	done
}

@test "a signal that comes before urun-init listens is not lost" {
	[ ! -O "$(command -v urun)" ] || skip "the caller owns urun: its sealed copy has another name"
	command -v strace >/dev/null || skip_because "no strace"
	# One id: under strace newuidmap has no rights. The last exec sleeps before it returns.
	strace -f -qq -o /dev/null -e trace=execveat -e inject=execveat:delay_exit=500000 \
		urun run --init --uidmap 0:0:1 --gidmap 0:0:1 "rootfs:$ROOT" sleep 60 3>&- &
	tracer=$!
	executed() {
		launcher=$(child_called $tracer urun)
		payload=$(children_of "$launcher")
		[ -n "$payload" ] && [ "$(cat "/proc/$payload/comm")" != urun ]
	}
	wait_until executed
	kill -TERM "$launcher"
	status=0
	wait $tracer || status=$?
	assert_status 143
}

# A payload that tells of SIGUSR1 and ends by it the second time; HUP and TERM end it.
LISTENER='trap "echo heard; trap \"exit 4\" USR1" USR1; echo up; while :; do sleep 0.02; done'

# heard: it lives, and all signals before this one have been dealt with.
expect_heard() {
	kill -USR1 "$launcher"
	wait_until grep -q heard "$BATS_TEST_TMPDIR/out"
	kill -USR1 "$launcher"
	status=0
	wait "$launcher" || status=$?
	assert_status 4
}

@test "signals that nobody has to care about do nothing" {
	for way in --init=false --init; do
		spawn "$way" "rootfs:$ROOT" sh -c "$LISTENER"
		wait_until grep -q up "$BATS_TEST_TMPDIR/out"
		for signal in CHLD URG WINCH CONT; do
			kill "-$signal" "$launcher"
		done
		expect_heard
	done
}

@test "a signal that the payload ignores is ignored" {
	spawn "rootfs:$ROOT" sh -c 'trap "" TERM; echo up; while :; do sleep 0.05; done'
	wait_until grep -q up "$BATS_TEST_TMPDIR/out"
	kill -TERM "$launcher"
	kill -USR1 "$launcher"
	status=0
	wait "$launcher" || status=$?
	assert_status 138
}

@test "SIGTSTP stops the container and its launcher, SIGCONT lets both go on" {
	for way in --init=false --init; do
		spawn "$way" "rootfs:$ROOT" sh -c 'while :; do echo tick; sleep 0.02; done'
		for signal in TSTP TTIN TTOU; do
			kill "-$signal" "$launcher"
			wait_until has_state "$launcher" T
			# With --init the command is stopped, and PID 1 sleeps.
			command=$payload
			[ "$way" = --init=false ] || command=$(children_of "$payload")
			wait_until has_state "$command" T
			kill -CONT "$launcher"
			wait_until has_state "$launcher" SR
			wait_until has_state "$command" SR
			n=$(wc -l <"$BATS_TEST_TMPDIR/out")
			wait_until has_lines "$BATS_TEST_TMPDIR/out" $((n + 2))
		done
		kill -KILL "$launcher"
		wait "$launcher" || true
	done
}

@test "a launcher that was stopped by SIGSTOP goes on" {
	spawn "rootfs:$ROOT" sh -c 'trap "echo term; exit 4" TERM; echo up; while :; do sleep 0.05; done'
	wait_until grep -q up "$BATS_TEST_TMPDIR/out"
	kill -STOP "$launcher"
	wait_until has_state "$launcher" T
	# The payload runs on, and what was sent meanwhile arrives.
	[ "$(state_of "$payload")" != T ]
	kill -TERM "$launcher"
	kill -CONT "$launcher"
	status=0
	wait "$launcher" || status=$?
	assert_status 4
	grep -q term "$BATS_TEST_TMPDIR/out"
}

@test "what nohup ignores does not end the container" {
	for way in --init=false --init; do
		urun-probe with-ignored 1 urun run "$way" "rootfs:$ROOT" sh -c "$LISTENER" \
			>"$BATS_TEST_TMPDIR/out" 3>&- &
		launcher=$!
		wait_until grep -q up "$BATS_TEST_TMPDIR/out"
		kill -HUP "$launcher"
		expect_heard
	done
	# It is ignored by the caller, and not inside.
	spawn "rootfs:$ROOT" sh -c "$LISTENER"
	wait_until grep -q up "$BATS_TEST_TMPDIR/out"
	kill -HUP "$launcher"
	status=0
	wait "$launcher" || status=$?
	assert_status 129
}

# --- init ----------------------------------------------------------------------------------

@test "--init: PID 1 is urun-init, the command is its child" {
	# shellcheck disable=SC2016 # is for the shell inside
	run -0 urun run --init "rootfs:$ROOT" sh -c 'cat /proc/1/comm; echo $PPID; [ $$ != 1 ]'
	assert_output $'urun-init\n1'
	run -0 urun run "rootfs:$ROOT" sh -c 'cat /proc/1/comm; echo $$'
	assert_output $'sh\n1'
	need_debian
	run -0 urun run --init "rootfs:$DEBIAN" cat /proc/1/comm
	assert_output urun-init
	run -0 urun run --init host: cat /proc/1/comm
	assert_output urun-init
}

@test "--init reaps processes that lose their parent" {
	run -0 urun run --init "rootfs:$ROOT" urun-probe orphans 50
	assert_output "children of PID 1: 1"
	# Without a pid namespace of its own it does so all the same.
	# shellcheck disable=SC2016 # is for the shell inside
	run -0 urun run --init --pid host "rootfs:$ROOT" sh -c '
		(sleep 0.01 & echo $! >/tmp/orphan)
		i=0
		while [ -e /proc/$(cat /tmp/orphan) ] && [ $i -lt 500 ]; do sleep 0.01; i=$((i + 1)); done
		[ ! -e /proc/$(cat /tmp/orphan) ] && echo reaped'
	assert_output reaped
}

@test "--init keeps the exit code, and what a signal's end is" {
	for code in 0 1 42 125 126 127 255; do
		run -0 with_code urun run --init "rootfs:$ROOT" sh -c "exit $code"
		assert_output "code $code"
	done
	for signal in KILL:137 SEGV:139 TERM:143; do
		run urun run --init "rootfs:$ROOT" sh -c "kill -${signal%:*} \$\$"
		assert_status "${signal#*:}"
	done
	run -127 urun run --init "rootfs:$ROOT" no-such-command
	assert_output "urun: command 'no-such-command': not found in the container's PATH"
	run -126 urun run --init "rootfs:$ROOT" /tmp
	# A script without its interpreter is found out by the last exec only.
	printf '#!/no/such/interpreter\n' >"$ROOT/tmp/script"
	chmod 755 "$ROOT/tmp/script"
	run -127 urun run --init "rootfs:$ROOT" /tmp/script
	assert_contains "urun: command '/tmp/script': "
	run -127 urun run "rootfs:$ROOT" /tmp/script
	assert_contains "urun: command '/tmp/script': "
}

@test "--init does not outlive the command, nor do others" {
	run -5 timeout 60 urun run --init "rootfs:$ROOT" sh -c 'sleep 1000 & exit 5'
	run -5 timeout 60 urun run "rootfs:$ROOT" sh -c 'sleep 1000 & exit 5'
}

# --- joining -------------------------------------------------------------------------------

@test "a container that joins another one's namespaces, however slow its birth is" {
	spawn "rootfs:$ROOT" sleep 60
	join() {
		"$@" urun run --userns "ns:/proc/$payload/ns/user" --pid "ns:/proc/$payload/ns/pid" \
			--oom-score-adj 500 "rootfs:$ROOT" sh -c 'cat /proc/1/comm /proc/self/oom_score_adj'
	}
	run -0 join
	assert_output $'sleep\n500'
	command -v strace >/dev/null || skip_because "no strace"
	# Who makes the builder sleeps before it can tell of it.
	run -0 join strace -f -qq -o /dev/null -e trace=clone3,clone \
		-e inject=clone3,clone:delay_exit=50000
	assert_output $'sleep\n500'
}

# --- time and names ------------------------------------------------------------------------

@test "--timeout kills the container" {
	before=$(date +%s%N)
	run urun run --timeout 1 "rootfs:$ROOT" sleep 60
	assert_status 137
	took=$((($(date +%s%N) - before) / 1000000))
	[ $took -ge 1000 ]
	[ $took -lt 25000 ]
	run -3 urun run --timeout 60 "rootfs:$ROOT" sh -c 'exit 3'
	run urun run --timeout 1 --init -t "rootfs:$ROOT" sh -c 'trap "" TERM; sleep 60'
	assert_status 137
	run -125 urun run --timeout soon "rootfs:$ROOT" true
	assert_contains "--timeout: 'soon': no number"
}

@test "--pidfile is there before the payload runs, and names it" {
	for way in --init=false --init; do
		run -0 urun run "$way" --pidfile "$BATS_TEST_TMPDIR/pid" -v "$BATS_TEST_TMPDIR:/d" \
			"rootfs:$ROOT" cat /d/pid
		[ "$output" = "$(cat "$BATS_TEST_TMPDIR/pid")" ]
		[[ "$output" =~ ^[1-9][0-9]*$ ]]
		rm "$BATS_TEST_TMPDIR/pid"
	done
	spawn "rootfs:$ROOT" sleep 60
	[ "$(sed -n 's/^NSpid:.*\t//p' "/proc/$payload/status")" = 1 ]
	[ "$(cat "/proc/$payload/comm")" = sleep ]
	# One of earlier is replaced; a folder that is not there is named.
	echo old >"$BATS_TEST_TMPDIR/pid"
	run -0 urun run --pidfile "$BATS_TEST_TMPDIR/pid" "rootfs:$ROOT" true
	run -0 cat "$BATS_TEST_TMPDIR/pid"
	[[ "$output" =~ ^[1-9][0-9]*$ ]]
	run -0 find "$BATS_TEST_TMPDIR" -name 'pid*tmp*'
	assert_output ""
	run -125 urun run --pidfile /no/such/folder/pid "rootfs:$ROOT" true
	assert_output "urun: pid file '/no/such/folder/pid': No such file or directory"
}

@test "--cidfile gets the container's id, once" {
	run -0 urun run --cidfile "$BATS_TEST_TMPDIR/cid" "rootfs:$ROOT" cat /run/.containerenv
	cid=$(cat "$BATS_TEST_TMPDIR/cid")
	[[ "$cid" =~ ^[0-9a-f]{64}$ ]]
	assert_contains "id=\"$cid\""
	run -125 urun run --cidfile "$BATS_TEST_TMPDIR/cid" "rootfs:$ROOT" true
	assert_output "urun: --cidfile '$BATS_TEST_TMPDIR/cid': it is there already
  It may tell the id of a container that is in use. Remove it, or choose another name"
	[ "$(cat "$BATS_TEST_TMPDIR/cid")" = "$cid" ]
}

@test "--name is taken while its container runs, and free afterwards however it ended" {
	name=box.$$
	for signal in TERM KILL; do
		for way in --init=false --init; do
			spawn "$way" --name "$name" "rootfs:$ROOT" sleep 60
			run -125 urun run --name "$name" "rootfs:$ROOT" true
			assert_contains "urun: --name '$name': a running container has this name"
			run -0 urun run --name "$name.other" "rootfs:$ROOT" grep name= /run/.containerenv
			assert_output "name=\"$name.other\""
			kill "-$signal" "$launcher"
			wait "$launcher" || true
			run -0 urun run --name "$name" "rootfs:$ROOT" true
		done
	done
	run -125 urun run --name ../up "rootfs:$ROOT" true
	assert_contains "--name: '../up': "
	without_runtime() { env -u XDG_RUNTIME_DIR urun run "$@"; }
	run -125 without_runtime --name "$name" "rootfs:$ROOT" true
	assert_contains "no XDG_RUNTIME_DIR"
	run -0 without_runtime "rootfs:$ROOT" true
}

@test "of many that want one name at once exactly one gets it" {
	mkdir "$BATS_TEST_TMPDIR/ran"
	for i in 1 2 3 4 5 6; do
		urun run --name "race.$$" -v "$BATS_TEST_TMPDIR/ran:/d" "rootfs:$ROOT" sh -c \
			"touch /d/$i; n=0
			while [ ! -e /d/go ] && [ \$n -lt 3000 ]; do sleep 0.02; n=\$((n + 1)); done" \
			>"$BATS_TEST_TMPDIR/out.$i" 2>&1 3>&- &
	done
	refused() { [ "$(grep -l 'has this name' "$BATS_TEST_TMPDIR"/out.* | wc -l)" = 5 ]; }
	wait_until refused
	touch "$BATS_TEST_TMPDIR/ran/go"
	wait
	run -0 sh -c "ls '$BATS_TEST_TMPDIR/ran' | grep -vc go"
	assert_output 1
}

# --- limits and settings -------------------------------------------------------------------

@test "--ulimit" {
	run -0 urun run --ulimit nofile=100:200 --ulimit core=0 --ulimit cpu=50 "rootfs:$ROOT" sh -c \
		'ulimit -Sn; ulimit -Hn; ulimit -Hc; ulimit -Ht'
	assert_output $'100\n200\n0\n50'
	run -0 urun run --ulimit nofile=100 --ulimit nofile=50:60 "rootfs:$ROOT" sh -c \
		'ulimit -Sn; ulimit -Hn'
	assert_output $'50\n60'
	run -0 urun run --init --ulimit nofile=70 "rootfs:$ROOT" sh -c 'ulimit -n'
	assert_output 70
	# Lower than what the set-up itself needs.
	run -0 urun run --ulimit nofile=3 --ulimit fsize=0 "rootfs:$ROOT" sh -c 'ulimit -n; ulimit -f'
	assert_output $'3\n0'
	run -0 urun run --ulimit host "rootfs:$ROOT" sh -c 'ulimit -Hn'
	assert_output "$(ulimit -Hn)"
	above() {
		ulimit -n 500
		urun run --ulimit nofile=100:501 "rootfs:$ROOT" true
	}
	run -125 above
	assert_contains "urun: RLIMIT_NOFILE soft 100 hard 501: Operation not permitted"
	run -125 urun run --ulimit nofile=9:8 "rootfs:$ROOT" true
	assert_contains "--ulimit: soft limit 9 above hard limit 8"
	run -125 urun run --ulimit files=9 "rootfs:$ROOT" true
	assert_contains "--ulimit: 'files': no such limit"
	run -125 urun run --ulimit nofile=9x "rootfs:$ROOT" true
	assert_contains "'9x': a limit is a number or -1"
}

@test "--personality" {
	[ "$(uname -m)" = x86_64 ] || skip "the name of a 32-bit machine is known for x86_64 alone"
	for option in "" --init; do
		run -0 urun run $option --personality LINUX32 "rootfs:$ROOT" uname -m
		assert_output i686
	done
	run -0 urun run --personality LINUX "rootfs:$ROOT" uname -m
	assert_output x86_64
	# The caller's own one is kept where nothing is said.
	run -0 setarch i686 urun run "rootfs:$ROOT" uname -m
	assert_output i686
	run -0 setarch i686 urun run --personality LINUX "rootfs:$ROOT" uname -m
	assert_output x86_64
}

@test "--sysctl sets what belongs to a namespace of the container" {
	run -0 urun run --sysctl net.ipv4.ip_forward=1 --sysctl net.ipv4.ip_local_port_range="2000 3000" \
		--sysctl kernel.msgmax=4096 --sysctl fs.mqueue.msg_max=20 "rootfs:$ROOT" sh -c '
		cd /proc/sys
		cat net/ipv4/ip_forward net/ipv4/ip_local_port_range kernel/msgmax fs/mqueue/msg_max'
	assert_output $'1\n2000\t3000\n4096\n20'
	[ "$(cat /proc/sys/kernel/msgmax)" != 4096 ]
	# The later one counts.
	run -0 urun run --sysctl kernel.msgmax=4096 --sysctl kernel.msgmax=5000 "rootfs:$ROOT" \
		cat /proc/sys/kernel/msgmax
	assert_output 5000
}

@test "--sysctl refuses what would change the host, or go elsewhere" {
	for key in kernel.core_pattern kernel.hostname vm.swappiness fs.file-max kernel.msgmax2 \
		kernel.shm net kernel.sem.x; do
		run -125 urun run --sysctl "$key=1" "rootfs:$ROOT" true
		assert_contains "urun: --sysctl '$key': "
	done
	run -125 urun run --sysctl net./../kernel/core_pattern=1 "rootfs:$ROOT" true
	assert_contains "names are separated by dots"
	run -125 urun run --sysctl net...kernel.core_pattern=1 "rootfs:$ROOT" true
	run -125 urun run --sysctl net.ipv4.ip_forward "rootfs:$ROOT" true
	assert_contains "expected KEY=VALUE"
	run -125 urun run --network host --sysctl net.ipv4.ip_forward=1 "rootfs:$ROOT" true
	assert_contains "the net namespace is not the container's"
	run -125 urun run --ipc host --sysctl kernel.msgmax=1 "rootfs:$ROOT" true
	assert_contains "the ipc namespace is not the container's"
	run -125 urun run --sysctl net.no.such.key=1 "rootfs:$ROOT" true
	assert_output "urun: sysctl net.no.such.key=1: No such file or directory"
	run -125 urun run --sysctl net.ipv4.ip_forward=maybe "rootfs:$ROOT" true
	assert_output "urun: sysctl net.ipv4.ip_forward=maybe: Invalid argument"
}

@test "-w" {
	run -0 urun run -w /usr/bin "rootfs:$ROOT" pwd
	assert_output /usr/bin
	run -0 urun run --workdir=/usr/../tmp/. "rootfs:$ROOT" pwd
	assert_output /tmp
	inside pwd
	assert_output /
	run -0 urun run -w /usr/bin "rootfs:$ROOT" ../../bin/pwd
	assert_output /usr/bin
	# Links lead where they lead inside.
	ln -s /usr/bin "$ROOT/tmp/absolute"
	ln -s ../../../../../../../../usr/bin "$ROOT/tmp/relative"
	for link in absolute relative; do
		run -0 urun run -w "/tmp/$link" "rootfs:$ROOT" pwd -P
		assert_output /usr/bin
	done
	run -126 urun run -w /none "rootfs:$ROOT" true
	assert_contains "urun: working folder '/none': No such file or directory"
	[ ! -e "$ROOT/none" ]
	run -126 urun run -w /bin/busybox "rootfs:$ROOT" true
	assert_contains "urun: working folder '/bin/busybox': Not a directory"
	run -126 urun run -u 1000 -w /root "rootfs:$ROOT:O" true
	# By the payload's own rights.
	mkdir -m 700 "$ROOT/tmp/closed"
	run -126 urun run -u 1000 -w /tmp/closed "rootfs:$ROOT" true
	assert_contains "urun: working folder '/tmp/closed': Permission denied"
}

@test "--entrypoint: a word, a list, none" {
	run -0 urun run --entrypoint echo "rootfs:$ROOT" one two
	assert_output "one two"
	run -0 urun run --entrypoint '["echo", "a b", "c"]' "rootfs:$ROOT" d
	assert_output "a b c d"
	run -0 urun run --entrypoint /bin/pwd "rootfs:$ROOT"
	assert_output /
	run -0 urun run --entrypoint "" "rootfs:$ROOT" echo three
	assert_output three
	# A word is a name, not a line.
	run -127 urun run --entrypoint "echo one" "rootfs:$ROOT"
	assert_output "urun: command 'echo one': not found in the container's PATH
  It is one word with spaces in it: several words are a command and what it is told,
  sh -c '...' runs a line"
	for bad in '["echo"' '[1]' '[["echo"]]' '["a", null]'; do
		run -125 urun run --entrypoint "$bad" "rootfs:$ROOT" true
		assert_contains "--entrypoint"
	done
	run -125 urun run "rootfs:$ROOT"
}

@test "-e sets, copies and takes by prefix; the later one counts" {
	export PT_ONE=1 PT_TWO="two words" PTX=x
	run -0 urun run --unsetenv-all -e A=1 -e B= -e PT_TWO -e NOT_SET_AT_ALL -e A=2 \
		-e "C=d=e" "rootfs:$ROOT" env
	assert_output $'A=2\nB=\nPT_TWO=two words\nC=d=e\nHOME=/\nHOSTNAME='"${lines[-1]#HOSTNAME=}"
	run -0 urun run --unsetenv-all -e 'PT_*' --hostname h "rootfs:$ROOT" sh -c 'env | sort'
	assert_contains $'PT_ONE=1\nPT_TWO=two words'
	refute_contains PTX
	run -0 urun run -e PATH=/bin -e HOME=/h -e HOSTNAME=n -e container=c "rootfs:$ROOT" env
	assert_output $'PATH=/bin\ncontainer=c\nHOME=/h\nHOSTNAME=n'
	for bad in "" "=x"; do
		run -125 urun run -e "$bad" "rootfs:$ROOT" true
		assert_contains "expected NAME[=VALUE]"
	done
	# Bytes are bytes.
	run -0 urun run -e A=$'l1\nl2\t\377' "rootfs:$ROOT" sh -c 'printf %s "$A" | od -An -tx1'
	assert_output " 6c 31 0a 6c 32 09 ff"
}

@test "-e NAME copies the variable of exactly that name" {
	export PT=short PT_LONG=long
	run -0 urun run --unsetenv-all -e PT --hostname h "rootfs:$ROOT" env
	assert_output $'PT=short\nHOME=/\nHOSTNAME=h'
	run -0 urun run --unsetenv-all -e '*' --hostname h "rootfs:$ROOT" sh -c 'env | grep -c ^PT'
	assert_output 2
}

@test "--env-file" {
	export PT_ONE=1 PT_TWO=2
	printf '%s\n' '# a comment' '' 'A=1' '  B=two words ' 'C=#no comment' 'PT_ONE' 'D=""' \
		'NOT_SET_AT_ALL' 'A=3' >"$BATS_TEST_TMPDIR/env"
	printf 'E=crlf\r\nF=no newline' >>"$BATS_TEST_TMPDIR/env"
	run -0 urun run --unsetenv-all --env-file "$BATS_TEST_TMPDIR/env" --hostname h "rootfs:$ROOT" env
	assert_output "$(printf '%s\n' A=3 'B=two words ' 'C=#no comment' PT_ONE=1 'D=""' E=crlf \
		'F=no newline' HOME=/ HOSTNAME=h)"
	run -125 urun run --env-file "$BATS_TEST_TMPDIR/none" "rootfs:$ROOT" true
	assert_contains "$BATS_TEST_TMPDIR/none"
	echo =x >"$BATS_TEST_TMPDIR/bad"
	run -125 urun run --env-file "$BATS_TEST_TMPDIR/bad" "rootfs:$ROOT" true
	assert_contains "line '=x' has no name"
}

@test "--unsetenv and --unsetenv-all" {
	run -0 urun run --unsetenv container --hostname h "rootfs:$ROOT" env
	assert_output "$(printf '%s\n' \
		PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/ HOSTNAME=h)"
	run -0 urun run --unsetenv PATH --unsetenv container --hostname h "rootfs:$ROOT" env
	assert_output $'HOME=/\nHOSTNAME=h'
	run -0 urun run --unsetenv PAT -e A=1 --unsetenv A --unsetenv container --hostname h \
		"rootfs:$ROOT" env
	assert_contains "PATH="
	assert_contains "A=1"
	run -0 urun run --unsetenv-all --hostname h "rootfs:$ROOT" env
	assert_output $'HOME=/\nHOSTNAME=h'
}

@test "HOME is the user's of the root folder" {
	need_debian
	run -0 urun run "rootfs:$DEBIAN" sh -c 'echo $HOME'
	assert_output /root
	run -0 urun run -u www-data "rootfs:$DEBIAN" sh -c 'echo $HOME'
	assert_output /var/www
	run -0 urun run -t -e TERM=vt52 "rootfs:$ROOT" sh -c 'echo $TERM'
	assert_output $'vt52\r'
}

@test "PID 1 shows the environment of the payload, and no other" {
	export LEAK=secret
	for way in --init=false --init; do
		run -0 urun run "$way" -e A=1 "rootfs:$ROOT" sh -c 'cat /proc/self/environ | tr "\000" "\n"'
		assert_contains A=1
		refute_contains secret
	done
	run -0 urun run "rootfs:$ROOT" sh -c 'cat /proc/1/environ | tr "\000" "\n"'
	refute_contains secret
}

@test "--oom-score-adj" {
	run -0 urun run --oom-score-adj 700 "rootfs:$ROOT" cat /proc/self/oom_score_adj
	assert_output 700
	run -0 urun run --init --oom-score-adj 1000 "rootfs:$ROOT" cat /proc/self/oom_score_adj
	assert_output 1000
	inside cat /proc/self/oom_score_adj
	assert_output "$(cat /proc/self/oom_score_adj)"
	run -125 urun run --oom-score-adj=-1000 "rootfs:$ROOT" true
	assert_contains "urun: set the OOM score to -1000: Permission denied"
	run -125 urun run --oom-score-adj 1001 "rootfs:$ROOT" true
	assert_contains "a number from -1000 to 1000"
}

@test "--group-add" {
	need_debian
	run -0 urun run -u www-data --group-add audio --group-add 12 "rootfs:$DEBIAN" id
	assert_output "uid=33(www-data) gid=33(www-data) groups=33(www-data),12(man),29(audio)"
	run -0 urun run --group-add 5 --group-add 5 "rootfs:$DEBIAN" id -G
	assert_output "0 5"
	run -125 urun run --group-add nobodys "rootfs:$DEBIAN" true
	assert_contains "nobodys"
	run -125 urun run --group-add 99999999 "rootfs:$DEBIAN" true
	assert_contains "is not mapped into the container"
	run -0 urun run --group-add keep-groups "rootfs:$DEBIAN" id -u
	assert_output 0
	run -125 urun run --group-add keep-groups --group-add 5 "rootfs:$DEBIAN" true
	assert_contains "goes with no other group"
}
