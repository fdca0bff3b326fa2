#!/usr/bin/env python3
"""Calls through dialplans made at random: what Asterisk executes against what voiplab foretells. See dialplan_steps.sh.

usage: dialplan_steps.py DIR CALLS SEED STEPS      DIR: that of test/e2e/oracle
"""
import glob
import json
import os
import random
import re
import shutil
import subprocess
import sys
import time

from dialplan_gui import Gui, NUMBERS as GUI_NUMBERS
from dialplan_oracle import Asterisk
from dialplan_tree import compare_trees

LOG_MOST = 256 << 20  # bytes of a log of steps
NUMBERS = ["10", "20", "055", "0991", "2", "345", "77", "099-1"]  # each from two contexts, for one dialplan
MODULES = ["app_stack", "app_macro", "app_exec", "app_while", "app_verbose", "app_dial", "bridge_simple", "func_strings", "func_logic",
           "func_cut", "func_dialplan", "func_global", "func_callerid", "func_db", "func_cdr", "func_channel", "func_env",
           "func_groupcount", "func_math", "func_sprintf", "func_timeout", "app_db", "res_clioriginate"]


# what is said of an application that is not there: that of the step, not one that it calls
ABSENT = "no application has such a name|the step names no application|Asterisk has no such application|it is in \\w+.so, which"


class Steps:
    """A call goes forward only, so that each one ends."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def atom(self):
        r = self.random
        return r.choice(["1", "0", "2", "007", "3.5", "10", "a", "abc", "a.b", '""', '"5"', '"abc"', '"a b"', "${EXTEN}",
                         "${EXTEN:1}", "${EXTEN:0:2}", "${EXTEN:-2}", '"${EXTEN}"', "${A}", "${B}", '"${A}"', '"${B}"',
                         "${LEN(${B})}", "${W::1}", "${W:1:x}", "${B: 1}", '"${ARG1}"', "${ARG2}", "${G}", '"${GOSUB_RETVAL}"', "${X${A}}", "${CALLERID(num)}", '"${A }"', "${L}", "${G:0:}"])

    def expression(self, depth=0):
        r = self.random
        kind = r.random()
        if depth > 2 or kind < 0.3:
            return self.atom()
        if kind < 0.4:
            return "(" + self.expression(depth + 1) + ")"
        if kind < 0.5:
            return r.choice(["!", "-", "! "]) + self.expression(depth + 1)
        if kind < 0.55:
            return "%s ? %s :: %s" % tuple(self.expression(depth + 1) for _ in range(3))
        if kind < 0.62:
            return "%s %s %s" % (self.atom(), r.choice([":", "=~"]),
                                 r.choice(['"^0"', '"[0-9]+"', '"(.)(.)"', "a", '"^(0|1)(.*)"', '"x(y)?"', '"5$"', "1"]))
        sign = r.choice(["=", "!=", "<", ">", "<=", ">=", "+", "-", "*", "/", "%", "&", "|", "&&", "||", "==", "~~"])
        space = r.choice([" ", ""])
        return self.expression(depth + 1) + space + sign + space + self.expression(depth + 1)

    def computed(self):
        return "$[" + self.expression() + "]"

    def value(self):
        r = self.random
        return r.choice([self.computed, self.computed, self.atom,
                         lambda: "${IF(%s?%s:%s)}" % (self.computed(), r.choice("ab"), r.choice("xy")),
                         lambda: "${ISNULL(%s)}" % self.atom(), lambda: "${EXISTS(%s)}" % self.atom(),
                         lambda: "${TOUPPER(%s)}x" % self.atom(), lambda: "${TOLOWER(AbC)}",
                         lambda: "${FILTER(%s,%s)}" % (r.choice(["0-9", "a-c", "0-3a", "2-57"]), self.atom()),
                         lambda: "${CUT(%s,%s,%d)}" % (r.choice(["W", "EXTEN", "A"]), r.choice(["-", "", "b"]),
                                                       r.randint(1, 4)),
                         lambda: "${DIALPLAN_EXISTS(%s)}" % r.choice(["a", "zz", "a,10", "a,99", "b,10,2", "b,10,77",
                                                                      "b,${EXTEN},1", "sub0,s,1", "b,20,mid"]),
                         lambda: "${VALID_EXTEN(b,%s)}" % r.choice(["10,1", "9,1", "${EXTEN},1", "20,mid", "20,2"]),
                         lambda: "${CUT(S, ,%d)}" % r.randint(1, 4),
                         lambda: "${MD5(%s)}" % self.atom(), lambda: "${MATH(%s=3)}" % r.choice(["3", "4"]),
                         lambda: "${HASHKEYS(h)}|${GROUP_LIST()}", lambda: '${REGEX("^\\\\w+$" %s)}' % self.atom(),
                         lambda: "${GLOBAL(G)}", lambda: "<${A}|${B:1}|${W:-3:2}>", lambda: "${W:1:-2}"])()

    def condition(self):
        r = self.random
        return r.choice([self.computed, self.computed, self.computed, lambda: r.choice(["0", "1", "", "a", "0a", "7"]),
                         lambda: r.choice(['"1?9"', '"0?19:4"', "(1)", '"${A}"', "(0?5)", "[1?5]", '1"', "0:1"]),
                         lambda: "${A}", lambda: "${EXTEN:0:1}", lambda: "${ISNULL(${A})}", lambda: "${A} = ${B}"])()

    def steps(self, number, count, inner):
        """`inner`: the subroutine's place in their order; it calls only later ones."""
        r = self.random
        lines = []
        for i in range(count):
            way = lambda: "%d" % (i + 2 + r.randint(0, min(2, count - i)))
            sub = lambda: "sub%d,s,1%s" % (r.randint(inner, 3), r.choice(["", "(%s)" % self.atom(), "(1, b ,3)",
                                                                         "(${EXTEN},%s)" % self.atom(), "(1,,3)", "()",
                                                                         r.choice(["(a\\,b,c)", '("x,y",(p,q),{r,s})',
                                                                                   '("(",b,c)', "(a),b)", "(,)"])]))
            absent = lambda: r.choice(["Nosuchthing(%s)" % self.atom(), "Playback(%s)" % self.atom()])
            missing = lambda: absent() if i else "NoOp(x)"  # of a call that begins so the log tells nothing
            call = lambda: r.choice(["Set(B=%s)" % self.value(), "NoOp(%s)" % self.atom(), "Dial(Nothing/${A})",
                                     r.choice(["NoOp (x)", absent()]) if r.random() < 0.15 else "MSet(A=1,B= ${B} )"])
            caller = lambda: r.choice(["num)=111", "number)=55", 'all)="x y" <777>', "NUM)=${A}"])
            kinds = [lambda: "Set(%s=%s)" % (r.choice(["A", "B", "W", "__B", "X1", "X2"]), self.value()),
                     lambda: "Set(%s=%s)" % (r.choice(["A", "B"]), self.computed()),
                     lambda: "NoOp(%s)" % self.value(),
                     lambda: "GotoIf(%s?%s)" % (self.condition(), r.choice([way(), way() + ":" + way(), ":" + way()])),
                     lambda: "ExecIf(%s?%s)" % (self.condition(), r.choice([call(), call() + ":" + call()])),
                     lambda: "Goto(%s)" % r.choice([way(), "+%d" % r.randint(1, 3)]),
                     lambda: "Verbose(5,%s)" % self.value(), lambda: "Set(CALLERID(%s)" % caller(),
                     lambda: r.choice(["Set(A = %s)", "Set(LOCAL(L)=%s)", "Set(EXTEN=%s)", "MSet(A=%s,W= 7 )",
                                       "Set(ARRAY(A,B)=%s,y)", "Set(HASH(h,a)=%s)",
                                       "Set(HASH(h,b)=%s)", "Set(GROUP(c)=g${LEN(%s)})", "Set(MD5(x)=%s)"]) % self.atom()]
            if inner <= 3:
                kinds += [lambda: "Gosub(%s)" % sub(),
                          lambda: "GosubIf(%s?%s)" % (self.condition(), r.choice([sub(), sub() + ":" + sub()]))]
            if inner > 0 and r.random() < 0.2:
                kinds = [lambda: "MacroExit()", lambda: "Return(%s)" % self.atom()]
                kinds += [lambda: "Goto(c,20,1)"] if number == "m" else []
            if inner == 0:
                kinds += [lambda: "Macro(m,%s,%s)" % (self.atom(), self.atom()),
                          lambda: "MacroIf(%s?m,1:m,${EXTEN})" % self.condition(),
                          lambda: "Macro(m,%s)" % r.choice(['"a,b",c', "(a,b),c", "a\\,b", "[a,b]", ""])]
                if r.random() < 0.06:
                    kinds = [lambda: r.choice(["Goto(nowhere,1)", "Goto(d,nowhere,1)", "WaitExten(.1)", "WaitExten(.1)",
                                               "Exec(Goto(d,2,1))", "TryExec(Goto(d,2,1))", "Goto(d,2,1)",
                                               r.choice(["Goto(x-${NONE},1)", "Gosub(nosub${NONE},s,1)"]),
                                               missing(), "Exec(%s)" % absent()])]
                elif r.random() < 0.06:
                    kinds = [lambda: "%s(%s)" % (r.choice(["Exec", "TryExec"]), call()),
                             lambda: "TryExec(%s)" % r.choice(["Goto(nolabel)", "Return()", "Dial(Nothing)", "Goto(%s)" % way(),
                                                               "Gosub(%s)" % sub(), "Set (A=1)", "Macro(m,1,(a,b))", absent()])]
            # in subroutines and macros too
            lines.append("exten => %s,%d,%s" % (number, i + 1, missing() if r.random() < 0.01 else r.choice(kinds)()))
        return lines

    def plan(self):
        r = self.random
        text = ["[general]", "[globals]", "G=%s" % r.choice(["12", "$[1+2]", "g", "${EXTEN}"]), "A=1", "B=b-c",
                "W=a-b-3", "X1=x", "X2=2", "ARG1=one", "ARG2=9", "GOSUB_RETVAL=r", "L=l0",
                "S=one two-three x"]
        for name in "ab":
            text += ["[%s]" % name, "include => c"]
            for number in ["10", "_0X.", "_[2-5]!"]:
                text += self.steps(number, r.randint(3, 9), 0)
        text += ["[c]", "exten => 20,1,NoOp(${W})", "exten => 20,n(mid),Set(A=%s)" % self.value(),
                 "exten => _X!,7,NoOp(less narrow ${EXTEN})", "exten => _X!,1,Goto(b,10,1)"]
        # nobody dials, and numbers that are none
        text += [r.choice(["", "exten => t,1,NoOp(${EXTEN})"]),
                 r.choice(["", "exten => i,1,NoOp(${EXTEN} ${INVALID_EXTEN})", "exten => e,1,NoOp(${EXTEN})"]),
                 "[d]", "exten => e,1,NoOp(${EXTEN})", "exten => 2,1,WaitExten(.1)"]
        for i in range(4):
            count = r.randint(2, 5)
            text += ["[sub%d]" % i] + self.steps("s", count, i + 1)
            for j in range(count + 1, count + 5):
                text.append("exten => s,%d,Return(%s)" % (j, self.value() if j == count + 1 else ""))
        text += ["[macro-m]", "exten => s,1,NoOp(${ARG1}|${ARG2}|${MACRO_EXTEN}|${MACRO_CONTEXT})"]
        text += [line.replace("=> m,", "=> s,") for line in self.steps("m", 5, 2)[1:]]
        return "\n".join(text) + "\n"


def executed(path, offset):
    """{channel: [(context, extension or number, priority, application, arguments)]} from the log, and its length."""
    calls = {}
    with open(path, "rb") as file:
        file.seek(offset)
        data = file.read()
    for line in data.decode("latin-1").split("\n"):
        found = re.search(r'Executing \[(.*)@(.*):(\d+)\] (\w+)\("(Local/[^"]*;2)", "(.*)"\) in new stack', line)
        if found:
            number, context, priority, application, channel, arguments = found.groups()
            calls.setdefault(channel, []).append((context, number, int(priority), application, arguments))
    return calls, offset + len(data)


def placed(asterisk, directory, calls, offset):
    """Place calls, and wait until they are over and the log, which another thread writes, grows no more."""
    last, still, names = -1, 0, ["Local/%s@%s" % call for call in calls]
    for number, context in calls:
        asterisk.tell("channel originate Local/%s@%s/n application Wait 0" % (number, context))
    for _ in range(300):
        time.sleep(0.1)
        active = asterisk.ask("core show channels count", lambda text: "processed" in text)
        if os.path.getsize(directory + "/log/steps") > LOG_MOST:
            raise SystemExit("a call goes round for ever: %s" % ", ".join(names))
        executions, end = executed(directory + "/log/steps", offset)
        executions = {k: v for k, v in executions.items() if k.rsplit("-", 1)[0] in names}
        over = len(executions) == len(calls) and re.search(r"^0 active channels", active, re.M)
        still = still + 1 if over and end == last else 0
        if still == 3:
            break
        last = end if over else -1
    return executions, end


def executed_alone(asterisk, directory, number, context):
    executions, _ = placed(asterisk, directory, [(number, context)], os.path.getsize(directory + "/log/steps"))
    return [step[2:] for step in next(iter(executions.values()))]


def compare_zones(asterisk, voiplab, directory, path):
    """Which hour and which day of the week it is in some zones."""
    zones = ["America/Guayaquil", "Europe/Madrid", "Asia/Kolkata", "Pacific/Kiritimati", "America/St_Johns", "EST5EDT",
             "Nowhere/City", "<-05>5", "Australia/Sydney", "Pacific/Apia"]
    with open(path, "w", encoding="utf-8") as file:
        file.write("[a]\n")
        place = 0
        for zone in zones:
            for times in ["%02d:00-%02d:59,*,*,*" % (hour, hour) for hour in range(24)] + \
                         ["*,%s,*,*" % day for day in ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]]:
                file.write("exten => s,%d,GotoIfTime(%s,%s?%d)\nexten => s,%d,NoOp()\n" % (
                    place + 1, times, zone, place + 3, place + 2))
                place += 2
        file.write("exten => s,%d,NoOp()\n" % (place + 1))
    asterisk.load()
    for _ in range(3):
        minute = int(time.time()) // 60
        theirs, ours = executed_alone(asterisk, directory, "s", "a"), foretold(voiplab, path, "s", "a")[0]
        if minute == int(time.time()) // 60:
            break
    if ours != theirs or len(ours) > place:
        first = next(i for i, pair in enumerate(zip(ours, theirs)) if pair[0] != pair[1])
        raise SystemExit("the zone of step %d is another one:\n  Asterisk: %r\n  voiplab:  %r" % (
            ours[first][0], theirs[first - 1:first + 1], ours[first - 1:first + 1]))
    return len(zones)


def compare_table(asterisk, voiplab, directory, path, table):
    """The values that the unit test expects, of both."""
    with open(table, encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t") for line in file]
    halves = [rows[:len(rows) // 2], rows[len(rows) // 2:]]
    with open(path, "w", encoding="utf-8") as file:
        for name, half in zip("12", halves):
            file.write("[%s]\n" % name)
            file.writelines("exten => s,%d,NoOp(<$[%s]>)\n" % (i + 1, row[0]) for i, row in enumerate(half))
    asterisk.load()
    executions, offset = placed(asterisk, directory, [("s", "1"), ("s", "2")], 0)
    for name, half in zip("12", halves):
        real = next(v for k, v in executions.items() if k.startswith("Local/s@%s-" % name))
        ours = foretold(voiplab, path, "s", name)[0]
        wanted = ["<%s>" % row[1] for row in half]
        for who, got in (("Asterisk", [step[4] for step in real]), ("voiplab", [step[2] for step in ours])):
            if got != wanted:
                raise SystemExit("%s finds:\n" % who + "\n".join(
                    "%s\t%s" % (row[0], value[1:-1]) for row, value in zip(half, got) if value != "<%s>" % row[1]))
    return len(rows), offset


def known_parts(text):
    """What stands around each ${...} and $[...]."""
    parts, start = [], 0
    while True:
        found = re.search(r"\$[{\[]", text[start:])
        if not found:
            return parts + [text[start:]]
        parts.append(text[start:start + found.start()])
        start += found.end()
        opening = text[start - 1]
        closing, depth = {"{": "}", "[": "]"}[opening], 1
        while depth and start < len(text):
            depth += (text[start] == opening) - (text[start] == closing)
            start += 1


def is_as_foretold(ours, theirs):
    """Whether a step is the one, with anything in the places that only a call can tell."""
    wanted = ".*".join(map(re.escape, known_parts(ours[2])))
    return ours[:2] == theirs[:2] and re.fullmatch(wanted, theirs[2], re.S)


def compare_courses(asterisk, voiplab, directory, path, plan, offset):
    """Every number of a plan of the unit tests."""
    with open(plan, encoding="utf-8") as file:
        text = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write("[general]\nclearglobalvars=yes\n" + text)
    asterisk.load()
    with open(plan.replace(".conf", ".steps"), encoding="utf-8") as file:
        calls = [tuple(line.strip().split("@")) for line in file if not line.startswith(" ")]
    answers = {call: foretold(voiplab, path, *call) for call in calls}
    calls = [call for call in calls if "circle" not in answers[call][2]]  # Asterisk would never end
    executions, offset = placed(asterisk, directory, calls, offset)
    steps = 0
    for number, context in calls:
        theirs = next((v for k, v in executions.items() if k.startswith("Local/%s@%s-" % (number, context))), [])
        theirs = [(priority, application, arguments) for _, _, priority, application, arguments in theirs]
        ours, _, end = answers[number, context]
        theirs = theirs[:len(ours)] if "not followed" in end else theirs
        for i in range(max(len(ours), len(theirs))):
            if i >= len(ours) or i >= len(theirs) or not is_as_foretold(ours[i], theirs[i]):
                raise SystemExit("%s, %s@%s, step %d differs:\n  Asterisk: %r\n  voiplab:  %r" % (
                    plan, number, context, i + 1, theirs[i:i + 1], ours[i:i + 1]))
        steps += len(ours)
    return steps, offset


def foretold(voiplab, path, number, context, *more):
    output = subprocess.run([voiplab, "dialplan", "show", number, "--context", context, "--callerid", "", "--json",
                             "--steps", "2000", "--conf", path, *more], capture_output=True, check=True).stdout
    answer = json.loads(output)
    # where there is no such application the call ends, and nothing is logged
    answer["steps"] = [s for s in answer["steps"] if not re.match(ABSENT, s.get("note", ""))]
    return ([(s["priority"], s["application"], s["arguments"]) for s in answer["steps"]],
            [(s["line"], s.get("filled")) for s in answer["steps"]], answer["end"])


def known(steps):
    """As many as hang on nothing that only a call can tell."""
    kept = []
    for step in steps:
        kept.append(step)
        if re.search(r"\$[{\[]", step[2]):
            return kept, True
    return kept, False


def compare_calls(asterisk, voiplab, directory, path, text, calls, what, *more):
    """All calls of a plan, placed at once: how many steps, and how many calls are foretold in part only."""
    executions, _ = placed(asterisk, directory, calls, os.path.getsize(directory + "/log/steps"))
    steps = cut = 0
    for number, context in calls:
        real = next((v for k, v in executions.items() if k.startswith("Local/%s@%s-" % (number, context))), None)
        if not real:
            raise SystemExit("%s: the log tells nothing of %s@%s" % (what, number, context))
        ours, lines, end = foretold(voiplab, path, number, context, *more)
        ours, was_cut = known(ours)
        # plans for an older Asterisk have it, and are followed as those would be; in Asterisk 16 it fails
        old = next((i for i, step in enumerate(ours) if step[1] == "DBdel"), None)
        # what runs when the call is over is not foretold
        over = next((i for i, step in enumerate(real) if step[1] == "h"), len(real))
        real = [(priority, application, arguments) for _, _, priority, application, arguments in real[:over]]
        theirs = real[:len(ours)] if was_cut or "not followed" in end else real
        if old is not None:
            ours, theirs = ours[:old], theirs[:old]
        elif was_cut and len(ours) <= len(theirs):
            theirs = theirs[:len(ours) - 1] + [ours[-1]]
        if ours != theirs:
            with open(os.environ.get("ORACLE_KEEP", "/dev/null"), "w", encoding="latin-1") as file:
                file.write(text)
            first = next((i for i, pair in enumerate(zip(ours, theirs)) if pair[0] != pair[1]),
                         min(len(ours), len(theirs)))
            raise SystemExit("%s, %s@%s, step %d differs:\n  %s\n  before:   %r\n  Asterisk: %r\n  voiplab:  %r" % (
                what, number, context, first + 1,
                first < len(lines) and (text.split("\n")[lines[first][0] - 1], lines[first][1]),
                ours[max(first - 4, 0):first], theirs[first:first + 1], ours[first:first + 1]))
        steps += len(ours) - was_cut
        cut += was_cut
    return steps, cut


def compare_users(asterisk, voiplab, directory, path):
    """users.conf beside the plan, of which Asterisk makes extensions."""
    for name in ["extensions.conf", "users.conf"]:
        shutil.copy(os.path.join(os.environ["SOURCE"], "test/unit/data/users", name), directory + "/etc/" + name)
    with open(path, encoding="utf-8") as file:
        text = file.read()
    asterisk.load()
    numbers = re.findall(r"^exten => (\d+),1,", text, re.M)
    steps, _ = compare_calls(asterisk, voiplab, directory, path, text, [(number, "phones") for number in numbers], "users.conf")
    os.remove(directory + "/etc/users.conf")
    return steps


def compare_gui(asterisk, voiplab, directory, path, seed, wanted):
    """Plans in the manner of FreePBX, with an AstDB, until so many steps are compared."""
    generator, calls, steps, cut = Gui(seed), 0, 0, 0
    numbers = [(number, "from-internal") for number in GUI_NUMBERS]
    with open(path, "w", encoding="latin-1") as file:
        file.write("[general]\n")
    asterisk.start()  # without the globals of other plans
    while steps < wanted or calls < 3 * len(numbers):  # one plan alone may be all about what a call decides
        text = generator.plan()
        with open(path, "w", encoding="latin-1") as file:
            file.write(text)
        for family in ["AMPUSER", "DEVICE", "CFU", "CFB", "CW", "DND", "OWN"]:
            asterisk.ask("database deltree " + family, lambda text: "ntries" in text or "does not exist" in text)
        for key, value in generator.database():
            asterisk.ask('database put %s "%s"' % (key.replace("/", " ", 1), value.replace('"', '\\"')),
                         lambda text: "Updated database" in text or "ailed" in text)
        with open(directory + "/database", "w", encoding="latin-1") as file:
            file.write(asterisk.ask("database show", lambda text: "results found" in text))
        asterisk.load()
        more, parts = compare_calls(asterisk, voiplab, directory, path, text, numbers, "seed %d" % seed,
                                    "--db", directory + "/database")
        calls, steps, cut = calls + len(numbers), steps + more, cut + parts
    if cut > calls / 2:
        raise SystemExit("of %d calls %d are foretold in part: that is no test" % (calls, cut))
    return calls, steps, cut


def main():
    directory, wanted, seed, gui_steps = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    voiplab, path = os.environ["VOIPLAB"], directory + "/etc/extensions.conf"
    print("seed %d" % seed, flush=True)
    generator, asterisk = Steps(seed), Asterisk(directory)
    asterisk.modules = MODULES
    done = steps = cut = 0
    table = os.path.join(os.environ["SOURCE"], "test/unit/data/expressions")
    expressions, offset = compare_table(asterisk, voiplab, directory, path, table)
    zones, courses = compare_zones(asterisk, voiplab, directory, path), 0
    offset = os.path.getsize(directory + "/log/steps")
    for plan in sorted(glob.glob(os.environ["SOURCE"] + "/test/unit/data/courses/*.conf")):
        count, offset = compare_courses(asterisk, voiplab, directory, path, plan, offset)
        courses += count
    users = compare_users(asterisk, voiplab, directory, path)
    while done < wanted:
        text = generator.plan()
        with open(path, "w", encoding="latin-1") as file:
            file.write(text)
        asterisk.load()
        calls = [(number, context) for number in NUMBERS for context in "ab"]
        more, parts = compare_calls(asterisk, voiplab, directory, path, text, calls, "seed %d" % seed)
        done, steps, cut = done + len(calls), steps + more, cut + parts
    gui = compare_gui(asterisk, voiplab, directory, path, seed, gui_steps)
    found = compare_trees(asterisk, path, seed, max(2, wanted // 100),
                          lambda number, context: executed_alone(asterisk, directory, number, context),
                          lambda number, context: foretold(voiplab, path, number, context)[0])
    asterisk.stop()
    if cut > done / 3 or steps < 5 * done:
        raise SystemExit("of %d calls %d are foretold in part, %d steps in all: that is no test" % (done, cut, steps))
    print("in the manner of FreePBX: %d calls, %d steps: no difference (%d calls were foretold in part)" % gui)
    print("%d expressions; %d zones; %d steps of courses and %d with users.conf; %d calls, %d steps, %d numbers found by the tree: no difference "
          "(%d calls were foretold in part)" % (expressions, zones, courses, users, done, steps, found, cut))


if __name__ == "__main__":
    main()
