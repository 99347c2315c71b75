# SPDX-License-Identifier: Apache-2.0
"""What the benchmarks share: who runs them, the timer of starts, and the bars."""

import os
import pwd
import subprocess
import sys

# crun wants no mixture: what is seen there is version 2 alone, as in tests/bench/start.
CGROUP2 = """[ -e /sys/fs/cgroup/cgroup.controllers ] || {
    umount -l /sys/fs/cgroup; mount -t cgroup2 cgroup2 /sys/fs/cgroup; }
exec "$0" "$@\""""


class Bar:
    """A value that may not be above a limit, or below it."""

    def __init__(self, text, value, limit, is_least=False):
        self.text, self.value, self.limit, self.is_least = text, value, limit, is_least

    def holds(self):
        return self.value >= self.limit if self.is_least else self.value <= self.limit

    def told(self):
        return f"at {'least' if self.is_least else 'most'} {self.limit:g}"


def fail(text):
    print(f"{os.path.basename(sys.argv[0])}: {text}", file=sys.stderr)
    sys.exit(2)


def become(name):
    """As root: the same program once more, as an ordinary user."""
    if not name:
        fail("run it as an ordinary user, or give --user NAME")
    user = pwd.getpwnam(name)
    os.execvp("unshare", [
        "unshare", "--mount", "sh", "-c", CGROUP2, "setpriv", "--reuid", name, "--regid",
        str(user.pw_gid), "--init-groups", "env", "-i",
        f"HOME={user.pw_dir}", f"USER={name}", "LANG=C.UTF-8",
        "PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "python3",
        os.path.realpath(sys.argv[0]), *sys.argv[1:]])


def timer_run(program, path, mode, count, commands):
    """Starts of each command, as urun-bench-timer prints them: milliseconds, peak MiB, and the
    exit code. The commands are written to a path."""
    with open(path, "w", encoding="utf-8") as f:
        for argv in commands:
            f.write("\t".join(["1", *argv]) + "\n")
    out = subprocess.run([program, mode, str(count), path], stdout=subprocess.PIPE,
                         check=True, text=True).stdout
    samples = [[] for _ in commands]
    for line in out.splitlines():
        i, ns, _, peak, _, status = (int(word) for word in line.split())
        samples[i].append((ns / 1e6, peak / 1024, status))
    return samples


def print_tap(bars, notes):
    print(f"1..{len(bars)}")
    for i, bar in enumerate(bars, 1):
        print(f"{'ok' if bar.holds() else 'not ok'} {i} - {bar.text}: {bar.value:.2f}, "
              f"{bar.told()}")
    for note in dict.fromkeys(notes):
        print(f"# {note}")


def print_bars(bars, notes):
    for note in dict.fromkeys(notes):
        print(f"note: {note}")
    print()
    for bar in bars:
        print(f"{bar.text}: {bar.value:.3f}, {bar.told()}: "
              f"{'holds' if bar.holds() else 'MISSED'}")
