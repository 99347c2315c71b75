# SPDX-License-Identifier: Apache-2.0
#
# Rootless podman with urun-oci for its runtime, on a root folder. What needs cgroups of systemd is in
# tests/vm/oci.bats.

load lib

setup_file() {
	export BATS_TEST_TIMEOUT=120
	command -v podman >/dev/null || return 0
	# Short: sockets are below it, and conmon does not wait for the end where they cannot be.
	TOP=$(mktemp -d /tmp/podman.XXXXXX)
	export TOP
	mkdir -p "$TOP/home" "$TOP/run" "$TOP/root"
	chmod 700 "$TOP/run"
	need_busybox
	cp -a "$BUSYBOX/." "$TOP/root/"
	export HOME=$TOP/home XDG_RUNTIME_DIR=$TOP/run CONTAINERS_CONF=$TOP/containers.conf
	cat >"$CONTAINERS_CONF" <<-END
		[engine]
		cgroup_manager = "cgroupfs"
		events_logger = "file"
		runtime = "urun-oci"
		runtime_supports_json = ["urun-oci", "runc"]
		runtime_supports_nocgroup = ["urun-oci"]
		[engine.runtimes]
		urun-oci = ["$(command -v urun-oci)"]
		runc = ["$(command -v runc)"]
	END
}

teardown_file() {
	command -v podman >/dev/null || return 0
	podman rm -fa -t 0 >/dev/null 2>&1 || :
	podman system reset -f >/dev/null 2>&1 || :
	# The process that holds podman's user namespace.
	[ ! -f "$TOP/run/libpod/tmp/pause.pid" ] || kill "$(cat "$TOP/run/libpod/tmp/pause.pid")" || :
	chmod -R u+w "$TOP"
	rm -rf "$TOP"
}

setup() {
	command -v podman >/dev/null || skip_because "no podman: './autogen.sh --packages peers' installs it"
}

teardown() {
	command -v podman >/dev/null || return 0
	podman rm -fa -t 0 >/dev/null 2>&1 || :
}

# prun [OPTION...] -- COMMAND...: of a container that is removed
prun() {
	local options=()

	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	podman run --rm --network none "${options[@]}" --rootfs "$TOP/root" "$@"
}

# at_terminal: python from standard input, with terminal.py
at_terminal() {
	command -v python3 >/dev/null || skip_because "no python3"
	{
		echo 'from terminal import *'
		cat
	} | ROOT=$TOP/root PYTHONPATH=$URUN_STAGE/tests/system PYTHONDONTWRITEBYTECODE=1 timeout 100 python3 -
}

up() { podman run -d --name c --network none "$@" --rootfs "$TOP/root" sleep 600 >/dev/null; }

@test "run: it is urun-oci that runs, with podman's filter, capabilities and names" {
	run -0 --separate-stderr prun --hostname box -e A=1 -w /etc -- sh -c 'id -u; hostname; echo $A; pwd; grep -E "^(CapEff|NoNewPrivs|Seccomp):" /proc/self/status'
	assert_output $'0\nbox\n1\n/etc\nCapEff:\t00000000a80425fb\nNoNewPrivs:\t0\nSeccomp:\t2'
	up
	run -0 podman inspect c --format '{{.OCIRuntime}} {{.State.Status}}'
	assert_output "urun-oci running"
}

@test "what a container sees is what it sees with runc" {
	command -v runc >/dev/null || skip_because "no runc: './autogen.sh --packages peers' installs it"
	podman --runtime runc run --rm --network none --rootfs "$TOP/root" true ||
		skip_because "runc cannot run a container here"
	compared=0
	while IFS='|' read -r options command; do
		# shellcheck disable=SC2086 # words
		run --separate-stderr prun --runtime runc $options -- sh -c "$command"
		wanted="$status: $output"
		# shellcheck disable=SC2086
		run --separate-stderr prun $options -- sh -c "$command"
		[ "$status: $output" = "$wanted" ] || {
			printf '%s|%s\n-- runc --\n%s\n-- urun-oci --\n%s\n' "$options" "$command" "$wanted" "$status: $output $stderr"
			return 1
		}
		compared=$((compared + 1))
	done <<-'END'
		--user 5:6 --group-add 7|id; grep -E '^(Cap|NoNewPrivs|Seccomp:|Groups)' /proc/self/status
		--cap-drop all|grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status
		--cap-drop CHOWN --cap-add SYS_PTRACE --user 5|grep ^Cap /proc/self/status
		--privileged|grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status
		--security-opt no-new-privileges --security-opt seccomp=unconfined|grep -E '^(NoNewPrivs|Seccomp:)' /proc/self/status
		-e A=1 --hostname h|env | sort
		--umask 077 --oom-score-adj 500 --ulimit core=0 --ulimit nofile=50:60|umask; cat /proc/self/oom_score_adj; ulimit -a; ulimit -Hn
		--sysctl net.ipv4.ip_unprivileged_port_start=7|cat /proc/sys/net/ipv4/ip_unprivileged_port_start
		--tmpfs /t:size=1m,mode=1777,noexec|grep ' /t ' /proc/mounts; stat -c %a /t
		--userns keep-id|id -u; id -g; cat /proc/self/uid_map
		--uts host|hostname
		--security-opt mask=/proc/version|wc -c </proc/version; wc -c </proc/kcore; ls /sys/firmware | wc -l
		|ls /dev | grep -v ^core; ls -l /dev/fd /dev/stdin /dev/ptmx | awk '{ print $9, $11 }'; stat -c '%t %T %a %u' /dev/null /dev/tty
		|echo x >/proc/sys/kernel/hostname; touch /proc/sysrq-trigger /sys/x; exit 3
		|exit 143
	END
	[ "$compared" = 15 ]
}

@test "exit codes: 125 is podman's; the payload's; 127 for what is not there, 126 for what is no program" {
	run -125 prun --cap-add NOSUCH -- true
	run -125 prun --nosuch -- true
	run -7 prun -- sh -c 'exit 7'
	run -127 prun -- nonexistent
	assert_contains "executable file not found in"
	run -127 prun -- /no/such
	run -126 prun -- /etc
	assert_contains "ermission denied"
	echo text >"$TOP/root/text"
	run -126 prun -- /text
	assert_contains "ermission denied"
	run -126 prun --ulimit nofile=99999999 -- true
	assert_contains "RLIMIT_NOFILE soft 99999999 hard 99999999: Operation not permitted"
	up
	run -9 podman exec c sh -c 'exit 9'
	run -137 podman exec c sh -c 'kill -KILL $$'
	run -127 podman exec c nonexistent
	assert_contains "executable file not found in"
	run -127 podman exec -w /no/such c pwd
	assert_contains "working folder '/no/such': No such file or directory"
	run -126 podman exec c /etc
	assert_contains "ermission denied"
	run -126 podman exec c /text
}

@test "exec: as whom, where, with what; with a terminal; logs and top" {
	podman run -d --name c --network none --rootfs "$TOP/root" sh -c 'echo said; echo wrong >&2; sleep 600' >/dev/null
	run -0 --separate-stderr podman exec -u 5:6 -w /etc -e B=2 c sh -c 'id -u; id -g; pwd; echo $B'
	assert_output $'5\n6\n/etc\n2'
	run -0 --separate-stderr podman exec -t c sh -c 'test -t 0 && test -t 1 && echo a terminal'
	assert_output $'a terminal\r'
	run -0 --separate-stderr podman exec -i c cat <<<"in and out"
	assert_output "in and out"
	run -0 podman logs c
	assert_contains said
	assert_contains wrong
	run -0 --separate-stderr podman top c args
	assert_contains "sleep 600"
}

@test "a user opens its standard streams again, in pipes and at a terminal, in run and in exec" {
	up
	for words in "" -t; do
		end=${words:+$'\r'}
		# shellcheck disable=SC2086 # none or one
		run -0 --separate-stderr prun $words --user 1000:1000 -- sh -c 'id -u; echo out >/dev/stdout; echo err >/proc/self/fd/1'
		assert_output $'1000'"$end"$'\nout'"$end"$'\nerr'"$end"
		# shellcheck disable=SC2086
		run -0 --separate-stderr podman exec $words --user 1000:1000 c sh -c 'id -u; echo out >/dev/stdout; echo err >/proc/self/fd/1'
		assert_output $'1000'"$end"$'\nout'"$end"$'\nerr'"$end"
	done
	run -0 prun --user 1000:1000 -- sh -c 'echo err >/dev/stderr'
	assert_contains err
}

@test "exec: an environment without HOME gets one; descriptors are handed on" {
	cp -a "$TOP/root" "$TOP/unknown"
	rm -f "$TOP/unknown/etc/passwd"
	echo 'somebody:x:5:5::/home:/bin/sh' >"$TOP/unknown/etc/passwd"
	podman run -d --name c --network none --rootfs "$TOP/unknown" sleep 600 >/dev/null
	run -0 --separate-stderr podman exec c sh -c 'echo "<$HOME>"'
	assert_output "</>"
	run -0 --separate-stderr podman exec -u 5 c sh -c 'echo "<$HOME>"'
	assert_output "</home>"
	run -0 --separate-stderr podman exec --preserve-fds 1 c cat /proc/self/fd/3 3<<<"three"
	assert_output three
	run -0 --separate-stderr prun --preserve-fds 1 -- cat /proc/self/fd/3 3<<<"three"
	assert_output three
}

@test "a root folder whose passwd the container's ids may not read" {
	cp -a "$TOP/root" "$TOP/closed"
	echo 'root:x:0:0::/root:/bin/sh' >"$TOP/closed/etc/passwd"
	chmod 600 "$TOP/closed/etc/passwd"
	for words in "--userns nomap" "--uidmap 0:1:1000 --gidmap 0:1:1000"; do
		# shellcheck disable=SC2086 # words
		run -0 --separate-stderr podman run --rm --network none $words --rootfs "$TOP/closed" sh -c 'id -u; stat -c %u /'
		assert_output $'0\n65534'
	done
}

@test "terminals: their size, input, keys that detach; attach again; exec beside" {
	at_terminal <<-'END'
		root = os.environ['ROOT']
		with Terminal('podman', 'run', '-it', '--name', 'c', '--network', 'none', '--rootfs', root, 'sh', rows=33, cols=77) as t:
		    t.expect('# ')
		    t.type('until stty size 2>&1 | grep "33 77"; do sleep 0.1; done; tty\n')
		    t.expect('\n33 77\r\n')
		    t.expect('/dev/pts/0\r\n')
		    t.resize(20, 60)
		    os.kill(t.pid, signal.SIGWINCH)
		    t.type('while [ "$(stty size)" != "20 60" ]; do sleep 0.1; done; echo re"sized"\n')
		    t.expect('resized\r\n')
		    # Podman looks for them one read at a time.
		    t.type(b'\x10')
		    time.sleep(0.5)
		    t.type(b'\x11')
		    t.expect_ended(0)
		with Terminal('podman', 'exec', '-it', 'c', 'sh', '-c',
		              # Podman tells the size when the command may run already.
		              'tty; until stty size 2>&1 | grep "30 70"; do sleep 0.1; done; read x; echo "<$x>"; exit 5', rows=30, cols=70) as t:
		    t.expect('/dev/pts/1\r\n')
		    t.expect('30 70\r\n')
		    t.type('word\n')
		    t.expect('<word>\r\n')
		    t.expect_ended(5)
		with Terminal('podman', 'attach', 'c') as t:
		    t.type('echo a"gain"; exit 6\n')
		    t.expect('again\r\n')
		    t.expect_ended(0)
	END
	run -0 --separate-stderr podman wait c
	assert_output 6
}

@test "a terminal, and attach to a container that runs" {
	run -0 --separate-stderr prun -t -- sh -c 'test -t 0 && test -t 2 && echo done'
	assert_output $'done\r'
	podman run -d -i --name c --network none --rootfs "$TOP/root" sh -c 'read x; echo "<$x>"' >/dev/null
	run -0 --separate-stderr sh -c 'echo word | podman attach c'
	assert_output "<word>"
}

@test "volumes, read-only, users, capabilities, limits of setrlimit" {
	mkdir -p "$TOP/data"
	echo here >"$TOP/data/file"
	run -0 --separate-stderr prun -v "$TOP/data:/data:ro" --read-only --user 1000:1000 --cap-add NET_ADMIN --ulimit nofile=77:88 \
		-- sh -c 'cat /data/file; touch /data/x /x 2>/dev/null || echo refused; id -u; ulimit -n; grep CapBnd /proc/self/status'
	assert_output $'here\nrefused\n1000\n77\nCapBnd:\t00000000a80435fb'
	run -0 --separate-stderr prun --tmpfs /t --shm-size 1m -- sh -c 'stat -f -c %T /t /dev/shm; df -k /dev/shm | tail -n 1 | awk "{ print \$2 }"'
	assert_output $'tmpfs\ntmpfs\n1024'
}

@test "namespaces: the host's processes, network and ids, and another container's" {
	run -0 --separate-stderr prun --pid host -- sh -c '[ $$ != 1 ] && readlink /proc/self/ns/pid'
	assert_output "$(readlink /proc/self/ns/pid)"
	run -0 --separate-stderr podman run --rm --network host --rootfs "$TOP/root" readlink /proc/self/ns/net
	assert_output "$(readlink /proc/self/ns/net)"
	run -0 --separate-stderr prun --userns keep-id -- id -u
	assert_output "$(id -u)"
	up
	run -0 --separate-stderr podman run --rm --network container:c --pid container:c --ipc container:c --rootfs "$TOP/root" sh -c 'readlink /proc/self/ns/net; ls -d /proc/1; cat /proc/1/cmdline | tr "\0" " "'
	assert_output "$(readlink "/proc/$(podman inspect c --format '{{.State.Pid}}')/ns/net")
/proc/1
sleep 600 "
}

@test "a network by slirp4netns reaches what the container asks of its own names" {
	command -v slirp4netns >/dev/null || skip_because "no slirp4netns"
	run -0 --separate-stderr podman run --rm --network slirp4netns --rootfs "$TOP/root" sh -c 'ip -o -4 addr show tap0 | awk "{ print \$4 }"; grep -c nameserver /etc/resolv.conf >/dev/null && echo names'
	assert_output $'10.0.2.100/24\nnames'
}

@test "stop, kill, start again, wait, and what is left" {
	podman run -d --name c --network none --rootfs "$TOP/root" sh -c 'trap "exit 4" TERM; while :; do sleep 0.1; done' >/dev/null
	podman stop -t 10 c >/dev/null
	run -0 --separate-stderr podman inspect c --format '{{.State.Status}} {{.State.ExitCode}}'
	assert_output "exited 4"
	podman start c >/dev/null
	run -0 ls "$TOP/run/urun/oci"
	assert_output "$(podman inspect c --format '{{.Id}}')"
	run -2 podman rm c
	podman kill -s KILL c >/dev/null
	run -0 --separate-stderr podman wait c
	assert_output 137
	podman restart -t 0 c >/dev/null
	run -0 --separate-stderr podman exec c echo again
	assert_output again
	podman rm -f -t 0 c >/dev/null
	run -0 ls "$TOP/run/urun/oci"
	assert_output ""
}

@test "create, init, start: each step is one of the runtime's" {
	podman create --name c --network none --rootfs "$TOP/root" sh -c 'echo ran; sleep 600' >/dev/null
	podman init c >/dev/null
	run -0 podman inspect c --format '{{.State.Status}}'
	assert_output initialized
	run -0 podman logs c
	assert_output ""
	podman start c >/dev/null
	run -0 podman inspect c --format '{{.State.Status}}'
	assert_output running
	for ((i = 0; i < 100; i++)); do
		[ "$(podman logs c)" != ran ] || break
		sleep 0.1
	done
	run -0 podman logs c
	assert_output ran
}

@test "health checks: run, and what they find" {
	podman run -d --name c --network none --health-cmd 'test -e /dev/shm/well' --health-interval disable --rootfs "$TOP/root" sleep 600 >/dev/null
	run -1 podman healthcheck run c
	podman exec c touch /dev/shm/well
	run -0 podman healthcheck run c
	run -0 podman inspect c --format '{{range .State.Healthcheck.Log}}{{.ExitCode}} {{end}}'
	assert_output "1 0 "
}

@test "--init: an init of podman's" {
	command -v catatonit >/dev/null || skip_because "no catatonit: './autogen.sh --packages peers' installs it"
	run -0 --separate-stderr prun --init --init-path "$(command -v catatonit)" -- sh -c 'cat /proc/1/comm; echo $$'
	assert_output $'podman-init\n2'
	run -143 prun --init --init-path "$(command -v catatonit)" -- sh -c 'kill -TERM $$'
}

@test "hooks: of a folder of podman's, with the state; one that fails keeps the container from running" {
	mkdir -p "$TOP/hooks"
	cat >"$TOP/hooks/a.json" <<-END
		{"version": "1.0.0", "hook": {"path": "/bin/sh", "args": ["sh", "-c", "cat >>$TOP/hook.\$1", "-", "seen"]},
		 "when": {"always": true}, "stages": ["createRuntime", "poststop"]}
	END
	run -0 --separate-stderr podman --hooks-dir "$TOP/hooks" run --rm --network none --rootfs "$TOP/root" echo ran
	assert_output ran
	run -0 grep -oE '"status": *"[a-z]*"' "$TOP/hook.seen"
	assert_output $'"status":"creating"\n"status":"stopped"'
	sed -i 's/cat >>/exit 9; &/' "$TOP/hooks/a.json"
	run -126 podman --hooks-dir "$TOP/hooks" run --rm --network none --rootfs "$TOP/root" echo ran
	refute_contains ran
	assert_contains "hook createRuntime '/bin/sh': exit code 9"
}

@test "without cgroup v2 there is nothing to pause or to limit by: that reaches the user, and the container goes on" {
	[ "$(stat -f -c %T /sys/fs/cgroup)" != cgroup2fs ] || skip_because "this host has cgroup v2: tests/vm/oci.bats"
	up
	id=$(podman inspect c --format '{{.Id}}')
	# Podman does not even ask.
	run -125 podman pause c
	assert_contains "this container does not have a cgroup"
	run -1 urun-oci pause "$id"
	assert_contains "urun-oci: container '$id' has no cgroup of its own: nobody can stop all of its processes at once"
	run -125 podman update -m 64m c
	assert_contains "urun-oci: container '$id' has no cgroup of its own to limit it by"
	run -0 --separate-stderr podman exec c echo there
	assert_output there
}

@test "a container without cgroups" {
	run -0 --separate-stderr prun --cgroups disabled -- echo none
	assert_output none
}
