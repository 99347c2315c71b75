# SPDX-License-Identifier: Apache-2.0
#
# process.bash - what the tests of processes, locks and kills share
#
# $ROOT is a small root folder of the file's own: busybox, and urun-probe beside it. The cache
# is the file's own, too.

load lib

make_root() {
	need_busybox
	# Of this build only: another one's programs may look alike.
	export XDG_CACHE_HOME=$BATS_FILE_TMPDIR/cache
	ROOT=$BATS_FILE_TMPDIR/root
	if [ ! -d "$ROOT" ]; then
		cp -r "$BUSYBOX" "$ROOT"
		cp "$URUN_STAGE/bin/urun-probe" "$ROOT/bin/"
		mkdir -p "$ROOT/tmp" "$ROOT/d" "$ROOT/usr/bin"
	fi
}

# own_urun: from here on urun and its helpers are files that the caller owns and could write.
own_urun() {
	OWN=$BATS_TEST_TMPDIR/own
	mkdir "$OWN"
	cp "$URUN_STAGE"/bin/urun* "$OWN/"
	PATH=$OWN:$PATH
}

need_python() {
	command -v python3 >/dev/null || skip_because "no python3"
	export PYTHONPATH=$URUN_STAGE/tests/system PYTHONDONTWRITEBYTECODE=1
	export ROOT PYTHONUNBUFFERED=1
}

need_fuse() {
	command -v fuse-overlayfs >/dev/null && [ -w /dev/fuse ] ||
		skip_because "no fuse-overlayfs, or no /dev/fuse to write"
}

# with_code COMMAND...: the exit code is the last line, whatever it is.
with_code() {
	local code=0
	"$@" || code=$?
	echo "code $code"
}

# status_of KEY...: lines of /proc/self/status inside. Further words: options of urun, a root.
status_of() {
	local keys=$1
	shift
	run -0 urun run "$@" grep -E "^($keys):" /proc/self/status
}

# children_of PID: their pids.
children_of() {
	tr ' ' '\n' <"/proc/$1/task/$1/children" 2>/dev/null || true
}

# child_called PID NAME
child_called() {
	local pid
	for pid in $(children_of "$1"); do
		[ "$(cat "/proc/$pid/comm" 2>/dev/null)" != "$2" ] || echo "$pid"
	done
}

state_of() {
	sed -n 's/^State:.\(.\).*/\1/p' "/proc/$1/status"
}

has_state() {
	[[ "$(state_of "$1")" == [$2] ]]
}

# has_lines FILE COUNT
has_lines() {
	[ "$(wc -l <"$1")" -ge "$2" ]
}
