#!/usr/bin/env python3
"""Streams of RTP on a real link: rtp_send.py TO STREAMS PACKETS, a packet of each stream every 2 ms."""
import random
import socket
import struct
import sys
import time

target, streams, packets = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(streams)]
chance = random.Random(15)
first = [(chance.randrange(65536), chance.getrandbits(32), chance.getrandbits(32)) for _ in sockets]
begun = time.monotonic()
for i in range(packets):
    for at, one in enumerate(sockets):
        number, stamp, ssrc = first[at]
        header = struct.pack("!BBHII", 0x80, 0, (number + i) & 0xFFFF, (stamp + 16 * i) & 0xFFFFFFFF, ssrc)
        try:
            one.sendto(header + b"\xff" * 16, (target, 30000 + 2 * at))
        except ConnectionError:
            pass  # nobody listens there, which the other end may say
    time.sleep(max(0.0, begun + 0.002 * (i + 1) - time.monotonic()))
