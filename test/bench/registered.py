#!/usr/bin/env python3
"""Waits until a hub has taken the registration of a PBX, as seen on the wire, which takes neither of them any time.

usage: registered.py ADDRESS    in the network namespace of the bridge; prints the seconds since 1970
"""
import socket
import sys
import time

ETHERNET, DESTINATION = 14, 16
LIMIT_S = 600


def main():
    address = socket.inet_aton(sys.argv[1])
    frames = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0003))
    frames.settimeout(LIMIT_S)
    begin = ETHERNET + DESTINATION
    while True:
        frame = frames.recv(65535)
        lines = frame.split(b"\r\n")
        if (
            frame[begin : begin + 4] == address
            and lines[0].endswith(b"SIP/2.0 200 OK")
            and any(line.startswith(b"CSeq:") and line.endswith(b"REGISTER") for line in lines)
        ):
            print(f"{time.time():.3f}")
            return


main()
