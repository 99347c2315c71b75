# SPDX-License-Identifier: Apache-2.0
"""image_races.py - two commands at once in one image store

    image_races.py COUNT WAY

Starts a pair of commands COUNT times, one of them a random moment after the other. Whatever
comes first: what a command said that it named is there and runs, urun system fsck finds no
damage, and once nobody is at work nothing is left. $SEED makes the same moments again; $IMAGES
has the layouts "basic", "parts", "gzip" and "plain".
"""
import hashlib
import json
import os
import random
import subprocess
import sys

sys.dont_write_bytecode = True
from image_killer import HARMLESS, IMAGES, Failed, Store, check_locks, check_runs

APART = 0.03  # seconds
HANGS = 60
OTHERS = 10
PARTS = 'localhost/parts:latest'
PULL = ('pull', '-q', 'oci:%s/parts:latest' % IMAGES)


class Pair:
    names = {'localhost/keep:latest'}

    def __init__(self, store):
        self.store = store

    def prepare(self):
        pass

    def reset(self):
        for name in self.store.names() - self.names - {'<none>:<none>'}:
            self.store.run('rmi', name)
        self.store.run('image', 'prune', '-f')

    def expect(self, *codes):
        for (code, said), words, good in zip(self.ends, self.commands, codes):
            if code not in good:
                raise Failed('urun %s ended with %d: %s' % (' '.join(words), code, said))

    def expect_named(self, name, is_named):
        """After a command that names it, or not."""
        if (name in self.store.names()) != is_named:
            raise Failed('%s is %s' % (name, 'lost' if is_named else 'there'))

    def is_good(self, i):
        return self.ends[i][0] == 0

    def expect_refused(self, i, *reasons):
        """Whoever came too late says so."""
        code, said = self.ends[i]
        if code != 0 and not any(r in said for r in reasons):
            raise Failed('it ended with %d: %s' % (code, said))


GONE = ('not in the store', 'somebody else has just')


class PullAndRemove(Pair):
    commands = PULL, ('rmi', PARTS)

    def reset(self):
        self.store.run(*PULL)

    def check(self):
        self.expect((0,), (0, 1))
        self.expect_refused(1, *GONE)
        if not self.is_good(1):
            self.expect_named(PARTS, True)


class NewPullAndPrune(Pair):
    commands = PULL, ('image', 'prune', '-f')

    def check(self):
        self.expect((0,), (0,))
        self.expect_named(PARTS, True)


class PullsAndSystemPrune(NewPullAndPrune):
    """Of a layer that is there, without an image that needs it."""
    commands = PULL, ('system', 'prune', '-f')

    def reset(self):
        super().reset()
        self.store.run(*PULL)
        os.unlink(self.store.path + '/index.json')
        self.store.run('pull', '-q', 'oci:%s/basic:latest' % IMAGES)
        self.store.run('tag', 'basic', 'keep')
        self.store.run('untag', 'basic')


class TagAndPrune(Pair):
    """The name of an image that has none."""

    def prepare(self):
        self.store.run(*PULL)
        self.digest = self.store.run('images', '--format', '{{.Digest}}', 'parts').strip()
        self.id = self.get(self.digest)['config']['digest'][7:]
        self.commands = ('tag', self.digest, 'parts'), ('image', 'prune', '-f')

    def put(self, document):
        text = json.dumps(document).encode()
        digest = hashlib.sha256(text).hexdigest()
        with open('%s/blobs/sha256/%s' % (self.store.path, digest), 'wb') as f:
            f.write(text)
        return {'digest': 'sha256:' + digest, 'size': len(text)}

    def get(self, digest):
        with open('%s/blobs/sha256/%s' % (self.store.path, digest[7:]), 'rb') as f:
            return json.load(f)

    def reset(self):
        """Others before it, so that the prune has seen it long before its turn comes."""
        self.store.run(*PULL)
        self.store.run('untag', PARTS)
        index = self.store.path + '/index.json'
        with open(index) as f:
            document = json.load(f)
        manifest = self.get(self.digest)
        config = self.get(manifest['config']['digest'])
        for i in range(OTHERS):
            config['author'] = str(i)
            manifest['config'].update(self.put(config))
            document['manifests'].insert(0, dict(document['manifests'][0], annotations={},
                                                 **self.put(manifest)))
        with open(index, 'w') as f:
            json.dump(document, f)

    def check(self):
        self.expect((0, 125), (0,))
        self.expect_refused(0, *GONE)
        self.expect_named(PARTS, self.is_good(0))
        if self.id not in self.ends[1][1] and not self.is_good(0):
            raise Failed('the prune said: ' + self.ends[1][1])


class TagAndRemove(Pair):
    """A second name, and the first one goes."""
    commands = ('tag', PARTS, 'other'), ('rmi', PARTS)

    def reset(self):
        super().reset()
        self.store.run(*PULL)

    def check(self):
        self.expect((0, 125), (0,))
        self.expect_refused(0, *GONE)
        self.expect_named('localhost/other:latest', self.is_good(0))
        self.expect_named(PARTS, False)


class LoadTwice(Pair):
    def prepare(self):
        file = self.store.base + '/parts.tar'
        self.store.run(*PULL)
        self.store.run('save', '-q', '-o', file, PARTS)
        self.commands = (('load', '-q', '-i', file),) * 2

    def check(self):
        self.expect((0,), (0,))
        self.expect_named(PARTS, True)


class SameLayers(Pair):
    """In other blobs: what two of them unpack to is one folder."""
    commands = tuple(('pull', '-q', 'oci:%s/%s:latest' % (IMAGES, how)) for how in ('gzip', 'plain'))

    def check(self):
        self.expect((0,), (0,))
        for how in 'gzip', 'plain':
            self.expect_named('localhost/%s:latest' % how, True)


class RunAndRemove(Pair):
    commands = ('run', '--rm', '--pull', 'never', PARTS, 'cat', '/last'), ('rmi', PARTS)

    def reset(self):
        self.store.run(*PULL)

    def check(self):
        self.expect((0, 125), (0, 2))
        self.expect_refused(0, *GONE)
        self.expect_refused(1, 'uses the image')
        if self.is_good(0) and self.ends[0][1] != '2\n':
            raise Failed('it said: ' + self.ends[0][1])
        self.expect_named(PARTS, not self.is_good(1))


class CommitAndRemove(Pair):
    """The image that the container is made of."""
    commands = ('commit', '-q', 'kept', 'made'), ('rmi', '-f', PARTS)

    def prepare(self):
        self.store.run(*PULL)
        self.store.run('run', '--name', 'kept', PARTS, 'touch', '/new')

    def reset(self):
        if 'localhost/made:latest' in self.store.names():
            self.store.run('rmi', 'made')
        self.store.run(*PULL)

    def check(self):
        self.expect((0, 125), (0,))
        self.expect_refused(0, 'is not in the store any more')
        self.expect_named('localhost/made:latest', self.is_good(0))
        self.expect_named(PARTS, False)


WAYS = {'pull-rmi': PullAndRemove, 'pull-prune': NewPullAndPrune,
        'pull-system-prune': PullsAndSystemPrune, 'tag-prune': TagAndPrune,
        'tag-rmi': TagAndRemove, 'load-load': LoadTwice, 'same-layers': SameLayers,
        'run-rmi': RunAndRemove, 'commit-rmi': CommitAndRemove}


def start(pair, words):
    return subprocess.Popen(['urun', *words], env=pair.store.environ, stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def end(this):
    try:
        said = this.communicate(timeout=HANGS)[0]
    except subprocess.TimeoutExpired:
        this.kill()
        raise Failed('it hangs') from None
    return this.returncode, said.decode(errors='replace')


def one(pair, dice):
    pair.reset()
    order = [0, 1]
    dice.shuffle(order)
    began = {}
    for i in order:
        began[i] = start(pair, pair.commands[i])
        if i == order[0]:
            try:
                began[i].wait(timeout=dice.uniform(0, APART))
            except subprocess.TimeoutExpired:
                pass
    pair.ends = [end(began[0]), end(began[1])]
    store = pair.store
    pair.check()
    damage = [line for line in store.run('system', 'fsck', codes=(0, 1)).splitlines()
              if not HARMLESS.fullmatch(line)]
    if damage:
        raise Failed('fsck: ' + '\n'.join(damage))
    # Those of the other layouts have no program.
    check_runs(store, {n for n in store.names() if 'gzip' not in n and 'plain' not in n
                       and n != '<none>:<none>'})
    check_locks(store)
    if store.list('tmp'):
        raise Failed('tmp holds %s' % store.list('tmp'))
    store.run('image', 'prune', '-f')
    store.run('system', 'fsck')


def main(argv):
    seed = os.environ.get('SEED') or '%d' % random.SystemRandom().randrange(1 << 32)
    store = Store(argv[2])
    store.run('pull', '-q', 'oci:%s/basic:latest' % IMAGES)
    store.run('tag', 'basic', 'keep')
    store.run('rmi', 'basic')
    pair = WAYS[argv[2]](store)
    pair.prepare()
    ends = {}
    for i in range(int(argv[1])):
        try:
            one(pair, random.Random('%s %d' % (seed, i)))
        except Failed as e:
            sys.exit('SEED=%s: %s number %d: %s\n%s' %
                     (seed, argv[2], i, e, getattr(pair, 'ends', '')))
        codes = tuple(code for code, _ in pair.ends)
        ends[codes] = ends.get(codes, 0) + 1
    print('%s: %s' % (argv[2], ends))


if __name__ == '__main__':
    main(sys.argv)
