#!/usr/bin/env python3
"""What the linter claims, and what Asterisk does. See lint_claims.sh.

usage: lint_claims.py DIR PLAN      DIR: that of test/e2e/oracle
"""
import json
import os
import re
import shutil
import subprocess
import sys

from dialplan_oracle import Asterisk
from dialplan_steps import MODULES, placed


def claims_of(path):
    """{context: [(what, text)]} of the comments."""
    claims, context = {}, None
    with open(path, encoding="utf-8") as file:
        for line in file:
            heading = re.match(r"\[(.*)\]$", line)
            claim = re.match(r"; (finds|runs|never|ends): (.*)$", line.rstrip("\n"))
            if heading:
                context = heading.group(1)
            elif claim and context:
                claims.setdefault(context, []).append(claim.groups())
    return claims


def holds(what, text, rules, steps):
    arguments = [step[4] for step in steps]
    if what == "finds":
        return text in rules
    if what == "ends":
        return "%s %s" % steps[-1][3:5] == text
    return (text in arguments) == (what == "runs")


def main():
    directory, plan = sys.argv[1:3]
    copy = directory + "/etc/extensions.conf"
    shutil.copy(plan, copy)
    with open(directory + "/etc/tone.ulaw", "wb") as file:
        file.write(b"\xff" * 800)
    claims = claims_of(plan)
    asterisk = Asterisk(directory)
    asterisk.modules = MODULES + ["app_playback", "app_while", "format_pcm", "codec_ulaw"]
    try:
        asterisk.load()
        calls, _ = placed(asterisk, directory, [("1", context) for context in claims], 0)
    finally:
        asterisk.stop()
    steps = {re.match(r"Local/1@(.*)-[0-9a-f]+;2$", channel).group(1): made for channel, made in calls.items()}
    # modules.conf lies beside: what Asterisk was told to load
    found = subprocess.run([os.environ["VOIPLAB"], "dialplan", "lint", "--json", copy], stdout=subprocess.PIPE, check=False)
    rules = {context: set() for context in claims}
    for finding in json.loads(found.stdout)["findings"]:
        rules.setdefault(finding["context"], set()).add(finding["rule"])
    wrong = []
    for context, made in claims.items():
        for what, text in made:
            if not holds(what, text, rules[context], steps.get(context, [("",) * 5])):
                wrong.append("[%s] %s: %s\n  found: %s\n  steps: %s" %
                             (context, what, text, " ".join(sorted(rules[context])), steps.get(context)))
    if "tree" not in plan and "exten-in-general" not in rules[None]:
        wrong.append("exten in [general] is not found")
    for context in set(rules) - set(claims) - {None}:
        wrong.append("[%s]: findings without a claim: %s" % (context, " ".join(sorted(rules[context]))))
    print("\n".join(wrong))
    print("%d contexts, %d claims, %d do not hold" % (len(claims), sum(map(len, claims.values())), len(wrong)))
    return len(wrong) > 0


sys.exit(main())
