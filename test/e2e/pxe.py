#!/usr/bin/env python3
# What a guest needs that boots from the network: one address by DHCP, and one file by TFTP.
#
# usage: pxe.py INTERFACE OWN-ADDRESS GUEST-ADDRESS FILE      says "ready", then "fetched" whenever a guest has it whole
import select
import socket
import struct
import sys

interface, own, guest, path = sys.argv[1:]
with open(path, "rb") as stream:
    content = stream.read()


def answer(packet, kind):
    """A DHCP answer of that kind to a packet of a client."""
    options = b""
    for code, value in ((53, bytes([kind])), (54, socket.inet_aton(own)), (51, struct.pack(">I", 3600)),
                        (1, socket.inet_aton("255.255.255.0")), (66, own.encode()), (67, b"boot")):
        options += bytes([code, len(value)]) + value
    return (b"\2\1\6\0" + packet[4:8] + bytes(4) + bytes(4) + socket.inet_aton(guest) + socket.inet_aton(own) + bytes(4) +
            packet[28:44] + bytes(64) + b"boot".ljust(128, b"\0") + b"\x63\x82\x53\x63" + options + b"\xff")


def kind_of(packet):
    at = 240
    while at + 1 < len(packet) and packet[at] != 255:
        if packet[at] == 53:
            return packet[at + 2]
        at += 1 if packet[at] == 0 else 2 + packet[at + 1]
    return 0


def send_file(client):
    transfer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    transfer.bind((own, 0))
    transfer.settimeout(5)
    for block in range(len(content) // 512 + 1):
        transfer.sendto(struct.pack(">HH", 3, block + 1) + content[512 * block:512 * block + 512], client)
        if struct.unpack(">HH", transfer.recv(4)) != (4, block + 1):
            return
    print("fetched", flush=True)


def listen(port):
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
    made.bind(("", port))
    return made


dhcp, tftp = listen(67), listen(69)
print("ready", flush=True)
while True:
    for ready in select.select([dhcp, tftp], [], [])[0]:
        packet, client = ready.recvfrom(2048)
        if ready is dhcp and kind_of(packet) in (1, 3):
            dhcp.sendto(answer(packet, 2 if kind_of(packet) == 1 else 5), ("255.255.255.255", 68))
        elif ready is tftp and packet[:2] == b"\0\1":
            try:
                send_file(client)
            except (OSError, struct.error):
                pass
