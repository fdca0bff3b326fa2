#!/usr/bin/env python3
# A small mirror of Debian for guests that are installed in a network namespace of their own, where nothing else is to
# be reached: what is asked for is fetched by apt's own helper from outside, once, and kept in a directory; what is in a
# suite, once a run, since it changes. The trees that are named come first, such as the installer of a package.
#
# usage: mirror.py [--namespace FILE] [--listen ADDRESS:PORT] --cache DIR [--tree PREFIX=DIR ...] [--from URL]
import argparse
import ctypes
import http.server
import os
import posixpath
import subprocess
import sys
import threading
import urllib.parse

parser = argparse.ArgumentParser()
parser.add_argument("--namespace", help="the network namespace to listen in, as a file")
parser.add_argument("--listen", default="127.0.0.1:3142")
parser.add_argument("--cache", required=True)
parser.add_argument("--tree", action="append", default=[])
parser.add_argument("--from", dest="source", default="http://deb.debian.org")
given = parser.parse_args()
trees = [tree.split("=", 1) for tree in given.tree]
lock = threading.Lock()
fresh = set()


def fetch(path):
    """The file of the cache; None: there is none of that name outside either."""
    file = os.path.join(given.cache, path.lstrip("/"))

    def kept():
        return os.path.isfile(file) and ("/dists/" not in path or file in fresh)

    if kept():
        return file
    with lock:
        if kept():
            return file
        os.makedirs(os.path.dirname(file), exist_ok=True)
        done = subprocess.run(
            ["/usr/lib/apt/apt-helper", "-o", "Acquire::Retries=3", "download-file", given.source + path, file + ".part"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if done.returncode or not os.path.isfile(file + ".part"):
            return None
        os.rename(file + ".part", file)
        fresh.add(file)
        return file


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def find(self):
        path = posixpath.normpath(urllib.parse.unquote(urllib.parse.urlsplit(self.path).path))
        if not path.startswith("/") or ".." in path:
            return None
        for prefix, directory in trees:
            if path.startswith(prefix):
                file = os.path.join(directory, path[len(prefix):].lstrip("/"))
                return file if os.path.isfile(file) else None
        return fetch(path) if posixpath.splitext(path)[1] or "/by-hash/" in path or path.endswith("Release") else None

    def do_GET(self):
        file = self.find()
        if not file:
            self.send_error(404)
            return
        size = os.path.getsize(file)
        self.send_response(200)
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Length", str(size))
        self.end_headers()
        if self.command == "HEAD":
            return
        with open(file, "rb") as stream:
            while chunk := stream.read(1 << 20):
                self.wfile.write(chunk)

    do_HEAD = do_GET

    def log_message(self, form, *words):
        print(form % words, file=sys.stderr, flush=True)


address, port = given.listen.rsplit(":", 1)
outside = os.open("/proc/self/ns/net", os.O_RDONLY)


def enter(descriptor):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(descriptor, 0):
        raise OSError(ctypes.get_errno(), "setns")


if given.namespace:
    enter(os.open(given.namespace, os.O_RDONLY))
server = http.server.ThreadingHTTPServer((address, int(port)), Handler)
enter(outside) if given.namespace else None
print(server.server_address[1], flush=True)
server.serve_forever()
