#!/usr/bin/env python3
"""Dialplans made at random, loaded by Asterisk and by voiplab, and compared. See dialplan_oracle.sh.

usage: dialplan_oracle.py DIR CASES SEED      DIR: that of test/e2e/oracle
"""
import json
import os
import random
import re
import socket
import subprocess
import sys
import time

ROUND = 100  # numbers looked up in one dialplan


class Gone(Exception):
    """Asterisk has ended: reloads at this pace are more than 16.28 can always take."""


class Asterisk:
    """The control socket: commands end with a NUL byte, answers are text without an end mark."""

    def __init__(self, directory):
        self.directory, self.process, self.starts, self.modules = directory, None, 0, []

    def start(self):
        self.stop()
        self.starts += 1
        here = os.path.dirname(os.path.abspath(__file__))
        with open(self.directory + "/asterisk.out", "w", encoding="utf-8") as output:
            self.process = subprocess.Popen(["bash", here + "/oracle", self.directory] + self.modules,
                                            stdout=output, stderr=output)
        for _ in range(3000):
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.settimeout(30)
            try:
                self.socket.connect(self.directory + "/run/asterisk.ctl")
                self.read_until(lambda text: "\n" in text)
                self.ask("core waitfullybooted", lambda text: "fully booted" in text)
                return
            except (OSError, Gone):
                self.socket.close()
                if self.process.poll() is not None:
                    break
                time.sleep(0.1)
        with open(self.directory + "/asterisk.out", encoding="utf-8") as output:
            print(output.read(), file=sys.stderr)
        raise SystemExit(77 if self.process.poll() == 77 else "Asterisk does not start")

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()

    def read_until(self, done):
        data = b""
        while True:
            part = self.socket.recv(1 << 16)
            if not part:
                raise Gone
            data += part
            text = data.replace(b"\0", b"").decode("latin-1")
            if text.endswith("\n") and done(text):
                return text

    def tell(self, command):
        self.socket.sendall(command.encode("latin-1") + b"\0")

    def ask(self, command, done):
        self.tell(command)
        return self.read_until(done)

    def load(self):
        """Let it read the file anew, by a reload or, where that ends it, by a start."""
        if self.process:
            try:
                self.ask("dialplan reload", lambda text: "reloaded" in text or "failed" in text)
                return
            except (OSError, Gone):
                pass
        self.start()

    def show(self, what):
        for _ in range(3):
            try:
                return self.ask("dialplan show " + what,
                                lambda text: " =-\n" in text or "There is no existence of" in text)
            except (OSError, Gone):
                self.start()
        raise SystemExit("Asterisk does not bear 'dialplan show %s'" % what)


def parse(text):
    """What `dialplan show` prints, as [context, name, caller id, [(priority, label, rest, place)], which heading it is under]."""
    entries, context, heading = [], None, 0
    for line in text.split("\n"):
        found = re.match(r"\[ (?:Included context|Context) '(.*)' created by '.*' \]$", line)
        if found:
            context = found.group(1)
            heading += 1
            continue
        line = re.sub(r"\s+\[([^\[\] ]+:\d+|pbx_config)\]$", lambda m: "\t" + m.group(1), line)
        found = re.match(r"  '(.*?)' (?:\(CID match '(.*?)'\) )?=>\s+(hint: |-?\d+\. )(.*)\t(.*)$", line)
        if found:
            entries.append([context, found.group(1), found.group(2), [], heading])
            # Asterisk does not print the label of the first priority
            label, priority, rest, place = "?", found.group(3), found.group(4), found.group(5)
        else:
            found = re.match(r"\s+(?:\[(.*?)\]\s+)?(hint: |-?\d+\. )(.*)\t(.*)$", line)
            if not found or not entries:
                continue
            label, priority, rest, place = found.groups()
        number = -1 if priority == "hint: " else int(priority[:-2])
        entries[-1][3].append((number, label, rest, place))
    return entries


class Generator:
    """Plans of every kind but one: a label as a priority in a context with includes. Asterisk 16 looks an unknown one up
    in the same context again for each include, 512 deep, and its stack does not always last."""

    SETS = ["[12]", "[1-3]", "[2-4]", "[13]", "[3-19]", "[5-]", "[-7]", "[0]", "[23]", "[32]", "[2-2]", "[a-c]", "[89]",
            "[1-36-8]", "[]", "[9-2]", "[2,3]", "[ab1]", "[1 2]", "[0-9]", "[1-9]", "[2-9]", "[*#]", "[nxz]", "[0-9a]"]

    def __init__(self, seed):
        self.random = random.Random(seed)

    def cell(self):
        r = self.random
        kind = r.random()
        if kind < 0.42:
            return r.choice("0123456789" if r.random() < 0.9 else "abnxz*#+")
        if kind < 0.72:
            return r.choice("XXXNZxnz")
        if kind < 0.94:
            return r.choice(self.SETS)
        if kind < 0.96:
            return r.choice(["-", " ", "_", "]"])
        if kind < 0.965:
            return "["
        return r.choice(".!")

    def name(self):
        r = self.random
        if r.random() < 0.35:
            name = "".join(r.choice("0123456789" if r.random() < 0.93 else "abcXs*#-") for _ in range(r.randint(1, 4)))
            return r.choice([name, name, name, "s", "i", "h", "t"]) if r.random() < 0.3 else name
        name = "_" + "".join(self.cell() for _ in range(r.randint(1, 5)))
        return name + r.choice(["", "", "", ".", "!", "-"])

    def callerid(self):
        r = self.random
        return r.choice(["", "100", "200", "1-00", "(20) 0", "_1XX", "_X.", "_[12]00", "_2XX", "3.00."])

    def application(self):
        r = self.random
        return r.choice(["NoOp", "NoOp()", "NoOp(a)", "Dial(SIP/${EXTEN}&IAX2/x,20,r)", "Set(A=${B}(c))", "Goto(1)",
                         "Playback(a\\;b)", "NoOp(a ; gone)", "NoOp(a ;-- gone --;b)", " Answer() ", "NoOp(a) b",
                         "${VAR}(x)", "Verbose(1,a [b] c)"])

    def priority(self, labels):
        r = self.random
        text = r.choice(["1", "1", "1", "2", "3", "n", "n", "n", "n", "s", "n+2", "5", "hint", "n+101", "2+1", "next",
                         "same", "0", " 4 "] + (labels + ["x"] if self.by_label else []))
        if r.random() < 0.15:
            labels.append(r.choice("abc") + r.choice("de"))
            text += "(" + labels[-1] + ")"
            labels[:] = labels[-3:]
        return text

    def section(self, name, names):
        self.by_label = name[-1] in "ab"
        r, lines, labels = self.random, [], []
        pool = [self.name() for _ in range(r.randint(1, 12))]
        for _ in range(r.randint(0, 30)):
            kind = r.random()
            if kind < 0.2:
                lines.append("same => %s,%s" % (self.priority(labels), self.application()))
            elif kind < 0.9:
                name = r.choice(pool)
                if r.random() < 0.12:
                    name += "/" + self.callerid()
                lines.append("exten %s %s,%s,%s" % (r.choice(["=>", "=", "=>"]), name, self.priority(labels),
                                                    self.application()))
            elif kind < 0.95:
                lines.append(r.choice(["; nothing", ";-- x", "--;", "", "ignorepat => 9", "exten => ${G1}5,1,NoOp",
                                       "exten => _${G2}X,1,NoOp", "exten => ${G1:1}7${NONE},1,NoOp", "odd => 1"])
                             .replace(";-- x", ";-- x\nexten => 7,1,Gone\n--;").replace("\n--;\n--;", "\n--;"))
        lines = [line for line in lines if line != "--;"]
        for _ in range(0 if self.by_label else r.choice([0, 1, 1, 2, 3])):
            target = r.choice(names + ["missing"])
            lines.insert(r.randint(0, len(lines)), "include => " + target)
        return lines

    def plan(self):
        r = self.random
        names = ["k-" + letter for letter in "abcdef"]
        text = ["[general]", "[globals]", "G1=12", "G2=${G1}[34]", "[tpl](!)", "exten => 88,1,NoOp", "same => n,Foo(x)"]
        sections = names + [r.choice(names) for _ in range(r.randint(0, 2))]
        for name in sections:
            option = "(+)" if name + "]" in "\n".join(text) and r.random() < 0.3 else ""
            option = option or r.choice(["", "", "", "(tpl)"])
            text.append("[%s]%s" % (name, option))
            text += self.section(name, names)
        for name in names:
            text += ["[top-%s]" % name, "include => " + name]
        return names, "\n".join(text) + "\n"

    def number(self, patterns):
        r = self.random
        if not patterns or r.random() < 0.15:
            return "".join(r.choice("0123456789*#a") for _ in range(r.randint(1, 6)))
        pattern = r.choice(patterns)
        if r.random() < 0.04:
            return pattern.replace(" ", "") or "1"
        if pattern[:1] != "_":
            number = pattern
        else:
            number, i = "", 1
            while i < len(pattern):
                c = pattern[i]
                if c == "[":
                    end = pattern.find("]", i)
                    members = pattern[i + 1:end] if end > 0 else ""
                    number += r.choice(members) if members else ""
                    i = end if end > 0 else len(pattern)
                elif c in ".!":
                    number += r.choice(["", "1", "23", "5a"])
                elif c in "xXnNzZ":
                    number += str(r.randint({"x": 0, "z": 1, "n": 2}[c.lower()], 9))
                elif c != "-":
                    number += c
                i += 1
        if r.random() < 0.2:
            number += r.choice("0123456789")
        if r.random() < 0.1:
            number = number[:-1]
        if r.random() < 0.05:
            number = number[:1] + "-" + number[1:]
        return number.replace(" ", "").replace("@", "") or "1"


def clean_patterns(text):
    return [re.split(r"[,/]", line.split(None, 2)[2])[0] for line in text.split("\n") if line.startswith("exten =")]


def caller_matches(pattern, caller):
    """An independent and simpler matcher, for the caller ids that are made above."""
    if not caller or not pattern:
        return not caller and not pattern
    if pattern[0] != "_":
        return pattern == caller
    return re.fullmatch(pattern[1:].replace("X", "[0-9]").replace(".", ".+"), caller) is not None


def dedupe(entries):
    """Each context once: Asterisk's `dialplan show` lists a context again when a second include leads to it."""
    first = {}
    for entry in entries:
        first.setdefault(entry[0], entry[4])
    return [entry for entry in entries if entry[4] == first[entry[0]]]


def as_lists(entries):
    return [(e[0], e[1], e[2], [p[0] for p in e[3]]) for e in entries]


def compare_load(asterisk, tool, path, names):
    dumped = {}
    for line in subprocess.run([tool, "dump", path], capture_output=True, check=True).stdout.decode("latin-1").split("\n"):
        if line:
            context, name, caller, number, label, app, args, file, at = line.split("\t")
            rest = app if number == "-1" else "%s(%s)" % (app, args)
            dumped.setdefault(context, []).append((name, None if caller == "-" else caller, int(number), label or None, rest,
                                                   "%s:%s" % (file, at)))
    for name in names:
        wanted = [(e[1], e[2]) + p for e in parse(asterisk.show(name)) for p in e[3]]
        got = [w[:3] + ("?",) + g[4:] if w[3] == "?" and len(g) == len(w) else g
               for w, g in zip(wanted + [("", "", 0, "")] * 999, dumped.get(name, []))]
        if wanted != got:
            for pair in zip(wanted + [None] * len(got), got + [None] * len(wanted)):
                if pair[0] != pair[1]:
                    return "[%s] holds\n  Asterisk: %r\n  voiplab:  %r" % (name, pair[0], pair[1])
    return None


def compare_lookups(asterisk, queries, answers):
    for (number, context, caller), answer in zip(queries, answers):
        answer = json.loads(answer)
        wanted = as_lists(dedupe(parse(asterisk.show("%s@%s" % (number, context)))))
        got = [(c["context"], c["extension"], c.get("callerid"), c["priorities"]) for c in answer["candidates"]]
        if wanted != got:
            return "%s@%s\n  Asterisk: %r\n  voiplab:  %r" % (number, context, wanted, got)
        match = next((w for w in wanted if 1 in w[3] and (w[2] is None or caller_matches(w[2], caller))), None)
        got = answer["match"]
        got = got and (got["context"], got["extension"], got.get("callerid"), got["priorities"])
        if match != got:
            return "%s@%s from %r runs\n  Asterisk: %r\n  voiplab:  %r" % (number, context, caller, match, got)
    return None


def main():
    directory, cases, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    voiplab, tool = os.environ["VOIPLAB"], os.environ["DIALPLAN_TOOL"]
    path = directory + "/etc/extensions.conf"
    print("seed %d" % seed, flush=True)
    generator, asterisk = Generator(seed), Asterisk(directory)
    done = rounds = candidates = 0
    while done < cases:
        names, text = generator.plan()
        with open(path, "w", encoding="latin-1") as file:
            file.write(text)
        asterisk.load()
        wrong = compare_load(asterisk, tool, path, names)
        patterns = clean_patterns(text)
        queries = [(generator.number(patterns), "top-" + generator.random.choice(names),
                    generator.random.choice(["", "", "100", "200", "300"])) for _ in range(ROUND)]
        lines = "".join("%s %s %s\n" % query for query in queries)
        output = subprocess.run([voiplab, "dialplan", "show", "-", "--json", "--conf", path], input=lines.encode("latin-1"),
                                capture_output=True, check=True).stdout.decode("utf-8").splitlines()
        if not wrong and len(output) != len(queries):
            wrong = "%d answers to %d questions" % (len(output), len(queries))
        wrong = wrong or compare_lookups(asterisk, queries, output)
        if wrong:
            with open(os.environ.get("ORACLE_KEEP", "/dev/null"), "w", encoding="latin-1") as file:
                file.write(text)
            raise SystemExit("round %d of seed %d differs: %s" % (rounds, seed, wrong))
        candidates += sum(len(json.loads(line)["candidates"]) for line in output)
        done += len(queries)
        rounds += 1
    asterisk.stop()
    print("%d numbers in %d dialplans, %d candidates: no difference (%d starts of Asterisk)" %
          (done, rounds, candidates, asterisk.starts))


if __name__ == "__main__":
    main()
