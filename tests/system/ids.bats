# SPDX-License-Identifier: Apache-2.0
#
# Who is who: the maps of user namespaces, users and groups of the rootfs, owners as they are seen
# from both sides, and namespaces that are joined.

load fs

uid=$(id -u) gid=$(id -g)
user=$(id -un)

need_ranges() {
	[ "$(sub_count uid)" -ge 65536 ] && [ "$(sub_first uid)" = "$(sub_first gid)" ] &&
		[ "$(sub_count uid)" = "$(sub_count gid)" ] && [ "$uid" = "$gid" ] &&
		[ "$uid" -lt 65536 ] && [ "$uid" != 0 ] ||
		skip_because "these tests reckon with one range of 65536 ids, the same for groups"
	first=$(sub_first uid) count=$(sub_count uid)
}

# "INSIDE OUTSIDE COUNT ..." as the kernel prints it.
map() {
	while [ $# -gt 0 ]; do
		printf '%10u %10u %10u\n' "$1" "$2" "$3"
		shift 3
	done
}

# Both maps are these ranges.
assert_maps() {
	local expected
	expected=$(map "$@")
	[ "$output" = "$expected"$'\n'"$expected" ] || {
		printf -- '-- expected twice --\n%s\n-- got --\n%s\n' "$expected" "$output"
		return 1
	}
}

show_maps="cat /proc/self/uid_map /proc/self/gid_map"

# --- the ladder ---

no_ids='mount --bind /dev/null /etc/subuid; mount --bind /dev/null /etc/subgid'

note() {
	echo "urun: note: only one user id inside (owners of files are emulated): '$user' has no\
 subordinate ids in /etc/subuid; to have more:\
 sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 $user"
}

@test "without subordinate ids there is one id, and a note that tells the mend, once" {
	need_busybox
	run -0 --separate-stderr on_host "$no_ids" urun run "rootfs:$BUSYBOX" \
		sh -c "id -u; id -g; $show_maps; cat /proc/self/setgroups"
	assert_output "0
0
$(map 0 "$uid" 1)
$(map 0 "$gid" 1)
deny"
	[ "$stderr" = "$(note)" ]
}

@test "without subordinate group ids, or without newuidmap or newgidmap: the note says which" {
	need_busybox
	while IFS='|' read -r path reason mend; do
		run -0 --separate-stderr on_host "mount --bind /dev/null $path" \
			urun run "rootfs:$BUSYBOX" sh -c "$show_maps"
		assert_maps 0 "$uid" 1
		[ "$stderr" = "urun: note: only one user id inside (owners of files are emulated): $reason; to have more: $mend" ]
	done <<-END
		/etc/subgid|'$user' has no subordinate ids in /etc/subgid|sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 $user
		/usr/bin/newuidmap|newuidmap is not installed|install newuidmap and newgidmap (package uidmap or shadow-utils)
		/usr/bin/newgidmap|newgidmap is not installed|install newuidmap and newgidmap (package uidmap or shadow-utils)
	END
}

@test "one id: what needs more is refused, with the reason" {
	need_busybox
	copy_busybox
	reason="'$user' has no subordinate ids in /etc/subuid
  sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 $user"
	run -125 on_host "$no_ids" urun run --userns nomap "rootfs:$root" true
	assert_output "urun: --userns=nomap needs subordinate ids: $reason"
	run -125 on_host "$no_ids" urun run --userns auto "rootfs:$root" true
	assert_output "urun: --userns=auto: $reason"
	run -125 on_host "$no_ids" urun run --uidmap 0:0:1 --uidmap 1:1:1 "rootfs:$root" true
	assert_contains "urun: user id 1 lies outside the ids of '$user': its own $uid and 0 subordinate ones in /etc/subuid"
	run -125 on_host "$no_ids" urun run -u 5 "rootfs:$root" true
	assert_output "urun: user id 5 is not mapped into the container
  Only one id is mapped. sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 $user gives more"
	run -125 on_host "$no_ids" urun run -u 0:5 "rootfs:$root" true
	assert_contains "urun: group id 5 is not mapped into the container"
	run -1 on_host "$no_ids" urun run --uidmap 0:0:1 --gidmap 0:0:1 "rootfs:$root" chown 5 /bin
	assert_output "chown: /bin: Invalid argument"
}

@test "one id, because there are no others: owners and users change for show" {
	need_busybox
	copy_busybox
	all='touch f && chown 5:7 f && chown -h 3 f && chgrp 9 f && stat -c "%u:%g" f &&
		su games -c "id -u; id -g" && su -s /bin/sh nobody -c "id -u" &&
		chown 5 /nothing; grep -E "^(Seccomp|Seccomp_filters):" /proc/self/status'
	mkdir -p "$root/etc"
	printf '%s\n' nobody:x:65534:65534::/:/bin/sh games:x:5:60::/:/bin/sh >"$root/etc/passwd"
	run -0 --separate-stderr on_host "$no_ids" urun run "rootfs:$root" sh -c "$all"
	assert_output "0:0
0
0
0
Seccomp:	2
Seccomp_filters:	2"
	# Without the profile, and where the filter is loaded by capability.
	run -0 --separate-stderr on_host "$no_ids" urun run --privileged "rootfs:$root" sh -c "$all"
	[ "${lines[*]:0:4}" = "0:0 0 0 0" ]
	assert_contains "Seccomp_filters:	1"
	# What comes out belongs to the caller.
	[ "$(stat -c %u:%g "$root/f")" = "$uid:$gid" ]
}

@test "one id: what a profile denies stays denied, and who may not give files away does not" {
	need_busybox
	echo '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["chown","fchownat","lchown"],
		"action":"SCMP_ACT_ERRNO","errnoRet":95}]}' >"$BATS_TEST_TMPDIR/deny.json"
	run -1 --separate-stderr on_host "$no_ids" urun run \
		--security-opt "seccomp=$BATS_TEST_TMPDIR/deny.json" "rootfs:$BUSYBOX:O" chown 5 /bin
	[ "$stderr" = "$(note)
chown: /bin: Operation not supported" ]
	run -1 --separate-stderr on_host "$no_ids" urun run --cap-drop CHOWN "rootfs:$BUSYBOX:O" \
		chown 5 /bin
	[[ $stderr == *"chown: /bin: Invalid argument" && $stderr != *emulated* ]]
	run -1 --separate-stderr on_host "$no_ids" urun run --userns keep-id "rootfs:$BUSYBOX:O" \
		chown 5 /bin
	[[ $stderr == *"chown: /bin: "* && $stderr != *emulated* ]]
}

@test "one id: keep-id keeps it, and a map of one id needs no note" {
	need_busybox
	run -0 --separate-stderr on_host "$no_ids" urun run --userns keep-id "rootfs:$BUSYBOX" \
		sh -c "id -u; id -g; $show_maps"
	assert_output "$uid
$gid
$(map "$uid" "$uid" 1)
$(map "$gid" "$gid" 1)"
	run -0 --separate-stderr on_host "$no_ids" urun run --userns keep-id:uid=7,gid=8 \
		"rootfs:$BUSYBOX" sh -c "id -u; id -g; $show_maps"
	assert_output "7
8
$(map 7 "$uid" 1)
$(map 8 "$gid" 1)"
	run -0 urun run --uidmap 0:0:1 --gidmap 0:0:1 "rootfs:$BUSYBOX" $show_maps
	assert_maps 0 "$uid" 1
}

@test "a map without 0: -u with ids, and with names, that it has" {
	app_root
	need_ranges
	run -0 urun run --uidmap 9:0 -u 9:9 "rootfs:$root" sh -c "id -u; id -g; $show_maps"
	assert_output "9
9
$(map 9 "$uid" 1)
$(map 9 "$gid" 1)"
	run -0 urun run --uidmap 1234:0 --gidmap 555:0 -u app "rootfs:$root" \
		sh -c "id -u; id -g; $show_maps"
	assert_output "1234
555
$(map 1234 "$uid" 1)
$(map 555 "$gid" 1)"
	run -125 urun run --uidmap 9:0 "rootfs:$root" true
	assert_contains "urun: user id 0 is not mapped into the container"
}

@test "ranges: all of the user's, by name and by number, without those that would overlap" {
	need_busybox
	need_ranges
	export RANGES="# a comment
other:4000:100
$user:10000:100
$user:10050:50
$user:$uid:5
$uid:30000:10
$user:5
$user:x:10
$user:4294967295:10
$user:20000:0
$user:20000:50"
	run -0 on_host "$with_ranges" urun run "rootfs:$BUSYBOX" $show_maps
	assert_maps 0 "$uid" 1 1 10000 100 101 30000 10 111 20000 50
}

@test "ranges that newuidmap refuses: its own words are shown" {
	need_busybox
	need_ranges
	export RANGES="$user:4000000000:100
"
	run -125 on_host "$with_ranges" urun run "rootfs:$BUSYBOX" true
	assert_output "urun: newuidmap refused the id map (exit code 1): \
newuidmap: write to uid_map failed: Operation not permitted
  'urun doctor' tells what is missing; --uidmap 0:0:1 --gidmap 0:0:1 does without newuidmap"
}

# --- --userns ---

@test "--userns keep-id: the caller's ids inside as outside" {
	copy_busybox
	need_ranges
	run -0 urun run --userns keep-id "rootfs:$root" \
		sh -c "id -u; id -g; touch /file; stat -c %u:%g /file"
	assert_output "$uid
$gid
$uid:$gid"
	run -0 stat -c %u:%g "$root/file"
	assert_output "$uid:$gid"
	run -0 urun run --userns keep-id "rootfs:$root" $show_maps
	assert_maps 0 "$first" "$uid" "$uid" "$uid" 1 $((uid + 1)) $((first + uid)) $((count - uid))
	# And root is one of the subordinate ids.
	run -0 urun run --userns keep-id -u 0 "rootfs:$root" touch /root-file
	run -0 stat -c %u:%g "$root/root-file"
	assert_output "$first:$first"
}

@test "--userns keep-id in host: the home is the caller's" {
	need_ranges
	run -0 urun run --userns keep-id host: sh -c 'stat -c "%a %u:%g" "$1"; echo x >"$1/file" && cat "$1/file"' sh "$HOME"
	assert_output "700 $uid:$gid
x"
}

@test "--userns keep-id:uid=,gid=" {
	need_busybox
	need_ranges
	run -0 urun run --userns keep-id:uid=5,gid=6 "rootfs:$BUSYBOX" \
		sh -c "id -u; id -g; $show_maps"
	assert_output "5
6
$(map 0 "$first" 5 5 "$uid" 1 6 $((first + 5)) $((count - 5)))
$(map 0 "$first" 6 6 "$gid" 1 7 $((first + 6)) $((count - 6)))"
	run -0 urun run --userns keep-id:uid=0 "rootfs:$BUSYBOX" sh -c "id -u; head -n 1 /proc/self/uid_map"
	assert_output "0
$(map 0 "$uid" 1)"
	# Behind all that there is.
	run -0 urun run --userns keep-id:uid=200000 "rootfs:$BUSYBOX" sh -c "id -u; cat /proc/self/uid_map"
	assert_output "200000
$(map 0 "$first" "$count" 200000 "$uid" 1)"
	for bad in keep-id:uid=x keep-id:uid= keep-id:size=5 keep-id: keep-id:uid=4294967295; do
		run -125 urun run --userns "$bad" "rootfs:$BUSYBOX" true
		assert_output "urun: --userns: '${bad#keep-id:}': expected uid=N or gid=N"
	done
}

@test "--userns nomap, host, private, and words that are none" {
	need_busybox
	need_ranges
	run -0 urun run --userns nomap "rootfs:$BUSYBOX" $show_maps
	assert_maps 0 "$first" "$count"
	for mode in host private ""; do
		run -0 urun run --userns "$mode" "rootfs:$BUSYBOX" $show_maps
		assert_maps 0 "$uid" 1 1 "$first" "$count"
	done
	run -125 urun run --userns nonsense "rootfs:$BUSYBOX" true
	assert_output "urun: --userns: 'nonsense': expected keep-id, nomap, auto, host, private, ns:PATH or container:NAME"
	run -125 urun run --userns nomap:size=5 "rootfs:$BUSYBOX" true
	assert_output "urun: --userns: 'nomap' takes no options"
	run -125 urun run --userns keep-id --uidmap 0:0:1 --userns keep-id "rootfs:$BUSYBOX" true
	assert_output "urun: --userns goes with neither --uidmap nor --gidmap"
}

@test "--userns auto: no id is given to two containers at once" {
	need_busybox
	need_ranges
	[ "$count" = 65536 ] || skip_because "the sizes below are those of 65536 ids"
	spawn_more --userns auto "rootfs:$BUSYBOX" sleep 60
	a=$payload first_launcher=$launcher
	spawn_more --userns auto "rootfs:$BUSYBOX" sleep 60
	b=$payload
	run -0 cat "/proc/$a/uid_map" "/proc/$a/gid_map"
	assert_maps 0 "$first" 16384
	run -0 cat "/proc/$b/uid_map" "/proc/$b/gid_map"
	assert_maps 0 $((first + 16384)) 16384
	# Sizes go in steps of 1024.
	run -0 urun run --userns auto:size=5 "rootfs:$BUSYBOX" $show_maps
	assert_maps 0 $((first + 32768)) 5
	run -125 urun run --userns auto:size=40000 "rootfs:$BUSYBOX" true
	assert_output "urun: --userns=auto: no 40000 subordinate ids of '$user' are free, 65536 in all
  sudo usermod --add-subuids FIRST-LAST --add-subgids FIRST-LAST $user gives more; \
--userns=auto:size=N takes fewer"
	# However one ends, its ids are free again.
	kill -KILL "$first_launcher"
	wait_until is_over "$a"
	wait_until is_over "$first_launcher"
	run -0 urun run --userns auto:size=16384 "rootfs:$BUSYBOX" $show_maps
	assert_maps 0 "$first" 16384
}

@test "--userns auto: who is root inside, and what is refused" {
	copy_busybox
	need_ranges
	run -0 urun run --userns auto "rootfs:$root:O" \
		sh -c 'id -u; id -g; touch /file; stat -c %u:%g /file /bin'
	assert_output $'0\n0\n0:0\n65534:65534'
	run -125 urun run --userns "auto:size=$((count + 1))" "rootfs:$root" true
	assert_output "urun: --userns=auto:size=$((count + 1)): '$user' has $count subordinate ids
  sudo usermod --add-subuids FIRST-LAST --add-subgids FIRST-LAST $user adds a range"
	run -125 urun run --userns auto:size=10 -u 10 "rootfs:$root" true
	assert_contains "urun: user id 10 is not mapped into the container"
	run -0 urun run --userns auto:size=10 -u 9:9 "rootfs:$root" id -u
	assert_output 9
	for bad in size=0 size= size=x uid=5; do
		run -125 urun run --userns "auto:$bad" "rootfs:$root" true
		assert_output "urun: --userns: '$bad': expected size=N"
	done
	run -125 env -u XDG_RUNTIME_DIR urun run --userns auto "rootfs:$root" true
	assert_output "urun: --userns=auto: no XDG_RUNTIME_DIR to note the used ids in
  Log in through a session that sets it, or set it to a folder of your own with mode 0700"
}

# --- --uidmap and --gidmap ---

@test "--uidmap and --gidmap: 0 is the caller, 1 its first subordinate id; @ is the host's id" {
	need_busybox
	need_ranges
	run -0 urun run --uidmap 0:0:1 --uidmap 1:1:10 --uidmap 100:50 "rootfs:$BUSYBOX" $show_maps
	assert_maps 0 "$uid" 1 1 "$first" 10 100 $((first + 49)) 1
	run -0 urun run --gidmap 0:1:20 "rootfs:$BUSYBOX" $show_maps
	assert_maps 0 "$first" 20
	run -0 urun run --uidmap 0:0:1 --gidmap 0:5:2 "rootfs:$BUSYBOX" $show_maps
	assert_output "$(map 0 "$uid" 1)
$(map 0 $((first + 4)) 2)"
	run -0 urun run --uidmap 0:0:5 "rootfs:$BUSYBOX" $show_maps
	assert_maps 0 "$uid" 1 1 "$first" 4
	run -0 urun run --uidmap "0:@$first:10" --uidmap "10:@$uid:1" "rootfs:$BUSYBOX" $show_maps
	assert_maps 0 "$first" 10 10 "$uid" 1
	run -0 urun run --uidmap 0:0:1 --uidmap "1:$count:1" "rootfs:$BUSYBOX" $show_maps
	assert_maps 0 "$uid" 1 1 $((first + count - 1)) 1
}

@test "--uidmap: what is wrong is refused, and the error names the id" {
	need_busybox
	need_ranges
	while IFS='|' read -r option message; do
		# shellcheck disable=SC2086
		run -125 urun run $option "rootfs:$BUSYBOX" true
		output=${output%%$'\n'*}
		assert_output "urun: $message"
	done <<-END
		--uidmap 0:$((count + 1)):1|user id $((count + 1)) lies outside the ids of '$user': its own $uid and $count subordinate ones in /etc/subuid
		--uidmap 0:0:$((count + 2))|user id $((count + 1)) lies outside the ids of '$user': its own $uid and $count subordinate ones in /etc/subuid
		--uidmap 0:0:1 --gidmap 0:99999:1|group id 99999 lies outside the ids of '$user': its own $gid and $count subordinate ones in /etc/subgid
		--uidmap 0:@0:1|user id 0 lies outside the ids of '$user': its own $uid and $count subordinate ones in /etc/subuid
		--uidmap 0:@$uid:2|user id $((uid + 1)) lies outside the ids of '$user': its own $uid and $count subordinate ones in /etc/subuid
		--uidmap 0:@$((first - 1)):2|user id $((first - 1)) lies outside the ids of '$user': its own $uid and $count subordinate ones in /etc/subuid
		--uidmap 0:0:5 --uidmap 3:10:1|id map: user id 3 is mapped twice
		--uidmap 4294967295:0:1|id map 4294967295:0:1: ids inside end at 4294967294
		--uidmap 0:0:0|--uidmap 0:0:0: an empty range
		--uidmap 0|--uidmap: '0': expected CONTAINER:HOST[:COUNT]
		--uidmap 0:x:1|--uidmap: '0:x:1': expected CONTAINER:HOST[:COUNT]
		--uidmap 0:0:1:1|--uidmap: '0:0:1:1': expected CONTAINER:HOST[:COUNT]
		--uidmap -1:0:1|--uidmap: '-1:0:1': expected CONTAINER:HOST[:COUNT]
		--uidmap 0:4294967296:1|--uidmap: '0:4294967296:1': expected CONTAINER:HOST[:COUNT]
		--uidmap 0:0:1 --uidmap 1:@$first:1|--uidmap: '1:@$first:1': all maps use @, or none does
		--uidmap 5:0:1|user id 0 is not mapped into the container
	END
}

@test "--uidmap: one id of the host in two places is refused" {
	need_busybox
	need_ranges
	run -125 urun run --uidmap 0:0:5 --uidmap 10:3:1 "rootfs:$BUSYBOX" true
	assert_output "urun: id map: user id $((first + 2)) of the host is mapped twice"
}

# --- users and groups of the rootfs ---

app_root() {
	copy_busybox
	printf '%s\n' root:x:0:0:root:/root:/bin/sh app:x:1234:555:an-app:/srv/app:/bin/sh \
		far:x:70000:555::/:/bin/sh >"$root/etc/passwd"
	printf '%s\n' root:x:0: app:x:555: extra:x:77:nobody,app more:x:88:app tty:x:5: \
		unmapped:x:70000:app >"$root/etc/group"
}

show_user='id -u; id -g; grep ^Groups: /proc/self/status | cut -f2 | tr -d "\n" | sed "s/ $//"; echo; echo $HOME'

@test "-u: names and numbers, with the groups and the home of the rootfs" {
	app_root
	while IFS='|' read -r who ids; do
		# shellcheck disable=SC2086
		run -0 urun run ${who:+-u $who} "rootfs:$root" sh -c "$show_user"
		output="$who|$(tr '\n' ',' <<<"$output")"
		assert_output "$who|$ids"
	done <<-'END'
		|0,0,,/root,
		app|1234,555,77 88,/srv/app,
		1234|1234,555,77 88,/srv/app,
		app:extra|1234,77,,/srv/app,
		app:0|1234,0,,/srv/app,
		1234:99|1234,99,,/srv/app,
		4000|4000,0,,/,
		4000:app|4000,555,,/,
		0:0|0,0,,/root,
		root:tty|0,5,,/root,
	END
}

@test "-u seen from outside: real, effective, saved and filesystem ids" {
	app_root
	need_ranges
	spawn -u app "rootfs:$root" sleep 60
	run -0 grep -E '^(Uid|Gid|Groups):' "/proc/$payload/status"
	assert_output "$(printf 'Uid:\t%u\t%u\t%u\t%u\nGid:\t%u\t%u\t%u\t%u\nGroups:\t%u %u ' \
		$((first + 1233)) $((first + 1233)) $((first + 1233)) $((first + 1233)) \
		$((first + 554)) $((first + 554)) $((first + 554)) $((first + 554)) \
		$((first + 76)) $((first + 87)))"
	run -0 cat "/proc/$payload/setgroups"
	assert_output allow
}

@test "-u: what cannot be is refused" {
	app_root
	need_ranges
	hint="  sudo usermod --add-subuids FIRST-LAST --add-subgids FIRST-LAST $user gives more ids"
	while IFS='|' read -r who message; do
		run -125 urun run -u "$who" "rootfs:$root" true
		output=${output%%$'\n'*}
		assert_output "urun: $message"
	done <<-END
		nobody|user 'nobody': not in its /etc/passwd
		app:nobody|group 'nobody': not in its /etc/group
		far|user 'far': user id 70000 is not mapped into the container
		70000|user id 70000 is not mapped into the container
		app:70000|group id 70000 is not mapped into the container
		4000:unmapped|user '4000:unmapped': group id 70000 is not mapped into the container
		4294967295|user '4294967295': an id is a number from 0 to 4294967294
		18446744073709551616|user '18446744073709551616': no such id
		0:4294967296|user '0:4294967296': an id is a number from 0 to 4294967294
		app:4294967296|user 'app:4294967296': an id is a number from 0 to 4294967294
		1234x|user '1234x': not in its /etc/passwd
		-1|user '-1': not in its /etc/passwd
		:|user ':': expected USER[:GROUP]
		app:|user 'app:': expected USER[:GROUP]
		:app|user ':app': expected USER[:GROUP]
		app:app:app|user 'app:app:app': expected USER[:GROUP]
	END
	rm "$root/etc/passwd" "$root/etc/group"
	run -125 urun run -u app "rootfs:$root" true
	assert_output "urun: user 'app': the container has no /etc/passwd
  A number needs no entry: -u UID[:GID]"
	run -125 urun run -u 0:app "rootfs:$root" true
	assert_output "urun: group 'app': the container has no /etc/group"
	run -0 urun run -u 12:34 "rootfs:$root" sh -c "$show_user"
	assert_output $'12\n34\n\n/'
}

@test "--group-add: names and numbers" {
	app_root
	run -0 urun run --group-add extra --group-add 99 --group-add 77 "rootfs:$root" sh -c "$show_user"
	assert_output $'0\n0\n77 99\n/root'
	run -0 urun run -u app --group-add tty "rootfs:$root" sh -c "$show_user"
	assert_output $'1234\n555\n5 77 88\n/srv/app'
	run -125 urun run --group-add nobody "rootfs:$root" true
	assert_output "urun: group 'nobody': not in its /etc/group"
	run -125 urun run --group-add unmapped "rootfs:$root" true
	assert_output "urun: group id 70000 of --group-add unmapped is not mapped into the container"
	run -125 urun run --group-add keep-groups --group-add extra "rootfs:$root" true
	assert_output "urun: --group-add keep-groups goes with no other group"
}

@test "--group-add keep-groups: the caller's groups, seen from outside, and what they open" {
	copy_busybox
	need_ranges
	mkdir "$BATS_TEST_TMPDIR/src"
	echo of the group >"$BATS_TEST_TMPDIR/src/file"
	chmod 640 "$BATS_TEST_TMPDIR/src/file"
	export RANGES="$user:10000:1000
" ON_HOST_GROUPS=33,44
	# Somebody else's, and readable by group 33 of that host.
	# shellcheck disable=SC2016
	setup="$with_ranges"'chown 500:33 "$BATS_TEST_TMPDIR/src/file"'
	for keep in "" "--group-add keep-groups"; do
		rm -f "$BATS_TEST_TMPDIR/pid"
		# shellcheck disable=SC2086
		on_host "$setup" urun run --pidfile "$BATS_TEST_TMPDIR/pid" $keep \
			-v "$BATS_TEST_TMPDIR/src:/src" "rootfs:$root" \
			sh -c 'cat /src/file >/out 2>&1; sleep 60' 3>&- &
		launcher=$!
		wait_until test -s "$BATS_TEST_TMPDIR/pid"
		payload=$(cat "$BATS_TEST_TMPDIR/pid")
		wait_until test -s "$root/out"
		run -0 grep ^Groups: "/proc/$payload/status"
		if [ -n "$keep" ]; then
			# Numbers of that host, which are subordinate ids of this one.
			assert_output "$(printf 'Groups:\t%u %u ' $((first + 33)) $((first + 44)))"
			run -0 cat "$root/out"
			assert_output "of the group"
		else
			assert_output "$(printf 'Groups:\t ')"
			run -0 cat "$root/out"
			assert_output "cat: can't open '/src/file': Permission denied"
		fi
		kill -KILL "$payload"
		wait "$launcher" || true
		rm -f "$root/out"
	done
}

# --- owners on both sides ---

@test "files that users inside make have the right owners outside, and the other way" {
	copy_busybox
	need_ranges
	# Not sticky: there root of a namespace may not open others' files to make them, where
	# fs.protected_regular is set (proc_sys_fs(5)), as systemd sets it.
	chmod 777 "$root/tmp"
	for who in 0 1 33 1000 65534 65536; do
		run -0 urun run -u "$who:$who" "rootfs:$root" \
			sh -c 'touch /tmp/$1; stat -c %u:%g /tmp/$1' sh "$who"
		assert_output "$who:$who"
		run -0 stat -c %u:%g "$root/tmp/$who"
		[ "$who" = 0 ] && assert_output "$uid:$gid" ||
			assert_output "$((first + who - 1)):$((first + who - 1))"
	done
	# Root inside may do with them what it likes, others may not.
	run -0 urun run "rootfs:$root" sh -c \
		'echo x >/tmp/33; chown 44:45 /tmp/1000; chmod 4755 /tmp/1; stat -c "%u:%g %a" /tmp/33 /tmp/1000 /tmp/1'
	assert_output $'33:33 644\n44:45 644\n1:1 4755'
	run -0 stat -c %u:%g "$root/tmp/1000"
	assert_output "$((first + 43)):$((first + 44))"
	run -1 urun run -u 33:33 "rootfs:$root" sh -c 'echo x >/tmp/1000'
	assert_output "sh: can't create /tmp/1000: Permission denied"
	# An id that the map has no place for.
	run -1 urun run "rootfs:$root" chown 65537 /tmp/0
	assert_output "chown: /tmp/0: Invalid argument"
	# Made outside, seen inside.
	as_ids chown 7:8 "$root/tmp/0"
	run -0 urun run "rootfs:$root" stat -c %u:%g /tmp/0
	assert_output 7:8
}

@test "dpkg installs a package with many owners, a setuid bit, and a postinst that makes a user" {
	need_debian
	build=$BATS_TEST_TMPDIR/deb
	mkdir -p "$build/DEBIAN" "$build/usr/bin" "$build/var/lib/urun-test/private"
	cat >"$build/DEBIAN/control" <<-'END'
		Package: urun-test-package
		Version: 1
		Architecture: all
		Maintainer: nobody <nobody@example.org>
		Description: a test
	END
	cat >"$build/DEBIAN/postinst" <<-'END'
		#!/bin/sh
		set -e
		groupadd --gid 4321 urun-test
		useradd --uid 1234 --gid 4321 --home-dir /var/lib/urun-test --shell /bin/false urun-test
		chown -R urun-test:urun-test /var/lib/urun-test/private
		chgrp mail /var/lib/urun-test/data
	END
	chmod 755 "$build/DEBIAN" "$build/DEBIAN/postinst"
	echo program >"$build/usr/bin/urun-test-setuid"
	echo data >"$build/var/lib/urun-test/data"
	echo secret >"$build/var/lib/urun-test/private/file"
	# shellcheck disable=SC2016
	run -0 urun run -v "$build:/build:O" "rootfs:$DEBIAN:O" sh -euc '
		chown 0:0 /build/usr/bin/urun-test-setuid
		chmod 4755 /build/usr/bin/urun-test-setuid
		chown 33:4 /build/var/lib/urun-test/data
		chmod 2640 /build/var/lib/urun-test/data
		dpkg-deb -b /build /tmp/p.deb >/dev/null
		dpkg-deb -c /tmp/p.deb | while read -r mode owner _ _ _ name; do
			case $name in */data) echo "$mode $owner" ;; esac
		done
		dpkg -i /tmp/p.deb >/dev/null
		dpkg-query -W -f "\${Status}\n" urun-test-package
		stat -c "%n %a %u:%g" /usr/bin/urun-test-setuid /var/lib/urun-test/data \
			/var/lib/urun-test/private /var/lib/urun-test/private/file
		getent passwd urun-test
		dpkg -P urun-test-package >/dev/null
		ls -d /var/lib/urun-test 2>&1 || true'
	assert_output "-rw-r-S--- www-data/adm
install ok installed
/usr/bin/urun-test-setuid 4755 0:0
/var/lib/urun-test/data 2640 33:8
/var/lib/urun-test/private 755 1234:4321
/var/lib/urun-test/private/file 644 1234:4321
urun-test:x:1234:4321::/var/lib/urun-test:/bin/false
ls: cannot access '/var/lib/urun-test': No such file or directory"
}

@test "tar unpacks files of many owners, and says which owner it could not give" {
	need_debian
	need_ranges
	mkdir "$BATS_TEST_TMPDIR/out"
	# shellcheck disable=SC2016
	run -0 urun run -v "$BATS_TEST_TMPDIR/out:/out" "rootfs:$DEBIAN:O" sh -euc '
		mkdir /tmp/in
		cd /tmp/in
		for i in 0 1 5 33 1000 65533 65534 65536; do
			echo $i >file$i
			ln -s file$i link$i
			mkdir dir$i
			chown -h $i:$i file$i link$i dir$i
			chmod 4711 file$i
			chmod 3770 dir$i
		done
		tar --numeric-owner -cf ../t.tar .
		tar -C /out --numeric-owner -xpf ../t.tar
		find . ! -name . -printf "%P %y %m %U:%G %l\n" | sort >../before
		cd /out
		find . ! -name . -printf "%P %y %m %U:%G %l\n" | sort >../tmp/after
		cmp ../tmp/before ../tmp/after && wc -l <../tmp/after
		cd /tmp
		: >alien
		tar --numeric-owner --owner=70000 --group=70001 -cf alien.tar alien
		rm alien
		tar --numeric-owner -xf alien.tar 2>&1 || echo "status $?"'
	assert_output "24
tar: alien: Cannot change ownership to uid 70000, gid 70001: Invalid argument
tar: Exiting with failure status due to previous errors
status 2"
	run -0 stat -c '%n %u:%g %a' "$BATS_TEST_TMPDIR/out/file0" "$BATS_TEST_TMPDIR/out/file33" \
		"$BATS_TEST_TMPDIR/out/dir65536"
	assert_output "$BATS_TEST_TMPDIR/out/file0 $uid:$gid 4711
$BATS_TEST_TMPDIR/out/file33 $((first + 32)):$((first + 32)) 4711
$BATS_TEST_TMPDIR/out/dir65536 $((first + 65535)):$((first + 65535)) 3770"
}

# --- namespaces of others ---

ns_of() {
	readlink "/proc/$1/ns/$2"
}

@test "namespaces are joined by path, one by one and all together" {
	need_busybox
	spawn_more --hostname first "rootfs:$BUSYBOX" sleep 60
	a=$payload
	for one in network:net pid:pid ipc:ipc uts:uts cgroupns:cgroup; do
		spawn_more --userns "ns:/proc/$a/ns/user" "--${one%:*}" "ns:/proc/$a/ns/${one#*:}" \
			"rootfs:$BUSYBOX" sleep 60
		for ns in user mnt pid net ipc uts cgroup; do
			case $ns in
			user | "${one#*:}") [ "$(ns_of "$payload" $ns)" = "$(ns_of "$a" $ns)" ] ;;
			*)
				[ "$(ns_of "$payload" $ns)" != "$(ns_of "$a" $ns)" ]
				[ "$(ns_of "$payload" $ns)" != "$(ns_of self $ns)" ]
				;;
			esac
		done
		kill -KILL "$payload"
	done
	spawn_more --userns "ns:/proc/$a/ns/user" --network "ns:/proc/$a/ns/net" \
		--pid "ns:/proc/$a/ns/pid" --ipc "ns:/proc/$a/ns/ipc" --uts "ns:/proc/$a/ns/uts" \
		--cgroupns "ns:/proc/$a/ns/cgroup" "rootfs:$BUSYBOX" \
		sh -c 'hostname >/dev/shm/up; sleep 60'
	for ns in user pid net ipc uts cgroup; do
		[ "$(ns_of "$payload" $ns)" = "$(ns_of "$a" $ns)" ]
	done
	[ "$(ns_of "$payload" mnt)" != "$(ns_of "$a" mnt)" ]
	wait_until test -s "/proc/$payload/root/dev/shm/up"
	run -0 cat "/proc/$payload/root/dev/shm/up"
	assert_output first
	# It is seen in the other's /proc, and is no PID 1 there; capabilities are the usual ones.
	run -0 grep -E '^NSpid:' "/proc/$payload/status"
	inside=${output##*$'\t'}
	[ "$inside" -gt 1 ]
	run -0 cat "/proc/$a/root/proc/$inside/cmdline"
	run -0 grep CapEff: "/proc/$payload/status"
	assert_output "CapEff:	00000000800405fb"
}

@test "a joined uts namespace: urun's files do not name the caller's host" {
	need_busybox
	spawn --hostname joined "rootfs:$BUSYBOX" sleep 60
	run -0 urun run --userns "ns:/proc/$payload/ns/user" --uts "ns:/proc/$payload/ns/uts" \
		"rootfs:$BUSYBOX" sh -c 'hostname; echo $HOSTNAME; cat /etc/hosts /etc/hostname'
	[ "$(sed -n 1p <<<"$output")" = joined ]
	[ "$(sed -n 2p <<<"$output")" = joined ]
	refute_contains "$(hostname)"
}

@test "a joined pid namespace: the payload ends with its launcher, the others stay" {
	need_busybox
	spawn_more "rootfs:$BUSYBOX" sleep 60
	a=$payload
	spawn_more --userns "ns:/proc/$a/ns/user" --pid "ns:/proc/$a/ns/pid" "rootfs:$BUSYBOX" sleep 60
	kill -KILL "$launcher"
	wait_until is_over "$payload"
	[ -e "/proc/$a" ]
	run ! is_over "$a"
	run -3 urun run --userns "ns:/proc/$a/ns/user" --pid "ns:/proc/$a/ns/pid" \
		"rootfs:$BUSYBOX" sh -c 'exit 3'
}

@test "namespaces that cannot be joined: which, why, and the mend" {
	need_busybox
	spawn "rootfs:$BUSYBOX" sleep 60
	for one in network:net pid:pid ipc:ipc uts:uts cgroupns:cgroup; do
		path=/proc/$payload/ns/${one#*:}
		run -125 urun run "--${one%:*}" "ns:$path" "rootfs:$BUSYBOX" true
		assert_output "urun: join ${one#*:} namespace '$path': Operation not permitted
  It belongs to another user namespace: join that too, with --userns ns:/proc/PID/ns/user"
	done
	for path in /etc/passwd "/proc/$payload/ns/ipc"; do
		run -125 urun run --userns "ns:/proc/$payload/ns/user" --network "ns:$path" \
			"rootfs:$BUSYBOX" true
		assert_output "urun: join net namespace '$path': Invalid argument"
	done
	run -125 urun run --network ns:/no/such "rootfs:$BUSYBOX" true
	assert_output "urun: net namespace '/no/such': No such file or directory"
	run -125 urun run --userns ns:/proc/self/ns/user "rootfs:$BUSYBOX" true
	assert_output "urun: join user namespace '/proc/self/ns/user': Invalid argument"
	run -125 urun run --userns "ns:/proc/$payload/ns/user" --uidmap 0:0:1 "rootfs:$BUSYBOX" true
	assert_output "urun: --userns goes with neither --uidmap nor --gidmap"
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	run -125 timeout 10 urun run --network "ns:$BATS_TEST_TMPDIR/fifo" "rootfs:$BUSYBOX" true
	assert_output "urun: join net namespace '$BATS_TEST_TMPDIR/fifo': Invalid argument"
	run -125 urun run --pid container: "rootfs:$BUSYBOX" true
	assert_output "urun: --pid: 'container:': expected private, host, ns:PATH or container:NAME"
	run -125 urun run --network bridge "rootfs:$BUSYBOX" true
	assert_output "urun: --network: 'bridge': no such network
  auto, slirp4netns, pasta, none, host, ns:PATH and container:NAME are there"
}

@test "the host's namespaces: --network, --pid, --ipc, --uts and --cgroupns host" {
	need_busybox
	for one in network:net pid:pid ipc:ipc uts:uts cgroupns:cgroup; do
		spawn "--${one%:*}" host "rootfs:$BUSYBOX" sleep 60
		for ns in user mnt pid net ipc uts cgroup; do
			if [ "$ns" = "${one#*:}" ]; then
				[ "$(ns_of "$payload" $ns)" = "$(ns_of self $ns)" ]
			else
				[ "$(ns_of "$payload" $ns)" != "$(ns_of self $ns)" ]
			fi
		done
		kill -KILL "$payload"
		wait "$launcher" || true
		launcher=
	done
}

@test "--pid host: the host's processes are seen, the masks stay, and the payload is its launcher's child" {
	need_busybox
	run -0 urun run --pid host "rootfs:$BUSYBOX" sh -c \
		"cat /proc/$$/comm /proc/keys; echo x >/proc/sys/kernel/hostname; "'[ $$ != 1 ] && echo no init'
	assert_output "$(cat /proc/$$/comm)
sh: can't create /proc/sys/kernel/hostname: Read-only file system
no init"
}

@test "--ipc host: the host's /dev/shm and message queues" {
	need_busybox
	to_remove=$(mktemp /dev/shm/urun-test.XXXXXX) || skip_because "no /dev/shm"
	run -0 urun run --ipc host "rootfs:$BUSYBOX" ls "$to_remove"
	assert_output "$to_remove"
}

@test "--network host: its interfaces, in /sys too" {
	need_busybox
	run -0 urun run --network host "rootfs:$BUSYBOX" sh -c 'ls /sys/class/net; touch /sys/class/net/x; :'
	assert_output "$(ls /sys/class/net)
touch: /sys/class/net/x: Read-only file system"
}

@test "--timens private, and the caller's clock else" {
	need_busybox
	[ -e /proc/self/ns/time ] || skip_because "a kernel without time namespaces"
	run -0 urun run "rootfs:$BUSYBOX" readlink /proc/self/ns/time
	assert_output "$(ns_of self time)"
	spawn --timens private "rootfs:$BUSYBOX" sleep 60
	[ "$(ns_of "$payload" time)" != "$(ns_of self time)" ]
	run -0 urun run --userns "ns:/proc/$payload/ns/user" --timens "ns:/proc/$payload/ns/time" \
		"rootfs:$BUSYBOX" readlink /proc/self/ns/time
	assert_output "$(ns_of "$payload" time)"
}
