#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# sandbox.bats - urun sandbox: what is seen, granted and denied, from inside and from outside

load lib

export BATS_TEST_TIMEOUT=60

setup() {
	T=$BATS_TEST_TMPDIR
	mkdir "$T/home" "$T/proj"
	export HOME=$T/home XDG_CONFIG_HOME=$T/config
	cd "$T/proj"
	MARK=sandbox-$$-$BATS_TEST_NUMBER
}

teardown() {
	local left
	left=$(pgrep -f "$MARK" || :)
	# shellcheck disable=SC2086 # several
	[ -z "$left" ] || kill -9 $left
	[ -z "$left" ]
}

sandbox() { urun sandbox "$@"; }

# policy NAME: the user's own, from standard input
policy() {
	mkdir -p "$XDG_CONFIG_HOME/urun/policy"
	cat >"$XDG_CONFIG_HOME/urun/policy/$1"
}

# What is on the host below the test's folder: nothing of a sandbox is to be left there.
tree() { (cd "$T" && find . -printf '%y %m %p %l\n' | sort); }

@test "who it is: the caller, without capabilities or new privileges, filtered" {
	run -0 sandbox grep -E '^(Uid|Gid|Cap...|NoNewPrivs|Seccomp):' /proc/self/status
	assert_output "$(printf '%s:\t%s\t%s\t%s\t%s\n' Uid "$(id -u)" "$(id -u)" "$(id -u)" "$(id -u)" Gid "$(id -g)" "$(id -g)" "$(id -g)" "$(id -g)"
		printf 'Cap%s:\t0000000000000000\n' Inh Prm Eff Bnd Amb
		printf 'NoNewPrivs:\t1\nSeccomp:\t2\n')"
	run -0 sandbox cat /proc/self/uid_map
	[ "$(tr -s ' ' <<<"$output")" = " $(id -u) 0 1" ]
	run -1 sandbox unshare --user true
	run -1 sandbox python3 -c 'import fcntl, os, pty
m, s = pty.openpty()
fcntl.ioctl(s, 0x5412, b"x")'
	assert_contains "PermissionError"
}

@test "namespaces: all are its own, the clocks' is not" {
	kinds() { for kind in cgroup ipc mnt net pid user uts time; do
		[ "$(sandbox "$@" readlink "/proc/self/ns/$kind")" = "$(readlink "/proc/self/ns/$kind")" ] || printf '%s ' $kind
	done; }
	run -0 kinds
	assert_output "cgroup ipc mnt net pid user uts "
	run -0 kinds --network=host
	assert_output "cgroup ipc mnt pid user uts "
	run -0 sandbox uname -n
	assert_output "$(uname -n)"
	run -0 sandbox ip -br addr
	[[ $output == lo* && ${#lines[@]} = 1 ]]
}

@test "the tree is the host's, and nothing of it can be written" {
	run -0 sandbox sh -c 'cat /etc/os-release; readlink /bin; stat -c %i /usr/bin/env'
	assert_output "$(cat /etc/os-release; readlink /bin; stat -c %i /usr/bin/env)"
	run -0 sandbox python3 -c 'import os
for path in "/", "/usr", "/etc", "/var", "/opt", "/home", "/srv":
    if os.path.isdir(path) and not os.statvfs(path).f_flag & os.ST_RDONLY:
        print(path)'
	assert_output ""
	run -0 sandbox sh -c 'grep -v " ro[, ]" /proc/self/mounts | cut -d" " -f2 | grep -v -e ^/proc/ -e ^/dev/ | sort'
	assert_output "$(printf '%s\n' /dev "$(getent passwd "$(id -un)" | cut -d: -f6)" "$HOME" /proc /run /tmp /var/tmp | sort)"
}

@test "home, /tmp, /var/tmp and /run are empty, can be written, and go with it" {
	echo secret >"$HOME/key"
	before=$(tree)
	run -0 sandbox sh -c 'ls -A ~ /tmp; ls -A /var/tmp | grep -v ^urun-stage; touch ~/a /tmp/a /var/tmp/a /run/a; stat -c "%a %U" ~ /tmp $XDG_RUNTIME_DIR'
	assert_output "/tmp:

$HOME:
$(cut -d/ -f4 <<<"$T")
700 $(id -un)
1777 $(id -un)
700 $(id -un)"
	[ "$(tree)" = "$before" ]
	run -0 sandbox find /run -not -path '/run/user*'
	assert_output "/run"
	# A home behind a link is hidden by both of its names.
	ln -s "$HOME" "$T/linked"
	HOME=$T/linked run -0 sandbox sh -c 'cd && ls -A'
	assert_output ""
}

@test "environment: what the policy names, and what is granted" {
	export LC_TIME=C KEY=secret OTHER=1 TERM=dumb
	run -0 sandbox env
	refute_contains secret
	assert_contains "PATH=$PATH"
	assert_contains "LC_TIME=C"
	assert_contains "TERM=dumb"
	assert_contains "XDG_RUNTIME_DIR=$XDG_RUNTIME_DIR"
	XDG_RUNTIME_DIR=/usr/share run -0 sandbox sh -c 'echo $XDG_RUNTIME_DIR; ls -A $XDG_RUNTIME_DIR'
	assert_output "/run/user/$(id -u)"
	run -0 sandbox --env KEY -e OTHER=2 -e 'LC_*' sh -c 'echo $KEY $OTHER $LC_TIME'
	assert_output "secret 2 C"
	printf '# none\nFROM=file\nOTHER=3\n' >file
	run -0 sandbox --env-file file -e OTHER=2 sh -c 'echo $FROM $OTHER'
	assert_output "file 2"
	policy env <<<'env FROM=policy'
	run -0 sandbox --policy env --env-file file sh -c 'echo $FROM $OTHER'
	assert_output "file 3"
	run -125 sandbox -e '' true
	assert_contains "expected NAME[=VALUE]"
}

@test "the working folder: the current one where it is seen, else home, else the root" {
	run -0 sandbox pwd
	assert_output "$HOME"
	cd /usr/share
	run -0 sandbox pwd
	assert_output "/usr/share"
	HOME= run -0 sandbox pwd
	assert_output "/usr/share"
	cd "$T"
	HOME=/nonexistent run -0 sandbox pwd
	assert_output "/"
	run -0 sandbox --workdir /etc pwd
	assert_output "/etc"
	run -126 sandbox -w /nonexistent pwd
	assert_contains "/nonexistent"
	mkdir gone && cd gone && rmdir "$T/gone"
	run -0 sandbox pwd
	assert_output "$HOME"
	run -125 sandbox --here pwd
	assert_output "urun: --here: the current folder is gone
  Change to one that is there"
	run -125 sandbox --read x true
	assert_output "urun: --read 'x': the current folder has no path here
  Change to a folder that is there, or give absolute paths"
}

@test "--here: the current folder can be written, and nothing beside it is seen" {
	echo other >../beside
	run -0 sandbox --here sh -c 'pwd; echo made >made; ls -A ..'
	assert_output "$PWD
home
proj"
	[ "$(cat made)" = made ]
	[ "$(stat -c %u made)" = "$(id -u)" ]
	cd /usr
	run -0 sandbox --here sh -c 'touch x 2>&1; pwd'
	assert_contains /usr
	cd /
	run -125 sandbox --here true
	assert_output "urun: --here '/': all of the host's tree
  It is there already, to be read. Name folders in it"
}

@test "--read and --write: files and folders, below what is hidden and elsewhere" {
	mkdir -p "$HOME/r/sub" "$HOME/w"
	echo read >"$HOME/r/sub/file"
	echo file >"$HOME/single"
	echo hidden >"$HOME/hidden"
	run -0 sandbox --read "$HOME/r" --write "$HOME/w" --write "$HOME/single" sh -c '
		cat ~/r/sub/file; touch ~/r/new 2>/dev/null || echo refused
		echo written >~/w/new; echo changed >~/single; ls ~'
	assert_output "read
refused
r
single
w"
	[ "$(cat "$HOME/w/new")" = written ]
	[ "$(cat "$HOME/single")" = changed ]
	[ ! -e "$HOME/r/new" ]
	# By paths from here, and with "..".
	run -0 sandbox --read ../home/r cat "$HOME/r/sub/file"
	assert_output read
	# What can be seen anyway, to be read.
	run -0 sandbox --read /usr/share true
	# The home itself.
	run -0 sandbox --read ~ cat "$HOME/hidden"
	assert_output hidden
}

@test "within one another the longer path counts, and of one path the last" {
	mkdir -p a/b/c
	run -0 sandbox --write a --read a/b --write a/b/c sh -c "cd $PWD/a; touch 1; touch b/2 2>/dev/null || echo refused; touch b/c/3"
	assert_output refused
	[ -e a/1 ]
	[ -e a/b/c/3 ]
	run -0 sandbox --write a/b/c --read a/b --write a sh -c "cd $PWD/a; touch 4; touch b/2 2>/dev/null || echo refused; touch b/c/5"
	assert_output refused
	run -0 sandbox --write a --read a sh -c "touch $PWD/a/6 2>/dev/null || echo refused"
	assert_output refused
	run -0 sandbox --read a --write a touch "$PWD/a/6"
}

@test "a name by a link leads to the same inside" {
	ln -s "$PWD" "$HOME/link"
	echo text >file
	run -0 sandbox --read "$HOME/link" sh -c 'readlink ~/link; cat ~/link/file'
	assert_output "$PWD
text"
	run -0 sandbox --read "$HOME/link/file" sh -c 'cat ~/link/file; ls "'"$PWD"'"'
	assert_output "text
file"
	# Behind a link ".." is another folder than it seems.
	run -125 sandbox --read "$HOME/link/../beside" true
	assert_contains "there is no such file or folder"
	echo beside >../beside
	run -0 sandbox --read "$HOME/link/../beside" cat "$T/beside"
	assert_output beside
	ln -s "$HOME/round" "$HOME/round"
	run -125 sandbox --read "$HOME/round" true
	assert_output "urun: --read '$HOME/round': Too many levels of symbolic links"
}

@test "what is not there: an error with the mend, or nothing with -try; no stub is made" {
	before=$(tree)
	for option in read write device; do
		run -125 sandbox --$option "$T/none/x" true
		assert_output "urun: --$option '$T/none/x': there is no such file or folder
  Make it first, or use the option $option-try, which goes on without"
		run -0 sandbox --$option-try "$T/none/x" ls "$T"
		assert_output home
	done
	[ "$(tree)" = "$before" ]
	run -125 sandbox --read '' true
	assert_output "urun: --read '': no path
  Give one"
	run -125 sandbox --read / true
	assert_contains "all of the host's tree"
	for path in /proc /sys/kernel /dev/shm; do
		run -125 sandbox --write $path true
		assert_contains "the sandbox has a folder of its own there"
	done
}

@test "--deny: files and folders, within what is granted and without, also what is seen by all" {
	mkdir -p secret/in
	echo key >secret/key
	echo key >file
	before=$(tree)
	run -0 sandbox --here --deny secret --deny "$PWD/file" sh -c 'ls -A secret; cat file; ls secret/in 2>/dev/null || echo gone'
	assert_output gone
	run -0 sandbox --deny /etc/passwd --deny /usr/share sh -c 'cat /etc/passwd; ls /usr/share'
	assert_output ""
	run -0 sandbox --deny /proc/meminfo cat /proc/meminfo
	assert_output ""
	[ "$(tree)" = "$before" ]
	run -125 sandbox --deny secret --read secret/in true
	assert_output "urun: --read 'secret/in': it is denied by --deny 'secret'
  What is denied stays so, whatever is granted in it: leave one of them out"
	# By its other name, too, but where that name can be another's in a moment.
	ln -s "$PWD/secret" "$HOME/alias"
	run -0 sandbox --here --deny "$HOME/alias" ls -A secret
	assert_output ""
	ln -s secret alias
	run -125 sandbox --here --deny alias true
	assert_output "urun: --deny 'alias': '$PWD/alias' is a link in '$PWD', which the command may write
  If that is meant, name what it leads to: '$PWD/secret'"
	# One in another, in any order; and one in what is hidden anyway.
	mkdir -p "$HOME/.ssh"
	run -0 sandbox --here --deny secret --deny secret/in --deny "$HOME/.ssh" ls -A secret
	assert_output ""
	run -0 sandbox --here --deny secret/in --deny secret --deny "$XDG_RUNTIME_DIR" ls -A secret
	assert_output ""
	# Where the caller does not come in, nothing is to be hidden, or shown.
	mkdir -p closed/in
	chmod 0 closed
	run -0 sandbox --deny "$PWD/closed/in/x" --read-try "$PWD/closed/in" true
	run -125 sandbox --read "$PWD/closed/in" true
	assert_output "urun: --read '$PWD/closed/in': Permission denied"
	run -125 sandbox --here --deny closed/in/x true
	assert_contains "the command could make it"
	chmod 700 closed
	run -125 sandbox --deny / true
	assert_contains "without the host's tree there is no command"
	run -125 sandbox --deny /proc/self/cwd/secret true
	assert_contains "what processes have there cannot be hidden"
}

@test "--deny what is not there: refused where the command could make it, nothing on the host" {
	before=$(tree)
	run -125 sandbox --here --deny hooks/new true
	assert_output "urun: --deny 'hooks/new': it is not there, and the command could make it: '$PWD' may be written
  Make it first, then it is hidden; or use the option deny-try, which goes on without"
	run -0 sandbox --here --deny-try hooks/new true
	ln -s hooks dangling
	run -125 sandbox --here --deny dangling/new true
	assert_contains "the command could make it"
	rm dangling
	run -0 sandbox --deny hooks/new --deny /nonexistent/x true
	run -0 sandbox --read "$PWD" --deny hooks/new ls "$PWD"
	assert_output ""
	[ "$(tree)" = "$before" ]
}

@test "what is protected in a folder that can be written cannot be moved out of the way" {
	mkdir -p .git/hooks vendor/deep/er
	echo '#!/bin/sh' >.git/hooks/pre-commit
	echo key >vendor/deep/key
	run -0 sandbox --here --read .git/hooks --deny vendor/deep/key sh -c '
		for path in .git .git/hooks vendor vendor/deep vendor/deep/key; do
			mv $path $path.moved 2>/dev/null && echo "moved $path"
			rmdir $path 2>/dev/null && echo "removed $path"
		done
		echo x 2>/dev/null >.git/hooks/pre-commit; touch .git/config vendor/deep/er/ok; cat vendor/deep/key'
	assert_output ""
	[ -e .git/config ]
	[ ! -s vendor/deep/er/ok ]
	[ "$(cat .git/hooks/pre-commit)" = '#!/bin/sh' ]
	[ "$(cat vendor/deep/key)" = key ]
	# Below what is only read, nothing becomes writable by that.
	mkdir -p ro/in/deny
	run -0 sandbox --here --read ro --deny ro/in/deny sh -c 'touch ro/x ro/in/x 2>/dev/null || echo refused'
	assert_output refused
}

@test "links where the command may write, or may have written, are named by what they lead to" {
	mkdir -p "$HOME/keys" real
	echo key >"$HOME/keys/key"
	ln -s "$HOME/keys" data
	ln -s real in
	run -125 sandbox --here --read data true
	assert_output "urun: --read 'data': '$PWD/data' is a link in '$PWD', which the command may write
  If that is meant, name what it leads to: '$HOME/keys'"
	run -125 sandbox --here --write data/key true
	assert_contains "name what it leads to: '$HOME/keys/key'"
	run -125 sandbox --here --read in true
	assert_contains "name what it leads to: '$PWD/real'"
	run -0 sandbox --here --read "$HOME/keys" cat data/key
	assert_output key
	# This time only a part can be written: the link is of an earlier one.
	run -125 sandbox --read . --write data true
	assert_output "urun: --write 'data': '$PWD/data' is a link that leads out of the current folder
  If that is meant, name what it leads to: '$HOME/keys'"
	run -0 sandbox --read . --write in touch real/x
	# By a link that is the user's, to one that is not.
	ln -s "$PWD/data" "$HOME/current"
	run -125 sandbox --here --write "$HOME/current" true
	assert_contains "'$PWD/data' is a link in '$PWD'"
	# What is protected by a name that could be exchanged.
	mkdir -p gitdir/hooks
	ln -s gitdir .git
	run -125 sandbox --here --read .git/hooks true
	assert_contains "name what it leads to: '$PWD/gitdir/hooks'"
}

@test "--device: one, and a folder of them" {
	run -1 sandbox test -e /dev/fuse
	run -0 sandbox --device /dev/fuse sh -c 'exec 3<>/dev/fuse; stat -c "%t:%T" /dev/fuse'
	assert_output "$(stat -c %t:%T /dev/fuse)"
	run -0 sandbox --device /dev/net sh -c 'exec 3<>/dev/net/tun; ls /dev/net'
	assert_output tun
	echo x >file
	run -125 sandbox --device file true
	assert_output "urun: --device 'file': it is no device
  --read or --write grants files"
	run -125 sandbox --device "$PWD" true
	assert_output "urun: --device '$PWD': a folder of devices is one in /dev
  --read or --write grants others"
}

@test "a runtime folder in what is granted is the host's, and nothing is made there" {
	mkdir -p run/kept/d
	for path in "$PWD/new/x" "$PWD/run"; do
		XDG_RUNTIME_DIR=$path run -0 sandbox --here --read run/kept/d sh -c 'echo "$XDG_RUNTIME_DIR"; mv run/kept run/k2 2>/dev/null && echo moved; mv run run2 2>/dev/null && echo moved; true'
		assert_output "$path"
	done
	[ ! -e new ]
}

@test "--network: a connection, by which program, and how it is refused" {
	command -v slirp4netns >/dev/null || skip_because "no slirp4netns"
	[ -w /dev/net/tun ] || skip_because "no /dev/net/tun"
	for mode in --network --network=auto --network=slirp4netns; do
		run -0 sandbox $mode sh -c 'ip -br route show default | wc -l; id -u'
		assert_output "1
$(id -u)"
	done
	if command -v pasta >/dev/null; then
		run -0 sandbox --network=pasta sh -c 'ip -br route show default | wc -l; id -u'
		assert_output "1
$(id -u)"
	fi
	run -0 sandbox --network=false ip -br route
	assert_output ""
	for mode in nonsense container:x ns:/proc/self/ns/net; do
		run -125 sandbox --network=$mode true
		assert_output "urun: --network: '$mode': no such network for a sandbox
  --network alone, or =slirp4netns, =pasta, =host or =none; 'urun run host:' joins networks of others"
	done
	run -125 sandbox --publish 8000:80 true
	assert_contains "Connect it, by --network"
	run -127 sandbox --network nonexistent-command
	assert_contains "command 'nonexistent-command': not found"
}

@test "the host's sockets are not reached, neither by path nor by name" {
	python3 -c 'import socket, time
a = socket.socket(socket.AF_UNIX); a.bind("'"$T/sock"'"); a.listen()
b = socket.socket(socket.AF_UNIX); b.bind("\0'"$MARK-abstract"'"); b.listen()
c = socket.socket(); c.bind(("127.0.0.1", 0)); c.listen()
open("'"$T/port"'", "w").write(str(c.getsockname()[1]) + "\n")
time.sleep(30)' "$MARK" 3>&- &
	server=$!
	wait_until grep -q . "$T/port"
	cat >try.py <<-END
		import socket
		for where in "$T/sock", "\\0$MARK-abstract", ("127.0.0.1", $(cat "$T/port")):
		    s = socket.socket(socket.AF_INET if isinstance(where, tuple) else socket.AF_UNIX)
		    try:
		        s.connect(where)
		        print("reached")
		    except OSError as e:
		        print(e.strerror)
	END
	run -0 python3 try.py
	assert_output $'reached\nreached\nreached'
	run -0 sandbox --read try.py python3 "$PWD/try.py"
	assert_output $'No such file or directory\nConnection refused\nConnection refused'
	run -0 sandbox --read try.py --read "$T/sock" python3 "$PWD/try.py"
	assert_output $'reached\nConnection refused\nConnection refused'
	kill $server
	wait $server || :
}

@test "the command: its exit code, its end by a signal, what is not found, the shell without one" {
	run -7 sandbox sh -c 'exit 7'
	run -137 sandbox sh -c 'kill -9 $$'
	run -127 sandbox nonexistent-command
	assert_output "urun: command 'nonexistent-command': not found in the container's PATH"
	printf '#!/bin/sh\n' >own-script
	chmod +x own-script
	run -127 sandbox ./own-script
	assert_contains "'./own-script' is hidden in the sandbox: --read shows it, --here the current folder"
	PATH=$PWD:$PATH run -127 sandbox own-script
	assert_contains "'$PWD/own-script' is hidden in the sandbox"
	SHELL=/nonexistent run -127 sandbox
	assert_contains "SHELL names it: give a command, or set SHELL"
	run -125 sandbox true <.
	assert_output "urun: standard input is a folder: the host's tree would be open by it
  --read grants a folder"
	run -126 sandbox /etc/passwd
	assert_contains "command '/etc/passwd': Permission denied"
	SHELL=/bin/sh run -0 sandbox <<<'echo from the shell; echo $0'
	assert_output $'from the shell\n/bin/sh'
	run -0 sandbox -- echo --read
	assert_output --read
	run -0 sandbox cat <<<text
	assert_output text
	run -125 sandbox --nonsense true
	assert_contains "unknown flag: --nonsense"
	run -0 sandbox --help
	assert_contains "Usage: urun sandbox [OPTIONS] [--] [COMMAND [ARG...]]"
}

@test "descriptors: the standard streams, and those that are passed on" {
	run -0 sandbox ls /proc/self/fd 5<"$T/proj" 3>&-
	assert_output $'0\n1\n2\n3'
	echo text >file
	run -0 sandbox --preserve-fds 2 sh -c 'cat <&4' 3</dev/null 4<file
	assert_output text
	run -125 sandbox --preserve-fds 9 true 3>&-
	assert_contains "descriptor"
	for closed in '<&-' '>&-' '2>&-' '<&- >&- 2>&-'; do
		run -3 sh -c "urun sandbox sh -c 'exit 3' $closed"
	done
}

@test "signals reach the command, and nothing is left by it, by kill -9, or at a timeout" {
	urun sandbox sh -c 'trap "echo got; exit 9" TERM; touch '"$PWD"'/up 2>/dev/null; echo up; while :; do sleep 0.1; done' >out 3>&- &
	launcher=$!
	wait_until grep -q up out
	kill -TERM $launcher
	code=0
	wait $launcher || code=$?
	[ $code = 9 ]
	[ "$(cat out)" = $'up\ngot' ]
	run -0 sandbox sh -c "sleep 1000 $MARK 2>/dev/null & echo up"
	assert_output up
	[ -z "$(pgrep -f "$MARK")" ]
	urun sandbox sh -c "exec 2>/dev/null; echo up; python3 -c 'import time; time.sleep(1000)' $MARK" >out 3>&- &
	launcher=$!
	wait_until grep -q up out
	kill -KILL $launcher
	wait $launcher || :
	wait_until test -z "$(pgrep -f "$MARK")"
	launcher=
	run -137 sandbox --timeout 1 sleep 1000
}

@test "a terminal is the caller's, and has a name inside" {
	run -0 script -qec "urun sandbox sh -c 'tty; test -t 0 && test -t 1 && echo yes'" /dev/null </dev/null
	[ "$(tr -d '\r' <<<"$output")" = $'/dev/console\nyes' ]
	# Nobody can type into it.
	run -0 script -qec "urun sandbox python3 -c 'import fcntl
for how in 0x5412, 0x541c, 1 << 32 | 0x5412:
    try:
        fcntl.ioctl(0, how & 0xffffffff, b\"x\")
        print(\"typed\")
    except PermissionError:
        print(\"refused\")'" /dev/null </dev/null
	[ "$(tr -d '\r' <<<"$output" | sort -u)" = refused ]
}

@test "a shell in it that stops itself gives the terminal back, and fg goes on" {
	export PYTHONPATH=$URUN_STAGE/tests/system PYTHONDONTWRITEBYTECODE=1
	timeout 50 python3 - <<-'END'
		from terminal import *
		with Shell() as t:
		    t.start("urun sandbox -e PS1='in:' bash --norc --noprofile -i")
		    t.expect('in:')
		    for again in range(2):
		        t.type('suspend\n')
		        t.prompt()
		        assert 'Stopped' in t.do('jobs')
		        t.start('fg')
		        t.expect('in:')
		        t.type('echo $((40 + 2))\n')
		        t.expect('42\r\n(?s:.*)in:')
		    # Jobs inside are the shell's inside.
		    t.type('sleep 100\n')
		    time.sleep(0.5)
		    t.type('\x1a')
		    t.expect('Stopped(?s:.*)in:')
		    # Stopped from outside, and gone on with by whoever did it.
		    t.type('kill -STOP $$\n')
		    t.prompt()
		    t.start('fg')
		    t.type('exit 5\nexit 5\n')
		    t.prompt()
		    equal(t.do('echo code $?').strip(), 'code 5')
	END
}

@test "a policy: lines are options, ~ and variables are replaced, -try goes without" {
	mkdir -p "$HOME/data" "$T/with space"
	echo text >"$HOME/data/file"
	echo text >"$T/with space/file"
	export WHERE=$T EMPTY=
	policy mine <<-'END'
		# comment
		include sandbox

		   read   ~/data
		read ${WHERE}/with space
		read-try ${UNSET}/x
		read-try ${EMPTY}/x
		read-try ~/none
		env FROM=policy
		env COST=$5
		ulimit nofile=77
	END
	run -0 sandbox --policy mine sh -c 'cat ~/data/file "$0"; echo $FROM; ulimit -n; env | grep -c ^PATH=; echo "$COST"' "$T/with space/file"
	assert_output $'text\ntext\npolicy\n77\n1\n$5'
	# The command line goes over it, wherever it names the policy.
	run -0 sandbox -e FROM=line --ulimit nofile=66 --policy mine sh -c 'echo $FROM; ulimit -n'
	assert_output $'line\n66'
	# By a path, and several.
	echo "env A=1" >a
	echo "env B=2" >b
	run -0 sandbox --policy ./a --policy "$PWD/b" --policy sandbox sh -c 'echo $A $B'
	assert_output "1 2"
}

@test "a policy of a name that is built in includes what it stands for; a circle is refused" {
	policy sandbox <<<$'include sandbox\nenv OWN=1'
	export LANG=C.UTF-8
	run -0 sandbox sh -c 'echo $OWN $LANG'
	assert_output "1 C.UTF-8"
	policy a <<<'include b'
	policy b <<<'include a'
	run -125 sandbox --policy a true
	assert_contains "there is none of that name"
	policy c <<<"include $XDG_CONFIG_HOME/urun/policy/c"
	run -125 sandbox --policy c true
	assert_contains "policies include one another, more than 8 deep"
}

@test "a policy that cannot be read: where, what and why" {
	bad() {
		policy bad
		run -125 sandbox --policy bad true
		assert_output "urun: $1"
	}
	F=$XDG_CONFIG_HOME/urun/policy/bad
	bad "policy '$F', line 2: nonsense: 'nonsense': no such option
  They are the long names of 'urun sandbox --help', without dashes" <<<$'# x\nnonsense'
	bad "policy '$F', line 1: env-file: 'x': in a policy, a path is absolute, or begins with ~/" <<<'env-file x'
	bad "policy '$F', line 1: security-opt: 'seccomp=x': in a policy, a path is absolute, or begins with ~/" <<<'security-opt seccomp=x'
	bad "policy '$F', line 1: read: 'read': it needs a value: PATH" <<<read
	bad "policy '$F', line 1: read: 'data': in a policy, a path is absolute, or begins with ~/" <<<'read data'
	bad "policy '$F', line 1: the variable 'UNSET' is not set" <<<'read ${UNSET}'
	bad "policy '$F', line 1: '\${' without a name and '}'" <<<'env A=${B'
	bad "policy '$F', line 1: here: it is for the command line, not for policies" <<<here
	bad "policy '$F', line 1: policy: it is for the command line, not for policies" <<<'policy x'
	bad "policy '$F', line 1: include: which policy?" <<<include
	bad "policy '$F', line 1: include: a name, or an absolute path" <<<'include ./x'
	bad "policy '$F': it is no text" < <(printf 'env\0A=1')
	bad "policy '$F', line 1: memory: 'x': a size is a number with b, k, m or g, or -1" <<<'memory x'
	bad "policy '$F', line 1: read '/nonexistent': there is no such file or folder
  Make it first, or use the option read-try, which goes on without" <<<'read /nonexistent'
	bad "policy '$F': it is larger than 64 KiB" < <(head -c 70000 /dev/zero | tr '\0' '#')
	for name in '' .. .x -x 'a b' 'a\nb'; do
		run -125 sandbox --policy="$name" true
		assert_contains "a name is of letters, digits, '_', '.' and '-', and begins with none of the last two"
	done
	run -125 sandbox --policy none true
	assert_contains "policy 'none': there is none of that name
  Built in are: build, desktop, sandbox. Others are files in $XDG_CONFIG_HOME/urun/policy and /etc/urun/policy"
	run -125 sandbox --policy ./none true
	assert_output "urun: policy './none': No such file or directory"
	mkfifo fifo
	run -125 timeout 10 urun sandbox --policy ./fifo true
	assert_output "urun: policy './fifo': it is no regular file"
	chmod 0 "$F"
	run -125 sandbox --policy bad true
	assert_output "urun: policy '$F': Permission denied"
}

@test "the policy for builds: tools are seen, keys beside them are not" {
	mkdir -p "$HOME/.cargo/bin" "$HOME/.ssh" "$HOME/.local/bin"
	printf '#!/bin/sh\necho tool\n' >"$HOME/.local/bin/tool"
	chmod +x "$HOME/.local/bin/tool"
	echo key >"$HOME/.cargo/credentials.toml"
	echo key >"$HOME/.ssh/id"
	export CFLAGS=-O3 MAKEFLAGS=-j2 AWS_SECRET_ACCESS_KEY=secret
	printf 'all:\n\t@tool; echo $(CFLAGS); cat ~/.cargo/credentials.toml; ls ~/.ssh 2>/dev/null; touch built\n' >Makefile
	PATH=$HOME/.local/bin:$PATH run sandbox --policy build --here make
	assert_output $'tool\n-O3\nmake: *** [Makefile:2: all] Error 2' || {
		assert_contains $'tool\n-O3'
		refute_contains key
	}
	run -0 sandbox --policy build --here sh -c 'cat ~/.cargo/credentials.toml; touch ~/.cargo/x 2>/dev/null || echo refused; env | grep -c AWS' || [ "$status" = 1 ]
	assert_output $'refused\n0'
}

@test "the policy for the desktop: its display and sound, and neither X11 nor D-Bus" {
	mkdir -p "$T/run/pulse" "$HOME/.fonts"
	for socket in wayland-7 bus pipewire-0 pulse/native; do
		python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$T/run/$socket"
	done
	export XDG_RUNTIME_DIR=$T/run WAYLAND_DISPLAY=wayland-7 DISPLAY=:0 DBUS_SESSION_BUS_ADDRESS=unix:path=$T/run/bus
	run -0 sandbox --policy desktop sh -c 'echo "$WAYLAND_DISPLAY$DISPLAY$DBUS_SESSION_BUS_ADDRESS"; cd "$0" && for f in * */*; do test -S $f && echo $f; done; ls -A ~' "$T/run"
	assert_output "wayland-7
pipewire-0
wayland-7
pulse/native
.fonts"
	run -0 sandbox --policy desktop sh -c 'ls -A "$XDG_RUNTIME_DIR"'
	assert_output $'pipewire-0\npulse\nwayland-7'
	WAYLAND_DISPLAY=$T/run/wayland-7 run -0 sandbox --policy desktop sh -c 'ls -A "$XDG_RUNTIME_DIR"'
	assert_output $'pipewire-0\npulse\nwayland-7'
	unset WAYLAND_DISPLAY XDG_RUNTIME_DIR
	run -0 sandbox --policy desktop true
}

@test "the built-in policies are the installed files" {
	for name in sandbox build desktop; do
		run -0 sandbox --policy "$URUN_STAGE/policy/$name" --print-plan true
		by_file=$output
		run -0 sandbox --policy $name --print-plan true
		[ "$(grep -v '"id"' <<<"$output")" = "$(grep -v '"id"' <<<"$by_file")" ]
	done
}

@test "--name: others see it, and end it; nothing is left" {
	export URUN_ROOT=$T/store
	urun sandbox --name seen sleep 87661 3>&- &
	launcher=$!
	wait_until eval '[ "$(urun ps -q | wc -l)" = 1 ]'
	run -0 urun ps --format '{{.Names}} {{.Image}} {{.Command}}'
	assert_output "seen sandbox sleep 87661"
	run -0 urun top seen user args
	assert_contains "sleep 87661"
	run -125 sandbox --name seen true
	assert_contains "--name 'seen': a running container has this name"
	# Its first process is out of sight, and its files are the host's.
	run -125 urun cp seen:/etc/hostname -
	assert_contains "Nobody enters a sandbox: its files are the host's"
	run -0 urun rm -f seen
	assert_output seen
	wait "$launcher" || [ $? = 143 ]
	run -0 urun ps -aq
	assert_output ""
	[ "$(ls -A "$T/store/tmp")" = "" ]
	policy named <<<'name = x'
	run -125 sandbox --policy named true
	assert_contains "it is for the command line, not for policies"
}
