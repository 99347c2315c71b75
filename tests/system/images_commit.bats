#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# images_commit.bats - containers that are kept: create, commit, diff, cp

load lib.bash
load images.bash

setup_file() {
	images_setup basic kinds whiteouts
}

setup() {
	need_images
	store_setup
	cd "$BATS_TEST_TMPDIR"
}

teardown() {
	if [ -n "${launcher:-}" ]; then
		kill -KILL "$launcher" 2>/dev/null || true
		wait "$launcher" 2>/dev/null || true
		wait_until is_gone "$payload"
	fi
	store_teardown
}

# kept NAME ARG... -- SCRIPT: a kept container of "basic" that has run a script as root
kept() {
	local name=$1 args=()
	shift
	while [ "$1" != -- ]; do
		args+=("$1")
		shift
	done
	urun run --name "$name" -u 0 "${args[@]}" --entrypoint sh basic -c "$2" 2>/dev/null
}

# in_image IMAGE SCRIPT
in_image() {
	urun run --rm -u 0 --entrypoint sh "$1" -c "$2"
}

# What is in the store, but for locks and times.
store_state() {
	(cd "$URUN_ROOT" && cat index.json && ls blobs/sha256 layers squashed)
}

# member IMAGE EXPRESSION: of what inspect says
member() {
	urun image inspect "$1" | python3 -c "import json,sys; i = json.load(sys.stdin)[0]; c = i['Config']; print($2)"
}

# --- create ---

@test "start has no descriptors to pass on, and never its own" {
	pull basic
	urun create --preserve-fds 1 --name made basic >/dev/null
	run -125 urun start made
	assert_output "urun: it was made with --preserve-fds: urun start has none to pass on"
	# Nor has run, when the caller's is closed: what is urun's own comes later.
	run -125 sh -c 'exec 3>&-; urun run --rm --preserve-fds 1 basic'
	assert_output "urun: --preserve-fds 1: descriptor 3 is not open"
}

@test "create makes a container that start runs, as run would" {
	pull basic
	run -0 urun create --name made -e A=b -u 0 --entrypoint sh basic -c 'echo $A; echo x >>/count; wc -l </count'
	[[ "$output" =~ ^[0-9a-f]{64}$ ]]
	run -0 urun ps -a --format '{{.Status}} {{.Names}}'
	assert_output "Created made"
	run -0 urun start made
	assert_output $'b\n1'
	run -0 urun start made
	assert_output $'b\n2'
	run -125 urun create --name made basic
	assert_contains "container"
	run -0 urun create --cidfile id basic true
	assert_output "$(cat id)"
}

@test "create is for containers of images that are kept" {
	pull basic
	run -125 urun create --rm basic
	assert_output "urun: create --rm: only containers of images are kept"
	run -125 urun create host: true
	assert_output "urun: create: only containers of images are kept"
	run -125 urun create
	run -0 urun create --help
	assert_contains "urun create [OPTIONS] IMAGE"
	run -0 ls -A "$URUN_ROOT/containers" "$URUN_ROOT/tmp"
	assert_output "$URUN_ROOT/containers:

$URUN_ROOT/tmp:"
}

# --- commit ---

@test "commit: the new image has what was written, and has not what was deleted" {
	pull basic
	kept c -- 'echo new >/etc/new; rm /work/mine; rm -r /home; mkdir -m 750 /home; echo x >/home/x
		mv /etc/group /etc/moved; ln /etc/new /etc/hard; ln -s new /etc/soft; mkfifo /fifo
		chown 7:8 /home/x; chmod 4711 /etc/moved; rm -r /root; echo file >/root'
	run -0 urun commit -q c new:1
	[[ "$output" =~ ^[0-9a-f]{64}$ ]]
	[ "$(member new:1 'i["Id"]')" = "$output" ]
	run -0 in_image new:1 'cat /etc/new /etc/soft /home/x /root; ls -A /work /home
		stat -c "%n %u:%g %a %F" /home /home/x /etc/moved /fifo /root
		[ /etc/new -ef /etc/hard ] && stat -c %h /etc/new; ls /etc'
	assert_output "new
new
x
file
/home:
x

/work:
/home 0:0 750 directory
/home/x 7:8 644 regular file
/etc/moved 0:0 4711 regular file
/fifo 0:0 644 fifo
/root 0:0 644 regular file
2
hard
hostname
hosts
moved
new
passwd
resolv.conf
soft"
}

@test "commit: others read the image, and it goes on: a commit of a commit" {
	need skopeo
	pull basic
	kept one -- 'echo 1 >/one; rm /work/mine'
	urun commit -q one step:1 >/dev/null
	urun run --name two -u 0 --entrypoint sh step:1 -c 'echo 2 >/two; rm /one; echo mine >/work/mine'
	urun commit -q -f docker two step:2 >/dev/null
	run -0 in_image step:2 'cat /two /work/mine; ls /one 2>&1' || true
	assert_contains $'2\nmine'
	assert_contains "No such file"
	for image in step:1 step:2; do
		urun save --format oci-archive -o saved "$image"
		skopeo copy -q "oci-archive:saved:localhost/$image" dir:copy
		rm -r copy
	done
	run -0 member step:2 'len(i["RootFS"]["Layers"]), len(i["History"]), i["ManifestType"]'
	assert_output "3 3 application/vnd.docker.distribution.manifest.v2+json"
	run -0 member step:1 'len(i["RootFS"]["Layers"]), i["ManifestType"]'
	assert_output "2 application/vnd.oci.image.manifest.v1+json"
	urun rm -a >/dev/null
	run -0 urun rmi basic step:1
	run -0 in_image step:2 'cat /two'
	assert_output 2
	run -0 urun system fsck
}

@test "commit: with fuse-overlayfs and keep-id, owners, whiteouts and opaque folders are the same" {
	need_fuse
	pull basic
	script='rm -r /home; mkdir /home; echo x >/home/x; rm /work/mine; mkdir /d; chown 1000:7 /home/x /d; echo y >/y'
	kept native -- "$script"
	kept keep --userns keep-id -- "$script"
	kept fuse --storage-driver fuse-overlayfs -- "$script"
	for name in native keep fuse; do
		urun commit -q $name "img:$name" >/dev/null
		run -0 in_image "img:$name" 'ls -A /home /work; stat -c "%n %u:%g" /home /home/x /d /y; ls -A / | grep wh' || true
		assert_output "/home:
x

/work:
/home 0:0
/home/x 1000:7
/d 1000:7
/y 0:0"
		# whoever asks the archive finds no more than whiteouts
		urun save --format docker-archive -o a.tar "img:$name"
		run -0 bash -c 'tar xOf a.tar "$(tar tf a.tar | grep "\.tar$" | tail -1)" | tar t | grep -v "etc\|^d/.wh\|^run/.wh"'
		assert_output "d/
home/
home/.wh..wh..opq
home/x
work/
work/.wh.mine
y"
	done
}

@test "commit: a folder of an opaque layer that was only touched hides nothing" {
	need_fuse
	pull whiteouts
	id=$(urun create whiteouts /none)
	echo new >new
	urun cp new "$id:/opq/added"
	urun cp new "$id:/re1/added"
	urun commit -q "$id" touched >/dev/null
	merged_tree touched overlay >is.json
	run -0 python3 -c '
import json, sys
w = json.load(open(sys.argv[1]))
t = json.load(open("is.json"))
print(sorted(set(t) - set(w)), sorted(set(w) - set(t)))' "$IMAGES/whiteouts.tree.json"
	assert_output "['/opq/added', '/re1/added'] []"
	urun export "$id" >all.tar
	run -0 bash -c 'tar tf all.tar | grep -c "opq/\|re1/"'
	assert_output "$(python3 -c 'import json; t = json.load(open("is.json")); print(sum((p + "/").startswith(("/opq/", "/re1/")) for p in t))')"
}

@test "commit: with one id only, owners of the image stay" {
	pull basic
	kept one --uidmap 0:0:1 --gidmap 0:0:1 -- 'echo more >>/work/mine; echo x >/x; rm /etc/group'
	urun commit -q one squashed >/dev/null
	run -0 in_image squashed 'cat /work/mine; stat -c "%n %u:%g %a" /work /work/mine /x; ls /etc/group 2>&1' || true
	assert_output "mine
more
/work 1000:1000 755
/work/mine 1000:1000 644
/x 0:0 644
ls: /etc/group: No such file or directory"
}

@test "commit: every kind of file comes through" {
	need_fuse
	pull kinds
	pull basic
	source=$(urun create kinds /none)
	target=$(urun create basic true)
	urun export "$source" | urun cp -a - "$target:/"
	urun commit -q "$target" all >/dev/null
	merged_tree all overlay >is.json
	# what both images have is not the one's alone
	python3 - "$IMAGES" <<-'END'
		import json, sys
		want = json.load(open(sys.argv[1] + "/kinds.tree.json"))
		is_ = json.load(open("is.json"))
		keep = {p: v for p, v in is_.items() if p in want}
		json.dump(keep, open("is.json", "w"))
	END
	run python3 "$FIXTURES/tree.py" --diff "$IMAGES/kinds.tree.json" is.json
	output=$(grep -v '^/: ' <<<"$output") || true
	assert_output ""
}

@test "commit: command, environment, user and folder are the container's, --change goes over them" {
	pull basic
	urun create --name c -e ADDED=1 -e GREETING=other -w /data -u 0 basic words of mine >/dev/null
	urun commit -q c plain >/dev/null
	run -0 member plain 'c["Entrypoint"], c["Cmd"], c["Env"], c["User"], c["WorkingDir"]'
	assert_output "['/bin/entry'] ['words', 'of', 'mine'] ['PATH=/bin:/usr/bin', 'GREETING=other', 'EMPTY=', 'ADDED=1'] 0 /data"
	urun commit -q -c 'CMD ["x"]' -c 'ENTRYPOINT echo $0' -c 'LABEL more=1' -c USER=app -a 'A. Author' \
		-m 'a message' --iidfile iid c changed >out
	[ "sha256:$(cat out)" = "$(cat iid)" ]
	run -0 member changed 'c["Entrypoint"], c["Cmd"], c["User"], c["Labels"]["more"], c["Labels"]["org.example.name"], i["Author"], i["Comment"]'
	assert_output "['/bin/sh', '-c', 'echo \$0'] ['x'] app 1 basic A. Author a message"
	run -0 urun run --rm changed
	assert_output x
	urun create --name e --entrypoint sh basic -c 'echo hi' >/dev/null
	urun commit -q e entry >/dev/null
	run -0 urun run --rm entry
	assert_output hi
}

# image_with CHANGE: "odd", which is "basic" and that
image_with() {
	urun create --name for-odd basic >/dev/null
	urun commit -q -c "$1" for-odd odd >/dev/null
	urun rm for-odd >/dev/null
}

@test "run: what an image asks for and cannot have is said to be the image's" {
	pull basic
	image_with 'VOLUME /etc/group'
	run -125 urun run --rm odd true
	assert_output "urun: VOLUME '/etc/group' of image 'odd': mount target '/etc/group' in the rootfs: Not a directory
  It is a file in the image: -v FILE:/etc/group puts another in its place"
	echo mine:x:7: >mine
	run -0 urun run --rm -v ./mine:/etc/group odd cat /etc/group
	assert_contains mine:x:7:
	image_with 'WORKDIR /bin/busybox'
	run -125 urun run --rm odd true
	assert_output "urun: WORKDIR '/bin/busybox' of image 'odd': make folder '/bin/busybox': Not a directory
  -w FOLDER, as -w /, starts it elsewhere"
	run -0 urun run --rm -w / odd pwd
	image_with 'WORKDIR /'
	run -0 urun run --rm --entrypoint pwd odd
	assert_output /
	image_with 'USER 4000000000'
	run -125 urun run --rm odd true
	assert_output "urun: USER '4000000000' of image 'odd': user id 4000000000 is not mapped into the container
  --userns keep-id:uid=4000000000 makes your own user id this one; or choose another user with -u"
	run -0 urun run --rm -u 0 odd true
	run -125 urun run --rm -u 4000000000 basic true
	assert_output "urun: user id 4000000000 is not mapped into the container
  --userns keep-id:uid=4000000000 makes your own user id this one; or choose another user with -u"
	image_with 'USER nobody-knows'
	run -125 urun run --rm odd true
	assert_contains "urun: USER of image 'odd': user 'nobody-knows': "
}

@test "a user id that is not mapped is had as the hint says" {
	need_fuse
	pull basic
	run -0 urun run --rm -u 4000000000 --userns keep-id:uid=4000000000 --entrypoint id basic -u
	assert_output 4000000000
}

@test "--cidfile that is there: nothing is made" {
	pull basic
	touch cid
	run -125 urun create --cidfile cid --name c basic
	assert_output "urun: --cidfile 'cid': it is there already
  It may tell the id of a container that is in use. Remove it, or choose another name"
	run -0 urun ps -aq
	assert_output ""
	run -0 urun create --cidfile new --name c basic
	assert_output "$(cat new)"
	# What cannot be made leaves none.
	run -125 urun create --cidfile other --name c basic
	[ ! -e other ]
}

@test "commit: names that only a layer's marks may have are refused" {
	pull basic
	kept c -- 'mkdir /a; echo x >/a/.wh.x'
	run -125 urun commit -q c bad
	assert_contains "'a/.wh.x': no file in a layer can have a name like this"
	kept d -- 'mkdir /a; touch /a/.wh...'
	run -125 urun commit -q d bad
	run -0 urun images -q bad
	assert_output ""
	run -0 find "$URUN_ROOT/tmp" -mindepth 1
	assert_output ""
}

@test "commit: an image that is gone is asked for" {
	pull basic
	kept c -- true
	urun rmi -f basic >/dev/null
	run -125 urun commit -q c new
	assert_contains "the image that it was made of is not in the store any more"
	assert_contains "urun pull localhost/basic:latest"
	pull basic
	run -0 urun commit -q c new
}

@test "a commit that is killed changes no image, and the next command clears up" {
	pull basic
	kept c -- 'dd if=/dev/urandom of=/big bs=1M count=24 2>/dev/null; echo x >/x'
	before=$(urun images --no-trunc --format '{{.Id}} {{.Repository}}:{{.Tag}}')
	index=$(cat "$URUN_ROOT/index.json")
	for delay in 0.05 0.15 0.3 0.5; do
		urun commit -q c killed >/dev/null 2>&1 3>&- &
		committing=$!
		sleep "$delay"
		kill -KILL "$committing" 2>/dev/null || true
		wait "$committing" || true
		if [ -n "$(urun images -q killed)" ]; then
			urun rmi killed >/dev/null
		fi
		[ "$(cat "$URUN_ROOT/index.json")" = "$index" ]
		[ "$(urun images --no-trunc --format '{{.Id}} {{.Repository}}:{{.Tag}}')" = "$before" ]
	done
	# helpers of it may still be ending
	wait_until no_leftovers
	urun rmi nothing 2>/dev/null || true
	run -0 urun commit -q c whole
	run -0 in_image whole 'cat /x; wc -c </big'
	assert_output $'x\n25165824'
	run -0 urun system fsck
}

no_leftovers() {
	urun run --rm --entrypoint true basic && [ -z "$(ls -A "$URUN_ROOT/tmp")" ]
}

# --- diff ---

@test "diff: exact lines, and JSON" {
	pull basic
	kept c -- 'echo x >/etc/new; rm /work/mine; echo >>/etc/passwd; rm -r /home; mkdir /home /home/n; mkdir /a; echo x >"/a/$(printf "n\nl")"'
	run -0 urun diff c
	assert_output 'A /a
A /a/n\x0al
C /etc
A /etc/new
C /etc/passwd
C /home
D /home/app
A /home/n
C /work
D /work/mine'
	run -0 urun diff --format json c
	printf %s "$output" >diff.json
	run -0 python3 -c 'import json; d = json.load(open("diff.json")); print(sorted(d), d["deleted"], d["added"][1] == "/a/n\nl")'
	assert_output "['added', 'changed', 'deleted'] ['/home/app', '/work/mine'] True"
	run -125 urun diff --format table c
	assert_output "urun: --format: 'table': json is the only format"
	run -125 urun diff nothing
	assert_contains "'nothing': no such container"
}

@test "diff: nothing is changed, and the same with fuse-overlayfs" {
	need_fuse
	pull basic
	urun create --name none basic >/dev/null
	run -0 urun diff none
	assert_output ""
	# What urun mounts over is below the image: there is nothing to be made for it.
	urun start none 2>/dev/null || true
	run -0 urun diff none
	assert_output ""
	kept f --storage-driver fuse-overlayfs -- 'rm -r /home; mkdir /home; rm /work/mine; echo x >/x'
	run -0 urun diff f
	assert_output 'C /home
D /home/app
C /work
D /work/mine
A /x'
}

# --- cp ---

@test "cp: names as podman and docker have them, both ways" {
	pull basic
	urun create --name c basic >/dev/null
	mkdir -p src/sub
	echo a >src/a
	echo b >src/sub/b
	# a folder to a place that is not there, to one that is, and what is in it
	urun cp src c:/one
	urun cp src c:/one
	urun cp src/. c:/two
	urun cp src/. c:/two
	urun cp src/a c:/three
	urun cp src/sub/b c:/three
	urun cp src/a c:/tmp
	urun cp src/a c:relative
	run -0 bash -c 'urun export c | tar t | grep "one\|two\|three\|tmp\|relative"'
	assert_output "one/
one/a
one/src/
one/src/a
one/src/sub/
one/src/sub/b
one/sub/
one/sub/b
relative
three
tmp/
tmp/a
two/
two/a
two/sub/
two/sub/b"
	urun cp c:/three .
	run -0 cat three
	assert_output b
	urun cp c:/one out
	urun cp c:/one out
	urun cp c:/two/. .
	urun cp c:/two/./sub/b as-this
	run -0 cat out/one/sub/b a sub/b as-this
	assert_output $'b\na\nb\nb'
	run -125 urun cp src c:/three
	assert_output "urun: cp: 'c:/three' is a file, and 'src' a folder"
	run -125 urun cp c:/one a
	assert_contains "is a file"
	run -125 urun cp src/a c:/no/such/place
	assert_output "urun: cp: write 'c:/no/such/place': the folder that it goes into is not there
  It has to be made first: cp makes none above"
	run -125 urun cp src/a c:/new/
	run -125 urun cp c:/nothing x
	assert_output "urun: cp: read 'c:/nothing': the container has no such file"
	run -125 urun cp src/a src/b
	assert_contains "has to be CONTAINER:PATH"
	run -125 urun cp c:/one c:/other
	assert_contains "urun cp A:PATH - | urun cp - B:FOLDER"
	run -125 urun cp nothing:/x x
	assert_contains "no such container"
	run -125 urun cp c:/dev/../proc/nothing x
	mkdir with:colon
	echo x >./with:colon/x
	urun cp ./with:colon c:/colon
}

@test "cp: what is neither a file nor a folder on the host stays what it is" {
	pull basic
	kept one -- 'echo text >/file'
	mkfifo pipe
	run -125 urun cp one:/file pipe
	assert_output "urun: cp: 'pipe' is neither a file nor a folder
  urun cp one:/file - writes a tar stream to standard output"
	[ -p pipe ]
	ln -s loop loop
	run -125 urun cp one:/file loop
	assert_contains "urun: cp: write 'loop': Too many levels of symbolic links"
	[ -L loop ]
	run -0 urun cp one:/file new
	[ "$(cat new)" = text ]
}

@test "cp: owners and modes: root's inside, the caller's outside, numbers with -a" {
	pull basic
	urun create --name c basic >/dev/null
	echo x >file
	chmod 4751 file
	touch -d '2001-02-03 04:05:06.789' file
	urun cp file c:/plain
	urun cp -a file c:/kept
	tar --format=posix --owner=12 --group=34 -cf in.tar file
	urun cp - c:/work <in.tar
	mkdir t && cp -p file t/ && tar --format=posix --owner=12 --group=34 -cf in2.tar t
	urun cp -a - c:/work <in2.tar
	run -0 bash -c 'urun export c | tar --numeric-owner --full-time -tv plain kept work/file work/t/file | sed "s/  */ /g"'
	assert_output "-rwsr-x--x $(id -u)/$(id -g) 2 2001-02-03 04:05:06.789 kept
-rwsr-x--x 0/0 2 2001-02-03 04:05:06.789 plain
-rwsr-x--x 0/0 2 2001-02-03 04:05:06.789 work/file
-rwsr-x--x 12/34 2 2001-02-03 04:05:06.789 work/t/file"
	urun cp c:/work/t/file out
	urun cp -a c:/work/t out-folder
	run -0 stat -c '%U %a %y' out out-folder/file
	[ "${output%%.*}" = "$(id -un) 751 2001-02-03 04:05:06" ]
	run -0 bash -c 'urun cp c:/work - | tar --numeric-owner -tv | grep t/file'
	assert_contains "12/34"
}

@test "cp: links in the container lead nowhere else" {
	pull basic
	echo secret >secret
	mkdir outside
	kept c -- "ln -s $PWD/secret /secret; ln -s /etc/passwd /passwd; ln -s $PWD/outside /folder
		ln -s ../../../../../../../..$PWD/outside /up; ln -s /proc/self/root /magic
		mkdir -p /tree/sub; ln -s $PWD/outside /tree/link; ln -s /etc/passwd /tree/file; mkfifo /fifo"
	run -125 urun cp c:/secret x
	assert_output "urun: cp: read 'c:/secret': the container has no such file"
	run -0 urun cp c:/passwd x
	run -0 head -1 x
	assert_output "root:x:0:0:root:/root:/bin/sh"
	grep -q app x
	run -125 urun cp c:/folder x
	run -125 urun cp c:/fifo x
	assert_contains "neither a file nor a folder"
	echo mine >mine
	# a link to a place that is not there is replaced, and not followed
	urun cp mine c:/secret
	run -0 cat secret
	assert_output secret
	run -125 urun cp mine c:/folder/x
	run -125 urun cp mine c:/up/x
	run -0 ls -A outside
	assert_output ""
	# links stay links, and nothing goes through them
	urun cp c:/tree tree
	[ "$(readlink tree/link)" = "$PWD/outside" ]
	mkdir -p again/link
	echo x >again/link/x
	run -125 urun cp again/. c:/tree
	assert_contains "there is something else in its place"
	mv tree host
	rm host/link && mkdir -p host/link && echo kept >host/link/kept
	run -125 urun cp c:/tree/. host
	assert_contains "there is a folder in its place"
	run -0 cat host/link/kept
	assert_output kept
	run -0 ls -A outside
	assert_output ""
}

@test "cp: a hostile stream into a container stays inside of its folder" {
	pull basic
	urun create --name c basic >/dev/null
	python3 - <<-'END'
		import io, tarfile
		def make(name, members):
		    t = tarfile.open(name, "w")
		    for m, data in members:
		        m.size = len(data)
		        t.addfile(m, io.BytesIO(data))
		    t.close()
		def file(n): return tarfile.TarInfo(n)
		def link(n, to, kind=tarfile.SYMTYPE):
		    m = tarfile.TarInfo(n)
		    m.type, m.linkname = kind, to
		    return m
		make("up.tar", [(file("../../etc/evil"), b"x")])
		make("through.tar", [(link("l", "/etc"), b""), (file("l/evil"), b"x")])
		make("hard.tar", [(link("h", "/etc/passwd", tarfile.LNKTYPE), b"")])
		make("absolute.tar", [(file("/etc/evil"), b"x")])
		make("marks.tar", [(file(".wh.mine"), b""), (file(".wh..wh..opq"), b"")])
	END
	run -125 urun cp - c:/work <up.tar
	assert_contains "it has '..' in a name"
	run -125 urun cp - c:/work <through.tar
	assert_contains "entry 'l/evil' is refused"
	run -125 urun cp - c:/work <hard.tar
	assert_contains "entry 'h' is refused"
	urun cp - c:/work <absolute.tar
	urun cp - c:/work <marks.tar
	run -0 bash -c 'urun export c | tar t | grep "work\|evil"'
	assert_output "work/
work/.wh..wh..opq
work/.wh.mine
work/etc/
work/etc/evil
work/l
work/mine"
	echo garbage >garbage
	run -125 urun cp - c:/work <garbage
}

@test "cp: a container with fuse-overlayfs, and start sees what was copied" {
	need_fuse
	pull basic
	urun create --name c --userns keep-id -u 0 --entrypoint sh basic -c 'cat /file; ls -A /home; rm -rf /home; mkdir /home; cat /home/late 2>/dev/null' >/dev/null
	echo x >file
	urun cp file c:/file
	run -0 --separate-stderr urun start c || true
	[[ "$output" == $'x\napp' ]]
	urun cp file c:/home/late
	run -0 bash -c 'urun export c | tar t | grep home'
	assert_output $'home/\nhome/late'
	run -0 --separate-stderr urun start c || true
	[[ "$output" == $'x\nlate' ]]
}
