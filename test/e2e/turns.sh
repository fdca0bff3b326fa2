#!/bin/bash
# Guests boot in turns: no more at a time than their host bears, the next when one of them answers or is given up, and
# each is waited for from its own start on. On a libvirtd and in a network namespace of the test's own, with QEMU and
# guests that never answer, whose disks are empty.
#
# ctest: RESOURCE_LOCK processor TIMEOUT 300 COST 25
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=test/e2e/lib.sh
. "$here/lib.sh"

: "${VOIPLAB:?the built binary}" "${SOURCE:?the source directory}"
requires_root
requires libvirtd qemu-system-x86_64 qemu-img virsh ip

own_libvirtd turns

most=$((2 * $(virsh -q -c "$uri" nodeinfo | awk '/^CPU\(s\)/ { print $2 }')))
qemu-img create -q -f qcow2 "$work/empty.qcow2" 1M
cat >"$work/lab.ini" <<LAB
[lab]
name = turns
country = ec
virtualization = qemu
storage = $work
[bridge]
name = br0
address = 10.77.9.1/24
[image i]
base = disk:$work/empty.qcow2
[pbx g]
count = $((most + 1))
address = 10.77.9.11
memory = 16M
disk = 1M
LAB

say "$((most + 1)) guests, of which $most boot at a time"
status=0
ip netns exec "$netns" "$VOIPLAB" up --wait 8 -v -f "$work/lab.ini" --share "$SOURCE/share" --state "$work/state" \
    --cache "$work/cache" -c "$uri" >"$work/said" 2>&1 || status=$?
said=$(cat "$work/said")
[ "$status" -eq 1 ] || fail "status $status: $said"
[ "$(virsh -q -c "$uri" list --name | grep -c .)" -eq $((most + 1)) ] || fail "not all were started: $said"
expect_contains "$said" ": its turn to boot, " "what is told while one waits"
# in the order of what was said: how many were started when the first was given up
first=$(sed '/ did not answer within /q' "$work/said" | grep -c 'start domain turns-g-')
[ "$first" -eq "$most" ] || fail "$first were started before the first was given up: $said"
# each had its own 8 seconds
[ "$(grep -c "did not answer within [78]" "$work/said")" -ge $((most + 1)) ] || fail "one was waited for shorter or longer: $said"
