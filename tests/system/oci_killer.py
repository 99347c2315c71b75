# SPDX-License-Identifier: Apache-2.0
"""oci_killer.py - urun-oci is killed at any moment, for the system tests

    oci_killer.py create ROUNDS     of `create`
    oci_killer.py start ROUNDS      of `start`
    oci_killer.py delete ROUNDS     of `delete --force`
    oci_killer.py exec ROUNDS       of `exec --detach`
    oci_killer.py twice ROUNDS      two `create`s of one id at the same time
    oci_killer.py starts ROUNDS     two `start`s
    oci_killer.py crowd ROUNDS      eight commands on one id at the same time

After each round `delete --force` works, and nobody and nothing is left. The seed is printed first;
URUN_TEST_SEED gives one.
"""
import json
import os
import random
import signal
import subprocess
import sys
import time

STATE, BUNDLE, MARK = os.environ['STATE'], os.environ['B'], os.environ['MARK']
SEED = int(os.environ.get('URUN_TEST_SEED') or random.randrange(1 << 32))
DEADLINE = 20


def start(*words):
    return subprocess.Popen(['urun-oci', '--root', STATE, *words], stdin=subprocess.DEVNULL,
                            stdout=subprocess.DEVNULL, stderr=open('said', 'w+'), close_fds=True)


def oci(*words, expected=0):
    p = start(*words)
    code = p.wait(DEADLINE)
    text = open('said').read()
    assert expected is None or code == expected, '%s: %d: %s' % (words, code, text)
    return code, text


def status(name):
    with open('json', 'w+') as f:
        if subprocess.run(['urun-oci', '--root', STATE, 'state', name], stdin=subprocess.DEVNULL,
                          stdout=f, stderr=subprocess.DEVNULL).returncode:
            return None
        f.seek(0)
        return json.load(f)['status']


def ours():
    """Processes of urun-oci with this state folder, and of containers with the mark."""
    found = []
    for name in os.listdir('/proc'):
        if not name.isdigit() or int(name) == os.getpid():
            continue
        try:
            with open('/proc/%s/cmdline' % name, 'rb') as f:
                line = f.read()
        except OSError:
            continue
        if MARK.encode() in line or (STATE.encode() in line and b'urun-oci' in line):
            found.append((int(name), line))
    return found


def wait_for_nobody(what):
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        left = ours()
        if not left:
            return
        time.sleep(0.005)
    raise AssertionError('%s: left: %r' % (what, left))


def kill_at_any_moment(process):
    time.sleep(random.uniform(0, 0.015))
    process.send_signal(signal.SIGKILL)
    process.wait(DEADLINE)


def clear(what):
    oci('delete', '--force', 'c')
    wait_for_nobody(what)
    left = os.listdir(STATE)
    assert not left, '%s: left %r' % (what, left)


def kill_create(i):
    kill_at_any_moment(start('create', '--bundle', BUNDLE, 'c'))
    oci('list')
    before = status('c')
    if before in (None, 'creating'):
        # Nobody could find it: it has to go by itself.
        wait_for_nobody('round %d, %s' % (i, before))
    else:
        assert before in ('created', 'stopped'), before
        if before == 'created':
            oci('start', 'c')
            assert status('c') == 'running'
    clear('round %d, %s' % (i, before))
    return str(before)


def kill_start(i):
    oci('create', '--bundle', BUNDLE, 'c')
    kill_at_any_moment(start('start', 'c'))
    before = status('c')
    assert before in ('created', 'running', 'stopped'), before
    if before == 'created':
        # It may be on its way: then it is running meanwhile.
        code, text = oci('start', 'c', expected=None)
        assert code == 0 or 'cannot start' in text or 'tell container' in text, text
    clear('round %d, %s' % (i, before))
    return before


def kill_delete(i):
    oci('create', '--bundle', BUNDLE, 'c')
    oci('start', 'c')
    kill_at_any_moment(start('delete', '--force', 'c'))
    before = status('c')
    clear('round %d, %s' % (i, before))
    return str(before)


def first():
    with open('json', 'w+') as f:
        subprocess.run(['urun-oci', '--root', STATE, 'state', 'c'], stdin=subprocess.DEVNULL,
                       stdout=f, check=True)
        f.seek(0)
        return json.load(f)['pid']


def kill_exec(i):
    if i == 0:
        oci('create', '--bundle', BUNDLE, 'c')
        oci('start', 'c')
    kill_at_any_moment(start('exec', 'c', 'sh', '-c', 'while :; do sleep 600; done', MARK))
    end = time.monotonic() + DEADLINE
    while [pid for pid, _ in ours()] != [first()]:
        assert time.monotonic() < end, ours()
        time.sleep(0.005)
    return 'gone'


def create_twice(i):
    both = [start('create', '--bundle', BUNDLE, 'c') for _ in range(2)]
    codes = sorted(p.wait(DEADLINE) for p in both)
    assert codes == [0, 1], codes
    assert status('c') == 'created'
    oci('start', 'c')
    clear('round %d' % i)
    return 'one'


def start_twice(i):
    oci('create', '--bundle', BUNDLE, 'c')
    both = [start('start', 'c') for _ in range(2)]
    codes = sorted(p.wait(DEADLINE) for p in both)
    assert codes == [0, 1], codes
    assert status('c') == 'running'
    clear('round %d' % i)
    return 'one'


def crowd(i):
    words = [['create', '--bundle', BUNDLE], ['start'], ['state'], ['kill', '--all'], ['delete'],
             ['exec'], ['delete', '--force'], ['ps'], ['pause'], ['create', '--bundle', BUNDLE]]
    random.shuffle(words)
    all_of_them = [start(*w, 'c', *(['KILL'] if w[0] == 'kill' else ['true'] if w[0] == 'exec' else []))
                   for w in words[:8]]
    for p in all_of_them:
        # By force a creation that is on its way is ended by its creator's death; and what an exec has begun by
        # who kills all.
        may_be = (0, 1, {'create': -signal.SIGKILL, 'exec': 128 + signal.SIGKILL}.get(p.args[3], 0))
        assert p.wait(DEADLINE) in may_be, (i, p.args, p.returncode)
    clear('round %d' % i)
    return 'through'


def main():
    what = {'create': kill_create, 'start': kill_start, 'delete': kill_delete, 'exec': kill_exec,
            'twice': create_twice, 'starts': start_twice, 'crowd': crowd}[sys.argv[1]]
    print('seed', SEED, flush=True)
    random.seed(SEED)
    os.makedirs(STATE, mode=0o700, exist_ok=True)
    seen = {}
    for i in range(int(sys.argv[2])):
        result = what(i)
        seen[result] = seen.get(result, 0) + 1
    if sys.argv[1] == 'exec':
        clear('the end')
    print(*('%s: %d' % item for item in sorted(seen.items())))


if __name__ == '__main__':
    main()
