#!/usr/bin/env python3
"""A relay for IAX2 on UDP that takes the call token out of each NEW, as callers of before 2009 have none.

usage: no_token.py PORT ADDRESS     from PORT of this host to port 4569 of ADDRESS, until it is killed
"""
import select
import socket
import sys

NEW, IAX, TOKEN, HEADER = 1, 6, 54, 12


def without_token(packet):
    if len(packet) < HEADER or not packet[0] & 0x80 or packet[10] != IAX or packet[11] != NEW:
        return packet
    kept, rest = packet[:HEADER], packet[HEADER:]
    while len(rest) >= 2:
        size = 2 + rest[1]
        if rest[0] != TOKEN:
            kept += rest[:size]
        rest = rest[size:]
    return kept


near = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
near.bind(("127.0.0.1", int(sys.argv[1])))
far = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
far.connect((sys.argv[2], 4569))
caller = None
while True:
    for ready in select.select([near, far], [], [])[0]:
        if ready is near:
            packet, caller = near.recvfrom(4096)
            far.send(without_token(packet))
        else:
            packet = far.recv(4096)
            if caller:
                near.sendto(packet, caller)
