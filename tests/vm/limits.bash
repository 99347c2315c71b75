# SPDX-License-Identifier: Apache-2.0
#
# limits.bash - what the tests of limits share: containers are looked at from outside, by the
# kernel's own files
#
# Commands in containers are the host's (host:), or busybox's (an image, rootfs:).

ROOT=/sys/fs/cgroup
MiB=1048576

export URUN_ROOT=/var/tmp/limits-store
IMAGE_NAME=localhost/limits:1

limits_setup_file() {
	urun pull -q "oci:$IMAGE" >/dev/null
	urun tag "$(urun images -q | head -1)" "$IMAGE_NAME"
}

# Files of layers belong to subordinate ids.
limits_teardown_file() {
	urun rmi -af >/dev/null
	rm -rf "$URUN_ROOT"
}

# No container of a test outlives it, and nothing that it made.
limits_teardown() {
	urun rm -fa >/dev/null 2>&1 || true
	[ "$(scopes)" = "" ] || { sleep 1; [ "$(scopes)" = "" ]; }
}

# The cgroups of urun that are there.
scopes() {
	find "$ROOT/user.slice" -type d -name 'urun-*' ! -name urun-caller
}

# start NAME OPTION... -- COMMAND...: a container of the image in the background, found by its name.
# $cgroup is its folder, $launcher the process to wait for.
start() {
	local name=$1 options=()

	shift
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	urun run --network none --entrypoint "" --name "$name" "${options[@]}" "$IMAGE_NAME" "$@" >"$BATS_TEST_TMPDIR/$name" 2>&1 3>&- &
	launcher=$!
	wait_for_cgroup "$name"
}

wait_for_cgroup() {
	local i

	for ((i = 0; i < 300; i++)); do
		cgroup=$(urun inspect --type container "$1" --format '{{.State.CgroupPath}}' 2>/dev/null || :)
		[ -z "$cgroup" ] || break
		sleep 0.1
	done
	[ -n "$cgroup" ] || { cat "$BATS_TEST_TMPDIR/$1"; return 1; }
	cgroup=$ROOT$cgroup
}

# value FILE [KEY]: of $cgroup
value() {
	if [ $# = 1 ]; then
		cat "$cgroup/$1"
	else
		awk -v key="$2" '$1 == key { print $2 }' "$cgroup/$1"
	fi
}

# is_within PERCENT GOT WANTED
is_within() {
	awk -v p="$1" -v got="$2" -v wanted="$3" 'BEGIN {
		printf "%s, wanted %s within %s %%\n", got, wanted, p
		exit !(got >= wanted * (1 - p / 100) && got <= wanted * (1 + p / 100)) }'
}

# podman_setup_file: podman with urun-oci for its runtime and cgroups of systemd's, in $PODMAN_HOME
podman_setup_file() {
	PODMAN_HOME=$(mktemp -d /var/tmp/podman.XXXXXX)
	export PODMAN_HOME HOME=$PODMAN_HOME/home CONTAINERS_CONF=$PODMAN_HOME/containers.conf
	mkdir "$HOME"
	printf '[engine]\nruntime = "urun-oci"\ncgroup_manager = "systemd"\nevents_logger = "file"\n%s\n%s\n' \
		'runtime_supports_json = ["urun-oci"]' '[engine.runtimes]' >"$CONTAINERS_CONF"
	echo "urun-oci = [\"$(command -v urun-oci)\"]" >>"$CONTAINERS_CONF"
}

podman_teardown_file() {
	podman system reset -f >/dev/null 2>&1 || :
	rm -rf "$PODMAN_HOME"
}

# find_podman NAME: $cgroup is the folder of a container of podman's
find_podman() {
	cgroup=$ROOT$(sed 's/^0:://' "/proc/$(podman inspect "$1" --format '{{.State.Pid}}')/cgroup")
}
