#!/bin/bash
# Installations, on a libvirtd and in a network namespace of the test's own, with QEMU.
#
# What the installers are of is 16-bit programs of a few instructions, made here: a medium that shows a word on the
# screen and waits, as an installer does that wants somebody; and the kernel of an installation tree, which writes to the
# disk, with a boot sector at the end, as an installer does, and switches the machine off. So all that voiplab and libvirt do
# between the first start and the start from the disk is real, and takes no minutes.
#
# VOIPLAB_TEST_FULL: then a guest boots from the network, and Debian's own installer runs to its end with the answers,
# on a mirror in the namespace. It is that of Debian 13: kernel, first root and all parts are Debian's, but that the
# archive need not have them all, and those that it lacks are made of the files of Debian's ordinary packages (see
# installer.py). Where that does not do either, that part is skipped, with the names of what is lacking. It takes half an
# hour of an emulated processor, and 400 MB are fetched once.
#
# ctest: RESOURCE_LOCK processor TIMEOUT 600 COST 15
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=test/e2e/lib.sh
. "$here/lib.sh"

: "${VOIPLAB:?the built binary}" "${SOURCE:?the source directory}"
requires_root
requires libvirtd qemu-system-x86_64 qemu-img virsh ip python3 curl as ld xorriso cpio

own_libvirtd install
state=$work/state
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
        mov $0x0101, %cx        # from cylinder 1 on, for 32 of them
1:      mov $0x033f, %ax        # write 63 sectors, of anything
        mov $0x0080, %dx
        xor %bx, %bx
        int $0x13
        inc %ch
        cmp $33, %ch
        jb 1b
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

# in_system COMMAND ARG...: in_lab, as if this libvirtd were that of the system, whose logs are where libvirt has them
in_system() {
    local command=$1
    shift
    status=0
    # shellcheck disable=SC2016 # for the shell in there
    said=$(ip netns exec "$netns" unshare -m --propagation private sh -c '
        mount --bind "$1/libvirt/sock" /run/libvirt && mount --bind "$1/libvirt/log" /var/log/libvirt && shift && exec "$@"' \
        sh "$work" "$VOIPLAB" "$command" "$@" -f "$work/lab.ini" --share "$SOURCE/share" --state "$state" \
        --cache "$work/cache" -c qemu:///system -v 2>&1) || status=$?
}
# again: libvirtd is restarted; what it was told of domains that are off it forgets
again() {
    "$SOURCE/share/quickstart/libvirtd" stop "$work/libvirt"
    "$SOURCE/share/quickstart/libvirtd" start "$work/libvirt" --netns "$netns" >/dev/null
    expect_contains "$(virsh_ domstate tree-uno --reason)" "(unknown)" "the reason, after libvirtd was restarted"
}
is_off() { [ "$(virsh_ domstate "$1")" = "shut off" ]; }

say "libvirtd has forgotten how the guest came to be off: nothing is installed over it"
in_lab up --no-start
[ "$status" -eq 0 ] || fail "up --no-start: $said"
grep -q '^disk [0-9]' "$state/tree/installing-uno" || fail "the note does not say which disk is meant"
virsh_ start tree-uno
retry 60 is_off tree-uno || fail "the installer has no end"
again
in_lab up --wait 20
[ "$status" -ne 0 ] || fail "up goes on: $said"
expect_contains "$said" "nobody knows whether its installer had come to its end; 'voiplab reset --clean uno'" "up"
is_off tree-uno || fail "the installer was started over what may be installed"
[ -e "$state/tree/installing-uno" ] || fail "the note of the installation is gone"

if unshare -m --propagation private true 2>/dev/null; then
    say "... unless libvirt has written down that it was cut off"
    virsh_ start --paused tree-uno
    virsh_ destroy tree-uno
    again
    in_system up --wait 20
    expect_contains "$said" "uno: is installed unattended" "up of what was cut off"
    expect_contains "$said" "uno: is installed, in " "up of what was cut off"
    in_lab destroy --yes
    [ "$status" -eq 0 ] || fail "destroy: $said"

    say "... or that it has switched itself off"
    in_lab up --no-start
    virsh_ start tree-uno
    retry 60 is_off tree-uno || fail "the installer has no end"
    again
    in_system up --wait 5
    expect_contains "$said" "'uno' (10.77.9.11 port 22) did not answer" "up of what is installed"
    expect_lacks "$said" "uno: is installed unattended" "up of what is installed"
    expect_lacks "$(virsh_ dumpxml tree-uno)" "<kernel>" "the definition after the installation"
    [ "$(virsh_ domstate tree-uno)" = running ] || fail "the guest does not run from its disk"
fi
in_lab destroy --yes
[ "$status" -eq 0 ] || fail "destroy: $said"

full || exit 0
say "from the network, while the disk is empty"
ip -n "$netns" link add pxe0 type bridge
ip -n "$netns" address add 10.77.8.1/24 dev pxe0
ip -n "$netns" link set pxe0 up
ip netns exec "$netns" python3 "$here/pxe.py" pxe0 10.77.8.1 10.77.8.2 "$work/boot" >"$work/pxe" &
cleanup_fn kill $!
retry 10 grep -q ready "$work/pxe" || fail "no DHCP and TFTP servers"
# lone COMMAND ARG...: on guests without a lab file
lone() {
    local command=$1
    shift
    said=$(ip netns exec "$netns" "$VOIPLAB" "$command" "$@" --share "$SOURCE/share" --state "$state" -c "$uri" 2>&1) ||
        fail "$command $*: $said"
}
lone create-vm netboot --memory 64M --disk 64M --bridge pxe0 --pxe
expect_contains "$said" "netboot: its screen is VNC on 127.0.0.1:" "create-vm --pxe"
retry 120 grep -q fetched "$work/pxe" || fail "the guest fetched nothing from the network"
lone create-vm netboot --memory 64M --disk 64M --bridge pxe0 --pxe
expect_contains "$said" "nothing to do" "a second create-vm --pxe"
lone destroy --lone netboot --yes

say "from a tree by hand, until its installer has ended, and then from the disk"
by_hand=(create-vm byhand --memory 1G --disk 64M --bridge pxe0 --os debian12 --cache "$work/cache"
    --location http://127.0.0.1:8017/debian/dists/bookworm/main/installer-amd64/)
lone "${by_hand[@]}"
expect_contains "$said" "byhand: its screen is VNC on 127.0.0.1:" "create-vm --location"
# shellcheck disable=SC2016 # for the shell that retry starts
retry 60 sh -c '[ "$(virsh -q -c "$1" domstate byhand)" = "shut off" ]' sh "$uri" || fail "the installer has no end"
lone "${by_hand[@]}"
[ "$(virsh_ domstate byhand)" = running ] || fail "the guest does not run from its disk"
expect_lacks "$(virsh_ dumpxml byhand)" "<kernel>" "the definition after the installation"
expect_lacks "$(virsh_ vol-list voiplab-default)" "byhand.initrd" "the volumes after the installation"
lone "${by_hand[@]}"
expect_contains "$said" "nothing to do" "a second create-vm --location"
lone destroy --lone byhand --yes
[ -z "$(virsh_ vol-list voiplab-default)" ] || fail "destroy left: $(virsh_ vol-list voiplab-default)"

say "Debian's own installer, with the answers of the lab file, on a mirror in the namespace"
requires apt-get apt-cache dpkg-deb gpg cpio
kept=${VOIPLAB_TEST_CACHE:-/var/cache/voiplab-test}/installer
archive=/debian/dists/trixie/main/installer-amd64
mkdir -p "$kept/mirror" "$work/parts"
status=0
lacks=$(python3 "$here/installer.py" --suite trixie --cache "$kept/mirror" --out "$work/parts" 2>&1 >"$work/parts.log") ||
    status=$?
[ "$status" -ne 77 ] || skip "$lacks"
[ "$status" -eq 0 ] || fail "the parts of the installer: $lacks"
python3 "$here/mirror.py" --namespace "/run/netns/$netns" --listen 0.0.0.0:3142 --cache "$kept/mirror" \
    --tree "$archive/current/images/netboot=$work/parts/images" \
    --tree "/debian/dists/voiplab-parts=$work/parts/dists/voiplab-parts" \
    --tree "/debian/pool/voiplab-parts=$work/parts/pool/voiplab-parts" >"$work/mirror.port" 2>"$work/mirror.log" &
cleanup_fn kill $!
retry 30 grep -q 3142 "$work/mirror.port" || fail "the mirror does not listen: $(cat "$work/mirror.log")"
lab debian "base = location:http://10.77.9.1:3142$archive/\nos = debian13\npackages = openssh-server" 512M 4G
# As the best that QEMU 7.2 emulates, 40 minutes ended in a double fault of the kernel.
echo 'cpu = Nehalem' >>"$work/lab.ini"
# install: what goes on in the background, and what is told of it
install() {
    ip netns exec "$netns" "$VOIPLAB" up -f "$work/lab.ini" --share "$SOURCE/share" --state "$state" \
        --cache "$work/cache" -c "$uri" -v >"$work/said" 2>&1 &
    installing=$!
}
# inside COMMAND: in the guest, by the key of the lab
inside() {
    ip netns exec "$netns" ssh -n -o BatchMode=yes -o UserKnownHostsFile="$work/known" -i "$state/debian/ssh/lab_ed25519" \
        root@10.77.9.11 "$@"
}
# happens SECONDS TEXT FILE: waits, while the installation goes on
happens() {
    local end=$((SECONDS + $1))
    until grep -q -e "$2" "$3"; do
        kill -0 "$installing" 2>/dev/null || fail "up ended before '$2': $(tail -n 20 "$work/said")"
        [ $SECONDS -lt $end ] || fail "'$2' did not happen within $1 s: $(tail -n 3 "$work/mirror.log")"
        sleep 2
    done
}

say "... what is cut off goes on, and what is stopped does not count as installed"
install
happens 60 "uno: installing: " "$work/said"
kill -TERM "$installing"
wait "$installing" || :
expect_contains "$(cat "$work/said")" "the installation goes on, and 'voiplab up' waits for it" "up, cut off"
[ "$(virsh_ domstate debian-uno)" = running ] || fail "the installation does not go on"
in_lab down
expect_contains "$said" "stop domain debian-uno" "down"
[ -e "$state/debian/installing-uno" ] || fail "what was stopped counts as installed"

say "... to its end, and from the disk"
install
happens 1800 'GET .*/dists/voiplab-parts/main/debian-installer/binary-amd64/Packages' "$work/mirror.log"
happens 3600 'GET .*/linux-image-[^ ]*cloud-amd64' "$work/mirror.log"
happens 3600 "uno: is installed, in " "$work/said"
wait "$installing" || :
grep "uno: is installed, in " "$work/said"
printf '10.77.9.11 %s\n' "$(cut -d' ' -f1-2 "$state/debian/ssh/uno_host_ed25519.pub")" >"$work/known"
[ "$(inside hostname)" = uno ] || fail "the installed guest is not the lab's"
expect_contains "$(inside cat /proc/cmdline)" "console=ttyS0,115200" "what the guest was started with"
# Nobody has a password, nor a name of his own.
[ -z "$(inside awk -F: "'\$2 !~ /^[!*]/'" /etc/shadow)" ] || fail "somebody has a password"
[ -z "$(inside awk -F: "'\$3 >= 1000 && \$3 < 60000'" /etc/passwd)" ] || fail "somebody is there who need not be"
