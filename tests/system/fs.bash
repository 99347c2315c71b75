# SPDX-License-Identifier: Apache-2.0
#
# fs.bash - what the tests of root folders, mounts and ids share

load lib

# Filters that urun compiles are kept here, not at home: these tests stand for themselves.
export XDG_CACHE_HOME=${BATS_FILE_TMPDIR:-/nonexistent}/cache

# A copy of the busybox root folder that a test may spoil. Sets $root.
copy_busybox() {
	need_busybox
	root=$BATS_TEST_TMPDIR/${1:-root}
	mkdir -p "$root/dev" "$root/proc" "$root/sys" "$root/etc" "$root/run" "$root/tmp"
	cp -a "$BUSYBOX/bin" "$root/"
}

# Every name of a tree with all that a change would change, to compare before and after.
listing() {
	# shellcheck disable=SC2016
	as_ids sh -c '
		find "$1" -printf "%P %y %m %u:%g %n %s %T@ %l\n" | sort
		find "$1" -type f -size -64k -exec sha256sum {} + | sort' listing "$1"
}

# Runs a command as root of a namespace with all ids of the caller: it may look at, and remove,
# what belongs to a subordinate id.
as_ids() {
	unshare --user --map-auto --map-root-user "$@"
}

# on_host SETUP COMMAND...: runs a command as the caller, without any rights, on a host that
# SETUP changed: a script for sh that may mount what it likes, in namespaces that end with the
# command. There the caller keeps its id, and ids from 0 on are its subordinate ones;
# $ON_HOST_GROUPS are its groups.
on_host() {
	local setup=$1
	shift
	unshare --user --map-auto --map-current-user --mount --keep-caps sh -c '
		setpriv --reuid 0 --regid 0 --clear-groups sh -euc "$0" || exit 99
		exec setpriv ${ON_HOST_GROUPS:+--groups "$ON_HOST_GROUPS"} --inh-caps=-all \
			--ambient-caps=-all "$@"' "$setup" "$@"
}

# spawn() for more than one at a time: all end with the test.
spawn_more() {
	spawn "$@"
	launchers="${launchers:-} $launcher"
}

# For SETUP above: mounts below the folder $source.
# shellcheck disable=SC2016 # for the other shell
nested='mkdir -p "$source/below"
	mount -t tmpfs -o mode=777 below "$source/below"
	mkdir -p "$source/below/deeper"
	mount -t tmpfs -o mode=777 deeper "$source/below/deeper"
'

# For SETUP above: what stands in /etc/subuid and /etc/subgid; newuidmap and newgidmap work there
# as copies that belong to that namespace's root.
# shellcheck disable=SC2016 # for the other shell
with_ranges='
	mkdir -p "$BATS_TEST_TMPDIR/host"
	mount -t tmpfs host "$BATS_TEST_TMPDIR/host"
	for name in newuidmap newgidmap; do
		cp "/usr/bin/$name" "$BATS_TEST_TMPDIR/host/$name"
		chmod 4755 "$BATS_TEST_TMPDIR/host/$name"
		mount --bind "$BATS_TEST_TMPDIR/host/$name" "/usr/bin/$name"
	done
	for name in subuid subgid; do
		printf "%s" "$RANGES" >"$BATS_TEST_TMPDIR/host/$name"
		mount --bind "$BATS_TEST_TMPDIR/host/$name" "/etc/$name"
	done
'

# The mounts of a container, one a line: target, options, type and the filesystem's options
# that are not the same everywhere. "path" or "^path" selects.
mounts_at() {
	# shellcheck disable=SC2016
	awk -v at="$1" '{
		split($0, half, " - ")
		n = split(half[1], f, " ")
		split(half[2], g, " ")
		peers = ""
		for (i = 7; i <= n; i++) {
			sub(/:.*/, "", f[i])
			peers = peers " " f[i]
		}
		if (f[5] == at || (at ~ /^\^/ && index(f[5] "/", substr(at, 2) "/") == 1))
			print f[5], f[6], g[1] peers
	}' "${2:-/dev/stdin}"
}

# A small root folder, and a place outside of it that nothing may reach. The same path exists
# inside when $1 is "inside".
hostile_root() {
	root=$BATS_TEST_TMPDIR/hostile victim=$BATS_TEST_TMPDIR/victim
	if [ ! -d "$victim" ]; then
		mkdir -p "$victim/dir" "$root.new/bin"
		echo victim >"$victim/file"
		echo evil:x:77:77::/:/bin/sh >"$victim/passwd"
		(cd "$root.new" && mkdir etc dev proc sys run)
		cp "$BUSYBOX/bin/busybox" "$root.new/bin/"
		for name in sh ls cat stat readlink grep id true; do
			ln -s busybox "$root.new/bin/$name"
		done
		[ "${1:-}" != inside ] || mkdir -p "$root.new$victim/dir"
	fi
	victim_before=$(state_of_victim)
	rm -rf "$root"
	cp -a "$root.new" "$root"
}

# With the times of the last change of each inode.
state_of_victim() {
	find "$victim" -printf '%p %y %m %u:%g %n %s %C@ %l\n'
}

victim_unchanged() {
	[ "$(state_of_victim)" = "$victim_before" ] || {
		diff <(echo "$victim_before") <(state_of_victim)
		return 1
	}
}

# What urun is started by: urun-refuse and its arguments, or nothing.
under=()

# The map that newuidmap is not needed for.
single="--uidmap 0:0:1 --gidmap 0:0:1"

# hostile PATH LINK [ARG...]: PATH of the root folder becomes a link to LINK, then a container
# starts; its status, and what it says, are one line.
hostile() {
	local path=$1 link=$2 code=0 said
	shift 2
	hostile_root "${inside:-}"
	rm -rf "${root:?}$path"
	ln -s "$link" "$root$path"
	said=$("${under[@]}" timeout 10 urun run "$@" "rootfs:$root" true 2>&1) || code=$?
	said=${said%%$'\n'*}
	echo "$path -> ${link//$BATS_TEST_TMPDIR/TMP}: $code ${said//$BATS_TEST_TMPDIR/TMP}"
	victim_unchanged
}

# Has a process ended? One that nobody reaped yet has.
is_over() {
	[ ! -e "/proc/$1" ] || grep -q '^State:.[ZX]' "/proc/$1/status"
}

teardown() {
	local pid
	for pid in ${launchers:-} ${launcher:-}; do
		kill -KILL "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
	[ -z "${to_remove:-}" ] || rm -f "$to_remove"
	# What subordinate ids own, bats cannot remove.
	if [ -n "$(find "$BATS_TEST_TMPDIR" ! -uid "$(id -u)" -print -quit 2>&1)" ]; then
		as_ids rm -rf "$BATS_TEST_TMPDIR"
		mkdir -p "$BATS_TEST_TMPDIR"
	fi
}
