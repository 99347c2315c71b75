# SPDX-License-Identifier: Apache-2.0
#
# Root folders: as they are, below throw-away overlays of both kinds, and the host's own.

load fs

# Not in a condition: there bash would go on behind a failed line.
drivers() {
	for driver in overlay fuse-overlayfs; do
		echo "with $driver:"
		"$@"
	done
}

need_fuse() {
	[ -r /dev/fuse ] && [ -w /dev/fuse ] && [ -x /usr/bin/fuse-overlayfs ] ||
		skip_because "no fuse-overlayfs, or no /dev/fuse for this user"
}

# --- a folder as it is ---

@test "--rootfs DIR and rootfs:DIR write through to the folder" {
	copy_busybox
	run -0 urun run --rootfs "$root" sh -c 'echo one >/one; rm /bin/ash'
	assert_output ""
	run -0 urun run "rootfs:$root" sh -c 'cat /one; echo two >/one; mkdir -m 750 /two'
	assert_output one
	run -0 cat "$root/one"
	assert_output two
	[ ! -e "$root/bin/ash" ] && [ ! -L "$root/bin/ash" ]
	run -0 stat -c '%a %u:%g' "$root/two"
	assert_output "750 $(id -u):$(id -g)"
}

@test "a rootfs by a relative path, and by a link" {
	copy_busybox
	ln -s root "$BATS_TEST_TMPDIR/link"
	cd "$BATS_TEST_TMPDIR"
	for path in root ./root root/../root link "$BATS_TEST_TMPDIR/link/"; do
		rm -f "$root/made"
		run -0 urun run --rootfs "$path" touch /made
		assert_output ""
		[ -e "$root/made" ]
	done
}

@test "a rootfs that is not there, or no folder, or empty" {
	run -125 urun run --rootfs /no/such true
	assert_output "urun: rootfs '/no/such': No such file or directory
  Give a folder that holds a Linux userland, or 'host:'"
	run -125 urun run --rootfs /etc/passwd true
	assert_output "urun: rootfs '/etc/passwd': Not a directory"
	mkdir "$BATS_TEST_TMPDIR/empty"
	run -127 urun run --rootfs "$BATS_TEST_TMPDIR/empty" true
	assert_output "urun: command 'true': not found in the container's PATH"
	run -125 urun run rootfs: true
	assert_output "urun: an empty rootfs: give a folder"
}

@test "a tree of somebody else's can be read, not written" {
	copy_busybox
	# With nomap the caller's files belong to nobody inside.
	run -0 urun run --userns nomap "rootfs:$root" stat -c %u:%g /bin /bin/busybox
	assert_output $'65534:65534\n65534:65534'
	run -1 urun run --userns nomap "rootfs:$root" touch /new
	assert_output "touch: /new: Permission denied"
	run -1 urun run --userns nomap "rootfs:$root" sh -c 'echo >>/bin/busybox'
	assert_output "sh: can't create /bin/busybox: Permission denied"
	run -1 urun run --userns nomap "rootfs:$root" chmod 777 /bin
	assert_output "chmod: /bin: Operation not permitted"
	run -1 urun run --userns nomap "rootfs:$root" chown 0 /bin
	assert_output "chown: /bin: Operation not permitted"
	run -0 find "$root" -maxdepth 1 -newer "$root/bin/busybox" -name new
	assert_output ""
}

@test "in a tree of somebody else's a missing mount target is an error that tells the mend" {
	copy_busybox
	mkdir "$BATS_TEST_TMPDIR/src"
	run -125 urun run --userns nomap -v "$BATS_TEST_TMPDIR/src:/missing" \
		"rootfs:$root" true
	assert_output "urun: mount target '/missing' in the rootfs: Permission denied
  It is missing and cannot be made there; make it in the rootfs, or use a throw-away overlay: \
--rootfs DIR:O"
	run -0 urun run --userns nomap -v "$BATS_TEST_TMPDIR/src:/missing" \
		"rootfs:$root:O" ls -A /missing
	assert_output ""
}

@test "the host's tree as a rootfs: root's files are nobody's, and stay as they are" {
	[ "$(id -u)" != 0 ] && [ "$(stat -c %u /)" = 0 ] || skip_because "/ is not root's"
	run -0 urun run --rootfs / stat -c %u:%g /usr
	assert_output 65534:65534
	run -1 urun run --rootfs / touch /urun-test
	assert_output "touch: cannot touch '/urun-test': Permission denied"
	[ ! -e /urun-test ]
	# The files of urun's own are mounted over the ones that are there.
	[ ! -f /etc/hosts ] || {
		run -0 urun run --network none --hostname box --rootfs / tail -n 1 /etc/hosts
		assert_output $'127.0.0.1\tbox'
	}
}

# --- throw-away overlays ---

# A lower tree that has something of everything.
lower_tree() {
	copy_busybox "lower-$driver"
	mkdir -p "$root"/dir/sub "$root"/tree/x "$root"/many "$root"/hard "$root"/over
	mkdir -m 700 "$root"/private
	echo a >"$root"/dir/a
	echo b >"$root"/dir/b
	echo c >"$root"/dir/sub/c
	echo y >"$root"/tree/x/y
	echo old >"$root"/over/old
	ln -s a "$root"/dir/to-a
	echo hard >"$root"/hard/1
	ln "$root"/hard/1 "$root"/hard/2
	printf '#!/bin/sh\necho lower program\n' >"$root"/dir/program
	chmod 755 "$root"/dir/program
	for i in $(seq 60); do
		: >"$root/many/$i"
	done
	find "$root" -exec touch -h -d '2020-01-02 03:04:05' {} +
}

@test "DIR:O: whatever is done inside, the folder stays as it is" {
	need_fuse
	body() {
		lower_tree
		before=$(listing "$root")
		# shellcheck disable=SC2016
		run -0 urun run --storage-driver "$driver" "rootfs:$root:O" sh -euc '
			echo "# create"
			echo new >/dir/new
			mkdir -p /dir/d/e
			cat /dir/new
			echo "# modify"
			echo more >>/dir/a
			cat /dir/a /dir/to-a
			: >/tree/x/y
			stat -c %s /tree/x/y
			echo "# delete"
			rm /dir/b
			cat /dir/b 2>&1 || echo "gone: $?"
			echo "# delete a folder, and make it again: it is empty"
			rm -r /dir/sub
			mkdir /dir/sub
			ls -A /dir/sub
			rmdir /dir/sub
			echo "# a file in the place of a folder, and the other way"
			rm -r /private /dir/to-a
			echo file >/private
			mkdir /dir/to-a
			cat /private
			ls -A /dir/to-a
			echo "# rename"
			mv /tree /moved
			ls /moved/x
			ls /tree 2>&1 || true
			mv /over/old /over/new
			mv /dir/program /over/program
			ls /over
			/over/program
			echo "# modes, owners and times"
			chown 12:34 /dir/a
			chmod 4711 /dir/a
			touch -d "2001-02-03 04:05:06" /dir/new
			stat -c "%a %u:%g" /dir/a
			stat -c %Y /dir/new
			echo "# links"
			ln /dir/a /dir/linked
			stat -c %h /dir/linked
			echo linked >>/dir/linked
			tail -n 1 /dir/a
			echo hard again >/hard/1
			cat /hard/1
			ln -s nowhere /dir/dangling
			readlink /dir/dangling
			echo "# what is left is listed once"
			ls /dir
			seq 2 2 60 | while read -r i; do rm /many/$i; done
			: >/many/more
			ls /many | wc -l
			find /many -type f | sort -u | wc -l
			rm -r /many
			ls -A /many 2>&1 || true
			echo "# execute"
			cp /bin/busybox /dir/sh
			/dir/sh -c "echo a copy runs"
			echo "# fill a file with a hole, and read it by pieces"
			dd if=/dev/zero of=/dir/hole bs=1k seek=1000 count=1 2>/dev/null
			stat -c %s /dir/hole
			truncate -s 5 /dir/hole
			stat -c %s /dir/hole
		'
		assert_output "# create
new
# modify
a
more
a
more
0
# delete
cat: can't open '/dir/b': No such file or directory
gone: 1
# delete a folder, and make it again: it is empty
# a file in the place of a folder, and the other way
file
# rename
y
ls: /tree: No such file or directory
new
program
lower program
# modes, owners and times
4711 12:34
981173106
# links
2
linked
hard again
nowhere
# what is left is listed once
a
d
dangling
linked
new
to-a
31
31
ls: /many: No such file or directory
# execute
a copy runs
# fill a file with a hole, and read it by pieces
1025024
5"
		[ "$(listing "$root")" = "$before" ] || {
			diff <(echo "$before") <(listing "$root")
			return 1
		}
		# Nothing is kept for the next one.
		run -0 urun run --storage-driver "$driver" "rootfs:$root:O" cat /dir/a
		assert_output a
	}
	drivers body
}

@test "DIR:O: the driver that was asked for is the one that serves" {
	need_fuse
	copy_busybox
	show='$5 == "/" { sub(/.* - /, ""); print $1, $2 }'
	run -0 urun run --storage-driver overlay "rootfs:$root:O" awk "$show" /proc/self/mountinfo
	assert_output "overlay overlay"
	run -0 urun run --storage-driver fuse-overlayfs "rootfs:$root:O" \
		awk "$show" /proc/self/mountinfo
	assert_output "fuse fuse-overlayfs"
	run -125 urun run --storage-driver vfs "rootfs:$root:O" true
	assert_output "urun: --storage-driver: 'vfs': expected auto, overlay or fuse-overlayfs"
	run -125 urun run "rootfs:$root:O,upperdir=/x" true
	assert_output "urun: 'rootfs:$root:O,upperdir=/x': ':O' takes no options, it is throw-away"
}

@test "DIR:O: the mode of the folder itself is kept" {
	need_fuse
	copy_busybox
	chmod 711 "$root"
	body() {
		run -0 urun run --storage-driver "$driver" "rootfs:$root:O" stat -c '%a %u:%g' /
		assert_output "711 0:0"
	}
	drivers body
}

@test "DIR:O and -v SRC:DST:O: the owner of the folder itself is kept" {
	need_fuse
	copy_busybox
	mkdir "$BATS_TEST_TMPDIR/src" "$BATS_TEST_TMPDIR/of33"
	as_ids chown 33:34 "$BATS_TEST_TMPDIR/of33"
	body() {
		run -0 urun run --storage-driver "$driver" --userns keep-id \
			-v "$BATS_TEST_TMPDIR/src:/src:O" "rootfs:$root:O" \
			sh -c 'stat -c %u:%g / /src; touch /new /src/new; ls /src'
		assert_output "$(id -u):$(id -g)
$(id -u):$(id -g)
new"
		run -0 urun run --storage-driver "$driver" -u 33:34 \
			-v "$BATS_TEST_TMPDIR/of33:/src:O" "rootfs:$root" \
			sh -c 'stat -c %u:%g /src; touch /src/new; ls /src'
		assert_output $'33:34\nnew'
	}
	drivers body
	# What has no owner inside is root's: as which it can be worked with.
	run -0 urun run --userns nomap "rootfs:$root:O" sh -c 'stat -c %u:%g /; touch /new'
	assert_output 0:0
}

@test "DIR:O: a folder below one that only the caller may enter, and other ids inside" {
	need_fuse
	copy_busybox
	chmod 700 "$BATS_TEST_TMPDIR"
	body() {
		for mode in nomap auto; do
			run -0 urun run --storage-driver "$driver" --userns $mode "rootfs:$root:O" \
				sh -c 'touch /new; ls /new'
			assert_output /new
		done
	}
	drivers body
}

@test "DIR:O: two containers over one folder do not see each other" {
	copy_busybox
	spawn "rootfs:$root:O" sh -c 'echo mine >/mine; echo up >/dev/shm/up; sleep 60'
	wait_until test -e "/proc/$payload/root/dev/shm/up"
	run -0 cat "/proc/$payload/root/mine"
	assert_output mine
	run -0 urun run "rootfs:$root:O" ls /
	refute_contains mine
	[ ! -e "$root/mine" ]
}

@test "DIR:O: a package is installed, used and purged by dpkg" {
	need_debian
	need_fuse
	before=$(find "$DEBIAN/usr" "$DEBIAN/var/lib/dpkg" -printf '%P %y %m %u:%g %s %T@ %l\n' | sort)
	mkdir -p "$BATS_TEST_TMPDIR/deb/DEBIAN" "$BATS_TEST_TMPDIR/deb/usr/bin"
	printf '%s\n' 'Package: urun-test-package' 'Version: 1' 'Architecture: all' \
		'Maintainer: nobody <nobody@example.org>' 'Description: a test' \
		>"$BATS_TEST_TMPDIR/deb/DEBIAN/control"
	printf '#!/bin/sh\necho it runs\n' >"$BATS_TEST_TMPDIR/deb/usr/bin/urun-test-program"
	chmod 755 "$BATS_TEST_TMPDIR/deb/DEBIAN" "$BATS_TEST_TMPDIR/deb/usr/bin/urun-test-program"
	body() {
		# shellcheck disable=SC2016
		run -0 urun run --storage-driver "$driver" -v "$BATS_TEST_TMPDIR/deb:/deb:ro" \
			"rootfs:$DEBIAN:O" sh -euc '
			dpkg-deb -b /deb /tmp/p.deb >/dev/null
			dpkg -i /tmp/p.deb >/dev/null
			urun-test-program
			dpkg-query -W -f "\${Status}\n" urun-test-package
			dpkg -S /usr/bin/urun-test-program
			dpkg -P urun-test-package >/dev/null
			ls /usr/bin/urun-test-program 2>&1 || true'
		assert_output "it runs
install ok installed
urun-test-package: /usr/bin/urun-test-program
ls: cannot access '/usr/bin/urun-test-program': No such file or directory"
	}
	drivers body
	[ "$(find "$DEBIAN/usr" "$DEBIAN/var/lib/dpkg" -printf '%P %y %m %u:%g %s %T@ %l\n' |
		sort)" = "$before" ]
}

@test "DIR:O in a user namespace that is joined: a folder made again is empty, too" {
	copy_busybox
	mkdir "$root/dir" "$root/tree"
	touch "$root/dir/file" "$root/tree/file"
	spawn "rootfs:$BUSYBOX:O" sleep 60
	# shellcheck disable=SC2016
	run -0 urun run --storage-driver overlay --userns "ns:/proc/$payload/ns/user" \
		"rootfs:$root:O" sh -euc 'rm -r /dir; mkdir /dir; ls -A /dir; mv /tree /tree2; ls /tree2'
	assert_output file
}

# --- fuse-overlayfs as a process ---

servers_of() {
	local p
	for p in $(cat "/proc/$1/task/$1/children"); do
		[ "$(cat "/proc/$p/comm")" != fuse-overlayfs ] || echo "$p"
	done
}

@test "fuse-overlayfs is a child of the launcher, out of sight, and gone at the end" {
	need_busybox
	need_fuse
	spawn --storage-driver fuse-overlayfs "rootfs:$BUSYBOX:O" sleep 60
	server=$(servers_of "$launcher")
	[ -n "$server" ]
	# Not in the container's pid namespace, and not with the caller's rights elsewhere.
	[ "$(readlink "/proc/$server/ns/pid")" = "$(readlink /proc/self/ns/pid)" ]
	[ "$(readlink "/proc/$server/ns/user")" = "$(readlink "/proc/$payload/ns/user")" ]
	kill -KILL "$payload"
	code=0
	wait "$launcher" || code=$?
	[ "$code" = 137 ]
	[ ! -e "/proc/$server" ]
}

@test "fuse-overlayfs goes with a launcher that is killed" {
	need_busybox
	need_fuse
	spawn --storage-driver fuse-overlayfs "rootfs:$BUSYBOX:O" sleep 60
	server=$(servers_of "$launcher")
	[ -n "$server" ]
	kill -KILL "$launcher"
	wait_until is_over "$server"
	wait_until is_over "$payload"
}

@test "a killed fuse-overlayfs is an error to the payload, and urun ends as the payload does" {
	need_busybox
	need_fuse
	mkfifo "$BATS_TEST_TMPDIR/in"
	# Its programs come from elsewhere: the dead tree cannot be read from.
	urun run -i --pidfile "$BATS_TEST_TMPDIR/pid" --storage-driver fuse-overlayfs \
		-v "$BUSYBOX/bin:/b:ro" "rootfs:$BUSYBOX:O" /b/sh -c \
		'PATH=/b; echo up; read x; /b/ls /bin; echo "ls: $?"; echo >/file; exit 7' \
		<"$BATS_TEST_TMPDIR/in" >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
	launcher=$!
	exec 8>"$BATS_TEST_TMPDIR/in"
	wait_until grep -q up "$BATS_TEST_TMPDIR/out"
	server=$(servers_of "$launcher")
	kill -KILL "$server"
	# Dead, not gone: its parent reaps it at the end.
	wait_until is_over "$server"
	echo go >&8
	exec 8>&-
	code=0
	wait "$launcher" || code=$?
	[ "$code" = 7 ]
	run -0 cat "$BATS_TEST_TMPDIR/out"
	assert_output "up
ls: /bin: Transport endpoint is not connected
ls: 1
/b/sh: can't create /file: Transport endpoint is not connected"
}

@test "fuse-overlayfs that cannot be had: the error names what is missing" {
	need_busybox
	RANGES="$(id -un):10000:1000
"
	export RANGES
	run -125 on_host "$with_ranges mount --bind /dev/null /usr/bin/fuse-overlayfs" \
		urun run --storage-driver fuse-overlayfs "rootfs:$BUSYBOX:O" true
	assert_output "urun: run '/usr/bin/fuse-overlayfs': Permission denied
  Install the package fuse-overlayfs"
	# shellcheck disable=SC2016
	closed='touch "$BATS_TEST_TMPDIR/host/fuse"; chmod 0 "$BATS_TEST_TMPDIR/host/fuse"
		mount --bind "$BATS_TEST_TMPDIR/host/fuse" /dev/fuse'
	run -125 on_host "$with_ranges $closed" \
		urun run --storage-driver fuse-overlayfs "rootfs:$BUSYBOX:O" true
	assert_output "urun: overlay over '$BUSYBOX': open /dev/fuse: Permission denied
  sudo chmod 666 /dev/fuse, after sudo modprobe fuse"
	run -125 on_host "$with_ranges $closed" \
		urun run --storage-driver fuse-overlayfs host: true
	assert_contains "open /dev/fuse: Permission denied
  sudo chmod 666 /dev/fuse, after sudo modprobe fuse"
}

@test "where the kernel's overlay is refused: forced it is an error, else fuse-overlayfs serves" {
	need_fuse
	copy_busybox
	mkdir "$root/below"
	RANGES="$(id -un):10000:1000
"
	export root RANGES
	# An overlay would uncover what the mount hides: the kernel says no.
	# shellcheck disable=SC2016
	below="$with_ranges"'
		mount -t tmpfs below "$root/below"
	'
	run -125 on_host "$below" urun run --storage-driver overlay "rootfs:$root:O" true
	assert_output "urun: overlay over '$root': Invalid argument
  --storage-driver fuse-overlayfs does without the kernel's overlay"
	run -0 on_host "$below" urun run "rootfs:$root:O" \
		sh -c 'echo >/new; awk "\$5 == \"/\" { sub(/.* - /, \"\"); print \$1 }" /proc/self/mountinfo'
	assert_output "urun: note: fuse-overlayfs instead of the kernel's overlay, slower: \
overlay over '$root': Invalid argument
fuse"
	[ ! -e "$root/new" ]
	run -125 on_host "$below mount --bind /dev/null /usr/bin/fuse-overlayfs" \
		urun run "rootfs:$root:O" true
	assert_output "urun: note: fuse-overlayfs instead of the kernel's overlay, slower: \
overlay over '$root': Invalid argument
urun: run '/usr/bin/fuse-overlayfs': Permission denied
  Install the package fuse-overlayfs"
}

# --- the host's own tree ---

@test "host: what is written inside is thrown away" {
	need_fuse
	[ -d /srv ] || skip_because "no /srv"
	# The caller's own, so nothing but the overlay keeps it from being written.
	own=$BATS_TEST_TMPDIR/own
	export own
	mkdir -p "$own/dir"
	echo before | tee "$own/file" >"$own/dir/file"
	before=$(listing "$own")
	body() {
		# shellcheck disable=SC2016,SC2086
		run -0 on_host 'mount --bind "$own" /srv' urun run $single --storage-driver "$driver" \
			host: sh -c 'cd /srv; echo inside >file; chmod 600 file; rm -r dir; mkdir new
				cat file; ls; touch /usr/urun-test; ls /usr/urun-test'
		assert_output "inside
file
new
/usr/urun-test"
		[ "$(listing "$own")" = "$before" ]
		[ ! -e /usr/urun-test ]
	}
	drivers body
}

@test "host: the caller's home, /run, /tmp and /var/tmp are empty and its own" {
	run -0 urun run host: sh -c \
		'for d in "$@"; do stat -c "%n %a %u:%g" "$d"; ls -A "$d"; touch "$d/x" && rm "$d/x"; done' \
		sh "$HOME" /run /tmp /var/tmp
	assert_output "$HOME 700 0:0
/run 755 0:0
.containerenv
/tmp 1777 0:0
/var/tmp 1777 0:0"
}

@test "host: the home that passwd names is empty, too, when HOME is another or unset" {
	to_remove=$(mktemp "$HOME/urun-test.XXXXXX")
	run -0 env -u HOME urun run host: ls -A "$HOME"
	assert_output ""
	run -0 env HOME=/nonexistent urun run host: ls -A "$HOME"
	assert_output ""
}

@test "host: what -v binds into the hidden folders is there, and goes through" {
	mkdir "$BATS_TEST_TMPDIR/src"
	run -0 urun run -v "$BATS_TEST_TMPDIR/src:$HOME/a/b" -v "$BATS_TEST_TMPDIR/src:/tmp/c" \
		-v "$BATS_TEST_TMPDIR/src:$BATS_TEST_TMPDIR/src" host: \
		sh -c "echo 1 >$HOME/a/b/1; echo 2 >/tmp/c/2; cd $BATS_TEST_TMPDIR; ls; cat src/*"
	assert_output $'src\n1\n2'
	run -0 cat "$BATS_TEST_TMPDIR/src/1" "$BATS_TEST_TMPDIR/src/2"
	assert_output $'1\n2'
	# The way to it was made inside only.
	[ ! -e "$HOME/a" ]
}

@test "host: the root folder has the host's names, and its links" {
	run -0 urun run host: find / -maxdepth 1 -type l -printf '%f %l\n'
	[ "$(sort <<<"$output")" = "$(find / -maxdepth 1 -type l -printf '%f %l\n' | sort)" ]
	run -0 urun run host: find / -maxdepth 1 ! -name dev ! -name proc ! -name sys \
		! -name run ! -name tmp -printf '%f %y %m\n'
	[ "$(sort <<<"$output")" = "$(find / -maxdepth 1 -type f,l,d ! -name dev ! -name proc \
		! -name sys ! -name run ! -name tmp -printf '%f %y %m\n' | sort)" ]
}

@test "host: a folder that the caller may not enter is there, and empty" {
	[ -d /root ] && [ ! -x /root ] || skip_because "/root is open"
	run -0 urun run host: ls -A /root
	assert_output ""
}

@test "host: folders with mounts below are still there, and the mounts are read-only" {
	# shellcheck disable=SC2016
	setup='mount -t tmpfs below /usr/share/doc
		echo mounted >/usr/share/doc/file
		chmod 666 /usr/share/doc/file'
	run -0 on_host "$setup" urun run --uidmap 0:0:1 --gidmap 0:0:1 host: sh -c '
		cat /usr/share/doc/file
		echo x 2>&1 >/usr/share/doc/file
		ls -d /usr/bin /usr/share/man /usr/share/doc
		touch /usr/share/urun-test /usr/share/misc/urun-test && echo written'
	assert_output "mounted
sh: 3: cannot create /usr/share/doc/file: Read-only file system
/usr/bin
/usr/share/doc
/usr/share/man
written"
	[ ! -e /usr/share/urun-test ] && [ ! -e /usr/share/misc/urun-test ]
}

# --- read-only ---

@test "--read-only: nothing of the rootfs can be written, /dev/shm can" {
	copy_busybox
	check() {
		run -0 urun run --read-only --read-only-tmpfs=false "$1" sh -c '
			touch /new; echo x >/etc/new; mkdir /tmp/new; rm /bin/busybox; chmod 700 /bin
			echo shm >/dev/shm/file && cat /dev/shm/file; mount -o remount,rw / 2>&1 | head -n 1'
		assert_output "touch: /new: Read-only file system
sh: can't create /etc/new: Read-only file system
mkdir: can't create directory '/tmp/new': Read-only file system
rm: can't remove '/bin/busybox': Read-only file system
chmod: /bin: Read-only file system
shm
mount: permission denied (are you root?)"
	}
	check "rootfs:$root"
	check "rootfs:$root:O"
}

@test "--read-only: a mount below the rootfs is read-only, too" {
	copy_busybox
	mkdir "$root/below"
	export root
	# shellcheck disable=SC2016
	setup='mount -t tmpfs -o mode=777 below "$root/below"'
	run -0 on_host "$setup" urun run --uidmap 0:0:1 --gidmap 0:0:1 "rootfs:$root" \
		touch /below/file
	run -1 on_host "$setup" urun run --uidmap 0:0:1 --gidmap 0:0:1 --read-only "rootfs:$root" \
		touch /below/file
	assert_output "touch: /below/file: Read-only file system"
}

@test "--read-only with host:" {
	run -0 urun run --read-only host: sh -c '
		touch /new /usr/new /usr/bin/new /etc/new /mnt/new
		echo shm >/dev/shm/file && cat /dev/shm/file'
	assert_output "touch: cannot touch '/new': Read-only file system
touch: cannot touch '/usr/new': Read-only file system
touch: cannot touch '/usr/bin/new': Read-only file system
touch: cannot touch '/etc/new': Read-only file system
touch: cannot touch '/mnt/new': Read-only file system
shm"
}

@test "--read-only: the files that urun makes are read-only, too" {
	# shellcheck disable=SC2016 # is for the shell inside
	local script='
		for file in /etc/hosts /etc/hostname /etc/resolv.conf /run/.containerenv; do
			grep -o " $file .*- tmpfs" /proc/self/mountinfo | cut -d" " -f2,3
			echo "# mine" >>"$file" && tail -n 1 "$file"
		done'

	run -2 urun run --read-only --network none "rootfs:$DEBIAN" sh -c "$script"
	assert_output "/etc/hosts ro,nosuid,nodev,noexec,relatime
sh: 4: cannot create /etc/hosts: Read-only file system
/etc/hostname ro,nosuid,nodev,noexec,relatime
sh: 4: cannot create /etc/hostname: Read-only file system
/etc/resolv.conf ro,nosuid,nodev,noexec,relatime
sh: 4: cannot create /etc/resolv.conf: Read-only file system
/run/.containerenv ro,nosuid,nodev,noexec,relatime
sh: 4: cannot create /run/.containerenv: Read-only file system"
	run -0 urun run --network none "rootfs:$DEBIAN" sh -c "$script"
	assert_output "/etc/hosts rw,nosuid,nodev,relatime
# mine
/etc/hostname rw,nosuid,nodev,relatime
# mine
/etc/resolv.conf rw,nosuid,nodev,relatime
# mine
/run/.containerenv rw,nosuid,nodev,relatime
# mine"
}

@test "--read-only: a fresh /run, /tmp and /var/tmp, with what the rootfs has there" {
	copy_busybox
	mkdir -p "$root/run/dir" "$root/tmp" "$root/var/tmp"
	echo kept >"$root/run/dir/file"
	run -1 urun run --read-only "rootfs:$root" sh -c '
		for d in /run /tmp /var/tmp; do
			touch $d/new && stat -c "%n %a" $d
			grep -o " $d .*- tmpfs" /proc/self/mountinfo | cut -d" " -f2,3
		done
		cat /run/dir/file /run/.containerenv | head -n 2; touch /new'
	assert_output "/run 755
/run rw,nosuid,nodev,relatime
/tmp 1777
/tmp rw,nosuid,nodev,relatime
/var/tmp 1777
/var/tmp rw,nosuid,nodev,relatime
kept
engine=\"urun\"
touch: /new: Read-only file system"
	run -0 find "$root/run" "$root/tmp" "$root/var/tmp" -name new
	assert_output ""
}

@test "--read-only: volumes and tmpfs stay as they were asked for" {
	copy_busybox
	mkdir "$BATS_TEST_TMPDIR/src"
	run -0 urun run --read-only --tmpfs /tmp -v "$BATS_TEST_TMPDIR/src:/src" "rootfs:$root" \
		sh -c 'touch /tmp/file /src/file; ls /tmp /src'
	assert_output "/src:
file

/tmp:
file"
}
