#!/bin/bash
# Definitions of guests beside those of virt-install: ten command lines of it with what voiplab makes of the same wish.
# Nothing that virt-install gives a guest may be missing in ours unless the table below says why a guest of a telephony
# lab does not need it. Neither makes anything: `--print-xml` and `--dry-run`, on a libvirtd of the test's own.
#
# Without --full three of the ten, since virt-install takes more than a second for each.
#
# ctest: RESOURCE_LOCK processor COST 20
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=test/e2e/lib.sh
. "$here/lib.sh"

: "${VOIPLAB:?the built binary}" "${SOURCE:?the source directory}"
requires_root
requires virt-install libvirtd virsh qemu-system-x86_64 python3 qemu-img

work=$(mktemp -d /var/tmp/voiplab-virt-install.XXXXXX)
take_down() {
    "$SOURCE/share/quickstart/libvirtd" stop "$work/libvirt" >/dev/null 2>&1 || :
    rm -rf --one-file-system "$work"
}
cleanup_fn take_down
uri=$("$SOURCE/share/quickstart/libvirtd" start "$work/libvirt")
qemu-img create -q -f qcow2 "$work/disk.qcow2" 1G
head -c 1048576 /dev/zero >"$work/cd.iso"

theirs() {
    virt-install --connect "$uri" --print-xml --name pbx --noautoconsole --dry-run --check all=off "$@" \
        >"$work/theirs.xml" 2>"$work/said" || fail "virt-install $*: $(cat "$work/said")"
}

voiplab() {
    "$VOIPLAB" create-vm --dry-run --json "$@" --share "$SOURCE/share" --state "$work/state" -c "$uri" \
        >"$work/plan.json" 2>"$work/said" || fail "create-vm $*: $(cat "$work/said")"
}
lone() { voiplab pbx --bridge br0 --os debian11 "$@"; }

# in_lab LINE...: the guest of a lab file with these lines
in_lab() {
    printf '[lab]\nname = l\n[bridge]\nname = br0\naddress = 10.0.9.1/24\n[image i]\nbase = disk:%s\nos = debian11\n' \
        "$work/disk.qcow2" >"$work/lab.ini"
    printf '[pbx pbx]\naddress = 10.0.9.2\n' >>"$work/lab.ini"
    printf '%s\n' "$@" >>"$work/lab.ini"
    voiplab -f "$work/lab.ini"
}

compare() {
    say "$1"
    python3 - "$work/theirs.xml" "$work/plan.json" <<'PY' || fail "$1: what a guest of virt-install has is missing"
import json, sys
import xml.etree.ElementTree as xml

# What a guest of ours does without, and why.
without = {
    "domain/devices/graphics": "a PBX has a serial console; who installs one gets VNC",
    "domain/devices/video": "likewise",
    "domain/devices/input": "likewise",
    "domain/devices/sound": "nobody listens to the machine",
    "domain/devices/audio": "likewise",
    "domain/devices/redirdev": "no USB: its polling wakes an emulated guest all the time",
    "domain/devices/controller": "libvirt adds those that the devices need",
    "domain/devices/emulator": "libvirt finds it",
    "domain/devices/channel[spicevmc]": "no SPICE",
    "domain/devices/channel[org.qemu.guest_agent.0]/source": "libvirt chooses the socket",
    "domain/clock/timer": "emulated, time is QEMU's own; a guest with hardware virtualization has them",
    "domain/features/vmport": "only for a VMware guest's mouse",
    "domain/pm": "no guest of a lab is suspended",
    "domain/on_reboot": "an installation of virt-install's ends at its first reboot; ours goes on",
}

def parts(element, path="domain"):
    for child in element:
        name = path + "/" + child.tag.split("}")[-1]
        if child.tag == "channel":
            name += "[%s]" % (child.get("type") if child.get("type") == "spicevmc" else child.find("target").get("name"))
        if child.tag == "boot":
            name += "[%s]" % child.get("dev")
        yield name
        yield from parts(child, name)

def excused(name):
    return any(name == key or name.startswith(key + "/") for key in without)

text = open(sys.argv[1]).read()
theirs = xml.fromstring(text[: text.index("</domain>") + len("</domain>")])
plan = json.load(open(sys.argv[2]))["plan"]
ours = xml.fromstring(next(step["change"] for step in plan if step["action"] == "define domain"))
have, want = set(parts(ours)), set(parts(theirs))
missing = sorted(name for name in want - have if not excused(name))
for name in sorted(want - have):
    print("    virt-install alone: %s%s" % (name, "" if excused(name) else "   <- missing"))
for name in sorted(have - want):
    print("    voiplab alone:      %s" % name)
for tag in ("memory", "currentMemory", "vcpu"):
    a, b = theirs.find(tag), ours.find(tag)
    if a is not None and (b is None or a.text != b.text or a.get("current") != b.get("current")):
        missing.append(tag)
        print("    %s: virt-install %s, voiplab %s" % (tag, a.text, None if b is None else b.text))
interface = [next(d.iter("interface")) for d in (theirs, ours)]
if interface[0].get("type") != interface[1].get("type"):
    missing.append("interface")
    print("    another type of interface")
sys.exit(bool(missing))
PY
}

disk="path=$work/disk.qcow2,format=qcow2"
base=(--import --osinfo debian11 --disk "$disk" --virt-type qemu --graphics none)

theirs "${base[@]}" --memory 300 --vcpus 1 --network bridge=br0
lone --memory 300M --disk 1G
compare "a guest on a bridge"

theirs "${base[@]}" --memory 256,maxmemory=512 --vcpus 1,maxvcpus=4 --network bridge=br0
in_lab 'memory = 256M' 'max-memory = 512M' 'max-vcpus = 4'
compare "memory and processors that can grow"

theirs "${base[@]}" --memory 300 --vcpus 1 --network network=default
lone --memory 300M --disk 1G --network default
compare "a guest on libvirt's network (NAT)"

full || {
    say "passed"
    exit 0
}

theirs "${base[@]}" --memory 1024 --vcpus 2 --network bridge=br0
lone --memory 1G --disk 1G --vcpus 2
compare "two processors"

theirs --cdrom "$work/cd.iso" --osinfo rhel5.4 --disk "$disk" --virt-type qemu --graphics vnc,listen=127.0.0.1 \
    --memory 300 --vcpus 1 --network bridge=br0
voiplab pbx --memory 300M --disk 35G --cdrom "$work/cd.iso" --bridge br0 --os rhel5.4
compare "an installation from a medium"

theirs "${base[@]}" --memory 256 --vcpus 1 --network bridge=br0 --cpu Nehalem
in_lab 'memory = 256M' 'cpu = Nehalem'
compare "a model of processor"

theirs "${base[@]}" --memory 256 --vcpus 1 --network bridge=br0 --machine pc
in_lab 'memory = 256M' 'machine = pc-i440fx-7.2'
compare "a machine with its version"

theirs "${base[@]}" --memory 256 --vcpus 1 --network bridge=br0 --serial pty,log.file=/var/log/pbx.log
in_lab 'memory = 256M'
compare "a serial console with a log"

theirs "${base[@]}" --memory 256 --vcpus 1 --network bridge=br0 --channel unix,target.type=virtio,target.name=org.qemu.guest_agent.0
in_lab 'memory = 256M'
compare "the guest agent"

theirs "${base[@]}" --memory 256 --vcpus 1 --network bridge=br0 --autostart
in_lab 'memory = 256M' 'autostart = yes'
compare "a guest that starts with its host"
grep -q 'set automatic start of domain' "$work/plan.json" || fail "the guest does not start with its host"
say "passed"
