#!/bin/bash
# Installations, on a libvirtd and in a network namespace of the test's own, with QEMU.
#
# What the installers are of is 16-bit programs of a few instructions, made here: a medium that shows a word on the
# screen and waits, as an installer does that wants somebody; and the kernel of an installation tree, which writes a boot
# sector to the disk, as an installer does at its end, and switches the machine off. So all that voiplab and libvirt do
# between the first start and the start from the disk is real, and takes no minutes.
#
# VOIPLAB_TEST_FULL: then Debian's own installer is started with the answers, on a mirror in the namespace. That ends with
# a guest that lets us in where the archive has all of the installer's parts, and else where it asks for the first that
# is not there: some mirrors have no more than the kernel's.
#
# ctest: RESOURCE_LOCK processor COST 15
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=test/e2e/lib.sh
. "$here/lib.sh"

: "${VOIPLAB:?the built binary}" "${SOURCE:?the source directory}"
requires_root
requires libvirtd qemu-system-x86_64 qemu-img virsh ip python3 curl as ld xorriso cpio

netns=vli$$
work=$(mktemp -d /var/tmp/voiplab-install.XXXXXX)
state=$work/state
take_down() {
    "$SOURCE/share/quickstart/libvirtd" stop "$work/libvirt" --guests >/dev/null 2>&1
    ip netns delete "$netns" 2>/dev/null
    rm -rf --one-file-system "$work"
}
cleanup_fn take_down

# in_lab COMMAND ARG...: on the lab of the file that is there; leaves its status and what it said
in_lab() {
    local command=$1
    shift
    status=0
    said=$(ip netns exec "$netns" "$VOIPLAB" "$command" "$@" -f "$work/lab.ini" --share "$SOURCE/share" --state "$state" \
        --cache "$work/cache" -c "$uri" -v 2>&1) || status=$?
}
virsh_() { virsh -q -c "$uri" "$@"; }

# lab NAME BASE-LINES: a lab with one guest
lab() {
    printf '[lab]\nname = %s\ncountry = ec\nstorage = %s\n[bridge]\nname = br0\naddress = 10.77.9.1/24\n' "$1" "$work" \
        >"$work/lab.ini"
    printf '[image i]\n%b\n[pbx uno]\naddress = 10.77.9.11\nmemory = %s\ndisk = %s\n' "$2" "${3-32M}" "${4-64M}" \
        >>"$work/lab.ini"
}

# lit FILE: how many bytes of a picture, PNG or PPM, are not black. Each row of a PNG begins with the kind of its filter.
lit() {
    python3 - "$1" <<'PY'
import struct, sys, zlib
data = open(sys.argv[1], "rb").read()
if data[:4] == b"\x89PNG":
    width, at, packed = struct.unpack(">I", data[16:20])[0], 8, b""
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        packed += data[at + 8:at + 8 + length] if kind == b"IDAT" else b""
        at += length + 12
    rows = zlib.decompress(packed)
    data = b"".join(rows[row + 1:row + 1 + 3 * width] for row in range(0, len(rows), 1 + 3 * width))
else:
    data = data[20:]
print(len(data) - data.count(0))
PY
}

say "programs of a few instructions"
cat >"$work/boot.s" <<'S'
.code16
.globl _start
_start: xor %ax, %ax
        mov %ax, %ds
        mov $text, %si
1:      lodsb
        test %al, %al
        jz 2f
        mov $0x0e, %ah
        int $0x10
        jmp 1b
2:      hlt
        jmp 2b
text:   .asciz "voiplab: booted"
.org 510
.word 0xaa55
S
# Linux's boot protocol: the second sector is run, at its begin with a jump over the header
cat >"$work/setup.s" <<'S'
.code16
.globl _start
_start: .byte 0xeb, 1f - 2
        .ascii "HdrS"
        .word 0x0203
        .long 0
        .word 0x1000, 0
        .byte 0, 1
        .word 0x8000
        .long 0x100000, 0, 0, 0
        .word 0, 0
        .long 0, 0x37ffffff
1:      mov $0x7000, %ax
        mov %ax, %ss
        mov $0xfff0, %sp
        mov %cs, %ax
        mov %ax, %es
        mov $512, %bx           # the boot sector stands behind this one
        mov $0x0301, %ax        # write one sector
        mov $0x0001, %cx
        mov $0x0080, %dx        # of the first disk
        int $0x13
        mov $0x604, %dx         # ACPI of the machine "pc": off
        mov $0x2000, %ax
        out %ax, %dx
2:      hlt
        jmp 2b
.org 512
S
for program in boot setup; do
    as --32 -o "$work/$program.o" "$work/$program.s"
    ld -m elf_i386 -Ttext "$([ $program = boot ] && echo 0x7c00 || echo 0)" --oformat binary -o "$work/$program" \
        "$work/$program.o"
done
tree=$work/web/debian/dists/bookworm/main/installer-amd64/current/images/netboot/debian-installer/amd64
mkdir -p "$tree" "$work/cd"
{
    head -c 497 /dev/zero
    printf '\002\0\0\0\0\0\0\0\0\0\0\0\0\125\252' # two sectors of setup
    cat "$work/setup" "$work/boot"
    head -c 16384 /dev/zero
} >"$tree/linux"
echo | gzip -n >"$tree/initrd.gz"
cp "$work/boot" "$work/cd/boot.img"
xorriso -as mkisofs -quiet -b boot.img -no-emul-boot -boot-load-size 1 -o "$work/cd.iso" "$work/cd" 2>/dev/null

ip netns add "$netns"
ip -n "$netns" link set lo up
uri=$("$SOURCE/share/quickstart/libvirtd" start "$work/libvirt" --netns "$netns")

say "by hand: where the screen is, what is waited for, and that there is something to be seen"
lab hand "base = iso:$work/cd.iso"
in_lab up --wait 6
[ "$status" -ne 0 ] || fail "up says that what nobody has installed is good: $said"
expect_contains "$said" "uno: its screen is VNC on 127.0.0.1:" "up of a guest that is installed by hand"
expect_contains "$said" "waiting for uno: to be installed by hand, 0 MiB written" "what up waits for"
virsh_ screenshot hand-uno "$work/screen" >/dev/null
[ "$(lit "$work/screen")" -gt 100 ] || fail "the screen of the installer is blank"
in_lab status --wait 1
expect_contains "$said" "uno" "status"
in_lab destroy --yes
[ "$status" -eq 0 ] || fail "destroy: $said"
[ -z "$(virsh_ list --all --name)" ] || fail "destroy left: $(virsh_ list --all --name)"

say "unattended: installed, switched off, and started from its disk, in one run"
ip netns exec "$netns" python3 -m http.server --bind 127.0.0.1 --directory "$work/web" 8017 >/dev/null 2>&1 &
cleanup_fn kill $!
retry 10 ip netns exec "$netns" curl -s -f -o /dev/null http://127.0.0.1:8017/ || fail "no web server"
lab tree "base = location:http://127.0.0.1:8017/debian/dists/bookworm/main/installer-amd64/\nos = debian12"
in_lab up --dry-run
[ "$status" -eq 0 ] || fail "a dry run: $said"
expect_contains "$said" "fetch $work/cache/installers/i-" "the plan"
[ ! -e "$work/cache" ] || fail "a dry run fetched the installer"
in_lab up --wait 20
expect_contains "$said" "uno: is installed unattended" "up"
expect_contains "$said" "uno: is installed, in " "up"
expect_contains "$said" "'uno' (10.77.9.11 port 22) did not answer" "what comes after, with such an installer"
[ "$(virsh_ domstate tree-uno)" = running ] || fail "the guest does not run from its disk"
xml=$(virsh_ dumpxml tree-uno)
expect_lacks "$xml" "<kernel>" "the definition after the installation"
expect_lacks "$xml" "<graphics" "the definition after the installation"
qemu-img convert -U -O raw "$work/voiplab-tree/uno.qcow2" "$work/disk.raw"
head -c 512 "$work/disk.raw" | cmp - "$work/boot" || fail "the disk has not what the installer wrote"
[ ! -e "$state/tree/installing-uno" ] || fail "the note of the installation is there yet"
if compgen -G "$work/voiplab-tree/uno-seed-*" >/dev/null; then fail "the answers, with the host key, are there yet"; fi
in_lab destroy --yes
[ "$status" -eq 0 ] || fail "destroy: $said"

full || exit 0
say "Debian's own installer, with the answers of the lab file, on a mirror in the namespace"
requires apt-get dpkg-deb
kept=${VOIPLAB_TEST_CACHE:-/var/cache/voiplab-test}/installer
images=/debian/dists/bookworm/main/installer-amd64/current/images/netboot
mkdir -p "$kept/mirror" "$work/package"
(cd "$work/package" && apt-get download -q debian-installer-12-netboot-amd64 >/dev/null 2>&1) ||
    skip "there is no package debian-installer-12-netboot-amd64"
dpkg-deb -x "$work"/package/*.deb "$work/package"
python3 "$here/mirror.py" --namespace "/run/netns/$netns" --listen 0.0.0.0:3142 --cache "$kept/mirror" \
    --tree "$images=$work/package/usr/lib/debian-installer/images/12/amd64/text" >"$work/mirror.port" 2>"$work/mirror.log" &
cleanup_fn kill $!
retry 30 grep -q 3142 "$work/mirror.port" || fail "the mirror does not listen: $(cat "$work/mirror.log")"
lab debian "base = location:http://10.77.9.1:3142/debian/dists/bookworm/main/installer-amd64/\nos = debian12
packages = openssh-server" 512M 4G
ip netns exec "$netns" "$VOIPLAB" up -f "$work/lab.ini" --share "$SOURCE/share" --state "$state" \
    --cache "$work/cache" -c "$uri" -v >"$work/said" 2>&1 &
installing=$! lacks=
missing() { grep -o '[^/ ]*\.udeb HTTP/1.1" 404' "$work/mirror.log"; }
while kill -0 "$installing" 2>/dev/null && ! missing >/dev/null; do sleep 2; done
if missing >/dev/null; then
    # Every question before this one was answered: language, keyboard, network, mirror and suite.
    lacks=$(missing | head -n 1 | cut -d' ' -f1)
    grep -q 'GET .*/dists/bookworm/main/debian-installer/binary-amd64/Packages' "$work/mirror.log" ||
        fail "the installer asked for a part before it knew which there are: $(cat "$work/mirror.log")"
    kill -TERM "$installing"
    wait "$installing" || :
    expect_contains "$(cat "$work/said")" "the installation goes on, and 'voiplab up' waits for it" "up, cut off"
    [ -e "$state/debian/installing-uno" ] || fail "the note of the installation is gone"
    in_lab down
    expect_contains "$said" "stop domain debian-uno" "down"
    [ -e "$state/debian/installing-uno" ] || fail "what was cut off counts as installed"
else
    wait "$installing" || :
    expect_contains "$(cat "$work/said")" "uno: is installed, in " "up"
    printf '10.77.9.11 %s\n' "$(cut -d' ' -f1-2 "$state/debian/ssh/uno_host_ed25519.pub")" >"$work/known"
    [ "$(ip netns exec "$netns" ssh -n -o BatchMode=yes -o UserKnownHostsFile="$work/known" -i \
        "$state/debian/ssh/lab_ed25519" root@10.77.9.11 hostname)" = uno ] || fail "the installed guest is not the lab's"
fi
in_lab destroy --yes
[ "$status" -eq 0 ] || fail "destroy: $said"
[ -z "$lacks" ] || skip "the archive lacks parts of Debian's installer, so it came as far as '$lacks'"
