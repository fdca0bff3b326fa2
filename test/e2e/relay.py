#!/usr/bin/env python3
"""A relay that cuts connections: relay.py LISTEN-PORT TARGET-PORT CUT-FILE COUNT-FILE

Listens on every address and passes bytes to TARGET-PORT of the loopback address and back. CUT-FILE holds a direction and
a number, read anew for each connection: `to 1234` ends both ends without a word after that many bytes to the target,
`from 1234` after that many from it; anything else cuts nothing. `to 1234 FILE` does not cut: it kills the process whose
number FILE holds, and goes on passing what comes. COUNT-FILE has how many went each way so far: `TO FROM`.
"""
import os
import select
import signal
import socket
import sys


def cut_after(path):
    with open(path, encoding="ascii") as file:
        words = file.read().split()
    if len(words) >= 2 and words[0] in ("to", "from"):
        return words[0], int(words[1]), words[2] if len(words) == 3 else None
    return None, 0, None


def kill(path):
    with open(path, encoding="ascii") as file:
        os.kill(int(file.read()), signal.SIGKILL)


def serve(client, target_port, cut_file, count_file):
    direction, limit, victim = cut_after(cut_file)
    target = socket.create_connection(("127.0.0.1", target_port))
    for end in (client, target):
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    passed = {"to": 0, "from": 0}
    ways = {client: ("to", target), target: ("from", client)}
    while ways:
        for end in select.select(list(ways), [], [])[0]:
            name, other = ways[end]
            size = 65536
            if name == direction:
                size = min(size, limit - passed[name])
            data = end.recv(size) if size else b""
            passed[name] += len(data)
            if data:
                with open(count_file + ".part", "w", encoding="ascii") as file:
                    file.write("%d %d\n" % (passed["to"], passed["from"]))
                os.replace(count_file + ".part", count_file)
                other.sendall(data)
            if name == direction and passed[name] >= limit and victim:
                kill(victim)
                direction = None
            if not data or (name == direction and passed[name] >= limit):
                ways = {}
                break
    for end in (client, target):
        end.close()


def main():
    listen_port, target_port, cut_file, count_file = sys.argv[1:]
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("", int(listen_port)))
    listener.listen(16)
    while True:
        client = listener.accept()[0]
        try:
            serve(client, int(target_port), cut_file, count_file)
        except OSError:
            client.close()


main()
