#!/usr/bin/env python3
# A student who has nothing but a lab note (`--explain`): reads Markdown, and does what stands there where a heading says.
#
# usage: student.py NOTE PLACE=COMMAND ...    COMMAND (words, split at blanks) is a shell at that place; "host" is this host
#
# What is known of a note: "## On NAME, NAME and NAME" and "## On this host[, for NAME ...]" say where one is; a table with
# {{names}} has what each PBX puts in their place; "#### On NAME" and "#### For NAME" are for that one alone. ```sh is
# typed; ```console is looked at, `# COMMAND` and its answer, for up to half a minute. Ends with 1 at the first thing that
# goes wrong, and says which step it was; prints how many blocks were typed and how many answers came.
import re
import shlex
import subprocess
import sys

FENCE = re.compile(r"^(`{3,})(\w*)$")


def read(text):
    """The note as a list of (kind, text): h1 ... h4, a word for a fenced block, row, text."""
    parts, lines, i = [], text.splitlines(), 0
    while i < len(lines):
        fence = FENCE.match(lines[i])
        heading = re.match(r"^(#{1,4}) (.*)$", lines[i])
        if fence:
            end = lines.index(fence.group(1), i + 1)
            parts.append((fence.group(2), "\n".join(lines[i + 1 : end])))
            i = end
        elif heading:
            parts.append((f"h{len(heading.group(1))}", heading.group(2)))
        elif lines[i].startswith("| "):
            parts.append(("row", [cell.strip().strip("`") for cell in lines[i].strip("|").split("|")]))
        i += 1
    return parts


def sections(parts):
    """Each section that is a place: its heading, and what is in it."""
    found = []
    for kind, text in parts:
        if kind == "h2":
            found.append((text, []))
        elif kind == "h1":
            found.append(("", []))
        elif found:
            found[-1][1].append((kind, text))
    return [(heading, body) for heading, body in found if heading.startswith("On ")]


def values_of(body):
    """The values of each PBX, by its name."""
    rows = [text for kind, text in body if kind == "row" and not text[0].startswith("---")]
    values = {}
    if rows and rows[0][0] == "on":
        for row in rows[1:]:
            values[row[0]] = dict(zip(rows[0][1:], row[1:]))
    elif rows:
        for column, name in enumerate(rows[0][1:], 1):
            values[name] = {row[0]: row[column] for row in rows[1:]}
    return values


def put(text, values):
    return re.sub(r"\{\{\w+\}\}", lambda name: values.get(name.group(0), name.group(0)), text)


def script_of(body, name, values):
    """What is typed in one shell for this PBX, and how many blocks and answers that is."""
    script, step, alone, typed, seen = ["s=0"], "", None, 0, 0
    for kind, text in body:
        if kind == "h3":
            step, alone = text, None
        elif kind == "h4":
            alone = text.split(" ")[1]
        if alone not in (None, name):
            continue
        where = shlex.quote(f"{name}: {step}")
        if kind == "sh":
            script.append(f"step={where}; set -e\n{put(text, values)}\nset +e; s=$?")
            typed += 1
        elif kind == "console":
            command, _, answer = put(text, values).partition("\n")
            script.append(
                f"n=0; until [ \"$(\n(exit $s)\n{command[2:]}\n)\" = {shlex.quote(answer)} ]; do\n"
                f"n=$((n + 1)); [ $n -lt 150 ] || {{ echo {where}: {shlex.quote(command)} says \"$(\n{command[2:]}\n)\""
                f" >&2; trap - EXIT; exit 1; }}; sleep 0.2; done"
            )
            seen += 1
    script.insert(0, 'trap \'[ "$?" = 0 ] || echo "went wrong: $step" >&2\' EXIT')
    return "\n".join(script) + "\n", typed, seen


def main():
    text = open(sys.argv[1], encoding="utf-8").read()
    places = dict(argument.split("=", 1) for argument in sys.argv[2:])
    typed = seen = 0
    for heading, body in sections(read(text)):
        here = re.match(r"On this host(?:, for (.*))?$", heading)
        names = re.split(r", | and ", (here.group(1) or "host") if here else heading[3:])
        values = values_of(body)
        for name in names:
            script, blocks, answers = script_of(body, name, values.get(name, {}))
            shell = places["host" if here else name].split(" ")
            if subprocess.run(shell, input=script, text=True, stdout=subprocess.DEVNULL).returncode:
                sys.exit(f"student: {heading}: {name}: it went wrong")
            typed += blocks
            seen += answers
    print(f"{typed} blocks typed, {seen} answers seen")


main()
