#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# bwrap_peer.bats - the same command lines by bubblewrap and by urun-bwrap: nobody can tell which it was
#
# Both are called by the name bwrap. What differs by its nature, numbers of processes and namespaces, times,
# does not count.

load lib

export BATS_TEST_TIMEOUT=60

setup() {
	T=$BATS_TEST_TMPDIR
	PEER=$(PATH=/usr/bin:/bin command -v bwrap) || skip_because "no bubblewrap: './autogen.sh --packages peers' installs it"
	mkdir "$T/ours"
	ln -s "$(command -v urun-bwrap)" "$T/ours/bwrap"
	cd "$T"
	echo data >data
}

# told BWRAP LINE: what a shell's line says, and its code; $B is a usual sandbox
told() {
	B="--ro-bind /usr /usr --symlink usr/lib /lib --symlink usr/lib64 /lib64 --symlink usr/bin /bin --proc /proc --dev /dev"
	export B
	PATH=${1%/*}:/usr/bin:/bin timeout 20 sh -c "$2" 2>&1 </dev/null | sed -E 's/("child-pid": )[0-9]+/\1N/; s/[0-9]{4,}/N/g; s/[A-Z][a-z]{2} +[0-9]+ [0-9:]+/DATE/'
}

# same: of each line of standard input both say the same
same() {
	local line ours theirs

	while read -r line; do
		[ -n "$line" ] || continue
		theirs=$(told "$PEER" "$line; echo code \$?")
		ours=$(told "$T/ours/bwrap" "$line; echo code \$?")
		[ "$ours" = "$theirs" ] || {
			printf -- '-- %s\n-- bubblewrap --\n%s\n-- urun-bwrap --\n%s\n' "$line" "$theirs" "$ours"
			return 1
		}
	done
}

@test "who and where it is" {
	same <<-'END'
		bwrap $B id
		bwrap $B --unshare-user --uid 5 --gid 6 id
		bwrap $B --unshare-pid sh -c 'echo $$; ps -o pid,ppid,stat | tail -n +2 | wc -l'
		bwrap $B --unshare-pid --as-pid-1 sh -c 'echo $$'
		bwrap $B grep -E '^(Uid|Gid|Groups|Cap|NoNewPrivs|Seccomp)' /proc/self/status
		bwrap $B --unshare-user --uid 0 grep -E '^(Uid|Gid|Groups|Cap|NoNewPrivs|Seccomp)' /proc/self/status
		bwrap $B --cap-add CAP_NET_ADMIN --cap-add CAP_CHOWN --cap-drop CAP_CHOWN grep -E '^(Cap|NoNewPrivs|Seccomp)' /proc/self/status
		bwrap $B cat /proc/self/uid_map /proc/self/gid_map /proc/self/setgroups
		bwrap $B --hostname sand --unshare-uts uname -n
		bwrap $B --unshare-net sh -c 'tail -n +3 /proc/net/dev | wc -l'
		bwrap $B --chdir /usr/lib sh -c 'pwd; echo $PWD'
		cd /usr/bin; bwrap $B sh -c 'pwd; echo $PWD'
		HOME=/usr/share bwrap $B sh -c 'pwd; echo $PWD'
		HOME=/none bwrap $B sh -c 'pwd; echo $PWD'
		bwrap $B --setenv A b --unsetenv HOME sh -c 'env | grep -Ev "^(_|PATH|BATS.*)=" | sort'
		A=x bwrap $B --clearenv --setenv C d sh -c 'env | grep -Ev "^(_|PATH|BATS.*)=" | sort'
		umask 027; bwrap $B --tmpfs /t sh -c 'umask; touch /t/x; stat -c %a /t/x'
		ulimit -n 77; bwrap $B sh -c 'ulimit -n'
	END
}

@test "files" {
	same <<-'END'
		bwrap $B sh -c 'ls -la / /dev /dev/pts | grep -v proc$'
		bwrap $B --dir /a/b --perms 0700 --dir /c/d --tmpfs /t --perms 1777 --tmpfs /u stat -c '%a %u %F %n' /a /a/b /c /c/d /t /u
		bwrap $B --file 5 /a/b/f --bind-data 6 /g --ro-bind-data 7 /h/i sh -c 'stat -c "%a %n" /a /a/b /a/b/f /g /h /h/i; cat /a/b/f /g /h/i; echo x >/g; echo y >/h/i' 5<data 6<data 7<data
		bwrap $B --perms 0640 --file 5 /a/b/f --chmod 0711 /a sh -c 'stat -c "%a %n" /a /a/b /a/b/f' 5<data
		bwrap $B --remount-ro / sh -c 'echo x >/new'
		bwrap $B --size 65536 --tmpfs /t sh -c 'head -c 100000 /dev/zero >/t/x; stat -f -c %b /t'
		bwrap --ro-bind / / --tmpfs /tmp sh -c 'ls -A /tmp | wc -l; touch /usr/x'
		bwrap --bind / / --dev-bind /dev /dev sh -c 'ls /dev | wc -l; echo x >/dev/null && echo ok'
		bwrap $B --dev-bind /dev/null /n sh -c 'echo x >/n && echo ok'
		bwrap $B --bind /dev/null /n sh -c 'echo x >/n && echo ok'
		bwrap $B --bind-try /none /x --ro-bind-try /none /y --dev-bind-try /none /z ls /
		bwrap $B --ro-bind /etc/passwd /etc/passwd --ro-bind /etc/hosts /etc/hosts sh -c 'ls /etc; head -n 1 /etc/passwd'
		bwrap $B --tmpfs /usr/share --dir /usr/share/x ls /usr/share
		bwrap $B --ro-bind data /proc/version cat /proc/version
		bwrap $B sh -c 'cat /proc/mounts | cut -d" " -f1-3 | sort'
		bwrap $B --unshare-ipc --mqueue /mq stat -c '%a %F' /mq
	END
}

@test "descriptors, exit codes and who listens" {
	same <<-'END'
		bwrap $B sh -c 'exit 3'
		bwrap $B sh -c 'kill -9 $$'
		bwrap $B --unshare-pid sh -c 'exit 3'
		bwrap $B --unshare-pid sh -c 'kill -9 $$'
		bwrap $B --unshare-pid sh -c 'sleep 0.5 & echo bg'
		bwrap $B --file 9 /f sh -c 'cat <&7; for i in 7 8 9; do [ ! -e /proc/$$/fd/$i ] || echo $i; done' 7<data 8<&- 9<data
		bwrap $B --info-fd 1 --unshare-all true
		bwrap $B --json-status-fd 1 --unshare-all sh -c 'exit 3'
		bwrap $B --block-fd 5 echo unblocked 5<data
		printf '%s\0' --unshare-uts --hostname fd >args; bwrap $B --args 5 uname -n 5<args
		bwrap $B true <&- >&- 2>&-
		bwrap --ro-bind / / --proc /proc --dev /dev --unshare-all bwrap --ro-bind / / --proc /proc --dev /dev --unshare-all sh -c 'set -- /proc/[0-9]*; echo $#'
	END
}

@test "what cannot be done" {
	same <<-'END'
		bwrap --nonsense
		bwrap $B -x
		bwrap $B nonexistent
		bwrap $B /usr
		bwrap --bind /none /x true
		bwrap --ro-bind /usr /usr /usr/bin/true
		bwrap $B --chdir /none true
		bwrap $B --hostname x uname -n
		bwrap $B --disable-userns true
		bwrap $B --as-pid-1 true
		bwrap $B --unshare-user --assert-userns-disabled true
		bwrap $B --unshare-user --disable-userns unshare -U true
		bwrap $B --perms 0700 --bind /tmp /x true
		bwrap $B --size 5 --dir /x true
		bwrap $B --uid x true
	END
}
