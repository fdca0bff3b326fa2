#!/usr/bin/env python3
"""A relay in front of libvirtd that ends it at a call: libvirt_relay.py LISTEN TARGET PLAN PID-FILE LOG

Passes the messages of libvirt's protocol between clients of the socket LISTEN and the daemon at the socket TARGET, whole
messages at a time: a length, then program, version, procedure, type, serial number and status, each a word of four bytes
(https://libvirt.org/kbase/internals/rpc.html). What a client sends is counted, calls and the pieces of its streams;
messages that only say that it is alive are not.

PLAN is looked for at every message: `before 12` kills the daemon, whose number PID-FILE holds, when the twelfth comes,
which it never sees; `after 12` when it has answered the twelfth (a piece of a stream: when that was passed on), and the
answer is lost; `within 12` while it works on it; `never 0` is for counting. Who finds a PLAN that he has not seen counts
anew. Who kills takes PLAN first, by renaming it to PLAN.taken, which goes once the daemon was killed: a plan that is not
there any more has been given up, and nobody is killed. LOG gets a line for each that was counted: its number, its procedure, its type.
"""
import os
import signal
import socket
import struct
import sys
import threading
import time

HEADER = struct.Struct(">6I")
KEEP_ALIVE = 0x6B656570
CALL, REPLY, EVENT, STREAM, CALL_WITH_FILES, REPLY_WITH_FILES, STREAM_HOLE = range(7)
WITHIN_S = 0.003  # longer than most calls take to be read, shorter than those that write


class Message:
    def __init__(self, data):
        self.data = data
        self.program, _, self.procedure, self.type, self.serial, _ = HEADER.unpack_from(data, 4)

    def counts(self):
        return self.program != KEEP_ALIVE and self.type in (CALL, STREAM, STREAM_HOLE, CALL_WITH_FILES)


def read_exactly(end, length):
    data = b""
    while len(data) < length:
        part = end.recv(length - len(data))
        if not part:
            return None
        data += part
    return data


def read_message(end):
    head = read_exactly(end, 4)
    rest = head and read_exactly(end, struct.unpack(">I", head)[0] - 4)
    return Message(head + rest) if rest else None


class Relay:
    def __init__(self, target, plan, pid_file, log):
        self.target, self.plan, self.pid_file = target, plan, pid_file
        self.log = open(log, "a", encoding="ascii", buffering=1)
        self.lock = threading.Lock()
        self.known, self.when, self.number, self.count = None, None, 0, 0
        self.awaited = None  # what is killed after: its connection and serial number

    def look_at_plan(self):
        try:
            with open(self.plan, encoding="ascii") as file:
                known = os.fstat(file.fileno()).st_mtime_ns
                words = file.read().split()
        except FileNotFoundError:
            return
        if known != self.known:
            self.known, self.when, self.number, self.count = known, words[0], int(words[1]), 0
            self.log.write("%s\n" % " ".join(words))

    def kill(self):
        """False: the plan has been given up."""
        taken = self.plan + ".taken"
        self.when = None
        try:
            os.rename(self.plan, taken)
        except FileNotFoundError:
            return False
        with open(self.pid_file, encoding="ascii") as file:
            pid = int(file.read())
        os.kill(pid, signal.SIGKILL)
        while os.path.exists("/proc/%d" % pid):
            time.sleep(0.001)
        os.unlink(taken)
        self.log.write("killed\n")
        return True

    def take(self, message, client):
        """Count a message of a client; True: libvirtd is to see it."""
        if not message.counts():
            return True
        with self.lock:
            self.look_at_plan()
            self.count += 1
            self.log.write("%d %d %d\n" % (self.count, message.procedure, message.type))
            if self.when is None or self.count != self.number:
                return True
            if self.when == "before":
                return not self.kill()
            if self.when == "after" and message.type != STREAM:
                self.awaited = client, message.serial
                return True
            threading.Thread(target=self.kill_soon, daemon=True).start()
            return True

    def kill_soon(self):
        time.sleep(WITHIN_S)
        with self.lock:
            self.kill()

    def give(self, message, client):
        """A message of libvirtd; True: the client is to see it."""
        with self.lock:
            if message.type not in (REPLY, REPLY_WITH_FILES) or self.awaited != (client, message.serial):
                return True
            self.awaited = None
            return not self.kill()

    def forward(self, source, target, wanted, client):
        try:
            while True:
                message = read_message(source)
                if not message or not wanted(message, client):
                    break
                target.sendall(message.data)
        except OSError:
            pass
        with self.lock:  # a client is told that libvirtd is gone once it is
            pass
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def serve(self, client):
        daemon = socket.socket(socket.AF_UNIX)
        try:
            daemon.connect(self.target)
        except OSError:
            client.close()
            return
        back = threading.Thread(target=self.forward, args=(daemon, client, self.give, client), daemon=True)
        back.start()
        self.forward(client, daemon, self.take, client)
        back.join()
        client.close()
        daemon.close()


def main():
    listen, target, plan, pid_file, log = sys.argv[1:]
    relay = Relay(target, plan, pid_file, log)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(listen)
    listener.listen(16)
    while True:
        client = listener.accept()[0]
        threading.Thread(target=relay.serve, args=(client,), daemon=True).start()


main()
