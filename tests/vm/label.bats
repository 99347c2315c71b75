# SPDX-License-Identifier: Apache-2.0
#
# A host with an AppArmor profile, urun-label, that is for nobody but who asks for it. It lets nobody
# write /tmp/denied.

load vm

label=(run --network none --tmpfs /tmp --security-opt apparmor=urun-label)

@test "--security-opt apparmor=PROFILE: the command and what it starts are under it" {
	for option in "" --init --pid=host; do
		run --separate-stderr urun "${label[@]}" $option "rootfs:$BUSYBOX" sh -c \
			'cat /proc/self/attr/current; (: >/tmp/denied) 2>&1; : >/tmp/other; ls /tmp'
		[[ $output == "urun-label (enforce)"$'\n'*"sh: can't create /tmp/denied: Permission denied"$'\nother' ]] || {
			echo "$option: $status: $output: $stderr"
			return 1
		}
	done
	run -0 urun "${label[@]}" host: cat /proc/self/attr/current
	[ "$output" = "urun-label (enforce)" ]
	run -0 urun "${label[@]}" --security-opt no-new-privileges=false "rootfs:$BUSYBOX" \
		cat /proc/self/attr/current
	[ "$output" = "urun-label (enforce)" ]
}

@test "unconfined, and none asked for: nothing" {
	for option in label=disable apparmor=unconfined; do
		run -0 urun run --network none --security-opt $option "rootfs:$BUSYBOX" \
			cat /proc/self/attr/current
		[ "$output" = unconfined ]
	done
}

@test "a profile that nobody has loaded is refused" {
	run -125 --separate-stderr urun run --network none --security-opt apparmor=urun-none \
		"rootfs:$BUSYBOX" true
	[ "$stderr" = "urun: AppArmor profile 'urun-none': No such file or directory
  It is not loaded: sudo apparmor_parser --replace FILE" ]
}
