#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# oci_faults.bats - urun-oci when something goes wrong, and rootfs whose author means harm

load oci

setup_file() {
	oci_setup_file
}

setup() {
	oci_setup
	cd "$BATS_TEST_TMPDIR"
}

teardown() {
	chmod 700 "${STATE:-/nonexistent}" 2>/dev/null || true
	[ -z "${launcher:-}" ] || kill -KILL "$launcher" 2>/dev/null || true
	oci_teardown
}

# killed WHAT ROUNDS
killed() {
	config
	run python3 "$PYTHONPATH/oci_killer.py" "$1" $(($2 * ROUNDS))
	echo "# $1: ${lines[*]}" >&3
	assert_status 0
	nothing_is_left
}

# --- kills and races ---

@test "kill -9 of create at any moment: nothing is left, or what delete --force clears" {
	killed create 60
}

@test "kill -9 of create at any moment, with hooks" {
	config "h = [{'path': '/bin/sh', 'args': ['sh', '-c', 'sleep 0.003', mark]}]" \
		"c['hooks'] = {k: h for k in ('prestart', 'createRuntime', 'createContainer')}"
	run python3 "$PYTHONPATH/oci_killer.py" create $((20 * ROUNDS))
	assert_status 0
	nothing_is_left
}

@test "kill -9 of start at any moment" {
	killed start 40
}

@test "kill -9 of delete --force at any moment" {
	killed delete 40
}

@test "kill -9 of exec at any moment: its command ends, and the container goes on" {
	killed exec 30
}

@test "two creates of one id at the same time: one wins" {
	killed twice 20
}

@test "two starts at the same time: one wins" {
	killed starts 20
}

@test "who changes a container waits for who does so already" {
	config "c['hooks'] = {'createRuntime': [{'path': '/bin/sh', 'args': ['sh', '-c', 'echo >here; sleep 0.5']}]}"
	for command in start delete; do
		rm -f here
		apart oci create --bundle "$B" c &
		launcher=$!
		wait_until test -e here
		has_status c creating
		run -0 oci $command c
		assert_output ""
		wait $launcher
		launcher=
		[ $command = delete ] || oci delete --force c
	done
	nothing_is_left
}

@test "eight commands on one id at the same time" {
	killed crowd 20
}

# --- states ---

@test "a state that is garbage, empty, huge or of the future does not disturb the others" {
	config
	up good
	for name in garbage empty future wrong folder huge fifo; do
		mkdir -m 700 "$STATE/$name"
	done
	echo '{garbage' >"$STATE/garbage/state.json"
	: >"$STATE/empty/state.json"
	sed 's/"version":1/"version":2/' "$STATE/good/state.json" >"$STATE/future/state.json"
	echo '{"version":1,"bundle":5}' >"$STATE/wrong/state.json"
	mkdir "$STATE/folder/state.json"
	head -c 20000000 /dev/zero >"$STATE/huge/state.json"
	mkfifo "$STATE/fifo/state.json"
	: >"$STATE/a-file"
	mkdir "$STATE/.hidden"
	run -0 --separate-stderr oci list -q
	assert_output good
	for name in garbage empty future wrong folder huge fifo; do
		[[ $stderr = *"container '$name'"* ]]
		run -1 oci state $name
		assert_contains "container '$name'"
		run -1 oci start $name
		run -1 oci kill $name
		run -1 said delete $name
		[ -d "$STATE/$name" ]
	done
	run -0 eval "oci list -f json 2>/dev/null | json '[x[\"id\"] for x in d]'"
	assert_output '["good"]'
	run -1 oci state future
	assert_contains "it is of another version of urun-oci"
	has_status good running
	run -0 oci exec good echo ok
	assert_output ok
	for name in garbage empty future wrong folder huge fifo; do
		run -0 oci delete --force $name
		assert_output ""
		[ ! -e "$STATE/$name" ]
	done
	rm -r "$STATE/a-file" "$STATE/.hidden"
	has_status good running
}

@test "a folder without state.json: a creation that was killed, which delete --force removes" {
	mkdir -p -m 700 "$STATE/c"
	has_status c creating
	run -1 oci start c
	assert_output "urun-oci: cannot start container 'c' in the creating state"
	run -1 oci exec c true
	assert_output "urun-oci: cannot exec in container 'c': container not running, it is creating"
	config
	run -1 said create --bundle "$B" c
	assert_output "urun-oci: container with id 'c' exists already
  urun-oci delete --force c removes it"
	run -0 oci delete --force c
	nothing_is_left
	# Nobody holds it, so nobody is making it any more.
	mkdir -p -m 700 "$STATE/c"
	run -0 oci delete c
	nothing_is_left
}

@test "one whose process is gone is stopped; another one with its number is not killed" {
	config
	create c
	pid=$(pid_in c)
	kill -KILL "$pid"
	wait_until has_status c stopped
	[ "$(pid_in c)" = 0 ]
	oci delete c
	create c
	pid=$(pid_in c)
	# In a namespace of its own: whoever took it for the container would end that, and not all there is.
	unshare --user --map-root-user --pid --fork --kill-child sleep 607 3>&- &
	launcher=$!
	wait_until pgrep -P $launcher
	victim=$(pgrep -P $launcher)
	# Another start, another boot, and no start at all.
	for stamp in "$victim 1 $(cat /proc/sys/kernel/random/boot_id)" \
		"$victim $(awk '{ print $22 }' /proc/$victim/stat) 00000000-0000-0000-0000-000000000000" \
		"$victim" "1 1 x" "-1" "0" "99999999999999999999" "x"; do
		sed -i "s/\"process\":\"[^\"]*\"/\"process\":\"$stamp\"/" "$STATE/c/state.json"
		has_status c stopped
		[ "$(pid_in c)" = 0 ]
		run -1 oci kill c KILL
		assert_output "urun-oci: container not running: 'c': no such process"
		run -1 oci kill --all c KILL
		assert_contains "no such process"
		run -1 oci exec c true
		assert_contains "container not running"
	done
	run -0 oci delete --force c
	kill -0 "$victim"
	kill -KILL $launcher "$pid"
	wait $launcher || true
	launcher=
	wait_until is_gone "$pid"
	nothing_is_left
}

@test "a state folder that is read-only, no folder, a link, or missing" {
	config
	mkdir -m 500 "$STATE"
	run -1 said create --bundle "$B" c
	assert_output "urun-oci: make the state of container 'c': Permission denied"
	run -0 oci list -q
	assert_output ""
	chmod 700 "$STATE"
	: >file
	for command in list "state c" "create --bundle $B c" "delete --force c"; do
		run -1 urun-oci --root file $command
		assert_contains "urun-oci: folder 'file' for the state of containers: "
	done
	apart urun-oci --root "$BATS_TEST_TMPDIR/deep/er" create --bundle "$B" c
	urun-oci --root "$BATS_TEST_TMPDIR/deep/er" delete --force c
	[ "$(stat -c %a "$BATS_TEST_TMPDIR/deep/er")" = 700 ]
	# The folder of one container is never a link's target.
	mkdir elsewhere
	ln -s "$BATS_TEST_TMPDIR/elsewhere" "$STATE/link"
	run -1 said create --bundle "$B" link
	assert_contains "exists already"
	run -1 oci state link
	run oci delete --force link
	[ -d elsewhere ]
	rm -f "$STATE/link"
}

@test "standard descriptors that are closed" {
	config "sh('urun-probe fds >/tmp/$MARK')"
	for closed in '0<&-' '1>&-' '2>&-' '0<&- 1>&-' '0<&- 1>&- 2>&-'; do
		rm -f "$ROOT/tmp/$MARK"
		eval "urun-oci --root '$STATE' run --bundle '$B' c $closed" </dev/null 3>&-
		[ "$(cat "$ROOT/tmp/$MARK")" = "0 1 2" ]
		eval "urun-oci --root '$STATE' create --bundle '$B' c $closed" </dev/null >>out 2>&1 3>&-
		oci start c
		wait_until has_status c stopped
		oci delete c
	done
	run -1 eval "urun-oci --root '$STATE' state c 2>&-"
	run -0 eval "urun-oci --root '$STATE' list -q 0<&-"
	run -1 eval "urun-oci --root '$STATE' list >/dev/full"
	assert_contains "No space left on device"
	nothing_is_left
}

@test "a hook that hangs: delete --force ends the creation, and nobody waits for it" {
	for kind in prestart createRuntime createContainer; do
		config "c['hooks'] = {'$kind': [{'path': '/bin/sh', 'args': ['sh', '-c', 'echo >hook.started; exec sleep 608']}]}"
		rm -f hook.started
		urun-oci --root "$STATE" create --bundle "$B" c </dev/null >out 2>&1 3>&- &
		launcher=$!
		wait_until pgrep -u "$(id -u)" -fx 'sleep 608'
		has_status c creating
		SECONDS=0
		run -0 timeout 30 urun-oci --root "$STATE" delete --force c
		[ $SECONDS -lt 8 ]
		wait $launcher || true
		launcher=
		pkill -KILL -u "$(id -u)" -fx 'sleep 608' || true
		nothing_is_left
	done
}

@test "a poststop hook that hangs: what waits for the delete says that it is that hook" {
	config "c['hooks'] = {'poststop': [{'path': '/bin/sh', 'args': ['sh', '-c', 'exec sleep 607']}]}"
	up c
	oci delete --force c </dev/null >out 2>&1 3>&- &
	launcher=$!
	wait_until pgrep -u "$(id -u)" -fx 'sleep 607'
	for command in "delete --force" start; do
		run -1 timeout 30 urun-oci --root "$STATE" $command c
		assert_output "urun-oci: container 'c' is held by another command
  It may wait for a hook. urun-oci delete --force c ends what creates or starts the container; a delete goes on when its poststop hook has ended"
	done
	pkill -u "$(id -u)" -fx 'sleep 607'
	wait $launcher
	launcher=
	nothing_is_left
}

@test "a startContainer hook that hangs: delete --force ends it" {
	config "c['hooks'] = {'startContainer': [{'path': '/bin/sh', 'args': ['sh', '-c', 'exec sleep 609']}]}"
	create c
	urun-oci --root "$STATE" start c </dev/null >out 2>&1 3>&- &
	launcher=$!
	wait_until pgrep -u "$(id -u)" -fx 'sleep 609'
	SECONDS=0
	run -0 timeout 30 urun-oci --root "$STATE" delete --force c
	[ $SECONDS -lt 8 ]
	code=0
	wait $launcher || code=$?
	launcher=
	[ $code = 1 ]
	[ -z "$(pgrep -u "$(id -u)" -fx 'sleep 609')" ]
	nothing_is_left
}

@test "the disk is full, or no file may be written" {
	config
	run -1 bash -c 'ulimit -f 0; trap "" XFSZ; urun-oci --root "$STATE" create --bundle "$B" c </dev/null >/dev/null'
	assert_contains "File too large"
	nothing_is_left
	run -1 bash -c 'ulimit -n 12; urun-oci --root "$STATE" create --bundle "$B" c </dev/null >/dev/null'
	assert_contains "Too many open files"
	nothing_is_left
}

# --- rootfs whose author means harm ---

# own_oci: $OCI is a urun-oci that the user could overwrite, as a user's own installation is.
own_oci() {
	own_urun
	before=$(sha256sum "$OWN"/*)
}

# evil_root: $ROOT is one of the test's own, to be made evil
evil_root() {
	cp -r "$ROOT" "$BATS_TEST_TMPDIR/evil"
	ROOT=$BATS_TEST_TMPDIR/evil
	VICTIM=$BATS_TEST_TMPDIR/victim
	mkdir "$VICTIM" "$VICTIM/pts" "$VICTIM/shm"
	for file in null ptmx console core fd; do
		echo "$file of the host" >"$VICTIM/$file"
	done
	untouched=$(picture)
}

picture() {
	(cd "$VICTIM" && find . -printf '%p %y %m %u %s %T@ %l\n' | sort && cat null ptmx console core fd)
}

WITHOUT_DEV="c['mounts'] = [m for m in c['mounts'] if not m['destination'].startswith('/dev')]"
ALL_CAPS="caps(**{k: 'CHOWN DAC_OVERRIDE FOWNER KILL SETUID SETGID SYS_ADMIN SYS_PTRACE SYS_CHROOT NET_ADMIN' for k in ('bounding', 'effective', 'permitted')})"

@test "CVE-2019-5736: who execs cannot be overwritten by the payload" {
	own_oci
	config "p['args'] = ['urun-probe', 'overwrite', '600000']" "$ALL_CAPS"
	up c
	wait_until grep -q watching "$OUT"
	for _ in $(seq $((20 * ROUNDS))); do
		run -0 oci exec c true
	done
	oci kill c KILL
	run -0 uniq "$OUT"
	assert_output watching
	[ "$before" = "$(sha256sum "$OWN"/*)" ]
}

@test "CVE-2019-5736: a command that is #!/proc/self/exe changes nothing" {
	own_oci
	for link in /proc/self/exe /proc/1/exe /proc/thread-self/exe; do
		printf '#!%s\n' "$link" >"$ROOT/tmp/script"
		chmod 755 "$ROOT/tmp/script"
		config
		up c
		said exec c /tmp/script || true
		run -0 said exec c sh -c '/tmp/script >/dev/null 2>&1 & urun-probe overwrite 50'
		refute_contains "opened: ok"
		refute_contains wrote
		oci delete --force c
		config "p['args'] = ['/tmp/script']"
		said run --bundle "$B" c || true
		oci delete --force c
	done
	rm "$ROOT/tmp/script"
	[ "$before" = "$(sha256sum "$OWN"/*)" ]
}

@test "CVE-2016-9962: who execs cannot be traced, nor its memory opened, before the command runs" {
	config "p['args'] = ['urun-probe', 'watch', '600000']" "$ALL_CAPS"
	up c
	wait_until grep -q watching "$OUT"
	for _ in $(seq $((20 * ROUNDS))); do
		run -0 oci exec c true
	done
	oci kill c KILL
	run -0 uniq "$OUT"
	assert_output watching
}

@test "CVE-2024-21626: a working folder below /proc/self/fd is refused, in run and in exec" {
	for n in 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		for path in "/proc/self/fd/$n" "/proc/self/fd/$n/../../.."; do
			config "p['cwd'] = '$path'" "sh('pwd; ls')"
			run -1 urun-probe with-fds urun-oci --root "$STATE" run --bundle "$B" c
			assert_contains "urun-oci: working folder '"
			[ "${#lines[@]}" -le 2 ]
		done
	done
	config
	up c
	for n in 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		for path in "/proc/self/fd/$n" "/proc/self/fd/$n/../../.."; do
			run -1 urun-probe with-fds urun-oci --root "$STATE" exec --cwd "$path" c sh -c 'pwd; ls'
			assert_contains "urun-oci: working folder '"
			[ "${#lines[@]}" -le 2 ]
		done
	done
	# By a link of the rootfs as well.
	ln -sfn /proc/self/fd/20 "$ROOT/link"
	run -1 urun-probe with-fds urun-oci --root "$STATE" exec --cwd /link c pwd
	assert_contains "urun-oci: working folder '/link'"
	rm "$ROOT/link"
}

@test "CVE-2025-31133: masks do not follow a /dev/null that is a link" {
	evil_root
	ln -s /target "$ROOT/dev/null"
	echo target >"$ROOT/target"
	echo secret >"$ROOT/secret"
	# The rootfs's own /dev, and one that is bound.
	mkdir "$BATS_TEST_TMPDIR/dev"
	ln -s /target "$BATS_TEST_TMPDIR/dev/null"
	for dev in "True" "mount('/dev', 'bind', os.environ['BATS_TEST_TMPDIR'] + '/dev', 'rbind')"; do
		run -0 inside "$WITHOUT_DEV" "$dev" "l['maskedPaths'] = ['/secret', '/proc/version']" -- \
			'cat /secret /proc/version; echo evil >/secret; echo end'
		assert_output end
		[ "$(cat "$ROOT/target") $(cat "$ROOT/secret")" = "target secret" ]
	done
}

@test "CVE-2025-52565: /dev/console that is a link, with and without a /dev of the document" {
	evil_root
	ln -s "$VICTIM/console" "$ROOT/dev/console"
	for mounts in True "c['mounts'] = [m for m in c['mounts'] if m['destination'] != '/dev']"; do
		config "$mounts" "p['terminal'] = True" "sh('ls -lL /dev/console; echo evil >/dev/console')"
		run oci run --bundle "$B" c </dev/null
		[ "$(picture)" = "$untouched" ]
	done
	# What it leads to inside is what is bound over.
	mkdir -p "$ROOT$VICTIM"
	echo inside >"$ROOT$VICTIM/console"
	config "c['mounts'] = [m for m in c['mounts'] if m['destination'] != '/dev']" "p['terminal'] = True" \
		"sh('echo evil >/dev/console; test -t 0 && echo a-terminal')"
	run -0 oci run --bundle "$B" c </dev/null
	assert_contains a-terminal
	[ "$(picture)" = "$untouched" ]
	[ "$(cat "$ROOT$VICTIM/console")" = inside ]
	nothing_is_left
}

@test "CVE-2026-47766: a /dev that is a link to a folder of the host: nothing there is touched" {
	evil_root
	rm -r "$ROOT/dev"
	for target in "$VICTIM" "../../../../../../../../../..$VICTIM" /proc/self/cwd/../victim /proc/1/root; do
		ln -sfn "$target" "$ROOT/dev"
		for mounts in True "$WITHOUT_DEV" "c['mounts'] = [m for m in c['mounts'] if m['destination'] != '/dev']"; do
			config "$mounts" "sh('true')"
			run -1 said run --bundle "$B" c
			assert_contains "urun-oci: "
			[ "$(picture)" = "$untouched" ]
			nothing_is_left
		done
	done
	# Where the folder is there inside, it is that one.
	ln -sfn "$VICTIM" "$ROOT/dev"
	mkdir -p "$ROOT$VICTIM"
	run -0 inside "$WITHOUT_DEV" -- 'stat -c %t:%T /dev/null'
	assert_output 1:3
	[ "$(picture)" = "$untouched" ]
}

@test "CVE-2025-52881: a /proc or /sys of the rootfs that is a link: the kernel's files are written, none of the rootfs" {
	evil_root
	mkdir -p "$ROOT/fake/sys/kernel" "$ROOT/fake/self/attr" "$ROOT/fake/self/fd" "$ROOT/fake/1"
	for file in sys/kernel/shm_rmid_forced self/oom_score_adj self/attr/exec self/setgroups self/uid_map \
		self/fd/0 1/oom_score_adj; do
		echo fake >"$ROOT/fake/$file"
	done
	rmdir "$ROOT/proc"
	ln -s /fake "$ROOT/proc"
	fake=$(cd "$ROOT/fake" && find . -type f -exec cat {} +)
	for mounts in True "c['mounts'] = [m for m in c['mounts'] if m['destination'] != '/proc']; l['maskedPaths'] = l['readonlyPaths'] = []"; do
		config "$mounts" "l['sysctl'] = {'kernel.shm_rmid_forced': '1'}" "p['oomScoreAdj'] = 500"
		up c
		[ "$(cat "/proc/$pid/oom_score_adj")" = 500 ]
		apart oci exec -d --pid-file "$BATS_TEST_TMPDIR/pid" c sleep 600
		[ "$(cat "/proc/$(cat "$BATS_TEST_TMPDIR/pid")/oom_score_adj")" = 500 ]
		oci delete --force c
		[ "$(cd "$ROOT/fake" && find . -type f -exec cat {} +)" = "$fake" ]
	done
	rm "$ROOT/proc"
	mkdir "$ROOT/proc"
	rmdir "$ROOT/sys"
	ln -s /fake "$ROOT/sys"
	config "sh('true')"
	run -0 said run --bundle "$B" c
	assert_output ""
	[ "$(cd "$ROOT/fake" && find . -type f -exec cat {} +)" = "$fake" ]
	nothing_is_left
}

@test "CVE-2025-52881: a payload that mounts over /proc does not turn what exec writes" {
	evil_root
	config "$ALL_CAPS" "p['oomScoreAdj'] = 500" "p['noNewPrivileges'] = False" \
		"sh('mount -t tmpfs none /proc || exit 9; mkdir -p /proc/self/attr /proc/self/fd /proc/sys/kernel; for f in self/oom_score_adj self/attr/exec self/setgroups self/loginuid self/fd/0; do echo fake >/proc/\$f; done; echo ready; sleep 600 & wait')"
	up c
	wait_until grep -q ready "$OUT"
	apart oci exec -d --pid-file "$BATS_TEST_TMPDIR/pid" c sleep 600
	[ "$(cat "/proc/$(cat "$BATS_TEST_TMPDIR/pid")/oom_score_adj")" = 500 ]
	run -0 oci exec c cat /proc/self/oom_score_adj /proc/self/attr/exec /proc/self/setgroups /proc/self/fd/0
	assert_output "fake
fake
fake
fake"
}

@test "a rootfs whose files lie: passwd, the command, the working folder, links to themselves" {
	evil_root
	mkdir -p "$ROOT/etc"
	mkfifo "$ROOT/etc/passwd" "$ROOT/etc/group" "$ROOT/bin/fifo"
	config "sh('true')"
	run -1 said run --bundle "$B" c
	assert_output "urun-oci: the container's /etc/passwd is no regular file"
	rm "$ROOT/etc/passwd"
	ln -s /dev/zero "$ROOT/etc/passwd"
	run -1 said run --bundle "$B" c
	assert_output "urun-oci: the container's /etc/passwd is no regular file"
	rm "$ROOT/etc/passwd"
	for command in /bin/fifo /bin/loop /bin/dir "$VICTIM/null"; do
		ln -sfn loop "$ROOT/bin/loop"
		mkdir -p "$ROOT/bin/dir"
		config "p['args'] = ['$command']"
		run -1 said run --bundle "$B" c
		assert_contains "urun-oci: command '$command'"
	done
	ln -sfn "$VICTIM" "$ROOT/work"
	config "p['cwd'] = '/work/made'"
	run said run --detach --bundle "$B" c
	[ "$(picture)" = "$untouched" ]
	oci delete --force c
	nothing_is_left
}

@test "CVE-2024-45310: mount targets on the way of links make nothing on the host" {
	evil_root
	ln -s "$VICTIM" "$ROOT/link"
	ln -s ../../../../../../../../../.. "$ROOT/up"
	for to in /link/a/b "/up$VICTIM/a/b" "/link/../..$VICTIM/c" /up/../link/d; do
		config "mount('$to', 'tmpfs', 'tmpfs')" "sh('true')"
		run said run --bundle "$B" c
		config "mount('$to', 'bind', os.environ['B'] + '/config.json', 'bind')" "sh('true')"
		run said run --bundle "$B" c
		[ "$(picture)" = "$untouched" ]
	done
	nothing_is_left
}
