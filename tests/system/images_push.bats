#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# images_push.bats - images into registries, and into files, judged by skopeo

load lib.bash
load images.bash

setup_file() {
	images_setup basic gzip zstd deep
}

setup() {
	need_images
	need skopeo
	store_setup
	cd "$BATS_TEST_TMPDIR"
	export REGISTRY_AUTH_FILE=$BATS_TEST_TMPDIR/auth.json
	echo '{}' >"$REGISTRY_AUTH_FILE"
}

teardown() {
	end_servers
	store_teardown
}

# inspect FORMAT REF ARG...: what skopeo says of an image in a registry without TLS
inspect() {
	skopeo inspect --tls-verify=false --format "$1" "${@:3}" "docker://$2"
}

stored_digest() {
	urun images --format '{{.Digest}}' --filter "reference=$1"
}

# logged METHOD PATTERN: how many such requests the proxy has seen
logged() {
	grep -cE "^(main|other) $1 [^ ]*$2" log || true
}

@test "an image is pushed, and what skopeo finds is what the store has" {
	serve registry.py
	pull gzip
	run -0 --separate-stderr urun push --tls-verify=false --digestfile digest localhost/gzip "$address/x/gzip:1"
	assert_output ""
	[[ "$stderr" == *"Copied blob sha256:"* ]]
	run -0 inspect '{{.Digest}}' "$address/x/gzip:1"
	assert_output "$(cat digest)"
	assert_output "$(stored_digest localhost/gzip)"
	run -0 skopeo copy -q --src-tls-verify=false "docker://$address/x/gzip:1" dir:back
	urun rmi localhost/gzip
	run -0 urun pull -q --tls-verify=false "$address/x/gzip:1"
	assert_output "$(cat digest)"
}

@test "without a destination an image goes where its name says" {
	serve registry.py
	pull basic
	urun tag localhost/basic "$address/team/basic:7"
	run -0 urun push -q --tls-verify=false "$address/team/basic:7"
	assert_output ""
	run -0 inspect '{{.Digest}}' "$address/team/basic:7"
	assert_output "$(stored_digest localhost/basic)"
	# by digest
	run -0 urun push -q --tls-verify=false localhost/basic "$address/team/other@$output"
	run -125 urun push -q --tls-verify=false localhost/basic "$address/team/other@sha256:$(printf '0%.0s' {1..64})"
	assert_contains "another digest"
}

@test "without a destination, a name of this machine, an id and no name are refused" {
	pull basic
	run -125 urun push localhost/basic
	assert_contains "in no registry"
	assert_contains "urun push localhost/basic HOST/NAME:TAG"
	run -125 urun push "$(urun images -q)"
	assert_contains "which of its names"
	urun untag localhost/basic
	run -125 urun push "$(urun images -q)"
	assert_contains "no name to be pushed to"
	run -125 urun push none:1 127.0.0.1:1/x
	assert_contains "none:1"
}

@test "what the registry has is not sent again, and comes from another repository where it can" {
	serve registry.py
	registry=$address
	serve proxy.py --log "$PWD/log" "$address"
	pull deep
	urun push -q --tls-verify=false localhost/deep "$address/x/deep:1"
	[ "$(logged PUT '/blobs/uploads/')" = 101 ]
	: >log
	run -0 urun push --tls-verify=false localhost/deep "$address/x/deep:2"
	refute_contains "Copying blob"
	assert_contains "Have blob"
	[ "$(logged PUT '/blobs/')" = 0 ]
	[ "$(logged POST '/blobs/')" = 0 ]
	# the store knows that x/deep has the same blobs
	urun tag localhost/deep "$address/x/deep:1"
	: >log
	urun push -q --tls-verify=false localhost/deep "$address/y/deep:1"
	[ "$(logged POST '/v2/y/deep/blobs/uploads/\?mount=sha256:[0-9a-f]{64}&from=x/deep')" = 101 ]
	[ "$(logged PUT '/blobs/')" = 0 ]
	run -0 inspect '{{.Digest}}' "$registry/y/deep:1"
	assert_output "$(stored_digest localhost/deep)"
}

@test "a registry with TLS: its certificate is checked" {
	serve registry.py --tls
	pull basic
	run -125 urun push localhost/basic "$address/x/basic:1"
	assert_contains certificate
	run -125 urun push --tls-verify localhost/basic "$address/x/basic:1"
	run -0 urun push -q --cert-dir "$folder/certs" localhost/basic "$address/x/basic:1"
	run -0 skopeo inspect --cert-dir "$folder/certs" --format '{{.Digest}}' "docker://$address/x/basic:1"
	assert_output "$(stored_digest localhost/basic)"
	run -0 urun push -q --tls-verify=false localhost/basic "$address/x/basic:2"
	# said in registries.conf
	printf '[[registry]]\nlocation = "%s"\ninsecure = true\n' "$address" >registries.conf
	CONTAINERS_REGISTRIES_CONF=$PWD/registries.conf urun push -q localhost/basic "$address/x/basic:3"
	printf '[[registry]]\nlocation = "%s"\nblocked = true\n' "$address" >registries.conf
	CONTAINERS_REGISTRIES_CONF=$PWD/registries.conf run -125 urun push -q localhost/basic "$address/x/basic:3"
	assert_contains "is blocked"
}

@test "without TLS and without --tls-verify=false a registry is refused" {
	serve registry.py
	pull basic
	run -125 urun push -q localhost/basic "$address/x/basic:1"
	run -1 inspect '{{.Digest}}' "$address/x/basic:1"
}

@test "a registry that wants a password" {
	serve registry.py --user me:secret
	pull basic
	run -125 urun push --tls-verify=false localhost/basic "$address/x/basic:1"
	assert_contains "urun login $address"
	run -125 urun push --tls-verify=false --creds me:wrong-one localhost/basic "$address/x/basic:1"
	refute_contains wrong-one
	run -0 urun push -q --tls-verify=false --creds me:secret localhost/basic "$address/x/basic:1"
	run -0 inspect '{{.Digest}}' "$address/x/basic:1" --creds me:secret
	assert_output "$(stored_digest localhost/basic)"
	urun login --tls-verify=false -u me -p secret "$address"
	run -0 urun push -q --tls-verify=false localhost/basic "$address/x/basic:2"
}

@test "--creds without a password: it is asked for, once, at a terminal only" {
	serve registry.py --user me:secret
	pull basic
	run -125 urun push --tls-verify=false --creds me localhost/basic "$address/x/basic:1" </dev/null
	assert_contains "--creds USER: standard input is no terminal to ask at"
	assert_contains "--creds USER:PASSWORD"
	cat >ask.py <<-'END'
		from terminal import *
		with Terminal('urun', *sys.argv[1:]) as t:
		    t.expect('Password: ')
		    assert not t.modes()[3] & termios.ECHO
		    t.type('secret\n')
		    t.expect_ended(0)
		    assert b'secret' not in t.everything
		    equal(t.everything.count(b'Password'), 1)
	END
	ask() {
		PYTHONPATH=$URUN_STAGE/tests/system PYTHONDONTWRITEBYTECODE=1 timeout 60 python3 ask.py "$@"
	}
	ask push -q --tls-verify=false --creds me localhost/basic "$address/x/basic:1"
	run -0 inspect '{{.Digest}}' "$address/x/basic:1" --creds me:secret
	assert_output "$(stored_digest localhost/basic)"
	skopeo copy -q --src-creds me:secret --dest-creds me:secret --src-tls-verify=false --dest-tls-verify=false \
		"docker://$address/x/basic:1" "docker://$address/x/basic:2"
	ask pull -q --tls-verify=false --creds me "$address/x/basic:1" "$address/x/basic:2"
	ask search --tls-verify=false --creds me "$address/basic"
	run -125 urun push --creds '' localhost/basic "$address/x/basic:1"
	assert_contains "--creds: USER:PASSWORD, or USER"
	run -125 urun push --creds :secret localhost/basic "$address/x/basic:1"
	refute_contains :secret
}

@test "--format: the other kind of manifest, and refused where it cannot be" {
	serve registry.py
	pull gzip
	pull zstd
	run -0 urun push -q --tls-verify=false --format v2s2 --digestfile digest localhost/gzip "$address/x/gzip:1"
	run -0 inspect '{{.Digest}}' "$address/x/gzip:1"
	assert_output "$(cat digest)"
	[ "$output" != "$(stored_digest localhost/gzip)" ]
	run -0 skopeo inspect --raw --tls-verify=false "docker://$address/x/gzip:1"
	[ "$(python3 -c 'import json,sys; print(json.load(sys.stdin)["mediaType"])' <<<"$output")" = \
		application/vnd.docker.distribution.manifest.v2+json ]
	run -0 skopeo copy -q --src-tls-verify=false "docker://$address/x/gzip:1" dir:back
	# and back
	urun pull -q --tls-verify=false "$address/x/gzip:1"
	urun push -q --tls-verify=false --format oci "$address/x/gzip:1" "$address/x/gzip:2"
	run -0 skopeo inspect --raw --tls-verify=false "docker://$address/x/gzip:2"
	[ "$(python3 -c 'import json,sys; print(json.load(sys.stdin)["mediaType"])' <<<"$output")" = \
		application/vnd.oci.image.manifest.v1+json ]
	run -125 urun push -q --tls-verify=false --format v2s2 localhost/zstd "$address/x/zstd:1"
	assert_contains zstd
	run -0 urun push -q --tls-verify=false localhost/zstd "$address/x/zstd:1"
	run -125 urun push --format v2s1 localhost/gzip "$address/x/gzip:3"
	assert_contains "expected one of oci, v2s2"
}

@test "a blob that is missing in the store is named" {
	serve registry.py
	pull gzip
	layer=$(skopeo inspect --format '{{index .Layers 1}}' "oci:$URUN_ROOT:localhost/gzip:latest")
	rm "$URUN_ROOT/blobs/sha256/${layer#sha256:}"
	run -125 urun push -q --tls-verify=false localhost/gzip "$address/x/gzip:1"
	assert_contains "blob $layer is not in the store"
	run -1 inspect '{{.Digest}}' "$address/x/gzip:1"
	# one with other bytes is refused by the registry
	urun pull -q "oci:$IMAGES/gzip:latest"
	[ -f "$URUN_ROOT/blobs/sha256/${layer#sha256:}" ] || cp "$IMAGES/gzip/blobs/sha256/${layer#sha256:}" "$URUN_ROOT/blobs/sha256/"
	chmod u+w "$URUN_ROOT/blobs/sha256/${layer#sha256:}"
	printf X | dd of="$URUN_ROOT/blobs/sha256/${layer#sha256:}" bs=1 seek=30 conv=notrunc status=none
	run -125 urun push -q --tls-verify=false localhost/gzip "$address/x/gzip:1"
	assert_contains "urun system fsck"
	run -1 inspect '{{.Digest}}' "$address/x/gzip:1"
}

@test "a connection that breaks off while a blob is sent, and a registry that is unavailable" {
	serve registry.py
	registry=$address
	serve proxy.py --cut-upload 2 --busy-upload 2 --log "$PWD/log" "$address"
	pull gzip
	run -0 urun push -q --tls-verify=false localhost/gzip "$address/x/gzip:1"
	[ "$(logged PUT '/blobs/')" -ge 3 ]
	run -0 inspect '{{.Digest}}' "$registry/x/gzip:1"
	assert_output "$(stored_digest localhost/gzip)"
}

@test "a registry that takes its time holds up nobody who removes images" {
	serve registry.py
	registry=$address
	serve proxy.py --hold-upload "$PWD/go" --log "$PWD/log" "$address"
	pull gzip
	digest=$(stored_digest localhost/gzip)
	# The servers end when nobody holds their standard input any more.
	(
		for fd in $open_fds; do
			exec {fd}>&-
		done
		exec urun push -q --tls-verify=false localhost/gzip "$address/x/gzip:1"
	) 3>&- &
	pusher=$!
	wait_until grep -q '^main PUT .*/blobs/uploads/' log
	run -0 timeout 20 urun system fsck --quick
	assert_output ""
	run -0 timeout 20 urun rmi localhost/gzip
	[ -z "$(ls -A "$URUN_ROOT/blobs/sha256")" ]
	[ -z "$(ls -A "$URUN_ROOT/layers")" ]
	touch go
	wait "$pusher"
	run -0 inspect '{{.Digest}}' "$registry/x/gzip:1"
	assert_output "$digest"
	run -0 skopeo copy -q --src-tls-verify=false "docker://$registry/x/gzip:1" dir:back
}

@test "an image of more layers than a process has descriptors" {
	serve registry.py
	pull deep
	run -0 bash -c 'ulimit -Sn 64 && urun push -q --tls-verify=false localhost/deep "$1/x/deep:1"' - "$address"
	run -0 inspect '{{.Digest}}' "$address/x/deep:1"
	assert_output "$(stored_digest localhost/deep)"
	run -125 bash -c 'ulimit -n 64 && urun push -q --tls-verify=false localhost/deep "$1/y/deep:1"' - "$address"
	assert_contains "Too many open files"
}

@test "an upload that goes to another host takes no token there" {
	serve registry.py
	serve proxy.py --bearer own --upload-other --log "$PWD/log" "$address"
	pull gzip
	run -0 urun push -q --tls-verify=false localhost/gzip "$address/x/gzip:1"
	run -0 grep -E '^other PUT ' log
	[ "${#lines[@]}" = 3 ]
	[ "$(grep -cE '^other PUT [^ ]*/blobs/uploads/[^ ]* - -$' log)" = 3 ]
	grep -qE '^main PUT /v2/x/gzip/manifests/1 - Bearer$' log
	run -1 grep -E '^other .* (Bearer|Basic)$' log
}

@test "a redirect of what is being sent is refused" {
	serve registry.py
	serve proxy.py --bearer own --redirect-upload --log "$PWD/log" "$address"
	pull gzip
	run -125 urun push -q --tls-verify=false localhost/gzip "$address/x/gzip:1"
	assert_contains "a redirect of what is being sent"
	run -1 grep '^other' log
}

@test "credentials go to the token service, and tokens are what the registry gets" {
	serve registry.py
	serve proxy.py --bearer own --log "$PWD/log" "$address"
	pull gzip
	run -0 urun push -q --tls-verify=false --creds me:secret localhost/gzip "$address/x/gzip:1"
	grep -qE '^main GET /token\?[^ ]*scope=repository%3Ax%2Fgzip%3Apull%2Cpush[^ ]* - Basic$' log
	run -1 grep -E '^main [A-Z]+ /v2/.* Basic$' log
}

# names LAYOUT: what its index says, a line each
names() {
	python3 -c 'import json,sys
for m in json.load(open(sys.argv[1] + "/index.json"))["manifests"]:
    print(m["digest"], m.get("annotations", {}).get("org.opencontainers.image.ref.name"))' "$1"
}

@test "an image more in a layout that is there, as skopeo adds one" {
	pull gzip
	pull basic
	gzip=$(stored_digest localhost/gzip) basic=$(stored_digest localhost/basic)
	skopeo copy -q "oci:$IMAGES/deep:latest" oci:layout:deep
	deep=$(names layout)
	python3 - <<-'END'
		import json
		index = json.load(open("layout/index.json"))
		index["annotations"] = {"kept": "yes"}
		json.dump(index, open("layout/index.json", "w"))
	END
	urun push -q localhost/gzip oci:layout:a
	urun push -q localhost/gzip oci:layout:b
	run -0 names layout
	assert_output "$deep
$gzip a
$gzip b"
	# a name goes over to another image; without one it is there once
	urun push -q localhost/basic oci:layout:a
	urun push -q localhost/basic oci:layout
	urun push -q localhost/basic oci:layout
	run -0 names layout
	assert_output "$deep
$gzip b
$basic a
$basic None"
	grep -q '"kept": *"yes"' layout/index.json
	for name in deep b a; do
		run -0 skopeo copy -q "oci:layout:$name" "dir:out-$name"
	done
	run -0 bash -c 'cd layout/blobs/sha256 && for f in *; do echo "$f  $f"; done | sha256sum --quiet -c'
	[ "$(ls -A layout | tr '\n' ' ')" = "blobs index.json oci-layout " ]
	# a blob that was damaged is mended
	layer=$(skopeo inspect --format '{{index .Layers 0}}' oci:layout:b)
	echo damaged >"layout/blobs/sha256/${layer#sha256:}"
	urun push -q localhost/gzip oci:layout:b
	run -0 bash -c 'cd layout/blobs/sha256 && for f in *; do echo "$f  $f"; done | sha256sum --quiet -c'
}

@test "several write to one layout at once" {
	pull basic
	urun push -q localhost/basic oci:layout:first
	for i in {1..8}; do
		urun push -q localhost/basic "oci:layout:n$i" 3>&- &
	done
	wait
	run -0 bash -c 'grep -o "\"n[1-8]\"" layout/index.json | sort -u | wc -l'
	assert_output 8
}

@test "a layout that is damaged, leads elsewhere, or is a store, is not added to" {
	pull basic
	mkdir outside
	for case in index version blobs-link index-link store; do
		rm -rf layout
		urun push -q localhost/basic oci:layout:first
		before=$(<layout/index.json)
		target=layout
		case $case in
		index) want="is missing" before='{"manifests": [{"digest": "../x"}]}'; echo "$before" >layout/index.json ;;
		version) want="version '2.0.0'"; echo '{"imageLayoutVersion": "2.0.0"}' >layout/oci-layout ;;
		blobs-link) want="layout/blobs/sha256': Not a directory"; rm -r layout/blobs; ln -s "$PWD/outside" layout/blobs ;;
		index-link) want="It is a link"; mv layout/index.json outside; ln -s ../outside/index.json layout/index.json ;;
		store) want="is a store of urun"; target=$URUN_ROOT; before=$(<"$URUN_ROOT/index.json") ;;
		esac
		run -125 urun push -q localhost/basic "oci:$target:second"
		assert_contains "$target"
		assert_contains "$want"
		[ "$(<"$target/index.json")" = "$before" ]
		[ -z "$(ls -A "$target" | grep '^\.urun')" ]
	done
	assert_contains "urun tag"
	[ "$(ls -A outside)" = index.json ]
}

@test "podman's transports: files and folders that skopeo reads" {
	pull gzip
	urun push -q localhost/gzip oci:layout:here
	urun push -q --digestfile digest localhost/gzip oci-archive:a.tar:example.org/x:1
	urun push -q localhost/gzip docker-archive:d.tar:my/x:1
	urun push -q localhost/gzip dir:plain
	run -0 skopeo inspect --format '{{.Digest}}' oci:layout:here
	assert_output "$(stored_digest localhost/gzip)"
	run -0 skopeo inspect --format '{{.Digest}}' oci-archive:a.tar:example.org/x:1
	assert_output "$(cat digest)"
	run -0 skopeo inspect --config --raw docker-archive:d.tar:docker.io/my/x:1
	[ "sha256:$(printf %s "$output" | sha256sum | cut -d' ' -f1)" = "sha256:$(urun images -q --no-trunc | sed 's/^sha256://')" ]
	# as the image has it; or as is asked for
	run -0 skopeo inspect --format '{{.Digest}}' dir:plain
	assert_output "$(stored_digest localhost/gzip)"
	urun push -q --format v2s2 localhost/gzip dir:docker
	grep -q 'docker.distribution.manifest.v2' docker/manifest.json
	run -125 urun push localhost/gzip dir:plain
	assert_contains "'plain' is there"
	run -125 urun push --format v2s2 localhost/gzip oci:other
	assert_contains "--format v2s2"
	run -125 urun push --format oci localhost/gzip docker-archive:e.tar
	assert_contains "--format oci"
	run -125 urun push --digestfile digest localhost/gzip docker-archive:e.tar
	assert_contains "--digestfile"
	run -125 urun push --tls-verify=false localhost/gzip dir:other
	assert_contains "--tls-verify"
	[ ! -e e.tar ] && [ ! -e other ]
	run -125 urun push localhost/gzip docker-daemon:x:1
	assert_contains "urun save localhost/gzip | docker load"
	run -125 urun push localhost/gzip containers-storage:x:1
	assert_contains "urun save localhost/gzip | podman load"
	run -125 urun push localhost/gzip host:
	assert_contains "no place for images"
}
