# SPDX-License-Identifier: Apache-2.0
#
# The verbs that tell and start nothing: doctor, info, version, help, and run's --help,
# --print-spec and --print-plan.

load lib

setup() {
	cd "$BATS_TEST_TMPDIR"
	mkdir -m 700 run home
	export XDG_RUNTIME_DIR=$PWD/run HOME=$PWD/home
	unset XDG_CACHE_HOME
}

need_unshare() {
	unshare "$@" true 2>/dev/null || skip_because "unshare $* is refused or not known here"
}

need_jq() {
	command -v jq >/dev/null || skip_because "no jq"
}

# lab SCRIPT: as the same user, with the rights to mount in namespaces of the script's own.
lab() {
	need_unshare -Um --map-current-user --keep-caps
	run --separate-stderr unshare -Um --map-current-user --keep-caps sh -ec "$1"
	[ -z "$stderr" ] || {
		echo "$stderr"
		return 1
	}
}

# probe NAME: what `urun doctor` in the output says of it, from status to mend.
probe() {
	awk -v name="$1" '
		/^[a-z]/ { is_it = substr($0, 7, length(name)) == name && substr($0, 7 + length(name)) ~ /^  / }
		is_it { sub(/^ +/, ""); gsub(/  +/, " "); print }' <<<"$output"
}

# assert_probe NAME STATUS DETAIL [LOST MEND]
assert_probe() {
	local expected="$2 $1 $3"

	[ $# -lt 4 ] || expected+=$'\n'"lost: $4"$'\n'"mend: $5"
	[ "$(probe "$1")" = "$expected" ] || {
		printf -- '-- expected --\n%s\n-- got --\n%s\n-- of --\n%s\n--\n' \
			"$expected" "$(probe "$1")" "$output"
		return 1
	}
}

refuses() {
	run -125 --separate-stderr urun "${@:2}"
	[ -z "$output" ] && [ "${stderr%%$'\n'*}" = "urun: $1" ] || {
		printf -- '-- expected --\nurun: %s\n-- got --\n%s\n--\n' "$1" "$stderr"
		return 1
	}
}

# --- doctor ---

@test "doctor: one line for each thing that is looked at, and what is lost and mended" {
	run -0 --separate-stderr urun doctor
	[ -z "$stderr" ]
	state=ok
	for line in "${lines[@]}"; do
		case $state:$line in
		[ol]*:"ok    "[!\ ]*) ;;
		[ol]*:"warn  "[!\ ]*) state=warn ;;
		warn:"      lost: "?*) state=lost ;;
		lost:"      mend: "?*) state=ok ;;
		*)
			echo "in state $state: $line"
			return 1
			;;
		esac
	done
	[ "$state" = ok ]
	for name in "user namespaces" "mounts in user namespaces" "subordinate ids" \
		"a /proc of its own" "native overlay" "user attributes on tmpfs" /dev/fuse \
		fuse-overlayfs /dev/net/tun slirp4netns pasta "cgroup delegation" "user bus" \
		landlock seccomp "executable memory files"; do
		[ -n "$(probe "$name")" ] || {
			echo "nothing of $name"
			return 1
		}
	done
	assert_probe "user namespaces" ok "can be made"
	assert_probe "mounts in user namespaces" ok allowed
	assert_probe "a /proc of its own" ok "can be mounted"
	assert_probe seccomp ok "filters can be loaded"
	assert_probe "newuidmap, newgidmap" ok "write maps"
	assert_probe "subordinate ids" ok "$(sub_count uid) user ids, $(sub_count gid) group ids"
}

@test "doctor --json says the same" {
	need_jq
	run -0 --separate-stderr urun doctor --json
	echo "$output" >json
	jq -e '.probes | length > 15' json
	jq -e 'keys == ["probes"]' json
	jq -e '.probes | all(
		if .status == "ok" then keys == ["detail", "name", "status"]
		else (.status == "warn" or .status == "fail") and
			keys == ["detail", "lost", "mend", "name", "status"] end)' json
	jq -e '.probes | all(map_values(type == "string" and length > 0) | all)' json
	jq -r '.probes[] | "\(.status)\t\(.name)\t\(.detail)",
		if .lost then "lost: \(.lost)", "mend: \(.mend)" else empty end' json >from-json
	urun doctor | awk '/^[a-z]/ { print } /^ / { sub(/^ +/, ""); print }' |
		sed 's/^\(ok\|warn\|fail\)  *\(.\{26\}\) /\1\t\2\t/; s/  *\t/\t/' >from-text
	diff from-json from-text
}

@test "doctor where no user namespace can be made: 1, and how to have them" {
	lab 'echo 0 >/proc/sys/user/max_user_namespaces; code=0; urun doctor || code=$?; echo $code'
	[ "${lines[-1]}" = 1 ]
	assert_probe "user namespaces" fail "No space left on device" \
		"no container can run" "sudo sysctl user.max_user_namespaces=65536"
	# The others have no mend of their own then.
	for name in "other namespaces" "mounts in user namespaces"; do
		assert_probe "$name" fail "not without user namespaces" \
			"no container can run" "see user namespaces"
	done
	assert_probe "a /proc of its own" warn "not without user namespaces" \
		"containers run only with --pid host" "see user namespaces"
	for name in "native overlay" "user attributes on tmpfs"; do
		[[ $(probe "$name") == "warn $name not without user namespaces"*"mend: see user namespaces" ]]
	done
	lab 'echo 0 >/proc/sys/user/max_user_namespaces; code=0; urun doctor --json || code=$?
		echo $code >code'
	[ "$(cat code)" = 1 ]
	need_jq
	jq -e '.probes[] | select(.name == "user namespaces") | .status == "fail"' <<<"$output"
}

# labelled LABEL [COMMAND]: doctor where mounts are refused. The kernel's files are what tells of
# AppArmor: others stand for them.
labelled() {
	lab "echo '$1' >label
		for file in /proc/\$\$/attr/current /proc/\$\$/attr/apparmor/current; do
			[ ! -e \$file ] || mount --bind label \$file
		done
		${2:-}
		exec urun-refuse EPERM mount urun doctor"
	[ "$status" = 1 ]
}

@test "doctor names AppArmor where mounts are refused" {
	local name="mounts in user namespaces" lost="no container can run"
	local is_on='mount -t tmpfs none /proc/sys/kernel
		echo 1 >/proc/sys/kernel/apparmor_restrict_unprivileged_userns'
	local restricted=("AppArmor restricts unprivileged user namespaces" "$lost"
		"sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0; or a profile with 'userns,' for an urun that root installed")
	local unknown=("Operation not permitted" "$lost"
		"see the kernel's log: a security module or a container refuses it")

	labelled "a (b) c (enforce)"
	assert_probe "$name" fail "AppArmor's profile 'a (b) c' confines urun" "$lost" \
		"sudo dmesg | grep DENIED tells what is to be added to it in /etc/apparmor.d"
	labelled "unprivileged_userns (enforce)" "$is_on"
	assert_probe "$name" fail "${restricted[@]}"
	labelled unconfined "$is_on"
	assert_probe "$name" fail "${restricted[@]}"
	# Spared, confined by nothing, and of another security module.
	labelled "urun (unconfined)" "$is_on"
	assert_probe "$name" fail "${unknown[@]}"
	labelled "a (complain)"
	assert_probe "$name" fail "${unknown[@]}"
	labelled "system_u:system_r:kernel_t:s0"
	assert_probe "$name" fail "${unknown[@]}"
}

@test "doctor where another kind of namespace is used up" {
	for kind in net pid mnt ipc uts cgroup; do
		lab "echo 0 >/proc/sys/user/max_${kind}_namespaces
			code=0; urun doctor || code=\$?; echo \$code"
		[ "${lines[-1]}" = 1 ]
		assert_contains "mend: sudo sysctl user.max_${kind}_namespaces=65536"
		refute_contains "mend: see the kernel's log"
	done
}

@test "doctor without /proc: that is said, and no other blame" {
	[ -z "${URUN_ASAN:-}" ] || skip "the sanitizer needs /proc"
	lab 'mount -t tmpfs none /proc; code=0; urun doctor || code=$?; echo $code'
	[ "${lines[-1]}" = 1 ]
	assert_contains "mend: mount -t proc proc /proc"
	refute_contains "security module"
}

@test "doctor in a place whose /proc is partly hidden" {
	lab 'mount --bind /dev/null /proc/version; urun doctor'
	assert_probe "a /proc of its own" warn "Operation not permitted" \
		"containers run only with --pid host" \
		"this is a container whose /proc is partly hidden: start it with --security-opt unmask=ALL"
	assert_probe "user namespaces" ok "can be made"
}

@test "doctor without newuidmap, or with one that gains no rights" {
	lab 'mount --bind /dev/null /usr/bin/newuidmap; urun doctor'
	assert_probe "newuidmap, newgidmap" warn "not installed" \
		"only one user id inside a container" \
		"install the package uidmap (Debian, Ubuntu), shadow-utils (Fedora), shadow (Arch, SUSE) or shadow-uidmap (Alpine)"
	lab 'cp /usr/bin/newgidmap plain; chmod 755 plain
		mount --bind plain /usr/bin/newgidmap; mount --bind plain /usr/bin/newuidmap
		urun doctor'
	assert_probe "newuidmap, newgidmap" warn \
		"newuidmap has no set-uid bit, and its file capability does not work" \
		"only one user id inside a container" \
		"sudo chmod u+s /usr/bin/newuidmap /usr/bin/newgidmap"
	run -0 setpriv --no-new-privs urun doctor
	[[ $(probe "newuidmap, newgidmap") == "warn newuidmap, newgidmap "*no_new_privs* ]]
	refute_contains "chmod u+s"
}

@test "doctor without subordinate ids" {
	local mend="sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 $(id -un)"

	for kind in uid gid; do
		lab "touch empty; mount --bind empty /etc/sub$kind; urun doctor"
		case $kind in
		uid) detail="0 user ids, $(sub_count gid) group ids" ;;
		gid) detail="$(sub_count uid) user ids, 0 group ids" ;;
		esac
		assert_probe "subordinate ids" warn "$detail" \
			"only one user id inside a container" "$mend"
	done
	lab "sed 's/:[0-9]*\$/:1000/' /etc/subuid >few; mount --bind few /etc/subuid; urun doctor"
	assert_probe "subordinate ids" warn "1000 user ids, $(sub_count gid) group ids" \
		"users of a rootfs above those ids cannot be had" "$mend"
}

@test "doctor without devices" {
	local nodes='mkdir -p dev; mount -t tmpfs none dev
		for n in null zero full random urandom tty; do
			touch dev/$n; mount --bind /dev/$n dev/$n
		done'

	lab "$nodes; mount --rbind dev /dev; urun doctor"
	assert_probe /dev/fuse warn "No such file or directory" "fuse-overlayfs cannot run" \
		"sudo modprobe fuse; sudo chmod 666 /dev/fuse"
	assert_probe /dev/net/tun warn "No such file or directory" \
		"no network: each container needs --network none, or host" \
		"sudo modprobe tun; sudo chmod 666 /dev/net/tun"
	# Something of that name is not enough.
	lab "$nodes; mkdir dev/net; touch dev/fuse dev/net/tun; mount --rbind dev /dev; urun doctor"
	[[ $(probe /dev/fuse) == warn* ]]
	[[ $(probe /dev/net/tun) == warn* ]]
}

@test "doctor without the programs that it drives" {
	lab 'for p in fuse-overlayfs slirp4netns pasta; do
			[ ! -e /usr/bin/$p ] || mount --bind /dev/null "$(readlink -f /usr/bin/$p)"
		done; urun doctor'
	assert_probe fuse-overlayfs warn "not installed" \
		"no overlays where the kernel's own is refused" "install the package fuse-overlayfs"
	assert_probe slirp4netns warn "not installed" "the default network has to be pasta's" \
		"install the package slirp4netns"
	assert_probe pasta warn "not installed" "no --network pasta" "install the package passt"
}

@test "doctor and the user bus" {
	local mend="log in through a session, or: sudo loginctl enable-linger $(id -un)"
	local lost="systemd cannot be asked for a scope with limits"

	run -0 env -u XDG_RUNTIME_DIR urun doctor
	assert_probe "user bus" warn "no XDG_RUNTIME_DIR" "$lost" "$mend"
	run -0 urun doctor
	assert_probe "user bus" warn "No such file or directory" "$lost" "$mend"
	command -v python3 >/dev/null || skip_because "no python3 to listen with"
	# Bound below a short name: the whole path may be longer than a socket's can be.
	coproc bus { cd run && exec python3 -c 'import socket, sys
s = socket.socket(socket.AF_UNIX)
s.bind("bus")
s.listen()
print(flush=True)
sys.stdin.read()' 3>&-; }
	listener=$bus_PID
	read -r -u "${bus[0]}"
	run -0 urun doctor
	assert_probe "user bus" ok answers
	exec {bus[1]}>&-
	wait "$listener"
	run -0 urun doctor
	assert_probe "user bus" warn "Connection refused" "$lost" "$mend"
}

@test "doctor on a kernel that lacks something" {
	run -0 urun-refuse ENOSYS landlock_create_ruleset urun doctor
	assert_probe landlock warn "not in this kernel" \
		"a second wall around containers that share namespaces is missing" \
		"use a kernel with CONFIG_SECURITY_LANDLOCK"
	run -0 urun-refuse EPERM memfd_create urun doctor
	assert_probe "executable memory files" warn "Operation not permitted" \
		"urun runs only where its user cannot write it" \
		"sudo sysctl vm.memfd_noexec=0, or install urun as root"
	run -0 urun-refuse EPERM setxattr urun doctor
	assert_probe "user attributes on tmpfs" warn "Operation not supported" \
		"throw-away overlays need fuse-overlayfs, which is slower" "use Linux 6.6 or later"
	run -1 urun-refuse EPERM mount urun doctor
	assert_probe "mounts in user namespaces" fail "Operation not permitted" \
		"no container can run" \
		"see the kernel's log: a security module or a container refuses it"
	[[ $(probe "native overlay") == warn* ]]
}

@test "doctor changes nothing, and leaves nobody behind" {
	need_unshare -Umpf --map-current-user --keep-caps --mount-proc
	run -0 unshare -Umpf --map-current-user --keep-caps --mount-proc sh -ec '
		cat /proc/self/mountinfo >mounts.before
		urun doctor >/dev/null
		cat /proc/self/mountinfo >mounts.after
		for p in /proc/[0-9]*; do echo "${p#/proc/}"; done'
	assert_output 1
	diff mounts.before mounts.after
	[ "$(ls -A home run | tr -d '\n')" = home:run: ]
}

@test "doctor takes no words" {
	refuses "'urun doctor' takes no word 'x'" doctor x
	refuses "unknown flag: --bogus" doctor --bogus
	refuses "--json: 'x' is neither true nor false" doctor --json=x
	run -0 urun doctor --help
	[ "${lines[0]}" = "Usage: urun doctor [OPTIONS]" ]
	assert_contains "      --json "
}

# --- info ---

@test "info in text and as JSON" {
	run -0 --separate-stderr urun info
	[ -z "$stderr" ]
	# Without a network of the host's own there is none.
	address=$(grep '^  address: ' <<<"$output" || true)
	assert_output "version: $(urun version | cut -d' ' -f3)
host:
  kernel: $(uname -r)
  architecture: $(uname -m)
  hostname: $(uname -n)
  cgroups: $(sed -n 's/^  cgroups: //p' <<<"$output")
ids:
  user: $(id -un)
  uid: $(id -u)
  gid: $(id -g)
  subordinateUids: $(sub_count uid)
  subordinateGids: $(sub_count gid)
  map: all subordinate ids, by newuidmap and newgidmap
network:
  default: slirp4netns
  slirp4netns: /usr/bin/slirp4netns
  pasta: $(command -v pasta)${address:+$'\n'$address}
limits:
  place: $(sed -n 's/^  place: //p' <<<"$output")
  controllers: $(sed -n 's/^  controllers: //p' <<<"$output")
paths:
  runtime: $PWD/run
  cache: $PWD/home/.cache/urun
  urun-init: $URUN_STAGE/bin/urun-init
  urun-reaper: $URUN_STAGE/bin/urun-reaper
  urun-seccomp: $URUN_STAGE/bin/urun-seccomp
  urun-subid: $URUN_STAGE/bin/urun-subid
  urun-scope: $URUN_STAGE/bin/urun-scope"
	[[ $output =~ "  place: "(own: /|scope|none: \'urun doctor\' says) ]]
	[[ $output =~ "cgroups: "(v1|v2|hybrid|none)$'\n' ]]
	text=$output

	need_jq
	for format in "--format json" --format=json "-f json" -fjson; do
		run -0 --separate-stderr urun info $format
		jq -r 'to_entries[] | if (.value | type) == "object"
			then "\(.key):", (.value | to_entries[] | "  \(.key): \(.value)")
			else "\(.key): \(.value)" end' <<<"$output" >from-json
		diff from-json - <<<"$text"
	done
	run -0 urun info --format text
	assert_output "$text"
	jq -e '(.ids | .uid, .gid, .subordinateUids | type) == "number"' < <(urun info -f json)
}

@test "info tells which ids a container has, and why" {
	map() { sed -n 's/^  map: //p' <<<"$output"; }

	lab 'mount --bind /dev/null /usr/bin/newgidmap; urun info'
	[ "$(map)" = "one id: newuidmap or newgidmap is missing" ]
	lab 'mount --bind /dev/null /etc/subgid; urun info'
	[ "$(map)" = "one id: no subordinate ids" ]
	need_unshare -Ur
	run -0 unshare -Ur urun info
	[ "$(map)" = "root: every id keeps its number" ]
}

@test "info tells what connects a container, and why nothing does" {
	default() { sed -n 's/^  default: //p' <<<"$output"; }

	[ -x /usr/bin/pasta ] || skip_because "pasta is not installed"
	lab 'mount --bind /dev/null /usr/bin/slirp4netns; urun info'
	[ "$(default)" = pasta ]
	lab 'mount --bind /dev/null /usr/bin/slirp4netns; mount --bind /dev/null /usr/bin/pasta; urun info'
	[ "$(default)" = "unavailable: neither slirp4netns nor pasta is installed" ]
	lab 'mount -t tmpfs tmpfs /dev/net; urun info'
	[ "$(default)" = "unavailable: /dev/net/tun cannot be opened" ]
}

@test "info leaves out a folder that is not there" {
	need_jq
	for dir in "" relative /none /run; do
		run -0 env "XDG_RUNTIME_DIR=$dir" urun info -f json
		jq -e '.paths | has("runtime") | not' <<<"$output"
	done
	run -0 env XDG_CACHE_HOME=/somewhere urun info -f json
	jq -e '.paths.cache == "/somewhere/urun"' <<<"$output"
}

@test "info takes no words" {
	refuses "'urun info' takes no word 'x'" info x
	refuses "'urun info' takes no word 'x'" info x -f json
	refuses "--format: 'x': expected json or text" info --format x
	refuses "flag needs an argument: --format FORMAT" info --format
}

# --- version, help ---

@test "version, in all its spellings" {
	run -0 --separate-stderr urun version
	[[ $output =~ ^"urun version "[0-9]+(\.[0-9]+)+[-.a-z0-9]*$ ]]
	[ -z "$stderr" ]
	version=$output
	for word in --version -v; do
		run -0 urun "$word"
		assert_output "$version"
	done
	run -0 urun version -f json
	need_jq
	jq -e --arg v "${version##* }" --arg a "$(dpkg --print-architecture)" \
		'. == {Client: {Version: $v, OsArch: "linux/\($a)", Os: "linux"}}' <<<"$output"
	refuses "'urun version' takes no word 'x'" version x
	refuses "'urun version' takes no word 'x'" version x --format json
}

@test "version by a template" {
	run -0 urun version
	version=${output##* }
	for template in '{{.Client.Version}}' '{{.Version}}'; do
		run -0 urun version --format "$template"
		assert_output "$version"
	done
	run -0 urun version -f '{{.Client.Os}}:{{.Client.Version}}'
	assert_output "linux:$version"
	run -0 urun version --format text
	assert_output "urun version $version"
	refuses "template, character 3: there is no field 'Server'" version -f '{{.Server.Version}}'
}

@test "help, in all its spellings" {
	run -0 --separate-stderr urun help
	[ -z "$stderr" ]
	help=$output
	[ "${lines[0]}" = "Usage: urun COMMAND [OPTIONS]" ]
	for verb in run doctor info version help; do
		[[ $help == *$'\n'"  $verb "* ]]
	done
	refute_contains __options
	for word in --help -h; do
		run -0 urun "$word"
		assert_output "$help"
	done
}

@test "no verb, and none that there is" {
	refuses "no command"
	[[ $stderr == *$'\n'"  See 'urun --help'" ]]
	for word in frob "" --bogus -x Run __options2; do
		refuses "unknown command '$word'" "$word"
	done
	refuses "unknown command '\\x1b[31m\\x0a'" $'\e[31m\n'
}

@test "run --help has every option, and fits a screen" {
	run -0 --separate-stderr urun run --help
	[ -z "$stderr" ]
	[ "${lines[0]}" = "Usage: urun run [OPTIONS] IMAGE [COMMAND [ARG...]]" ]
	count=0
	while read -r option letter kind; do
		count=$((count + 1))
		[ "$letter" = - ] && short="    " || short="-$letter, "
		case $kind in
		value) pattern="^  $short$option [A-Za-z\[].*  +[^ ].*$" ;;
		flag) pattern="^  $short$option  +[^ ].*$" ;;
		*) pattern=none ;;
		esac
		grep -qE -- "$pattern" <<<"$output" || {
			echo "not in the help: $option $letter $kind"
			return 1
		}
	done < <(urun __options run list)
	[ "$count" -gt 50 ]
	# And nothing else than those and --help.
	[ "$(grep -cE '^  (-.,|   ) --[a-z]' <<<"$output")" = $((count + 1)) ]
	[ "$(wc -L <<<"$output")" -le 100 ]
	# Wherever it stands among the options.
	help=$output
	run -0 urun run -it --name x --help
	assert_output "$help"
}

@test "__options, for the shells and the manual" {
	run -0 --separate-stderr urun __options run list
	[ "$(grep -cvE $'^--[a-z-]+\t[a-zA-Z-]\t(value|flag)$' <<<"$output")" = 0 ]
	assert_contains $'--volume\tv\tvalue'
	assert_contains $'--init\t-\tflag'
	[ "$(cut -f1 <<<"$output" | sort | uniq -d)" = "" ]
	[ "$(cut -f2 <<<"$output" | grep -v '^-$' | sort | uniq -d)" = "" ]
	listed=${#lines[@]}
	run -0 urun __options run man
	[ "$(grep -c '^\.TP$' <<<"$output")" = "$listed" ]
	assert_contains '\fB\-v\fR, \fB\-\-volume\fR \fISRC:DST[:OPTS]\fR'
	for words in "" run "run none" "none list" "run list x"; do
		run urun __options $words
		assert_status 125
	done
}

# --- print-spec, print-plan ---

@test "--print-spec and --print-plan are JSON, the same each time but for the id" {
	need_jq
	for print in --print-spec --print-plan; do
		for root in host: rootfs:/none "rootfs:/none:O"; do
			words=(run "$print" -it --init -e A=1 -u 5:6 --tmpfs /t:size=1m -v /etc:/e:ro
				--cap-add chown --ulimit nofile=64 --read-only "$root" id -u)
			urun "${words[@]}" >one 2>err
			urun "${words[@]}" >two
			[ ! -s err ]
			jq -e 'type == "object"' one
			# The id: 64 digits, or the first 12 of them as the host name.
			for file in one two; do
				sed -Ei 's/[0-9a-f]{64}/ID/g; s/[0-9a-f]{12}/ID/g' "$file"
			done
			diff one two
			grep -q ID one
		done
	done
	# With a name and a host name there is nothing left that changes, but the id.
	run -0 urun run --print-plan -h box host: true
	first=$output
	run -0 urun run --print-plan -h box host: true
	assert_output "$first"
}

@test "--print-spec says what was asked for" {
	need_jq
	urun run --print-spec -h box -w /w -e A=1 -e B=2 -t --read-only --annotation k=v \
		--ulimit nofile=64:128 rootfs:/some/where echo "a b" $'\t' >spec
	jq -e '.ociVersion | startswith("1.")' spec
	jq -e '.root == {path: "/some/where", readonly: true}' spec
	jq -e '.hostname == "box"' spec
	jq -e '.process | .terminal and .cwd == "/w" and .args == ["echo", "a b", "\t"]' spec
	jq -e '.process.env | contains(["A=1", "B=2", "container=urun"])' spec
	jq -e '.process.rlimits == [{type: "RLIMIT_NOFILE", soft: 64, hard: 128}]' spec
	jq -e '.annotations == {k: "v"}' spec
	jq -e '.mounts // ."org.urun".filesystem | map(.destination) | contains(["/proc", "/dev"])' \
		spec
}

@test "--print-plan says what would be done" {
	need_jq
	urun run --print-plan --network host -u 5:6 --cap-drop all --cap-add chown \
		rootfs:/none true >plan
	jq -e --argjson uid "$(id -u)" --argjson first "$(sub_first uid)" \
		--argjson count "$(sub_count uid)" '.idMap.uids == [
			{containerID: 0, hostID: $uid, size: 1},
			{containerID: 1, hostID: $first, size: $count}]' plan
	jq -e '.newNamespaces == ["user", "mnt", "pid", "ipc", "uts", "cgroup"]' plan
	jq -e '.capabilities.bounding == ["CAP_CHOWN"]' plan
	jq -e '.noNewPrivileges' plan
	jq -e '.operations | map(.dest) | contains(["/proc", "/dev", "/dev/shm"])' plan
	# What keeps a start from its many ids is in the notes, and not on standard error.
	lab 'mount --bind /dev/null /etc/subuid; urun run --print-plan rootfs:/none true'
	jq -e '.idMap.rung == "single" and (.notes | length) == 1 and
		(.notes[0] | contains("no subordinate ids in /etc/subuid"))' <<<"$output"
}

@test "--print-spec and --print-plan start nothing and touch nothing" {
	for print in --print-spec --print-plan; do
		# Neither is a namespace made nor newuidmap run, and no file is opened for writing.
		run -0 urun-refuse EPERM clone,clone3,fork,vfork,unshare,setns,mount \
			urun run "$print" --name x --cidfile cid --pidfile pid -v "$PWD/none:/x" \
			"rootfs:$PWD/none" true
		[ "$(ls -A home run | tr -d '\n')" = home:run: ]
		[ ! -e cid ] && [ ! -e pid ] && [ ! -e none ]
	done
	# What is wrong is said all the same.
	refuses "--timeout: 'x': no number" run --print-plan --timeout x host: true
	refuses "no command: give one behind the rootfs" run --print-spec host:
	refuses "user '4294967295': an id is a number from 0 to 4294967294" \
		run --print-plan -u 4294967295 host: true
}

@test "what is printed holds names that are no text" {
	need_jq
	urun run --print-spec rootfs:/none $'\xff\e"\n' >spec
	urun run --print-plan -v "/a"$'\xff\e"\n'":/b" rootfs:/none true >plan
	jq -e '.process.args | length == 1' spec
	jq -e '.operations | map(select(.dest == "/b")) | length == 1' plan
	! grep -q $'\e' spec plan
}
