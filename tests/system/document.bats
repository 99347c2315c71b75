# SPDX-License-Identifier: Apache-2.0
#
# What an engine's document asks for, and what is seen of it inside. Each document is that of
# `urun-oci spec --rootless`, with a part of its own merged into it.

load process

setup() {
	make_root
	command -v jq >/dev/null || skip_because "no jq"
	BUNDLE=$BATS_TEST_TMPDIR/bundle
	mkdir "$BUNDLE"
	ID=document-$BATS_TEST_NUMBER-$$
	export XDG_RUNTIME_DIR=$BATS_TEST_TMPDIR/run
	mkdir -m 700 "$XDG_RUNTIME_DIR"
	urun-oci spec --rootless --bundle "$BUNDLE"
	mv "$BUNDLE/config.json" "$BUNDLE/base.json"
}

teardown() {
	[ ! -d "${XDG_RUNTIME_DIR-}" ] || urun-oci delete --force "$ID" 2>/dev/null || true
}

# document JSON WORD...: the bundle's document, with JSON merged into it (mounts and namespaces are
# added), and words to execute.
document() {
	local part=$1

	shift
	jq --argjson part "$part" --arg root "$ROOT" '
		.mounts += ($part.mounts // []) | .linux.namespaces += ($part.namespaces // [])
		| . * ($part | del(.mounts) | del(.namespaces)) | .root.path = $root
		| .process.terminal = false | .process.args = $ARGS.positional' \
		"$BUNDLE/base.json" --args -- "$@" >"$BUNDLE/config.json"
}

# gives JSON TEXT WORD...: that is what is printed.
gives() {
	local text=$2

	document "$1" "${@:3}"
	run urun-oci run --bundle "$BUNDLE" "$ID" </dev/null
	# The host has given other numbers of groups away.
	output=$(sed -E 's/(shared|master):[0-9]+/\1:N/' <<<"$output")
	assert_output "$text" && assert_status 0
}

# denies JSON TEXT: the message, with what mends it, but for the program's name
denies() {
	document "$1" true
	run -1 --separate-stderr urun-oci run --bundle "$BUNDLE" "$ID" </dev/null
	output=$stderr
	assert_output "urun-oci: $2"
}

@test "linux.seccomp: the filter of the document" {
	gives '{"linux": {"seccomp": {"defaultAction": "SCMP_ACT_ALLOW", "flags":
		["SECCOMP_FILTER_FLAG_LOG"], "syscalls": [{"names": ["chmod"],
		"action": "SCMP_ACT_ERRNO", "errnoRet": 13}]}}}' \
		$'chmod EACCES\nkeyctl ok' urun-probe calls chmod keyctl
	# Another text, another filter.
	gives '{"linux": {"seccomp": {"defaultAction": "SCMP_ACT_ALLOW", "flags":
		["SECCOMP_FILTER_FLAG_LOG"], "syscalls": [{"names": ["chmod"],
		"action": "SCMP_ACT_ERRNO", "errnoRet": 22}]}}}' \
		"chmod EINVAL" urun-probe calls chmod
	# Without no_new_privs the filter comes before the capabilities go.
	gives '{"process": {"noNewPrivileges": false}, "linux": {"seccomp":
		{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["chmod"],
		"action": "SCMP_ACT_ERRNO", "errnoRet": 13}]}}}' "chmod EACCES" urun-probe calls chmod
}

@test "linux.personality" {
	[ "$(uname -m)" = x86_64 ] || skip "the name of a 32-bit machine is known for x86_64 alone"
	gives '{"linux": {"personality": {"domain": "LINUX32"}}}' i686 uname -m
	gives '{"linux": {"personality": {"domain": "LINUX"}}}' x86_64 uname -m
}

@test "linux.timeOffsets: the clocks of a time namespace" {
	[ -e /proc/self/timens_offsets ] || skip_because "no time namespaces"
	gives '{"namespaces": [{"type": "time"}], "linux": {"timeOffsets": {"boottime":
		{"secs": 1000000, "nanosecs": 5}, "monotonic": {"secs": -1}}}}' \
		$'monotonic          -1         0\nboottime      1000000         5' \
		cat /proc/self/timens_offsets
	document '{"namespaces": [{"type": "time"}], "linux": {"timeOffsets": {"boottime":
		{"secs": 1000000}}}}' cat /proc/uptime
	run -0 urun-oci run --bundle "$BUNDLE" "$ID" </dev/null
	here=$(cut -d. -f1 /proc/uptime)
	inside=$((${output%%.*} - 1000000))
	[ "$inside" -le "$here" ] && [ "$inside" -ge $((here - 60)) ]
	denies '{"namespaces": [{"type": "time"}], "linux": {"timeOffsets": {"boottime":
		{"secs": -100000000000}}}}' \
		'linux.timeOffsets: make a time namespace: Numerical result out of range
  No clock can be before the start of the host'
}

@test "process.scheduler and ioPriority" {
	gives '{"process": {"scheduler": {"policy": "SCHED_BATCH", "nice": 7}}}' $'7\n3' \
		sh -c 'cut -d " " -f 19 /proc/self/stat; cut -d " " -f 41 /proc/self/stat'
	denies '{"process": {"scheduler": {"policy": "SCHED_FIFO", "priority": 9}}}' \
		"process.scheduler: set policy 1, nice 0, priority 9: Operation not permitted
  An ordinary user may not go before others, unless 'ulimit -e' or 'ulimit -r' allows it; root may, without a user namespace"
	denies '{"process": {"ioPriority": {"class": "IOPRIO_CLASS_RT"}}}' \
		"process.ioPriority: set class 1, priority 0: Operation not permitted
  An ordinary user may not go before others, unless CAP_SYS_NICE allows it; root may, without a user namespace"
	command -v ionice >/dev/null || skip_because "no ionice to look with"
	document '{"process": {"ioPriority": {"class": "IOPRIO_CLASS_BE", "priority": 6}}}' sleep 60
	urun-oci run --detach --pid-file "$BATS_TEST_TMPDIR/pid" --bundle "$BUNDLE" "$ID" </dev/null \
		>"$BATS_TEST_TMPDIR/out" 2>&1 3>&-
	run -0 ionice -p "$(cat "$BATS_TEST_TMPDIR/pid")"
	assert_output "best-effort: prio 6"
}

@test "exec --process: the object alone, and the CPUs" {
	document '{"process": {"env": ["OLD=1", "PATH=/bin"]}}' sleep 60
	urun-oci run --detach --bundle "$BUNDLE" "$ID" </dev/null >"$BATS_TEST_TMPDIR/out" 2>&1 3>&-
	cat >"$BATS_TEST_TMPDIR/p.json" <<-'END'
		{"cwd": "/tmp", "env": ["NEW=2", "PATH=/bin"], "args": ["sh", "-c",
		"echo $OLD$NEW $PWD; cut -d ' ' -f 19 /proc/self/stat; sed -n 's/Cpus_allowed_list://p' /proc/self/status"],
		"scheduler": {"policy": "SCHED_OTHER", "nice": 3},
		"execCPUAffinity": {"initial": "0", "final": "0"}}
	END
	run -0 urun-oci exec --process "$BATS_TEST_TMPDIR/p.json" "$ID"
	assert_output $'2 /tmp\n3\n\t0'
	sed -i 's/"initial": "0"/"initial": "9999"/' "$BATS_TEST_TMPDIR/p.json"
	run --separate-stderr urun-oci exec --process "$BATS_TEST_TMPDIR/p.json" "$ID"
	[ "$status" != 0 ]
	[[ $stderr == *"process.execCPUAffinity.initial: run on CPU 9999: Invalid argument"* ]]
	sed -i 's/"9999"/9/' "$BATS_TEST_TMPDIR/p.json"
	run --separate-stderr urun-oci exec --process "$BATS_TEST_TMPDIR/p.json" "$ID"
	[ "$status" != 0 ]
	[[ $stderr == *"process.execCPUAffinity.initial: expected a string, got an integer"* ]]
}

@test "labels of a security module that is not there are refused" {
	[ "$(cat /sys/module/apparmor/parameters/enabled 2>/dev/null)" = Y ] ||
		denies '{"process": {"apparmorProfile": "x"}}' \
			"AppArmor profile 'x': this kernel has no AppArmor, or it is off
  --security-opt apparmor=unconfined, or process.apparmorProfile, asks for none"
	if ! grep -q selinuxfs /proc/filesystems; then
		denies '{"process": {"selinuxLabel": "u:r:t"}}' \
			"SELinux label 'u:r:t': this kernel has no SELinux, or it is off
  Empty, process.selinuxLabel and linux.mountLabel ask for none"
		denies '{"linux": {"mountLabel": "u:r:t"}}' \
			"SELinux label 'u:r:t': this kernel has no SELinux, or it is off
  Empty, process.selinuxLabel and linux.mountLabel ask for none"
	fi
	gives '{"process": {"apparmorProfile": "unconfined", "selinuxLabel": ""}}' on echo on
}

# mounted: the options and the optional fields of the mount at /d, from inside
mounted='while read -r _ _ _ _ at options rest; do [ "$at" != /d ] || echo "$options ${rest%%- *}"; done </proc/self/mountinfo'

@test "mounts: attributes, propagation, other filesystems" {
	mkdir "$BUNDLE/s"
	gives '{"mounts": [{"destination": "/d", "source": "s", "options": ["rbind", "rro",
		"rnosuid", "rnodev", "rnoexec", "rnosymfollow", "async", "silent"]}]}' \
		"ro,nosuid,nodev,noexec,relatime,nosymfollow " sh -c "$mounted"
	gives '{"mounts": [{"destination": "/d", "source": "s", "options": ["bind", "rshared"]}]}' \
		"rw,relatime shared:N " sh -c "$mounted"
	gives '{"mounts": [{"destination": "/d", "source": "s", "options": ["bind", "unbindable"]}]}' \
		"rw,relatime unbindable " sh -c "$mounted"
	gives '{"mounts": [{"destination": "/d", "type": "ramfs", "source": "me", "options":
		["nosuid", "sync"]}]}' "me /d ramfs rw,sync,nosuid,relatime" \
		sh -c 'while read -r l; do case $l in *" /d "*) echo "${l% 0 0}" ;; esac; done </proc/mounts'
	gives '{"mounts": [{"destination": "/bin", "type": "tmpfs", "options": ["tmpcopyup"]}]}' \
		on /bin/echo on
	denies '{"mounts": [{"destination": "/d", "type": "ext4", "source": "/dev/null"}]}' \
		"mount ext4 on '/d': Operation not permitted"
}

@test "mounts: links that are copied, bound, and bound over" {
	echo here >"$BUNDLE/file"
	ln -s nowhere "$BUNDLE/link"
	rm -rf "$ROOT/links"
	mkdir "$ROOT/links"
	ln -s /tmp/other "$ROOT/links/over"
	gives '{"mounts": [{"destination": "/links/copy", "source": "link", "options":
		["rbind", "copy-symlink"]}, {"destination": "/links/plain", "source": "file",
		"options": ["bind", "copy-symlink"]}, {"destination": "/links/bound", "source":
		"link", "options": ["bind", "src-nofollow"]}, {"destination": "/links/over",
		"source": "file", "options": ["bind", "dest-nofollow"]}]}' \
		$'nowhere\nhere\nnowhere\nhere' sh -c 'readlink /links/copy; cat /links/plain
			readlink /links/bound; cat /links/over; ls /tmp'
	# A link that says the same is there already; something else is in the way.
	gives '{"mounts": [{"destination": "/links/copy", "source": "link", "options":
		["rbind", "copy-symlink"]}]}' nowhere readlink /links/copy
	denies '{"mounts": [{"destination": "/links/plain", "source": "link", "options":
		["rbind", "copy-symlink"]}]}' "copy link '$BUNDLE/link' to '/links/plain': File exists"
}

@test "mounts: an id map is refused for who is not root" {
	mkdir "$BUNDLE/s"
	denies '{"mounts": [{"destination": "/d", "source": "s", "options": ["bind", "idmap"]}]}' \
		"mount on '/d': only real root may map the ids of a host's filesystem"
}

@test "linux.rootfsPropagation" {
	root='while read -r _ _ _ _ at _ rest; do [ "$at" != / ] || echo "${rest%%- *}."; done </proc/self/mountinfo'
	gives '{"linux": {"rootfsPropagation": "shared"}}' "shared:N ." sh -c "$root"
	gives '{"linux": {"rootfsPropagation": "unbindable"}}' "unbindable ." sh -c "$root"
	gives '{"linux": {"rootfsPropagation": "private"}}' "." sh -c "$root"
}
