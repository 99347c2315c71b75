# SPDX-License-Identifier: Apache-2.0
"""image_full.py - fills the disk of an image store, and looks for what is lost

    image_full.py space|inodes|refused WAY[,WAY...]

Is root of a user and a mount namespace of its own, and mounts a small tmpfs for the store. Runs
a command with less and less left of it. When that fails: one error says why and how to mend it,
not a block more is used than before, urun system fsck finds nothing, the images from before run,
and with space the same command succeeds. With "refused" nothing is full: chosen system calls
fail as on a broken disk, or for want of a quota.
"""
import ctypes
import os
import re
import shutil
import subprocess
import sys
import time

sys.dont_write_bytecode = True
from image_killer import (Commit, Failed, IMAGES, Load, Pull, Run, Store, Volume, Way, check_runs,
                          check_whole)

LIMITS = {'space': 'size=24m', 'inodes': 'size=64m,nr_inodes=1400'}
STEPS = 12
BLOCK = 4096
MOST = 10000
CALLS = ('syncfs', 'fsync', 'renameat', 'renameat2', 'mkdirat', 'symlinkat', 'fchownat')
FOR_A_RUN = 64  # blocks, or inodes
SAYS = 'No space left on device'
HINT = re.compile(r"  (The disk of '[^']+'|Its disk), or the caller's share of it, is full")


class Import(Pull):
    name = 'localhost/made:latest'

    def prepare(self):
        file = self.store.base + '/files.tar'
        self.store.run('run', '--name', 'c', '--entrypoint', 'true', 'keep')
        self.store.run('export', '-o', file, 'c')
        self.store.run('rm', 'c')
        self.words = ('import', '-q', file, 'made')


class LoadStandardInput(Load):
    """Compressed: a file without a name is made of it, which is not in the store."""

    def prepare(self):
        super().prepare()
        subprocess.run(['gzip', self.archive], check=True)
        self.words = ('load', '-q', '-i', self.archive + '.gz')


class Tag(Pull):
    """Only a longer index.json."""
    name = 'localhost/%s:latest' % ('n' * 200)

    def prepare(self):
        self.words = ('tag', 'keep', self.name)


class Create(Way):
    words = ('volume', 'create', 'vol')

    def reset(self):
        self.store.run('volume', 'prune', '-f')


WAYS = {'pull': Pull, 'load': Load, 'load-gzip': LoadStandardInput, 'commit': Commit,
        'import': Import, 'run': Run, 'volume': Volume, 'tag': Tag, 'create': Create}


class Disk:
    def __init__(self, path, kind):
        self.path = path
        self.is_space = kind == 'space'
        libc = ctypes.CDLL(None, use_errno=True)
        options = 'mode=700,' + LIMITS[kind]
        if libc.mount(b'none', path.encode(), b'tmpfs', 0, options.encode()) != 0:
            sys.exit('mount: ' + os.strerror(ctypes.get_errno()))

    def left(self):
        st = os.statvfs(self.path)
        return st.f_bfree if self.is_space else st.f_ffree

    def has_soon(self, left):
        """What was removed goes with its last descriptor."""
        end = time.monotonic() + 2
        while self.left() != left and time.monotonic() < end:
            time.sleep(0.01)
        return self.left() == left

    def fill(self, left):
        """So that this much is left."""
        folder = self.path + '/fill'
        os.mkdir(folder)
        for i in range(MOST):
            if self.left() <= left:
                break
            with open('%s/%d' % (folder, i), 'wb') as f:
                if self.is_space:
                    f.write(bytes((self.left() - left) * BLOCK))
        if not self.has_soon(left):
            raise Failed('%d are left, not %d' % (self.left(), left))

    def empty(self):
        shutil.rmtree(self.path + '/fill')


def files(store):
    """All but the locks, which are empty and stay."""
    found = []
    for folder, names, rest in os.walk(store.path):
        if folder == store.path:
            names[:] = [n for n in names if n not in ('locks', 'fill')]
        found += [os.path.join(folder, n) for n in names + rest]
    return sorted(found)


def locks(store):
    return len(store.list('locks'))


def check_volume(store):
    """Who asks for one has it, though there was no container."""
    if 'vol' in store.list('volumes'):
        if store.list('volumes/vol/_data'):
            raise Failed('the volume has a half of what it should have')
        store.run('volume', 'rm', 'vol')


def check_error(way, code):
    said = [line for line in way.store.said().rstrip('\n').split('\n')
            if not line.startswith('urun: note: ')]
    if code != 125 or not said[0].startswith('urun: ') or SAYS not in said[0] or \
            not HINT.match(said[1] if len(said) > 1 else '') or \
            any(line.startswith('urun: ') for line in said[1:]):
        raise Failed('it ended with %d' % code)
    if not re.search("'|sha256:", said[0]):
        raise Failed('no object is named')


def one(way, disk, left):
    """Did it fail?"""
    store = way.store
    way.reset()
    before, made_before = files(store), locks(store)
    disk.fill(left)
    this = store.start(way.words)
    code = store.end(this)
    if code == 0:
        disk.empty()
        check_whole(way)
        return False
    check_error(way, code)
    # An empty lock file takes an inode, and no block.
    more = 0 if disk.is_space else locks(store) - made_before
    if isinstance(way, Volume):
        check_volume(store)
    if files(store) != before or not disk.has_soon(left - more):
        raise Failed('left behind: %s, and %d' %
                     (set(files(store)) ^ set(before), left - disk.left()))
    if store.run('system', 'fsck') != '':
        raise Failed('fsck has something to say')
    if store.names() != way.names_before:
        raise Failed('images: %s' % store.names())
    if left >= FOR_A_RUN:
        check_runs(store, way.names_before)
    disk.empty()
    check_runs(store, way.names_before)
    if store.end(store.start(way.words)) != 0:
        raise Failed('and with space')
    check_whole(way)
    return True


def need_of(way, disk):
    way.reset()
    before = disk.left()
    if way.store.end(way.store.start(way.words)) != 0:
        raise Failed('nothing was filled')
    check_whole(way)
    return before - disk.left()


def lefts(need):
    """A few blocks, and then more and more."""
    return sorted({0, 1, 2, 3, 5, 8, 16} | {need * i // STEPS for i in range(STEPS)} - {need})


def work(way, disk, what):
    left = None
    try:
        way.prepare()
        way.containers = way.store.list('containers')
        # Some stay until they are used.
        need = max(need_of(way, disk), need_of(way, disk), 4)
        n_failed = 0
        for left in lefts(need):
            n_failed += one(way, disk, left)
        way.end()
    except Failed as e:
        sys.exit('%s with %s %s left of %s: %s\n-- it said --\n%s' %
                 (what, left, 'blocks' if disk.is_space else 'inodes',
                  locals().get('need'), e, way.store.said()))
    print('%s: %d failed of %d, for %d' % (what, n_failed, len(lefts(need)), need), flush=True)


def one_refused(way, errno, reason, call):
    """A call fails wherever it is made, also when the command clears up behind itself."""
    store = way.store
    way.reset()
    done = subprocess.run(['urun-refuse', errno, call, 'urun', *way.words], env=store.environ,
                          stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, timeout=60)
    said = done.stderr.decode(errors='replace')
    if done.returncode == 0:
        return False
    if done.returncode != 125 or not re.match('urun: [^\n]*' + reason, said):
        raise Failed('it ended with %d: %s' % (done.returncode, said))
    if store.names() != way.names_before:
        raise Failed('images: %s' % store.names())
    if store.end(store.start(way.words)) != 0:
        raise Failed('and without it')
    check_whole(way)
    check_runs(store, way.names_before)
    return True


def refuse(way, what):
    n = 0
    way.prepare()
    way.containers = way.store.list('containers')
    for errno, reason in ('EIO', 'Input/output error'), ('EDQUOT', 'Disk quota exceeded'):
        for call in CALLS:
            try:
                n += one_refused(way, errno, reason, call)
            except Failed as e:
                sys.exit('%s, %s of %s: %s' % (what, errno, call, e))
    way.end()
    print('%s: %d failed of %d' % (what, n, 2 * len(CALLS)), flush=True)


def check_removal(store, disk):
    """What makes space works with none."""
    for words in ('rmi', 'localhost/parts:latest'), ('image', 'prune', '-a', '-f'):
        store.run('pull', '-q', 'oci:%s/parts:latest' % IMAGES)
        disk.fill(0)
        store.run(*words)
        if 'localhost/parts:latest' in store.names() or disk.left() < 100:
            raise Failed('nothing was removed')
        disk.empty()
        store.run('system', 'fsck')


def main(argv):
    store = Store('full')
    disk = Disk(store.path, argv[1]) if argv[1] in LIMITS else None
    store.run('pull', '-q', 'oci:%s/basic:latest' % IMAGES)
    store.run('tag', 'basic', 'keep')
    store.run('rmi', 'basic')
    for name in argv[2].split(','):
        if not disk:
            refuse(WAYS[name](store), name)
        elif name == 'rmi':
            check_removal(store, disk)
            print('rmi: well')
        else:
            work(WAYS[name](store), disk, name)


if __name__ == '__main__':
    main(sys.argv)
