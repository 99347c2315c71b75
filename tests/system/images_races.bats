#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# images_races.bats - two commands at once in one image store: what one has named the other does
# not lose

load lib.bash
load images.bash

setup_file() {
	images_setup basic parts gzip plain
}

setup() {
	killer_setup
}

teardown() {
	killer_teardown
}

# race COUNT WAY: see image_races.py.
race() {
	run timeout $((300 * ROUNDS)) python3 "$URUN_STAGE/tests/system/image_races.py" \
		$(($1 * ROUNDS)) "$2"
	assert_status 0
	assert_contains "$2: {"
}

@test "a pull and an rmi of the same" {
	race 15 pull-rmi
}

@test "a pull and a prune" {
	race 15 pull-prune
}

@test "a pull of what is there and nobody's, and a prune of all" {
	race 15 pull-system-prune
}

@test "a name for an image that a prune is about to remove" {
	race 15 tag-prune
}

@test "a second name, while the first is removed" {
	race 15 tag-rmi
}

@test "a load and a load of the same" {
	race 15 load-load
}

@test "two images with the same layers in other blobs" {
	race 15 same-layers
}

@test "a run and an rmi of its image" {
	race 15 run-rmi
}

@test "a commit and an rmi of its image" {
	race 15 commit-rmi
}
