# SPDX-License-Identifier: Apache-2.0
#
# checkpoint and restore of root's containers, by criu: where the release's own kernel is as old as it is.

load vm

setup() {
	criu check >/dev/null 2>&1 || skip "criu of this release does not work with this kernel: $(criu check 2>&1 | tail -n 1)"
	WORK=$(mktemp -d /var/tmp/criu.XXXXXX)
	B=$WORK/bundle
	ROOT=$B/rootfs
	mkdir -p "$B" "$WORK/shared"
	cp -r "$BUSYBOX" "$ROOT"
	chown -Rh 0:0 "$ROOT"
	mkdir -p "$ROOT/tmp"
	urun-oci spec --bundle "$B"
	config '.process.terminal = false | .process.args = ["sh", "-c", "'"$COUNTER"'"] | .root = {"path": "rootfs"}'
}

teardown() {
	[ -n "${WORK-}" ] || return 0
	urun-oci delete --force box
	urun-oci delete --force other
	rm -rf "$WORK"
}

# Counts in a file, and keeps what it counts in memory alone.
COUNTER='i=0; while :; do i=$((i + 1)); echo $i >/tmp/count; sleep 0.1; done'

# config FILTER: change config.json
config() { jq "$1" "$B/config.json" >"$WORK/new" && mv "$WORK/new" "$B/config.json"; }

state() { urun-oci state "$1" | jq -r "$2"; }

count() { cat "$ROOT/tmp/count"; }

# counts FROM: does it go on counting, from there?
counts() {
	local n

	for ((i = 0; i < 100; i++)); do
		n=$(count)
		[ "${n:-0}" -le "$1" ] || return 0
		sleep 0.1
	done
	echo "counts $n, not beyond $1"
	return 1
}

# run_box [OPTION...]: detached; its output is in $WORK/out
run_box() {
	urun-oci run -d --bundle "$B" "$@" box </dev/null >"$WORK/out" 2>&1 || {
		cat "$WORK/out"
		return 1
	}
}

checkpoint() {
	urun-oci checkpoint --image-path "$WORK/images" --work-path "$WORK/log" "$@" || {
		grep -h "Error" "$WORK/log/dump.log"
		return 1
	}
}

restore() {
	urun-oci restore -d --bundle "$B" --image-path "$WORK/images" --work-path "$WORK/log" "$@" \
		</dev/null >>"$WORK/out" 2>&1 || {
		cat "$WORK/out"
		grep -h "Error" "$WORK/log/restore.log"
		return 1
	}
}

# console SOCKET FILE INPUT: the engine's end of a terminal; $server is its process
console() {
	python3 "$URUN_STAGE/tests/system/oci_socket.py" console "$1" "$3" >"$2" 2>&1 3>&- &
	server=$!
	for ((i = 0; i < 100; i++)); do
		[ ! -S "$1" ] || return 0
		sleep 0.1
	done
	return 1
}

# said FILE TEXT: is it there, some time?
said() {
	for ((i = 0; i < 100; i++)); do
		! grep -q "$2" "$1" || return 0
		sleep 0.1
	done
	cat "$1"
	return 1
}

inside() { urun-oci exec box "$@"; }

# mounts ID: where, what and how, without numbers
mounts() { sed -E 's/^[0-9]+ [0-9]+ [0-9:]+ //; s/ master:[0-9]+//' "/proc/$(state "$1" .pid)/mountinfo" | sort; }

@test "a container is written, has ended, and goes on from there as it was" {
	config '.linux.resources = {"memory": {"limit": 67108864}, "pids": {"limit": 50}}
		| .process.rlimits = [{"type": "RLIMIT_NOFILE", "soft": 77, "hard": 88}]'
	run_box
	counts 3
	mounts box | sed 's/^.masked/XX/; s/,nsdelegate.*//' >"$WORK/mounts"
	status=$(grep -E '^(Cap|Seccomp:|NoNewPrivs|Uid|Gid|Groups)' "/proc/$(state box .pid)/status")
	checkpoint box
	[ "$(state box .status)" = stopped ]
	before=$(count)
	sleep 0.5
	[ "$(count)" = "$before" ]
	urun-oci delete box
	[ ! -d /sys/fs/cgroup/urun-oci-box ]
	restore --pid-file "$WORK/pid" box
	counts "$before"
	[ "$(count)" -lt $((before + 300)) ]
	[ "$(state box .status)" = running ]
	pid=$(cat "$WORK/pid")
	[ "$(state box .pid)" = "$pid" ]
	# What hides a folder is another tmpfs, of which nothing is in the other's place.
	diff <(grep -v ^XX "$WORK/mounts") <(mounts box | grep -v '/proc/acpi\|/sys/firmware' | sed 's/,nsdelegate.*//')
	mounts box | grep -q '^/ /sys/firmware ro,nosuid,nodev,noexec'
	diff <(echo "$status") <(grep -E '^(Cap|Seccomp:|NoNewPrivs|Uid|Gid|Groups)' "/proc/$pid/status")
	[ "$(cat "/proc/$pid/cgroup")" = 0::/urun-oci-box ]
	[ "$(cat /sys/fs/cgroup/urun-oci-box/memory.max /sys/fs/cgroup/urun-oci-box/pids.max)" = $'67108864\n50' ]
	[[ $(prlimit --pid "$pid" --nofile --noheadings --output SOFT,HARD) =~ ^\ *77\ +88$ ]]
	[ "$(inside cat /proc/self/cgroup)" = 0::/ ]
	[ "$(inside cat /proc/kcore)" = "" ]
	[ "$(inside ls /sys/firmware)" = "" ]
	run -1 inside sh -c 'echo x >/sys/firmware/new'
	run -1 inside sh -c 'echo 1 >/proc/sys/vm/swappiness'
	urun-oci pause box
	[ "$(state box .status)" = paused ]
	urun-oci resume box
	urun-oci kill box KILL
	for ((i = 0; i < 50; i++)); do
		[ "$(state box .status)" != stopped ] || break
		sleep 0.1
	done
	urun-oci delete box
	[ ! -d /sys/fs/cgroup/urun-oci-box ]
	[ -z "$(grep "$WORK" /proc/mounts)" ]
}

@test "--leave-running: it goes on, and another is made of it, with the memory's earlier part" {
	run_box
	counts 3
	urun-oci checkpoint --pre-dump --image-path "$WORK/pre" box
	[ "$(state box .status)" = running ]
	checkpoint --leave-running --parent-path ../pre box
	[ "$(readlink "$WORK/images/parent")" = ../pre ]
	before=$(count)
	counts "$before"
	urun-oci delete --force box
	restore other
	counts "$before"
	[ "$(state other .status)" = running ]
	[ "$(cat "/proc/$(state other .pid)/cgroup")" = 0::/urun-oci-other ]
	[ ! -d /sys/fs/cgroup/urun-oci-box ]
}

@test "mounts, files and pipes: what is outside is there again, what was in memory comes back" {
	mkdir -p "$ROOT/run"
	ln -s run "$ROOT/link"
	echo out >"$WORK/shared/file"
	config '.mounts += [{"destination": "/link/shared", "type": "bind", "source": "'"$WORK"'/shared", "options": ["rbind", "ro"]},
		{"destination": "/again", "type": "bind", "source": "'"$WORK"'/shared", "options": ["rbind", "ro"]},
		{"destination": "/mem", "type": "tmpfs", "source": "tmpfs", "options": ["size=1m"]},
		{"destination": "/etc/one", "type": "bind", "source": "'"$WORK"'/shared/file", "options": ["bind"]}]
		| .process.args = ["sh", "-c", "echo in >/mem/file; read line; echo \"got $line\"; read line; echo \"got $line\""]'
	mkfifo "$WORK/in"
	exec 7<>"$WORK/in"
	urun-oci run -d --bundle "$B" box <&7 2>"$WORK/err" > >(cat >"$WORK/first") || { cat "$WORK/err"; return 1; }
	echo one >&7
	for ((i = 0; i < 100; i++)); do
		[ ! -s "$WORK/first" ] || break
		sleep 0.1
	done
	[ "$(cat "$WORK/first")" = "got one" ]
	checkpoint box
	urun-oci delete box
	exec 7>&-
	# As after an export: nothing but the image's files is in the rootfs.
	rm -rf "$ROOT/run/shared" "$ROOT/mem" "$ROOT/etc/one"
	echo two >"$WORK/two"
	mkfifo "$WORK/new"
	(sleep 20; cat "$WORK/two") >"$WORK/new" &
	urun-oci restore -d --bundle "$B" --image-path "$WORK/images" box <"$WORK/new" 2>>"$WORK/err" > >(cat >"$WORK/second")
	[ "$(inside cat /mem/file)" = in ]
	[ "$(inside cat /run/shared/file /etc/one)" = $'out\nout' ]
	run -1 inside sh -c 'echo x >/run/shared/file'
	run -1 inside sh -c 'echo x >/again/file'
	wait $!
	for ((i = 0; i < 100; i++)); do
		[ ! -s "$WORK/second" ] || break
		sleep 0.1
	done
	[ "$(cat "$WORK/second")" = "got two" ]
}

@test "a terminal goes to --console-socket" {
	config '.process.terminal = true | .process.args = ["sh", "-c", "trap \"echo here\" USR1; echo ready; while :; do read a && echo got $a; done"]'
	console "$WORK/one" "$WORK/first" ""
	urun-oci run -d --bundle "$B" --console-socket "$WORK/one" box </dev/null >"$WORK/out" 2>&1
	said "$WORK/first" ready
	checkpoint --file-locks box
	kill "$server" || : # it may have ended with the terminal
	urun-oci delete box
	run -1 urun-oci restore --bundle "$B" --image-path "$WORK/images" box
	assert_contains "process.terminal: a terminal that is restored goes to --console-socket, with --detach"
	console "$WORK/two" "$WORK/second" $'two\n'
	restore --console-socket "$WORK/two" box
	urun-oci kill box USR1
	said "$WORK/second" here
	said "$WORK/second" "got two"
	[ "$(inside readlink /proc/1/fd/0)" = /dev/pts/0 ]
	kill "$server" || : # it may have ended with the terminal
}

@test "a network namespace that others made is entered again" {
	ip netns add criu-test
	config '.linux.namespaces |= map(if .type == "network" then .path = "/run/netns/criu-test" else . end)'
	run_box
	counts 3
	checkpoint box
	urun-oci delete box
	before=$(count)
	restore box
	counts "$before"
	[ /proc/$(state box .pid)/ns/net -ef /run/netns/criu-test ]
	urun-oci delete --force box
	ip netns del criu-test
}

@test "a user namespace comes back" {
	chown -Rh 100000:100000 "$ROOT"
	chmod 755 "$WORK" "$B"
	config '.linux.namespaces += [{"type": "user"}] | .linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 65536}]
		| .linux.gidMappings = .linux.uidMappings'
	run_box
	# It is opened anew, by that namespace's root.
	chmod 666 "$WORK/out"
	counts 3
	checkpoint box
	urun-oci delete box
	before=$(count)
	restore box
	counts "$before"
	[ "$(stat -c %u "/proc/$(state box .pid)")" = 100000 ]
	[ "$(inside id -u)" = 0 ]
}

@test "hooks run when the namespaces are there, and when it runs" {
	cat >"$WORK/hook" <<-END
		#!/bin/sh
		echo "\$1 \$(jq -r '.status + " " + (.pid | tostring)')" >>$WORK/hooks
	END
	chmod +x "$WORK/hook"
	config '.hooks = {"createRuntime": [{"path": "'"$WORK"'/hook", "args": ["hook", "createRuntime"]}],
		"poststart": [{"path": "'"$WORK"'/hook", "args": ["hook", "poststart"]}]}'
	run_box
	counts 3
	checkpoint box
	urun-oci delete box
	rm "$WORK/hooks"
	restore box
	pid=$(state box .pid)
	[ "$(cat "$WORK/hooks")" = "createRuntime creating $pid"$'\n'"poststart running $pid" ]
}

@test "a hook that fails: nothing is restored, and nothing is left" {
	run_box
	counts 3
	checkpoint box
	urun-oci delete box
	config '.hooks = {"createRuntime": [{"path": "/bin/false"}]}'
	run -1 urun-oci restore -d --bundle "$B" --image-path "$WORK/images" box </dev/null
	assert_contains /bin/false
	run -1 urun-oci state box
	[ ! -d /sys/fs/cgroup/urun-oci-box ]
	[ -z "$(pgrep -f 'echo $i >/tmp/count')" ]
}

@test "in the foreground, with images in the working folder: its exit code is the container's, and signals reach it" {
	config '.process.args = ["sh", "-c", "trap \"exit 7\" TERM; while :; do echo x >>/tmp/count; sleep 0.1; done"]'
	run_box
	sleep 2
	cd "$WORK"
	urun-oci checkpoint box
	[ -f checkpoint/pstree.img ]
	urun-oci delete box
	urun-oci restore --bundle "$B" box </dev/null >>"$WORK/out" 2>&1 & job=$!
	for ((i = 0; i < 300; i++)); do
		[ "$(state box .status 2>/dev/null)" != running ] || break
		sleep 0.1
	done
	sleep 1
	kill "$job"
	wait "$job" && code=0 || code=$?
	cat "$WORK/out"
	[ "$code" = 7 ]
	run -1 urun-oci state box
	[ ! -d /sys/fs/cgroup/urun-oci-box ]
}

@test "what cannot be done is told: not running, no images, one that is there, an ordinary user, no helper" {
	run -1 urun-oci checkpoint box
	assert_contains "container 'box' does not exist"
	urun-oci create --bundle "$B" box </dev/null >"$WORK/out" 2>&1
	run -1 urun-oci checkpoint --image-path "$WORK/images" box
	assert_contains "cannot checkpoint container 'box' in the created state: container not running"
	run -1 urun-oci restore --bundle "$B" --image-path "$WORK/images" box
	assert_contains "'box'"
	urun-oci delete --force box
	run -1 urun-oci restore --bundle "$B" --image-path "$WORK/none" box
	assert_contains "folder '$WORK/none' of --image-path: No such file or directory"
	mkdir "$WORK/empty"
	run -1 urun-oci restore --bundle "$B" --image-path "$WORK/empty" box
	assert_contains "criu cannot restore: Error ("
	[ ! -d /sys/fs/cgroup/urun-oci-box ]
	run -1 urun-oci state box
	mkdir "$WORK/bin"
	cp "$(command -v urun-oci)" "$WORK/bin/"
	run_box
	run -1 "$WORK/bin/urun-oci" checkpoint --image-path "$WORK/images" box
	assert_contains "It is built where criu's library is"
	[ "$(state box .status)" = running ]
	run -1 urun-oci checkpoint --image-path "$WORK/images" --lazy-pages box
	assert_contains "criu's library has no call for pages that come later"
}

@test "a restore that is killed leaves what delete --force removes" {
	run_box
	counts 3
	checkpoint box
	urun-oci delete box
	for ms in 50 300 700 1200; do
		timeout -s KILL "$(printf 0.%03d $((ms % 1000)))" true || :
		urun-oci restore -d --bundle "$B" --image-path "$WORK/images" box </dev/null >>"$WORK/out" 2>&1 & job=$!
		sleep "$((ms / 1000)).$(printf %03d $((ms % 1000)))"
		kill -9 "$job" 2>/dev/null || :
		wait "$job" || :
		urun-oci delete --force box
		[ ! -d /sys/fs/cgroup/urun-oci-box ]
		for ((i = 0; i < 100; i++)); do
			[ -n "$(pgrep -f 'echo $i >/tmp/count')" ] || break
			sleep 0.1
		done
		[ -z "$(pgrep -f 'echo $i >/tmp/count')" ]
	done
}

@test "podman checkpoints and restores through it" {
	export CONTAINERS_CONF=$WORK/containers.conf
	printf '[engine]\nruntime = "urun-oci"\nevents_logger = "file"\ncgroup_manager = "cgroupfs"\nruntime_supports_json = ["urun-oci"]\n[engine.runtimes]\nurun-oci = ["%s"]\n' \
		"$(command -v urun-oci)" >"$CONTAINERS_CONF"
	podman run -d --name pod --network none --rootfs "$ROOT" sh -c "$COUNTER" >/dev/null
	counts 3
	podman container checkpoint pod
	[ "$(podman inspect --format '{{.State.Status}}' pod)" = exited ]
	before=$(count)
	podman container restore pod
	counts "$before"
	[ "$(podman inspect --format '{{.State.Status}}' pod)" = running ]
	podman rm -f -t 0 pod
}
