#!/bin/bash
# What a guest boots from, on a libvirtd and in a network namespace of the test's own, with QEMU: a disk that is empty is
# passed over for the network, an order that is changed is there at the next start and is told until then, and a guest
# that has found nothing begins again.
#
# ctest: TIMEOUT 600 COST 65
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=test/e2e/lib.sh
. "$here/lib.sh"

: "${VOIPLAB:?the built binary}" "${SOURCE:?the source directory}"
requires_root
requires libvirtd qemu-system-x86_64 qemu-img virsh ip python3
[ -e /usr/lib/ipxe/qemu/efi-virtio.rom ] || skip "the boot ROMs are missing (package ipxe-qemu)"

own_libvirtd boot

# in_lab COMMAND ARG...: leaves its status and what it said
in_lab() {
    local command=$1
    shift
    status=0
    said=$(ip netns exec "$netns" "$VOIPLAB" "$command" "$@" -f "$work/lab.ini" --share "$SOURCE/share" \
        --state "$work/state" --cache "$work/cache" -c "$uri" -v 2>&1) || status=$?
}
virsh_() { virsh -q -c "$uri" "$@"; }

# lab ORDER: a lab of one guest, whose disk has nothing on it
lab() {
    cat >"$work/lab.ini" <<LAB
[lab]
name = boot
country = ec
storage = $work
[bridge]
name = br0
address = 10.77.9.1/24
[image i]
base = disk:$work/empty.qcow2
[pbx uno]
address = 10.77.9.11
memory = 64M
disk = 8M
boot = $1
LAB
}

qemu-img create -q -f qcow2 "$work/empty.qcow2" 8M
head -c 512 /dev/zero >"$work/boot" # no program: who has fetched it goes on to the next of the order

say "from the disk, which is empty, and then from the network; there is no server yet, so the firmware begins again"
lab "disk, network"
in_lab up --wait 1
expect_contains "$said" "uno: its screen is VNC on 127.0.0.1:" "up"
[ "$(virsh_ domstate boot-uno)" = running ] || fail "the guest does not run: $said"
virsh_ event boot-uno reboot --timeout 300 >/dev/null || fail "the firmware halts when it finds nothing to boot from"
ip netns exec "$netns" python3 "$here/pxe.py" br0 10.77.9.1 10.77.9.11 "$work/boot" >"$work/pxe" &
cleanup_fn kill $!
retry 10 grep -q ready "$work/pxe" || fail "no DHCP and TFTP servers"
retry 300 grep -q fetched "$work/pxe" || fail "the guest fetched nothing from the network"

say "another order waits for the next start, and is told until then"
lab disk
in_lab up --dry-run
expect_contains "$said" "libvirt: define domain boot-uno (at its next start: boot order, devices; 'up --restart' restarts it)" \
    "the plan"
in_lab up --wait 1
in_lab status --wait 1
expect_contains "$said" "the guest runs as it was before (boot order, devices); 'voiplab up --restart' restarts it" "status"
virsh_ destroy boot-uno
in_lab up --wait 1
xml=$(virsh_ dumpxml boot-uno)
expect_lacks "$xml" "<boot dev='network'/>" "the guest that was started anew"
expect_contains "$xml" "<rom enabled='no'/>" "the guest that was started anew"
in_lab status --wait 1
expect_lacks "$said" "runs as it was before" "status after that"
in_lab destroy --yes
[ "$status" -eq 0 ] || fail "destroy: $said"
