# SPDX-License-Identifier: Apache-2.0
#
# oci.bash - what the tests of urun-oci share
#
# $ROOT is the root folder of a file's containers, $B the bundle of a test, whose config.json config()
# writes, and $STATE the folder of the test's states: `oci` is urun-oci with it. What create leaves
# behind holds its standard output, so that bats' `run` would wait for its end: create(), start() and
# detached() have it write to $OUT and $ERR.

load process

# Seconds that a test may take, whatever hangs
export BATS_TEST_TIMEOUT=120

oci_setup_file() {
	make_root
	mkdir -p "$ROOT/etc" "$ROOT/proc" "$ROOT/sys" "$ROOT/dev"
	export BASE=$BATS_FILE_TMPDIR/base.json
	urun-oci spec --rootless --file "$BASE"
}

oci_setup() {
	need_busybox
	need_python
	ROOT=$BATS_FILE_TMPDIR/root
	B=$BATS_TEST_TMPDIR/bundle
	STATE=$BATS_TEST_TMPDIR/state
	OUT=$BATS_TEST_TMPDIR/out
	ERR=$BATS_TEST_TMPDIR/err
	MARK=oci-$$-$BATS_TEST_NUMBER
	mkdir "$B"
	echo "$MARK" >"$BATS_TEST_TMPDIR/mark"
	export ROOT B STATE OUT ERR MARK
}

# Whatever a test made goes, and none of its processes is left.
oci_teardown() {
	local id left

	[ -d "${STATE:-}" ] || return 0
	for id in $(ls "$STATE" 2>/dev/null); do
		oci delete --force "$id" || :
	done
	left=$(ls "$STATE" 2>/dev/null)$(marked)
	[ -z "$left" ] || {
		echo "left: $left"
		return 1
	}
}

oci() {
	urun-oci --root "$STATE" "$@"
}

# config [STATEMENT...]: $B/config.json, from `spec --rootless`, changed by Python's statements: c is
# the document, p its process, l its linux; sh() gives a command for the shell inside, ns() takes a
# namespace out or gives it a path. Without a terminal, in $ROOT, which can be written.
config() {
	python3 -I -S - "$BASE" "$B/config.json" "$@" <<'END'
import json, os, sys
c = json.load(open(sys.argv[1]))
p, l = c['process'], c['linux']
root, b, mark = os.environ['ROOT'], os.environ['B'], os.environ['MARK']
def sh(text):
    p['args'] = ['sh', '-c', text, mark]
def ns(kind, path=None):
    l['namespaces'] = [n for n in l['namespaces'] if n['type'] != kind]
    if path:
        l['namespaces'].append({'type': kind, 'path': path})
def mount(to, kind, source, *options):
    c['mounts'].append({'destination': to, 'type': kind, 'source': source, 'options': list(options)})
def caps(**sets):
    p['capabilities'] = {k: ['CAP_' + w for w in v.split()] for k, v in sets.items()}
p['terminal'] = False
sh('sleep 600 & wait')
c['root'] = {'path': root}
for statement in sys.argv[3:]:
    exec(statement)
json.dump(c, open(sys.argv[2], 'w'))
END
}

# inside STATEMENT... -- COMMAND: the output of a shell's command in a container of that config
inside() {
	local statements=()

	while [ "$1" != -- ]; do
		statements+=("$1")
		shift
	done
	COMMAND=$2 config "sh(os.environ['COMMAND'])" "${statements[@]}"
	oci run --bundle "$B" c
}

apart() {
	"$@" </dev/null >>"$OUT" 2>>"$ERR" 3>&-
}

# said COMMAND...: what urun-oci says, and its code; whatever stays behind by mistake does not hold `run` up.
said() {
	local code=0

	oci "$@" </dev/null >"$BATS_TEST_TMPDIR/said" 2>&1 3>&- || code=$?
	cat "$BATS_TEST_TMPDIR/said"
	return $code
}

# create ID [OPTION...]
create() {
	local id=$1

	shift
	apart oci create --bundle "$B" "$@" "$id"
}

# detached ID [OPTION...]: run --detach
detached() {
	local id=$1

	shift
	apart oci run --detach --bundle "$B" "$@" "$id"
}

# up ID: created and started, $pid is its first process, which has been executed.
up() {
	create "$@"
	oci start "$1"
	pid=$(pid_in "$1")
}

# field ID KEY: of the state, as it is printed
field() {
	local text
	text=$(oci state "$1") || return
	[[ $text =~ \"$2\":\ (\"([^\"]*)\"|[0-9]+) ]]
	echo "${BASH_REMATCH[2]:-${BASH_REMATCH[1]}}"
}

# json EXPRESSION: Python's, of d, the JSON document on standard input
json() {
	python3 -I -S -c 'import json, sys
d = json.load(sys.stdin)
r = eval(sys.argv[1])
print(r if isinstance(r, str) else json.dumps(r))' "$1"
}

pid_in() {
	field "$1" pid
}

has_status() {
	[ "$(field "$1" status)" = "$2" ]
}

# Every process with the test's mark among its words
marked() {
	grep -slFf "$BATS_TEST_TMPDIR/mark" /proc/[0-9]*/cmdline || true
}

# The state folder is empty, and nobody has the test's mark.
nothing_is_left() {
	run -0 ls -A "$STATE"
	assert_output ""
	run -0 marked
	assert_output ""
}
