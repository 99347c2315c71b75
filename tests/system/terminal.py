# SPDX-License-Identifier: Apache-2.0
"""terminal.py - a terminal and who sits at it, for the system tests

A Terminal runs a command as the leader of its session, or a shell that starts jobs. The test
holds the other side open too, so modes can be asked for when the command is gone.
"""
import contextlib
import fcntl
import os
import re
import select
import signal
import struct
import sys
import termios
import time

DEADLINE = 30
ROOT = 'rootfs:' + os.environ.get('ROOT', '')


def until(what, condition):
    """Waits for a condition, for at most the deadline."""
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError('never: ' + what)


def in_foreground(pid):
    """Has the shell given its terminal to the process's group?"""
    with open('/proc/%d/stat' % pid) as f:
        fields = f.read().rpartition(') ')[2].split()
    return fields[2] == fields[5]


def state_of(pid):
    """The letter of a process's state, '' when there is none."""
    try:
        with open('/proc/%d/stat' % pid) as f:
            return f.read().rpartition(') ')[2][0]
    except OSError:
        return ''


def equal(got, expected):
    assert got == expected, 'expected %r, got %r' % (expected, got)


class Terminal:
    def __init__(self, *argv, rows=24, cols=80, env=None):
        self.master, self.slave = os.openpty()
        self.resize(rows, cols)
        self.text = b''
        self.everything = b''
        self.first_modes = self.modes()
        self.status = None
        self.pid = os.fork()
        if self.pid == 0:
            try:
                os.setsid()
                fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)
                for fd in range(3):
                    os.dup2(self.slave, fd)
                os.closerange(3, 256)
                if env:
                    os.environ.update(env)
                os.execvp(argv[0], argv)
            finally:
                os._exit(127)

    def modes(self):
        modes = termios.tcgetattr(self.slave)
        # The driver's own note that lines wait to be read again.
        modes[3] &= ~termios.PENDIN
        return modes

    def is_raw(self):
        return not self.modes()[3] & (termios.ICANON | termios.ECHO)

    def size(self):
        return struct.unpack('HHHH', fcntl.ioctl(self.slave, termios.TIOCGWINSZ, b'\0' * 8))[:2]

    def resize(self, rows, cols):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack('HHHH', rows, cols, 0, 0))

    def type(self, text):
        os.write(self.master, text if isinstance(text, bytes) else text.encode())

    def read(self, wait=0.0):
        """Takes what is there to be read. False: nothing came."""
        if not select.select([self.master], [], [], wait)[0]:
            return False
        try:
            data = os.read(self.master, 65536)
        except OSError:
            return False
        self.text += data
        self.everything += data
        return bool(data)

    def expect(self, pattern):
        """Reads on until the pattern has come, and forgets everything up to its end."""
        pattern = pattern if isinstance(pattern, bytes) else pattern.encode()
        end = time.monotonic() + DEADLINE
        while time.monotonic() < end:
            match = re.search(pattern, self.text)
            if match:
                self.text = self.text[match.end():]
                return match
            self.read(0.05)
        raise AssertionError('expected %r, saw %r' % (pattern, self.everything))

    def ended(self):
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                code = os.waitstatus_to_exitcode(status)
                self.status = 128 - code if code < 0 else code
        return self.status is not None

    def wait(self):
        """The exit code of the command, as a shell tells it. Its output is read on."""
        end = time.monotonic() + DEADLINE
        while time.monotonic() < end:
            if self.ended():
                while self.read():
                    pass
                return self.status
            self.read(0.02)
        raise AssertionError('still running; saw %r' % self.everything)

    def expect_ended(self, code):
        """It has ended with that code and left the terminal as it was."""
        equal(self.wait(), code)
        equal(self.modes(), self.first_modes)

    def hang_up(self):
        os.close(self.master)
        self.master = -1

    def kill(self, signo):
        os.kill(self.pid, signo)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for pid in session(self.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if not self.ended():
            os.waitpid(self.pid, 0)
        for fd in (self.master, self.slave):
            if fd >= 0:
                os.close(fd)


class Shell(Terminal):
    """A shell at a terminal, with jobs."""

    PROMPT = 'ready:'

    def __init__(self):
        super().__init__('bash', '--norc', '--noprofile', '-i', cols=500,
                         env={'PS1': self.PROMPT + ' ', 'TERM': 'dumb'})
        self.expect(self.PROMPT)

    def do(self, line):
        """Types a line; returns what came up to the next prompt."""
        self.type(line + '\n')
        self.expect(re.escape(line) + '\r\n')
        return self.prompt()

    def start(self, line):
        """Types a line and does not wait for the prompt."""
        self.type(line + '\n')
        self.expect(re.escape(line) + '\r\n')

    def prompt(self):
        match = self.expect('(?s)(.*?)' + self.PROMPT)
        return match.group(1).decode()


def processes(field, value):
    """The pids of those that have the value in a field behind their state, see proc(5)."""
    found = []
    for name in os.listdir('/proc'):
        if not name.isdigit():
            continue
        try:
            with open('/proc/%s/stat' % name) as f:
                if int(f.read().rpartition(') ')[2].split()[field]) == value:
                    found.append(int(name))
        except (OSError, IndexError):
            pass
    return found


def children(pid):
    return processes(1, pid)


def session(leader):
    return processes(3, leader)


def command_of(pid):
    try:
        with open('/proc/%d/comm' % pid) as f:
            return f.read().strip()
    except OSError:
        return ''


def sleeper_below(pid):
    """The pid of the `sleep` below a process, once it is one and no shell any more."""
    found = []

    def look():
        below = children(pid)
        while below and not found:
            found.extend(p for p in below if command_of(p) == 'sleep')
            below = [p for parent in below for p in children(parent)]
        return found
    until('a sleeper', look)
    return found[0]


if __name__ == '__main__':
    sys.exit('terminal.py is imported by tests')
