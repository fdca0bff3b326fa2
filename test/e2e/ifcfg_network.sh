#!/bin/bash
# `service network start` as Red Hat's network scripts do it, for the keys that the tests use: a shell sources the files,
# the ports of bridges come first and the bridges after them.
set -u
folder=/etc/sysconfig/network-scripts
[ "${1-}" = start ] || exit 2

# of FILE: the file's variables over those of /etc/sysconfig/network, in this shell
of() {
    # shellcheck source=/dev/null
    [ ! -e /etc/sysconfig/network ] || . /etc/sysconfig/network
    # shellcheck source=/dev/null
    . "$1"
    DEVICE=${DEVICE:-${1##*/ifcfg-}}
    if [ -n "${HWADDR-}" ] && ! grep -qi "$HWADDR" "/sys/class/net/$DEVICE/address" 2>/dev/null; then
        for card in /sys/class/net/*; do
            grep -qi "$HWADDR" "$card/address" && [ ! -d "$card/bridge" ] && DEVICE=${card##*/}
        done
    fi
}

give_addresses() {
    local number pair
    for number in '' 0 1 2 3; do
        local address=IPADDR$number prefix=PREFIX$number mask=NETMASK$number
        [ -n "${!address-}" ] || continue
        pair=${!address}/${!prefix-}
        [ -n "${!prefix-}" ] || pair=${!address}/${!mask}
        ip address add "$pair" broadcast + dev "$DEVICE"
    done
    for pair in ${IPV6ADDR-} ${IPV6ADDR_SECONDARIES-}; do ip -6 address add "$pair" dev "$DEVICE"; done
}

# The default route goes over the device that /etc/sysconfig/network names, if it names one.
give_routes() {
    local line
    if [ -n "${GATEWAY-}" ] && [ "${DEFROUTE-}" != no ] && [ "${GATEWAYDEV:-$DEVICE}" = "$DEVICE" ]; then
        ip route replace default via "$GATEWAY" dev "$DEVICE"
    fi
    if [ -n "${IPV6_DEFAULTGW-}" ] && [ "${IPV6_DEFAULTDEV:-$DEVICE}" = "$DEVICE" ]; then
        ip -6 route replace default via "${IPV6_DEFAULTGW%%%*}" dev "$DEVICE"
    fi
    # shellcheck disable=SC2086
    for kind in '-4 route' '-6 route6'; do
        [ ! -e "$folder/${kind#* }-$DEVICE" ] || while read -r line; do
            case $line in '' | '#'*) ;; *) ip ${kind% *} route add $line ${line##*dev*} ;; esac
        done <"$folder/${kind#* }-$DEVICE"
    done
    # shellcheck disable=SC2086
    [ ! -e "$folder/rule-$DEVICE" ] || while read -r line; do ip rule add $line; done <"$folder/rule-$DEVICE"
}

bring_up() (
    of "$1"
    [ "${ONBOOT-}" != no ] || exit 0
    [ "${TYPE-}" != Bridge ] || ip link add name "$DEVICE" type bridge forward_delay 0 2>/dev/null
    [ -e "/sys/class/net/$DEVICE" ] || { echo "no $DEVICE" && exit 1; }
    [ -z "${MACADDR-}" ] || ip link set dev "$DEVICE" address "$MACADDR"
    ip link set dev "$DEVICE" up
    if [ -n "${BRIDGE-}" ]; then
        ip link add name "$BRIDGE" type bridge forward_delay 0 2>/dev/null
        ip link set dev "$DEVICE" master "$BRIDGE"
        exit 0
    fi
    if [ "${BOOTPROTO-}" = dhcp ]; then
        # shellcheck disable=SC2086
        dhclient -1 -q ${DHCLIENTARGS-} \
            -cf "/etc/dhclient-$DEVICE.conf" -lf "/var/lib/dhcp/dhclient-$DEVICE.leases" \
            -pf "/run/dhclient-$DEVICE.pid" "$DEVICE"
    else
        give_addresses
    fi
    give_routes
)

status=0
for type in port bridge; do
    for file in "$folder"/ifcfg-*; do
        is=port
        (of "$file" && [ "${TYPE-}" = Bridge ]) && is=bridge
        [ "${file##*/}" = ifcfg-lo ] || [ $is != $type ] || bring_up "$file" || status=1
    done
done
exit $status
