#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# images.bats - images in the store, and containers made of them

load lib.bash
load images.bash

setup_file() {
	images_setup
}

setup() {
	need_images
	store_setup
}

teardown() {
	store_teardown
}

# --- what an image says about how it is run ---

@test "an image runs with its user, folder, environment, entrypoint and command" {
	pull basic
	run -0 urun run --rm basic
	assert_output $'entry: sh -c id -un; pwd; echo "$GREETING"\napp\n/work\nhello world'
}

@test "words of the command line take the command's place, and -e, -u and -w go over the image" {
	pull basic
	run -0 urun run --rm -e GREETING=bye -u 0 -w /data basic sh -c 'id -u; pwd; echo $GREETING'
	assert_output $'entry: sh -c id -u; pwd; echo $GREETING\n0\n/data\nbye'
}

@test "--entrypoint takes the entrypoint's place, and the image's command is not its words" {
	pull basic
	run -0 urun run --rm --entrypoint /bin/echo basic one two
	assert_output 'one two'
	run -0 urun run --rm --entrypoint '["/bin/echo","-n","x"]' basic
	assert_output 'x'
}

@test "an image is brought when it is missing, and --pull never refuses" {
	run -125 urun run --rm --pull never basic true
	assert_contains "image 'basic': not in the store"
	run -0 --separate-stderr urun run --rm -q "oci:$IMAGES/basic:latest" id -un
	assert_output $'entry: id -un\napp'
}

# for_machine CASE ARCHITECTURE: the image's config says so, in the layout other/CASE
for_machine() {
	mkdir -p other
	cp -r "$IMAGES/$1" "other/$1"
	python3 - "other/$1" "$2" <<-'END'
		import hashlib, json, sys
		root, arch = sys.argv[1:]
		path = lambda d: f"{root}/blobs/sha256/{d[7:]}"
		def put(value, old):
		    text = json.dumps(value).encode()
		    digest = "sha256:" + hashlib.sha256(text).hexdigest()
		    open(path(digest), "wb").write(text)
		    old.update(digest=digest, size=len(text))
		index = json.load(open(f"{root}/index.json"))
		manifest = json.load(open(path(index["manifests"][0]["digest"])))
		config = json.load(open(path(manifest["config"]["digest"])))
		config["architecture"] = arch
		put(config, manifest["config"])
		put(manifest, index["manifests"][0])
		json.dump(index, open(f"{root}/index.json", "w"))
	END
}

@test "an image for another machine is told before it runs, and --platform is not passed over" {
	cd "$BATS_TEST_TMPDIR"
	for_machine basic vax
	native=$(python3 -c 'import sys; sys.path.insert(0, sys.argv[1])
sys.dont_write_bytecode = True
import imagelayout; print("linux/" + imagelayout.ARCH)' "$FIXTURES")
	run -0 --separate-stderr urun run --rm -q oci:other/basic true
	[ "$output" = "entry: true" ]
	[ "$stderr" = "urun: note: image 'oci:other/basic' is for linux/vax, this machine is $native: \
without an emulator its programs do not run" ]
	run -0 --separate-stderr urun run --rm --platform linux/vax basic true
	[ "$output$stderr" = "entry: true" ]
	run -125 urun run --rm --platform "$native" basic true
	assert_output "urun: image 'basic': the one in the store is for linux/vax, not for $native
  urun pull --platform $native IMAGE brings another one, where there is one"
	run -125 urun create --platform "$native" basic true
	run -125 urun pull -q --platform "$native" oci:other/basic
	assert_contains "is one image, for linux/vax: there is none for $native"
	run -0 urun pull -q --platform linux/vax oci:other/basic
	run -125 urun pull -q --arch "${native#*/}" oci:other/basic
	run -0 urun pull -q --arch vax oci:other/basic
	run -0 --separate-stderr urun run --rm --os linux --arch vax basic true
	pull basic
	run -0 --separate-stderr urun run --rm basic true
	[ "$stderr" = "" ]
}

@test "what a container writes is its own, and gone with --rm" {
	pull basic
	run -0 urun run --rm -u 0 --entrypoint sh basic -c 'echo x >/new; rm /data/from-image; ls /data /new'
	run -0 urun run --rm -u 0 --entrypoint sh basic -c 'ls /data; ls /new 2>&1; true'
	assert_output $'from-image\nls: /new: No such file or directory'
	run ls -A "$URUN_ROOT/tmp" "$URUN_ROOT/containers"
	assert_output "$URUN_ROOT/containers:

$URUN_ROOT/tmp:"
}

@test "files that belong to other ids are removed with their container, too" {
	pull basic
	run -0 urun run --rm -u 0 --entrypoint sh basic -c \
		'mkdir -m 700 /d && echo x >/d/f && chown -R 1234:1234 /d && chmod 0 /d/f && mkdir -m 0 /closed'
	run ls -A "$URUN_ROOT/tmp"
	assert_output ""
}

@test "--read-only: nothing of the image can be written" {
	pull basic
	run -1 urun run --rm --read-only -u 0 --entrypoint sh basic -c 'echo x >/new'
	assert_contains "Read-only file system"
}

# --- whose files they are ---

# The owners of an image's files, and of a file that is made, with a map.
owners() {
	run -0 --separate-stderr urun run --rm "$@" --entrypoint sh basic -c \
		'stat -c %u:%g / /work/mine; touch /tmp/x && stat -c %u:%g /tmp/x'
}

@test "files have the image's owners with the default map" {
	pull basic
	owners
	assert_output $'0:0\n1000:1000\n1000:1000'
}

@test "files have the image's owners with --userns keep-id" {
	need_fuse
	pull basic
	owners --userns keep-id -u 1000
	assert_output $'0:0\n1000:1000\n1000:1000'
	run -0 --separate-stderr urun run --rm --userns keep-id:uid=1000,gid=1000 --entrypoint cat \
		basic /proc/self/uid_map
	[[ "$output" == *" 1000 "*" $(id -u) "*" 1"* ]]
}

@test "files have the image's owners with --userns auto, and with explicit maps" {
	need_fuse
	pull basic
	owners --userns auto:size=5000
	assert_output $'0:0\n1000:1000\n1000:1000'
	owners --uidmap 0:1:2000 --gidmap 0:1:2000
	assert_output $'0:0\n1000:1000\n1000:1000'
}

@test "what one map wrote into a kept container has the same owners with fuse-overlayfs" {
	need_fuse
	pull basic
	owners --storage-driver fuse-overlayfs
	assert_output $'0:0\n1000:1000\n1000:1000'
}

@test "with one id only, all files are root's" {
	pull basic
	run -0 --separate-stderr urun run --rm --uidmap 0:0:1 --gidmap 0:0:1 -u 0 --entrypoint sh basic -c \
		'stat -c %u:%g / /work/mine; echo x >/work/mine && cat /work/mine'
	assert_output $'0:0\n0:0\nx'
}

# --- names ---

@test "tag, untag, images, rmi: names come and go, and the image with the last" {
	pull basic
	urun tag basic one:1 two
	run -0 urun images --format json
	[ "$(python3 -c 'import json,sys; print(sorted(i["Names"][0] for i in json.load(sys.stdin)))' <<<"$output")" = \
		"['localhost/basic:latest', 'localhost/one:1', 'localhost/two:latest']" ]
	run -0 urun rmi basic one:1
	assert_output $'localhost/basic:latest\nlocalhost/one:1'
	run -0 urun run --rm --entrypoint echo two alive
	assert_output alive
	run -0 urun rmi two
	run -0 find "$URUN_ROOT/blobs" "$URUN_ROOT/layers" -mindepth 2 -maxdepth 2
	assert_output ""
}

@test "an image is found by its id, the id's beginning, and its digest" {
	pull basic
	id=$(urun images --format '{{.Id}}')
	digest=$(python3 -c 'import json; print(json.load(open("'"$URUN_ROOT"'/index.json"))["manifests"][0]["digest"])')
	for word in "$id" "${id:0:12}" "$digest"; do
		run -0 urun run --rm --entrypoint echo "$word" found
		assert_output found
	done
	run -125 urun run --rm --pull never "deadbeefdead" true
	assert_contains "not in the store"
}

@test "an image that a container uses is not removed without --force" {
	pull basic
	run urun run --name user basic false
	assert_status 1
	run -2 urun rmi basic
	assert_contains "uses the image"
	run -0 urun rmi --force basic
	run urun start user
	assert_status 1
	run -0 urun rm user
}

# --- containers that are kept ---

@test "without --rm a container stays: ps -a, start and rm" {
	pull basic
	run -3 urun run --name mine -u 0 --entrypoint sh basic -c 'echo x >>/count; wc -l </count; exit 3'
	assert_output 1
	run -0 urun ps
	refute_contains mine
	run -0 urun ps -a
	assert_contains "Exited (3) "
	run -3 urun start mine
	assert_output 2
	run -125 urun run --name mine basic true
	assert_contains "has this name"
	run -0 urun rm mine
	run -0 urun ps -aq
	assert_output ""
	run -0 ls -A "$URUN_ROOT/containers"
	assert_output ""
}

@test "a running container is listed, and neither started again nor removed" {
	pull basic
	spawn --name runs --entrypoint sleep basic 99
	run -0 urun ps
	assert_contains runs
	run -125 urun start runs
	assert_contains "is running"
	run -2 urun rm runs
	assert_contains "is running"
	kill "$launcher"
	wait "$launcher" || true
	run -0 urun rm runs
}

@test "a container whose urun was killed leaves nothing that the next one does not remove" {
	pull basic
	spawn --rm --entrypoint sleep basic 99
	kill -KILL "$launcher"
	wait "$launcher" || true
	wait_until is_gone "$payload"
	run -0 ls -A "$URUN_ROOT/tmp"
	[ -n "$output" ]
	run -0 urun run --rm --entrypoint true basic
	run -0 ls -A "$URUN_ROOT/tmp"
	assert_output ""
}

# --- others at the store ---

@test "skopeo reads the store, and urun runs what skopeo put there" {
	need skopeo
	pull basic
	run -0 skopeo inspect --format '{{.Digest}}' "oci:$URUN_ROOT:localhost/basic:latest"
	assert_output "$(python3 -c 'import json; print(json.load(open("'"$URUN_ROOT"'/index.json"))["manifests"][0]["digest"])')"
	skopeo copy -q "oci:$IMAGES/gzip:latest" "oci:$URUN_ROOT:localhost/put:1"
	run -0 --separate-stderr urun images
	assert_contains localhost/put
	run -0 urun rmi localhost/put:1
}

@test "two pulls of one image at once bring each layer once" {
	urun pull -q "oci:$IMAGES/deep:latest" >"$BATS_TEST_TMPDIR/a" 2>&1 3>&- &
	one=$!
	urun pull -q "oci:$IMAGES/deep:latest" >"$BATS_TEST_TMPDIR/b" 2>&1 3>&- &
	two=$!
	wait $one
	wait $two
	cmp "$BATS_TEST_TMPDIR/a" "$BATS_TEST_TMPDIR/b"
	run -0 ls -A "$URUN_ROOT/tmp"
	assert_output ""
}

# --- trees ---

# The merged tree of an image, by the kernel's overlay and by fuse-overlayfs, is what the image
# means.
check_tree() {
	for driver in overlay fuse-overlayfs; do
		merged_tree "$1" "$driver" >"$BATS_TEST_TMPDIR/is.json"
		run python3 "$FIXTURES/tree.py" --diff "$IMAGES/$1.tree.json" "$BATS_TEST_TMPDIR/is.json"
		# The root folder is the container's own: it has just been made.
		output=$(grep -v '^/: mtime is ' <<<"$output") || true
		assert_output ""
	done
}

@test "the tree: every kind of entry" {
	need_fuse
	pull kinds
	check_tree kinds
}

@test "the tree: whiteouts, opaque folders, kinds that change between layers" {
	need_fuse
	pull whiteouts
	check_tree whiteouts
	pull opaqueroot
	check_tree opaqueroot
}

@test "the tree: gzip, many gzip members, zstd, no compression, all in one" {
	need_fuse
	for case in gzip multimember zstd plain mixed; do
		pull $case
		check_tree $case
	done
}

@test "the tree: 100 layers, and 500" {
	need_fuse
	for case in deep many; do
		pull $case
		check_tree $case
	done
}

@test "500 layers run, with both drivers" {
	need_fuse
	pull many
	files=$(python3 -c 'import json; print(sum(1 for e in json.load(open("'"$IMAGES"'/many.tree.json")).values() if e["type"] == "file"))')
	[ -x /bin/busybox ]
	for driver in overlay fuse-overlayfs; do
		run -0 urun run --rm --storage-driver $driver -v /bin/busybox:/busybox:ro many \
			/busybox sh -c '/busybox find / -xdev -type f | /busybox wc -l'
		# urun's own files are mounts, and the one that is bound as well.
		[ "$output" -ge "$files" ]
	done
	run -0 urun unshare sh -c 'find "$(urun image mount many)" -type f | wc -l'
	[ "$output" = "$files" ]
}

# --- what is refused ---

@test "hostile layers and documents are refused by name, or stay inside" {
	for case in "$IMAGES"/*.expect.json; do
		name=$(basename "$case" .expect.json)
		# Long ones, and those that need a limit of their own: see the unit tests.
		case $name in bomb | zbomb | manyentries) continue ;; esac
		store_teardown
		store_setup
		run urun pull -q "oci:$IMAGES/$name:latest"
		python3 - "$case" "$status" "$output" <<-'END'
			import json, os, re, sys
			want, status, text = json.load(open(sys.argv[1])), int(sys.argv[2]), sys.argv[3]
			for path in want.get("outside", []):
			    if os.path.lexists(path):
			        sys.exit(f"{sys.argv[1]}: {path} was made")
			if status != 0 and "error" in want and re.search(want["error"], text):
			    sys.exit(0)
			if status == 0 and "tree" in want:
			    sys.exit(0)
			sys.exit(f"{sys.argv[1]}: status {status}: {text}")
		END
		run -0 find "$URUN_ROOT/tmp" -mindepth 1 -maxdepth 1 -not -name '*.part'
	done
}

@test "a store that others can write is refused" {
	chmod 777 "$URUN_ROOT"
	run -125 urun images
	assert_contains "others can write it"
	chmod 700 "$URUN_ROOT"
}

