#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# images_registry.bats - images from a real registry on this machine, and from a faulty one

load lib.bash
load images.bash

# The registry's files with the image x/deep:1 are made once: it has a hundred layers.
setup_file() {
	images_setup basic deep
	[ -d "$IMAGES" ] && command -v skopeo >/dev/null && command -v docker-registry >/dev/null ||
		return 0
	BATS_TEST_TMPDIR=$BATS_FILE_TMPDIR serve registry.py --storage "$BATS_FILE_TMPDIR/storage"
	skopeo copy -q --dest-tls-verify=false "oci:$IMAGES/deep:latest" "docker://$address/x/deep:1"
	end_servers
}

setup() {
	need_images
	need skopeo
	store_setup
}

teardown() {
	end_servers
	store_teardown
}

# registry ARG...: a registry with the image $address/x/deep:1
registry() {
	need docker-registry
	cp -r "$BATS_FILE_TMPDIR/storage" "$BATS_TEST_TMPDIR/storage"
	serve registry.py --storage "$BATS_TEST_TMPDIR/storage" "$@"
}

layers_of() {
	find "$URUN_ROOT/layers" -mindepth 1 -maxdepth 1 | wc -l
}

@test "an image is pulled from a registry, and its name is the whole reference" {
	registry
	run -0 --separate-stderr urun pull --tls-verify=false "$address/x/deep:1"
	digest=$output
	[[ "$digest" =~ ^sha256:[0-9a-f]{64}$ ]]
	[ "$(layers_of)" = 100 ]
	run -0 urun images --format '{{.Repository}}:{{.Tag}} {{.Digest}}'
	assert_output "$address/x/deep:1 $digest"
	run -0 skopeo inspect --tls-verify=false --format '{{.Digest}}' "docker://$address/x/deep:1"
	assert_output "$digest"
}

@test "a second pull brings nothing again" {
	registry
	urun pull -q --tls-verify=false "$address/x/deep:1"
	run -0 urun pull --tls-verify=false "$address/x/deep:1"
	refute_contains "Copying blob"
	assert_contains "Have blob"
}

@test "pull --all-tags brings what the registry lists" {
	registry
	skopeo copy -q --dest-tls-verify=false "oci:$IMAGES/basic:latest" "docker://$address/x/deep:2"
	run -0 --separate-stderr urun pull -q -a --tls-verify=false "$address/x/deep"
	run -0 urun images --format '{{.Repository}}:{{.Tag}}'
	run -0 sort <<<"$output"
	assert_output "$address/x/deep:1
$address/x/deep:2"
	run -125 urun pull -a --tls-verify=false "$address/x/deep:1"
	assert_contains "the name of a repository, no tag"
	run -125 urun pull -a --tls-verify=false "$address/x/none"
	assert_contains "$address/x/none"
}

@test "without TLS and without --tls-verify=false a registry is refused" {
	registry
	run -125 urun pull "$address/x/deep:1"
	[ "$(layers_of)" = 0 ]
}

@test "what is not there is refused by name" {
	registry
	run -125 urun pull --tls-verify=false "$address/x/none:1"
	assert_contains "$address/x/none:1"
	assert_contains "not found"
}

@test "a registry with TLS: its certificate is checked" {
	registry --tls
	run -125 urun pull "$address/x/deep:1"
	assert_contains certificate
	run -0 urun pull -q --cert-dir "$folder/certs" "$address/x/deep:1"
	[ "$(layers_of)" = 100 ]
}

@test "a registry that wants a password" {
	registry --user me:secret
	run -125 urun pull --tls-verify=false "$address/x/deep:1"
	assert_contains "urun login $address"
	run -125 urun pull --tls-verify=false --creds me:wrong "$address/x/deep:1"
	refute_contains wrong
	run -0 urun pull -q --tls-verify=false --creds me:secret "$address/x/deep:1"
	[ "$(layers_of)" = 100 ]
	# run and create bring it as well.
	urun rmi -f "$address/x/deep:1"
	run -125 urun run --rm -q --tls-verify=false "$address/x/deep:1" true
	assert_contains "urun login $address"
	run -0 urun create -q --tls-verify=false --creds me:secret "$address/x/deep:1" true
	urun rm "${lines[-1]}" && urun rmi -f "$address/x/deep:1"
	printf '{"auths":{"%s":{"auth":"bWU6c2VjcmV0"}}}' "$address" >"$BATS_TEST_TMPDIR/auth.json"
	# It has no program: that is found out when all of it is there.
	run -127 urun run --rm -q --tls-verify=false --authfile "$BATS_TEST_TMPDIR/auth.json" \
		"$address/x/deep:1" nothing
	[ "$(layers_of)" = 100 ]
}

@test "a connection that breaks off goes on where it was" {
	registry
	serve proxy.py --cut 100:5 "$address"
	run -0 urun pull -q --tls-verify=false "$address/x/deep:1"
	[ "$(layers_of)" = 100 ]
}

@test "a registry that is busy or unavailable is asked again" {
	registry
	serve proxy.py --unavailable 2 "$address"
	run -0 urun pull -q --tls-verify=false "$address/x/deep:1"
	[ "$(layers_of)" = 100 ]
}

@test "a blob with another byte in it is refused, and nothing of the image is named" {
	registry
	serve proxy.py --flip 10 "$address"
	run -125 urun pull -q --tls-verify=false "$address/x/deep:1"
	run -0 urun images -q
	assert_output ""
}
