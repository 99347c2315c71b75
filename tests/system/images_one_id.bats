#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# images_one_id.bats - images for users who have no subordinate ids

load lib.bash
load fs.bash
load images.bash

setup() {
	store_setup
	cd "$BATS_TEST_TMPDIR"
}

teardown() {
	store_teardown
}

no_ids='mount --bind /dev/null /etc/subuid; mount --bind /dev/null /etc/subgid'

# debian_repository DIR: a package with other owners, whose scripts change owners and users
debian_repository() {
	mkdir -p "$1/p/DEBIAN" "$1/p/var/lib/probe" "$1/p/usr/bin"
	cat >"$1/p/DEBIAN/control" <<-END
		Package: probe
		Version: 1
		Architecture: all
		Maintainer: Nobody <nobody@example.org>
		Description: owners
	END
	cat >"$1/p/DEBIAN/postinst" <<-'END'
		#!/bin/sh -e
		groupadd --system probe && useradd --system --gid probe --home /var/lib/probe probe
		chown -R probe:probe /var/lib/probe
		install -o probe -g mail -m 2750 /dev/null /var/lib/probe/installed
		su -s /bin/sh probe -c 'touch /var/lib/probe/touched'
	END
	chmod 755 "$1/p/DEBIAN/postinst"
	echo probe >"$1/p/var/lib/probe/file"
	unshare --user --map-auto --map-root-user sh -c '
		chown -R 33:8 "$1/p/var/lib/probe" && dpkg-deb -b "$1/p" "$1/probe_1_all.deb" &&
		rm -rf "$1/p"' sh "$1" >/dev/null
	cat >"$1/Packages" <<-END
		Package: probe
		Version: 1
		Architecture: all
		Maintainer: Nobody <nobody@example.org>
		Filename: ./probe_1_all.deb
		Size: $(stat -c %s "$1/probe_1_all.deb")
		SHA256: $(sha256sum "$1/probe_1_all.deb" | cut -d' ' -f1)
		Description: owners
	END
}

@test "one id, because there are no others: apt-get install works in an image, and a commit has it" {
	need_debian
	need dpkg-deb
	debian_repository "$BATS_TEST_TMPDIR/repository"
	unshare --user --map-auto --map-root-user tar -C "$DEBIAN" --exclude=./usr/share/doc -c . |
		urun import -q - debian:one
	run -0 --separate-stderr on_host "$no_ids" urun run --name one \
		-v "$BATS_TEST_TMPDIR/repository:/repository:ro" debian:one sh -c '
		echo "deb [trusted=yes] file:/repository ./" >/etc/apt/sources.list
		rm -f /etc/apt/sources.list.d/*
		apt-get -qq update && apt-get -qq install probe >/dev/null && dpkg -V probe &&
		stat -c "%a %u:%g %n" /var/lib/probe/*'
	assert_output "644 0:0 /var/lib/probe/file
2750 0:0 /var/lib/probe/installed
644 0:0 /var/lib/probe/touched"
	[ "$(grep -c '^urun: note: only one user id inside (owners of files are emulated)' \
		<<<"$stderr")" = 1 ]
	[[ $stderr != *"E: "* && $stderr != *"W: "* ]]
	run -0 on_host "$no_ids" urun commit -q one debian:two
	run -0 --separate-stderr on_host "$no_ids" urun run --rm debian:two \
		sh -c 'cat /var/lib/probe/file; ls /etc/apt/apt.conf.d/99urun; cat /etc/apt/apt.conf.d/99urun'
	assert_output "probe
/etc/apt/apt.conf.d/99urun
APT::Sandbox::User \"root\";"
	# With ids there is no such file.
	run -2 --separate-stderr urun run --rm debian:two ls /etc/apt/apt.conf.d/99urun
}
