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

@test "urun-oci: the container is under the profile of its document, an exec under its own" {
	bundle=$BATS_TEST_TMPDIR
	urun-oci spec --rootless --bundle "$bundle"
	jq --arg root "$BUSYBOX" '.root.path = $root | .process.terminal = false
		| .process.apparmorProfile = "urun-label" | .process.args = ["sleep", "1000"]' \
		"$bundle/config.json" >"$bundle/new.json"
	mv "$bundle/new.json" "$bundle/config.json"
	urun-oci run --detach --pid-file "$bundle/pid" --bundle "$bundle" labelled </dev/null \
		>/dev/null 2>&1 3>&-
	[ "$(cat "/proc/$(cat "$bundle/pid")/attr/current")" = "urun-label (enforce)" ]
	for profile in urun-label unconfined; do
		jq -n --arg profile $profile '{cwd: "/", apparmorProfile: $profile,
			args: ["cat", "/proc/self/attr/current"]}' >"$bundle/process.json"
		run -0 urun-oci exec --process "$bundle/process.json" labelled
		[ "${output%% *}" = $profile ] || {
			echo "$profile: $output"
			return 1
		}
	done
	urun-oci delete --force labelled
}
