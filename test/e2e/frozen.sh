#!/usr/bin/env bash
# A QEMU that does not answer its libvirtd, and a libvirtd that does not answer at all, keep nobody waiting: `destroy`
# takes the guests away, `status` and `up` end within their time and say who hangs, an interrupt ends what waits, and once
# all is well again the next run finishes. A libvirtd of the test's own; the guests have empty disks and never answer.
#
# ctest: TIMEOUT 300 COST 60
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=test/e2e/lib.sh
. "$here/lib.sh"

: "${VOIPLAB:?the built binary}" "${SOURCE:?the source directory}"
requires_root
requires libvirtd qemu-system-x86_64 qemu-img xorriso ip virsh ssh-keygen

own_libvirtd frozen
frozen=
thaw_frozen() { [ -z "$frozen" ] || kill -CONT "$frozen" 2>/dev/null; }
cleanup_fn thaw_frozen

virsh_() { virsh -q -c "$uri" "$@"; }
# in_lab WORD...: what it says is in $report, how it ended in $status, and in $took the milliseconds that it took. What
# hangs for longer than a minute is killed.
in_lab() {
    local begun
    begun=$(date +%s%N)
    status=0
    report=$(ip netns exec "$netns" timeout -s KILL "${ends_in:-60}" "$VOIPLAB" "$@" -f "$work/lab.ini" \
        --share "$SOURCE/share" --state "$work/state" --cache "$work/cache" -c "$uri" 2>&1) || status=$?
    took=$((($(date +%s%N) - begun) / 1000000))
}
# within LIMIT WHAT: the last one took no longer, in milliseconds
within() {
    [ "$status" -ne 137 ] || fail "$2 did not end"
    [ "$took" -le "$1" ] || fail "$2 took $took ms, more than $1:
$report"
    say "$2: $took ms"
}
domains() { virsh_ list --all --name | sort | tr '\n' ' '; }
freeze() {
    kill -STOP "$1"
    frozen=$1
}
thaw() {
    kill -CONT "$frozen"
    frozen=
}
qemu_of() { cat "$work/libvirt/run/qemu/$1.pid"; }

daemon=$(cat "$work/libvirt/libvirtd.pid")
qemu-img create -q -f qcow2 "$work/base.qcow2" 8M
{
    printf '[lab]\nname = frozen\nvirtualization = qemu\nstorage = %s\n' "$work/pools"
    printf '[bridge]\nname = vlfroz0\naddress = 10.77.10.1/24\n[image i]\nbase = disk:%s\n' "$work/base.qcow2"
    for number in 1 2 3; do
        printf '[pbx g%s]\nimage = i\naddress = 10.77.10.1%s\nmemory = 32M\ndisk = 64M\n' $number $number
    done
} >"$work/lab.ini"
in_lab up --wait 1
[ "$(domains)" = "frozen-g1 frozen-g2 frozen-g3 " ] || fail "after up there are: $(domains)
$report"
in_lab status --wait 6
most=$((took * 3 / 2 + 1000)) # by what it takes here and now, with no guest that answers; who hangs would take 30 s more

say "a QEMU that hangs"
freeze "$(qemu_of frozen-g1)"
in_lab status --wait 6
within "$most" "status beside a QEMU that hangs"
in_lab destroy --yes
[ "$status" -eq 0 ] || fail "destroy beside a QEMU that hangs ended with $status:
$report"
within 40000 "destroy of a lab with a QEMU that hangs" # libvirt waits 10 s for the QEMU before it kills it
[ "$(domains)" = "" ] || fail "after destroy there are: $(domains)"
frozen=

say "a libvirtd that hangs"
in_lab up --wait 1
[ "$(domains)" = "frozen-g1 frozen-g2 frozen-g3 " ] || fail "after up there are: $(domains)
$report"
freeze "$daemon"
in_lab status --wait 6
expect_contains "$report" "takes connections and does not answer" "status beside a libvirtd that hangs"
within "$most" "status beside a libvirtd that hangs"
in_lab up --wait 6
[ "$status" -eq 1 ] || fail "up beside a libvirtd that hangs ended with $status"
expect_contains "$report" "takes connections and does not answer" "up beside a libvirtd that hangs"
within 7000 "up beside a libvirtd that hangs"
in_lab destroy --yes
[ "$status" -eq 1 ] || fail "destroy beside a libvirtd that hangs ended with $status"
within 25000 "destroy beside a libvirtd that hangs"

say "an interrupt ends what waits for it"
ends_in=
in_lab_background() {
    ip netns exec "$netns" "$VOIPLAB" "$@" -f "$work/lab.ini" --share "$SOURCE/share" --state "$work/state" \
        --cache "$work/cache" -c "$uri" >"$work/said" 2>&1 &
    pid=$!
    cleanup_fn kill_if_ours "$pid"
}
# shellcheck disable=SC2317
kill_if_ours() { if [ "${pid-}" = "$1" ]; then kill -KILL "$1" 2>/dev/null || :; fi; }
in_lab_background destroy --yes
sleep 2
begun=$SECONDS
kill -TERM "$pid"
wait "$pid" && fail "destroy was interrupted and says that it is done"
pid=
[ $((SECONDS - begun)) -le 3 ] || fail "destroy ended $((SECONDS - begun)) s after it was interrupted"

say "once it answers again the next run goes on"
thaw
retry 30 virsh_ list >/dev/null || fail "libvirtd does not come back"
in_lab destroy --yes
[ "$status" -eq 0 ] || fail "destroy ended with $status:
$report"
[ "$(domains)" = "" ] || fail "after destroy there are: $(domains)"
say "passed"
