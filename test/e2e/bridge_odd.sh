#!/bin/bash
# The live switch-over on hosts that are not as plain as the one of bridge_live.sh: more than one card, routes and
# addresses of every kind, a bridge that is there already, states in which the change cannot be watched or is taken back
# by two at once.
#
# ctest: TIMEOUT 900 COST 40
# shellcheck source=test/e2e/lib.sh
. "${SOURCE:?}/test/e2e/lib.sh"
# shellcheck source=test/e2e/uplink.sh
. "$SOURCE/test/e2e/uplink.sh"
set -u
uplink_up
uplink_lab 'backend = ifcfg'
bridge() { voiplab bridge "$@" -f "$work/lab.ini" --share "$SOURCE/share"; }
on_host() { ip -n "$uplink_host" "$@"; }
nothing_waits() {
    [ ! -e "$work/state/.bridge/host/pending" ] && [ ! -e "$work/state/.bridge/host/reverting" ]
}
files() { (cd "$work/etc" && find . -type f -printf '%p %m\n' -exec sha256sum {} + | sort); }
# Addresses with all that was said of them, and all routes of all tables, rules, and next hops.
whole_state() {
    network_state | sed 's| nhid [0-9]*||; s| expires [0-9]*sec||; s|NO-CARRIER,||; s|,LOWER_UP||'
    on_host -o -4 address show | sed 's/^[0-9]*: *//; s/valid_lft [0-9]*sec preferred_lft [0-9]*sec//' | sort
    on_host neigh show nud permanent | sort
    on_host neigh show proxy | sort
    (on_host rule && on_host -6 rule) | sort
    on_host route show table all | grep -v 'table local' | sed 's/ *$//; s/ expires [0-9]*sec//; s/ nhid [0-9]*//' | sort
    here sysctl -n net.bridge.bridge-nf-call-iptables net.bridge.bridge-nf-call-arptables 2>/dev/null
    here iptables -S DOCKER-USER 2>/dev/null
    on_host -6 route show table all | grep -v 'table local\|multicast' | sed 's/ *$//; s/ expires [0-9]*sec//; s/ nhid [0-9]*//' | sort
}
# not_taken_back WHAT: why, as a revert by hand says.
not_taken_back() {
    kill -9 "$(watchdog)"
    sleep 0.2
    voiplab bridge revert
    fail "$1: the watchdog has not come to an end; revert says: $(cat "$work/err")"
}
watchdog() {
    ip netns pids "$uplink_host" | while read -r pid; do
        grep -qz -- --voiplab-bridge-watchdog "/proc/$pid/cmdline" 2>/dev/null && echo "$pid"
    done
}
# there_and_back WHAT: switch over, and back by the timer; everything is then as before.
there_and_back() {
    whole_state >"$work/before"
    files >"$work/files"
    bridge --timeout 2
    ends 0 "$1: bridge"
    [ -z "${check-}" ] || $check
    whole_state >"$work/between"
    retry 20 nothing_waits || not_taken_back "$1"
    grep -q 'not confirmed in time' "$work/state/.bridge/host/outcome" ||
        fail "$1: it ended otherwise: $(cat "$work/state/.bridge/host/outcome")"
    whole_state | diff "$work/before" - >&2 || fail "$1: the network is not as it was"
    files | diff "$work/files" - >&2 || fail "$1: the files are not as they were"
    here ping -n -q -c 1 -W 1 192.0.2.1 >/dev/null || fail "$1: the gateway does not answer"
}
check=

say "a packet filter that lets in who comes by the uplink: told before, until it lets in who comes by the bridge"
tells() { grep -qF -- "$1" "$work/err" || fail "bridge does not tell '$1': $(cat "$work/err")"; }
here iptables -A INPUT -i eth0 -p tcp --dport 22 -j ACCEPT
here iptables -A INPUT ! -i eth0 -p udp -j DROP
here iptables -A INPUT -i eth01 -j ACCEPT
here ip6tables -A FORWARD -o eth+ -j ACCEPT
bridge --dry-run
ends 0 'bridge --dry-run beside a packet filter'
tells "the packet filter (iptables-save) has 2 rules for 'eth0' and none such for 'br0'"
tells "the packet filter (ip6tables-save) has 1 rule for 'eth0'"
here mkdir -p /etc/firewalld/zones /etc/ufw
echo '  <interface name="eth0"/>' | here tee /etc/firewalld/zones/public.xml >/dev/null
printf '\nENABLED=yes\n' | here tee /etc/ufw/ufw.conf >/dev/null
echo '-A ufw-user-input -i eth0 -p tcp --dport 22 -j ACCEPT' | here tee /etc/ufw/user.rules >/dev/null
bridge --dry-run
tells "the packet filter (firewalld's zones) has 1 rule for 'eth0'"
tells "the packet filter (ufw's rules) has 1 rule for 'eth0'"
here rm -rf /etc/firewalld /etc/ufw
here iptables -A INPUT -i br0 -p tcp --dport 22 -j ACCEPT
here iptables -D INPUT ! -i eth0 -p udp -j DROP
here ip6tables -F FORWARD
bridge --dry-run
grep -q 'packet filter (' "$work/err" && fail "a rule is told that is there for the bridge: $(cat "$work/err")"
here iptables -F INPUT

say "Docker's packet filter: what lets the guests of the bridge pass goes with it, and so do the kernel's switches"
if here sysctl -qw net.bridge.bridge-nf-call-iptables=1 2>/dev/null; then
    here iptables -P FORWARD DROP
    here iptables -N DOCKER-USER
    here iptables -A DOCKER-USER -j RETURN
    lets_pass() {
        here iptables -S DOCKER-USER | grep -q -e '-i br0 -o br0 -j ACCEPT' || fail 'no rule for the bridge'
        [ "$(here sysctl -n net.bridge.bridge-nf-call-iptables)" = 0 ] || fail 'bridged frames go through the packet filter'
    }
    check=lets_pass
    there_and_back 'beside Docker'
    check=
    whole_state >"$work/before"
    bridge && voiplab bridge confirm
    lets_pass
    voiplab bridge revert
    ends 0 'revert beside Docker'
    whole_state | diff "$work/before" - >&2 || fail 'revert beside Docker: it is not as it was'
    here iptables -F DOCKER-USER
    here iptables -X DOCKER-USER
    here iptables -P FORWARD ACCEPT
fi

say "another card with a default route and a subnet of its own"
on_host link add eth1 type veth peer name wire1 netns "$uplink_gate"
on_host link set eth1 up
ip -n "$uplink_gate" link set wire1 up
on_host address add 10.9.0.2/24 dev eth1
on_host address add 2001:db8:9::2/64 dev eth1 nodad
sleep 2
on_host route del default
on_host -6 route del default
on_host route add default via 10.9.0.1 dev eth1
on_host -6 route add default via 2001:db8:9::1 dev eth1
there_and_back 'another card'
uplink_plain

say "addresses and routes of every kind"
on_host address flush dev eth0
on_host address add 192.0.2.10/24 dev eth0 label eth0:voice
on_host address add 192.0.2.77/24 dev eth0
on_host address add 198.18.0.1/30 dev eth0 metric 77
on_host address add 192.0.2.90/32 dev eth0 noprefixroute
on_host address add 2001:db8::10/64 dev eth0 nodad
on_host route add default via 192.0.2.1
on_host route add 203.0.113.0/24 via 192.0.2.1 metric 50
on_host route add 203.0.113.0/24 via 192.0.2.2 metric 60
on_host route append 203.0.113.0/24 via 192.0.2.3 metric 60
on_host route add default via 192.0.2.1 table 100
on_host route add 192.0.2.0/24 dev eth0 table 100
on_host rule add from 192.0.2.10 table 100
on_host rule add iif eth0 fwmark 0x5 table 100
on_host -6 rule add oif eth0 table 100
on_host neigh replace 192.0.2.7 lladdr 02:00:00:00:00:77 nud permanent dev eth0
on_host neigh replace 2001:db8::7 lladdr 02:00:00:00:00:77 nud permanent dev eth0
on_host neigh add proxy 192.0.2.8 dev eth0
on_host neigh add proxy 2001:db8::8 dev eth0
on_host nexthop add id 7 via 192.0.2.1 dev eth0
on_host route add 198.18.9.0/24 nhid 7
on_host route add 198.18.10.0/24 nexthop via 192.0.2.1 nexthop via 192.0.2.2
on_host route add 198.18.11.0/24 via 192.0.2.1 src 192.0.2.10 mtu lock 1400 advmss 1300
on_host route add blackhole 198.18.12.0/24
on_host -6 route replace default via 2001:db8::1 dev eth0
on_host -6 route add 2001:db8:5::/64 via 2001:db8::1 metric 10
on_host -6 route add 2001:db8:7::/64 via 2001:db8::1 expires 600
on_host -6 route add 2001:db8:6::/64 nexthop via 2001:db8::1 nexthop via 2001:db8::2
for setting in ipv4/conf/eth0/rp_filter=2 ipv4/conf/eth0/arp_ignore=1 ipv6/conf/eth0/use_tempaddr=2; do
    here sysctl -q -w "net/$setting"
done
moves() {
    [ "$(here sysctl -n net.ipv4.conf.br0.rp_filter net.ipv4.conf.br0.arp_ignore net.ipv6.conf.br0.use_tempaddr | tr '\n' ' ')" = '2 1 2 ' ] ||
        fail 'the settings of the uplink are not those of the bridge'
    [ "$(on_host neigh show nud permanent | grep -c 'dev br0 lladdr 02:00:00:00:00:77')" = 2 ] ||
        fail "neighbours: $(on_host neigh show nud permanent)"
    [ "$(on_host neigh show proxy | grep -c '8 dev br0')" = 2 ] || fail "proxies: $(on_host neigh show proxy)"
    on_host -6 route show 2001:db8:7::/64 | grep -q 'dev br0 .*expires [56]' || fail 'a route that runs out stays for good'
    [ "$( (on_host rule && on_host -6 rule) | grep -c 'if br0')" = 2 ] || fail "rules: $(on_host rule; on_host -6 rule)"
}
check=moves
there_and_back 'of every kind'
check=
on_host neigh flush dev eth0 nud permanent
on_host neigh del proxy 192.0.2.8 dev eth0
on_host neigh del proxy 2001:db8::8 dev eth0
on_host rule del iif eth0 table 100
on_host -6 rule del oif eth0 table 100
on_host -6 route del 2001:db8:6::/64
uplink_plain

say "a bridge that is there already, with a guest, an address, and a spanning tree"
on_host link add br0 type bridge stp_state 1 forward_delay 1500
on_host link add tap0 type veth peer name guest0
on_host link set tap0 master br0 up
on_host link set guest0 up
on_host address add 10.7.0.1/24 dev br0
on_host link set br0 up
on_host route add 10.8.0.0/16 via 10.7.0.9
sleep 2
there_and_back 'a bridge that is there'
on_host link delete tap0

say "a bridge of the host's own with the uplink in it, which its owner has made anew since"
on_host link delete br0
uplink_plain
own_bridge() {
    on_host link add br0 address "$(here cat /sys/class/net/eth0/address)" type bridge
    on_host link set eth0 up master br0
    on_host address flush dev eth0
    on_host -6 route flush dev eth0
    on_host link set br0 up
    on_host address add 192.0.2.10/24 dev br0
    on_host route add default via 192.0.2.1
}
own_bridge
sleep 2
whole_state >"$work/before"
bridge
ends 0 'bridge over a bridge of the host'
voiplab bridge confirm
ends 0 'confirm'
for what in anew away; do
    on_host link delete br0
    [ "$what" = away ] || own_bridge
    on_host address add 192.0.2.77/24 dev eth0
    voiplab bridge revert
    ends 0 "revert, when the bridge was made $what"
    sleep 1
    whole_state | diff "$work/before" - >&2 || fail "made $what: the network is not as it was"
    here ping -n -q -c 1 -W 1 192.0.2.1 >/dev/null || fail "made $what: the gateway does not answer"
    [ "$what" = away ] || { bridge && voiplab bridge confirm; }
done

say "an MTU of its own, and an uplink that has none of its addresses yet"
on_host link delete br0
uplink_plain
on_host address flush dev eth0
on_host -6 route flush dev eth0
on_host address add 192.0.2.66/24 dev eth0
on_host route add 192.0.2.1 dev eth0 proto static
on_host link set eth0 mtu 1450
uplink_lab 'backend = ifcfg' 'mtu = 1400'
sleep 2
has_mtu() { on_host link show dev br0 | grep -q 'mtu 1400' || fail "br0: $(on_host link show dev br0)"; }
check=has_mtu
there_and_back 'an MTU'
check=
on_host link set eth0 mtu 1500
uplink_lab 'backend = ifcfg'
uplink_plain
sleep 2

say "an address from a DHCP client that goes on without knowing of the bridge: it does not run out"
on_host address flush dev eth0
on_host -6 route flush dev eth0
on_host address add 192.0.2.10/24 dev eth0 valid_lft 600 preferred_lft 600
on_host route replace default via 192.0.2.1 dev eth0
uplink_lab 'backend = ifcfg'
sed -i '/^address = /s/=.*/= dhcp/; /^gateway/d; /^addresses/d; s/^role = hub/&\naddress = 192.0.2.10/' "$work/lab.ini"
stays() { on_host address show dev br0 | grep -A 1 'inet 192.0.2.10' | grep -q 'valid_lft forever' || fail "br0: $(on_host address show dev br0)"; }
check=stays
there_and_back 'a lease'
check=
uplink_lab 'backend = ifcfg'
uplink_plain
sleep 2

say "a default route without a gateway, which the lab file cannot say: refused, with what to do"
on_host route replace default dev eth0 scope link
sed -i '/^gateway = /d' "$work/lab.ini"
bridge
ends 1 'bridge with a default route without a gateway'
said "'gateway = ROUTER'"
on_host route replace default via 192.0.2.1 dev eth0
uplink_lab 'backend = ifcfg'

say "what cannot be a port is refused before anything is shown or changed, by every back end"
whole_state >"$work/before"
files >"$work/files"
on_host tuntap add mode tun name tun7
on_host link add name own0 type bridge
on_host link add name card1 type veth peer name card2
on_host link set card2 master own0
kinds=('lo:leads nowhere but to this host itself' 'tun7:is no Ethernet' 'own0:is a bridge itself'
    "card2:is a port of 'own0' already")
# not every kernel has it
on_host link add link card1 name tap1 type macvlan 2>/dev/null && kinds+=("card1:takes its frames from 'card1'")
for kind in "${kinds[@]}"; do
    for backend in ifcfg ifupdown networkd netplan networkmanager; do
        uplink_lab "backend = $backend"
        sed -i "s/^interface = .*/interface = ${kind%%:*}/" "$work/lab.ini"
        bridge --dry-run
        ends 1 "the dry run of a bridge on ${kind%%:*} by $backend"
        grep -q "${kind#*:}" "$work/err" || fail "${kind%%:*} by $backend: $(cat "$work/err")"
        bridge
        ends 1 "a bridge on ${kind%%:*} by $backend"
        grep -q "${kind#*:}" "$work/err" || fail "${kind%%:*} by $backend: $(cat "$work/err")"
    done
done
on_host link delete tap1 2>/dev/null
for name in card1 own0 tun7; do on_host link delete "$name"; done
whole_state | diff "$work/before" - >&2 || fail "what cannot be a port: the network is not as it was"
files | diff "$work/files" - >&2 || fail "what cannot be a port: the files are not as they were"
uplink_lab 'backend = ifcfg'

unchanged() {
    whole_state | diff "$work/before" - >&2 || fail "$1: the network is not as it was"
    files | diff "$work/files" - >&2 || fail "$1: the files are not as they were"
    nothing_waits || fail "$1: something waits"
}
whole_state >"$work/before"
files >"$work/files"
here rm -rf /var/lib/voiplab/.bridge

say "no room for the checkpoint: nothing is changed"
here mount -t tmpfs -o size=16k tmpfs /var/lib/voiplab
here dd if=/dev/zero of=/var/lib/voiplab/fill bs=4k count=4 2>/dev/null || true
bridge
ends 1 'bridge without room'
unchanged 'without room'
say "a state directory that cannot be written"
here rm -f /var/lib/voiplab/fill
here mount -o remount,ro /var/lib/voiplab
bridge
ends 1 'bridge with a read-only state directory'
said 'Read-only file system'
unchanged 'with a read-only state directory'
here umount /var/lib/voiplab

say "the watchdog cannot be armed: nothing is changed, and nothing is kept that a later revert would put back"
here mkdir -p /var/lib/voiplab/.bridge/host
here flock /var/lib/voiplab/.bridge/host/watchdog sleep 6 &
sleep 0.5
bridge
ends 1 'bridge without a watchdog'
said 'nothing was changed'
unchanged 'without a watchdog'
[ ! -e "$work/state/.bridge/host/original" ] || fail "a checkpoint is left of a change that was none"
wait "$!"

say "not by everybody"
chmod 755 "$work"
status=0
here setpriv --reuid=65534 --regid=65534 --clear-groups "$VOIPLAB" bridge -f "$work/lab.ini" --share "$SOURCE/share" \
    >"$work/out" 2>"$work/err" </dev/null || status=$?
[ "$status" -ne 0 ] || fail "bridge by nobody: status $status"
say "$(tail -n 1 "$work/err")"
unchanged 'by nobody'

say "confirmed is what the change was, not while it is made; and where it waits is said"
bridge --timeout 60
ends 0 bridge
here flock /var/lib/voiplab/.bridge.lock sleep 3 &
sleep 0.5
voiplab bridge confirm
ends 1 'confirm while a change is made'
wait "$!"
[ -e "$work/state/.bridge/host/pending" ] || fail "confirmed while the change was made"
voiplab bridge confirm --state "$work/elsewhere"
ends 1 'confirm with another state directory'
said "$work/elsewhere"
voiplab bridge revert
ends 0 revert
unchanged 'after revert'

say "the time is over before the change is through: what came after is taken back too"
mkdir "$work/slow"
printf '#!/bin/sh\nsleep 4\n' >"$work/slow/sysctl"
chmod 755 "$work/slow/sysctl"
PATH=$work/slow:$PATH bridge --timeout 2
ends 1 'bridge, slower than its time'
unchanged 'after a change slower than its time'

say "an uplink without a carrier: taken back at the latest by the timer"
ip -n "$uplink_gate" link set wire down
sleep 1
whole_state >"$work/before"
bridge --timeout 3
retry 20 nothing_waits || not_taken_back 'without a carrier'
unchanged 'without a carrier'
say "a lease of one address alone is how hosters give it, and a usual one is not"
ip -n "$uplink_gate" link set wire up
for address in 192.0.2.10/32 192.0.2.10/24; do
    on_host address flush dev eth0
    on_host address add "$address" dev eth0
    on_host route replace 192.0.2.1 dev eth0
    on_host route replace default via 192.0.2.1 dev eth0
    printf '[lab]\nname = hosted\n[bridge]\ninterface = eth0\naddress = dhcp\nnetwork = 192.0.2.0/24\nbackend = ifcfg\n[pbx here]\nrole = hub\nplace = local\naddress = 192.0.2.10\n' >"$work/lab.ini"
    bridge --dry-run --rehearse=no
    ends 0 'bridge --dry-run with a lease'
    [ "$(grep -c 'is how a hoster gives a server' "$work/err")" = $((${address#*/} == 32)) ] ||
        fail "of a lease of $address it says: $(cat "$work/err")"
done
say ok
