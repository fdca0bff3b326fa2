"""Make each SIPp that calls from a network namespace a slow one: of every 100 ms it is let run for so many. It does nothing
else but wait; it is ended by whoever started it.

usage: slow_sipp.py NAMESPACE MILLISECONDS    the namespace as `ip netns` names it
"""
import os
import signal
import sys
import time

network, run = os.stat(f"/run/netns/{sys.argv[1]}"), int(sys.argv[2]) / 1000
PERIOD = 0.1


def callers():
    """Those with a scenario of their own; the one that answers them (-sn) stays as fast as it is."""
    found = []
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            words = open(f"/proc/{name}/cmdline", "rb").read().split(b"\0")
            if words[:2] == [b"sipp", b"-sf"] and os.path.samestat(os.stat(f"/proc/{name}/ns/net"), network):
                found.append(int(name))
        except OSError:
            continue
    return found


def tell(processes, number):
    for process in processes:
        try:
            os.kill(process, number)
        except ProcessLookupError:
            pass


halted = []


def leave(*_):
    tell(halted, signal.SIGCONT)
    sys.exit(0)


signal.signal(signal.SIGTERM, leave)
while True:
    halted = callers()
    tell(halted, signal.SIGSTOP)
    time.sleep(PERIOD - run)
    tell(halted, signal.SIGCONT)
    time.sleep(run)
