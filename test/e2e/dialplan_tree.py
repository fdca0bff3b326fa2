"""The search of `extenpatternmatchnew=yes`: what a call finds in plans made at random. See dialplan_steps.sh.

`dialplan show` of Asterisk does not make that search, calls do: one call asks for many numbers by Gosub, and each step of
the plan returns its own number.
"""
import os
import re

from dialplan_oracle import Generator, clean_patterns

NUMBERS = 60  # asked in one plan


class Tree(Generator):
    """Plans whose steps tell which they are."""

    def __init__(self, seed):
        super().__init__(seed)
        self.count = 0

    def application(self):
        self.count += 1
        return "Return(%d)" % self.count

    def priority(self, labels):
        """No label: the tree that Asterisk makes to look one up is not followed."""
        self.by_label = False
        return super().priority(labels)

    def name(self):
        r = self.random
        if r.random() < 0.2:
            return r.choice(["s", "s-1", "12", "1N", "1", "2", "-1", "_s", "_s-1", "_12", "_1N", "_[N]2", "_[NX]2", "_[.]",
                             "_1[2-4]", "_1[5-]3]", "_s!", "_1!", "_12!", "_1[2]", "_[0-9]2", "_X2", "_X!", "_1X", "_[1]2",
                             "_-1", "_1.", "_!", "_N", "_[1]", "_[12]", "_[13]", "_[N]", "_[2]N"])
        return super().name()

    def query(self, sections):
        r = self.random
        context = r.choice(sorted(sections))
        number = r.choice(["s", "12", "1", "N2", "2"] + [self.number(clean_patterns(sections[context])) for _ in range(9)])
        priority = r.choice(["1", "1", "1", "2", "3", "ad"])
        number = "".join(c for c in number if c not in ',()[]${}"\\& ;=') or "1"
        return r.choice(["", "top-"]) + context, number, priority

    def plan(self):
        names, text = super().plan()
        text = text.replace("[general]", "[general]\nextenpatternmatchnew=yes", 1)
        # a '[' that is not closed makes the priority a part of the name, and what is left a label
        text = re.sub(r"\nexten[^\n]*\[[^\]\n]*(?=[\[\n])[^\n]*", "", text)
        text = text.replace(",NoOp", ",Return(0)").replace("Foo(x)", "Return(00)")
        sections = {name: "".join(part for part in re.split(r"\n(?=\[)", text) if part.startswith("[" + name + "]"))
                    for name in names}
        lines, place = ["[asks]"], 1
        for _ in range(NUMBERS):
            context, number, priority = self.query(sections)
            caller = self.random.choice(["", "100", "200", "2XX", "_2XX"])
            lines += ["exten => s,%d,Set(CALLERID(num)=%s)" % (place, caller),
                      "exten => s,%d,Set(GOSUB_RETVAL=none)" % (place + 1),
                      "exten => s,%d,GosubIf(${DIALPLAN_EXISTS(%s,%s,%s)}?%s,%s,%s)" %
                      (place + 2, context, number, priority, context, number, priority),
                      "exten => s,%d,NoOp(${GOSUB_RETVAL})" % (place + 3)]
            place += 4
        return text + "\n".join(lines) + "\n"


def compare_trees(asterisk, path, seed, plans, executed, foretold):
    """`plans` of them, and more while few numbers are found; how many are found in all. Asterisk starts anew for each: what
    a reload finds with that search on, labels for one, is another matter."""
    generator, found = Tree(seed), 0
    for done in range(3 * plans):
        if done >= plans and found >= plans * NUMBERS / 6:
            break
        text = generator.plan()
        with open(path, "w", encoding="latin-1") as file:
            file.write(text)
        asterisk.start()
        theirs, ours = ([step[2] for step in run("s", "asks") if step[1] == "NoOp"] for run in (executed, foretold))
        if ours != theirs:
            first = next(i for i, pair in enumerate(zip(ours + [None], theirs + [None])) if pair[0] != pair[1])
            asks = [line for line in text.split("\n") if line.startswith("exten => s,") and "GosubIf" in line]
            with open(os.environ.get("ORACLE_KEEP", "/dev/null"), "w", encoding="latin-1") as file:
                file.write(text)
            raise SystemExit("seed %d, %s\n  Asterisk: %r\n  voiplab:  %r" % (
                seed, asks[first], theirs[first:first + 1], ours[first:first + 1]))
        found += sum(value != "none" for value in ours)
    if found < plans * NUMBERS / 6:
        raise SystemExit("in %d plans %d numbers are found: that is no test" % (3 * plans, found))
    return found
