#!/bin/bash
# Two labs on one host: a bridge, a network, an address that is the other's is told before anything is changed. And a
# name that the lab does not have leaves nothing behind.
# A network of its own, since a program that did not refuse would make the bridges.
if [ "$(id -u)" -eq 0 ] && [ "${1-}" != inside ]; then
    exec unshare -n bash "$0" inside
fi
# shellcheck source=test/cli/support.sh
. "${SOURCE:?}/test/cli/support.sh"

cat >facultad.ini <<'EOF'
[lab]
name = facultad
[bridge]
name = vlfac0
interface = none
address = 10.20.0.1/24
[image debian]
base = build:debian-asterisk
[pbx hub]
role = hub
[pbx alfa]
address = 10.20.0.11
[pbx beta]
address = 10.20.0.12
EOF
sed 's/name = facultad/name = otra/' facultad.ini >otra.ini
sed 's/vlfac0/vlotra0/' otra.ini >network.ini
sed 's/10\.20\./10.21./; s/vlfac0/vlotra0/' otra.ini >apart.ini

# what the other lab has written down of its guests, whether its bridge is up or not
mkdir -p state/facultad
printf '# made\npool voiplab-facultad\nguest alfa\naddress 10.20.0.11 vlfac0 alfa\n' >state/facultad/made
for how in '' --dry-run --check; do
    # shellcheck disable=SC2086
    run up $how -f otra.ini --state "$work/state" --cache "$work/cache" -c test:///default --wait 1
    expect_status 1 "the address of another lab's guest ($how)"
    expect err "10.20.0.11 on 'vlfac0' is the address of 'alfa', a guest of the lab 'facultad'" "up $how"
    [ ! -e state/otra ] || fail "up $how: something was changed before it was told"
done
run up -n -f otra.ini --state "$work/state" --cache "$work/cache" -c "$nowhere" beta hub
expect_status 0 'PBXs whose addresses are free'
expect out 'address 10.20.0.12 vlfac0 beta' 'what is written down'
run up -n -f network.ini --state "$work/state" --cache "$work/cache" -c "$nowhere"
expect_status 0 'the same addresses on a bridge of its own that is not beside the other'
run up -n -f facultad.ini --state "$work/state" --cache "$work/cache" -c "$nowhere"
expect_status 0 'the lab itself'

# its bridge, live, and its network
if [ "$(id -u)" -eq 0 ] && unshare -mn true 2>/dev/null; then
    cat >inside.sh <<'EOF'
mount -t sysfs sysfs /sys
ip link add name vlfac0 type bridge
ip link set dev vlfac0 alias voiplab:facultad up
ip address add 10.20.0.1/24 dev vlfac0
exec "$@"
EOF
    inside() {
        status=0
        unshare -mn sh inside.sh "$VOIPLAB" up -f "$@" --state "$work/live" --cache "$work/cache" -c test:///default --wait 1 >out 2>err </dev/null || status=$?
    }
    for how in '' --dry-run; do
        # shellcheck disable=SC2086
        inside otra.ini $how
        expect_status 1 "the bridge of another lab ($how)"
        expect err "the bridge 'vlfac0' is that of the lab 'facultad'; give [bridge] another name" "a bridge ($how)"
        # shellcheck disable=SC2086
        inside network.ini $how
        expect_status 1 "the network of another lab ($how)"
        expect err "the network of 10.20.0.1/24 is on 'vlfac0' already, the bridge of the lab 'facultad'; give" "a network ($how)"
        [ ! -e live/otra ] || fail "something was changed before it was told ($how)"
    done
    inside apart.ini --dry-run
    expect_status 0 'a lab beside the other'
    inside facultad.ini --dry-run
    expect_status 0 'the lab whose bridge it is'
fi

# a name that is none makes no state
sed 's/facultad/tesis/' "$SOURCE/share/labs/thesis.ini" >phones.ini
chmod 600 phones.ini
while read -r words; do
    # shellcheck disable=SC2086
    run $words -f phones.ini --state "$work/none" --cache "$work/none" -c test:///default </dev/null
    expect_status 2 "$words"
    expect err "'nobody' is no" "$words"
    [ ! -e none ] || fail "$words: made $(find none)"
    rm -rf none
done <<'END'
up nobody
phone nobody
image nobody
sipp nobody
trunk nobody
trunk rotate nobody
trunk remove nobody
dialplan nobody
dialplan diff nobody
create-vm nobody
down nobody
destroy --yes nobody
trust --yes nobody
status nobody
verify nobody
inspect nobody
logs nobody
END
finish
