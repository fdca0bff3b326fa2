#!/bin/bash
# A change of the network that is on trial, where something else goes wrong too: the command is slow or is cut off, the
# way back is cut off, the state directory cannot be written, there are more routes than the kernel answers for at once.
# Whatever happens, the network comes back, and what is said of it is true.
#
# ctest: TIMEOUT 900 COST 40
# shellcheck source=test/e2e/lib.sh
. "${SOURCE:?}/test/e2e/lib.sh"
# shellcheck source=test/e2e/uplink.sh
. "$SOURCE/test/e2e/uplink.sh"
set -u
uplink_up
requires strace
uplink_lab 'backend = ifcfg'
bridge() { voiplab bridge "$@" -f "$work/lab.ini" --share "$SOURCE/share"; }
change() { voiplab bridge "$@"; }
on_host() { ip -n "$uplink_host" "$@"; }
files() { (cd "$work/etc" && find . -type f -printf '%p %m\n' -exec sha256sum {} + | sort); }
nothing_waits() {
    [ ! -e "$work/state/.bridge/host/pending" ] && [ ! -e "$work/state/.bridge/host/reverting" ]
}
watchdog() {
    ip netns pids "$uplink_host" | while read -r pid; do
        grep -qz -- --voiplab-bridge-watchdog "/proc/$pid/cmdline" 2>/dev/null && echo "$pid"
    done
}
nobody_watches() { [ -z "$(watchdog)" ]; }
remember() {
    network_state >"$work/before"
    files >"$work/files"
}
as_before() {
    network_state | diff "$work/before" - >&2 || fail "$1: the network is not as it was"
    files | diff "$work/files" - >&2 || fail "$1: the files are not as they were"
}
addresses() { on_host -o -4 address show dev br0 | awk '{print $4}' | sort | paste -sd ' '; }
sleep 2
remember

say "more routes than the kernel answers for at once"
for i in $(seq 400); do echo "route add 10.$((i / 250)).$((i % 250)).0/24 via 192.0.2.1 dev eth0"; done >"$work/routes"
on_host -batch "$work/routes"
network_state >"$work/before"
bridge --timeout 3
ends 0 'bridge with 400 routes'
[ "$(on_host route show dev br0 | wc -l)" -ge 400 ] || fail "not all routes have come along"
retry 20 nothing_waits || fail "the watchdog has not come to an end with 400 routes"
as_before 'with 400 routes'
bridge --timeout 60
ends 0 'bridge with 400 routes'
change revert
ends 0 'revert with 400 routes'
as_before 'after the revert with 400 routes'
uplink_plain
sleep 1
network_state >"$work/before"

say "links that come and go while they are listed"
(for _ in $(seq 300); do
    on_host link add dummy0 type bridge && on_host link delete dummy0
done) &
changer=$!
for i in $(seq 100); do echo "link add port$i type bridge"; done >"$work/many"
on_host -batch "$work/many"
for _ in $(seq 60); do
    change show
    ends 0 'bridge show while links come and go'
done
kill "$changer" 2>/dev/null
wait "$changer" 2>/dev/null
sed -i 's/add/delete/; s/ type bridge//' "$work/many"
on_host -batch "$work/many"
on_host link delete dummy0 2>/dev/null
as_before 'after links that came and went'

say "the way back is cut off at its first step: the watchdog goes it"
bridge --timeout 60
ends 0 bridge
here strace -f -qq -o "$work/trace" -e trace=rename,fsync -e inject=fsync:signal=KILL:when=1 "$VOIPLAB" bridge revert \
    >"$work/out" 2>&1 && fail "revert was to be killed: $(cat "$work/out" "$work/trace")"
grep -q 'pending.*reverting.* = 0' "$work/trace" || fail "revert was killed elsewhere: $(cat "$work/trace")"
retry 10 nothing_waits || fail "the change stands after a revert that was killed: $(cat "$work/out" "$work/trace")"
as_before 'after a revert that was killed'

say "a step that takes longer than the change may wait, and then another one fails"
mkdir "$work/slow"
printf '#!/bin/sh\nsleep 4\nexit 1\n' >"$work/slow/sysctl"
chmod 755 "$work/slow/sysctl"
PATH=$work/slow:$PATH bridge --timeout 2
ends 1 'bridge, slow and failing'
said 'taken back'
as_before 'after a change that was slow and failed'
retry 5 nobody_watches || fail "a watchdog is left"
nothing_waits || fail "something waits after a change that was slow and failed"

say "the command is stopped, and goes on long after its time"
# shellcheck disable=SC2016 # the shell of the program that is made
printf '#!/bin/sh\nkill -STOP "$PPID"\n' >"$work/slow/sysctl"
PATH=$work/slow:$PATH bridge --timeout 2 &
command=$!
stopped() {
    ip netns pids "$uplink_host" | while read -r pid; do
        grep -q '^State:.*stopped' "/proc/$pid/status" 2>/dev/null && echo "$pid"
    done
}
is_stopped() { [ -n "$(stopped)" ]; }
retry 5 is_stopped || fail "the command is not stopped: $(cat "$work/out" "$work/err")"
sleep 3
[ -e "$work/state/.bridge/host/reverting" ] || fail "it is not taken back while the command is stopped"
network_state | diff "$work/before" - >&2 || fail "a stopped command: the network is not as it was"
kill -CONT "$(stopped)"
wait "$command"
retry 10 nothing_waits || fail "something waits after a command that was stopped: $(cat "$work/out" "$work/err")"
expect_contains "$(cat "$work/err")" 'taken back' 'what the command that was stopped said'
as_before 'after a command that was stopped'
retry 5 nobody_watches || fail "a watchdog is left"

say "the mark of the change cannot be written at its deadline: put back all the same"
bridge --timeout 4
ends 0 bridge
pending=/var/lib/voiplab/.bridge/host/pending
here mount --bind "$pending" "$pending"
retry 12 nobody_watches || fail "the watchdog has not come to an end"
as_before 'with a mark that cannot be renamed'
here umount "$pending"
change show
said 'nobody watches it'
change revert
ends 0 'revert after that'
as_before 'after the revert of that'

say "no gateway in the lab file, where the host has one"
sed -i '/^gateway = /d' "$work/lab.ini"
bridge --commit-if-reachable
ends 1 'bridge without a gateway'
said 'gateway = 192.0.2.1'
as_before 'without a gateway'
uplink_lab 'backend = ifcfg'

say "another address: what the trial shows is what the files say"
bridge --commit-if-reachable
ends 0 bridge
sed -i 's/^address = .*/address = 192.0.2.20\/24/' "$work/lab.ini"
network_state >"$work/between"
bridge --timeout 4
ends 0 'bridge with another address'
[ "$(addresses)" = 192.0.2.20/24 ] || fail "the bridge has $(addresses)"
[ -n "$(on_host route show default via 192.0.2.1 dev br0)" ] || fail "the default route is gone: $(on_host route show)"
[ -n "$(on_host route show 203.0.113.0/24 via 192.0.2.1 dev br0)" ] || fail "a route of the user's is gone"
reaches_gateway || fail "the gateway does not answer"
retry 20 nothing_waits || fail "the watchdog has not come to an end"
network_state | diff "$work/between" - >&2 || fail "the address before is not back"

say "what was taken back leaves no trace: a file that was changed since comes back as it was changed"
mkdir -p "$work/etc/sysctl.d"
here sh -c 'echo "# the user'"'"'s" >/etc/sysconfig/network-scripts/ifcfg-eth1'
on_host link add eth1 type veth peer name wire1 netns "$uplink_gate"
on_host link set eth1 up
ip -n "$uplink_gate" link set wire1 up
sed 's/^name = br0/name = br1/; s/^interface = .*/interface = eth1/; s/^address = .*/address = 198.18.0.2\/24/
    /^gateway/d; /^addresses/d; s/^name = uplink/name = second/' "$work/lab.ini" >"$work/second.ini"
second() { voiplab bridge "$@" -f "$work/second.ini" --share "$SOURCE/share"; }
second --timeout 2
ends 0 'bridge of the second uplink'
retry 20 nothing_waits || fail "the watchdog of the second uplink has not come to an end"
here sh -c 'echo "# edited" >/etc/sysconfig/network-scripts/ifcfg-eth1'

say "one change of a host's network at a time, wherever its state is kept"
second --timeout 60
ends 0 'bridge of the second uplink'
uplink_lab 'backend = ifcfg'
bridge --state "$work/elsewhere"
ends 1 'bridge with another state directory while a change waits'
said 'another --state directory'
change confirm
ends 0 confirm
retry 5 nobody_watches || fail "the watchdog has not gone"

say "two uplinks: both come back"
change revert
ends 0 'revert of two uplinks'
[ -z "$(on_host -o link show type bridge)" ] || fail "a bridge is left: $(on_host -o link show type bridge)"
grep -q edited "$work/etc/sysconfig/network-scripts/ifcfg-eth1" || fail "the user's change of ifcfg-eth1 is lost"
here rm /etc/sysconfig/network-scripts/ifcfg-eth1
on_host link delete eth1
as_before 'after two uplinks'

say "a backup that is gone: said, and the rest is put back"
here sh -c 'echo "DEVICE=eth0" >/etc/sysconfig/network-scripts/ifcfg-eth0'
bridge --commit-if-reachable
ends 0 bridge
rm "$work"/state/.bridge/host/backup/*ifcfg-eth0
change revert
ends 1 'revert without a backup'
said 'ifcfg-eth0'
network_state | diff "$work/before" - >&2 || fail "without a backup: the network is not as it was"
[ -e "$work/state/.bridge/host/original" ] || fail "the checkpoint is forgotten, though not all could be put back"
say ok
