#!/usr/bin/env python3
"""Sit at a console: run a command line on a terminal of its own, type, and leave it.

usage: console.py SECONDS WORD... -- COMMAND...

Presses Enter until a shell answers, has that print each WORD, and leaves with ^]. Ends with 0 when it came,
and the command came to its end; else with 1 and what was seen.
"""
import os
import pty
import select
import sys
import time


def read_until(master, seen, wanted, deadline):
    while wanted not in seen and time.monotonic() < deadline:
        if select.select([master], [], [], 0.5)[0]:
            try:
                seen += os.read(master, 4096)
            except OSError:  # the other end is closed
                break
    return seen


def main():
    split = sys.argv.index("--")
    deadline = time.monotonic() + float(sys.argv[1])
    words, command = sys.argv[2:split], sys.argv[split + 1 :]
    pid, master = pty.fork()
    if pid == 0:
        os.execvp(command[0], command)
    seen = b""
    while b"# " not in seen and time.monotonic() < deadline:
        os.write(master, b"\r")
        seen = read_until(master, seen, b"# ", min(deadline, time.monotonic() + 3))
    good = b"# " in seen
    for word in words:
        os.write(master, b"echo %s''%s\r" % (word[:2].encode(), word[2:].encode()))  # what is typed comes back, too
        seen = read_until(master, seen, word.encode(), deadline)
        good = good and word.encode() in seen
    os.write(master, b"exit\r")
    time.sleep(0.5)
    os.write(master, b"\x1d")
    over = time.monotonic() + 20
    left, status = 0, 0
    while not left and time.monotonic() < over:  # the terminal is closed a moment before who had it has ended
        read_until(master, b"", b"\0", time.monotonic() + 0.2)
        time.sleep(0.05)
        left, status = os.waitpid(pid, os.WNOHANG)
    if not left:
        os.kill(pid, 9)
        os.waitpid(pid, 0)
    if good and left and status == 0:
        return 0
    sys.stderr.write("left: %s, status %s, seen: %r\n" % (bool(left), status, seen[-1000:]))
    return 1


sys.exit(main())
