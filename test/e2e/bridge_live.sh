#!/bin/bash
# The live switch-over of an uplink, in namespaces: nothing is lost, nobody is locked out, and there is a way back from
# every state: unconfirmed, cut off, confirmed, rebooted.
#
# ctest: TIMEOUT 900 COST 25
# shellcheck source=test/e2e/lib.sh
. "${SOURCE:?}/test/e2e/lib.sh"
# shellcheck source=test/e2e/uplink.sh
. "$SOURCE/test/e2e/uplink.sh"
set -u
uplink_up
uplink_lab 'backend = ifcfg'
network_state >"$work/before"
scripts=$work/etc/sysconfig/network-scripts
printf '# ours\nDEVICE=eth0\nBOOTPROTO=static\nIPADDR=192.0.2.10\nETHTOOL_OPTS="wol g"\n' |
    here tee /etc/sysconfig/network-scripts/ifcfg-eth0 >"$work/ifcfg-eth0"
here chmod 640 /etc/sysconfig/network-scripts/ifcfg-eth0

files() { (cd "$work/etc" && find . -type f -printf '%p %m\n' -exec sha256sum {} + | sort); }
files >"$work/files"

bridge() { voiplab bridge "$@" -f "$work/lab.ini" --share "$SOURCE/share"; }
change() { voiplab bridge "$@"; }
as_before() {
    network_state | diff "$work/before" - >&2 || fail "$1: the network is not as it was"
    files | diff "$work/files" - >&2 || fail "$1: the files are not as they were"
    reaches_gateway || fail "$1: the gateway does not answer"
}
switched() {
    [ "$(ip -n "$uplink_host" -o -4 address show dev br0 | awk '{print $4}')" = 192.0.2.10/24 ] ||
        fail "$1: the address is not on the bridge"
    [ -z "$(ip -n "$uplink_host" -o address show dev eth0)" ] || fail "$1: the uplink still has an address"
    ip -n "$uplink_host" link show dev eth0 | grep -q 'master br0' || fail "$1: the uplink is no port of the bridge"
    reaches_gateway || fail "$1: the gateway does not answer"
    [ -n "$(ip -n "$uplink_host" route show 203.0.113.0/24 via 192.0.2.1 dev br0)" ] ||
        fail "$1: a route of the user's has not come along"
    here ping -n -q -c 1 -W 1 198.51.100.7 >/dev/null || fail "$1: nobody beyond the gateway answers"
}
nothing_waits() {
    [ ! -e "$work/state/.bridge/host/pending" ] && [ ! -e "$work/state/.bridge/host/reverting" ]
}

say "a dry run shows files and commands, and touches nothing"
bridge --dry-run
ends 0 'bridge --dry-run'
said 'ip link set dev eth0 master br0'
said '+BRIDGE=br0'
as_before 'after a dry run'
[ -z "$(ls -A "$work/state")" ] || fail "a dry run has written: $(ls -A "$work/state")"

say "a stream of pings, a ping each 2 ms, while it switches over and back"
ip netns exec "$uplink_gate" ping -n -q -i 0.002 -c 1500 192.0.2.10 >"$work/over" &
pinger=$!
sleep 0.5
bridge --timeout 60
ends 0 bridge
said "'voiplab bridge confirm' keeps the change"
wait "$pinger"
switched 'after the switch-over'
mac=$(here cat /sys/class/net/eth0/address)
[ "$(here cat /sys/class/net/br0/address)" = "$mac" ] || fail "the bridge has not the uplink's MAC address"
[ "$(here cat /sys/class/net/br0/bridge/stp_state)" = 0 ] || fail "STP is on"
grep -q '^ETHTOOL_OPTS="wol g"' "$scripts/ifcfg-eth0" || say "note: foreign keys of the uplink's file are gone"
lost=$(sed -n 's/^\([0-9]*\) packets transmitted, \([0-9]*\) received.*/\1 \2/p' "$work/over" | awk '{print $1 - $2}')
say "lost in the switch-over: $lost of 1500 pings, $((lost * 2)) ms"
[ "$lost" -le 100 ] || fail "the switch-over lost $lost pings, 0.2 s and more"

say "a second run refuses while the first waits, and says what to do"
bridge
ends 1 'bridge while a change waits'
said "'voiplab bridge confirm'"
change show
ends 0 'bridge show'
said "made for the lab 'uplink'"
said 'unless it is confirmed'

say "confirmed: the watchdog goes, the change stays; a second run has nothing to do"
change confirm
ends 0 'bridge confirm'
retry 5 nothing_waits || fail "something still waits after confirm"
sleep 1
switched 'after confirm'
bridge
ends 0 'bridge, the second time'
said 'nothing to do'
change confirm
ends 1 'confirm when nothing waits'

say "revert at a later time: byte for byte"
change revert --dry-run
ends 0 'bridge revert --dry-run'
switched 'after revert --dry-run'
change revert
ends 0 'bridge revert'
as_before 'after revert'
change revert
ends 0 'bridge revert, the second time'
said 'nothing to do'

say "not confirmed in time: taken back"
bridge --timeout 5
ends 0 'bridge --timeout 5'
switched 'before the timer'
retry 15 nothing_waits || fail "the watchdog has not come to an end"
as_before 'after the timer'
change show
said 'not confirmed in time'

say "--commit-if-reachable: confirmed by itself, since the gateway answers as before"
bridge --commit-if-reachable
ends 0 'bridge --commit-if-reachable'
nothing_waits || fail "--commit-if-reachable has left the change waiting"
switched 'after --commit-if-reachable'
voiplab destroy --yes -f "$work/lab.ini" --share "$SOURCE/share"
ends 0 'destroy of a lab whose bridge carries the network'
said "the bridge 'br0' stays"
switched 'after destroy'
change revert
ends 0 'revert of that'
as_before 'after the revert of --commit-if-reachable'

say "--commit-if-reachable: the gateway answers, but whoever is logged in would be spoken to from another address"
sed -i 's|^address = .*|address = 192.0.2.50/24|' "$work/lab.ini"
SSH_CONNECTION='192.0.2.1 50000 192.0.2.10 22' bridge --commit-if-reachable --timeout 3
ends 0 'bridge with another address'
grep -q '192.0.2.1 is spoken to from 192.0.2.50 now, and was from 192.0.2.10' "$work/err" ||
    fail "that the session ends is not said: $(cat "$work/err")"
retry 10 nothing_waits || fail "the change that nobody confirmed has not been taken back"
uplink_lab 'backend = ifcfg'
as_before 'after a change that would have ended the session'

say "--commit-if-reachable in an SSH session: confirmed when what is said in it is acknowledged"
ssh-keygen -q -t ed25519 -N '' -f "$work/key"
# shellcheck disable=SC2016 # for the shell in there
here unshare --mount sh -c 'mount -t tmpfs tmpfs /run && mkdir /run/sshd && exec /usr/sbin/sshd -D -e -f /dev/null \
    -o HostKey="$1/key" -o AuthorizedKeysFile="$1/key.pub" -o StrictModes=no -o UsePAM=no -o PermitRootLogin=yes \
    -o ListenAddress=192.0.2.10 -o PidFile=none' sh "$work" >"$work/sshd" 2>&1 &
chmod 755 "$work"
logged_in() {
    status=0
    ip netns exec "$uplink_gate" ssh -i "$work/key" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
        -o LogLevel=ERROR root@192.0.2.10 "$@" >"$work/out" 2>"$work/err" </dev/null || status=$?
}
logs_in() { logged_in true && [ "$status" = 0 ]; }
retry 10 logs_in || fail "no login over SSH: $(cat "$work/err" "$work/sshd")"
logged_in "$VOIPLAB" bridge -f "$work/lab.ini" --share "$SOURCE/share" --commit-if-reachable
ends 0 'bridge in an SSH session'
nothing_waits || fail "not confirmed: $(cat "$work/out" "$work/err")"
grep -q 'the session goes on' "$work/state/.bridge/host/outcome" ||
    fail "confirmed by something else than the session: $(cat "$work/state/.bridge/host/outcome")"
change revert
ends 0 'revert of that'

say "--commit-if-reachable: pings are answered, and the packet filter stops the session on the bridge"
here iptables -A INPUT -i br0 -p tcp --dport 22 -j DROP
logged_in "$VOIPLAB" bridge -f "$work/lab.ini" --share "$SOURCE/share" --commit-if-reachable --timeout 6
ends 0 'bridge whose session hangs'
grep -q "the session with 192.0.2.1 hangs" "$work/err" || fail "that the session hangs is not said: $(cat "$work/err")"
retry 10 nothing_waits || fail "the change that nobody confirmed has not been taken back"
as_before 'after a change that would have ended the session'

say "--commit-if-reachable: a rule for the uplink lets in who logs in, and none for the bridge does"
here iptables -F INPUT
here iptables -A INPUT -i eth0 -p tcp --dport 22 -j ACCEPT
bridge --commit-if-reachable --timeout 2
ends 0 'bridge beside a rule for the uplink'
grep -q "nothing tells whether who comes anew gets in: -A INPUT -i eth0" "$work/err" ||
    fail "the rule is not told: $(cat "$work/err")"
retry 10 nothing_waits || fail "the change that nobody confirmed has not been taken back"
here iptables -F INPUT
as_before 'after a change that would have let in nobody'

say "the gateway stops answering: taken back long before the timer"
bridge --timeout 100
ends 0 'bridge --timeout 100'
ip -n "$uplink_gate" link set wire down
begun=$(date +%s)
retry 30 nothing_waits || fail "the watchdog has not seen that the gateway is gone"
say "taken back $(($(date +%s) - begun)) s after the gateway was gone"
ip -n "$uplink_gate" link set wire up
ip -n "$uplink_gate" -6 address add 2001:db8::1/64 dev wire nodad 2>/dev/null
retry 5 reaches_gateway || fail "the gateway does not come back"
retry 5 as_before 'after the gateway was gone'

say "the command's session ends while the change waits: SIGHUP to all, and the terminal goes"
here setsid --wait bash -c '"$@"; kill -HUP 0' sh "$VOIPLAB" bridge -f "$work/lab.ini" --share "$SOURCE/share" \
    --timeout 3 >"$work/out" 2>&1 </dev/null
[ -e "$work/state/.bridge/host/pending" ] || fail "the watchdog has gone with the session: $(cat "$work/out")"
retry 10 nothing_waits || fail "the watchdog has not come to an end"
as_before 'after a closed terminal'

say "a power cut: command and watchdog are gone, the boot-time unit takes the change back"
bridge --timeout 100
ends 0 'bridge --timeout 100'
watchdog=$(ip netns pids "$uplink_host" | while read -r pid; do
    grep -qz -- --voiplab-bridge-watchdog "/proc/$pid/cmdline" 2>/dev/null && echo "$pid"
done)
[ -n "$watchdog" ] || fail "there is no watchdog"
kill -9 "$watchdog"
retry 5 test ! -d "/proc/$watchdog" || true
bridge
ends 1 'bridge after the watchdog was killed'
said 'nobody watches it'
unit=$work/etc/systemd/system/voiplab-bridge.service
command=$(sed -n 's/^ExecStart=//p' "$unit")
[ "${command%% *}" = "$(realpath "$VOIPLAB")" ] || fail "the unit runs '$command'"
sed -n 's/^ConditionPathExists=|//p' "$unit" | grep -qx /var/lib/voiplab/.bridge/host/pending ||
    fail "the unit's condition is not the mark of the pending change"
if command -v systemd-analyze >/dev/null; then
    here systemd-analyze verify --man=no /etc/systemd/system/voiplab-bridge.service >"$work/verify" 2>&1 || true
    expect_lacks "$(cat "$work/verify")" voiplab-bridge.service: 'systemd-analyze verify'
fi
# shellcheck disable=SC2086
here $command >"$work/out" 2>&1 || fail "the unit's command: $(cat "$work/out")"
as_before 'after the boot-time unit'

say "the same after a reboot: other interfaces, another boot id; only files and what is there live"
bridge --timeout 100
ends 0 'bridge --timeout 100'
kill -9 "$(ip netns pids "$uplink_host" | while read -r pid; do
    grep -qz -- --voiplab-bridge-watchdog "/proc/$pid/cmdline" 2>/dev/null && echo "$pid"
done)"
sed -i 's/^boot .*/boot 00000000-0000-0000-0000-000000000000/' "$work/state/.bridge/host/last"
sleep 0.2
# shellcheck disable=SC2086
here $command >"$work/out" 2>&1 || fail "the unit's command: $(cat "$work/out")"
files | diff "$work/files" - >&2 || fail "the files are not as they were"
reaches_gateway || fail "the gateway does not answer"
[ ! -e "/proc/$uplink_holder/root/sys/class/net/br0" ] || fail "the bridge is still there"
uplink_plain
network_state >"$work/before"

say "a change that cannot be made is taken back at once, with the reason"
sed -i 's/^gateway = .*/gateway = 192.0.2.254/; s/^address = .*/address = 192.0.2.11\/24/' "$work/lab.ini"
sed -i 's/^interface = eth0/interface = eth9/' "$work/lab.ini"
bridge
ends 1 'an uplink that is not there'
said "no interface 'eth9'"
as_before 'after an uplink that is not there'
say ok
