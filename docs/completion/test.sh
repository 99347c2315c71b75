#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# test.sh - type at the shells and look what they complete
#
# Run in the build folder. bash and zsh get a terminal by script(1), with a key that inserts all
# that is offered; then "show " is put before the line, which prints its words. fish has a
# command that asks for completions.
set -u

srcdir=${srcdir:-.}
here=$(cd "$srcdir/docs/completion" && pwd) || exit 99
PATH=$(pwd):$PATH
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
export PATH HOME="$tmp" ZDOTDIR="$tmp" XDG_CONFIG_HOME="$tmp" TERM=dumb INPUTRC=/dev/null LC_ALL=C
export here
mkdir -p "$tmp/files/tree one/usr"
: >"$tmp/files/variables"
n=0

ok() {
	n=$((n + 1))
	echo "ok $n - $*"
}

fail() {
	n=$((n + 1))
	echo "not ok $n - $1"
	shift
	printf '# %s\n' "$@"
}

skip() {
	n=$((n + 1))
	if [ -n "${URUN_TEST_STRICT-}" ]; then
		echo "not ok $n - $1: $2"
	else
		echo "ok $n - $1 # SKIP $2"
	fi
}

# What it is about, the line, and the words that have to be offered for its last one.
verbs=$(urun --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' | tr '\n' ' ')
options=$(urun __options run list | cut -f1 | tr '\n' ' ')
sandbox_options=$(urun __options sandbox list | cut -f1 | tr '\n' ' ')
bwrap_options=$(urun-bwrap --help | sed -n 's/^ *\(--[a-z0-9-]*\).*/\1/p' | tr '\n' ' ')
oci_commands=$(urun-oci __options names | tr '\n' ' ')
oci_options=$(urun-oci __options global | cut -f1 | tr '\n' ' ')
oci_exec_options=$(urun-oci __options exec | cut -f1 | tr '\n' ' ')
cases() {
	cat <<-END
	every command|urun |$verbs
	every option of run|urun run --|$options--help
	every command of urun-oci|urun-oci --root /nonexistent |$oci_commands
	the options before one|urun-oci --|$oci_options--help
	the options of exec|urun-oci --debug exec --|$oci_exec_options--help
	values of an option of urun-oci|urun-oci --log-format |text json
	the options of doctor|urun doctor --|--help --json
	values of --network|urun run --network |none auto slirp4netns pasta private host ns: container:
	values behind a sign|urun run --rm --network=|none auto slirp4netns pasta private host ns: container:
	values of --userns|urun run --userns |auto host keep-id nomap private ns: container:
	values of --storage-driver|urun run -it --storage-driver |auto overlay fuse-overlayfs
	values of --personality|urun run --personality |LINUX LINUX32
	values of a short option|urun info -f |text json
	orders of ps|urun ps --sort |created names runningfor status
	orders of images|urun images -q --sort re|repository
	filters of ps|urun ps -a --filter status=|created exited running
	filters of images|urun images -f co|containers=true containers=false
	forms of history|urun history --format |json table
	forms of stats|urun stats --no-stream --format |json table
	capabilities|urun run --cap-add=sys_p|sys_pacct sys_ptrace
	a file|urun run --env-file var|variables
	a file behind a sign|urun run --env-file=var|variables
	a folder of the host|urun run --rm -v $tmp/files/va|$tmp/files/variables
	words of a volume|urun run -v a:/b:r|ro rw rbind
	the root|urun run --rm -e A=b |host: rootfs:
	a root folder|urun run rootfs:$tmp/files/tr|tree
	a root folder of --rootfs|urun run --rootfs tr|tree
	behind the end of options|urun run --init -- h|host:
	a command|urun run --init host: unshar|unshare
	the root of create|urun create |host: rootfs:
	every option of sandbox|urun sandbox --|$sandbox_options--help
	policies|urun sandbox --policy |sandbox build desktop
	what is granted|urun sandbox --read=var|variables
	what is granted, by two words|urun sandbox --here --write tr|tree
	the command of a sandbox|urun sandbox --here unshar|unshare
	its words|urun sandbox --here -- cat var|variables
	every option of urun-bwrap|urun-bwrap --|$bwrap_options
	the first value of an option of urun-bwrap|urun-bwrap --ro-bind var|variables
	the second one|urun-bwrap --unshare-pid --ro-bind / var|variables
	an option behind values|urun-bwrap --ro-bind / / --unshare-p|--unshare-pid
	the command of urun-bwrap|urun-bwrap --ro-bind / / unshar|unshare
	END
}

# Are all words of $3 in the text $4? A word may stand behind "OPTION=", "a:/b:" or a folder.
judge() {
	missing=
	for word in $3; do
		case " $4 " in
		*[\ =:/]"$word"[\ =/]*) ;;
		*) missing="$missing $word" ;;
		esac
	done
	if [ -z "$missing" ]; then
		ok "$1: $2"
	else
		fail "$1: $2" "missing:$missing" "got: $4"
	fi
}

# Types the lines at a shell: its name, the key for "insert all", the command that starts it.
type_at() {
	shell=$1 key=$2
	{
		cases | while IFS='|' read -r _ line _; do
			printf '%s%b\001show \005\r' "$line" "$key"
		done
		printf 'exit\r'
	} >"$tmp/keys"
	(cd "$tmp/files" && timeout 120 script -qec "$3" /dev/null <"$tmp/keys" >"$tmp/typed")
	tr -d '\r' <"$tmp/typed" | sed -n 's/^<\(.*\)>$/\1/; t shown
		b
		: shown
		s/></ /g; s/^urun run //; p' >"$tmp/shown"
	exec 3<"$tmp/shown"
	while IFS='|' read -r what line words; do
		IFS= read -r got <&3 || got=
		judge "$shell" "$what" "$words" "$got"
	done <<-END
	$(cases)
	END
	exec 3<&-
}

test_bash() {
	command -v bash >/dev/null || { skip bash "no bash" && return; }
	command -v script >/dev/null || { skip bash "no script(1)" && return; }
	cat >"$tmp/bashrc" <<-'END'
	PS1='> '
	show() { printf '<%s>' "$@"; echo; }
	. "$here/urun"
	. "$here/urun-oci"
	. "$here/urun-bwrap"
	END
	type_at bash '\033*' "bash --noprofile --rcfile '$tmp/bashrc' -i"
}

test_zsh() {
	command -v zsh >/dev/null || { skip zsh "no zsh" && return; }
	command -v script >/dev/null || { skip zsh "no script(1)" && return; }
	cat >"$tmp/.zshrc" <<-'END'
	PS1='> '
	show() { printf '<%s>' "$@"; echo }
	fpath=("$here" $fpath)
	autoload -Uz compinit && compinit -u -D
	bindkey -e
	zle -C all complete-word _generic
	bindkey '^X^A' all
	zstyle ':completion:all::::' completer _all_matches _complete
	zstyle ':completion:all:*' insert true
	END
	type_at zsh '\030\001' "zsh -d -i"
}

test_fish() {
	command -v fish >/dev/null || { skip fish "no fish" && return; }
	while IFS='|' read -r what line words; do
		# shellcheck disable=SC2016 # fish expands it
		got=$(cd "$tmp/files" && LINE=$line fish -c 'source $here/urun.fish; source $here/urun-oci.fish; source $here/urun-bwrap.fish; complete -C "$LINE"' 2>&1 |
			cut -f1 | tr '\n' ' ')
		judge fish "$what" "$words" "$got"
	done <<-END
	$(cases)
	END
}

test_bash
test_zsh
test_fish
echo "1..$n"
