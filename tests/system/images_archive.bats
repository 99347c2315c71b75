#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# images_archive.bats - images and containers in files: save, load, import, export

load lib.bash
load images.bash

setup_file() {
	images_setup basic kinds whiteouts mixed
}

setup() {
	need_images
	store_setup
	cd "$BATS_TEST_TMPDIR"
}

teardown() {
	store_teardown
}

# The ids of all images, with the names of each.
ids() {
	urun images --no-trunc --format '{{.Id}} {{.Repository}}:{{.Tag}}' | sort
}

# What is in the store, but for locks and times.
store_state() {
	(cd "$URUN_ROOT" && cat index.json && ls blobs/sha256 layers squashed containers volumes)
}

# Another, empty store.
other_store() {
	export URUN_ROOT=$BATS_TEST_TMPDIR/other
	mkdir -m 700 "$URUN_ROOT"
}

other_teardown() {
	store_teardown
	export URUN_ROOT=$BATS_TEST_TMPDIR/store
}

# busybox as a tar archive of files
busybox_tar() {
	mkdir -p "$BATS_TEST_TMPDIR/root/bin"
	cp /bin/busybox "$BATS_TEST_TMPDIR/root/bin/"
	ln -sf busybox "$BATS_TEST_TMPDIR/root/bin/sh"
	tar -C "$BATS_TEST_TMPDIR/root" --owner=0 --group=0 -cf "$1" bin
}

# --- save and load ---

@test "save and load: the images are the same, in every format" {
	pull basic
	pull whiteouts
	urun tag basic example.org/other/name:1
	before=$(ids)
	for format in docker-archive oci-archive oci-dir; do
		urun save -q -m --format $format -o "saved.$format" basic whiteouts example.org/other/name:1
		other_store
		run -0 urun load -q -i "saved.$format"
		[ "$(sort <<<"$output")" = "Loaded image: example.org/other/name:1
Loaded image: localhost/basic:latest
Loaded image: localhost/whiteouts:latest" ]
		[ "$(ids)" = "$before" ]
		run -0 urun run --rm -u 0 --entrypoint cat basic /work/mine
		assert_output mine
		run -0 ls -A "$URUN_ROOT/tmp"
		assert_output ""
		other_teardown
	done
}

@test "save docker-dir is one image, which load finds again" {
	pull basic
	id=$(urun images --format '{{.Id}}' basic)
	urun save -q --format docker-dir -o dir basic
	run -0 cat dir/version
	assert_output "Directory Transport Version: 1.1"
	run -0 python3 -c 'import json; print(json.load(open("dir/manifest.json"))["mediaType"])'
	assert_output application/vnd.docker.distribution.manifest.v2+json
	other_store
	run -0 urun load -q -i dir
	assert_output "Loaded image: sha256:$id"
	other_teardown
	run -125 urun save -q -m --format docker-dir -o dir2 basic basic:latest other
	run -125 urun save -q --format docker-dir basic
	assert_output "urun: --format docker-dir: give a folder with -o"
}

@test "save is the same each time, whoever writes and reads it" {
	pull basic
	for format in docker-archive oci-archive; do
		urun save --format $format -o one basic
		urun save --format $format basic >two
		cmp one two
	done
	run -0 cat two
	run -0 urun load -q <two
	assert_output "Loaded image: localhost/basic:latest"
	run -0 bash -c 'gzip <two | urun load -q'
	assert_output "Loaded image: localhost/basic:latest"
}

@test "skopeo and buildah read what save writes, and load what skopeo writes" {
	need skopeo
	pull basic
	id=$(urun images --format '{{.Id}}' basic)
	for format in docker-archive oci-archive; do
		urun save --format $format -o "$format" basic
		run -0 skopeo inspect --config --raw "$format:$format:localhost/basic:latest"
		[ "$(printf %s "$output" | sha256sum | cut -d' ' -f1)" = "$id" ]
		# every digest is looked at
		skopeo copy -q "$format:$format:localhost/basic:latest" "dir:copy-$format"
	done
	other_store
	for format in docker-archive oci-archive; do
		skopeo copy -q "dir:copy-$format" "$format:from-skopeo.$format:example.org/x:$format"
		run -0 urun load -q -i "from-skopeo.$format"
		assert_output "Loaded image: example.org/x:$format"
		run -0 urun run --rm -u 0 --entrypoint cat "example.org/x:$format" /work/mine
		assert_output mine
	done
	other_teardown
	if command -v buildah >/dev/null; then
		run -0 buildah --root "$BATS_TEST_TMPDIR/buildah" --runroot "$BATS_TEST_TMPDIR/buildah-run" \
			--storage-driver vfs pull -q docker-archive:docker-archive
		unshare --user --map-auto --map-root-user rm -rf "$BATS_TEST_TMPDIR/buildah"
	fi
}

@test "save: words behind the first are names for it, with -m images" {
	pull basic
	pull whiteouts
	run -125 urun save -o x basic whiteouts
	assert_output "urun: 'whiteouts' is another image than 'basic'
  -m saves several images; without it the words behind the first are more names for that one"
	[ ! -e x ]
	urun save -o x basic two example.org/three:3
	run -0 urun load -q -i x
	[ "$(sort <<<"$output")" = "Loaded image: example.org/three:3
Loaded image: localhost/basic:latest
Loaded image: localhost/two:latest" ]
	run -125 urun save -m -o y basic nothing
	assert_contains "'nothing'"
	[ ! -e y ]
	# by its id an image has no name
	id=$(urun images --format '{{.Id}}' basic)
	urun save -o by-id "${id:0:12}"
	run -0 urun load -q -i by-id
	assert_output "Loaded image: sha256:$id"
}

@test "save over a private file leaves it private" {
	pull basic
	(umask 077 && echo old >private)
	run -0 urun save -q -o private basic
	[ "$(stat -c %a private)" = 600 ]
	run -0 urun load -q -i private
	(umask 022 && urun save -q -o new basic)
	[ "$(stat -c %a new)" = 644 ]
}

@test "save replaces a file when all is written, and leaves it when something is wrong" {
	pull basic
	echo old >file
	rm "$URUN_ROOT"/blobs/sha256/"$(python3 -c '
import json, os
r = os.environ["URUN_ROOT"]
b = lambda d: f"{r}/blobs/sha256/{d[7:]}"
m = json.load(open(b(json.load(open(r + "/index.json"))["manifests"][0]["digest"])))
print(m["layers"][0]["digest"][7:])')"
	run -125 urun save -o file basic
	run -0 cat file
	assert_output old
	run -0 bash -c 'ls -A | grep -v "^store$"'
	assert_output file
	run -125 urun save -q --format oci-dir -o folder basic
	[ ! -e folder ]
	mkdir full && touch full/x
	run -125 urun save -q --format oci-dir -o full basic
	assert_output "urun: save 'basic': 'full' is there, and no empty folder"
	run -125 urun save -q --format oci-dir -o no/such/folder basic
	assert_output "urun: save 'basic': write 'no/such/folder': there is no folder 'no/such'
  mkdir -p no/such"
	run -125 urun save -o no/such/file basic
	assert_output "urun: write 'no/such/file': there is no folder 'no/such'
  mkdir -p no/such"
}

@test "save: - is standard output, and what cannot be written is told with image and place" {
	pull basic
	urun save -o plain.tar basic
	run -0 bash -c 'urun save -o - basic | cmp - plain.tar'
	[ ! -e ./- ]
	run -125 urun save --format oci-dir -o - basic
	assert_output "urun: --format oci-dir: give a folder with -o"
	run -125 urun save -o "" basic
	assert_output "urun: --output: an empty name for a file"
	for format in docker-archive oci-archive; do
		run -125 bash -c 'urun save --format "$1" basic >/dev/full' - $format
		[[ "$output" == "urun: save 'basic' to standard output: "*": No space left on device
  Make room there, or choose another place: -o FILE" ]]
		run -125 urun save --format $format -o /dev/full basic
		[[ "$output" == "urun: save 'basic' to '/dev/full': "*": No space left on device
"* ]]
	done
}

@test "save follows a link to a file, and writes to a pipe as it is" {
	pull basic
	mkdir sub
	echo old >sub/file
	ln -s sub/file link
	urun save -o link basic
	[ -L link ]
	urun save basic >stdout
	cmp sub/file stdout
	mkfifo fifo
	cat fifo >read &
	urun save -o fifo basic
	wait
	[ -p fifo ]
	cmp read stdout
}

@test "load refuses what is no archive of images, and changes nothing" {
	pull basic
	before=$(store_state)
	head -c 100000 /dev/urandom >random
	run -125 urun load -q -i random
	refute_contains "Loaded"
	busybox_tar files.tar
	run -125 urun load -q -i files.tar
	assert_contains "is no archive of images"
	: >empty
	run -125 urun load -q <empty
	run -125 urun load -q -i /dev/null
	run -125 urun load -q -i nowhere
	assert_contains "nowhere"
	run -125 urun load -q -i https://example.org/x.tar
	[ "$(store_state)" = "$before" ]
}

@test "load says what it was given, and what it takes" {
	takes="It reads what urun save, podman save, docker save and skopeo copy have written"
	echo text >text
	: >empty
	run -125 urun load -i text
	assert_output "urun: load: 'text' is no tar archive
  $takes"
	run -125 bash -c 'urun load <text'
	assert_output "urun: load: 'standard input' is no tar archive
  $takes"
	run -125 bash -c 'cat text | urun load'
	assert_output "urun: load: 'standard input' is no tar archive
  $takes"
	run -125 urun load -i empty
	assert_output "urun: load: 'empty' is empty
  $takes"
	run -125 bash -c 'urun load </dev/null'
	assert_output "urun: load: archive 'standard input' is a device
  $takes"
	run -125 urun load -i nowhere
	assert_output "urun: load: open archive 'nowhere': No such file or directory"
	tar cf files.tar text
	run -125 urun load -i files.tar
	assert_output "urun: load: 'files.tar' is no archive of images: there is neither 'manifest.json' nor 'oci-layout' in it
  A tar archive of files becomes an image by urun import"
}

@test "load of a damaged archive names nothing, though some of its images are whole" {
	pull basic
	pull whiteouts
	urun save -m --format oci-archive -o both basic whiteouts
	python3 - <<-'END'
		import tarfile, io
		src = tarfile.open("both")
		dst = tarfile.open("damaged", "w")
		blobs = [m for m in src if m.isfile() and m.name.startswith("blobs/") and m.size > 0]
		for m in src:
		    data = src.extractfile(m).read() if m.isfile() else None
		    if m.name == blobs[-1].name:
		        data = data[:-1] + bytes([data[-1] ^ 1])
		    dst.addfile(m, io.BytesIO(data) if data is not None else None)
		dst.close()
	END
	other_store
	run -125 urun load -q -i damaged
	assert_contains "load 'localhost/whiteouts:latest'"
	run -0 urun images -aq
	assert_output ""
	run -0 urun load -q -i both
	other_teardown
}

# --- kill -9 ---

@test "a load that is killed leaves no image, and the next command no trace in tmp" {
	pull basic
	urun save -o whole basic
	id=$(urun images --format '{{.Id}}' basic)
	other_store
	mkfifo pipe
	urun load -q -i pipe 2>/dev/null 3>&- &
	loading=$!
	# all but the end: it waits, in the middle
	exec 9>pipe
	head -c -2000 whole >&9
	sleep 0.2
	kill -KILL "$loading"
	wait "$loading" || true
	exec 9>&-
	run -0 urun images -aq
	assert_output ""
	for delay in 0.02 0.05 0.08 0.12 0.2; do
		urun load -q -i whole >/dev/null 2>&1 3>&- &
		loading=$!
		sleep "$delay"
		kill -KILL "$loading" 2>/dev/null || true
		wait "$loading" || true
		# whole, or not there
		run -0 urun images --format '{{.Id}}'
		[ -z "$output" ] || [ "$output" = "$id" ]
		[ -z "$output" ] || urun rmi basic >/dev/null
	done
	run -0 urun load -q -i whole
	run -0 urun run --rm -u 0 --entrypoint true basic
	run -0 bash -c 'ls -A "$URUN_ROOT/tmp" | grep -v "\.part$" || true'
	assert_output ""
	run -0 urun system fsck
	other_teardown
}

# --- export and import ---

@test "export: the tree of the archive is the tree of the image" {
	need_fuse
	pull kinds
	id=$(urun create kinds /none)
	urun export "$id" >all.tar
	run -0 bash -c 'tar tf all.tar >/dev/null'
	run -0 urun import -q all.tar kinds-again
	for driver in overlay fuse-overlayfs; do
		merged_tree kinds-again "$driver" >is.json
		run python3 "$FIXTURES/tree.py" --diff "$IMAGES/kinds.tree.json" is.json
		output=$(grep -v '^/: ' <<<"$output") || true
		assert_output ""
	done
}

@test "export of deleted files, opaque folders and what was written; the same twice" {
	pull whiteouts
	id=$(urun create whiteouts /none)
	urun export -o one.tar "$id"
	urun export "$id" >two.tar
	cmp one.tar two.tar
	run -0 bash -c 'tar tf one.tar | sed "s,/$,,"'
	want=$(python3 -c '
import json, sys
t = json.load(open(sys.argv[1]))
print("\n".join(p.lstrip("/") for p in t if p != "/"))' "$IMAGES/whiteouts.tree.json")
	[ "$(sort <<<"$output")" = "$(sort <<<"$want")" ]
	run -125 urun export --output no/such "$id"
	assert_output "urun: write 'no/such': there is no folder 'no'
  mkdir -p no"
	run -0 bash -c 'urun export -o - "$1" | cmp - one.tar' - "$id"
	[ ! -e ./- ]
}

@test "import of a tar of busybox runs, plain and compressed, from a file and from stdin" {
	busybox_tar bb.tar
	gzip -k bb.tar
	xz -k bb.tar 2>/dev/null || need xz
	zstd -q bb.tar 2>/dev/null || need zstd
	run -0 urun import -q bb.tar bb:1
	[[ "$output" =~ ^[0-9a-f]{64}$ ]]
	first=$output
	for file in bb.tar.gz bb.tar.xz bb.tar.zst; do
		run -0 urun import -q "$file" bb:2
		run -0 urun run --rm bb:2 sh -c 'echo $0 runs'
		assert_output 'sh runs'
	done
	run -0 bash -c 'urun import -q - bb:3 <bb.tar.gz'
	run -0 urun run --rm bb:3 sh -c 'busybox id -u'
	assert_output 0
	run -0 urun import -q bb.tar
	run -0 urun images --format '{{.Id}}' --filter dangling=true
	[ -n "$output" ]
	[ -n "$first" ]
}

@test "import --change and --message" {
	busybox_tar bb.tar
	urun import -q -m 'the message' -c 'CMD ["sh", "-c", "echo $A $B"]' -c 'ENV A=1 B="2 3"' \
		-c 'EXPOSE 80 53/udp 100-200' -c 'LABEL x=y "a b"=c' -c USER=5:6 -c 'VOLUME /v "/w x"' \
		-c 'WORKDIR /bin' -c 'WORKDIR sub' -c 'STOPSIGNAL SIGINT' -c 'env OLD style value' \
		bb.tar changed >/dev/null
	run -0 urun image inspect changed
	printf %s "$output" >inspect.json
	run -0 python3 -c '
import json
i = json.load(open("inspect.json"))[0]
c = i["Config"]
print(c["Cmd"], c["Env"], sorted(c["ExposedPorts"]), c["Labels"], c["User"], sorted(c["Volumes"]), c["WorkingDir"], c["StopSignal"])
print(i["Comment"], i["Architecture"] != "", i["Os"])'
	assert_output "['sh', '-c', 'echo \$A \$B'] ['A=1', 'B=2 3', 'OLD=style value'] ['100-200/tcp', '53/udp', '80/tcp'] {'x': 'y', 'a b': 'c'} 5:6 ['/v', '/w x'] /bin/sub SIGINT
the message True linux"
	for bad in 'FROM x' 'CMD' 'CMD ["unfinished' 'ENV a=1 novalue' 'ENV =x' 'EXPOSE 0' 'EXPOSE 70000' 'EXPOSE 1/x' \
		'VOLUME relative' 'USER a b' 'LABEL "a=b' 'STOPSIGNAL NO' '' 'HEALTHCHECK' 'HEALTHCHECK NONE more' \
		'HEALTHCHECK CMD' 'HEALTHCHECK run' 'HEALTHCHECK --interval=1 CMD x' 'HEALTHCHECK --more=1s CMD x' \
		'HEALTHCHECK --retries=x CMD x' 'HEALTHCHECK CMD ["x"'; do
		run -125 urun import -q -c "$bad" bb.tar bad
		assert_contains "--change '$bad'"
	done
	run -0 urun images -q bad
	assert_output ""
}

@test "import --change: a variable without a value, health checks" {
	busybox_tar bb.tar
	urun import -q -c 'ENV FOO' -c 'LABEL mark' -c 'HEALTHCHECK --interval=1m30s --timeout=5s --start-period=500ms --retries=4 CMD test -e /ok' \
		bb.tar line >/dev/null
	urun import -q -c 'healthcheck CMD ["test", "-e", "/ok"]' bb.tar words >/dev/null
	urun import -q -c 'HEALTHCHECK NONE' bb.tar none >/dev/null
	run -0 urun image inspect line words none
	printf %s "$output" >inspect.json
	run -0 python3 -c '
import json
for i in json.load(open("inspect.json")):
    c = i["Config"]
    h = c["Healthcheck"]
    print(c.get("Env") or None, c.get("Labels") or None, h["Test"], h["Interval"], h["Timeout"], h["StartPeriod"], h["Retries"])'
	assert_output "['FOO='] {'mark': ''} ['CMD-SHELL', 'test -e /ok'] 90000000000 5000000000 500000000 4
None None ['CMD', 'test', '-e', '/ok'] 0 0 0 0
None None ['NONE'] 0 0 0 0"
	run -0 urun run --rm line sh -c 'echo "[$FOO]${FOO-unset}"'
	assert_output '[]'
}

@test "import refuses URLs and what is no archive, and leaves nothing" {
	run -125 urun import https://example.org/x.tar
	assert_output "urun: import 'https://example.org/x.tar': a file only, or - for standard input
  curl -L URL | urun import - NAME"
	takes="It takes a tar archive of files, as urun export and tar write them, compressed or not"
	echo nothing >text
	run -125 urun import text bad
	assert_output "urun: import 'text': it is no tar archive
  $takes"
	head -c 4096 /dev/urandom >random
	run -125 urun import random bad
	assert_output "urun: import 'random': it is no tar archive
  $takes"
	gzip -k text
	run -125 urun import text.gz bad
	assert_output "urun: import 'text.gz': it is no tar archive
  $takes"
	: >empty
	run -125 bash -c 'urun import - bad <empty'
	assert_output "urun: import 'standard input': it is empty
  $takes"
	mkdir folder
	run -125 urun import folder bad
	assert_output "urun: archive 'folder': Is a directory
  tar -C folder -c . | urun import - NAME"
	run -125 urun import -q nowhere bad
	run -125 urun import -q / bad
	busybox_tar bb.tar
	run -125 urun import -q bb.tar UPPER
	run -0 urun images -aq
	assert_output ""
	run -0 find "$URUN_ROOT/blobs" "$URUN_ROOT/layers" "$URUN_ROOT/tmp" -mindepth 1 ! -name sha256
	assert_output ""
}

@test "whoever waits for standard input holds up nobody else" {
	pull basic
	urun save -q -o saved.tar localhost/basic
	busybox_tar files.tar
	mkfifo pipe
	for words in 'saved.tar load -q' 'files.tar import -q -'; do
		file=${words%% *}
		# shellcheck disable=SC2086
		urun ${words#* } <pipe >out 3>&- &
		reader=$!
		exec {to}>pipe
		# More than a pipe holds: when it is written, somebody reads.
		head -c 300000 "$file" >&$to
		run -0 timeout 20 urun system fsck --quick
		assert_output ""
		run -0 timeout 20 urun system prune --force
		refute_contains "somebody is at work"
		tail -c +300001 "$file" >&$to
		exec {to}>&-
		wait "$reader"
	done
}

@test "a terminal is no place for an archive" {
	need script
	pull basic
	id=$(urun create basic true)
	run script -qec "urun save basic" /dev/null
	assert_contains "save: standard output is a terminal"
	run script -qec "urun export $id" /dev/null
	assert_contains "export: standard output is a terminal"
	run script -qec "urun load" /dev/null
	assert_contains "load: standard input is a terminal"
}

@test "every way to call them is there, and what is too much is refused" {
	pull basic
	urun image save -o a basic
	run -0 urun image load -q -i a
	id=$(urun container create basic true)
	urun container export -o b "$id"
	run -0 urun image import -q b c
	run -125 urun save --format zip -o d basic
	assert_output "urun: --format: 'zip': expected one of docker-archive, oci-archive, oci-dir, docker-dir"
	run -125 urun export "$id" more
	run -125 urun load more
	run -125 urun save
}
