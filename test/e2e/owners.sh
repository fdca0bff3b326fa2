# Those who own the network of a host, for real and each in namespaces of its own: ifupdown with dhclient,
# systemd-networkd with and without a udevd, netplan, NetworkManager, and Red Hat's ifcfg files by a shell that reads
# them as the scripts do (ifcfg_network). To be sourced after lib.sh by bash scripts.
#
# What is not installed is unpacked beside. /usr and /etc are overlays of a private mount namespace, /run and /var/lib are
# empty: nothing of this machine is touched.
# shellcheck shell=bash

# shellcheck disable=SC2034 # for those that source this
owners_packages="network-manager libnm0 libndp0 libmm-glib0 libbluetooth3 libnewt0.52 libteamdctl0 dbus-daemon dbus-bin
    dbus-system-bus-common libdbus-1-3 netplan.io libnetplan0 ifupdown bridge-utils isc-dhcp-client udev libudev1
    libkmod2 dnsmasq-base libnetfilter-conntrack3 libnfnetlink0 libnftables1 nftables libmaxminddb0"

# unpack FOLDER PACKAGE...: what the packages would install, below FOLDER/usr and FOLDER/etc.
unpack() {
    local folder=$1 file part
    shift
    mkdir -p "$folder/debs" "$folder/etc" "$folder/usr"
    (cd "$folder/debs" && apt-get -o APT::Sandbox::User=root download "$@" >/dev/null 2>&1) || return 1
    for file in "$folder"/debs/*.deb; do dpkg -x "$file" "$folder" || return 1; done
    for part in bin sbin lib; do
        [ ! -d "$folder/$part" ] || [ -L "$folder/$part" ] || cp -a "$folder/$part/." "$folder/usr/$part/"
    done
}

# world PARTS WORK: inside of `unshare -mn --propagation private`: the file systems. WORK is an empty folder.
world() {
    mount --make-rprivate /
    mount -t tmpfs tmpfs "$2"
    mkdir "$2/usr" "$2/usr.work" "$2/etc" "$2/etc.work" "$2/state"
    mount -t tmpfs tmpfs /run
    mount -t overlay overlay -o "lowerdir=$1/usr:/usr,upperdir=$2/usr,workdir=$2/usr.work" /usr
    mount -t overlay overlay -o "lowerdir=$1/etc:/etc,upperdir=$2/etc,workdir=$2/etc.work" /etc
    mount -t sysfs sysfs /sys
    mount -t tmpfs tmpfs /var/lib
    mkdir -p /var/lib/NetworkManager /var/lib/dhcp /run/network /run/netns /etc/systemd/system /etc/sysctl.d
    rm -rf /etc/netplan /etc/network/interfaces /etc/network/interfaces.d /etc/sysconfig /etc/systemd/network \
        /etc/NetworkManager/system-connections
}

# wire: the uplink eth0, with a gateway in a namespace of its own; `far` is somebody behind it.
first_hop=192.0.2.1 far=198.51.100.7
wire() {
    ip link set lo up
    ip netns add gateway
    ip link add eth0 address 02:00:00:00:00:0a type veth peer name wire netns gateway
    ip -n gateway link set lo up
    ip -n gateway link set wire up
    ip -n gateway address add $first_hop/24 dev wire
    ip -n gateway address add 2001:db8::1/64 dev wire nodad
    ip -n gateway address add $far/32 dev lo
}

# leases WORK [OPTION...]: a DHCP server on the gateway that knows its clients by what they say they are, with these
# options of dnsmasq more.
leases() {
    : >"$1/leases"
    ip netns exec gateway dnsmasq --no-daemon --conf-file=/dev/null --user=root --interface=wire --bind-interfaces \
        --port=0 --dhcp-range=192.0.2.100,192.0.2.199,255.255.255.0,1h --dhcp-option=3,$first_hop \
        --dhcp-leasefile="$1/leases" --dhcp-sequential-ip --no-ping --log-dhcp "${@:2}" >"$1/dnsmasq.log" 2>&1 &
    cleanup_fn kill $!
}

# udevd WORK: one that gives the card a name that stays, as it does for real cards. To be called before wire.
udevd() {
    local file
    mkdir -p "$1/dev/shm" /etc/udev /run/udev
    for file in null zero full random urandom tty; do
        touch "$1/dev/$file"
        mount --bind /dev/$file "$1/dev/$file"
    done
    ln -s /proc/self/fd "$1/dev/fd"
    mount --rbind "$1/dev" /dev
    mount -t tmpfs tmpfs /usr/lib/udev/rules.d
    mount -t tmpfs tmpfs /etc/udev
    mkdir /etc/udev/rules.d
    cat >/etc/udev/rules.d/80-net.rules <<'END'
SUBSYSTEM!="net", OPTIONS="nowatch", GOTO="end"
IMPORT{builtin}="net_id"
KERNEL=="eth0", ENV{ID_NET_NAME_PATH}="enp1s0"
LABEL="end"
END
    /lib/systemd/systemd-udevd --resolve-names=never >"$1/udev.log" 2>&1 &
    cleanup_fn kill $!
    retry 5 test -S /run/udev/control || fail 'udevd does not listen'
}

bus() {
    [ ! -S /run/dbus/system_bus_socket ] || return 0
    mkdir -p /run/dbus
    dbus-daemon --system --nofork --nopidfile >"$1/dbus.log" 2>&1 &
    cleanup_fn kill $!
    retry 5 test -S /run/dbus/system_bus_socket || fail 'dbus-daemon does not listen'
}

# Processes of this network namespace with this name.
processes_here() {
    local pid
    for pid in $(pgrep -x "$1"); do
        [ "$(readlink "/proc/$pid/ns/net")" != "$(readlink /proc/self/ns/net)" ] || echo "$pid"
    done
}

owner_pid=
# power_off: nothing is up any more, and what is in /run is gone.
power_off() {
    local pid family rule
    for pid in $owner_pid $(processes_here dhclient); do
        kill -9 "$pid" 2>/dev/null
        wait "$pid" 2>/dev/null
    done
    owner_pid=
    for link in br0 eth0.100; do ip link delete "$link" 2>/dev/null; done
    ip link set eth0 nomaster
    # as the kernel has it at a start: ifup gives a port no address of the link
    sysctl -qw net.ipv6.conf.eth0.disable_ipv6=0 net.ipv6.conf.eth0.addr_gen_mode=0
    ip address flush dev eth0
    ip link set eth0 down
    ip link set eth0 address 02:00:00:00:00:0a mtu 1500
    ip route flush table main 2>/dev/null
    ip -6 route flush table main 2>/dev/null
    ip neigh flush dev eth0 nud permanent 2>/dev/null
    for family in -4 -6; do
        for rule in $(ip $family rule | grep -v 'lookup \(local\|main\|default\)' | cut -d : -f 1); do
            ip $family rule del priority "$rule"
        done
    done
    rm -rf /run/network /run/systemd /run/NetworkManager
    mkdir -p /run/network
}

start_networkd() {
    mkdir -p /run/systemd/netif/links /run/systemd/netif/leases /run/systemd/netif/lldp
    chown -R systemd-network:systemd-network /run/systemd/netif 2>/dev/null || :
    bus "$1"
    SYSTEMD_LOG_LEVEL=debug /lib/systemd/systemd-networkd >>"$1/networkd.log" 2>&1 &
    owner_pid=$!
}

start_networkmanager() {
    bus "$1"
    NetworkManager --debug --log-level=INFO >>"$1/nm.log" 2>&1 &
    owner_pid=$!
}

# power_on OWNER WORK [WITH]: as at a start of the machine, from the files alone.
power_on() {
    case $1 in
    ifupdown) ifup -a >"$2/ifup.log" 2>&1 || say "ifup: $(cat "$2/ifup.log")" ;;
    ifcfg) env -i PATH="$PATH" bash "$SOURCE/test/e2e/ifcfg_network" start >"$2/ifcfg.log" 2>&1 || say "ifcfg: $(cat "$2/ifcfg.log")" ;;
    networkd) start_networkd "$2" ;;
    netplan)
        netplan generate >"$2/generate.log" 2>&1 || say "netplan: $(cat "$2/generate.log")"
        if [[ ${3-} = *networkmanager* ]]; then start_networkmanager "$2"; else start_networkd "$2"; fi
        ;;
    networkmanager) start_networkmanager "$2" ;;
    esac
}

# seen_state: addresses, routes of all tables, rules and lasting neighbours, without what changes by itself. The way in
# which they were told (proto, and metrics of the kernel's own making) is not looked at.
seen_state() {
    ip -o address show scope global | awk '{print $2, $3, $4}' | sort
    {
        ip route show table all
        ip -6 route show table all
    } | grep -v 'table local\|^local\|^broadcast\|^fe80\|^multicast\|^ff00\|^anycast\|^unreachable' |
        sed 's/proto [a-z]* *//; s/scope [a-z]* *//; s/ linkdown//; s/ onlink//; s/expires [0-9]*sec//; s/ pref medium//; s/src [^ ]* *//; s/hoplimit [0-9]* *//; s/metric [0-9]*//; s/  */ /g; s/ *$//' | sort -u
    ip rule | grep -v 'lookup \(local\|main\|default\)' | sed 's/^[0-9]*:\t//'
    ip -6 rule | grep -v 'lookup \(local\|main\)' | sed 's/^[0-9]*:\t//'
    ip neigh show nud permanent | sort
}
