# SPDX-License-Identifier: Apache-2.0
"""killer.py - kills processes of a starting container, and looks for what is left

    killer.py random COUNT ROLE[,ROLE...] WORDS...
        starts `urun run WORDS...` again and again and kills one process of it at a random moment.
        The roles take turns: launcher; term (SIGTERM for it); builder; first, soon after it was
        started (the builder, or the compiler of a profile); helper, a program that the launcher
        runs beside the builder; any; or the name of a program

    killer.py sweep STEP WORDS...
        notes the system calls of the launcher, by strace, and kills it at every STEP-th of them

    killer.py sweep-all STEP WORDS...
        the same for the calls of all processes that the start makes

The command inside has to run for longer than the test does. All that a start leaves becomes a
child of this process, so nothing can hide. An abandoned file, mount or process is an error.
"""
import ctypes
import os
import random
import re
import shutil
import signal
import sys
import time

PR_SET_CHILD_SUBREAPER = 36
DEADLINE = 30  # seconds, for all to be gone
GRACE = 0.3    # for a launcher to notice that a helper was killed in vain
LONGEST = 0.015    # delay before a kill
SHORTEST = 0.0005  # the same for a program that lives only a moment
# What the caller sees of a start that went wrong; the payload's own end is 137.
ENDS = (125, 126, 127, 137)

base = os.environ['BATS_TEST_TMPDIR'] + '/killer'
pidfile_dir = base + '/pid'
output = base + '/output'
name = 'killed.%d' % os.getpid()


def said():
    try:
        with open(output, errors='replace') as f:
            return f.read()
    except OSError:
        return ''


def fail(*words):
    print(*words)
    print('-- its output --\n' + said())
    sys.exit(1)


def prepare():
    if ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        sys.exit('killer.py: no child subreaper')
    shutil.rmtree(base, ignore_errors=True)
    for folder in '/run', '/tmp', '/cache', '/pid':
        os.makedirs(base + folder, 0o700)
    os.environ['XDG_RUNTIME_DIR'] = base + '/run'
    os.environ['XDG_CACHE_HOME'] = base + '/cache'
    os.environ['TMPDIR'] = base + '/tmp'
    # What the caller of this program left open is not for the containers.
    os.closerange(3, 256)


def children(pid):
    try:
        with open('/proc/%d/task/%d/children' % (pid, pid)) as f:
            return [int(word) for word in f.read().split()]
    except OSError:
        return []


def descendants(pid):
    found, todo = [], [pid]
    while todo:
        below = children(todo.pop())
        found += below
        todo += below
    return found


def comm(pid):
    try:
        with open('/proc/%d/comm' % pid) as f:
            return f.read().strip()
    except OSError:
        return ''


def start(words, prefix=()):
    argv = [*prefix, 'urun', 'run', '--name', name, '--pidfile', pidfile_dir + '/pid', *words]
    pid = os.fork()
    if pid == 0:
        try:
            os.dup2(os.open('/dev/null', os.O_RDONLY), 0)
            out = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            os.dup2(out, 1)
            os.dup2(out, 2)
            os.closerange(3, 256)
            os.execvp(argv[0], argv)
        finally:
            os._exit(77)
    return pid


class Gone(Exception):
    """Everything has ended."""


class Start:
    """One start, and how it ends."""

    def __init__(self, words, prefix=()):
        self.begin = time.monotonic()
        self.pid = start(words, prefix)
        self.code = None

    def reap(self):
        """Takes what has ended; raises Gone when nothing is left."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                raise Gone() from None
            if pid == 0:
                return
            if pid == self.pid:
                code = os.waitstatus_to_exitcode(status)
                self.code = 128 - code if code < 0 else code

    def is_gone_within(self, seconds):
        end = time.monotonic() + seconds
        try:
            while time.monotonic() < end:
                self.reap()
                time.sleep(0.001)
        except Gone:
            return True
        return False

    def find(self, role):
        """A process of that role, once there is one; None: the start is over before."""
        if role in ('launcher', 'term'):
            return self.pid
        while True:
            below = descendants(self.pid) if role == 'any' else children(self.pid)
            if role == 'helper':
                found = [p for p in below[1:] if comm(p) != 'urun']
            elif role in ('builder', 'first'):
                found = below[:1]
            elif role == 'any':
                found = below
            else:
                found = [p for p in below if comm(p) == role]
            if found:
                return random.choice(found)
            if self.has_ended() or self.runs_command():
                return None

    def runs_command(self):
        return any(comm(p) == 'sleep' for p in descendants(self.pid))

    def is_launched(self):
        """Below strace: is the launcher there?"""
        return [comm(p) for p in children(self.pid)] == ['urun']

    def has_ended(self):
        try:
            self.reap()
        except Gone:
            pass
        return self.code is not None

    def kill(self, pid, signo=signal.SIGKILL):
        """Is it still there to be killed?"""
        if pid is None or (pid == self.pid and self.code is not None):
            return False
        try:
            os.kill(pid, signo)
        except ProcessLookupError:
            return False
        return True


def host_mounts():
    with open('/proc/self/mountinfo') as f:
        return [line for line in f if 'urun' in line or base in line]


def files(folder):
    found = []
    for path, _, names in os.walk(folder):
        found += [os.path.relpath(os.path.join(path, n), folder) for n in names]
    return sorted(found)


def look_around(mounts_before, what):
    if host_mounts() != mounts_before:
        fail(what, 'left a mount:', host_mounts())
    if files(base + '/tmp'):
        fail(what, 'left temporary files:', files(base + '/tmp'))
    # A lock's file may stay: it is the lock that counts, and the next start takes it.
    if not set(files(base + '/run')) <= {'urun/names/' + name}:
        fail(what, 'left files in the runtime folder:', files(base + '/run'))
    if not set(files(pidfile_dir)) <= {'pid'}:
        fail(what, 'left beside the pid file:', files(pidfile_dir))


def expect_nothing_left(this, what):
    if not this.is_gone_within(DEADLINE):
        left = [(p, comm(p)) for p in descendants(os.getpid())]
        for pid, _ in left:
            os.kill(pid, signal.SIGKILL)
        fail(what, 'left processes:', left)


def kill_one(words, role, hits):
    mounts = host_mounts()
    shutil.rmtree(base + '/cache')
    os.mkdir(base + '/cache', 0o700)
    if os.path.exists(output):
        os.unlink(output)
    this = Start(words)
    pid = this.find(role)
    delay = random.uniform(0, SHORTEST if role in ('helper', 'first') else LONGEST)
    what = '%s killed after %.1f ms' % (role, delay * 1000)
    end = time.perf_counter() + delay
    while time.perf_counter() < end:
        pass
    if this.has_ended():
        fail(what, 'and it had ended before, with', this.code)
    signo = signal.SIGTERM if role == 'term' else signal.SIGKILL
    what += ' (%s)' % comm(pid or 0)
    is_hit = this.kill(pid, signo)
    hits[role] += is_hit
    # A helper that had done its work already is no loss; a launcher lives on then.
    is_fatal = is_hit and role in ('launcher', 'builder', 'urun-init', 'term')
    if not is_fatal and not this.is_gone_within(GRACE):
        this.kill(this.pid)
        is_hit = True
    expect_nothing_left(this, what)
    if role == 'term' and this.code != 143:
        fail(what, 'ended with', this.code, 'and not with 143')
    if role not in ('launcher', 'term') and is_fatal and this.code not in ENDS:
        fail(what, 'ended with', this.code)
    if this.code == 125 and not re.match(r'urun: \w', said()):
        fail(what, 'and nothing said why')
    look_around(mounts, what)


def random_moments(count, roles, words):
    hits = {role: 0 for role in roles}
    for i in range(count):
        kill_one(words, roles[i % len(roles)], hits)
    print('killed:', ', '.join('%s %d' % hit for hit in hits.items()))
    for role, n in hits.items():
        if n < count / len(roles) / 3:
            fail(role, 'was met only', n, 'times')


def end_whole(this, what):
    """Ends a start of which nothing was killed, if it is one; all the others end by themselves."""
    while not this.is_gone_within(GRACE):
        if time.monotonic() > this.begin + DEADLINE:
            fail(what, 'left processes:', [(p, comm(p)) for p in descendants(os.getpid())])
        if this.runs_command() and not this.is_gone_within(GRACE) and this.is_launched():
            for pid in descendants(this.pid):
                this.kill(pid)
            expect_nothing_left(this, what)
            return True
    return False


def system_calls(options, words):
    """What a start calls: (name, which time) in their order, each once."""
    trace = base + '/trace'
    this = Start(words, ('strace', *options, '-qq', '-o', trace))
    if not end_whole(this, 'a start under strace'):
        fail('a start under strace failed')
    times, found = {}, []
    with open(trace, errors='replace') as f:
        for line in f:
            match = re.match(r'(?:(\d+) +)?(\w+)\(', line)
            if not match:
                continue
            pid, name = match.groups()
            times[pid, name] = times.get((pid, name), 0) + 1
            if (name, times[pid, name]) not in found:
                found.append((name, times[pid, name]))
    return found


def sweep(options, step, words):
    calls = system_calls(options, words)[random.randrange(step)::step]
    missed = 0
    for name, n in calls:
        mounts = host_mounts()
        inject = 'inject=%s:signal=SIGKILL:when=%d' % (name, n)
        this = Start(words, ('strace', *options, '-qq', '-o', '/dev/null', '-e', inject))
        what = 'killed at %s number %d' % (name, n)
        # Not every start makes the same calls.
        missed += end_whole(this, what)
        look_around(mounts, what)
    print('killed at %d system calls of %d' % (len(calls) - missed, len(calls)))
    if len(calls) < 30 or missed > len(calls) / 3:
        fail('too few')


def main(argv):
    prepare()
    if argv[1] == 'random':
        random_moments(int(argv[2]), argv[3].split(','), argv[4:])
    elif argv[1] == 'sweep':
        sweep((), int(argv[2]), argv[3:])
    elif argv[1] == 'sweep-all':
        sweep(('-f',), int(argv[2]), argv[3:])
    else:
        sys.exit(__doc__)


if __name__ == '__main__':
    main(sys.argv)
