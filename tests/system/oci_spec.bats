#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# oci_spec.bats - what config.json says, as it is seen inside and from /proc outside
#
# What goes beyond OCI's older versions (scheduler, personality, time, labels) is in document.bats.

load oci

setup_file() {
	oci_setup_file
}

setup() {
	oci_setup
	export SUBUID SUBGID
	SUBUID=$(sub_first uid)
	SUBGID=$(sub_first gid)
	# as 1 to 999 inside
	MANY="l['uidMappings'].append({'containerID': 1, 'hostID': int(os.environ['SUBUID']), 'size': 999}); l['gidMappings'].append({'containerID': 1, 'hostID': int(os.environ['SUBGID']), 'size': 999})"
}

teardown() {
	oci_teardown
}

# refused STATEMENT TEXT: by create, with the path of the document's part; nothing is left
refused() {
	config "$1"
	run -1 said create --bundle "$B" refused
	assert_output "urun-oci: $B/config.json: $2"
	[ ! -e "$STATE/refused" ]
}

# in_status PID KEY...: values of /proc/PID/status
in_status() {
	local p=$1

	shift
	for key; do
		sed -n "s/^$key:[[:space:]]*//p" "/proc/$p/status" | sed 's/[[:space:]]*$//; s/[[:space:]]\+/ /g'
	done
}

# --- process ---

@test "process.user: uid, gid, umask, additionalGids, seen inside and outside" {
	config "$MANY" "p['user'] = {'uid': 5, 'gid': 6, 'umask': 0o27, 'additionalGids': [7, 999, 0]}"
	up c
	run -0 oci exec c id
	assert_output "uid=5 gid=6 groups=0,7,999"
	run -0 in_status "$pid" Uid Gid Groups Umask
	u=$((SUBUID + 4)) g=$((SUBGID + 5))
	assert_output "$u $u $u $u
$g $g $g $g
$(id -g) $((SUBGID + 6)) $((SUBGID + 998))
0027"
}

@test "process.user: an engine's pipes are that user's, who opens /dev/stderr again; a file stays the caller's" {
	run -0 inside "$MANY" "p['user'] = {'uid': 5, 'gid': 6}" -- 'echo out >/dev/stdout; echo err >/dev/stderr; stat -L -c %u:%g:%a /proc/self/fd/1'
	assert_output $'out\nerr\n5:0:600'
	inside "$MANY" "p['user'] = {'uid': 5, 'gid': 6}" -- 'id -u' >"$BATS_TEST_TMPDIR/file"
	run -0 stat -c %u "$BATS_TEST_TMPDIR/file"
	assert_output "$(id -u)"
	config "$MANY"
	up c
	run -0 oci exec --user 5:6 c sh -c 'echo out >/dev/stdout; echo err >/dev/stderr'
	assert_output $'out\nerr'
}

@test "process.user: root of one id is the caller; a number outside the map is refused" {
	config
	up c
	run -0 in_status "$pid" Uid Gid
	assert_output "$(id -u) $(id -u) $(id -u) $(id -u)
$(id -g) $(id -g) $(id -g) $(id -g)"
	[ "$(stat -c %u "/proc/$pid")" = "$(id -u)" ]
	oci delete --force c
	for user in "'uid': 5, 'gid': 0" "'uid': 0, 'gid': 5" "'uid': 0, 'gid': 0, 'additionalGids': [5]"; do
		config "p['user'] = {$user}"
		run -1 said create --bundle "$B" c
		assert_contains "id 5 is not mapped into the container"
	done
	refused "p['user']['uid'] = 'root'" "process.user.uid: expected an integer, got a string"
	refused "p['user']['uid'] = -1" "process.user.uid: -1 is not between 0 and 4294967294"
	refused "p['user']['uid'] = 4294967295" "process.user.uid: 4294967295 is not between 0 and 4294967294"
	refused "p['user']['gid'] = 1.5" "process.user.gid: expected an integer, got a number with a fraction"
	refused "p['user']['umask'] = 0o1000" "process.user.umask: 512 is not between 0 and 511"
	refused "p['user']['additionalGids'] = 5" "process.user.additionalGids: expected an array, got an integer"
	refused "p['user']['additionalGids'] = ['x']" "process.user.additionalGids[0]: expected an integer, got a string"
	refused "p['user'] = 0" "process.user: expected an object, got an integer"
}

@test "process.args, env and cwd: exactly those" {
	config "p['args'] = ['cat', '/proc/self/cmdline', '/proc/self/environ']" \
		"p['env'] = ['PATH=/bin', 'A=1', 'B=', 'A=2', 'C=a=b\n c']" "p['cwd'] = '/etc'"
	oci run --bundle "$B" c >"$OUT"
	run -0 tr '\0' '|' <"$OUT"
	assert_output "cat|/proc/self/cmdline|/proc/self/environ|PATH=/bin|A=1|B=|A=2|C=a=b
 c|HOME=/|"
	# An empty HOME is one that the engine does not know.
	run -0 inside "p['env'] = ['PATH=/bin', 'HOME=']" -- 'echo "<$HOME>"'
	assert_output "</>"
	run -0 inside "p['cwd'] = '/etc'" -- pwd
	assert_output /etc
	run -0 inside "p['cwd'] = '/etc/../tmp/'" -- pwd
	assert_output /tmp
	# One that is not there is made.
	run -0 inside "p['cwd'] = '/tmp/new/$MARK'" -- pwd
	assert_output "/tmp/new/$MARK"
	refused "p['cwd'] = 'tmp'" "process.cwd: expected an absolute path"
	refused "p['args'] = []" "process.args: a command is needed"
	refused "del p['args']" "process.args: a command is needed"
	refused "p['args'] = 'sh'" "process.args: expected an array, got a string"
	refused "p['args'] = ['sh', 1]" "process.args[1]: expected a string, got an integer"
	config "p['args'] = ['a\\0b']"
	run -1 said create --bundle "$B" refused
	assert_contains "config.json: JSON line 1"
	refused "p['env'] = ['A']" "process.env[0]: expected NAME=VALUE"
	refused "p['env'] = ['=A']" "process.env[0]: expected NAME=VALUE"
	refused "del c['process']" "process.args: a command is needed"
}

@test "process.rlimits: soft and hard, the largest number is no limit" {
	config "p['rlimits'] = [{'type': 'RLIMIT_' + k, 'soft': s, 'hard': h} for k, s, h in (('NOFILE', 100, 200), ('CORE', 0, 4096), ('NPROC', 300, 400), ('STACK', 1 << 20, 1 << 21), ('CPU', 18446744073709551615, 18446744073709551615))]"
	up c
	run -0 grep -E '^Max (cpu|stack|core|processes|open)' "/proc/$pid/limits"
	[ "$(sed 's/  */ /g; s/ $//' <<<"$output" | sort)" = "Max core file size 0 4096 bytes
Max cpu time unlimited unlimited seconds
Max open files 100 200 files
Max processes 300 400 processes
Max stack size 1048576 2097152 bytes" ]
	refused "p['rlimits'] = [{'type': 'RLIMIT_X', 'soft': 1, 'hard': 1}]" "process.rlimits[0].type: no such limit"
	refused "p['rlimits'] = [{'type': 'RLIMIT_CORE', 'soft': 2, 'hard': 1}]" "process.rlimits[0].soft: above the hard limit"
	refused "p['rlimits'] = [{'type': 'RLIMIT_CORE', 'soft': 2}]" "process.rlimits[0].hard: a limit is needed"
	refused "p['rlimits'] = [{'type': 'RLIMIT_CORE', 'soft': 1, 'hard': 1}] * 2" "process.rlimits[1].type: given twice"
	config "p['rlimits'] = [{'type': 'RLIMIT_NOFILE', 'soft': 1, 'hard': 1 << 40}]"
	run -1 said create --bundle "$B" d
	assert_contains "RLIMIT_NOFILE soft 1 hard 1099511627776: Operation not permitted"
}

@test "process.capabilities: the five sets, in run, as root and as another" {
	config "$MANY" "caps(bounding='CHOWN KILL NET_RAW', effective='CHOWN', permitted='CHOWN KILL', inheritable='KILL', ambient='')" \
		"p['noNewPrivileges'] = True" "p['args'] = ['urun-probe', 'signals']"
	up c
	run -0 in_status "$pid" CapInh CapBnd CapAmb
	assert_output "0000000000000020
0000000000002021
0000000000000000"
	oci delete --force c
	config "$MANY" "caps(bounding='CHOWN KILL NET_RAW', effective='CHOWN', permitted='CHOWN KILL', inheritable='CHOWN KILL', ambient='KILL')" \
		"p['user'] = {'uid': 5, 'gid': 5}"
	up c
	run -0 in_status "$pid" CapInh CapPrm CapEff CapBnd CapAmb
	assert_output "0000000000000021
0000000000000020
0000000000000020
0000000000002021
0000000000000020"
	oci delete --force c
	# No object is no capability.
	config "del p['capabilities']"
	up c
	run -0 in_status "$pid" CapInh CapPrm CapEff CapBnd CapAmb
	assert_output "0000000000000000
0000000000000000
0000000000000000
0000000000000000
0000000000000000"
	oci delete --force c
	# OCI wants a name that nobody knows to be left out.
	config "caps(bounding='CHOWN NOSUCH', effective='CHOWN', permitted='CHOWN')"
	up c
	run -0 in_status "$pid" CapBnd
	assert_output 0000000000000001
	refused "p['capabilities'] = {'bounding': 'CAP_KILL'}" "process.capabilities.bounding: expected an array, got a string"
}

@test "process.noNewPrivileges and oomScoreAdj" {
	config "p['noNewPrivileges'] = True" "p['oomScoreAdj'] = 321"
	up c
	[ "$(in_status "$pid" NoNewPrivs)" = 1 ]
	[ "$(cat "/proc/$pid/oom_score_adj")" = 321 ]
	oci delete --force c
	config "del p['noNewPrivileges']"
	up c
	[ "$(in_status "$pid" NoNewPrivs)" = 0 ]
	[ "$(cat "/proc/$pid/oom_score_adj")" = "$(cat /proc/self/oom_score_adj)" ]
	refused "p['oomScoreAdj'] = 1001" "process.oomScoreAdj: 1001 is not between -1000 and 1000"
	refused "p['noNewPrivileges'] = 1" "process.noNewPrivileges: expected true or false, got an integer"
}

# --- root, names ---

@test "root.readonly: nothing of it can be written, what is mounted can" {
	run -0 inside "c['root']['readonly'] = True" "mount('/tmp', 'tmpfs', 'tmpfs')" -- \
		'touch /x 2>&1; touch /etc/x 2>&1; touch /tmp/x && echo tmp; touch /dev/x && echo dev; mount -o remount,rw / 2>/dev/null || echo no'
	assert_contains "touch: /x: Read-only file system
touch: /etc/x: Read-only file system
tmp
dev
no"
	[ ! -e "$ROOT/x" ]
	run -0 inside "c['root']['readonly'] = False" -- "touch /tmp/$MARK && echo ok"
	assert_output ok
	[ -e "$ROOT/tmp/$MARK" ]
}

@test "root.path: a folder that is not there, is none, or is missing" {
	config "c['root']['path'] = '/nosuch'"
	run -1 said create --bundle "$B" c
	assert_contains "urun-oci: rootfs '/nosuch': No such file or directory"
	config "c['root']['path'] = '/etc/passwd'"
	run -1 said create --bundle "$B" c
	assert_contains "urun-oci: rootfs '/etc/passwd': "
	refused "del c['root']" "root.path: a folder is needed"
	refused "c['root']['path'] = 5" "root.path: expected a string, got an integer"
	refused "c['root']['readonly'] = 'yes'" "root.readonly: expected true or false, got a string"
}

@test "hostname and domainname: those, and the host keeps its own" {
	own=$(cat /proc/sys/kernel/hostname /proc/sys/kernel/domainname)
	run -0 inside "c['hostname'] = 'a.b-C1'" "c['domainname'] = 'd.example'" -- \
		'hostname; cat /proc/sys/kernel/hostname /proc/sys/kernel/domainname'
	assert_output "a.b-C1
a.b-C1
d.example"
	[ "$(cat /proc/sys/kernel/hostname /proc/sys/kernel/domainname)" = "$own" ]
	run -0 inside "ns('uts')" "del c['hostname']" -- hostname
	assert_output "$(cat /proc/sys/kernel/hostname)"
	config "ns('uts')"
	run -1 said create --bundle "$B" c
	assert_output "urun-oci: --hostname 'urun' with --uts host would rename the host"
	config "ns('uts')" "c['domainname'] = 'd'" "del c['hostname']"
	run -1 said create --bundle "$B" c
	assert_output "urun-oci: domainname 'd' without a UTS namespace would rename the host's domain"
	for name in "'a b'" "'a\nb'" "'x' * 65"; do
		config "c['hostname'] = $name"
		run -1 said create --bundle "$B" c
		assert_contains "urun-oci: --hostname"
	done
}

# --- namespaces ---

@test "linux.namespaces: those that are listed are new, the others are the caller's" {
	config
	up c
	for kind in user mnt pid ipc uts cgroup; do
		[ "$(readlink "/proc/$pid/ns/$kind")" != "$(readlink "/proc/self/ns/$kind")" ]
	done
	[ "$(readlink "/proc/$pid/ns/net")" = "$(readlink /proc/self/ns/net)" ]
	oci delete --force c
	for kind in ipc uts cgroup pid; do
		config "ns('$kind')" "c.pop('hostname')" \
			"c['mounts'] = [m for m in c['mounts'] if '$kind' != 'pid' or m['type'] != 'proc']" \
			"'$kind' == 'pid' and mount('/proc', 'bind', '/proc', 'rbind')" \
			"'$kind' == 'pid' and l.update(maskedPaths=[], readonlyPaths=[])" \
			"c['mounts'] = [m for m in c['mounts'] if '$kind' != 'ipc' or m['type'] != 'mqueue']"
		up c
		[ "$(readlink "/proc/$pid/ns/$kind")" = "$(readlink "/proc/self/ns/$kind")" ]
		[ "$(readlink "/proc/$pid/ns/mnt")" != "$(readlink /proc/self/ns/mnt)" ]
		oci delete --force c
	done
	config "ns('network'); l['namespaces'].append({'type': 'network'})"
	up c
	[ "$(readlink "/proc/$pid/ns/net")" != "$(readlink /proc/self/ns/net)" ]
	run -0 oci exec c sh -c 'tail -n +3 /proc/net/dev | cut -d: -f1; ping -c 1 -W 5 127.0.0.1 >/dev/null 2>&1; ip addr show lo | grep -c UP'
	[[ $output = *lo*1 ]]
}

@test "linux.namespaces with a path: that one is joined, by another container too" {
	config "ns('network'); l['namespaces'].append({'type': 'network'})"
	up a
	first=$pid
	for kind in "ipc ipc" "uts uts" "network net" "cgroup cgroup"; do
		read -r word file <<<"$kind"
		config "c.pop('hostname')" "ns('user', '/proc/$first/ns/user')" "del l['uidMappings'], l['gidMappings']" \
			"ns('$word', '/proc/$first/ns/$file')"
		up b
		[ "$(readlink "/proc/$pid/ns/$file")" = "$(readlink "/proc/$first/ns/$file")" ]
		[ "$(readlink "/proc/$pid/ns/user")" = "$(readlink "/proc/$first/ns/user")" ]
		[ "$(readlink "/proc/$pid/ns/pid")" != "$(readlink "/proc/$first/ns/pid")" ]
		[ "$(in_status "$pid" Uid)" = "$(in_status "$first" Uid)" ]
		oci delete --force b
	done
	config "c.pop('hostname')" "ns('user', '/proc/$first/ns/user')" "del l['uidMappings'], l['gidMappings']" \
		"ns('pid', '/proc/$first/ns/pid')"
	up b
	[ "$(readlink "/proc/$pid/ns/pid")" = "$(readlink "/proc/$first/ns/pid")" ]
	run -0 oci exec b sh -c 'cat /proc/1/cmdline | tr "\0" " "'
	assert_output "sh -c sleep 600 & wait $MARK "
	has_status a running
	oci delete --force b
	is_gone "$pid"
	has_status a running
}

@test "linux.namespaces: what is refused" {
	refused "ns('mount')" "linux.namespaces: a new mount namespace is always needed"
	refused "l['namespaces'].append({'type': 'other'})" "linux.namespaces[6].type: no such namespace"
	refused "l['namespaces'].append({'type': 'pid'})" "linux.namespaces[6].type: given twice"
	refused "ns('user')" "linux.uidMappings: goes with a user namespace only"
	refused "l['namespaces'] = {}" "linux.namespaces: expected an array, got an object"
	for path in /nonexistent /etc/passwd /proc/self/ns/uts; do
		config "ns('ipc', '$path')" "ns('user')" "del l['uidMappings'], l['gidMappings']"
		run -1 said create --bundle "$B" c
		assert_contains "$path"
		nothing_is_left
	done
}

@test "linux.uidMappings, gidMappings: one id, ranges, and the files of the kernel" {
	config
	up c
	run -0 sed 's/^ *//; s/  */ /g' "/proc/$pid/uid_map" "/proc/$pid/gid_map"
	assert_output "0 $(id -u) 1
0 $(id -g) 1"
	[ "$(cat "/proc/$pid/setgroups")" = deny ]
	oci delete --force c
	config "l['uidMappings'] = [{'containerID': 0, 'hostID': int(os.environ['SUBUID']), 'size': 10}, {'containerID': 1000, 'hostID': os.getuid(), 'size': 1}, {'containerID': 2000, 'hostID': int(os.environ['SUBUID']) + 10, 'size': 100}]" \
		"l['gidMappings'] = [{'containerID': 0, 'hostID': int(os.environ['SUBGID']), 'size': 10}, {'containerID': 1000, 'hostID': os.getgid(), 'size': 1}]" \
		"p['user'] = {'uid': 1000, 'gid': 1000}"
	up c
	run -0 sed 's/^ *//; s/  */ /g' "/proc/$pid/uid_map" "/proc/$pid/gid_map"
	assert_output "0 $SUBUID 10
1000 $(id -u) 1
2000 $((SUBUID + 10)) 100
0 $SUBGID 10
1000 $(id -g) 1"
	[ "$(cat "/proc/$pid/setgroups")" = allow ]
	[ "$(stat -c %u "/proc/$pid")" = "$(id -u)" ]
	oci delete --force c
	for map in "'hostID': 0, 'size': 1" "'hostID': os.getuid(), 'size': 2" "'hostID': int(os.environ['SUBUID']), 'size': $(($(sub_count uid) + 1))"; do
		config "l['uidMappings'] = [{'containerID': 0, $map}]"
		run -1 said create --bundle "$B" c
		assert_contains "lies outside the ids of '$(id -un)'"
	done
	refused "l['uidMappings'][0]['size'] = 'x'" "linux.uidMappings[0].size: expected an integer, got a string"
	refused "l['uidMappings'][0]['size'] = -1" "linux.uidMappings[0].size: -1 is not between 0 and 4294967295"
	nothing_is_left
}

@test "linux.sysctl: of namespaces that are the container's" {
	run -0 inside "ns('network'); l['namespaces'].append({'type': 'network'})" \
		"l['sysctl'] = {'kernel.shm_rmid_forced': '1', 'fs.mqueue.msg_max': '77', 'net.ipv4.ip_forward': '1', 'net.ipv4.ping_group_range': '0 0'}" \
		-- 'cd /proc/sys; cat kernel/shm_rmid_forced fs/mqueue/msg_max net/ipv4/ip_forward net/ipv4/ping_group_range'
	assert_output "1
77
1
0	0"
	refused "l['sysctl'] = {'net.ipv4.ip_forward': '1'}" "linux.sysctl.net.ipv4.ip_forward: the network namespace is not the container's"
	for key in kernel.core_pattern vm.swappiness kernel.domainname fs.file-max; do
		refused "l['sysctl'] = {'$key': '1'}" "linux.sysctl.$key: no parameter of a namespace"
	done
	refused "l['sysctl'] = {'kernel.shm_rmid_forced': 1}" "linux.sysctl.kernel.shm_rmid_forced: expected a string, got an integer"
	for key in kernel/core_pattern net.../../kernel.core_pattern net/../kernel/core_pattern "net.ipv4.../../kernel/core_pattern"; do
		config "ns('network'); l['namespaces'].append({'type': 'network'})" "l['sysctl'] = {'$key': '1'}"
		run -1 said create --bundle "$B" c
		assert_contains "linux.sysctl"
		[ ! -e "$STATE/c" ]
	done
}

# --- files ---

@test "linux.maskedPaths and readonlyPaths" {
	mkdir -p "$ROOT/secret" "$ROOT/fixed/sub"
	echo secret >"$ROOT/secret/file"
	echo secret >"$ROOT/file"
	run -0 inside "l['maskedPaths'] = ['/secret', '/file', '/nosuch', '/proc/version']" \
		"l['readonlyPaths'] = ['/fixed', '/nosuch', '/proc/sys']" -- \
		'ls -A /secret; cat /file /proc/version; echo x 2>&1 >/secret/new; echo x >/file; echo x 2>&1 >/fixed/x; echo x 2>&1 >/fixed/sub/x; echo x 2>&1 >/proc/sys/kernel/hostname; echo end' 2>&1
	assert_output "$MARK: line 0: can't create /secret/new: Read-only file system
$MARK: line 0: can't create /fixed/x: Read-only file system
$MARK: line 0: can't create /fixed/sub/x: Read-only file system
$MARK: line 0: can't create /proc/sys/kernel/hostname: Read-only file system
end"
	[ "$(cat "$ROOT/file")" = secret ]
	# They cannot be taken away: no capability for it, and none by a namespace of one's own.
	run -0 inside "l['maskedPaths'] = ['/secret']" -- 'umount /secret 2>/dev/null || ls -A /secret | wc -l'
	assert_output 0
	refused "l['maskedPaths'] = ['secret']" "linux.maskedPaths[0]: expected an absolute path"
	refused "l['readonlyPaths'] = [1]" "linux.readonlyPaths[0]: expected a string, got an integer"
}

@test "the masked paths of the rootless config hide what is there, and leave the rest" {
	run -0 inside -- 'for f in /proc/kcore /proc/keys /proc/timer_list /proc/interrupts; do [ -e $f ] && cat $f | wc -c; done; ls -A /proc/acpi /sys/firmware 2>/dev/null | grep -v : | wc -w; cat /proc/self/comm' 2>/dev/null
	refute_contains "cannot"
	[ "${lines[-1]}" = cat ]
	for line in "${lines[@]:0:${#lines[@]}-1}"; do
		[ "$line" = 0 ]
	done
}

@test "linux.devices: the host's node; the defaults are there without" {
	run -0 inside -- 'for d in null zero full random urandom tty; do stat -c "%n %t:%T" /dev/$d; done; for l in fd stdin stdout stderr ptmx; do readlink /dev/$l; done; ls -A /dev | wc -l'
	[ "$(head -n 11 <<<"$output")" = "/dev/null 1:3
/dev/zero 1:5
/dev/full 1:7
/dev/random 1:8
/dev/urandom 1:9
/dev/tty 5:0
/proc/self/fd
/proc/self/fd/0
/proc/self/fd/1
/proc/self/fd/2
pts/ptmx" ]
	if [ -c /dev/fuse ]; then
		run -0 inside "l['devices'] = [{'path': '/dev/fuse', 'type': 'c', 'major': 10, 'minor': 229, 'fileMode': 0o666, 'uid': 0, 'gid': 0}]" -- \
			'stat -c "%t:%T" /dev/fuse'
		assert_output a:e5
	fi
	config "l['devices'] = [{'path': '/dev/urun-none', 'type': 'c', 'major': 10, 'minor': 1}]"
	run -1 said create --bundle "$B" c
	assert_contains "urun-oci: device '/dev/urun-none': No such file or directory"
	refused "l['devices'] = [{'path': '/dev/null', 'type': 'c', 'major': 1, 'minor': 5}]" "linux.devices[0]: /dev/null is character device 1:3"
	refused "l['devices'] = [{'path': '/dev/x', 'type': 'x'}]" "linux.devices[0].type: expected c, b, u or p"
	refused "l['devices'] = [{'path': 'x', 'type': 'c'}]" "linux.devices[0].path: expected an absolute path"
	refused "l['devices'] = [{'path': '/', 'type': 'c'}]" "linux.devices[0].path: '/' is no device"
	refused "l['devices'] = [{'type': 'c', 'major': 'x', 'path': '/dev/x'}]" "linux.devices[0].major: expected an integer, got a string"
}

@test "mounts: a bind of a folder and of a file, read-only, missing targets are made" {
	mkdir -p "$BATS_TEST_TMPDIR/d/sub"
	echo of-the-host >"$BATS_TEST_TMPDIR/d/f"
	run -0 inside "d = os.environ['BATS_TEST_TMPDIR'] + '/d'" "mount('/m/a', 'bind', d, 'rbind', 'ro')" \
		"mount('/m/b', 'none', d + '/f', 'bind')" "mount('/m/c', '', d, 'bind', 'noexec', 'nosuid', 'nodev')" -- \
		'cat /m/a/f /m/b; echo x 2>&1 >/m/a/x; echo y >>/m/b; touch /m/c/new; for m in a b c; do grep " /m/$m " /proc/self/mountinfo | cut -d" " -f6; done'
	assert_contains "of-the-host
of-the-host"
	assert_contains "/m/a/x: Read-only file system"
	[[ ${lines[-3]} = ro,* ]]
	[[ ${lines[-2]} = rw,* ]]
	[[ ${lines[-1]} = rw,nosuid,nodev,noexec,* ]]
	[ "$(cat "$BATS_TEST_TMPDIR/d/f")" = "of-the-host
y" ]
	[ -e "$BATS_TEST_TMPDIR/d/new" ]
	[ ! -e "$BATS_TEST_TMPDIR/d/x" ]
}

@test "mounts: a relative source is relative to the bundle, one that is missing is refused" {
	echo here >"$B/file"
	run -0 inside "mount('/tmp/f', 'bind', 'file', 'bind')" -- 'cat /tmp/f'
	assert_output here
	config "mount('/tmp/f', 'bind', 'nosuch', 'bind')"
	run -1 said create --bundle "$B" c
	assert_contains "$B/nosuch': No such file or directory"
	nothing_is_left
}

@test "mounts: tmpfs with size, mode, and copied up; in the order of the list" {
	run -0 inside "mount('/m/t', 'tmpfs', 'tmpfs', 'size=65536', 'mode=1700', 'nosuid')" \
		"mount('/m/t/in', 'tmpfs', 'tmpfs', 'size=1m')" "mount('/etc', 'tmpfs', 'tmpfs', 'tmpcopyup')" -- \
		'stat -c %a /m/t; grep -c " /m/t/in " /proc/self/mountinfo; df -k /m/t | tail -n 1 | tr -s " " | cut -d" " -f2; touch /etc/new && echo written'
	assert_output "1700
1
64
written"
	[ ! -e "$ROOT/etc/new" ]
}

@test "mounts: proc, sysfs, devpts, mqueue, cgroup" {
	run -0 inside "ns('network'); l['namespaces'].append({'type': 'network'})" \
		"[m.update(type='sysfs', source='sysfs', options=['nosuid', 'noexec', 'nodev', 'ro']) for m in c['mounts'] if m['destination'] == '/sys']" -- \
		'for m in /proc /sys /dev /dev/pts /dev/shm /dev/mqueue; do awk -v m=$m "\$2 == m { print m, \$3 }" /proc/self/mounts | head -n 1; done; stat -f -c %T /proc'
	assert_output "/proc proc
/sys sysfs
/dev tmpfs
/dev/pts devpts
/dev/shm tmpfs
/dev/mqueue mqueue
proc"
	run -0 inside -- 'ls -d /proc/[0-9]* | wc -l; cat /proc/1/comm; ls /dev/pts'
	[ "${lines[1]}" = sh ]
	[ "${lines[0]}" -le 5 ]
	assert_contains ptmx
}

@test "mounts: what is refused names its place" {
	n=$(json "len(d['mounts'])" <"$BASE")
	refused "c['mounts'].append({'type': 'tmpfs'})" "mounts[$n].destination: a path is needed"
	refused "c['mounts'].append(5)" "mounts[$n]: expected an object, got an integer"
	refused "mount('/tmp', 'tmpfs', 'tmpfs', 'mode=9')" "mounts[$n].options[0]: no octal mode"
	refused "mount('/tmp', 'bind', '/tmp', 5)" "mounts[$n].options[0]: expected a string, got an integer"
	refused "c['mounts'][$n - 1]['options'] = 'ro'" "mounts[$((n - 1))].options: expected an array, got a string"
	refused "mount('/', 'tmpfs', 'tmpfs')" "mounts[$n].destination: nothing can be mounted on '/' itself"
	for path in /proc/sys /proc/self /proc/self/attr; do
		config "mount('$path', 'tmpfs', 'tmpfs')"
		run -1 said create --bundle "$B" c
		assert_contains "urun-oci: mount on '$path': nothing can be mounted inside /proc"
	done
	nothing_is_left
}

@test "mounts on the way of links inside stay inside" {
	mkdir -p "$BATS_TEST_TMPDIR/victim"
	ln -sfn "$BATS_TEST_TMPDIR/victim" "$ROOT/link"
	ln -sfn ../../../../../../../../../..$BATS_TEST_TMPDIR/victim "$ROOT/link2"
	for link in link link2; do
		config "mount('/$link/made', 'tmpfs', 'tmpfs')"
		run -1 said create --bundle "$B" c
		assert_output "urun-oci: mount target '/$link/made' in the rootfs: No such file or directory"
	done
	mkdir -p "$ROOT$BATS_TEST_TMPDIR/victim"
	run -0 inside "mount('/link/made', 'tmpfs', 'tmpfs')" "mount('/link2/made', 'tmpfs', 'tmpfs')" -- \
		"grep -c '$BATS_TEST_TMPDIR/victim/made ' /proc/self/mountinfo"
	assert_output 2
	[ -z "$(ls -A "$BATS_TEST_TMPDIR/victim")" ]
	rm "$ROOT/link" "$ROOT/link2"
}

# --- the document ---

@test "annotations: in the state, inert" {
	config "c['annotations'] = {'org.example.a': 'x=y', 'run.oci.unknown': '1', 'b': '\x1b[1m'}"
	create c
	run -0 eval "oci state c | json 'd[\"annotations\"]'"
	assert_output '{"org.example.a": "x=y", "run.oci.unknown": "1", "b": "\u001b[1m"}'
	run -0 oci state c
	refute_contains $'\e'
	refused "c['annotations'] = {'a': 1}" "annotations.a: expected a string, got an integer"
	refused "c['annotations'] = []" "annotations: expected an object, got an array"
}

@test "keys that nobody knows are ignored" {
	run -0 inside "c['x'] = 1" "p['x'] = {}" "p['user']['x'] = []" "l['x'] = 'y'" "c['root']['x'] = None" \
		"c['mounts'][0]['x'] = 2" "l['namespaces'][0]['x'] = 2" -- 'echo ok'
	assert_output ok
	config "c['x'] = 1" "sh('true')"
	run -0 oci --debug run --bundle "$B" c
	assert_output "urun-oci: debug: $B/config.json: x is ignored: it is not known"
}

@test "ociVersion: 1.x, else refused" {
	for version in 1.0.0 1.0.2-dev 1.1.0 1.2.0 1.3.0; do
		run -0 inside "c['ociVersion'] = '$version'" -- 'echo ok'
		assert_output ok
	done
	for version in 0.9 2.0.0 x ''; do
		config "c['ociVersion'] = '$version'"
		run -1 said create --bundle "$B" c
		assert_contains "urun-oci: $B/config.json: ociVersion: "
	done
	refused "c['ociVersion'] = 1" "ociVersion: expected a string, got an integer"
}

@test "a document that is none: empty, garbage, twice the same key, deep, large" {
	for text in '' 'x' '{' '[]' '{"a":1}{' '{"ociVersion":"1.0.0","ociVersion":"1.0.0"}' \
		"$(printf '[%.0s' $(seq 5000))" $'{"ociVersion":"1.0.0\xff"}'; do
		printf %s "$text" >"$B/config.json"
		run -1 said create --bundle "$B" c
		assert_contains "urun-oci: $B/config.json: "
		[ ! -e "$STATE/c" ]
	done
	head -c 20000000 /dev/zero | tr '\0' ' ' >"$B/config.json"
	run -1 said create --bundle "$B" c
	assert_contains "$B/config.json"
	rm "$B/config.json"
	mkfifo "$B/config.json"
	run -1 timeout 10 urun-oci --root "$STATE" create --bundle "$B" c
	assert_contains "$B/config.json"
	rm "$B/config.json"
	mkdir "$B/config.json"
	run -1 said create --bundle "$B" c
	assert_contains "$B/config.json"
}

@test "what urun alone gives is refused, with the reason" {
	config "c['org.urun'] = {'init': True}"
	run -1 said create --bundle "$B" c
	assert_output "urun-oci: config.json asks for what urun alone gives, below org.urun: images, overlays, networks, volumes, --init, --timeout or ids by --userns auto
  'urun run' starts it; urun-oci runs OCI bundles"
	nothing_is_left
}

@test "linux.seccomp: the filter is the payload's, and exec's" {
	config "l['seccomp'] = {'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': [{'names': ['chmod', 'fchmodat'], 'action': 'SCMP_ACT_ERRNO', 'errnoRet': 13}]}"
	up c
	[ "$(in_status "$pid" Seccomp)" = 2 ]
	run -0 oci exec c urun-probe calls chmod
	assert_output "chmod EACCES"
	run -0 oci exec c grep Seccomp: /proc/self/status
	assert_output $'Seccomp:\t2'
	oci delete --force c
	config
	up c
	[ "$(in_status "$pid" Seccomp)" = 0 ]
}
