#!/usr/bin/env python3
"""hangs.py ADDRESS ... : SSH servers that lead nowhere, one on port 22 of each address, until it is ended.

In turn: one says nothing; one drips its first line, a character each half second; one sends lines without end that are
no greeting; one greets and falls silent; one greets and drips the first message of the key exchange, as long as allowed.
The first line on stdout says that all listen.
"""

import asyncio
import sys


async def drip(writer, data, pause):
    for byte in data:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(pause)


async def silent(writer):
    await asyncio.sleep(3600)


async def dripping_greeting(writer):
    await drip(writer, b"SSH-2.0-" + b"x" * 200, 0.5)


async def lines_without_end(writer):
    while True:
        writer.write(b"welcome\r\n")
        await writer.drain()
        await asyncio.sleep(0.2)


async def silent_after_greeting(writer):
    writer.write(b"SSH-2.0-OpenSSH_9.2\r\n")
    await asyncio.sleep(3600)


async def dripping_key_exchange(writer):
    writer.write(b"SSH-2.0-OpenSSH_9.2\r\n")
    await drip(writer, (34000).to_bytes(4, "big") + bytes([4, 20]) + bytes(33994), 0.1)


WAYS = [silent, dripping_greeting, lines_without_end, silent_after_greeting, dripping_key_exchange]


def server(way):
    async def serve(reader, writer):
        try:
            await way(writer)
        except ConnectionError:
            pass
        finally:
            writer.close()

    return serve


async def main():
    listening = [
        await asyncio.start_server(server(WAYS[i % len(WAYS)]), address, 22) for i, address in enumerate(sys.argv[1:])
    ]
    print(f"{len(listening)} listen", flush=True)
    await asyncio.gather(*(one.serve_forever() for one in listening))


asyncio.run(main())
