# SPDX-License-Identifier: Apache-2.0
#
# Bad input and faults. What cannot be done is said in one line that names the object, the
# action and the cause, with the exit code that podman has for it; standard output stays empty,
# and no process, mount or file of the try is left.

load lib

setup_file() {
	[ -d "$BUSYBOX" ] || return 0
	export ROOT=$BATS_FILE_TMPDIR/root
	mkdir "$ROOT"
	cp -a "$BUSYBOX/bin" "$ROOT"
	# What every command line of this file has in it.
	echo "$BATS_FILE_TMPDIR" >"$BATS_FILE_TMPDIR/mark"
}

setup() {
	need_busybox
	cd "$BATS_TEST_TMPDIR"
	mkdir -m 700 run tmp home
	export XDG_RUNTIME_DIR=$PWD/run TMPDIR=$PWD/tmp HOME=$PWD/home
	export XDG_CACHE_HOME=$PWD/home/.cache
	by=()
}

teardown() {
	chmod -R u+rwx "$BATS_TEST_TMPDIR"
}

# Neither a process, nor a mount, nor a file in the folders that belong to urun.
nothing_left() {
	local found

	found=$(
		cd "$BATS_FILE_TMPDIR"
		grep -lsF -f mark /proc/[0-9]*/cmdline
		grep -F -f mark /proc/self/mountinfo
		cd "$BATS_TEST_TMPDIR"
		find run tmp home -path home/.cache -prune -o ! -type d -print
	) || true
	[ -z "$found" ] || {
		echo "left: $found"
		return 1
	}
}

# says CODE LINE: that is all that the last `run` did and said, but for hints below it.
says() {
	local rest

	[ "$status" = "$1" ] && [ -z "$output" ] && [ "${stderr%%$'\n'*}" = "urun: $2" ] || {
		printf -- '-- expected %s --\nurun: %s\n-- got %s --\n%s\n-- stdout --\n%s\n--\n' \
			"$1" "$2" "$status" "$stderr" "$output" | cat -v
		return 1
	}
	rest=${stderr#"${stderr%%$'\n'*}"}
	# One line, and what mends it below: indented, and safe to print on a terminal.
	if [[ ${rest//$'\n  '/} == *$'\n'* || $stderr == *[$'\x01'-$'\x09\x0b'-$'\x1f\x7f']* ]]; then
		printf -- '-- more than a line and hints --\n%q\n--\n' "$stderr"
		return 1
	fi
}

# refuses CODE LINE [ARG...]: so does `urun ARG...`, below the command in "by".
refuses() {
	local code=$1 line=$2

	shift 2
	run "-$code" --separate-stderr timeout 60 "${by[@]}" urun "$@" </dev/null || true
	says "$code" "$line" && nothing_left || {
		echo "by: ${by[*]} urun $*" | cut -c1-500
		return 1
	}
}

# refuses_like CODE PATTERN [ARG...]: the same with an extended regular expression for the line.
refuses_like() {
	local code=$1 pattern=$2 line

	shift 2
	run "-$code" --separate-stderr timeout 60 "${by[@]}" urun "$@" </dev/null || true
	line=${stderr%%$'\n'*}
	[[ $line =~ ^urun:\ ($pattern)$ ]] || {
		printf -- '-- expected --\nurun: %s\n-- got %s --\n%s\n--\nby: %s\n' \
			"$pattern" "$status" "$stderr" "$*"
		return 1
	}
	says "$code" "${line#urun: }" && { [ -n "${is_one_of_many:-}" ] || nothing_left; }
}

# mended_by TEXT: the last error says so below its line.
mended_by() {
	[[ $stderr == *$'\n  '*"$1"* ]] || {
		printf -- '-- expected a hint with --\n%s\n-- got --\n%s\n--\n' "$1" "$stderr"
		return 1
	}
}

# refuses_value OPTION VALUE...: each value is refused, by the option's name.
refuses_value() {
	local option=$1 value is_one_of_many=yes

	for value in "${@:2}"; do
		refuses_like 125 "--$option[: ].+" \
			run "--$option=$value" "rootfs:$PWD/none" true || return 1
	done
	nothing_left
}

# a_root: a root folder of the test's own, in $PWD/root.
a_root() {
	mkdir -p root/etc
	cp -a "$ROOT/bin" root/
}

# A folder that belongs to somebody else and lets nobody in; nothing when there is none.
private_folder() {
	local dir

	for dir in /root /lost+found /etc/ssl/private /var/cache/ldconfig; do
		if [ -d "$dir" ] && [ ! -x "$dir" ]; then
			echo "$dir"
			break
		fi
	done
}

need_unshare() {
	unshare "$@" true 2>/dev/null || skip_because "unshare $* is refused or not known here"
}

# --- the root folder ---

@test "a rootfs that is not there, or is no folder" {
	mkfifo fifo
	touch file
	ln -s file to-file
	ln -s loop2 loop1
	ln -s loop1 loop2
	refuses 125 "rootfs '$PWD/none': No such file or directory" run "rootfs:$PWD/none" true
	mended_by "Give a folder that holds a Linux userland, or 'host:'"
	refuses 125 "rootfs './none': No such file or directory" run --rootfs ./none true
	refuses 125 "rootfs 'host:': No such file or directory" run --rootfs host: true
	refuses 125 "rootfs '$PWD/none': No such file or directory" run "rootfs:$PWD/none:O" true
	for kind in file fifo to-file; do
		refuses 125 "rootfs '$PWD/$kind': Not a directory" run "rootfs:$PWD/$kind" true
	done
	refuses 125 "rootfs '/dev/zero': Not a directory" run rootfs:/dev/zero true
	refuses 125 "rootfs '$PWD/loop1': Too many levels of symbolic links" \
		run --rootfs "$PWD/loop1" true
	for empty in rootfs: rootfs::O; do
		refuses 125 "an empty rootfs: give a folder" run "$empty" true
	done
	refuses 125 "an empty rootfs: give a folder" run --rootfs "" true
	refuses 125 "'rootfs:$PWD:O,upperdir=x': ':O' takes no options, it is throw-away" \
		run "rootfs:$PWD:O,upperdir=x" true
}

@test "an image is not a rootfs" {
	refuses 125 "'/srv/rootfs': an image's name is no path" run /srv/rootfs true
	mended_by "--rootfs DIR"
	export URUN_ROOT=$BATS_TEST_TMPDIR/store
	refuses 125 "image 'alpine': not in the store" run --pull never alpine true
	mended_by "urun pull alpine"
}

@test "no rootfs, no command" {
	refuses 125 "no image" run
	mended_by "urun run host: COMMAND"
	refuses 125 "no image" run --init --
	refuses 125 "no command: give one behind the rootfs" run host:
	refuses 125 "no command: give one behind the rootfs" run --entrypoint "" host:
	refuses 125 "no command: give one behind the rootfs" run --entrypoint "[]" host:
}

@test "a rootfs behind a folder that may not be entered" {
	local dir; dir=$(private_folder)

	[ -n "$dir" ] || skip_because "no private folder of another user"
	refuses 125 "rootfs '$dir/root': Permission denied" run "rootfs:$dir/root" true
	mended_by "Every folder on the way must be searchable (chmod +x)"
}

@test "what can be opened does not depend on who is faster" {
	mkdir -p way/root
	chmod 0 way
	# The set-up runs while the id map is written, and the map gives rights over the ids in
	# it. They are not to be used for opening what the caller names.
	run -125 sh -c '
		for i in $(seq 100); do urun run "rootfs:$PWD/way/root" true 2>&1; done | sort -u
		urun run --uidmap 0:0:1 --gidmap 0:0:1 "rootfs:$PWD/way/root" true 2>&1'
	assert_output "  Every folder on the way must be searchable (chmod +x)
urun: rootfs '$PWD/way/root': Permission denied
urun: rootfs '$PWD/way/root': Permission denied
  Every folder on the way must be searchable (chmod +x)"
	# Root has such rights, with the map or without.
	need_unshare -Ur
	run -0 unshare -Ur sh -c '
		one="--uidmap 0:0:1 --gidmap 0:0:1"
		for i in $(seq 100); do urun run $one "rootfs:$PWD/way/root" true 2>&1; done | sort -u'
	assert_output "urun: command 'true': not found in the container's PATH"
}

@test "another user's private folder is no rootfs" {
	local dir; dir=$(private_folder)

	[ -n "$dir" ] || skip_because "no private folder of another user"
	refuses 125 "rootfs '$dir': Permission denied" run "rootfs:$dir" true
}

@test "the caller's own folder is a rootfs whatever its mode" {
	a_root
	chmod 0 root
	run -0 urun run "rootfs:$PWD/root" id -u
	assert_output 0
}

@test "a start that failed early has made nothing in the rootfs" {
	mkdir empty
	touch file
	refuses 125 "mount source '/none': No such file or directory" \
		run -v /none:/x "rootfs:$PWD/empty" true
	mended_by "urun does not make folders on the host"
	refuses 125 "device '$PWD/file': it is no device node" \
		run --device "$PWD/file:/x" "rootfs:$PWD/empty" true
	refuses 125 "uts namespace '/none': No such file or directory" \
		run --uts ns:/none "rootfs:$PWD/empty" true
	refuses 125 "sysctl net.none=1: No such file or directory" \
		run --sysctl net.none=1 "rootfs:$PWD/empty" true
	[ -z "$(ls -A empty)" ]
}

@test "a mount target that loops, or is of another kind" {
	a_root
	ln -s loop2 root/loop1
	ln -s loop1 root/loop2
	mkdir root/dir dir
	touch root/file file
	for target in loop1 loop1/below; do
		refuses 125 \
			"mount target '/$target' in the rootfs: Too many levels of symbolic links" \
			run -v "$PWD/dir:/$target" "rootfs:$PWD/root" true
	done
	refuses 125 "mount target '/loop1' in the rootfs: Too many levels of symbolic links" \
		run -v "$PWD/file:/loop1" "rootfs:$PWD/root" true
	refuses 125 "mount target '/dir' in the rootfs: Is a directory" \
		run -v "$PWD/file:/dir" "rootfs:$PWD/root" true
	refuses 125 "mount target '/file' in the rootfs: Not a directory" \
		run -v "$PWD/dir:/file" "rootfs:$PWD/root" true
	refuses 125 "mount target '/file/below' in the rootfs: Not a directory" \
		run -v "$PWD/dir:/file/below" "rootfs:$PWD/root" true
	refuses 125 "mount target '/proc/none' in the rootfs: No such file or directory" \
		run -v "$PWD/dir:/proc/none" "rootfs:$PWD/root" true
	refuses 125 "mount on '/proc/sys': nothing can be mounted inside /proc" \
		run -v "$PWD/dir:/proc/sys" "rootfs:$PWD/root" true
	refuses 125 "bind: nothing can be mounted on '/' itself" \
		run -v "$PWD/dir:/" "rootfs:$PWD/root" true
}

@test "a mount target that leads outside leads inside" {
	a_root
	mkdir outside src
	touch src/seen file
	ln -s "$PWD/outside" root/abs
	ln -s ../../../../../../../../../..$PWD/outside root/up
	mkdir -p "root$PWD/outside"
	for link in abs up; do
		run -0 urun run -v "$PWD/src:/$link/made" -v "$PWD/file:/$link/file" \
			"rootfs:$PWD/root" ls "/$link/made"
		assert_output seen
	done
	[ -z "$(ls -A outside)" ]
	[ -d "root$PWD/outside/made" ]
}

# --- users and groups ---

@test "users and groups that are not there" {
	a_root
	refuses 125 "user 'nobody': the container has no /etc/passwd" \
		run -u nobody "rootfs:$PWD/root" true
	mended_by "A number needs no entry: -u UID[:GID]"
	refuses 125 "group 'wheel': the container has no /etc/group" \
		run -u 0:wheel "rootfs:$PWD/root" true
	echo 'bob:x:7:8::/:' >root/etc/passwd
	echo 'staff:x:9:' >root/etc/group
	refuses 125 "user 'nobody': not in its /etc/passwd" run -u nobody "rootfs:$PWD/root" true
	refuses 125 "user 'bo': not in its /etc/passwd" run -u bo "rootfs:$PWD/root" true
	refuses 125 "group 'wheel': not in its /etc/group" \
		run -u bob:wheel "rootfs:$PWD/root" true
	refuses 125 "group 'wheel': not in its /etc/group" \
		run --group-add wheel "rootfs:$PWD/root" true
	for word in : :1 1: 1:2:3 bob:staff:x; do
		refuses 125 "user '$word': expected USER[:GROUP]" \
			run -u "$word" "rootfs:$PWD/root" true
	done
}

@test "digits are an id in range, in decimal, and never a name" {
	a_root
	printf '%s:x:0:0::/:\n' 4294967295 4294967296 99999999999999999999 70000 >root/etc/passwd
	for id in 4294967295 4294967296 99999999999999999999; do
		refuses_like 125 "user '$id': .*from 0 to 4294967294|user '$id': no such id" \
			run -u "$id" "rootfs:$PWD/root" true
		refuses_like 125 "(user '0:|group id ')$id': (.*from 0 to 4294967294|no such id)" \
			run -u "0:$id" "rootfs:$PWD/root" true
		refuses_like 125 "group id '$id': .*from 0 to 4294967294" \
			run --group-add "$id" "rootfs:$PWD/root" true
	done
	for id in -1 0x10 +1 "1 " 1e3; do
		refuses 125 "user '$id': not in its /etc/passwd" run -u "$id" "rootfs:$PWD/root" true
	done
	run -0 urun run -u 010:011 "rootfs:$PWD/root" sh -c 'id -u; id -g'
	assert_output $'10\n11'
}

@test "an id that is not mapped" {
	local over=$(($(sub_count uid) + 1))

	a_root
	printf 'far:x:%s:0::/:\nfar2:x:7:%s::/:\n' "$over" "$over" >root/etc/passwd
	refuses 125 "user id $over is not mapped into the container" \
		run -u "$over" "rootfs:$PWD/root" true
	mended_by "--userns keep-id:uid=$over makes your own user id this one"
	refuses 125 "group id $over is not mapped into the container" \
		run -u "0:$over" "rootfs:$PWD/root" true
	refuses 125 "user 'far': user id $over is not mapped into the container" \
		run -u far "rootfs:$PWD/root" true
	refuses 125 "user 'far2': group id $over is not mapped into the container" \
		run -u far2 "rootfs:$PWD/root" true
	refuses 125 "group id $over of --group-add $over is not mapped into the container" \
		run --group-add "$over" "rootfs:$PWD/root" true
}

@test "a map that leaves root out says that it does, and not that there are no ids" {
	refuses 125 "user id 0 is not mapped into the container" \
		run --uidmap 1:0:1 "rootfs:$ROOT" true
	mended_by "--uidmap"
	[[ $stderr != *usermod* ]]
}

@test "a passwd and a group file that is none" {
	local file

	a_root
	for file in passwd group; do
		ask=(-u 0:wheel)
		rm -f root/etc/*
		echo 'root:x:0:0::/:' >root/etc/passwd
		rm -f "root/etc/$file"

		mkfifo "root/etc/$file"
		refuses 125 "the container's /etc/$file is no regular file" \
			run "${ask[@]}" "rootfs:$PWD/root" true
		rm "root/etc/$file"

		mkdir "root/etc/$file"
		refuses 125 "the container's /etc/$file is no regular file" \
			run "${ask[@]}" "rootfs:$PWD/root" true
		rmdir "root/etc/$file"

		# A device, of the container's own /dev.
		ln -s /dev/zero "root/etc/$file"
		refuses 125 "the container's /etc/$file is no regular file" \
			run "${ask[@]}" "rootfs:$PWD/root" true

		ln -sf "$file" "root/etc/$file"
		refuses 125 \
			"open the container's /etc/$file: Too many levels of symbolic links" \
			run "${ask[@]}" "rootfs:$PWD/root" true

		# Not the set-up's own files, by the links of /proc.
		ln -sf /proc/self/exe "root/etc/$file"
		refuses_like 125 "open the container's /etc/$file: .*" \
			run "${ask[@]}" "rootfs:$PWD/root" true

		# Nor the host's.
		ln -sf "../../../../../../../../../../../../etc/$file.host" "root/etc/$file"
		refuses_like 125 ".*'(0|wheel)': the container has no /etc/$file|group 'wheel': .*" \
			run "${ask[@]}" "rootfs:$PWD/root" true
	done
}

@test "a passwd and a group file of a gigabyte: in no time, and in little memory" {
	local file cpu

	a_root
	[ -n "${URUN_ASAN:-}" ] || by=(prlimit --as=134217728)
	for file in passwd group; do
		rm -f root/etc/*
		truncate -s 1G "root/etc/$file"
		# By the processor's clock: others may be at work, too.
		{ TIMEFORMAT='%3U+%3S' && time refuses 125 \
			"the container's /etc/$file is larger than 16 MiB" \
			run -u 0:wheel "rootfs:$PWD/root" true; } 2>cpu
		cpu=$(tr -d . <cpu)
		[ $((10#${cpu%+*} + 10#${cpu#*+})) -lt 2000 ]
	done
	# A name that stands before the end is not looked for any further.
	echo 'bob:x:7:8::/:' >root/etc/passwd
	truncate -s 1G root/etc/passwd
	rm root/etc/group
	run -0 "${by[@]}" urun run -u bob "rootfs:$PWD/root" sh -c 'echo $(id -u):$(id -g)'
	assert_output 7:8
}

@test "an overlong line is no entry, and the lines behind it are" {
	a_root
	{
		printf 'bob:x:1:1:%*s:/:\n' 100000 ""
		printf 'eve:x:%0100000u:1::/:\n' 2
		# Nor is its end, at whatever power of two it was cut.
		printf '%65536smal:x:5:5::/:\n' ""
		printf 'al\0ice:x:3:3::/:\n'
		printf 'bob:x:7:8::/:'
	} >root/etc/passwd
	{
		printf 'staff:x:1:%*s\n' 100000 ""
		printf 'staff:x:9:x,bob'
	} >root/etc/group
	run -0 --separate-stderr urun run -u bob "rootfs:$PWD/root" sh -c 'id -u; id -g; id -G'
	[ "${lines[*]::2}" = "7 8" ]
	[[ " ${lines[2]} " == *" 9 "* ]]
	refuses 125 "user 'eve': not in its /etc/passwd" run -u eve "rootfs:$PWD/root" true
	refuses 125 "user 'mal': not in its /etc/passwd" run -u mal "rootfs:$PWD/root" true
	refuses 125 "user 'ice': not in its /etc/passwd" run -u ice "rootfs:$PWD/root" true
}

# --- the command ---

# commands: files in root/x that can not be executed.
commands() {
	a_root
	mkdir root/x root/x/dir
	touch root/x/empty
	echo 'echo hi' >root/x/no-shebang
	printf '#!/no/such\n' >root/x/no-interpreter
	printf '\177ELF' >root/x/short
	# A header of 64 bits, little endian, executable; machine 0xfeed.
	printf '\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\2\0\355\376\1\0\0\0' >root/x/other-machine
	head -c 200 /dev/zero >>root/x/other-machine
	cp "$(command -v env)" root/x/dynamic
	chmod +x root/x/*
	echo 'echo hi' >root/x/not-executable
	mkfifo root/x/fifo
	ln -s loop2 root/x/loop1
	ln -s loop1 root/x/loop2
}

@test "commands that are not there" {
	commands
	refuses 127 "command 'none': not found in the container's PATH" \
		run "rootfs:$PWD/root" none
	refuses 127 "command '/x/none': No such file or directory" run "rootfs:$PWD/root" /x/none
	refuses 127 "command './none': No such file or directory" run "rootfs:$PWD/root" ./none
	refuses 127 "command '/x/empty/none': Not a directory" \
		run "rootfs:$PWD/root" /x/empty/none
	refuses 127 "command '': an empty name" run "rootfs:$PWD/root" ""
	refuses 127 "command 'dir': not found in the container's PATH" \
		run -e PATH=/x "rootfs:$PWD/root" dir
	# Behind the rootfs every word is the command's.
	for word in -- --help -t --init; do
		refuses 127 "command '$word': not found in the container's PATH" \
			run "rootfs:$PWD/root" "$word"
	done
}

@test "commands that can not be executed" {
	local not_ours="not a program of this machine (another architecture, or a script without #!)"

	commands
	for name in /x/empty /x/no-shebang /x/short /x/other-machine ./x/empty x/empty; do
		refuses 126 "command '$name': $not_ours" run "rootfs:$PWD/root" "$name"
	done
	refuses 126 "command '/x/other-machine': $not_ours" \
		run -e PATH=/bin:/x "rootfs:$PWD/root" other-machine
	for name in /x/not-executable /x/fifo /dev/null; do
		refuses 126 "command '$name': Permission denied" run "rootfs:$PWD/root" "$name"
	done
	refuses 126 "command '/x/dir': Is a directory" run "rootfs:$PWD/root" /x/dir
	refuses 126 "command '/': Is a directory" run "rootfs:$PWD/root" /
	for name in /x/loop1 /proc/self/exe /proc/1/exe; do
		refuses 126 "command '$name': Too many levels of symbolic links" \
			run "rootfs:$PWD/root" "$name"
	done
	refuses 127 "command '/x/no-interpreter': its interpreter or loader is not in the rootfs" \
		run "rootfs:$PWD/root" /x/no-interpreter
}

@test "a dynamic program in a rootfs without its loader" {
	LC_ALL=C grep -q ld-linux "$(command -v env)" ||
		skip_because "env of this host needs no loader"
	commands
	refuses 127 "command '/x/dynamic': its interpreter or loader is not in the rootfs" \
		run "rootfs:$PWD/root" /x/dynamic
}

@test "with --init the same commands fail with the same codes and words" {
	local not_ours="not a program of this machine (another architecture, or a script without #!)"

	commands
	refuses 127 "command 'none': not found in the container's PATH" \
		run --init "rootfs:$PWD/root" none
	refuses 126 "command '/x/not-executable': Permission denied" \
		run --init "rootfs:$PWD/root" /x/not-executable
	refuses 126 "command '/x/other-machine': $not_ours" \
		run --init "rootfs:$PWD/root" /x/other-machine
	refuses 127 "command '/x/no-interpreter': its interpreter or loader is not in the rootfs" \
		run --init "rootfs:$PWD/root" /x/no-interpreter
}

@test "a program that is open for writing" {
	a_root
	cp root/bin/busybox root/busy
	exec 9>>root/busy
	refuses 126 "command '/busy': Text file busy" run "rootfs:$PWD/root" /busy true
	exec 9>&-
}

@test "names with control characters are printed escaped" {
	local name=$'ba\nd\e[31m\x7f\xc2\x9b\xff'

	a_root
	refuses 127 "command '/ba\\x0ad\\x1b[31m\\x7f\\xc2\\x9b\\xff': No such file or directory" \
		run "rootfs:$PWD/root" "/$name"
	refuses 125 "rootfs '$PWD/ba\\x0ad\\x1b[31m\\x7f\\xc2\\x9b\\xff': No such file or directory" \
		run "rootfs:$PWD/$name" true
	refuses 125 "unknown flag: --ba\\x0ad\\x1b[31m\\x7f\\xc2\\x9b\\xff" run "--$name"
	touch "root/$name"
	refuses 126 "command '/ba\\x0ad\\x1b[31m\\x7f\\xc2\\x9b\\xff': Permission denied" \
		run "rootfs:$PWD/root" "/$name"
	chmod +x "root/$name"
	for init in --init=false --init; do
		run --separate-stderr urun run "$init" "rootfs:$PWD/root" "/$name"
		assert_status 126
		[[ $stderr == "urun: command '/ba\\x0ad\\x1b[31m\\x7f\\xc2\\x9b\\xff': "* ]]
	done
	run -0 urun run -v "$PWD/run:/a"$'\e'"b" --print-plan "rootfs:$PWD/root" true
	[[ $output != *$'\e'* ]]
}

@test "a PATH with odd parts" {
	a_root
	mkdir -p root/x root/locked
	ln -s /bin/busybox root/x/true
	chmod 0 root/locked
	for path in /bin/busybox:/none:/bin ::/bin: bin /none:/locked:/bin $'/a\nb:/bin' /bin/; do
		run -0 urun run -e "PATH=$path" "rootfs:$PWD/root" true
	done
	# An empty part is the working folder, as execvp(3) has it.
	run -0 urun run -e PATH= -w /x "rootfs:$PWD/root" true
	run -0 urun run -e PATH=/none: -w /x "rootfs:$PWD/root" true
	refuses 127 "command 'true': not found in the container's PATH" \
		run -e PATH= "rootfs:$PWD/root" true
	# Not there for somebody who may not look.
	run -0 urun run -e PATH=/locked:/bin -u 1 "rootfs:$PWD/root" true
	refuses 126 "command '/locked/true': Permission denied" \
		run -e PATH=/locked -u 1 "rootfs:$PWD/root" true
}

@test "working folders" {
	a_root
	touch root/file
	refuses 126 "working folder '/none': No such file or directory" \
		run -w /none "rootfs:$PWD/root" true
	mended_by "give another one with -w"
	refuses 126 "working folder '/file': Not a directory" run -w /file "rootfs:$PWD/root" true
	for word in "" bin ./bin; do
		refuses 125 "-w '$word': the working folder is an absolute path" \
			run -w "$word" "rootfs:$PWD/root" true
	done
}

# --- options ---

@test "numbers with a wrong form, unit or size" {
	refuses_value timeout x "" -1 1.5 1s 0x10 " 1" "1 " 4294967296
	refuses_value preserve-fds x "" -1 1.5 0x10 4294967296 1025
	refuses_value shm-size x "" -1 1q 1mm 1. .5m 1e3 18446744073709551616 99999999999g
	refuses_value oom-score-adj x "" -1001 1001 1.0 0x1
	refuses_value umask x "" 8 1000 0888 -1 0x1
	refuses_value ulimit x "" nofile nofile= nofile=x nofile=1k nofile=1:x nofile=-2 =1 \
		nofile=1:2:3 nofile=99999999999999999999 nofle=1
	refuses_value uidmap x "" 0 0:0:0 0:0:x 0:x:1 x:0:1 0:0:1:1 -1:0:1 0:0:4294967296 @0:0:1
	refuses_value gidmap x "" 0 0:0:0 0:0:x 0:x:1
	refuses_value userns keep-id:uid=x keep-id:uid=4294967295 keep-id:gid=-1 auto:size=0 \
		auto:size=x auto:size=-1 auto:size=4294967296
	refuses_value tmpfs /x:size=x /x:size=1q /x:size= /x:size=% /x:size=x% /x:mode=9 /x:mode=
	refuses_value mount type=tmpfs,dst=/x,tmpfs-size=1q type=tmpfs,dst=/x,tmpfs-mode=9
	refuses 125 "--ulimit: soft limit 2 above hard limit 1" \
		run --ulimit nofile=2:1 "rootfs:$PWD/none" true
	refuses 125 "id map 4294967295:0:1: ids inside end at 4294967294" \
		run --uidmap 4294967295:0:1 "rootfs:$PWD/none" true
}

@test "words that are none" {
	refuses_value userns x keep-id: keep-id:x keep-id:uid nomap:x private: auto: container:
	for ns in pid ipc uts cgroupns timens; do
		refuses_value "$ns" x ns: container:
	done
	refuses_value network x ns: bridge container:
	refuses_value storage-driver x "" vfs
	refuses_value cap-add x "" CAP_X , chown,x
	refuses_value cap-drop x "" CAP_X
	refuses_value name "" .x -x a/b "$(printf 'x%.0s' {1..129})"
	refuses_value env "" =x
	refuses_value sysctl x "" =1 net.x net..x=1 net/ipv4/ip_forward=1 kernel.core_pattern=x
	refuses_value add-host x "" : x: :1 "a b:1" a:1.2.3 a:1.2.3.4.5
	refuses_value dns "" x "1.2.3.4 5" 1.2.3 $'1.2.3.4\nx'
	refuses_value dns-search "" "a b" $'a\nb'
	refuses_value dns-option "" "a b"
	refuses_value volume x /etc:x /etc: /etc:/x:bad /etc:/x:ro,bad /etc:/x:U
	refuses_value mount x type=bind type=bind,src=/etc type=bind,dst=/x type=x,dst=/x \
		src=/etc,dst=x type=tmpfs,dst=/x,foo=bar type=bind,src=/etc,dst=/x,ro=maybe \
		type=bind,src=/etc,dst=/x,bind-propagation=x
	refuses_value tmpfs x "" /x:bad
	refuses_value device x "" /dev/null:x /dev/null:/x:q /dev/null:/x: /dev/null:/x:r a.com/c=x
	refuses_value entrypoint "[" "[1]" "[null]" '["a"'
}

@test "a boolean is true or false" {
	for flag in init interactive tty rm privileged read-only rootfs no-hosts unsetenv-all \
		print-spec print-plan; do
		for value in maybe "" 2; do
			refuses 125 "--$flag: '$value' is neither true nor false" \
				run "--$flag=$value" host: true
		done
	done
	refuses 125 "--tty: 'maybe' is neither true nor false" run -t=maybe host: true
}

@test "security options without a value, or with a wrong one" {
	for word in seccomp seccomp= mask unmask apparmor label proc-opts x "" \
		no-new-privileges=x mask=relative unmask=x label=x; do
		refuses_like 125 "--security-opt: '$word': .*" \
			run --security-opt "$word" "rootfs:$PWD/none" true
	done
	# Not there, or not loaded.
	refuses_like 125 "AppArmor profile 'x': .*" \
		run --security-opt apparmor=x "rootfs:$ROOT" true
	refuses 125 "mount proc on '/proc': Invalid argument" \
		run --security-opt proc-opts=none "rootfs:$ROOT" true
}

@test "seccomp profiles that are none" {
	mkdir dir
	mkfifo fifo
	echo '{' >broken
	truncate -s 1G huge
	refuses 125 "seccomp profile '$PWD/none': No such file or directory" \
		run --security-opt "seccomp=$PWD/none" "rootfs:$ROOT" true
	for kind in "$PWD/dir" "$PWD/fifo" /dev/zero; do
		refuses_like 125 "seccomp profile '$kind': .*no regular file" \
			run --security-opt "seccomp=$kind" "rootfs:$ROOT" true
	done
	refuses_like 125 "seccomp profile '$PWD/broken': JSON line .*" \
		run --security-opt "seccomp=$PWD/broken" "rootfs:$ROOT" true
	refuses_like 125 "seccomp profile '$PWD/huge': .*" \
		run --security-opt "seccomp=$PWD/huge" "rootfs:$ROOT" true
	# Words of the helper's are names of files here.
	for name in default -; do
		cp broken ./"$name"
		refuses_like 125 "seccomp profile '(\./)?$name': JSON line .*" \
			run --security-opt "seccomp=$name" "rootfs:$ROOT" true
	done
}

@test "files of variables that are none" {
	mkdir dir
	mkfifo fifo
	truncate -s 1G huge
	printf 'A=1\n=x\n' >nameless
	refuses 125 "--env-file: '$PWD/none': No such file or directory" \
		run --env-file "$PWD/none" "rootfs:$ROOT" true
	for kind in "$PWD/dir" "$PWD/fifo" /dev/zero; do
		refuses 125 "--env-file: '$kind': it is no regular file" \
			run --env-file "$kind" "rootfs:$ROOT" true
	done
	refuses 125 "--env-file: '$PWD/huge': it is larger than 4 MiB" \
		run --env-file "$PWD/huge" "rootfs:$ROOT" true
	refuses 125 "--env-file: '$PWD/nameless': line '=x' has no name" \
		run --env-file "$PWD/nameless" "rootfs:$ROOT" true
}

@test "a host name is one word" {
	for name in $'a\n10.0.0.1 b' "a b" $'a\tb' $'\e[31m'; do
		refuses_like 125 "--hostname.*: no spaces or control characters" \
			run -h "$name" "rootfs:$ROOT" true
	done
	refuses 125 "--hostname: 1 to 64 characters" run -h "" "rootfs:$ROOT" true
	refuses 125 "--hostname: 1 to 64 characters" \
		run -h "$(printf 'x%.0s' {1..65})" "rootfs:$ROOT" true
}

@test "flags that contradict each other, in either order" {
	local root="rootfs:$PWD/none"

	for map in --uidmap --gidmap; do
		for mode in keep-id nomap auto host ns:/proc/self/ns/user; do
			refuses 125 "--userns goes with neither --uidmap nor --gidmap" \
				run --userns "$mode" "$map" 0:0:1 "$root" true
			refuses 125 "--userns goes with neither --uidmap nor --gidmap" \
				run "$map" 0:0:1 --userns "$mode" "$root" true
		done
	done
	for order in "--no-hosts --add-host=a:10.0.0.1" "--add-host=a:10.0.0.1 --no-hosts"; do
		refuses 125 "--add-host needs /etc/hosts, and --no-hosts leaves it alone" \
			run $order "$root" true
	done
	for order in "--uts=host -h=box" "-h=box --uts=host"; do
		refuses 125 "--hostname 'box' with --uts host would rename the host" \
			run $order "$root" true
	done
	refuses 125 "--group-add keep-groups goes with no other group" \
		run --group-add keep-groups --group-add 1 "$root" true
	refuses_like 125 ".*both added and dropped" \
		run --cap-add chown --cap-drop CAP_CHOWN "$root" true
	refuses 125 "--sysctl 'net.ipv4.ip_forward': the net namespace is not the container's" \
		run --network host --sysctl net.ipv4.ip_forward=1 "$root" true
	refuses 125 "--sysctl 'kernel.sem': the ipc namespace is not the container's" \
		run --ipc host --sysctl kernel.sem=1 "$root" true
	refuses_like 125 ".*: all maps use @, or none does" \
		run --uidmap 0:0:1 --gidmap "0:@$(id -g):1" "$root" true
	refuses 125 "id map: user id 0 is mapped twice" \
		run --uidmap 0:0:1 --uidmap 0:1:1 "$root" true
	refuses 125 "id map: user id $(id -u) of the host is mapped twice" \
		run --uidmap 0:0:1 --uidmap 1:0:1 "$root" true
	refuses 125 "--preserve-fds 100: descriptor 3 is not open" \
		run --preserve-fds 100 "$root" true 3>&-
}

@test "unknown flags, in podman's words" {
	for flag in --bogus -X -iX ---x; do
		refuses 125 "unknown flag: $flag" run "$flag" host: true
		mended_by "See 'urun run --help'"
	done
	refuses_like 125 "unknown flag: --bogus(=1)?" run --bogus=1 host: true
	refuses 125 "unknown flag: --Init" run --Init host: true
	refuses 125 "unknown flag: --ini" run --ini host: true
	refuses 125 "unknown flag: --bogus" doctor --bogus
	mended_by "See 'urun doctor --help'"
}

@test "flags without their value" {
	while read -r flag _ kind; do
		[ "$kind" = value ] || continue
		refuses_like 125 "flag needs an argument: $flag .*" run "$flag"
		mended_by "See 'urun run --help'"
	done < <(urun __options run list)
	for flag in -e:env -v:volume -u:user -w:workdir -h:hostname -l:label; do
		refuses_like 125 "flag needs an argument: --${flag#*:} .*" run "${flag%:*}"
	done
}

@test "words behind the rootfs belong to the command" {
	run -0 urun run "rootfs:$ROOT" echo --bogus -t --help --rootfs -- x
	assert_output "--bogus -t --help --rootfs -- x"
	run -0 urun run -- "rootfs:$ROOT" echo --bogus
	assert_output --bogus
	run -0 urun run --entrypoint echo "rootfs:$ROOT" -t --bogus
	assert_output "-t --bogus"
}

@test "a value of any length leaves room for the cause" {
	local long

	long=$(head -c 100000 /dev/zero | tr '\0' x)
	refuses_like 125 "rootfs '/xx+.*: File name too long" run "rootfs:/$long" true
	refuses_like 126 "command '/xx+.*: File name too long" run "rootfs:$ROOT" "/$long"
	refuses_like 125 "mount source '/xx+.*: File name too long" \
		run -v "/$long:/x" "rootfs:$ROOT" true
	refuses_like 125 "mount target '/xx+.*: File name too long" \
		run -v "/etc:/$long" "rootfs:$ROOT" true
	refuses_like 125 "user 'xx+.*: the container has no /etc/passwd" \
		run -u "$long" "rootfs:$ROOT" true
	refuses_like 125 "--timeout: 'xx+.*: no number" run --timeout "$long" "rootfs:$ROOT" true
	[ ${#stderr} -lt 5000 ]
}

@test "more of an option than there can be" {
	local -a many=() maps=()

	for i in {1..5000}; do
		many+=(-v "/etc/passwd:/f$i")
	done
	refuses_like 125 "50[0-9][0-9] mounts: at most 4096" run "${many[@]}" "rootfs:$ROOT" true
	for i in {1..341}; do
		maps+=(--uidmap "$i:$i:1")
	done
	refuses 125 "--uidmap: 341 ranges, the kernel takes 340" \
		run "${maps[@]}" "rootfs:$ROOT" true
}

# --- arguments ---

@test "arguments that the kernel does not take" {
	local big

	big=$(head -c 131071 /dev/zero | tr '\0' x)
	echo "V=$big" >one
	refuses 126 "command '/bin/true': Argument list too long" \
		run --env-file "$PWD/one" "rootfs:$ROOT" true
	for i in {1..24}; do
		echo "V$i=${big:100}"
	done >all
	refuses 126 "command '/bin/true': Argument list too long" \
		run --env-file "$PWD/all" "rootfs:$ROOT" true
	refuses_like 126 ".*: Argument list too long" \
		run --init --env-file "$PWD/all" "rootfs:$ROOT" true
	# The largest that it does.
	run -0 urun run "rootfs:$ROOT" sh -c 'echo ${#1}' sh "${big:1}"
	assert_output 131070
}

@test "as many arguments as there can be, and one more" {
	run -0 urun run "rootfs:$ROOT" sh -c 'echo $#' sh $(seq 65532)
	assert_output 65532
	refuses 125 "70000 arguments: at most 65536" run "rootfs:$ROOT" $(seq 70000)
}

# --- descriptors ---

@test "any of the standard streams may be closed" {
	local closed how line n

	mkdir out
	for closed in '<&-' '>&-' '2>&-' '<&- >&-' '<&- 2>&-' '>&- 2>&-' '<&- >&- 2>&-'; do
		for how in "" -i --init -t -it; do
			rm -f out/fds
			eval "timeout 60 urun run $how -v \"\$PWD/out:/out\" \"rootfs:\$ROOT\" \
				sh -c '(ls -l /proc/\$\$/fd >/out/fds); :' $closed" || {
				echo "urun run $how ... $closed: $?"
				return 1
			}
			# Nothing but the three, and no closed one has become a file of urun's.
			sed -n 's/.* \([0-9]* -> .*\)/\1/p' out/fds >fds
			[ "$(cut -d' ' -f1 fds | tr '\n' ' ')" = "0 1 2 " ] || {
				echo "urun run $how ... $closed:"
				cat out/fds
				return 1
			}
			for n in 0 1 2; do
				case "$n $closed" in
				"0 "*'<&-'* | "1 "'>&-'* | "1 "*' >&-'* | "2 "*'2>&-'*) ;;
				*) continue ;;
				esac
				line=$(grep "^$n " fds)
				case $how in
				-t | -it) [ "$line" = "$n -> /dev/pts/0" ] ;;
				*) [ "$line" = "$n -> /dev/null" ] ;;
				esac || {
					echo "urun run $how ... $closed: $line"
					return 1
				}
			done
		done
	done
}

@test "what cannot be written to standard output is said" {
	for words in "run --help" "run --print-spec host: true" "run --print-plan host: true" \
		doctor "doctor --json" "doctor --help" info "info --format json" "info --help" \
		version "version --format json" "version --help" help --help --version \
		"__options run list" "__options run man"; do
		run --separate-stderr sh -c "exec timeout 60 urun $words >/dev/full"
		says 125 "write to standard output: No space left on device" || {
			echo "by: urun $words"
			return 1
		}
		mended_by "The disk that standard output is written to is full"
		run --separate-stderr sh -c "exec timeout 60 urun $words >&-"
		says 125 "write to standard output: it is closed, or not for writing" || {
			echo "closed, by: urun $words"
			return 1
		}
		mended_by ">/dev/null"
	done
}

@test "few descriptors: no start, but a reason" {
	[ -z "${URUN_ASAN:-}" ] || skip "the sanitizer needs more"
	for n in 16 8 4; do
		by=(prlimit "--nofile=$n")
		refuses_like 125 ".*: Too many open files" run "rootfs:$ROOT" true
		mended_by "ulimit -n"
		refuses_like 125 ".*: Too many open files" run host: true
		refuses_like 125 ".*: Too many open files" run -t --init "rootfs:$ROOT" true
	done
	by=(prlimit --nofile=3)
	refuses_like 125 ".*: Too many open files" run "rootfs:$ROOT" true
	run -0 prlimit --nofile=64 urun run host: true
}

@test "few processes: no start, but a reason" {
	for n in 1 2 3 4 5; do
		by=(prlimit "--nproc=$n")
		refuses 125 "make the container's namespaces: Resource temporarily unavailable" \
			run "rootfs:$ROOT" true
		mended_by "ulimit -u"
	done
}

@test "little memory and a small stack are enough" {
	[ -z "${URUN_ASAN:-}" ] || skip "the sanitizer needs more"
	run -0 prlimit --as=67108864 urun run host: true
	run -0 prlimit --as=33554432 urun run -t --init "rootfs:$ROOT" true
	run -0 prlimit --stack=131072 urun run -t --init "rootfs:$ROOT" true
	run -0 prlimit --stack=131072 urun doctor
}

@test "files that may not grow" {
	# Behind a pipe: standard error is a file here, and would not grow either.
	small() {
		run bash -c 'set -o pipefail; prlimit --fsize=0 urun "$@" 2>&1 | cat' bash "$@"
		assert_status 125
		assert_contains ": File too large"
		[ ${#lines[@]} -le 2 ] && [[ $output == "urun: "* ]]
		nothing_left
	}
	small run --cidfile "$PWD/cid" "rootfs:$ROOT" true
	small run --pidfile "$PWD/pid" "rootfs:$ROOT" true
	[ -z "$(find . -name '*cid*' -o -name '*pid*')" ]
	run bash -c 'set -o pipefail; prlimit --fsize=0 urun version 2>&1 >out | cat'
	assert_status 125
	assert_output "urun: write to standard output: File too large"
}

# --- files of a start ---

@test "a start that failed leaves neither a pid file nor a cid file" {
	a_root
	touch root/empty
	chmod +x root/empty
	for command in 127:/none 126:/empty; do
		run "-${command%:*}" urun run --pidfile pid --cidfile cid "rootfs:$PWD/root" \
			"${command#*:}"
		[ ! -e pid ]
		[ ! -e cid ]
	done
	run -0 urun run --pidfile pid --cidfile cid "rootfs:$PWD/root" true
	[ -s pid ]
	[ "$(wc -c <cid)" = 64 ]
}

@test "pid and cid files that cannot be made" {
	mkdir locked dir
	chmod 500 locked
	touch there
	for option in pidfile:"pid file" cidfile:--cidfile; do
		name=${option%%:*} says=${option#*:}
		refuses 125 "$says '/none/x': No such file or directory" \
			run "--$name" /none/x "rootfs:$ROOT" true
		refuses 125 "$says '$PWD/locked/x': Permission denied" \
			run "--$name" "$PWD/locked/x" "rootfs:$ROOT" true
		refuses 125 "$says '': No such file or directory" run "--$name" "" "rootfs:$ROOT" true
	done
	refuses 125 "--cidfile '$PWD/there': it is there already" \
		run --cidfile "$PWD/there" "rootfs:$ROOT" true
	refuses_like 125 "pid file '$PWD/dir': .*" run --pidfile "$PWD/dir" "rootfs:$ROOT" true
	[ -z "$(find . -name 'dir.*')" ]
}

@test "a builder that fails at once is heard, however early the maps are written" {
	need_unshare -Ur
	run -0 unshare -Ur sh -c \
		'one="--uidmap 0:0:1 --gidmap 0:0:1"
		for i in $(seq 300); do urun run $one rootfs:/none true 2>&1 | head -n 1; done | sort -u'
	assert_output "urun: rootfs '/none': No such file or directory"
}

@test "a builder's last word is heard, though the launcher spoke to it in between" {
	local -a slow=()
	local on i

	# Sources that take their time, behind a link that is long to follow.
	mkdir slow
	touch slow/file
	ln -s "$(printf './%.0s' {1..2000})" slow/on
	on=$PWD/slow/$(printf 'on/%.0s' {1..10})file
	for i in {1..200}; do
		slow+=(-v "$on:/f$i")
	done
	for i in 1 2 3; do
		urun run "${slow[@]}" -v /none:/x "rootfs:$ROOT" true >out 2>err 3>&- &
		launcher=$!
		stop_until_builder_ended
		status=0
		wait "$launcher" || status=$?
		stderr=$(cat err) output=$(cat out)
		says 125 "mount source '/none': No such file or directory"
	done
	nothing_left
}

# Holds the launcher from where the ids are mapped, and it has said so, to the builder's end. When
# that is missed nothing is held, and nothing is found.
stop_until_builder_ended() {
	local -a kids=()
	local state n=0

	until [ ${#kids[@]} = 1 ] && [ "$(wc -l <"/proc/${kids[0]}/uid_map")" = 2 ]; do
		read -r -a kids <"/proc/$launcher/task/$launcher/children" || true
		[ $((n += 1)) -lt 1000 ] || return 0
	done 2>/dev/null
	kill -STOP "$launcher" 2>/dev/null || return 0
	for n in $(seq 500); do
		read -r _ _ state _ <"/proc/${kids[0]}/stat" && [ "$state" != Z ] || break
		sleep 0.01
	done 2>/dev/null
	kill -CONT "$launcher"
}

# --- surroundings ---

# full CODE SCRIPT: runs it where $PWD/disk is full, by bytes and by files.
full() {
	need_unshare -Urm --map-auto
	mkdir -p disk
	run "-$1" --separate-stderr unshare -Urm --map-auto sh -c '
		mount -t tmpfs -o size=64k,nr_inodes=16,mode=755 full disk
		mkdir -m 700 disk/run disk/root
		head -c 1M /dev/zero >disk/fill 2>/dev/null
		for i in $(seq 32); do ln -s x "disk/$i" 2>/dev/null; done
		'"$2" || true
}

@test "a full disk below the rootfs" {
	full 125 'timeout 60 urun run "rootfs:$PWD/disk/root" true; code=$?; ls -A disk/root; exit $code'
	says 125 "mount target '/proc' in the rootfs: No space left on device"
	# An overlay has its own room.
	full 127 'timeout 60 urun run "rootfs:$PWD/disk/root:O" true'
	says 127 "command 'true': not found in the container's PATH"
}

@test "a full disk below the home, the runtime folder, and the files of a start" {
	full 125 'XDG_RUNTIME_DIR=$PWD/disk/run timeout 60 urun run --name x "rootfs:$ROOT" true'
	says 125 "--name 'x': note it in '$PWD/disk/run/urun/names': No space left on device"
	# Only the cache of compiled filters would be there: a start does without.
	full 0 'HOME=$PWD/disk timeout 60 urun run --cap-add sys_admin "rootfs:$ROOT" true'
	[ "$status" = 0 ] && [ -z "$stderr" ]
	full 125 'timeout 60 urun run --cidfile disk/cid "rootfs:$ROOT" true; code=$?
		[ ! -e disk/cid ] || echo left; exit $code'
	says 125 "--cidfile 'disk/cid': No space left on device"
	full 125 'rm disk/1; timeout 60 urun run --cidfile disk/cid "rootfs:$ROOT" true; code=$?
		[ ! -e disk/cid ] || echo left; exit $code'
	says 125 "--cidfile 'disk/cid': No space left on device"
	full 125 'timeout 60 urun run --pidfile disk/pid "rootfs:$ROOT" true; code=$?
		ls -A disk | grep pid; exit $code'
	says 125 "pid file 'disk/pid': No space left on device"
	full 125 'rm disk/1; timeout 60 urun run --pidfile disk/pid "rootfs:$ROOT" true; code=$?
		ls -A disk | grep pid; exit $code'
	says 125 "pid file 'disk/pid': No space left on device"
}

@test "a read-only home, and none" {
	chmod 500 home
	# Where the cache of compiled filters would be.
	run -0 --separate-stderr env -u XDG_CACHE_HOME urun run --cap-add sys_admin "rootfs:$ROOT" true
	[ -z "$stderr" ]
	for start in "HOME=$PWD/home" HOME= HOME=/none HOME=/dev/null HOME=/ "-u HOME"; do
		for command in "run rootfs:$ROOT true" "run host: true" doctor info; do
			run --separate-stderr env $start urun $command
			[ "$status" = 0 ] && [ -z "$stderr" ] || {
				echo "env $start urun $command: $status: $stderr"
				return 1
			}
		done
	done
	[ -z "$(ls -A home)" ]
	# It would lead to another place each time.
	run -125 env HOME=relative urun run "rootfs:$ROOT" true
	assert_output "urun: HOME is 'relative', which is no absolute path
  Set it to a path that begins with '/'"
}

@test "a runtime folder that is not the caller's own is not used" {
	chmod 777 tmp
	touch file
	for dir in "" relative /none /run / "$PWD/tmp" "$PWD/file"; do
		by=(env "XDG_RUNTIME_DIR=$dir")
		refuses_like 125 "--name 'x': .*XDG_RUNTIME_DIR.*" run --name x "rootfs:$ROOT" true
		mended_by "folder of your own with mode 0700"
		refuses_like 125 "--userns=auto: .*XDG_RUNTIME_DIR.*" \
			run --userns auto "rootfs:$ROOT" true
		run -0 "${by[@]}" urun run "rootfs:$ROOT" true
	done
	by=(env -u XDG_RUNTIME_DIR)
	refuses_like 125 "--name 'x': .*XDG_RUNTIME_DIR.*" run --name x "rootfs:$ROOT" true
}

@test "a runtime folder that cannot be written, or holds something else" {
	chmod 500 run
	refuses 125 "--name 'x': note it in '$PWD/run/urun/names': Permission denied" \
		run --name x "rootfs:$ROOT" true
	refuses 125 "make '$PWD/run/urun': Permission denied" run --userns auto "rootfs:$ROOT" true
	chmod 700 run
	mkdir elsewhere
	ln -s "$PWD/elsewhere" run/urun
	run --separate-stderr urun run --name x "rootfs:$ROOT" true
	says 125 "--name 'x': note it in '$PWD/run/urun/names': Not a directory"
	run --separate-stderr urun run --userns auto "rootfs:$ROOT" true
	says 125 "make '$PWD/run/urun': Not a directory"
	[ -z "$(ls -A elsewhere)" ]
}

@test "a working folder that is gone" {
	mkdir gone
	cd gone
	rmdir ../gone
	run -0 urun run "rootfs:$ROOT" pwd
	assert_output /
	run -0 urun run host: pwd
	assert_output /
	run --separate-stderr urun run rootfs:./x true
	says 125 "rootfs './x': No such file or directory"
	run --separate-stderr urun run -v ./x:/x "rootfs:$ROOT" true
	says 125 "mount source './x': No such file or directory"
	run -0 urun info
	run -0 urun doctor
}

@test "a host without /proc" {
	[ -z "${URUN_ASAN:-}" ] || skip "the sanitizer needs /proc"
	need_unshare -Um --map-current-user --keep-caps
	by=(unshare -Um --map-current-user --keep-caps sh -c
		'mount -t tmpfs none /proc && exec "$@"' sh)
	refuses 125 "own program through /proc/self/exe: No such file or directory" \
		run "rootfs:$ROOT" true
	mended_by "mount -t proc proc /proc"
	refuses 125 "own program through /proc/self/exe: No such file or directory" run host: true
	run -0 "${by[@]}" urun version
}

@test "no_new_privs of the caller's: newuidmap cannot work, and the way on is said" {
	by=(setpriv --no-new-privs)
	refuses_like 125 "newuidmap .*no_new_privs.*" run "rootfs:$ROOT" true
	mended_by "--uidmap 0:0:1 --gidmap 0:0:1"
	run -0 "${by[@]}" urun run --uidmap 0:0:1 --gidmap 0:0:1 "rootfs:$ROOT" id -u
	assert_output 0
}

@test "no namespaces left" {
	need_unshare -U --map-current-user --keep-caps
	for kind in user net ipc; do
		by=(unshare -U --map-current-user --keep-caps sh -c
			"echo 0 >/proc/sys/user/max_${kind}_namespaces && exec \"\$@\"" sh)
		refuses_like 125 \
			"make the container's (network )?namespaces?: No space left on device" \
			run --uidmap 0:0:1 --gidmap 0:0:1 "rootfs:$ROOT" true
		mended_by "sudo sysctl user.max_"
	done
	# Where the launcher writes the map, too.
	by=(unshare -Ur sh -c 'echo 0 >/proc/sys/user/max_net_namespaces && exec "$@"' sh)
	refuses_like 125 "make the container's (network )?namespaces?: No space left on device" \
		run --uidmap 0:0:1 --gidmap 0:0:1 "rootfs:$ROOT" true
	mended_by "sudo sysctl user.max_"
}

@test "urun inside urun" {
	[ -z "${URUN_ASAN:-}" ] || skip "the sanitizer's library is not in the container"
	local bin

	bin=$(dirname "$(command -v urun)")
	nested=(run --cap-add SYS_ADMIN --security-opt seccomp=unconfined
		--security-opt unmask=ALL -v "$bin:/u:ro" "rootfs:$ROOT")
	# There is no /dev/net/tun inside.
	refuses 125 "network: /dev/net/tun cannot be opened" "${nested[@]}" /u/urun run rootfs:/ true
	mended_by "--network none"
	run -0 urun "${nested[@]}" /u/urun run --network none rootfs:/ id -u
	assert_output 0
	run -0 urun "${nested[@]}" /u/urun run --network none host: sh -c 'echo $$'
	assert_output 1
	run -0 urun "${nested[@]}" /u/urun run --network none -t -u 5 --init rootfs:/ id -u
	[ "${output%$'\r'}" = 5 ]
	run -3 urun "${nested[@]}" /u/urun run --network none rootfs:/ sh -c 'exit 3'
	# In an ordinary container the filter is in the way, and without it the masks are.
	refuses 125 "make the container's namespaces: Operation not permitted" \
		run -v "$bin:/u:ro" "rootfs:$ROOT" /u/urun run --network none rootfs:/ true
	mended_by "--security-opt seccomp=unconfined"
	refuses 125 "mount proc on '/proc': Operation not permitted" \
		run --security-opt seccomp=unconfined -v "$bin:/u:ro" "rootfs:$ROOT" \
		/u/urun run --network none rootfs:/ true
	mended_by "unmask=ALL"
	# Root of the host's own tree has no capabilities, and so may write no map.
	nested=(run --security-opt seccomp=unconfined --security-opt unmask=ALL -v "$bin:/u:ro")
	refuses 125 "write the container's gid_map: Operation not permitted" \
		"${nested[@]}" host: /u/urun run --network none host: true
	mended_by "Root lacks capabilities here, as in a container: start that with --cap-add setuid,setgid,setfcap"
	refuses 125 "write the container's uid_map: Operation not permitted" \
		"${nested[@]}" --cap-add setuid,setgid host: /u/urun run --network none host: true
	mended_by "start that with --cap-add setfcap"
	run -0 urun "${nested[@]}" --cap-add setuid,setgid,setfcap host: /u/urun run --network none host: id -u
	assert_output 0
}

@test "root of a user namespace with one id" {
	need_unshare -Ur
	by=(unshare -Ur)
	run -0 --separate-stderr "${by[@]}" urun run "rootfs:$ROOT" id -u
	assert_output 0
	[ "$stderr" = "urun: note: only one user id inside (owners of files are emulated): the user\
 namespace around it has no more; to have more: start it outside of that" ]
	run -0 --separate-stderr "${by[@]}" urun run -t --init "rootfs:$ROOT" tty
	[ "${output%$'\r'}" = /dev/pts/0 ]
	run -0 --separate-stderr "${by[@]}" urun run host: id -u
	assert_output 0
	refuses 125 "user id 1 is not mapped into the container" run -u 1 "rootfs:$ROOT" true
}

@test "root of a user namespace with many ids" {
	need_unshare -Ur --map-auto
	by=(unshare -Ur --map-auto)
	run -0 "${by[@]}" urun run -u 1:2 "rootfs:$ROOT" sh -c 'echo $(id -u):$(id -g)'
	assert_output 1:2
	for mode in host keep-id; do
		run -0 "${by[@]}" urun run --userns "$mode" "rootfs:$ROOT" id -u
		assert_output 0
	done
	run -0 "${by[@]}" urun run --uidmap 0:5:3 "rootfs:$ROOT" cat /proc/self/uid_map
	[ "$(echo $output)" = "0 5 3" ]
	refuses 125 "--userns=nomap is not for root: there is no id to keep out" \
		run --userns nomap "rootfs:$ROOT" true
}
