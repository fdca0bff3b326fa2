#!/bin/bash
# The files of every back end of the bridge, read by those they are for: the network of a namespace is made from them,
# with a veth as the uplink and a gateway at its other end, and looked at. Nothing of this machine is touched: /usr, /etc
# and /run are overlays and a tmpfs of a private mount namespace, and the daemons that are not installed are unpacked
# beside. Usage: backends.sh [BACKEND ...]
#
# ctest: COST 30
set -eu
# shellcheck source=test/e2e/lib.sh
. "${SOURCE:?}/test/e2e/lib.sh"
# shellcheck source=test/e2e/owners.sh
. "$SOURCE/test/e2e/owners.sh"

packages="network-manager libnm0 libndp0 libmm-glib0 libbluetooth3 libnewt0.52 libteamdctl0 dbus-daemon dbus-bin
    dbus-system-bus-common libdbus-1-3 ifupdown2 netplan.io libnetplan0"
classic_packages="ifupdown bridge-utils"
mac=02:00:00:00:00:09

# The uplink eth0 with its gateway in a namespace of its own.
make_wire() {
    ip link set lo up
    ip netns add gateway
    ip link add eth0 address $mac type veth peer name wire netns gateway
    ip -n gateway address add 192.0.2.1/24 dev wire
    ip -n gateway address add 2001:db8::1/64 dev wire nodad
    ip -n gateway link set wire up
}

# wait_for SECONDS COMMAND...
wait_for() {
    local tenths=$(($1 * 10))
    shift
    while ! "$@" >/dev/null 2>&1; do
        [ $((tenths -= 1)) -gt 0 ] || return 1
        sleep 0.1
    done
}

seen() { ip -d "$@" | grep -q -- "$wanted"; }

# sees TEXT COMMAND...: the output of `ip -d COMMAND` has the text within ten seconds.
sees() {
    wanted=$1
    shift
    wait_for 10 seen "$@" || fail "$backend: 'ip $*' does not say '$wanted' but: $(ip -d "$@" 2>&1)"
}

check_network() {
    sees 'master br0' link show dev eth0
    sees 'stp_state 0' link show dev br0
    # NetworkManager writes the delay only together with spanning tree; without it the kernel does not wait either
    [ "$backend" = networkmanager ] || sees 'forward_delay 0 ' link show dev br0
    sees 'state forwarding' link show dev eth0
    sees "ether $mac" link show dev br0
    sees 'mtu 1400' link show dev br0
    sees 'mtu 1400' link show dev eth0
    sees 'inet 192.0.2.9/24' address show dev br0
    sees 'inet 198.51.100.9/24' address show dev br0
    sees 'inet6 2001:db8::9/64' address show dev br0
    sees 'via 192.0.2.1 dev br0' -4 route show default
    sees 'via 2001:db8::1 dev br0' -6 route show default
    [ -z "$(ip -o -4 address show dev eth0)" ] || fail "$backend: the uplink still has an address"
    wait_for 10 ping -c 1 -W 1 192.0.2.1 || fail "$backend: the gateway does not answer"
    wait_for 10 ping -c 1 -W 1 2001:db8::1 || fail "$backend: the gateway does not answer over IPv6"
    say "$backend: the network is as the lab file says"
}

run_networkd() {
    mkdir -p /run/systemd/netif/links /run/systemd/netif/leases /run/systemd/netif/lldp
    chown -R systemd-network:systemd-network /run/systemd/netif 2>/dev/null || :
    mount -o remount,ro,bind /sys
    /lib/systemd/systemd-networkd >"$work/networkd.log" 2>&1 &
    cleanup_fn kill $!
    check_network
}

run_networkmanager() {
    mkdir -p /run/dbus
    # without a udev that tells of its devices NetworkManager waits for one, unless /sys cannot be written
    mount -o remount,ro,bind /sys
    dbus-daemon --system --nofork --nopidfile >"$work/dbus.log" 2>&1 &
    cleanup_fn kill $!
    wait_for 5 test -S /run/dbus/system_bus_socket || fail 'dbus-daemon does not listen'
    NetworkManager --debug --log-level=INFO >"$work/nm.log" 2>&1 &
    cleanup_fn kill $!
    check_network
}

run_ifupdown() {
    mkdir -p /run/network
    ip link set eth0 up
    ifup -a >"$work/ifup.log" 2>&1 || fail "ifup: $(cat "$work/ifup.log")"
    check_network
}

# Its programs are one file under several names. `ifquery --check` compares the files with what there is.
run_ifupdown2() {
    local name
    mkdir -p /run/network
    for name in ifup ifquery; do ln -s /usr/share/ifupdown2/__main__.py "$work/$backend/$name"; done
    python3 "$work/$backend/ifup" -a >"$work/ifup2.log" 2>&1 || fail "ifup: $(cat "$work/ifup2.log")"
    check_network
    python3 "$work/$backend/ifquery" --check br0 >"$work/ifquery.log" 2>&1 ||
        fail "ifquery --check: $(cat "$work/ifquery.log")"
}

# Every case of test/bridge is what netplan reads without a word.
check_netplan_cases() {
    local after tree=$work/$backend/case
    for after in "$SOURCE"/test/bridge/netplan/*/after; do
        rm -rf "$tree"
        mkdir "$tree"
        [ ! -d "${after%after}before" ] || cp -r "${after%after}before/." "$tree"
        cp -r "$after/." "$tree"
        chmod 600 "$tree"/etc/netplan/*
        /lib/netplan/generate --root-dir "$tree" >"$work/case.log" 2>&1 || :
        [ ! -s "$work/case.log" ] || fail "netplan refuses $after: $(cat "$work/case.log")"
        grep -rq 'Bridge=br0' "$tree/run/systemd/network" || fail "netplan sees no port of br0 in $after"
    done
}

# netplan makes units for networkd out of its files, which then runs on them.
run_netplan() {
    check_netplan_cases
    /lib/netplan/generate >"$work/generate.log" 2>&1 || fail "netplan: $(cat "$work/generate.log")"
    [ ! -s "$work/generate.log" ] || fail "netplan complains: $(cat "$work/generate.log")"
    run_networkd
}

# lens LENS FILES FOLDER: Augeas reads the files of a case.
lens() {
    augtool --root "$3" --noautoload --transform "$1 incl $2" match "/augeas//error" >"$work/augtool" 2>&1
    grep -q 'no matches' "$work/augtool" || fail "$3: the lens $1 refuses: $(cat "$work/augtool")"
}

# No network scripts can be had here: a shell sources the files and the lens of Augeas reads them.
run_ifcfg() {
    local file=/etc/sysconfig/network-scripts/ifcfg-br0
    local after
    lens Shellvars.lns '/etc/sysconfig/network-scripts/ifcfg-*' /
    for after in "$SOURCE"/test/bridge/*/*/after; do
        lens Shellvars.lns '/etc/sysconfig/network-scripts/ifcfg-*' "$after"
        lens NetworkManager.lns '/etc/NetworkManager/system-connections/*' "$after"
        # the lens knows no line that goes on in the next one
        [[ $after == */static-continued/* ]] || lens Systemd.lns '/etc/systemd/network/*' "$after"
        lens Interfaces.lns '/etc/network/interfaces.d/*' "$after"
    done
    # shellcheck source=/dev/null
    (. $file && [ "$IPADDR/$NETMASK/$GATEWAY/$MTU/$STP/$DELAY/$MACADDR" = \
        "192.0.2.9/255.255.255.0/192.0.2.1/1400/off/0/$mac" ]) || fail "$file: $(cat $file)"
    # shellcheck source=/dev/null
    (. $file && [ "$IPADDR1/$PREFIX1 $IPV6ADDR $IPV6_DEFAULTGW" = '198.51.100.9/24 2001:db8::9/64 2001:db8::1' ]) ||
        fail "$file: $(cat $file)"
    say 'ifcfg: a shell and Augeas read the files'
}

write_lab() {
    cat <<END
[lab]
name      = wired
[bridge]
interface = eth0
address   = 192.0.2.9/24
addresses = 198.51.100.9/24, 2001:db8::9/64
gateway   = 192.0.2.1
gateway6  = 2001:db8::1
ipv6      = none
mtu       = 1400
hwaddr    = $mac
[pbx hub]
role      = hub
END
}

# One back end, in namespaces of its own. The uplink's file is there before and has an address that must go.
inside() {
    local tree=$work/$backend/tree name=${backend%2}
    mkdir -p "$tree/etc/network/interfaces.d" "$tree/etc/systemd/network" "$tree/etc/netplan" \
        "$tree/etc/sysconfig/network-scripts" "$tree/etc/NetworkManager/system-connections"
    case $name in
    networkd) printf '[Match]\nName=eth0\n\n[Network]\nAddress=203.0.113.9/24\n' >"$tree/etc/systemd/network/10-eth0.network" ;;
    netplan) printf 'network:\n  version: 2\n  ethernets:\n    eth0:\n      addresses: [203.0.113.9/24]\n' >"$tree/etc/netplan/a.yaml" ;;
    ifupdown) printf 'auto lo\niface lo inet loopback\nauto eth0\niface eth0 inet static\n  address 203.0.113.9/24\n' >"$tree/etc/network/interfaces" ;;
    networkmanager) printf '[connection]\nid=card\nuuid=9f1b5f5c-7c2a-4d8c-9d1e-1c9d1f0a4b11\ntype=ethernet\ninterface-name=eth0\n\n[ipv4]\nmethod=manual\naddress1=203.0.113.9/24\n' \
        >"$tree/etc/NetworkManager/system-connections/card.nmconnection" ;;
    esac
    find "$tree" -type f -exec chmod 600 {} +
    mkdir -p "$tree/etc/sysctl.d"
    "$VOIPLAB" bridge --root "$tree" --state "$work/$backend/state" -f "$work/lab.ini" --backend "$name" \
        >"$work/$backend/out" 2>&1 || fail "$backend: $(cat "$work/$backend/out")"
    mount --make-rprivate /
    mount -t tmpfs tmpfs /run
    mount -t overlay overlay -o "lowerdir=$parts/usr:/usr" /usr
    mount -t overlay overlay -o "lowerdir=$tree/etc:$parts/etc:/etc,upperdir=$work/$backend/upper,workdir=$work/$backend/work" /etc
    mount -t sysfs sysfs /sys
    mount -t tmpfs tmpfs /var/lib
    mkdir /var/lib/NetworkManager
    make_wire
    "run_$backend"
    sysctl -e -p /etc/sysctl.d/60-voiplab.conf >/dev/null || fail "$backend: sysctl refuses its file"
}

if [ "${1-}" = --inside ]; then
    backend=$2 work=$3 parts=$4
    mkdir -p "$work/$backend"
    mount -t tmpfs tmpfs "$work/$backend" # an overlay cannot write to a container's own overlay
    mkdir "$work/$backend/upper" "$work/$backend/work"
    inside
    exit 0
fi

requires_root
requires unshare ip augtool apt-get dpkg python3 ping sysctl
[ -x /lib/systemd/systemd-networkd ] || skip 'systemd-networkd is not installed'
work=$(mktemp -d)
cleanup_fn rm -rf "$work"
write_lab >"$work/lab.ini"
unshare -mn true || skip 'namespaces cannot be made here'
mkdir "$work/parts" "$work/classic"
# shellcheck disable=SC2086
unpack "$work/parts" $packages || skip 'the packages of the network daemons cannot be fetched'
# shellcheck disable=SC2086
unpack "$work/classic" $classic_packages || skip 'the packages of ifupdown cannot be fetched'
[ $# -gt 0 ] || set -- ifcfg networkd netplan networkmanager ifupdown ifupdown2
for backend in "$@"; do
    parts=$work/parts
    [ "$backend" != ifupdown ] || parts=$work/classic
    unshare -mn --propagation private bash "$0" --inside "$backend" "$work" "$parts" || {
        tail -n 60 "$work"/*.log >&2 || :
        fail "$backend"
    }
done
