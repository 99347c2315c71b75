# SPDX-License-Identifier: Apache-2.0
#
# images.bash - what the tests of images share

FIXTURES=$URUN_STAGE/tests/fixtures
# Made once for a test file: $IMAGES/CASE is an OCI layout.
IMAGES=${BATS_FILE_TMPDIR:-/nonexistent}/images

images_setup() {
	command -v python3 >/dev/null && [ -x /bin/busybox ] || return 0
	python3 "$FIXTURES/images.py" "$IMAGES" "${@:-all}" >/dev/null
}

need_images() {
	[ -d "$IMAGES" ] || skip_because "python3 or busybox is missing"
}

need() {
	command -v "$1" >/dev/null || skip_because "$1 is missing"
}

need_fuse() {
	command -v fuse-overlayfs >/dev/null && [ -w /dev/fuse ] ||
		skip_because "fuse-overlayfs, or the right to use /dev/fuse, is missing"
}

store_setup() {
	export URUN_ROOT=$BATS_TEST_TMPDIR/store
	mkdir -p -m 700 "$URUN_ROOT"
}

# Files in it belong to subordinate ids.
store_teardown() {
	unshare --user --map-auto --map-root-user rm -rf "${URUN_ROOT:?}"
}

# For the programs that make stores of their own in this test's folder, image_killer.py and
# those that use it: the stores belong to subordinate ids.
killer_setup() {
	need_images
	export IMAGES PYTHONDONTWRITEBYTECODE=1
	KILLER=$BATS_TEST_TMPDIR/image-killer
}

killer_teardown() {
	[ -z "${KILLER:-}" ] || URUN_ROOT=$KILLER store_teardown
}

# pull CASE: as localhost/CASE
pull() {
	urun pull -q "oci:$IMAGES/$1:latest" >/dev/null
}

# The folders of an image's layers, the top one first, separated by colons.
layer_paths() {
	python3 - "$URUN_ROOT" "localhost/$1:latest" <<-'END'
		import json, sys
		root, name = sys.argv[1:]
		blob = lambda d: json.load(open(f"{root}/blobs/sha256/{d[7:]}"))
		for m in json.load(open(f"{root}/index.json"))["manifests"]:
		    if m.get("annotations", {}).get("org.opencontainers.image.ref.name") == name:
		        config = blob(blob(m["digest"])["config"]["digest"])
		        print(":".join(d[7:] + "/tree" for d in reversed(config["rootfs"]["diff_ids"])))
		        break
	END
}

# merged_tree CASE DRIVER: what tree.py says of the overlay of a stored image's layers
merged_tree() {
	unshare --user --map-auto --map-root-user --mount --pid --fork \
		python3 "$FIXTURES/merge.py" "$2" "$URUN_ROOT/layers" "$(layer_paths "$1")" \
		"$BATS_TEST_TMPDIR" "$FIXTURES/tree.py"
}

# used PATTERN...: the bytes of the disk that things in the store take
used() {
	# shellcheck disable=SC2086,SC2048
	(cd "$URUN_ROOT" && unshare --user --map-auto --map-root-user du -sk $* | awk '{ n += $1 } END { print n * 1024 }')
}

# serve PROGRAM ARG...: starts a server that ends when its standard input does. Sets $address and
# $folder from the line with which it says that it is ready.
serve() {
	local out=$BATS_TEST_TMPDIR/serve.$RANDOM
	mkfifo "$out.in"
	python3 "$FIXTURES/$1" "${@:2}" <"$out.in" >"$out" 2>"$out.err" 3>&- &
	servers="${servers:-} $!"
	exec {fd}>"$out.in"
	open_fds="${open_fds:-} $fd"
	wait_until grep -q '^ready ' "$out" || {
		cat "$out.err"
		[[ "$(cat "$out.err")" != *" is missing"* ]] || skip_because "$(cat "$out.err")"
		return 1
	}
	read -r _ address folder <"$out"
}

end_servers() {
	for fd in ${open_fds:-}; do
		exec {fd}>&-
	done
	for pid in ${servers:-}; do
		wait "$pid" 2>/dev/null || true
	done
}
