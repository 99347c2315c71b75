#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# images_admin.bats - inspect, templates and filters, df, prune and fsck

load lib.bash
load images.bash

setup_file() {
	images_setup basic gzip deep
}

setup() {
	need_images
	store_setup
}

teardown() {
	if [ -n "${launcher:-}" ]; then
		kill -KILL "$launcher" 2>/dev/null || true
		wait "$launcher" 2>/dev/null || true
		wait_until is_gone "$payload"
	fi
	store_teardown
}

# of CASE KEY: a member of what the store says of an image, by another reader
of() {
	python3 - "$URUN_ROOT" "localhost/$1:latest" "$2" <<-'END'
		import json, sys
		root, name, key = sys.argv[1:]
		blob = lambda d: json.load(open(f"{root}/blobs/sha256/{d[7:]}"))
		for m in json.load(open(f"{root}/index.json"))["manifests"]:
		    if m.get("annotations", {}).get("org.opencontainers.image.ref.name") == name:
		        manifest = blob(m["digest"])
		        config = blob(manifest["config"]["digest"])
		        print({"digest": m["digest"], "id": manifest["config"]["digest"][7:],
		               "layer": manifest["layers"][0]["digest"][7:],
		               "diff": config["rootfs"]["diff_ids"][0][7:],
		               "config": json.dumps(config["config"])}[key])
	END
}

# --- inspect ---

@test "inspect: what the image's documents say, in podman's names" {
	pull basic
	urun tag basic other:2
	run -0 urun inspect basic
	python3 - "$output" "$(of basic id)" "$(of basic digest)" "$(of basic config)" "$(of basic diff)" <<-'END'
		import json, sys
		(i,), id, digest, config, diff = (json.loads(sys.argv[1]), *sys.argv[2:])
		config = json.loads(config)
		assert i["Id"] == id, i["Id"]
		assert i["Digest"] == digest
		assert i["RepoTags"] == ["localhost/basic:latest", "localhost/other:2"], i["RepoTags"]
		assert i["RepoDigests"] == [f"localhost/basic@{digest}", f"localhost/other@{digest}"]
		assert i["RootFS"] == {"Type": "layers", "Layers": [f"sha256:{diff}"]}
		assert (i["Os"], i["Architecture"]) == ("linux", "amd64") or i["Architecture"] != "amd64"
		for key in "User Env Entrypoint Cmd WorkingDir Labels Volumes ExposedPorts StopSignal Healthcheck".split():
		    assert i["Config"][key] == config[key], (key, i["Config"][key], config[key])
	END
}

@test "inspect --format: fields, json, range, index, and the type of what is shown" {
	pull basic
	run -0 urun image inspect -f '{{.Config.User}}|{{join .Config.Cmd ","}}|{{index .Labels "org.example.name"}}' basic
	assert_output 'app|sh,-c,id -un; pwd; echo "$GREETING"|basic'
	run -0 urun inspect --format '{{range $k, $v := .Config.Labels}}{{$k}}={{$v}}\n{{end}}' basic
	assert_output $'org.example.name=basic\norg.example.sentence=a=b c'
	run -0 urun inspect --type image -f '{{json .Config.ExposedPorts}}' basic
	assert_output '{"53/udp":{},"8080/tcp":{}}'
	run -0 urun inspect -f '{{.Id}}' basic
	assert_output "$(of basic id)"
	run -125 urun inspect -f '{{.Config.Nope}}' basic
	assert_contains "urun: template, character 3: there is no field 'Nope'"
	run -125 urun inspect -f '{{.Id' basic
	assert_output "urun: --format: template, character 6: expected '}}', got the end of the template"
}

@test "inspect of a container, of both, of neither" {
	pull basic
	run -3 urun run --name mine -u 1000 --entrypoint sh basic -c 'exit 3'
	run -0 urun container inspect -f \
		'{{.Name}} {{.State.Status}} {{.State.Running}} {{.State.ExitCode}} {{.ImageName}} {{.Config.User}} {{json .Args}}' mine
	assert_output 'mine exited false 3 localhost/basic:latest 1000 ["-c","exit 3"]'
	run -0 urun inspect -f '{{.Id}}' mine basic
	assert_output "$(urun ps -aq --no-trunc)
$(of basic id)"
	run -125 --separate-stderr urun inspect -f '{{.Id}}' gone basic
	assert_output "$(of basic id)"
	[ "$stderr" = "urun: 'gone': no such container or image
  urun ps -a and urun images list what is there" ]
	run -125 urun container inspect basic
	assert_contains "no such container"
	run -125 urun image inspect mine
	assert_contains "not in the store"
	spawn --rm --name runs --entrypoint sleep basic 99
	run -0 urun inspect -f '{{.State.Status}} {{.AutoRemove}}' runs
	assert_output 'running true'
}

@test "inspect: labels cannot write to a terminal" {
	need python3
	pull basic
	urun run --name bell --label "x=$(printf '\033]0;title\007')" --entrypoint true basic
	run -0 urun inspect -f '{{.Config.Labels.x}}' bell
	assert_output "$(printf '\033]0;title\007')"
	run -0 script -qec "urun inspect -f '{{.Config.Labels.x}}' bell" /dev/null
	assert_contains '\x1b]0;title\x07'
	refute_contains "$(printf '\033')"
}

# --- lists ---

@test "images: templates, tables, filters" {
	pull basic
	pull gzip
	urun tag basic example.org/team/app:1
	run -0 urun images --format '{{.Repository}}:{{.Tag}} {{.ID}}' basic
	assert_output "localhost/basic:latest $(of basic id | cut -c1-12)"
	run -0 urun images --format 'table {{.Tag}}\t{{.Repository}}' example.org/team/app
	assert_output $'TAG         REPOSITORY\n1           example.org/team/app'
	run -0 urun images --format '{{.Repository}}' -f reference='example.org/*/app'
	assert_output example.org/team/app
	run -0 urun images --format '{{.Repository}}' -f label=org.example.name=basic -f reference='*:latest'
	assert_output localhost/basic
	run -0 urun images -q -f dangling=true
	assert_output ""
	urun untag gzip
	run -0 urun images --format '{{.Repository}} {{.Tag}}' --filter dangling=true
	assert_output '<none> <none>'
	run -125 urun images --filter size=3
	assert_output "urun: --filter: there is no filter 'size'
  There are: after before containers dangling id label label! readonly reference since until"
	run -125 urun images --filter before=gone
	assert_contains "'gone': not in the store"
	run -125 urun images --format '{{.Nope}}'
	assert_contains "there is no field 'Nope'"
}

@test "ps: templates and filters" {
	pull basic
	run -2 urun run --name one --label k=1 --entrypoint sh basic -c 'exit 2'
	run -0 urun run --name two --label k=2 --entrypoint true basic
	run -0 urun ps -a --format '{{.Names}} {{.Status}} {{.Image}} {{.Command}}' -f name=one
	[[ "$output" == 'one Exited (2) '?*' ago localhost/basic:latest sh -c exit 2' ]]
	run -0 urun ps -a --format '{{.Names}}' -f label=k=2
	assert_output two
	run -0 urun ps --format '{{.Names}}' -f status=exited -f ancestor=basic -f name=two
	assert_output two
	run -0 urun ps -a --format '{{.Names}}' -f ancestor=gone
	assert_output ""
	id=$(urun ps -aq -f name=one)
	run -0 urun ps -a --format '{{.Names}} {{.Labels.k}}' -f "id=$id"
	assert_output 'one 1'
	run -125 urun ps -f health=good
	assert_output "urun: --filter: there is no filter 'health'
  There are: ancestor before exited id label name since status volume"
	run -125 urun ps -f status=odd
	assert_contains "created, exited, paused or running"
}

# --- df, prune ---

@test "system df: how many, how many are used, how much of the disk" {
	pull basic
	pull gzip
	urun volume create vol
	urun run --name user --entrypoint true basic
	run -0 urun system df --format '{{.Type}} {{.Total}} {{.Active}}'
	assert_output $'Images 2 1\nContainers 1 0\nLocal Volumes 2 1'
	run -0 urun system df --format json
	python3 - "$output" "$(used 'blobs/sha256/*' 'layers/*')" "$(used 'containers/*')" "$(used 'volumes/*')" <<-'END'
		import json, sys
		rows, images, containers, volumes = [json.loads(a) for a in sys.argv[1:]]
		assert [r["Size"] for r in rows] == [images, containers, volumes], (rows, sys.argv[2:])
		assert 0 < rows[0]["Reclaimable"] < rows[0]["Size"]
		assert rows[1]["Reclaimable"] == rows[1]["Size"]
		assert 0 < rows[2]["Reclaimable"] < rows[2]["Size"]
	END
	run -0 urun system df -v
	assert_contains "localhost/basic:latest"
	assert_contains "Local Volumes space usage:"
	run -125 urun system df -v --format json
	assert_output "urun: --verbose does not go with --format"
}

@test "system df: a layer that two images share counts once" {
	pull basic
	python3 - "$URUN_ROOT" <<-'END'
		import hashlib, json, os, sys
		root = sys.argv[1]
		index = json.load(open(f"{root}/index.json"))
		def put(doc):
		    text = json.dumps(doc).encode()
		    digest = hashlib.sha256(text).hexdigest()
		    open(f"{root}/blobs/sha256/{digest}", "wb").write(text)
		    return {"digest": f"sha256:{digest}", "size": len(text)}
		manifest = json.load(open(f"{root}/blobs/sha256/{index['manifests'][0]['digest'][7:]}"))
		config = json.load(open(f"{root}/blobs/sha256/{manifest['config']['digest'][7:]}"))
		config["author"] = "somebody else"
		manifest["config"].update(put(config))
		index["manifests"].append({"mediaType": index["manifests"][0]["mediaType"], **put(manifest)})
		json.dump(index, open(f"{root}/index.json", "w"))
	END
	run -0 urun system df --format json
	[ "$(python3 -c 'import json,sys; r = json.load(sys.stdin)[0]; print(r["Total"], r["Size"])' <<<"$output")" = \
		"2 $(used 'blobs/sha256/*' 'layers/*')" ]
}

@test "image prune: nameless images, with --all those that nothing uses, and the space is told" {
	pull basic
	pull gzip
	pull deep
	urun untag gzip
	urun run --name user --entrypoint true basic
	before=$(used blobs layers)
	run -0 urun image prune -f
	[ "$(wc -l <<<"$output")" = 2 ]
	assert_contains "Total reclaimed space: "
	run -0 urun images --format '{{.Repository}}'
	assert_output $'localhost/basic\nlocalhost/deep'
	run -0 urun image prune -a -f --filter until=100000h
	assert_output "Total reclaimed space: 0 B"
	run -0 urun image prune -a <<<y
	assert_contains "[y/N]"
	run -0 urun images --format '{{.Repository}}'
	assert_output localhost/basic
	[ "$(used blobs layers)" -lt "$before" ]
	run -0 urun start user
	run -0 urun system fsck
	assert_output ""
}

@test "container prune and system prune: what runs stays" {
	pull basic
	pull gzip
	urun run --name old --label keep=no --entrypoint true basic
	urun run --name other --label keep=yes --entrypoint true basic
	spawn --name runs --entrypoint sleep basic 99
	run -125 urun container prune </dev/null
	assert_contains "nobody answered"
	run -0 urun container prune -f --filter label=keep=no
	assert_contains "Total reclaimed space: "
	run -0 urun ps -a --format '{{.Names}}' -f status=exited
	assert_output other
	urun volume create vol
	run -0 urun system prune -f --filter 'label!=keep'
	run -0 urun ps -a --format '{{.Names}}' -f status=exited
	assert_output other
	run -0 urun system prune -a -f --volumes
	assert_contains $'Deleted Volumes\n'
	assert_contains vol
	run -0 urun ps -a --format '{{.Names}}'
	assert_output runs
	run -0 urun images --format '{{.Repository}}'
	assert_output localhost/basic
	run -125 urun system prune -f --filter size=1
	assert_contains "there is no filter 'size'"
	run -125 urun system prune -f --filter until=soon
	assert_contains "--filter until=soon"
	kill -0 "$payload"
}

# --- fsck ---

# damaged: fsck tells of it, mends it, and finds nothing more.
check_repair() {
	run -1 urun system fsck
	assert_output "$1"
	run -1 urun system fsck --repair
	assert_output "$2"
	run -0 urun system fsck
	assert_output ""
}

@test "fsck finds nothing wrong in a store with images, containers and volumes" {
	run -0 urun system fsck
	assert_output ""
	pull basic
	pull deep
	urun run --name kept -v vol:/v --entrypoint true basic
	spawn --rm --entrypoint sleep basic 99
	run -0 urun system fsck
	assert_output ""
	run -0 urun system fsck --repair
	assert_output ""
	kill -0 "$payload"
}

@test "fsck: a blob that was changed is removed, and a pull brings it back" {
	pull basic
	layer=$(of basic layer)
	chmod u+w "$URUN_ROOT/blobs/sha256/$layer"
	printf x | dd of="$URUN_ROOT/blobs/sha256/$layer" bs=1 seek=100 conv=notrunc status=none
	run -0 urun system fsck --quick
	assert_output ""
	run -1 urun system fsck
	assert_output "blobs/sha256/$layer: its content is not what its name says: --repair removes it
image 'localhost/basic:latest': 1 of its 1 layers are missing or damaged: urun pull brings them"
	run -1 urun system fsck --repair
	assert_output "blobs/sha256/$layer: its content is not what its name says: removed
image 'localhost/basic:latest': 1 of its 1 layers are missing or damaged: urun pull brings them"
	# it runs all the same: the layer is unpacked
	run -0 urun run --rm --entrypoint echo basic still
	assert_output still
	pull basic
	run -0 urun system fsck
	assert_output ""
}

@test "fsck: an image without its manifest or its config is dropped" {
	pull basic
	pull gzip
	digest=$(of basic digest)
	rm -f "$URUN_ROOT/blobs/sha256/${digest#sha256:}"
	run -1 urun system fsck
	assert_contains "image 'localhost/basic:latest': its manifest is missing or damaged: --repair drops its entry"
	run -1 urun system fsck --repair
	assert_contains "image 'localhost/basic:latest': its manifest is missing or damaged: its entry is dropped; urun pull brings it back"
	run -0 urun system fsck
	rm -f "$URUN_ROOT/blobs/sha256/$(of gzip id)"
	run -1 urun system fsck --repair
	assert_contains "image 'localhost/gzip:latest': its config is missing or damaged: its entry is dropped"
	run -0 urun system fsck
	run -0 urun images -q
	assert_output ""
}

@test "fsck: a garbage index.json is moved aside, and the images are found again" {
	pull basic
	digest=$(of basic digest)
	echo '{garbage' >"$URUN_ROOT/index.json"
	run -125 urun images
	run -1 urun system fsck
	assert_contains "index.json: '$URUN_ROOT/index.json':"
	assert_contains "--repair moves it to 'index.json.damaged'"
	run -1 urun system fsck --repair
	assert_contains "moved to 'index.json.damaged'"
	assert_contains "$digest: an image without an entry in index.json: entered without a name: urun tag $digest NAME"
	run -0 urun system fsck
	assert_output ""
	run -0 cat "$URUN_ROOT/index.json.damaged"
	assert_output '{garbage'
	urun tag "$digest" again
	run -0 urun run --rm --entrypoint echo again back
	assert_output back
	# and one that is gone
	rm "$URUN_ROOT/index.json"
	run -1 urun system fsck --repair
	assert_contains "entered without a name"
	run -0 urun system fsck
	run -0 urun images --format '{{.Digest}}'
	assert_output "$digest"
}

@test "fsck: layers that a crash may have cut short, or without a tree, are removed" {
	pull basic
	diff=$(of basic diff)
	rm -f "$URUN_ROOT/layers/$diff/unsynced"
	echo other-boot >"$URUN_ROOT/layers/$diff/unsynced"
	mkdir -p "$URUN_ROOT/layers/$(printf 'a%.0s' $(seq 64))" "$URUN_ROOT/layers/odd"
	run -1 urun system fsck
	assert_contains "layers/$diff: a crash may have cut it short: --repair removes it"
	assert_contains "layers/odd: it is no layer: --repair removes it"
	assert_contains "a layer without its tree: --repair removes it"
	run -1 urun system fsck --repair
	run -0 urun system fsck
	assert_output ""
	run -0 ls -A "$URUN_ROOT/layers" "$URUN_ROOT/tmp"
	assert_output "$URUN_ROOT/layers:

$URUN_ROOT/tmp:"
	run -0 --separate-stderr urun run --rm --entrypoint echo basic again
	assert_output again
}

@test "fsck: a container without a record goes, one with changes to lost/" {
	pull basic
	urun run --name lost -u 0 --entrypoint sh basic -c 'echo precious >/file'
	id=$(urun ps -aq --no-trunc)
	echo x >"$URUN_ROOT/containers/$id/container.json"
	mkdir -p "$URUN_ROOT/containers/empty"
	run -1 urun system fsck
	assert_contains "containers/empty: a container without a record: --repair removes it"
	assert_contains "it has changes in it: --repair moves it to 'lost/$id'"
	run -1 urun system fsck --repair
	assert_contains "it has changes in it: moved to 'lost/$id'"
	run -1 cat "$URUN_ROOT/lost/$id/nothing"
	run -0 cat "$URUN_ROOT/lost/$id/upper/file"
	assert_output precious
	run -0 urun ps -aq
	assert_output ""
	# its volume has no user any more, and is no damage
	run -0 urun system fsck
	assert_output ""
}

@test "fsck: leftovers, old downloads and what nothing needs are removed" {
	pull basic
	layer=$(of basic layer)
	mkdir "$URUN_ROOT/tmp/run-left"
	touch "$URUN_ROOT/tmp/$layer.part" "$URUN_ROOT/tmp/$(printf 'b%.0s' $(seq 64)).part"
	touch -d '8 days ago' "$URUN_ROOT/tmp/$(printf 'c%.0s' $(seq 64)).part"
	mkdir "$URUN_ROOT/blobs/sha256/folder"
	echo -n >"$URUN_ROOT/blobs/sha256/e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	run -1 urun system fsck
	assert_contains "tmp/run-left: somebody has left it: --repair removes it"
	assert_contains "tmp/$layer.part: a download that nobody goes on with: --repair removes it"
	assert_contains "tmp/$(printf 'c%.0s' $(seq 64)).part: a download"
	refute_contains "bbb"
	assert_contains "blobs/sha256/folder: it is no blob"
	assert_contains "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855: nothing needs it"
	[ "$(wc -l <<<"$output")" = 5 ]
	run -1 urun system fsck --repair
	run -0 urun system fsck
	run -0 ls -A "$URUN_ROOT/tmp"
	assert_output "$(printf 'b%.0s' $(seq 64)).part"
}

@test "fsck: folders, the layout file, volumes" {
	pull basic
	urun volume create vol
	echo data >"$URUN_ROOT/volumes/vol/_data/file"
	chmod 755 "$URUN_ROOT/layers"
	echo x >"$URUN_ROOT/oci-layout"
	rm "$URUN_ROOT/volumes/vol/volume.json"
	rmdir "$URUN_ROOT/squashed"
	check_repair "layers: its mode is 755: --repair makes it 700
squashed: the folder is missing: --repair makes it
oci-layout: it is damaged: --repair writes it anew
volumes/vol: volume 'vol': volume.json is missing: --repair writes it anew, without labels" \
		"layers: its mode is 755: made 700
squashed: the folder is missing: made
oci-layout: it is damaged: written anew
volumes/vol: volume 'vol': volume.json is missing: written anew, without labels; the data stays"
	run -0 cat "$URUN_ROOT/volumes/vol/_data/file"
	assert_output data
}

@test "fsck waits for nobody, and says who is at work" {
	pull basic
	exec 8<"$URUN_ROOT/locks/store"
	flock -s 8
	run -125 urun system fsck 8<&-
	assert_output "urun: somebody is at work in '$URUN_ROOT'
  Try again when that is done"
	exec 8<&-
	run -0 urun system fsck
}

# --- the folder of the store ---

@test "a folder that is used for something else is no store, and keeps what is in it" {
	cd "$BATS_TEST_TMPDIR"
	mkdir -p mine/tmp mine/layers/x
	chmod 700 mine
	echo precious >mine/tmp/file
	run -125 urun --root "$PWD/mine" pull -q "oci:$IMAGES/basic:latest"
	assert_contains "image store '$PWD/mine': the folder is no store and not empty: '"
	assert_contains "Choose a new or an empty folder: --root DIR"
	run -125 urun --root "$PWD/mine" system prune -f
	run -0 find mine -mindepth 1
	[ "$(sort <<<"$output")" = "mine/layers
mine/layers/x
mine/tmp
mine/tmp/file" ]
	# an empty one, the root of a file system, and one whose making was cut short
	mkdir -p empty fresh/lost+found begun/locks begun/blobs
	for root in empty fresh begun; do
		urun --root "$PWD/$root" pull -q "oci:$IMAGES/basic:latest"
		run -0 urun --root "$PWD/$root" images --format '{{.Repository}}'
		assert_output localhost/basic
		unshare --user --map-auto --map-root-user rm -rf "$root"
	done
}

@test "--root wants an absolute path, and shows one" {
	run -125 urun --root here images
	assert_output "urun: --root: 'here' is no absolute path
  --root \"\$PWD/here\""
	run -125 urun --root= images
	assert_output "urun: --root: '' is no absolute path
  --root \"\$PWD/DIR\""
	run -125 urun --root images ps
	assert_contains "'images' is no absolute path"
}

@test "limits of file sizes and of descriptors are errors with a message" {
	pull basic
	run -125 bash -c "ulimit -f 64; exec urun save -o '$BATS_TEST_TMPDIR/x.tar' basic"
	assert_contains "File too large"
	[ ! -e "$BATS_TEST_TMPDIR/x.tar" ]
	run -125 bash -c "ulimit -f 64; exec urun --root '$BATS_TEST_TMPDIR/other' pull -q 'oci:$IMAGES/basic:latest'"
	assert_contains "File too large"
	run -125 bash -c "ulimit -n 16; exec urun pull -q 'oci:$IMAGES/gzip:latest'"
	assert_contains "Too many open files
  More descriptors are needed: ulimit -n 1024"
	unshare --user --map-auto --map-root-user rm -rf "$BATS_TEST_TMPDIR/other"
}

# --- the command line ---

@test "options may stand before, between and behind names" {
	pull basic
	pull gzip
	run -0 --separate-stderr urun inspect basic --format '{{.Id}}'
	[ "$output" = "$(of basic id)" ]
	run -0 --separate-stderr urun inspect basic --format '{{.Id}}' gzip
	[ "$output" = "$(of basic id)
$(of gzip id)" ]
	run -0 --separate-stderr urun images basic -q --no-trunc
	[ "$output" = "sha256:$(of basic id)" ]
	run -0 urun history basic --help
	[[ "$output" == "Usage: urun history "* ]]
	run -125 urun inspect basic --nosuch
	[[ "$output" == "urun: unknown flag: --nosuch"* ]]
}

@test "no option behind '--', nor behind the command of unshare" {
	run -125 --separate-stderr urun rmi -- -f
	[[ "$stderr" == *"'-f'"* && "$stderr" != *"unknown flag"* ]]
	run -0 urun unshare printf '%s ' a -b --help
	[ "$output" = "a -b --help " ]
}

@test "help: of a verb, of a group, of what there is not" {
	[ "$(urun help images)" = "$(urun images --help)" ]
	[ "$(urun help volume ls)" = "$(urun volume ls --help)" ]
	run -0 --separate-stderr urun volume --help
	[[ "$output" == "Usage: urun volume COMMAND"*"  volume prune"* ]]
	[[ "$output" != *"  images "* ]]
	[ "$(urun help volume)" = "$output" ]
	run -125 urun help nosuch
	[[ "$output" == "urun: unknown command 'nosuch'"* ]]
	run -125 urun volume
	[[ "$output" == "urun: 'urun volume': no command"*"See 'urun volume --help'"* ]]
	run -125 urun image nosuch
	[[ "$output" == "urun: unknown command 'image nosuch'"* ]]
}
