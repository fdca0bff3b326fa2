#!/bin/bash
# A host whose packet filter drops what is forwarded, as Docker's does, and through which bridged frames pass: the
# guests of the bridge reach each other all the same, once bridge or up has run; what somebody changes back is seen; and
# destroy leaves no rule behind. In a network namespace of its own, with the kernel's own filter; namespaces for guests.
# ctest: COST 12
if [ "$(id -u)" -eq 0 ] && [ "${1-}" != inside ]; then
    exec unshare -mn --propagation private bash "$0" inside
fi
# shellcheck source=test/cli/support.sh
. "${SOURCE:?}/test/cli/support.sh"
need jq iptables sysctl
key=net.bridge.bridge-nf-call-iptables
if [ "$(id -u)" -ne 0 ] || ! mount -t sysfs sysfs /sys || ! sysctl -qw $key=1 2>/dev/null || ! iptables -P FORWARD DROP; then
    echo 'left out: not root, or this kernel has no filter for bridged frames'
    finish
    exit
fi
mount -t tmpfs tmpfs /run
mkdir -p /run/netns
ip6tables -P FORWARD DROP
ip link set lo up
cat >lab.ini <<'EOF'
[lab]
name = lab
[bridge]
name = lab0
address = 10.77.7.1/24
[pbx hub]
role = hub
place = local
EOF
bridge() { run bridge -f lab.ini --state "$work/state" "$@"; }
guest() {
    ip netns add "$1"
    ip link add "t$1" type veth peer name e0 netns "$1"
    ip -n "$1" address add "$2/24" dev e0
    ip -n "$1" link set e0 up
    ip link set "t$1" master lab0 up
}
reaches() {
    for _ in 1 2 3 4 5; do
        ip netns exec a ping -n -q -c 1 -W 1 10.77.7.12 >/dev/null 2>&1 && return 0
    done
    return 1
}
# idle WHAT: nothing is to be done
idle() {
    bridge --check
    expect_status 0 "$1"
    bridge
    expect_status 0 "$1"
    expect err 'nothing to do' "$1"
}
frames() {
    run check-cpu --json -c "$nowhere" "$@"
    jq -r '.checks[] | select(.name == "bridged frames") | .status + " " + .seen' out
}

# a host of which somebody wants it so, without Docker
case $(frames) in
"WARN "*"drops what is forwarded (iptables)"*) ;;
*) fail "check-cpu does not tell of the filter: $(frames)" ;;
esac
bridge --dry-run
expect out "sysctl -q -w $key=0" 'the plan'
expect out 'sysctl -q -w net.bridge.bridge-nf-call-ip6tables=0' 'the plan'
[ "$(sysctl -n $key)" = 1 ] || fail 'a dry run has set the switch'
bridge
expect_status 0 'bridge'
guest a 10.77.7.11
guest b 10.77.7.12
reaches || fail 'the guests do not reach each other'
idle 'a second run'
case $(frames) in
"PASS "*) ;;
*) fail "check-cpu after bridge: $(frames)" ;;
esac
# the filter works, or the test shows nothing; and it is seen that it was turned on again
sysctl -qw $key=1
! reaches || fail 'the packet filter stops nothing: this test shows nothing'
bridge --check
expect_status 5 'the switch was turned on by somebody'
bridge
expect_status 0 'the switch was turned on by somebody'
reaches || fail 'the guests do not reach each other after the second run'
idle 'a run after that'

# Docker: its chain for others takes a rule, and its switch stays on
sysctl -qw $key=1 net.bridge.bridge-nf-call-ip6tables=0 net.bridge.bridge-nf-call-arptables=0
iptables -N DOCKER-USER
iptables -A DOCKER-USER -j RETURN
iptables -A FORWARD -j DOCKER-USER
case $(frames -f lab.ini) in
"WARN the packet filter of Docker drops"*) ;;
*) fail "check-cpu does not tell of Docker: $(frames -f lab.ini)" ;;
esac
bridge --dry-run
expect out 'iptables -w -I DOCKER-USER -i lab0 -o lab0 -j ACCEPT' 'the plan beside Docker'
expect_not out 'sysctl' 'the plan beside Docker'
bridge
expect_status 0 'bridge beside Docker'
reaches || fail 'the guests do not reach each other beside Docker'
[ "$(sysctl -n $key)" = 1 ] || fail 'the switch that Docker needs was turned off'
idle 'a second run beside Docker'
case $(frames -f lab.ini) in
"PASS "*) ;;
*) fail "check-cpu after bridge beside Docker: $(frames -f lab.ini)" ;;
esac
iptables -F DOCKER-USER
! reaches || fail 'the filter of Docker stops nothing: this test shows nothing'
bridge --check
expect_status 5 'the rule was taken away'
bridge
reaches || fail 'the guests do not reach each other after the rule was put back'
ip netns del a
ip netns del b
for _ in 1 2 3 4 5 6 7 8 9 10; do
    [ -e /sys/class/net/ta ] || [ -e /sys/class/net/tb ] || break
    sleep 0.1
done
iptables -A DOCKER-USER -i other0 -j ACCEPT
run destroy -f lab.ini --state "$work/state" --cache "$work/cache" -c test:///default --yes
[ ! -e /sys/class/net/lab0 ] || fail "destroy has left the bridge: $(cat out err)"
[ "$(iptables -S DOCKER-USER)" = $'-N DOCKER-USER\n-A DOCKER-USER -i other0 -j ACCEPT' ] ||
    fail "destroy has left of the chain: $(iptables -S DOCKER-USER)"
finish
