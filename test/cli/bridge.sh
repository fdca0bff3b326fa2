#!/bin/bash
# bridge --root: the files say what those of the thesis say; twice is the same as once; modes; exit statuses.
#
# ctest: COST 60
# shellcheck source=test/cli/support.sh
. "${SOURCE:?}/test/cli/support.sh"
lab=$SOURCE/share/labs/thesis.ini
scripts=tree/etc/sysconfig/network-scripts
mkdir tree

bridge() {
    run bridge --root tree --state "$work/state" -f "$lab" "$@"
}

# value FILE KEY: what the network scripts of CentOS would see, which source the file.
value() {
    # shellcheck disable=SC2016
    env -i sh -c '. "$1"; eval "printf %s \"\${$2-}\""' sh "./$1" "$2"
}

says() {
    [ "$(value "$1" "$2")" = "$3" ] || fail "$1: $2 is '$(value "$1" "$2")' instead of '$3'"
}

snapshot() {
    find tree -printf '%P %m %y\n' | sort
    find tree -type f -exec sha256sum {} + | sort
}

bridge --check
expect_status 5 'bridge --check of an empty tree'
[ -z "$(ls -A tree)" ] || fail '--check has written'
bridge --dry-run
expect_status 0 'bridge --dry-run'
[ -z "$(ls -A tree)" ] || fail '--dry-run has written'
expect out '+BRIDGE=br0' 'bridge --dry-run'
bridge
expect_status 0 bridge
[ "$(stat -c %a state)" = 700 ] || fail "the state directory has the mode $(stat -c %a state)"

while read -r file key wanted; do
    says "$scripts/$file" "$key" "$wanted"
done <<'EOF'
ifcfg-eth0 DEVICE eth0
ifcfg-eth0 BOOTPROTO static
ifcfg-eth0 ONBOOT yes
ifcfg-eth0 BRIDGE br0
ifcfg-eth0 IPADDR
ifcfg-eth0 TYPE
ifcfg-br0 DEVICE br0
ifcfg-br0 TYPE Bridge
ifcfg-br0 BOOTPROTO static
ifcfg-br0 ONBOOT yes
ifcfg-br0 IPADDR 192.168.0.153
ifcfg-br0 NETMASK 255.255.255.0
ifcfg-br0 GATEWAY 192.168.0.1
ifcfg-br0 NETWORK 192.168.0.0
ifcfg-br0 BRIDGE
EOF
grep -v '^#' tree/etc/sysctl.d/60-voiplab.conf | tr -d ' ' | sort >keys.txt
printf 'net.bridge.bridge-nf-call-%s=0\n' arptables ip6tables iptables | cmp -s - keys.txt ||
    fail "the kernel settings are $(cat keys.txt)"
for file in $scripts/ifcfg-eth0 $scripts/ifcfg-br0 tree/etc/sysctl.d/60-voiplab.conf; do
    [ "$(stat -c %a "$file")" = 644 ] || fail "$file has the mode $(stat -c %a "$file")"
    sh -n "$file" 2>/dev/null || [ "${file##*.}" = conf ] || fail "$file is no shell script"
done
[ "$(find tree -type f | wc -l)" -eq 3 ] || fail "other files were written: $(find tree -type f)"

snapshot >once
bridge
expect_status 0 'bridge, the second time'
expect err 'nothing to do' 'bridge, the second time'
snapshot | cmp -s - once || fail 'the second run has changed the tree'
bridge --check
expect_status 0 'bridge --check when all is there'
[ "$(cat out err | grep -c 'nothing to do')" -eq 1 ] || fail "an empty plan is told as: $(cat out err)"

# Drift is seen and mended: another value, another mode, a file that is gone.
sed -i 's/192.168.0.1$/192.168.0.254/' $scripts/ifcfg-br0
chmod 600 $scripts/ifcfg-eth0
rm tree/etc/sysctl.d/60-voiplab.conf
bridge --check
expect_status 5 'bridge --check after changes'
for text in '-GATEWAY=192.168.0.254' '+GATEWAY=192.168.0.1' 'ifcfg-eth0' '60-voiplab.conf'; do
    expect out "$text" 'bridge --check after changes'
done
bridge
expect_status 0 'bridge after changes'
snapshot | cmp -s - once || fail 'the tree was not mended'

# An address of the uplink's card, name servers, no gateway; nothing is left of a temporary file.
cat >small.ini <<'EOF'
[lab]
name = small
[bridge]
name = br1
interface = em1
hwaddr = 00:0e:08:aa:bb:cc
address = 10.0.5.9/22
dns = 10.0.4.2, 10.0.4.3
[pbx h]
role = hub
EOF
run bridge --root tree --state "$work/state" -f small.ini
expect_status 0 'bridge -f small.ini'
while read -r file key wanted; do
    says "$scripts/$file" "$key" "$wanted"
done <<'EOF'
ifcfg-em1 HWADDR 00:0e:08:aa:bb:cc
ifcfg-em1 BRIDGE br1
ifcfg-br1 NETMASK 255.255.252.0
ifcfg-br1 NETWORK 10.0.4.0
ifcfg-br1 GATEWAY
ifcfg-br1 DNS1 10.0.4.2
ifcfg-br1 DNS2 10.0.4.3
EOF
[ -z "$(find tree -name '.*')" ] || fail "temporary files are left: $(find tree -name '.*')"

# The back end is found in the tree, named by the command, or refused; a host without sysctl.d gets a block.
sed '/^backend/d' "$lab" >auto.ini
lab=$work/auto.ini
cp -r "$SOURCE/test/bridge/ifupdown/foreign/before" debian
printf '# mine\n' >debian/etc/sysctl.conf
run bridge --root debian --state "$work/state" -f "$lab"
expect_status 0 'bridge in a tree of Debian'
grep -q 'bridge_ports eth0' debian/etc/network/interfaces.d/60-voiplab || fail 'the stanza of the bridge is not there'
grep -q '^net.bridge.bridge-nf-call-iptables = 0' debian/etc/sysctl.conf || fail 'sysctl.conf has no block'
run bridge --root debian --state "$work/state" -f "$lab"
expect err 'nothing to do' 'bridge in a tree of Debian, the second time'
mkdir -p debian/etc/netplan
printf 'network:\n  ethernets:\n    eth0:\n      dhcp4: true\n' >debian/etc/netplan/a.yaml
run bridge --root debian --state "$work/state" -f "$lab"
expect_status 1 'a tree with two back ends'
expect err 'configured by more than one' 'a tree with two back ends'
expect err "'backend = NAME' in [bridge]" 'a tree with two back ends'
run up --root debian --state "$work/state" --cache "$work/cache" -c test:///default -f "$lab"
expect_status 1 'up in a tree with two back ends'
expect err "'backend = NAME' in [bridge]" 'up, which has no option for it'
run bridge --root debian --state "$work/state" -f "$lab" --backend netplan
expect_status 0 'bridge --backend netplan'
[ "$(stat -c %a debian/etc/netplan/60-voiplab.yaml)" = 600 ] || fail '60-voiplab.yaml can be read by all'
run bridge --root debian --state "$work/state" -f "$lab" --backend wicked
expect_status 2 'bridge --backend wicked'

# A tree that says nothing of the uplink is of whom it has the one directory of, and one with none at all of ifcfg.
for owner in netplan ifupdown nobody; do
    rm -rf other
    case $owner in
    netplan)
        mkdir -p other/etc/netplan
        printf 'network:\n  ethernets:\n    eth1:\n      dhcp4: true\n' >other/etc/netplan/a.yaml
        file=etc/netplan/60-voiplab.yaml
        ;;
    ifupdown)
        mkdir -p other/etc/network
        printf 'auto eth1\niface eth1 inet dhcp\n' >other/etc/network/interfaces
        file=etc/network/interfaces.d/60-voiplab
        ;;
    nobody)
        mkdir other
        file=etc/sysconfig/network-scripts/ifcfg-eth0
        ;;
    esac
    run bridge --root other --state "$work/state" -f "$lab" --dry-run
    expect_status 0 "a tree of $owner without the uplink"
    expect out "write /$file" "a tree of $owner without the uplink"
done

# A tree whose directory is a link to elsewhere is refused, and elsewhere nothing is written.
mkdir elsewhere trap
ln -s "$work/elsewhere" trap/etc
run bridge --root trap --state "$work/state" -f "$lab"
expect_status 1 'a tree with a link out of it'
[ -z "$(find elsewhere -type f)" ] || fail 'bridge --root has written outside the tree'
# A bridge without an uplink has no files: --root would be taken for a promise to leave this host alone.
for mode in '' --dry-run --check; do
    # shellcheck disable=SC2086
    run bridge --root tree --state "$work/state" -f "$SOURCE/share/labs/quickstart.ini" $mode
    expect_status 2 "bridge --root $mode of a lab without an uplink"
    expect err 'leave --root out' "bridge --root $mode of a lab without an uplink"
done
run bridge --root missing --state "$work/state" -f "$lab"
expect_status 1 'a tree that is not there'

# revert --root: byte for byte as it was, the modes too, whatever was changed in how many runs; then nothing is left.
rm -rf tree state
mkdir -p $scripts
cat >$scripts/ifcfg-eth0 <<'EOF'
# the card of the building
DEVICE="eth0"
HWADDR=00:1e:4f:aa:bb:cc
ONBOOT=yes
IPADDR=192.168.0.153
NETMASK=255.255.255.0
MTU=1492
ETHTOOL_OPTS="speed 100 duplex full autoneg off"
EOF
printf 'kernel.sysrq = 0' >tree/etc/sysctl.conf
chmod 640 $scripts/ifcfg-eth0
snapshot >before
bridge
expect_status 0 'bridge in a tree with files'
for key in MTU=1492 'ETHTOOL_OPTS="speed 100 duplex full autoneg off"' '# the card of the building' BRIDGE=br0; do
    expect $scripts/ifcfg-eth0 "$key" 'the file of the uplink'
done
expect_not $scripts/ifcfg-eth0 IPADDR= 'the file of the uplink'
[ ! -e tree/etc/sysctl.d ] || fail 'there was a sysctl.conf and no sysctl.d, and now there is one'
expect tree/etc/sysctl.conf 'kernel.sysrq = 0' 'the kernel settings of the user'
sed '/^\[bridge\]/,/^\[image/s/^\(address *=\).*/\1 192.168.0.77\/24/' "$lab" >other.ini
run bridge --root tree --state "$work/state" -f other.ini
expect_status 0 'bridge of another address'
says $scripts/ifcfg-br0 IPADDR 192.168.0.77
snapshot >changed
run bridge revert --root tree --state "$work/state" --check
expect_status 5 'bridge revert --check'
expect out '-BRIDGE=br0' 'bridge revert --check'
snapshot | cmp -s - changed || fail 'bridge revert --check has changed the tree'
run bridge show --root tree --state "$work/state"
expect_status 0 'bridge show --root'
expect out 'ifcfg-eth0' 'bridge show --root'
run bridge revert --root tree --state "$work/state"
expect_status 0 'bridge revert'
snapshot | cmp -s - before || fail "after revert the tree is not as it was: $(snapshot | diff before - | head -5)"
[ ! -e state/.bridge ] || fail "revert has left $(find state/.bridge)"
run bridge revert --root tree --state "$work/state"
expect_status 0 'bridge revert, the second time'
expect err 'nothing to do' 'bridge revert, the second time'

# A file that is a link would be lost: refused, and nothing is changed.
mv $scripts/ifcfg-eth0 tree/etc/elsewhere
ln -s ../../elsewhere $scripts/ifcfg-eth0
snapshot >linked
bridge
expect_status 1 'bridge with a link'
expect err 'is a symbolic link' 'bridge with a link'
snapshot | cmp -s - linked || fail 'a refused run has changed the tree'

run bridge confirm --state "$work/state"
expect_status 1 'confirm of nothing'
expect err 'nothing waits to be confirmed' 'confirm of nothing'

# Who is not root is told so, and not what went wrong at some file; a tree of his own (--root) is his.
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
    mkdir for-all
    chmod 755 . for-all
    cp "$VOIPLAB" "$(dirname "$VOIPLAB")"/libvoiplab.so* for-all/
    status=0
    LD_LIBRARY_PATH=$work/for-all setpriv --reuid=65534 --regid=65534 --clear-groups "$work/for-all/voiplab" \
        bridge confirm >out 2>err </dev/null || status=$?
    expect_status 1 'confirm by somebody else'
    expect err 'only root may change the network of this host' 'confirm by somebody else'
fi

# Who is logged in over SSH is kept with the change, by `up` as by `bridge`: both switch the uplink over, and confirm by
# themselves only when that address answers again. Our own environment does not say it under sudo: the parents' does.
# (`up` asks for the hypervisor before it changes anything: here libvirt's own test driver, which has nothing else. It
# comes no farther than to the base image, which is not there: building one would take a minute.)
sed "s|^base *=.*|base = disk:$work/none.qcow2|" "$SOURCE/share/labs/thesis.ini" >disk.ini
chmod 600 disk.ini
for command in bridge up; do
    for form in own parent; do
        rm -rf tree state
        mkdir tree
        set -- -f disk.ini --root tree --state "$work/state"
        [ "$command" = bridge ] || set -- "$@" --cache "$work/cache" -c test:///default
        case $form in
        own) SSH_CONNECTION='192.0.2.77 50000 192.0.2.10 22' run "$command" "$@" ;;
        parent)
            # shellcheck disable=SC2016
            SSH_CONNECTION='192.0.2.77 50000 192.0.2.10 22' sh -c 'env -u SSH_CONNECTION "$@"; :' sh \
                "$VOIPLAB" "$command" "$@" >out 2>err </dev/null
            ;;
        esac
        grep -rqF 192.0.2.77 state/.bridge || fail "$command does not note who is logged in ($form): $(cat err)"
    done
done

# A dry run on another host than the lab's shows what can be shown.
sed 's/^\(interface *=\).*/\1 nosuchlink/' "$SOURCE/share/labs/thesis.ini" >elsewhere.ini
chmod 600 elsewhere.ini # it has secrets
run bridge --dry-run --state "$work/state" -f elsewhere.ini
expect_status 0 'a dry run where there is no such uplink'
expect err "no interface 'nosuchlink'" 'a dry run where there is no such uplink'
expect out 'ifcfg-nosuchlink' 'a dry run where there is no such uplink'
# Who has no back end is known by name, and refused with what to do: FILE, NAME, REMEDY.
sed '/^backend/d' "$SOURCE/share/labs/thesis.ini" >any.ini
chmod 600 any.ini
while IFS='|' read -r file name remedy; do
    rm -rf other
    mkdir -p "other/$(dirname "$file")"
    echo x >"other/$file"
    run bridge --dry-run --root other --state "$work/state" -f any.ini
    expect_status 1 "a host of $name"
    expect err "seen to be configured by $name ('/" "a host of $name"
    expect err "$remedy" "a host of $name"
    expect err "'interface = none' and the name and address of the bridge" "a host of $name"
    # named by hand, the back end counts
    run bridge --dry-run --root other --state "$work/state" -f any.ini --backend ifupdown
    expect_status 0 "a host of $name whose back end is named"
done <<'EOF'
etc/sysconfig/network/ifcfg-eth0|wicked|BRIDGE_PORTS
etc/dhcpcd.conf|dhcpcd|'denyinterfaces eth0'
etc/connman/main.conf|ConnMan|'NetworkInterfaceBlacklist = eth0'
EOF
# dhcpcd as the DHCP client of somebody who has the uplink is no stranger
mkdir -p other/etc/network
printf 'auto eth0\niface eth0 inet dhcp\n' >other/etc/network/interfaces
: >other/etc/dhcpcd.conf
run bridge --dry-run --root other --state "$work/state" -f any.ini
expect_status 0 'ifupdown with dhcpcd'
# what the kernel is told of the uplink it is told of the bridge
mkdir -p other/etc/sysctl.d
printf '# eth0\n-net.ipv6.conf.eth0.disable_ipv6=1\nnet/ipv4/conf/eth0/rp_filter = 2\nnet.ipv4.conf.eth1.rp_filter = 0\n' >other/etc/sysctl.d/90-host.conf
run bridge --dry-run --root other --state "$work/state" -f any.ini
expect out '+net/ipv6/conf/br0/disable_ipv6 = 1' 'settings of the uplink'
expect out '+net/ipv4/conf/br0/rp_filter = 2' 'settings of the uplink'
grep -q 'eth1\|rp_filter = 0' out && fail 'a setting of another card is the bridge'"'"'s'
# one address and a gateway beyond, as hosters have it: written, and told
printf '[lab]\nname = hosted\n[bridge]\ninterface = eth0\naddress = 198.51.100.77/32\ngateway = 172.31.1.1\n[pbx hub]\nrole = hub\nplace = local\n' >hosted.ini
run bridge --dry-run --root other --state "$work/state" -f hosted.ini
expect_status 0 'a gateway on the link'
expect err 'is how a hoster gives a server its address' 'a gateway on the link'
expect err "'interface = none' in [bridge]" 'a gateway on the link'
expect out '+    gateway 172.31.1.1' 'a gateway on the link'
finish
