# A host with an uplink, and the gateway behind it, as two network namespaces; to be sourced after lib.sh by bash
# scripts that ctest starts with $VOIPLAB and $SOURCE in the environment.
#
# The host has a mount namespace of its own in which /etc is an overlay and /var/lib/voiplab is empty: what voiplab
# writes there it writes into $work. Nothing of this machine's own network or files is touched.
# shellcheck shell=bash

VOIPLAB=${VOIPLAB:?the program under test is not named}
SOURCE=${SOURCE:?the root of the sources is not named}
uplink_host=vlu$$h
uplink_gate=vlu$$g

uplink_down() {
    local name pid
    [ -z "${uplink_holder-}" ] || kill "$uplink_holder" 2>/dev/null
    for name in "$uplink_host" "$uplink_gate"; do
        for pid in $(ip netns pids "$name" 2>/dev/null); do kill -9 "$pid" 2>/dev/null; done
        ip netns delete "$name" 2>/dev/null
    done
    rm -rf "${work:?}"
}

# uplink_up: makes both; leaves $work, $uplink_holder (a process in the host's namespaces).
uplink_up() {
    requires_root
    requires ip unshare nsenter mount ping
    # in memory where that can be: every step syncs what it writes, and a hundred runs wait for a disk that is busy
    work=/dev/shm
    [ -w "$work" ] || work=${TMPDIR:-/tmp}
    work=$(mktemp -d "$work/voiplab-uplink.XXXXXX")
    cleanup_fn uplink_down
    ip netns add "$uplink_host"
    ip netns add "$uplink_gate"
    ip -n "$uplink_host" link add eth0 type veth peer name wire netns "$uplink_gate"
    ip -n "$uplink_host" link set lo up
    ip -n "$uplink_gate" link set lo up
    ip -n "$uplink_gate" address add 192.0.2.1/24 dev wire
    ip -n "$uplink_gate" address add 2001:db8::1/64 dev wire nodad
    ip -n "$uplink_gate" link set wire up
    ip -n "$uplink_gate" address add 198.51.100.7/32 dev lo # somebody far away
    mkdir "$work/etc" "$work/etc.work" "$work/state"
    # shellcheck disable=SC2016 # for the shell in there
    ip netns exec "$uplink_host" unshare --mount --propagation private sh -c '
        mount -t overlay overlay -o "lowerdir=/etc,upperdir=$1/etc,workdir=$1/etc.work" /etc &&
        mkdir -p /var/lib/voiplab && mount --bind "$1/state" /var/lib/voiplab &&
        mkdir -p /etc/sysconfig/network-scripts /etc/systemd/system && echo ready >"$1/ready" &&
        exec sleep 100000' sh "$work" &
    uplink_holder=$!
    retry 10 test -e "$work/ready" || fail "the host's namespaces do not come up"
    uplink_plain
}

# uplink_plain: the uplink as it is on a host that knows nothing of voiplab yet.
uplink_plain() {
    ip -n "$uplink_host" link set eth0 nomaster
    ip -n "$uplink_host" link delete br0 2>/dev/null || true
    ip -n "$uplink_host" address flush dev eth0
    ip -n "$uplink_host" link set eth0 up
    ip -n "$uplink_host" address add 192.0.2.10/24 dev eth0
    ip -n "$uplink_host" address add 2001:db8::10/64 dev eth0 nodad
    ip -n "$uplink_host" route replace default via 192.0.2.1 dev eth0
    ip -n "$uplink_host" route replace 203.0.113.0/24 via 192.0.2.1 dev eth0 metric 50
    ip -n "$uplink_host" -6 route replace default via 2001:db8::1 dev eth0
}

# here CMD...: run CMD on the host.
here() { nsenter --target "$uplink_holder" --mount --net --root --wd=/ -- "$@"; }

# uplink_lab [KEY=VALUE ...]: a lab file for this host, with these lines more in [bridge].
uplink_lab() {
    cat >"$work/lab.ini" <<EOF
[lab]
name = uplink
[bridge]
name = br0
interface = eth0
address = 192.0.2.10/24
gateway = 192.0.2.1
addresses = 2001:db8::10/64
gateway6 = 2001:db8::1
$(printf '%s\n' "$@")
[pbx here]
role = hub
place = local
EOF
}

# voiplab COMMAND [ARG...]: leaves $status, $work/out, $work/err
voiplab() {
    status=0
    here "$VOIPLAB" "$@" >"$work/out" 2>"$work/err" </dev/null || status=$?
}

# ends WANTED WHAT
ends() {
    [ "$status" -eq "$1" ] || fail "$2: exit status $status, wanted $1; it said:
$(cat "$work/out" "$work/err")"
}

said() { expect_contains "$(cat "$work/out" "$work/err")" "$1" "what voiplab said"; }

# network_state: links, addresses and routes of the host, without what changes by itself.
network_state() {
    ip -n "$uplink_host" -o link show | sed 's/ *\\ */ /g; s/qlen [0-9]*//' | awk '{print $2, $3}' | sort
    ip -n "$uplink_host" -o address show | awk '{print $2, $3, $4}' | sort
    {
        ip -n "$uplink_host" route show
        ip -n "$uplink_host" -6 route show
    } | sed 's/ *$//; s/ linkdown//; s/ onlink//' | sort
}

reaches_gateway() { here ping -n -q -c 1 -W 1 192.0.2.1 >/dev/null && here ping -n -q -c 1 -W 1 2001:db8::1 >/dev/null; }
