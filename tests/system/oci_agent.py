# SPDX-License-Identifier: Apache-2.0
"""oci_agent.py - who answers for a seccomp filter, for the system tests

    oci_agent.py PATH    for each listener that comes: prints what it is told of the process, without
                         numbers of processes but whether they are there, and answers one call with EEXIST
"""
import fcntl
import json
import os
import socket
import struct
import sys

RECV, SEND, EEXIST = 0xc0502100, 0xc0182101, 17


def answer(listener):
    request = bytearray(80)
    fcntl.ioctl(listener, RECV, request)
    cookie, _, _, number = struct.unpack_from('<QIIi', request)
    fcntl.ioctl(listener, SEND, struct.pack('<QqiI', cookie, 0, -EEXIST, 0))
    print('answered', number, flush=True)


def main():
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(sys.argv[1])
        s.listen()
        while True:
            connection, _ = s.accept()
            text, fds, _, _ = socket.recv_fds(connection, 65536, 4)
            said = json.loads(text)
            pid, first = said.pop('pid'), said['state'].pop('pid')
            print(json.dumps(said, sort_keys=True))
            print('alive', os.path.exists(f'/proc/{pid}'), 'first', pid == first, len(fds), flush=True)
            answer(fds[0])
            for fd in fds:
                os.close(fd)
            connection.close()


main()
