#!/bin/bash
# The live switch-over of an uplink that somebody owns: NetworkManager, systemd-networkd, and netplan with networkd, each
# running for real in namespaces of its own, with a static address and with one from a DHCP server. The owner must be
# found, must take the bridge over without a second outage, must be of the same mind a minute later and after it was
# started anew, and must have the uplink back as it was after a revert and after the timer. Nothing of this machine is
# touched: /usr, /etc and /run are overlays and a tmpfs of a private mount namespace.
# Usage: bridge_owner.sh [OWNER-KIND ...], OWNER networkd, netplan or networkmanager, KIND static or dhcp
#
# VOIPLAB_OWNER_PARTS: where the packages are unpacked, or shall be (a temporary directory).
# VOIPLAB_OWNER_MINUTE: how many seconds "a minute later" is (60; the lease is half of it, so that it is renewed).
#
# ctest: TIMEOUT 600 COST 130
set -u
# shellcheck source=test/e2e/lib.sh
. "${SOURCE:?}/test/e2e/lib.sh"
# shellcheck source=test/e2e/owners.sh
. "$SOURCE/test/e2e/owners.sh"
VOIPLAB=${VOIPLAB:?the program under test is not named}
minute=${VOIPLAB_OWNER_MINUTE:-60}
packages="network-manager libnm0 libndp0 libmm-glib0 libbluetooth3 libnewt0.52 libteamdctl0 dbus-daemon dbus-bin
    dbus-system-bus-common libdbus-1-3 netplan.io libnetplan0 busybox"
mac=02:00:00:00:00:09

# The uplink eth0, with a gateway in a namespace of its own that answers, routes and leases one address.
make_wire() {
    ip link set lo up
    ip netns add gateway
    ip link add eth0 address $mac type veth peer name wire netns gateway
    ip -n gateway link set lo up
    ip -n gateway address add 192.0.2.1/24 dev wire
    ip -n gateway address add 2001:db8::1/64 dev wire nodad
    ip -n gateway address add 198.51.100.7/32 dev lo # somebody far away
    ip -n gateway link set wire up
    cat >"$work/udhcpd.conf" <<END
start 192.0.2.50
end 192.0.2.59
interface wire
min_lease 10
lease_file $work/leases
pidfile $work/udhcpd.pid
opt subnet 255.255.255.0
opt router 192.0.2.1
opt dns 192.0.2.1
opt lease $((minute > 40 ? minute / 2 : 20))
END
    : >"$work/leases"
    if [ "$kind" = dhcp ]; then
        ip netns exec gateway busybox udhcpd -f "$work/udhcpd.conf" >"$work/udhcpd.log" 2>&1 &
        cleanup_fn kill $!
    fi
}

networkd_file() {
    printf '# the card in the wall\n[Match]\nName=eth0\n\n[Network]\n'
    if [ "$kind" = static ]; then
        printf 'Address=192.0.2.9/24\nGateway=192.0.2.1\nAddress=2001:db8::9/64\nGateway=2001:db8::1\n'
        printf '\n[Route]\nDestination=203.0.113.0/24\nGateway=192.0.2.1\nMetric=50\n'
    else
        printf 'DHCP=ipv4\n'
    fi
}

# netplan has the uplink in a file that it reads after that of voiplab; a route of the uplink is refused.
netplan_file() {
    printf 'network:\n  version: 2\n  renderer: networkd\n  ethernets:\n    eth0:\n'
    if [ "$kind" = static ]; then
        printf '      addresses: [192.0.2.9/24, "2001:db8::9/64"]\n      routes:\n'
        printf '        - {to: default, via: 192.0.2.1}\n        - {to: default, via: "2001:db8::1"}\n'
    else
        printf '      dhcp4: true\n'
    fi
}

networkmanager_file() {
    printf '[connection]\nid=card\nuuid=9f1b5f5c-7c2a-4d8c-9d1e-1c9d1f0a4b11\ntype=ethernet\ninterface-name=eth0\n\n[ipv4]\n'
    if [ "$kind" = static ]; then
        printf 'method=manual\naddress1=192.0.2.9/24,192.0.2.1\nroute1=203.0.113.0/24,192.0.2.1,50\n'
        printf '\n[ipv6]\nmethod=manual\naddress1=2001:db8::9/64,2001:db8::1\n'
    else
        printf 'method=auto\n\n[ipv6]\nmethod=link-local\n'
    fi
}

write_files() {
    mkdir -p /etc/systemd/network /etc/netplan /etc/NetworkManager/system-connections
    case $owner in
    networkd) file=/etc/systemd/network/10-eth0.network ;;
    netplan) file=/etc/netplan/a.yaml ;;
    networkmanager) file=/etc/NetworkManager/system-connections/card.nmconnection ;;
    esac
    "${owner}_file" >"$file"
    chmod 600 "$file"
    [ "$owner" != networkd ] || chmod 644 "$file"
}

write_lab() {
    printf '[lab]\nname = owned\n[bridge]\nname = br0\ninterface = eth0\n'
    if [ "$kind" = static ]; then
        printf 'address = 192.0.2.9/24\ngateway = 192.0.2.1\naddresses = 2001:db8::9/64\ngateway6 = 2001:db8::1\nipv6 = none\n'
    else
        printf 'address = dhcp\n'
        [ "$owner" != networkmanager ] || printf 'ipv6 = none\n'
    fi
    printf '[pbx hub]\nrole = hub\nplace = local\naddress = 192.0.2.57\n'
}

start_bus() {
    mkdir -p /run/dbus
    dbus-daemon --system --nofork --nopidfile >"$work/dbus.log" 2>&1 &
    cleanup_fn kill $!
    retry 5 test -S /run/dbus/system_bus_socket || fail 'dbus-daemon does not listen'
}

start_owner() {
    case $owner in
    networkmanager)
        NetworkManager --debug --log-level=DEBUG >>"$work/nm.log" 2>&1 &
        ;;
    *)
        [ "$owner" != netplan ] || /lib/netplan/generate >"$work/generate.log" 2>&1
        mkdir -p /run/systemd/netif/links /run/systemd/netif/leases /run/systemd/netif/lldp
        chown -R systemd-network:systemd-network /run/systemd/netif 2>/dev/null || :
        SYSTEMD_LOG_LEVEL=debug /lib/systemd/systemd-networkd >>"$work/networkd.log" 2>&1 &
        ;;
    esac
    daemon=$!
}
stop_owner() {
    kill "$daemon"
    wait "$daemon" 2>/dev/null
}

# What is on a link, without what changes by itself, and the routes over it. (networkd renews an address without the
# metric of its route, which is the kernel's.)
on_link() {
    ip -o address show dev "$1" scope global | awk '{print $3, $4}' | sort
    {
        ip route show dev "$1"
        ip -6 route show dev "$1"
    } | grep -v '^fe80::\|^multicast\|^ff00::' | sed 's/ expires [0-9]*sec//; s/ *$//; s/ linkdown//; s/ onlink//; s/ pref medium//; /proto kernel/s/ metric [0-9]*//' | sort
}
reaches() { ping -n -q -c 1 -W 1 192.0.2.1 >/dev/null 2>&1 && ping -n -q -c 1 -W 1 198.51.100.7 >/dev/null 2>&1; }
on_uplink() { on_link eth0 | diff "$work/before" - >"$work/diff" 2>&1 && reaches; }
uplink_again() {
    retry 40 on_uplink || fail "$1: the uplink is not as it was: $(cat "$work/diff"; ip address; ip route)"
    [ ! -e /sys/class/net/br0 ] || fail "$1: the bridge is still there"
    owner_agrees eth0 "$1"
}
address=
switched() {
    ip -o address show dev br0 2>/dev/null | grep -q " $address " || return 1
    [ -z "$(ip -o address show dev eth0 scope global)" ] || return 1
    ip link show dev eth0 | grep -q 'master br0' || return 1
    ip route show default | grep -q 'via 192.0.2.1 dev br0' || return 1
    [ "$kind" != static ] || ip -6 route show default | grep -q 'via 2001:db8::1 dev br0' || return 1
    reaches
}
must_be_switched() {
    retry 15 switched || fail "$1: the bridge does not have what the uplink had ($address): $(ip -d link; ip address; ip route; ip -6 route)"
    owner_agrees br0 "$1"
}

# The owner says itself that it has the link configured.
says_so() {
    case $owner in
    networkmanager) nmcli -t -f DEVICE,STATE,CONNECTION device | grep -q "^$1:connected:" ;;
    *) networkctl --json=short list 2>/dev/null | grep -q . && networkctl status "$1" 2>/dev/null | grep -q 'State: .*(configured)' ;;
    esac
}
owner_agrees() {
    retry 15 says_so "$1" || fail "$2: $owner does not have '$1': $(nmcli device 2>&1; networkctl list 2>&1; networkctl status "$1" 2>&1
        grep -i 'could not\|failed' "$work"/*.log | tail -n 20)"
}
voiplab() {
    status=0
    "$VOIPLAB" "$@" --state "$work/state" >"$work/out" 2>"$work/err" </dev/null || status=$?
}
bridge() { voiplab bridge -f "$work/lab.ini" --share "$SOURCE/share" "$@"; }
ends() { [ "$status" -eq "$1" ] || fail "$2: exit status $status: $(cat "$work/out" "$work/err")"; }
no_change_waits() { [ ! -e "$work/state/.bridge/host/pending" ] && [ ! -e "$work/state/.bridge/host/reverting" ]; }

# lossy COUNT COMMAND...: run it while the gateway sends COUNT pings, one each 10 ms; leaves $lost.
lossy() {
    local count=$1 pinger
    shift
    ip netns exec gateway ping -n -q -i 0.01 -c "$count" "${address%/*}" >"$work/pings" &
    pinger=$!
    sleep 0.3
    "$@"
    wait "$pinger"
    lost=$(sed -n 's/^\([0-9]*\) packets transmitted, \([0-9]*\) received.*/\1 \2/p' "$work/pings" | awk '{print $1 - $2}')
}

inside() {
    mount --make-rprivate /
    mount -t tmpfs tmpfs /run
    mount -t overlay overlay -o "lowerdir=$parts/usr:/usr" /usr
    mount -t overlay overlay -o "lowerdir=$parts/etc:$etc,upperdir=$work/upper,workdir=$work/work" /etc
    mount -t sysfs sysfs /sys
    mount -t tmpfs tmpfs /var/lib
    mkdir -p /var/lib/NetworkManager /etc/systemd/system
    write_files
    write_lab >"$work/lab.ini"
    make_wire
    mount -o remount,ro,bind /sys # without a udev that tells of its devices the owners wait for one otherwise
    start_bus
    start_owner
    # shellcheck disable=SC2016
    cleanup_fn eval 'kill $daemon'
    retry 20 reaches || fail "$owner does not bring the uplink up: $(ip address; tail -n 30 "$work"/*.log)"
    sleep 2
    address=$(ip -o -4 address show dev eth0 | awk '{print $4}')
    on_link eth0 >"$work/before"
    (cd /etc && find . -type f -exec sha256sum {} + | sort) >"$work/files"

    say "$owner-$kind: switch over ($address)"
    lossy 600 bridge --timeout 100
    ends 0 bridge
    say "$owner-$kind: the switch-over lost $lost pings, $((lost * 10)) ms"
    must_be_switched 'after the switch-over'
    [ "$lost" -le 100 ] || fail "the switch-over lost $lost pings, a second and more"
    no_change_waits && fail "the change does not wait: $(cat "$work/state/.bridge/host/outcome")"
    voiplab bridge confirm
    ends 0 confirm
    lossy $((minute * 100)) true
    say "$owner-$kind: $minute s later ($lost pings lost)"
    must_be_switched "$minute s later"
    [ "$lost" -le 20 ] || fail "the $minute s after lost $lost pings"
    bridge
    ends 0 'bridge, the second time'
    grep -q 'nothing to do' "$work/out" "$work/err" || fail "a second run has something to do: $(cat "$work/out" "$work/err")"
    say "$owner-$kind: the owner is started anew"
    stop_owner
    start_owner
    sleep 3
    must_be_switched 'after the owner was started anew'

    say "$owner-$kind: revert"
    lossy 600 voiplab bridge revert
    ends 0 revert
    say "$owner-$kind: the revert lost $lost pings, $((lost * 10)) ms"
    uplink_again 'after the revert'
    (cd /etc && find . -type f -exec sha256sum {} + | sort) | diff "$work/files" - >&2 || fail 'revert: not the files that were'
    sleep 5
    uplink_again 'some seconds after the revert'

    say "$owner-$kind: the timer"
    bridge --timeout 20 --rehearse=no
    ends 0 'bridge --timeout 20'
    must_be_switched 'before the timer'
    retry 60 no_change_waits || fail 'the watchdog does not come to an end'
    uplink_again 'after the timer'
    grep -q 'not confirmed in time' "$work/state/.bridge/host/outcome" || fail "it ended otherwise: $(cat "$work/state/.bridge/host/outcome")"
    (cd /etc && find . -type f -exec sha256sum {} + | sort) | diff "$work/files" - >&2 || fail 'timer: not the files that were'
    sleep 5
    uplink_again 'some seconds after the timer'
    stop_owner
    start_owner
    sleep 3
    uplink_again 'after the timer, with the owner started anew'
}

if [ "${1-}" = --inside ]; then
    owner=${2%-*} kind=${2#*-} work=$3/$2 parts=$4 etc=$3/etc
    mkdir -p "$work"
    mount -t tmpfs tmpfs "$work" # an overlay cannot write to a container's own overlay
    mkdir "$work/upper" "$work/work" "$work/state"
    inside
    exit 0
fi

requires_root
requires unshare ip apt-get dpkg ping diff
[ -x /lib/systemd/systemd-networkd ] || skip 'systemd-networkd is not installed'
work=$(mktemp -d)
cleanup_fn rm -rf "$work"
unshare -mn true || skip 'namespaces cannot be made here'
parts=${VOIPLAB_OWNER_PARTS:-$work/parts}
# shellcheck disable=SC2086
[ -d "$parts/usr" ] || unpack "$parts" $packages || skip 'the packages of the network daemons cannot be fetched'
cp -a /etc "$work/etc" # this machine's may change meanwhile, by a package that somebody installs
[ $# -gt 0 ] || set -- networkd-static networkd-dhcp netplan-static netplan-dhcp networkmanager-static networkmanager-dhcp
# All at the same time: they wait most of theirs, and have nothing in common.
pids=()
for one in "$@"; do
    unshare -mn --propagation private bash "$0" --inside "$one" "$work" "$parts" >"$work/$one.log" 2>&1 &
    pids+=($!)
done
end_all() { kill "${pids[@]}" 2>/dev/null; }
cleanup_fn end_all
failed=
for one in "$@"; do
    wait "${pids[0]}" || failed+=" $one"
    pids=("${pids[@]:1}")
    grep '^bridge_owner.sh: ' "$work/$one.log" >&2
done
for one in $failed; do cat "$work/$one.log" >&2; done
[ -z "$failed" ] || fail "failed:$failed"
