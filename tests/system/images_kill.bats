#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# images_kill.bats - SIGKILL at any moment, for any process that works on the image store:
# nothing that was there is lost, and nothing is left

load lib.bash
load images.bash

setup_file() {
	images_setup basic parts
}

setup() {
	killer_setup
}

teardown() {
	end_servers
	killer_teardown
}

# killed COUNT WAY: see image_killer.py. With 16 each of its two workers kills each role once before it
# looks around, and once before it goes on.
killed() {
	run timeout $((300 * ROUNDS)) python3 "$URUN_STAGE/tests/system/image_killer.py" \
		$(($1 * ROUNDS)) "$2"
	assert_status 0
	assert_contains " killed, of "
}

@test "a pull from a folder that is killed" {
	killed 16 pull
}

@test "a pull from a registry that is killed" {
	need skopeo
	serve registry.py
	export REGISTRY=$address
	skopeo copy -q --dest-tls-verify=false "oci:$IMAGES/parts:latest" "docker://$REGISTRY/parts:1"
	killed 16 registry
}

@test "a load that is killed" {
	killed 16 load
}

@test "a commit that is killed" {
	killed 16 commit
}

@test "a first run that is killed, while it pulls or later" {
	killed 16 run
}

@test "an rmi that is killed" {
	killed 16 rmi
}

@test "a save to a file that is killed" {
	killed 12 save
}

@test "a run that is killed while it fills a volume" {
	killed 12 volume
}
