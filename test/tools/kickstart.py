#!/usr/bin/env python3
# The grammar of kickstart files, as far as voiplab writes them: the commands of RHEL 5 and of RHEL 7, the options of each
# and whether they have a value, which are required, and how sections begin and end. From pykickstart's handlers RHEL5 and
# RHEL7, which are in no package of Debian. What anaconda would ask about on a screen that nobody looks at is an error
# here.
#
# usage: kickstart.py 5|7 FILE      prints FILE:LINE: MESSAGE for each error; exit status 1 when there is one
import re
import shlex
import sys

VALUE, FLAG = True, False

# command: (options, number of operands: least, most)
COMMON = {
    "install": ({}, 0, 0),
    "cmdline": ({}, 0, 0),
    "text": ({}, 0, 0),
    "cdrom": ({}, 0, 0),
    "skipx": ({}, 0, 0),
    "poweroff": ({}, 0, 0),
    "reboot": ({"eject": FLAG}, 0, 0),
    "halt": ({}, 0, 0),
    "lang": ({}, 1, 1),
    "firstboot": ({"enable": FLAG, "disable": FLAG, "disabled": FLAG, "reconfig": FLAG}, 0, 0),
    "selinux": ({"disabled": FLAG, "enforcing": FLAG, "permissive": FLAG}, 0, 0),
    "services": ({"enabled": VALUE, "disabled": VALUE}, 0, 0),
    "logging": ({"host": VALUE, "level": VALUE, "port": VALUE}, 0, 0),
    "firewall": ({"disabled": FLAG, "enabled": FLAG, "ssh": FLAG, "http": FLAG, "port": VALUE, "trust": VALUE}, 0, 0),
}
CLEARPART = {"all": FLAG, "initlabel": FLAG, "drives": VALUE, "linux": FLAG, "none": FLAG}
PART = {"fstype": VALUE, "size": VALUE, "grow": FLAG, "maxsize": VALUE, "ondisk": VALUE, "ondrive": VALUE, "onpart": VALUE,
        "asprimary": FLAG, "noformat": FLAG, "recommended": FLAG, "fsoptions": VALUE, "label": VALUE, "active": FLAG,
        "bytes-per-inode": VALUE, "start": VALUE, "end": VALUE, "encrypted": FLAG, "passphrase": VALUE, "usepart": VALUE}
NETWORK = {"bootproto": VALUE, "device": VALUE, "ip": VALUE, "netmask": VALUE, "gateway": VALUE, "nameserver": VALUE,
           "hostname": VALUE, "nodns": FLAG, "onboot": VALUE, "mtu": VALUE, "noipv4": FLAG, "noipv6": FLAG,
           "essid": VALUE, "ethtool": VALUE, "wepkey": VALUE, "dhcpclass": VALUE}
BOOTLOADER = {"location": VALUE, "append": VALUE, "driveorder": VALUE, "password": VALUE, "md5pass": VALUE, "upgrade": FLAG}
RHEL5 = dict(COMMON)
RHEL5.update({
    "url": ({"url": VALUE}, 0, 0),
    "keyboard": ({}, 1, 1),
    "network": (dict(NETWORK, **{"class": VALUE, "notksdevice": FLAG}), 0, 0),
    "rootpw": ({"iscrypted": FLAG}, 1, 1),
    "auth": ({"enablemd5": FLAG, "enableshadow": FLAG, "useshadow": FLAG}, 0, 0),
    "timezone": ({"utc": FLAG}, 1, 1),
    "bootloader": (dict(BOOTLOADER, lba32=FLAG, hvargs=VALUE), 0, 0),
    "zerombr": ({}, 0, 0),
    "clearpart": (CLEARPART, 0, 0),
    "part": (PART, 1, 1),
    "key": ({"skip": FLAG}, 0, 1),
})
RHEL7 = dict(COMMON)
RHEL7.update({
    "url": ({"url": VALUE, "mirrorlist": VALUE, "proxy": VALUE, "noverifyssl": FLAG}, 0, 0),
    "keyboard": ({"vckeymap": VALUE, "xlayouts": VALUE, "switch": VALUE}, 0, 1),
    "network": (dict(NETWORK, **{"activate": FLAG, "ipv6": VALUE, "ipv6gateway": VALUE, "interfacename": VALUE,
                                 "bondslaves": VALUE, "vlanid": VALUE, "nodefroute": FLAG}), 0, 0),
    "rootpw": ({"iscrypted": FLAG, "plaintext": FLAG, "lock": FLAG}, 0, 1),
    "auth": ({"enablemd5": FLAG, "enableshadow": FLAG, "useshadow": FLAG, "passalgo": VALUE}, 0, 0),
    "timezone": ({"utc": FLAG, "isUtc": FLAG, "nontp": FLAG, "ntpservers": VALUE}, 0, 1),
    "bootloader": (dict(BOOTLOADER, **{"boot-drive": VALUE, "iscrypted": FLAG, "timeout": VALUE, "extlinux": FLAG,
                                       "leavebootorder": FLAG}), 0, 0),
    "zerombr": ({}, 0, 0),
    "clearpart": (dict(CLEARPART, list=VALUE, disklabel=VALUE), 0, 0),
    "part": (dict(PART, resize=FLAG, hibernation=FLAG, cipher=VALUE), 1, 1),
    "ignoredisk": ({"only-use": VALUE, "drives": VALUE, "interactive": FLAG}, 0, 0),
    "eula": ({"agreed": FLAG, "accepted": FLAG}, 0, 0),
    "repo": ({"name": VALUE, "baseurl": VALUE, "cost": VALUE, "install": FLAG}, 0, 0),
})
for table in RHEL5, RHEL7:
    table["authconfig"] = table["auth"]
    table["partition"] = table["part"]

# One of each group must be there, or a question is asked.
REQUIRED = [["auth", "authconfig"], ["bootloader"], ["keyboard"], ["lang"], ["part", "partition", "autopart"], ["rootpw"],
            ["timezone"], ["zerombr"], ["clearpart"], ["install", "upgrade"], ["url", "cdrom", "nfs", "harddrive"],
            ["poweroff", "reboot", "halt", "shutdown"], ["network"]]
ONCE = {"lang", "keyboard", "rootpw", "timezone", "bootloader", "clearpart", "zerombr", "cdrom", "url", "auth", "authconfig"}
RETIRED = {"langsupport": "halts the installation since RHEL 5", "mouse": "is not known any more",
           "interactive": "asks all questions"}
SECTIONS = {5: {"%packages", "%pre", "%post"}, 7: {"%packages", "%pre", "%post", "%addon", "%anaconda", "%onerror"}}
SECTION_OPTIONS = {
    5: {"%packages": {"excludedocs": FLAG, "ignoremissing": FLAG, "nobase": FLAG, "resolvedeps": FLAG, "ignoredeps": FLAG},
        "%pre": {"interpreter": VALUE, "log": VALUE, "erroronfail": FLAG},
        "%post": {"interpreter": VALUE, "log": VALUE, "erroronfail": FLAG, "nochroot": FLAG}},
    7: {"%packages": {"excludedocs": FLAG, "ignoremissing": FLAG, "nobase": FLAG, "nocore": FLAG, "multilib": FLAG,
                      "instLangs": VALUE, "default": FLAG},
        "%pre": {"interpreter": VALUE, "log": VALUE, "erroronfail": FLAG},
        "%post": {"interpreter": VALUE, "log": VALUE, "erroronfail": FLAG, "nochroot": FLAG}},
}
PACKAGE = re.compile(r"^-?(@ ?)?[A-Za-z0-9][A-Za-z0-9+._*-]*$")

version, path = int(sys.argv[1]), sys.argv[2]
errors = []


def complain(line, text):
    errors.append("%s:%d: %s" % (path, line, text))


def split_options(number, known, words):
    """Options that are given, with their values, and operands."""
    options, operands, at = {}, [], 0
    while at < len(words):
        word = words[at]
        at += 1
        if not word.startswith("--"):
            operands.append(word)
            continue
        name, equals, value = word[2:].partition("=")
        if name not in known:
            complain(number, "RHEL %d has no option --%s here" % (version, name))
        elif known[name] and not equals and at < len(words) and not words[at].startswith("--"):
            value, at = words[at], at + 1
        elif known[name] and (not equals or not value):
            complain(number, "--%s needs a value" % name)
        elif not known[name] and equals:
            complain(number, "--%s has no value" % name)
        if name in options:
            complain(number, "--%s is there twice" % name)
        options[name] = value
    return options, operands


def check_address(number, option, text):
    parts = text.split(".")
    if len(parts) != 4 or not all(part.isdigit() and int(part) < 256 for part in parts):
        complain(number, "--%s: '%s' is no IPv4 address" % (option, text))


def check_network(number, options):
    if options.get("bootproto", "dhcp") not in ("static", "dhcp", "bootp"):
        complain(number, "--bootproto: '%s' is unknown" % options["bootproto"])
    if options.get("bootproto") == "static":
        for name in "ip", "netmask":
            if name not in options:
                complain(number, "a static network needs --%s" % name)
    for name in "ip", "netmask", "gateway":
        if options.get(name):
            check_address(number, name, options[name])
    servers = options.get("nameserver")
    if servers and version == 5 and "," in servers:
        complain(number, "RHEL 5 takes one name server")
    for server in servers.split(",") if servers else []:
        check_address(number, "nameserver", server)
    if not servers and "nodns" not in options and options.get("bootproto") == "static":
        complain(number, "a static network needs --nameserver or --nodns, or it asks")


def check_command(number, name, options, operands):
    if name == "network":
        check_network(number, options)
    if name == "url" and not re.match(r"^(https?|ftp)://\S+$", options.get("url", "") or ""):
        complain(number, "url needs --url=, of http, https or ftp")
    if name == "rootpw" and version == 5 and "iscrypted" not in options:
        complain(number, "the password of root in the clear")
    if name == "rootpw" and version == 7 and "lock" not in options and "iscrypted" not in options:
        complain(number, "the password of root in the clear")
    if name == "clearpart" and "initlabel" not in options:
        complain(number, "without --initlabel a disk that is empty is asked about")
    if name in ("part", "partition"):
        if operands and not (operands[0].startswith("/") or operands[0] in ("swap", "biosboot") or
                             operands[0].startswith(("raid.", "pv."))):
            complain(number, "'%s' is no mount point" % operands[0])
        if "size" not in options and "recommended" not in options and "onpart" not in options:
            complain(number, "a partition needs --size")
        elif options.get("size") and not options["size"].isdigit():
            complain(number, "--size: '%s' is no number" % options["size"])
    if name == "keyboard" and not operands and not options:
        complain(number, "keyboard needs a layout")
    if name == "lang" and operands and not re.match(r"^[a-z]{2}_[A-Z]{2}(\.UTF-8)?$", operands[0]):
        complain(number, "'%s' is no locale" % operands[0])
    if name == "timezone" and operands and not re.match(r"^[A-Z][A-Za-z_]+(/[A-Z][A-Za-z_]+)+$", operands[0]):
        complain(number, "'%s' is no time zone" % operands[0])


def check_line(number, line, seen):
    try:
        words = shlex.split(line, comments=True)
    except ValueError as error:
        complain(number, "quotes: %s" % error)
        return
    if not words:
        return
    name, table = words[0], RHEL5 if version == 5 else RHEL7
    if name in RETIRED:
        complain(number, "'%s' %s" % (name, RETIRED[name]))
        return
    if name not in table:
        complain(number, "RHEL %d has no command '%s'" % (version, name))
        return
    if name in seen and name in ONCE:
        complain(number, "'%s' is there twice" % name)
    seen[name] = number
    known, least, most = table[name]
    options, operands = split_options(number, known, words[1:])
    if not least <= len(operands) <= most:
        complain(number, "'%s' has %d operands instead of %s" % (name, len(operands),
                                                               least if least == most else "%d to %d" % (least, most)))
    check_command(number, name, options, operands)


def begin_section(number, line, seen_sections):
    words = line.split()
    if words[0] not in SECTIONS[version]:
        complain(number, "RHEL %d has no section '%s'" % (version, words[0]))
        return words[0]
    if words[0] == "%packages" and "%packages" in seen_sections:
        complain(number, "%packages is there twice")
    seen_sections.append(words[0])
    split_options(number, SECTION_OPTIONS[version].get(words[0], {}), words[1:])
    return words[0]


def main():
    section, seen, sections, number, heredoc = None, {}, [], 0, None
    with open(path, encoding="utf-8") as stream:
        lines = stream.read().split("\n")
    if lines[-1] != "":
        complain(len(lines), "the last line has no end")
    for number, line in enumerate(lines[:-1], 1):
        first = line.split()[0] if line.split() else ""
        if heredoc:
            heredoc = None if line == heredoc else heredoc
        elif section in ("%pre", "%post"):
            match = re.search(r"<<-?\s*['\"]?([A-Za-z0-9_-]+)['\"]?", line)
            heredoc = match.group(1) if match else None
        # anaconda does not know here-documents: a line that begins with the name of a section is one
        if first == "%end":
            if version == 5:
                complain(number, "RHEL 5 has no %end")
            elif not section:
                complain(number, "%end without a section")
            if heredoc:
                complain(number, "the here-document of the script has no end")
            section, heredoc = None, None
        elif first in SECTIONS[7] or (first.startswith("%") and first != "%include" and section not in ("%pre", "%post")):
            if section and version == 7:
                complain(number, "the section '%s' has no %%end" % section)
            section = begin_section(number, line, sections)
        elif section == "%packages":
            text = line.split("#")[0].strip()
            if text and not PACKAGE.match(text):
                complain(number, "'%s' is no package" % text)
        elif section is None:
            if sections and first and not first.startswith("#"):
                complain(number, "the command '%s' stands behind a section" % first)
            check_line(number, line, seen)
    if section and version == 7:
        complain(number, "the section '%s' has no %%end" % section)
    if heredoc:
        complain(number, "the here-document of the script has no end")
    for group in REQUIRED:
        if not any(name in seen for name in group):
            complain(number, "nothing answers '%s'" % group[0])
    if "%packages" not in sections:
        complain(number, "there is no %packages, so that is asked")
    if version == 7 and "ignoredisk" not in seen:
        complain(number, "without ignoredisk the disc of the answers counts as a disk")
    print("\n".join(errors), end="\n" if errors else "")
    return 1 if errors else 0


sys.exit(main())
