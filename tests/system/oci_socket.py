# SPDX-License-Identifier: Apache-2.0
"""oci_socket.py - the other end of urun-oci's sockets, for the system tests

    oci_socket.py console PATH INPUT    gets a terminal, types INPUT when something was written to it,
                                        and prints the name that came along and all that comes
    oci_socket.py pidfd PATH            gets a pidfd: prints the number, and "ended" when it has
    oci_socket.py close PATH            accepts, and hangs up
"""
import os
import select
import socket
import sys

DEADLINE = 30


def receive(path):
    with socket.socket(socket.AF_UNIX) as listener:
        # Whoever sees it can connect.
        listener.bind(path + '.new')
        listener.listen()
        os.rename(path + '.new', path)
        listener.settimeout(DEADLINE)
        connection, _ = listener.accept()
    with connection:
        if sys.argv[1] == 'close':
            sys.exit(0)
        name, fds, _, _ = socket.recv_fds(connection, 4096, 4)
        assert len(fds) == 1, fds
        return name.decode(), fds[0]


def read(master):
    if not select.select([master], [], [], DEADLINE)[0]:
        sys.exit('nothing came')
    try:
        return os.read(master, 4096)
    except OSError:  # nobody has the other side open any more
        return b''


def console(path, text):
    name, master = receive(path)
    print(name, flush=True)
    more = read(master)
    os.write(master, text.encode())
    while more:
        print(more.decode().replace('\r', ''), end='', flush=True)
        more = read(master)


def pidfd(path):
    _, fd = receive(path)
    with open('/proc/self/fdinfo/%d' % fd) as f:
        print(*[line.split()[1] for line in f if line.startswith('Pid:')], flush=True)
    if not select.select([fd], [], [], DEADLINE)[0]:
        sys.exit('it goes on')
    print('ended')


if __name__ == '__main__':
    {'console': console, 'pidfd': pidfd, 'close': receive}[sys.argv[1]](*sys.argv[2:])
