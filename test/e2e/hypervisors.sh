#!/usr/bin/env bash
# One lab on two hypervisors: two libvirtd in two network namespaces, whose bridges a pair of interfaces joins. Where
# guests go and that they stay there, what is there of each, one hypervisor that does not answer, a bridge that is not
# there, a guest that is on both. The guests have empty disks and never answer; with VOIPLAB_TEST_FULL real ones come up
# whose trunks go from the one to the other, and a backup of them is restored where there is nothing.
#
# ctest: FIXTURES_REQUIRED image TIMEOUT 300 COST 40
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=test/e2e/lib.sh
. "$here/lib.sh"

: "${VOIPLAB:?the built binary}" "${SOURCE:?the source directory}"
requires_root
requires libvirtd qemu-system-x86_64 qemu-img qemu-io ip virsh ssh-keygen

first=vlh$$a
second=vlh$$b
work=$(mktemp -d /var/tmp/voiplab-two.XXXXXX)
cache=$work/cache
own=$SOURCE/share/quickstart/libvirtd
take_down() {
    "$own" stop "$work/first" --guests >/dev/null 2>&1
    "$own" stop "$work/second" --guests >/dev/null 2>&1
    ip netns delete "$first" 2>/dev/null
    ip netns delete "$second" 2>/dev/null
    rm -rf --one-file-system "$work"
}
cleanup_fn take_down

# in_lab WORD...: what it says is in $report, how it ended in $status
in_lab() {
    status=0
    report=$(ip netns exec "$first" timeout -s KILL "${ends_in:-90}" "$VOIPLAB" "$@" -f "$work/lab.ini" \
        --share "$SOURCE/share" --state "$work/state" --cache "$cache" -c "$uri1" 2>&1) || status=$?
}
ended() { [ "$status" -eq "$1" ] || fail "$2: exit status $status, wanted $1; it said:
$report"; }
said() { expect_contains "$report" "$1" "what voiplab said"; }
domains() { virsh -q -c "$1" list --all --name | sort | tr '\n' ' '; }
are() {
    [ "$(domains "$uri1")" = "$1" ] || fail "$3: on the first there are: $(domains "$uri1"); $report"
    [ "$(domains "$uri2")" = "$2" ] || fail "$3: on the second there are: $(domains "$uri2"); $report"
}

ip netns add "$first"
ip netns add "$second"
ip -n "$first" link set lo up
ip -n "$second" link set lo up
ip -n "$first" link add joint type veth peer name joint netns "$second"
ip -n "$first" link set joint up
ip -n "$second" link set joint up
uri1=$("$own" start "$work/first" --netns "$first")
uri2=$("$own" start "$work/second" --netns "$second")
bridge=vltwo0
# lab_of BASE MEMORY PBX...: the lab file, with what each PBX says of itself, `|` for a line end
lab_of() {
    local base=$1 memory=$2 number=1 pbx
    shift 2
    printf '[lab]\nname = two\nvirtualization = qemu\n[hypervisor second]\nuri = %s\n' "$uri2"
    printf '[bridge]\nname = %s\naddress = 10.77.12.1/24\n[image i]\nbase = %s\n' "$bridge" "$base"
    for pbx; do
        number=$((number + 1))
        printf '[pbx %s]\nimage = i\naddress = 10.77.12.1%s\nmemory = %s\n%s\n' "${pbx%%|*}" $number "$memory" \
            "$(tr '|' '\n' <<<"${pbx#*|}")"
    done
}

qemu-img create -q -f qcow2 "$work/base.qcow2" 8M
lab_of "disk:$work/base.qcow2" 32M 'g1|disk = 64M' 'g2|disk = 64M|hypervisor = second' 'g3|disk = 64M' \
    'g4|disk = 64M|hypervisor = lab' >"$work/lab.ini"
chmod 600 "$work/lab.ini"

say "a hypervisor without the lab's bridge is told, and the guests of the other are made"
in_lab up --wait 1
said "the hypervisor 'second' is left out: its host has no bridge '$bridge'"
said "g2: its hypervisor 'second' does not answer"
are "two-g1 two-g3 two-g4 " "" "up without a bridge on the second"
in_lab destroy --yes
ended 4 "destroy with a hypervisor that is left out"
are "" "" "destroy"
ip -n "$second" link add "$bridge" type bridge
ip -n "$second" link set "$bridge" up
ip -n "$second" link set joint master "$bridge"
in_lab destroy --yes
ended 0 "destroy"
[ ! -e "$work/state/two" ] || fail "the state is still there"

say "guests go where the file says, the others where there is most memory, and the same again"
for time in first second; do
    in_lab up --dry-run
    ended 0 "up --dry-run"
    said "libvirt on second: define domain two-g2"
    are "" "" "a dry run"
    in_lab up --wait 1
    are "two-g1 two-g4 " "two-g2 two-g3 " "up for the $time time"
    [ "$time" = second ] || in_lab destroy --yes
done
expect_contains "$(cat "$work/state/two/made")" "place g3 second" "what is written down"
volumes() { virsh -q -c "$1" vol-list voiplab-two | awk 'NF { print $1 }' | grep -v '[.]complete$' | sort | tr '\n' ' '; }
expect_contains "$(volumes "$uri1")" "g1.qcow2" "the volumes on the first"
expect_contains "$(volumes "$uri1")" ".base.qcow2" "the volumes on the first"
expect_lacks "$(volumes "$uri1")" "g2" "the volumes on the first"
expect_contains "$(volumes "$uri2")" "g2.qcow2" "the volumes on the second"
expect_contains "$(volumes "$uri2")" ".base.qcow2" "the volumes on the second"
expect_lacks "$(volumes "$uri2")" "g1" "the volumes on the second"

say "a backup of both is restored where nothing is any more, byte for byte"
# sums URI: what is in each volume there
sums() {
    local name
    for name in $(volumes "$1"); do
        virsh -q -c "$1" vol-download "$name" "$work/volume" --pool voiplab-two
        printf '%s %s\n' "$name" "$(sha256sum <"$work/volume")"
    done
}
# A running guest with nothing to boot writes nothing: what is on its disk are our own words.
qemu-io -f qcow2 -U -c "write -P 77 1M 64k" "$work/second/lib/images/voiplab-two/g2.qcow2" >/dev/null 2>&1 || :
in_lab backup "$work/two.backup" --dry-run
ended 0 "backup --dry-run"
said "volumes/second/g2.qcow2"
[ ! -e "$work/two.backup" ] || fail "a dry run wrote a backup"
in_lab backup "$work/two.backup" --wait 5
ended 0 "backup"
[ "$(stat -c %a "$work/two.backup")" = 600 ] || fail "others can read the backup"
[ "$(virsh -q -c "$uri2" domstate two-g2)" = running ] || fail "g2 does not run on after the backup"
in_lab backup "$work/two.backup"
ended 1 "backup over another"
said "is there already"
sums "$uri1" >"$work/sums1"
sums "$uri2" >"$work/sums2"
(cd "$work/state/two" && sha256sum secrets ssh/*) >"$work/keys"
cp "$work/lab.ini" "$work/lab.before"
restore() {
    status=0
    report=$(ip netns exec "$first" timeout -s KILL 90 "$VOIPLAB" restore "$@" -f "$work/lab.ini" \
        --share "$SOURCE/share" --state "$work/state" --cache "$cache" -c "$uri1" 2>&1) || status=$?
}
restore "$work/two.backup"
ended 1 "restore over a lab"
said "the lab 'two' is there already"
in_lab destroy --yes
ended 0 "destroy before restore"
rm "$work/lab.ini"
head -c $(($(stat -c %s "$work/two.backup") / 2)) "$work/two.backup" >"$work/cut.backup"
restore "$work/cut.backup"
ended 1 "restore of a part of a backup"
for thing in lab.ini state/two; do [ ! -e "$work/$thing" ] || fail "a part of a backup was restored"; done
restore "$work/two.backup" --dry-run
ended 0 "restore --dry-run"
said "-> libvirt on second: volume g2.qcow2 in voiplab-two"
for thing in lab.ini state/two; do [ ! -e "$work/$thing" ] || fail "a dry run restored something"; done
restore "$work/two.backup"
ended 0 "restore"
sums "$uri1" | diff "$work/sums1" - || fail "other volumes on the first"
sums "$uri2" | diff "$work/sums2" - || fail "other volumes on the second"
(cd "$work/state/two" && sha256sum --quiet -c "$work/keys") || fail "other secrets or keys"
cmp "$work/lab.ini" "$work/lab.before" || fail "another lab file"
in_lab up --wait 1
are "two-g1 two-g4 " "two-g2 two-g3 " "up after restore"

say "who is somewhere stays there, whatever the file says now"
sed -i 's/^\[pbx g1\]/&\nhypervisor = second/' "$work/lab.ini"
in_lab up --wait 1
said "g1: the guest is on the hypervisor 'lab' and stays there with its disk, though the file says 'second'"
are "two-g1 two-g4 " "two-g2 two-g3 " "up with another place in the file"

say "a guest on both is told, and left alone"
virsh -q -c "$uri2" destroy two-g3
virsh -q -c "$uri2" dumpxml two-g3 >"$work/twin.xml"
virsh -q -c "$uri1" define "$work/twin.xml" >/dev/null
in_lab status --wait 1
said "g3: it is on two hypervisors, 'lab' and 'second'"
virsh -q -c "$uri1" undefine two-g3

say "a hypervisor that does not answer fails its own guests"
"$own" stop "$work/second" >/dev/null
in_lab status --wait 1
said "the hypervisor 'second' is left out"
said "g2: its hypervisor 'second' does not answer"
said "g1: "
in_lab down
ended 4 "down with a hypervisor that does not answer"
said "the hypervisor 'second' did not answer"
[ "$(virsh -q -c "$uri1" list --name)" = "" ] || fail "guests of the first run on"
uri2=$("$own" start "$work/second" --netns "$second")
[ "$(virsh -q -c "$uri2" list --name)" = two-g2 ] || fail "g2 does not run on"

say "what the file has no more is an orphan wherever it is"
sed -i '/^\[pbx g2\]/,/^\[pbx g3\]/{/^\[pbx g3\]/!d}' "$work/lab.ini"
in_lab status --wait 1
said "g2: the guest is running, and the lab file has no such machine any more"
in_lab destroy --yes
ended 0 "destroy"
are "" "" "destroy"
expect_lacks "$(virsh -q -c "$uri2" pool-list --all --name)" voiplab-two "the pools of the second"
[ ! -e "$work/state/two" ] || fail "the state is still there"
full || { say "passed"; exit 0; }

cache=${VOIPLAB_TEST_CACHE:-/var/cache/voiplab-test}
[ -d "$cache" ] || skip "no base image was made (e2e.image)"
say "with real guests: trunks go from one hypervisor to the other"
bridge=vltwo0
sed -e "s/^name      = quickstart/name = two/; s/vlquick0/$bridge/; s/10\.77\.7\./10.77.12./" \
    -e "s|^\[bridge\]|[hypervisor second]\nuri = $uri2\n&|" -e 's/^\[pbx beta\]/&\nhypervisor = second/' \
    -e 's/^\[pbx \(hub\|alfa\)\]/&\nhypervisor = lab/' "$SOURCE/share/labs/quickstart.ini" >"$work/lab.ini"
ends_in=500
in_lab bridge
ended 0 "bridge"
ip -n "$first" link set joint master "$bridge"
begun=$SECONDS
in_lab up
say "up took $((SECONDS - begun)) s: $(tail -n 1 <<<"$report")"
ended 0 "up of real guests"
are "two-alfa two-hub " "two-beta " "up of real guests"
in_lab verify
ended 0 "verify"
say "$(tail -n 1 <<<"$report")"

say "backup there"
guest() {
    printf '%s %s\n' "$1" "$(cut -d' ' -f1-2 "$work/state/two/ssh/${2}_host_ed25519.pub")" >"$work/known"
    ip netns exec "$first" ssh -n -o BatchMode=yes -o StrictHostKeyChecking=yes -o UserKnownHostsFile="$work/known" \
        -i "$work/state/two/ssh/lab_ed25519" "root@$1" "${@:3}"
}
guest 10.77.12.12 beta "echo mine >/root/mine"
begun=$SECONDS
in_lab backup "$work/real.backup"
ended 0 "backup of real guests"
say "backup took $((SECONDS - begun)) s, $(($(stat -c %s "$work/real.backup") >> 20)) MiB: $(tail -n 1 <<<"$report")"
guest 10.77.12.12 beta true || fail "beta does not run on after the backup"

say "restore here: another host, where nothing is, without the other hypervisor"
in_lab destroy --yes
ended 0 "destroy"
rm "$work/lab.ini"
begun=$SECONDS
restore "$work/real.backup" beta
ended 0 "restore of one guest into nothing"
restore "$work/real.backup" --replace
ended 0 "restore of real guests"
say "restore took $((SECONDS - begun)) s"
ip -n "$first" link show "$bridge" >/dev/null 2>&1 || in_lab bridge
ip -n "$first" link set joint master "$bridge"
begun=$SECONDS
in_lab up
ended 0 "up after restore"
say "up after restore took $((SECONDS - begun)) s: $(tail -n 1 <<<"$report")"
[ "$(guest 10.77.12.12 beta cat /root/mine)" = mine ] || fail "beta has not what was written to it before the backup"
in_lab destroy --yes
ended 0 "the last destroy"
say "passed"
