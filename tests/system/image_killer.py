# SPDX-License-Identifier: Apache-2.0
"""image_killer.py - kills what works on the image store, and looks for what is lost

    image_killer.py COUNT WAY[,WAY...]

Runs COUNT commands in all and kills each at a random moment of the time that it takes, in turn
urun alone, urun-image alone, the process that packs or unpacks alone, the whole process group,
and all of it from urun-image down. After each: all processes are gone; every other time urun system fsck
finds no damage and what is listed runs; the same command succeeds, and nothing is left behind
it. Two at a time, each with a store of its own.

$SEED makes the same moments again. $IMAGES has the layout "parts", $REGISTRY is HOST:PORT of a
registry with "parts:1" in it, $ARCHIVES a folder for archives.
"""
import ctypes
import fcntl
import hashlib
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time

PR_SET_CHILD_SUBREAPER = 36
WORKERS = 2
DEADLINE = 10  # seconds, for all to be gone
HANGS = 30     # seconds, for a command
TRIES = 8      # to meet what is to be killed, with moments that come earlier
SOONER = 0.8

IMAGES = os.environ['IMAGES']
REGISTRY = os.environ.get('REGISTRY', '')
BASE = os.environ['BATS_TEST_TMPDIR'] + '/image-killer'
ROLES = ('urun', 'urun-image', 'child', 'group')
# What may be in a store, and what fsck may tell of that is no damage.
IN_STORE = {'oci-layout', 'base', 'index.json', 'blobs', 'layers', 'squashed', 'containers', 'volumes',
            'locks', 'tmp', 'reserve'}
HARMLESS = re.compile(r'tmp/[^/:]+: somebody has left it: --repair removes it|'
                      r'(blobs/sha256|layers|squashed)/[0-9a-f]{64}: nothing needs it: '
                      r'--repair removes it')


class Failed(Exception):
    """What is told at the end."""


def children(pid):
    found = []
    try:
        for task in os.listdir('/proc/%d/task' % pid):
            with open('/proc/%d/task/%s/children' % (pid, task)) as f:
                found += [int(word) for word in f.read().split()]
    except OSError:
        pass
    return found


def words_of(pid):
    try:
        with open('/proc/%d/cmdline' % pid, 'rb') as f:
            return f.read().decode(errors='replace').split('\0')[:2]
    except OSError:
        return []


def is_helper(pid):
    words = words_of(pid)
    return len(words) == 2 and os.path.basename(words[0]) == 'urun-image'


def find(role, pid):
    """The processes that a role means just now."""
    if role in ('urun', 'group'):
        return [pid]
    helpers = [p for p in children(pid) if is_helper(p)]
    if role == 'urun-image':
        return helpers
    return [c for p in helpers for c in children(p)]


class Store:
    """A store, and a caller that uses it as users do."""

    def __init__(self, number):
        self.base = '%s/%s' % (BASE, number)
        self.path = self.base + '/store'
        os.makedirs(self.path, 0o700)
        for folder in 'tmp', 'runtime':
            os.mkdir('%s/%s' % (self.base, folder), 0o700)
        self.environ = dict(os.environ, URUN_ROOT=self.path, TMPDIR=self.base + '/tmp',
                            XDG_RUNTIME_DIR=self.base + '/runtime')
        self.output = self.base + '/output'

    def start(self, words):
        with open(self.output, 'wb') as out:
            return subprocess.Popen(['urun', *words], env=self.environ, stdin=subprocess.DEVNULL,
                                    stdout=out, stderr=out, start_new_session=True)

    def end(self, this):
        """Its exit code."""
        try:
            return this.wait(timeout=HANGS)
        except subprocess.TimeoutExpired:
            os.killpg(this.pid, signal.SIGKILL)
            raise Failed('it hangs') from None

    def said(self):
        with open(self.output, errors='replace') as f:
            return f.read()

    def run(self, *words, codes=(0,)):
        done = subprocess.run(['urun', *words], env=self.environ, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
        text = done.stdout.decode(errors='replace')
        if done.returncode not in codes:
            raise Failed('urun %s ended with %d: %s' % (' '.join(words), done.returncode, text))
        return text

    def names(self):
        return set(self.run('images', '--format', '{{.Repository}}:{{.Tag}}').split())

    def list(self, folder):
        return sorted(os.listdir(self.path + '/' + folder))


# --- what is killed ---

class Way:
    """A command, what makes it possible, and what its end is."""

    names_before = {'localhost/keep:latest'}
    names_after = names_before
    roles = ROLES
    uses_all = False  # that an earlier try has brought, so that there is no garbage then

    def __init__(self, store):
        self.store = store

    def prepare(self):
        """Once."""

    def reset(self):
        """Before each."""

    def check(self):
        """After a kill, and after the command's end."""

    def check_whole(self):
        """After the command's end."""

    def end(self):
        """Once."""


class Pull(Way):
    uses_all = True
    name = 'localhost/parts:latest'
    source = 'oci:%s/parts:latest' % IMAGES

    def __init__(self, store):
        super().__init__(store)
        self.names_after = self.names_before | {self.name}
        self.words = ('pull', '-q', self.source)

    def end(self):
        self.reset()

    def reset(self):
        if self.name in self.store.names():
            self.store.run('rmi', self.name)
        # What was brought in vain, too: each begins anew.
        self.store.run('image', 'prune', '-f')
        if any(not n.endswith('.part') for n in self.store.list('tmp')):
            raise Failed('tmp holds %s' % self.store.list('tmp'))
        for name in self.store.list('tmp'):
            os.unlink(self.store.path + '/tmp/' + name)
        self.store.run('system', 'fsck')


class PullFromRegistry(Pull):
    name = '%s/parts:1' % REGISTRY
    source = name

    def __init__(self, store):
        super().__init__(store)
        self.words = ('pull', '-q', '--tls-verify=false', self.source)


class Load(Pull):
    def prepare(self):
        self.archive = self.store.base + '/parts.tar'
        self.words = ('load', '-q', '-i', self.archive)
        self.store.run('pull', '-q', self.source)
        self.store.run('save', '-q', '-o', self.archive, self.name)


class Run(Pull):
    def __init__(self, store):
        super().__init__(store)
        self.words = ('run', '--rm', '-q', self.source, 'cat', '/last')

    def check_whole(self):
        if self.store.said() != '2\n':
            raise Failed('urun run said: ' + self.store.said())


class Remove(Pull):
    uses_all = False
    roles = ('urun', 'group')

    def __init__(self, store):
        super().__init__(store)
        self.names_before, self.names_after = self.names_after, self.names_before
        self.words = ('rmi', self.name)

    def reset(self):
        self.store.run('pull', '-q', self.source)

    def end(self):
        super().reset()

    def check(self):
        # The name goes first, and it cannot be asked for a second time.
        if self.name not in self.store.names():
            self.store.run('pull', '-q', self.source)


class Commit(Way):
    name = 'localhost/made:latest'

    def __init__(self, store):
        super().__init__(store)
        self.names_after = self.names_before | {self.name}
        self.words = ('commit', '-q', 'kept', 'made')

    def prepare(self):
        self.store.run('run', '--name', 'kept', '--entrypoint', 'sh', 'keep', '-c',
                       'i=0; while [ $i -lt 99 ]; do echo $i >/work/$i; i=$((i+1)); done;'
                       'head -c 3000000 /dev/urandom >/work/random')

    def reset(self):
        self.check()
        self.store.run('image', 'prune', '-f')
        self.store.run('system', 'fsck')

    def end(self):
        self.reset()
        self.store.run('rm', 'kept')

    def check(self):
        # The next has another time in it: this one would stay, without a name.
        if self.name in self.store.names():
            self.store.run('rmi', self.name)


class Save(Way):
    roles = ('urun', 'urun-image', 'group')

    def __init__(self, store):
        super().__init__(store)
        self.file = store.base + '/saved/file'
        os.mkdir(store.base + '/saved')
        self.words = ('save', '-q', '-o', self.file, 'keep')

    def reset(self):
        with open(self.file, 'w') as f:
            f.write('old')

    def check(self):
        if os.listdir(self.store.base + '/saved') != ['file']:
            raise Failed('beside the file: %s' % os.listdir(self.store.base + '/saved'))
        with open(self.file, 'rb') as f:
            text = f.read()
        if text != b'old':
            self.store.run('load', '-q', '-i', self.file)

    def check_whole(self):
        if os.path.getsize(self.file) < 500000:
            raise Failed('nothing was saved')


class Volume(Way):
    """The first container fills it."""

    def __init__(self, store):
        super().__init__(store)
        self.roles = ('urun', 'group')
        self.words = ('run', '--rm', '-v', 'vol:/bin', '--entrypoint', '/bin/busybox', 'keep',
                      'md5sum', '/bin/busybox')

    def reset(self):
        self.store.run('volume', 'prune', '-f')

    def check_whole(self):
        with open('/bin/busybox', 'rb') as f:
            whole = hashlib.md5(f.read()).hexdigest()
        # Behind a note, perhaps.
        if not self.store.said().endswith(whole + '  /bin/busybox\n'):
            raise Failed('the volume has: ' + self.store.said())


WAYS = {'pull': Pull, 'registry': PullFromRegistry, 'load': Load, 'run': Run, 'rmi': Remove,
        'commit': Commit, 'save': Save, 'volume': Volume}


# --- one moment ---

def is_gone_within(seconds):
    """All children of this process, and what they left to it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                time.sleep(0.001)
        except ChildProcessError:
            return True
    return False


def kill(role, pids):
    for pid in pids:
        if role == 'group':
            os.killpg(pid, signal.SIGKILL)
        else:
            os.kill(pid, signal.SIGKILL)


def kill_one(this, role, moment):
    """Whether there was something to kill then, or soon after it."""
    end = time.perf_counter() + moment
    while time.perf_counter() < end:
        pass
    while this.poll() is None:
        pids = find(role, this.pid)
        if pids:
            try:
                kill(role, pids)
                return True
            except ProcessLookupError:
                pass
    return False


def check_locks(store):
    for name in store.list('locks'):
        with open(store.path + '/locks/' + name) as f:
            try:
                fcntl.flock(f, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Failed('the lock %s is stuck' % name) from None


def check_runs(store, names):
    for name in names:
        said = store.run('run', '--rm', '--entrypoint', 'cat', name, '/etc/group')
        if said != 'root:x:0:\napp:x:1000:\nextra:x:2000:app\n':
            raise Failed('%s said: %s' % (name, said))


def check_after_kill(way):
    store = way.store
    found = store.run('system', 'fsck', codes=(0, 1))
    damage = [line for line in found.splitlines() if not HARMLESS.fullmatch(line)]
    if damage:
        raise Failed('fsck: ' + '\n'.join(damage))
    names = store.names()
    if names not in (way.names_before, way.names_after):
        raise Failed('images: %s' % sorted(names))
    check_locks(store)
    check_runs(store, names)
    way.check()


def check_whole(way):
    """After the same command once more: all of it, and nothing else."""
    store = way.store
    way.check_whole()
    if store.names() != way.names_after:
        raise Failed('images: %s' % sorted(store.names()))
    for folder in 'tmp', 'containers':
        if store.list(folder) != (way.containers if folder == 'containers' else []):
            raise Failed('%s holds %s' % (folder, store.list(folder)))
    if not set(store.list('.')) <= IN_STORE:
        raise Failed('the store holds %s' % store.list('.'))
    # Only now: a run clears up, too.
    check_runs(store, way.names_after - way.names_before)
    if way.uses_all:
        store.run('system', 'fsck')


def time_of(way):
    """Of the whole command: the middle of three."""
    times = []
    for _ in range(3):
        way.reset()
        begin = time.perf_counter()
        this = way.store.start(way.words)
        if way.store.end(this) != 0:
            raise Failed('urun %s: %s' % (' '.join(way.words), way.store.said()))
        times.append(time.perf_counter() - begin)
        check_whole(way)
    return sorted(times)[1]


def one(way, role, moment, is_direct):
    """@is_direct: the same command comes next. Was there something to kill?"""
    way.reset()
    this = way.store.start(way.words)
    is_hit = kill_one(this, role, moment)
    code = way.store.end(this)
    if not is_gone_within(DEADLINE):
        raise Failed('processes are left')
    said = way.store.said()
    if is_hit and role in ('urun', 'group') and code not in (-signal.SIGKILL, 0):
        raise Failed('it ended with %d' % code)
    if is_hit and role in ('urun-image', 'child') and code not in (0, 125):
        raise Failed('it ended with %d: %s' % (code, said))
    if role == 'child' and code == 125 and not re.match(r'urun: \w', said):
        raise Failed('nothing said why: %s' % said)
    if is_direct:
        way.check()
    else:
        check_after_kill(way)
    this = way.store.start(way.words)
    if way.store.end(this) != 0:
        raise Failed('and once more: %s' % way.store.said())
    check_whole(way)
    return is_hit


# --- many ---

def kill_sometime(way, role, whole, seed, is_direct):
    """What takes less time than when it was measured is tried again."""
    dice = random.Random(seed)
    for _ in range(TRIES):
        moment = dice.uniform(0, whole)
        try:
            if one(way, role, moment, is_direct):
                return True
        except Failed as e:
            raise Failed('moment "%s": %s killed after %.1f of %.1f ms:\n%s' %
                         (seed, role, moment * 1000, whole * 1000, e)) from None
        whole *= SOONER
    return False


def work(number, seed, ways, count):
    store = Store(number)
    store.run('pull', '-q', 'oci:%s/basic:latest' % IMAGES)
    store.run('tag', 'basic', 'keep')
    store.run('rmi', 'basic')
    for name in ways:
        way = WAYS[name](store)
        kills = []
        try:
            way.prepare()
            way.containers = store.list('containers')
            whole = time_of(way)
            for i in range(number, count, WORKERS):
                role = way.roles[i // WORKERS % len(way.roles)]
                kills.append(kill_sometime(way, role, whole, '%s %s %d' % (seed, name, i),
                                           i // WORKERS // len(way.roles) % 2 == 1))
            way.end()
        except Failed as e:
            sys.exit('%s, SEED=%s: %s\n-- it said --\n%s' % (name, seed, e, store.said()))
        print('%s: %d killed, of %d, that take %.0f ms' % (name, sum(kills), len(kills), whole * 1000),
              flush=True)
        if sum(kills) < len(kills):
            sys.exit('too few')


def main(argv):
    seed = os.environ.get('SEED') or '%d' % random.SystemRandom().randrange(1 << 32)
    ways = argv[2].split(',')
    shutil.rmtree(BASE, ignore_errors=True)
    print('SEED=' + seed, flush=True)
    workers = []
    for number in range(WORKERS):
        pid = os.fork()
        if pid == 0:
            if ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
                sys.exit('no child subreaper')
            work(number, seed, ways, int(argv[1]))
            sys.exit(0)
        workers.append(pid)
    if any([os.waitpid(pid, 0)[1] for pid in workers]):
        sys.exit(1)


if __name__ == '__main__':
    main(sys.argv)
