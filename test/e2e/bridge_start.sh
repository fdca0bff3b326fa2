#!/bin/bash
# The bridge is there after the next start, too. Each owner of a network brings the uplink up from its files; then come
# `bridge` and `confirm`, a start of the machine from the files alone, `revert`, and one more such start: addresses,
# routes, rules, neighbours and the lease must be the same each time, on the bridge or on the uplink, or the bridge is
# refused in words. The scenarios run side by side, each in namespaces of its own (owners.sh).
# Usage: bridge_start.sh [SCENARIO ...]
#
# VOIPLAB_OWNER_PARTS: where the packages are unpacked, or shall be (a temporary directory).
#
# ctest: TIMEOUT 600 COST 70
set -u
# shellcheck source=test/e2e/lib.sh
. "${SOURCE:?}/test/e2e/lib.sh"
# shellcheck source=test/e2e/owners.sh
. "$SOURCE/test/e2e/owners.sh"
VOIPLAB=${VOIPLAB:?the program under test is not named}

# What each scenario sets: its owner, what it wants around (udevd, leases), the keys of [bridge] beyond the usual ones,
# and what a refusal says; its files it writes below /etc.
owner='' with='' keys='' refusal=''
static='address = 192.0.2.9/24
gateway = 192.0.2.1'
dhcp='address = dhcp
network = 192.0.2.0/24'
far_gateway='address = 192.0.2.9/32
gateway = 192.0.2.1'

interfaces() {
    mkdir -p /etc/network/interfaces.d
    { printf 'auto lo\niface lo inet loopback\nauto eth0\n' && cat; } >/etc/network/interfaces
}
ifcfg() {
    mkdir -p /etc/sysconfig/network-scripts
    { printf 'DEVICE=eth0\nONBOOT=yes\n' && cat; } >/etc/sysconfig/network-scripts/ifcfg-eth0
}
netplan_file() {
    mkdir -p /etc/netplan
    cat >/etc/netplan/50-cloud-init.yaml
    chmod 600 /etc/netplan/*
}
network() {
    mkdir -p "${2:-/etc}/systemd/network"
    cat >"${2:-/etc}/systemd/network/$1.network"
}
profile() {
    mkdir -p /etc/NetworkManager/system-connections
    cat >/etc/NetworkManager/system-connections/lan.nmconnection
    chmod 600 /etc/NetworkManager/system-connections/*
}

scenario_ifupdown_static() {
    owner=ifupdown keys=$static
    interfaces <<'END'
iface eth0 inet static
    address 192.0.2.9/24
    gateway 192.0.2.1
END
}
# an address that a command gives is one that the lab names
scenario_ifupdown_address() {
    owner=ifupdown keys="$static
addresses = 192.0.2.10/24"
    interfaces <<'END'
iface eth0 inet static
    address 192.0.2.9/24
    gateway 192.0.2.1
    up ip addr add 192.0.2.10/24 dev eth0
    down ip addr del 192.0.2.10/24 dev eth0
END
}
scenario_ifupdown_address_unnamed() {
    owner=ifupdown keys=$static refusal="'192.0.2.10/24' is given to the uplink"
    interfaces <<'END'
iface eth0 inet static
    address 192.0.2.9/24
    gateway 192.0.2.1
    up ip addr add 192.0.2.10/24 dev eth0
END
}
scenario_ifupdown_inet6() {
    owner=ifupdown keys="$static
addresses = 2001:db8::9/64, 2001:db8::a/64
gateway6 = 2001:db8::1
ipv6 = none"
    interfaces <<'END'
iface eth0 inet static
    address 192.0.2.9/24
    gateway 192.0.2.1
    up ip route add 203.0.113.0/24 via 192.0.2.1
iface eth0 inet6 static
    address 2001:db8::9/64
    gateway 2001:db8::1
    accept_ra 0
    up ip -6 addr add 2001:db8::a/64 dev eth0
    up ip -6 route add 2001:db8:5::/48 via 2001:db8::1 dev eth0
END
}
scenario_ifupdown_sourced() {
    owner=ifupdown keys=$static
    interfaces <<'END'
source more/*.cfg
END
    mkdir -p /etc/network/more
    printf 'iface eth0 inet static\n  address 192.0.2.9/24\n  gateway 192.0.2.1\n' >/etc/network/more/card.cfg
    printf 'iface eth0 inet dhcp\n' >/etc/network/interfaces.d/left-over
}
scenario_ifupdown_dhcp() {
    owner=ifupdown keys=$dhcp with=leases
    mkdir -p /etc/dhcp
    printf 'interface "eth0" {\n  send dhcp-client-identifier "rack4-slot7";\n}\n' >/etc/dhcp/dhclient.conf
    interfaces <<'END'
iface eth0 inet dhcp
    client rack4-slot7
    hostname pbxhost
END
}
scenario_ifcfg_lines() {
    owner=ifcfg keys=$static
    ifcfg <<'END'
BOOTPROTO=none
IPADDR=192.0.2.9
NETMASK=255.255.255.0
GATEWAY=192.0.2.1
ETHTOOL_OPTS="-K eth0 gro off;
 -K eth0 tso off"
END
}
scenario_ifcfg_gateway() {
    owner=ifcfg keys=$static
    ifcfg <<'END'
BOOTPROTO=none
IPADDR=192.0.2.9
PREFIX=24
END
    printf 'NETWORKING=yes\nHOSTNAME=pbxhost\nGATEWAY=192.0.2.1\nGATEWAYDEV=eth0\n' >/etc/sysconfig/network
}
# as CentOS 5 has it: further addresses in a file each, which that version's scripts alone read
scenario_ifcfg_alias() {
    owner=ifcfg keys="$static
addresses = 192.0.2.10/24"
    ifcfg <<'END'
# by hand
	IPADDR="192.0.2.9" # ours
  NETMASK='255.255.255.0'
GATEWAY=192.0.2.1
BOOTPROTO=none;
END
    printf 'DEVICE=eth0:0\nONPARENT=yes\nIPADDR=192.0.2.10\nNETMASK=255.255.255.0' >/etc/sysconfig/network-scripts/ifcfg-eth0:0
    printf 'DEVICE=eth0\nBOOTPROTO=dhcp\n' >/etc/sysconfig/network-scripts/ifcfg-eth0.bak
    # shellcheck disable=SC2016 # for the shell in there
    echo 'ip addr add ${IPADDR}/${PREFIX} dev ${REALDEVICE}' >/etc/sysconfig/network-scripts/ifup-eth
    touch /etc/sysconfig/network-scripts/one-a-file
}
# a file without DEVICE, known by the card's address; no IPv6
scenario_ifcfg_nodevice() {
    owner=ifcfg keys=$static
    ifcfg </dev/null
    rm /etc/sysconfig/network-scripts/ifcfg-eth0
    printf 'NETWORKING=yes\nNETWORKING_IPV6=no\n' >/etc/sysconfig/network
    printf '%s\n' TYPE=Ethernet HWADDR=02:00:00:00:00:0A BOOTPROTO=none IPADDR=192.0.2.9 PREFIX=24 GATEWAY=192.0.2.1 \
        ONBOOT=yes IPV6INIT=no 'NAME="Wired connection 1"' >/etc/sysconfig/network-scripts/ifcfg-Wired_connection_1
}
# the card has an address that its file gives it, and at a start not yet
scenario_ifcfg_mac() {
    owner=ifcfg keys=$static
    ifcfg <<'END'
BOOTPROTO=none
IPADDR=192.0.2.9
NETMASK=255.255.255.0
GATEWAY=192.0.2.1
MACADDR=02:00:00:00:00:0c
END
    printf '# to the rest\n\n203.0.113.0/24 via 192.0.2.1\ndefault via 192.0.2.1 dev eth0 table 101' >/etc/sysconfig/network-scripts/route-eth0
    printf '# from here\nfrom 192.0.2.9 table 101\n' >/etc/sysconfig/network-scripts/rule-eth0
}
scenario_ifcfg_foreign() {
    owner=ifcfg keys=$static refusal="there is a bridge 'br0' already that is not of voiplab"
    printf 'BRIDGE=br0\n' | ifcfg
    printf '%s\n' DEVICE=br0 TYPE=Bridge BOOTPROTO=none IPADDR=192.0.2.9 PREFIX=24 GATEWAY=192.0.2.1 ONBOOT=yes STP=on \
        >/etc/sysconfig/network-scripts/ifcfg-br0
}
scenario_ifcfg_dhcp() {
    owner=ifcfg keys=$dhcp with=leases
    printf 'interface "eth0" {\n  send dhcp-client-identifier "rack4-slot7";\n}\n' >/etc/dhclient-eth0.conf
    ifcfg <<'END'
BOOTPROTO=dhcp
DHCP_HOSTNAME=pbxhost
END
}
scenario_networkd_static() {
    owner=networkd keys=$static
    network 10-lan <<'END'
[Match]
MACAddress=02-00-00-00-00-0A
Name=eth0

[Network]
Description=the card \
# of the lab
  on the left
Address=192.0.2.9/24
Gateway=192.0.2.1

[Route]
Destination=203.0.113.0/24
Gateway=192.0.2.1
END
}
scenario_networkd_negated() {
    owner=networkd keys=$static
    network 10-all <<'END'
[Match]
Name=!lo docker0

[Network]
Address=192.0.2.9/24
Gateway=192.0.2.1
END
}
scenario_networkd_vendor() {
    owner=networkd keys=$static
    network 10-vendor /usr/lib <<'END'
[Match]
Name=e*

[Network]
Address=192.0.2.9/24
Gateway=192.0.2.1
END
}
scenario_networkd_dhcp() {
    owner=networkd keys=$dhcp with='leases udevd'
    network 10-lan <<'END'
[Match]
Name=eth0

[Network]
DHCP=ipv4

[DHCPv4]
UseRoutes=no

[Route]
Gateway=_dhcp4
END
}
scenario_networkd_dhcp6() {
    owner=networkd keys=$dhcp with='leases6 ra udevd'
    network 10-lan <<'END'
[Match]
Name=eth0

[Network]
DHCP=yes
IPv6AcceptRA=yes
END
}
scenario_networkmanager_dhcp6() {
    owner=networkmanager keys=$dhcp with='leases6 ra'
    profile <<'END'
[connection]
id=lan
uuid=0f2b1d6e-1111-4222-8333-444455556670
type=ethernet
interface-name=eth0

[ipv4]
method=auto

[ipv6]
method=auto
END
}
scenario_ifupdown_dhcp6() {
    owner=ifupdown keys=$dhcp with=leases6
    interfaces <<'END'
iface eth0 inet dhcp
iface eth0 inet6 dhcp
END
}
scenario_netplan_dhcp() {
    owner=netplan keys=$dhcp with='leases udevd'
    netplan_file <<'END'
network:
  version: 2
  renderer: networkd
  ethernets:
    eth0:
      dhcp4: true
END
}
scenario_netplan_dhcp_mac() {
    owner=netplan keys=$dhcp with='leases udevd'
    netplan_file <<'END'
network:
  version: 2
  renderer: networkd
  ethernets:
    eth0:
      dhcp4: true
      dhcp-identifier: mac
      dhcp4-overrides:
        route-metric: 50
END
}
# a card of a test has no permanent address, which is what netplan has networkd match: the test writes a name instead
scenario_netplan_mac() {
    owner=netplan keys=$static
    mv /usr/sbin/netplan /usr/sbin/netplan.real
    cat >/usr/sbin/netplan <<'END'
#!/bin/sh
/usr/sbin/netplan.real "$@"
status=$?
sed -i 's/^PermanentMACAddress=02:00:00:00:00:0a/Name=eth0/' /run/systemd/network/*.network 2>/dev/null
exit $status
END
    chmod +x /usr/sbin/netplan
    netplan_file <<'END'
network:
  version: 2
  renderer: networkd
  ethernets:
    lan:
      match:
        macaddress: "02:00:00:00:00:0a"
      addresses: [192.0.2.9/24]
      routes: [{to: default, via: 192.0.2.1}]
END
}
# one address and its gateway on the link, from an entry for many cards that would be taken before the uplink's own
scenario_netplan_far() {
    owner=netplan keys=$far_gateway
    netplan_file <<'END'
network:
  version: 2
  renderer: networkd
  ethernets:
    eth0:
      dhcp4: true
    all:
      match: {name: "e*"}
      addresses: [192.0.2.9/32]
      routes:
        - {to: default, via: 192.0.2.1, on-link: true, metric: 50}
        - {to: 203.0.113.0/24, via: 192.0.2.1, on-link: true}
        - {to: default, via: 192.0.2.1, on-link: true, table: 101}
      routing-policy: [{from: 192.0.2.9, table: 101}]
END
}
scenario_ifupdown_far() {
    owner=ifupdown keys=$far_gateway
    interfaces <<'END'
iface eth0 inet static
    address 192.0.2.9/32
    gateway 192.0.2.1
    up ip neigh replace 192.0.2.77 lladdr 02:00:00:00:00:77 nud permanent dev eth0
    up ip rule add iif eth0 table 102
END
}
# policy in files of its own, and a gateway that is in no network
scenario_ifcfg_policy() {
    owner=ifcfg keys=$far_gateway
    ifcfg <<'END'
BOOTPROTO=none
IPADDR=192.0.2.9
NETMASK=255.255.255.255
ZONE=internal
END
    printf '192.0.2.1 dev eth0\ndefault via 192.0.2.1 dev eth0\ndefault via 192.0.2.1 dev eth0 table 101\n' >/etc/sysconfig/network-scripts/route-eth0
    printf 'from 192.0.2.9 table 101\n' >/etc/sysconfig/network-scripts/rule-eth0
}
# as Ubuntu's desktop and Raspberry Pi OS have it
scenario_netplan_networkmanager() {
    owner=netplan keys=$static with=networkmanager
    netplan_file <<'END'
network:
  version: 2
  renderer: NetworkManager
  ethernets:
    eth0:
      addresses: [192.0.2.9/24]
      routes: [{to: default, via: 192.0.2.1}]
END
}
scenario_networkmanager_dhcp() {
    owner=networkmanager keys=$dhcp with=leases
    profile <<'END'
[connection]
id=lan
uuid=0f2b1d6e-1111-4222-8333-444455556670
type=ethernet
interface-name=eth0

[ipv4]
method=auto
dhcp-client-id=01:02:03
dhcp-hostname=pbxhost

[ipv6]
method=link-local
END
}
# nobody has configured the card, as on every desktop: NetworkManager makes a profile up, in no file that lasts
scenario_networkmanager_made_up() {
    owner=networkmanager keys=$dhcp with='leases6 ra'
    mkdir -p /etc/NetworkManager/system-connections
}
scenario_networkmanager_duid() {
    owner=networkmanager keys=$dhcp with=leases
    profile <<'END'
[connection]
id=lan
uuid=0f2b1d6e-1111-4222-8333-444455556670
type=ethernet
interface-name=eth0

[ipv4]
method=auto
dhcp-client-id=duid

[ipv6]
method=link-local
END
}

# what somebody has put beside breaks the bridge at the next start, and is seen before
scenario_ifupdown_hook() {
    owner=ifupdown keys=$static refusal="missing 'port eth0 br0'"
    interfaces <<'END'
iface eth0 inet static
    address 192.0.2.9/24
    gateway 192.0.2.1
END
    mkdir -p /etc/network/if-pre-up.d
    # shellcheck disable=SC2016 # for the shell in there
    printf '#!/bin/sh\n[ "$IFACE" != br0 ]\n' >/etc/network/if-pre-up.d/0-only-cards
    chmod 755 /etc/network/if-pre-up.d/0-only-cards
}
# what a hook gives the uplink is missed on the bridge
scenario_ifupdown_hook_route() {
    owner=ifupdown keys=$static refusal="missing 'route br0 203.0.113.0/24 via 192.0.2.1 table 254'"
    interfaces <<'END'
iface eth0 inet static
    address 192.0.2.9/24
    gateway 192.0.2.1
END
    mkdir -p /etc/network/if-up.d
    # shellcheck disable=SC2016 # for the shell in there
    printf '#!/bin/sh\n[ "$IFACE" != eth0 ] || ip route add 203.0.113.0/24 via 192.0.2.1 || :\n' >/etc/network/if-up.d/routes
    chmod 755 /etc/network/if-up.d/routes
}
scenario_networkd_mute() {
    owner=networkd keys=$static
    refusal='systemd-analyze reads /etc/systemd/network/60-voiplab-br0.network.d/other.conf with'
    command -v systemd-analyze >/dev/null || refusal="'address br0 192.0.2.9/24'"
    network 10-lan <<'END'
[Match]
Name=eth0

[Network]
Address=192.0.2.9/24
Gateway=192.0.2.1
END
    mkdir -p /etc/systemd/network/60-voiplab-br0.network.d
    printf '[Match]\nHost=elsewhere\n' >/etc/systemd/network/60-voiplab-br0.network.d/other.conf
}
scenario_netplan_mute() {
    owner=netplan keys=$static refusal="'address br0 192.0.2.9/24'"
    netplan_file <<'END'
network:
  version: 2
  renderer: networkd
  ethernets:
    eth0:
      addresses: [192.0.2.9/24]
      routes: [{to: default, via: 192.0.2.1}]
END
    mkdir -p /etc/systemd/network/10-netplan-br0.network.d
    printf '[Match]\nHost=elsewhere\n' >/etc/systemd/network/10-netplan-br0.network.d/other.conf
}

write_lab() {
    printf '[lab]\nname = started\n[bridge]\nname = br0\ninterface = eth0\n%s\n[pbx hub]\nrole = hub\nplace = local\n' "$keys"
    [ "$keys" != "$dhcp" ] || printf 'address = 192.0.2.9\n'
}
voiplab() {
    status=0
    "$VOIPLAB" "$@" --state "$work/state" >"$work/out" 2>"$work/err" </dev/null || status=$?
}
bridge() { voiplab bridge -f "$work/lab.ini" --share "$SOURCE/share" "$@"; }
ends() { [ "$status" -eq "$1" ] || fail "$2: exit status $status: $(cat "$work/out" "$work/err")"; }
files() {
    (
        cd /etc || exit
        find . \( -type f -o -type l \) ! -path './resolv.conf*' ! -path './systemd/system/*' ! -name mtab \
            -printf '%p %m %l\n' -type f -exec sha256sum {} + | sort
    )
}
reaches() { ping -n -q -c 1 -W 1 $first_hop >/dev/null 2>&1 && ping -n -q -c 1 -W 1 $far >/dev/null 2>&1; }
carries() {
    ip -o address show scope global | grep -q 'inet ' && reaches &&
        { [[ $with != *leases6* ]] || ip -o -6 address show scope global | grep -q 2001:db8::1; }
}
# what NetworkManager has up on the uplink, and where it stands
profile_up() {
    [ "$owner" != networkmanager ] || nmcli -g NAME,UUID,FILENAME,DEVICE connection show --active | grep ':eth0$'
}
is_as() { seen_state | diff "$work/$1" - >"$work/diff" 2>&1 && reaches; }
must_be() {
    retry 20 is_as "$1" || fail "$2: $(cat "$work/diff"; ip -br link; ip address; for log in "$work"/*.log; do echo "== $log"; tail -n 12 "$log"; done)"
}
# one lease, of whom it was at first
same_lease() {
    [[ $with != *leases* ]] || [ "$(awk 'NF > 4 {print $3, $5}' "$work/leases" | sort)" = "$(cat "$work/client")" ] ||
        fail "$1: the lease of '$(cat "$work/client")' is another: $(cat "$work/leases")"
}

# client_of LINK WHAT: on a host with dhclient it runs for this link, and for no other
client_of() {
    [[ $with != *leases* || $owner != if* ]] ||
        [ "$(for pid in $(processes_here dhclient); do tr '\0' '\n' <"/proc/$pid/cmdline" | tail -n 1; done | sort -u)" = "$1" ] ||
        fail "$2: the DHCP client is not one of $1: $(for pid in $(processes_here dhclient); do tr '\0' ' ' <"/proc/$pid/cmdline"; done)"
}

inside() {
    world "$parts" "$work"
    "scenario_$scenario"
    [[ $with != *udevd* ]] || udevd "$work"
    wire
    case $with in
    *leases6*ra*) leases "$work" '--dhcp-range=2001:db8::100,2001:db8::1ff,64,1h' --enable-ra ;;
    *leases6*) leases "$work" '--dhcp-range=2001:db8::100,2001:db8::1ff,64,1h' ;;
    *leases*) leases "$work" ;;
    esac
    # a daemon that finds /sys read-only does not wait for a udevd to tell of its links
    [[ $owner = if* || $with = *udevd* ]] || mount -o remount,ro,bind /sys
    write_lab >"$work/lab.ini"
    files >"$work/files"
    power_on "$owner" "$work" "$with"
    retry 20 carries || fail "the owner does not bring the uplink up: $(ip address; ip route; tail -n 20 "$work"/*.log)"
    sleep 1
    seen_state >"$work/before"
    profile_up >"$work/profile"
    mode=$(sysctl -n net.ipv6.conf.eth0.addr_gen_mode)
    sed 's/\<eth0\>/br0/g' "$work/before" >"$work/wanted"
    [[ $with != *leases* ]] || awk 'NF > 4 {print $3, $5}' "$work/leases" | sort >"$work/client"

    bridge
    if [ -n "$refusal" ]; then
        ends 1 bridge
        grep -qF -- "$refusal" "$work/err" || fail "it says: $(cat "$work/err")"
        is_as before || fail "refused, and changed: $(cat "$work/diff")"
        files | diff "$work/files" - >&2 || fail 'refused, and files were changed'
        return
    fi
    ends 0 bridge
    [ "$owner" = ifcfg ] || grep -q "rehearsed with $owner: in .* as is wanted" "$work/out" "$work/err" ||
        fail "not rehearsed: $(cat "$work/out" "$work/err")"
    voiplab bridge confirm
    ends 0 confirm
    must_be wanted 'after bridge and confirm'
    same_lease 'after bridge and confirm'
    client_of br0 'after bridge and confirm'
    power_off
    power_on "$owner" "$work" "$with"
    must_be wanted 'after the next start'
    ip link show dev eth0 | grep -q 'master br0' || fail 'after the next start the uplink is no port'
    same_lease 'after the next start'
    bridge --dry-run
    grep -q 'nothing to do' "$work/out" "$work/err" || fail "not idle: $(cat "$work/out" "$work/err")"
    voiplab bridge revert
    ends 0 revert
    files | diff "$work/files" - >&2 || fail 'after revert the files are not as they were'
    must_be before 'after revert'
    client_of eth0 'after revert'
    profile_up | diff "$work/profile" - >&2 || fail 'after revert another profile is up on the uplink'
    [ ! -e /var/lib/NetworkManager/no-auto-default.state ] || fail 'NetworkManager makes no profile up any more'
    [ "$(sysctl -n net.ipv6.conf.eth0.disable_ipv6)" = 0 ] || fail 'after revert the uplink has no IPv6'
    [ "$(sysctl -n net.ipv6.conf.eth0.addr_gen_mode)" = "$mode" ] ||
        fail "after revert the uplink makes its IPv6 addresses in another way than $mode"
    power_off
    power_on "$owner" "$work" "$with"
    must_be before 'after revert and the next start'
    same_lease 'after revert and the next start'
}

if [ "${1-}" = --inside ]; then
    scenario=$2 work=$3 parts=$4
    lib_name=$scenario
    inside
    say ok
    exit 0
fi

requires_root
requires unshare ip apt-get dpkg ping sysctl
[ -x /lib/systemd/systemd-networkd ] || skip 'systemd-networkd is not installed'
unshare -mnp --fork true || skip 'namespaces cannot be made here'
all=$(mktemp -d)
cleanup_fn rm -rf "$all"
parts=${VOIPLAB_OWNER_PARTS:-$all/parts}
# shellcheck disable=SC2086
[ -d "$parts" ] || unpack "$parts" $owners_packages || skip 'the packages of the owners cannot be fetched'
[ $# -gt 0 ] || mapfile -t < <(declare -F | sed -n 's/^declare -f scenario_//p')
[ $# -gt 0 ] || set -- "${MAPFILE[@]}"
bad=
for scenario in "$@"; do
    # not all at once: an owner that gets no processor gives its connection up
    while [ "$(jobs -rp | wc -l)" -ge 8 ]; do wait -n || :; done
    mkdir "$all/$scenario"
    (
        trap - EXIT
        # what an owner has started ends with the first process of the namespace
        unshare -mnp --fork --kill-child --mount-proc --propagation private bash "$0" --inside "$scenario" "$all/$scenario" \
            "$parts" >"$all/$scenario.out" 2>&1 && : >"$all/$scenario.passed"
    ) &
done
wait
for scenario in "$@"; do
    cat "$all/$scenario.out" >&2
    [ -e "$all/$scenario.passed" ] || bad="$bad $scenario"
done
[ -z "$bad" ] || fail "not as it should be:$bad"
say "$# scenarios are as they should be"
