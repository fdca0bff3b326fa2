#!/usr/bin/env python3
"""Captures of RTP with known faults, for the tests that hold voiplab's figures against tshark's.

usage: rtp_pcap.py OUT [--loss P] [--jitter MS] [--swap N] [--copy N] [--ssrc] [--wrap] [--vlan] [--ipv6] [--cooked]
                       [--restamp] [--dtmf] [--silence] [--calls N] [--seconds S] [--no-sip] [--seed N]

Each call is an INVITE and a 200 with SDP, and 20 ms of G.711 each way. --loss and the other faults are those of the
way from the caller, the way back is clean. What was truly lost is printed: EXPECTED LOST.
"""
import argparse
import random
import struct


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("out")
    for name in ("loss", "jitter", "seconds"):
        parser.add_argument("--" + name, type=float, default=20 if name == "seconds" else 0)
    for name in ("swap", "copy", "seed"):
        parser.add_argument("--" + name, type=int, default=0)
    parser.add_argument("--calls", type=int, default=1)
    for name in ("ssrc", "wrap", "vlan", "ipv6", "cooked", "restamp", "dtmf", "silence", "no-sip"):
        parser.add_argument("--" + name, action="store_true")
    return parser.parse_args()


def host(options, last, call):
    if options.ipv6:
        return bytes.fromhex("fd00" + "00" * 12) + bytes([call & 255, last])
    return bytes([10, 77, call >> 8, last])


def written(address):
    if len(address) == 16:
        return ":".join(address[i : i + 2].hex() for i in range(0, 16, 2))
    return ".".join(map(str, address))


def datagram(options, source, target, source_port, target_port, payload):
    udp = struct.pack("!HHHH", source_port, target_port, 8 + len(payload), 0) + payload
    if options.ipv6:
        kind = 0x86DD
        packet = struct.pack("!IHBB", 6 << 28, len(udp), 17, 64) + source + target + udp
    else:
        kind = 0x0800
        packet = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0) + source + target + udp
    if options.cooked:
        return struct.pack("!HHH8sH", 0, 1, 6, b"\x02" * 8, kind) + packet
    tag = struct.pack("!HH", 0x8100, 7) if options.vlan else b""
    return b"\x02\0\0\0\0\x02\x02\0\0\0\0\x01" + tag + struct.pack("!H", kind) + packet


def sdp(address, port):
    family = "IP6" if len(address) == 16 else "IP4"
    at = written(address)
    return (
        f"v=0\r\no=- 1 1 IN {family} {at}\r\ns=-\r\nc=IN {family} {at}\r\nt=0 0\r\nm=audio {port} RTP/AVP 0 101\r\n"
        "a=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
    )


def sip(first, call, body):
    return (
        f"{first}\r\nVia: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK{call}\r\nFrom: <sip:1500@a>;tag=1\r\nTo: <sip:2500@b>\r\n"
        f"Call-ID: call-{call}@test\r\nCSeq: 1 INVITE\r\nContent-Type: application/sdp\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


def sound(chance, begun, count, options, faults):
    """(arrival, RTP packet) of one way, and how many are missing."""
    number = 65500 if options.wrap and faults else chance.randrange(1000, 30000)
    stamp, ssrc = chance.getrandbits(31), chance.getrandbits(32)
    packets, lost, at = [], 0, begun
    for i in range(count):
        kind, marker, body = 0, i == 0, b"\xff" * 160
        if faults and options.ssrc and i == count // 2:
            ssrc, number, stamp = chance.getrandbits(32), chance.randrange(65536), chance.getrandbits(32)
        if faults and options.restamp and i == count // 2:
            number, stamp = (number + 20000) & 0xFFFF, chance.getrandbits(32)
        if faults and options.silence and i % 200 == 199:
            at, stamp, marker = at + 1.0, (stamp + 8000) & 0xFFFFFFFF, True
        if faults and options.dtmf and i % 100 < 8 and i > 100:
            kind, body = 101, b"\x05\x0a\x03\x20"
        header = struct.pack("!BBHII", 0x80, kind | marker << 7, number & 0xFFFF, stamp, ssrc)
        number, stamp, at = number + 1, (stamp + 160) & 0xFFFFFFFF, at + 0.02
        late = abs(chance.gauss(0, options.jitter / 1000)) if faults and options.jitter else chance.random() * 1e-4
        if faults and 0 < i < count - 1 and chance.random() * 100 < options.loss:
            lost += 1
            continue
        packets.append((at + late, header + body))
        if faults and options.copy and i % options.copy == options.copy - 1:
            packets.append((at + late + 1e-4, header + body))
    packets.sort(key=lambda packet: packet[0])
    if faults and options.swap:
        for i in range(options.swap, len(packets) - 1, options.swap):
            (a, first), (b, second) = packets[i], packets[i + 1]
            packets[i], packets[i + 1] = (a, second), (b, first)
    return packets, lost


def main():
    options = arguments()
    chance = random.Random(options.seed)
    count = int(options.seconds * 50)
    frames, expected, missing = [], 0, 0
    for call in range(options.calls):
        a, b = host(options, 1, call), host(options, 2, call)
        begun = 1000.0 + call * 0.013
        ports = 20000, 10000
        if not options.no_sip:
            frames.append((begun, a, b, 5060, 5060, sip("INVITE sip:2500@b SIP/2.0", call, sdp(a, ports[0]))))
            frames.append((begun + 0.01, b, a, 5060, 5060, sip("SIP/2.0 200 OK", call, sdp(b, ports[1]))))
        forth, lost = sound(chance, begun + 0.02, count, options, True)
        back, _ = sound(chance, begun + 0.02, count, options, False)
        frames += [(at, a, b, *ports, packet) for at, packet in forth]
        frames += [(at, b, a, *reversed(ports), packet) for at, packet in back]
        expected, missing = expected + count, missing + lost
    frames.sort(key=lambda frame: frame[0])
    with open(options.out, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 113 if options.cooked else 1))
        for at, *parts in frames:
            frame = datagram(options, *parts)
            out.write(struct.pack("<IIII", int(at), int(at % 1 * 1e6), len(frame), len(frame)) + frame)
    print(expected, missing)


main()
