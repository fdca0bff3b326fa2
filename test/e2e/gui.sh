#!/bin/bash
# Guests with a web interface (the layouts of Elastix 2, FreePBX 2.8, Issabel 4, FreePBX 16): their links and generated
# files are left alone, their telephones stay registered, every call is answered, "Apply" changes nothing of it, and
# trunk remove leaves the machines as they were.
#
# ctest: FIXTURES_REQUIRED tree TIMEOUT 900 COST 60
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=test/e2e/lib.sh
. "$here/lib.sh"
# shellcheck source=test/e2e/fixture.sh
. "$here/fixture.sh"
# shellcheck source=test/e2e/gui_layout.sh
. "$here/gui_layout.sh"
requires python3

begin --guests 4
guests="pbx1 pbx2 pbx3 pbx4"
hosts="hub $guests"
flavours="elastix2 freepbx28 issabel4 freepbx16"
versions=(2.7.0.4 2.8.1.4 2.11.0.49 16.0.68.19)

# each FUNCTION: FUNCTION GUEST FLAVOUR VERSION for every guest
each() {
    local name number=0
    for name in $guests; do
        # shellcheck disable=SC2086
        "$1" "$name" "$(echo $flavours | cut -d' ' -f$((number + 1)))" "${versions[$number]}"
        number=$((number + 1))
    done
}

# everything_of NAME: names, kinds, modes, owners, links and contents of what the interface and Asterisk have
everything_of() {
    on "$1" sh -c 'find /etc/asterisk /var/www/html \( -type f -o -type l -o -type d \) -printf "%y %m %U:%G %p %l\n" |
        sort; find /etc/asterisk /var/www/html -type f -exec sha256sum {} + | sort'
}

# theirs_of NAME: the same of what must never change, links and generated files
theirs_of() { everything_of "$1" | grep -v '_custom\.conf\|voiplab_\| /etc/asterisk *$'; }

# telephone NAME: the final answer to a REGISTER with the interface's own secret
telephone() {
    "$bed" host "$work/bed" python3 "$here/register.py" "$(address_of "$1")" 1501 Kq81mnZx1501 2>&1 || :
}
address_of() { sed -n "/^\[pbx $1\]/,/^\[/s/^address *= *//p" "$lab"; }

registered() {
    local name
    for name in $guests; do
        expect_contains "$(telephone "$name")" "200 OK" "the telephone of $name, $1"
    done
}

# while something is done, the telephones of the interface register again and again
watch() {
    while :; do
        telephone pbx1
        telephone pbx4
        sleep 0.3
    done >"$work/watched" 2>&1 &
    watcher=$!
}
seen_often() { [ "$(grep -c '' "$work/watched")" -ge 4 ]; }
watched() {
    retry 20 seen_often || :
    kill "$watcher"
    wait "$watcher" 2>/dev/null || :
    [ "$(grep -c '200 OK' "$work/watched")" -ge 4 ] || fail "the telephones were not watched $1"
    ! grep -v '200 OK' "$work/watched" || fail "a telephone of the interface could not register $1"
}

all_called() {
    voiplab verify
    ends 0 "verify $1"
    said "28 of 28 calls were answered"
}

each become
on hub mkdir -p /var/www/html
for name in $guests; do
    retry 15 cli "$name" "core waitfullybooted" >/dev/null || fail "Asterisk of $name is not up again"
done
every everything_of "$work/before"
hosts=$guests every theirs_of "$work/theirs"
registered "before anything is done"

checks "what each guest is found to be"
voiplab up --check
ends 5 "up --check"
for text in "Elastix 2.7.0.4" "FreePBX 2.8.1.4" "Issabel 2.11.0.49" "FreePBX 16.0.68.19"; do
    said "answers: $text, Asterisk 16."
done
every everything_of "$work/checked"
same "$work/before" "$work/checked" "a check has changed something"

checks "trunks and dialplans: every call is answered, links and generated files are as they were"
voiplab bridge # up would see to the bridge, too
ends 0 "bridge"
watch
voiplab trunk
ends 0 "trunk"
voiplab dialplan push
ends 0 "dialplan push"
watched "while trunks were made"
all_called "after trunk and dialplan push"
hosts=$guests every theirs_of "$work/theirs.after"
same "$work/theirs" "$work/theirs.after" "links or generated files were changed"
registered "after trunk and dialplan push"
voiplab up
ends 0 "up"
said "nothing to do"

checks "the telephones of the interface and of a neighbour reach each other's numbers"
for name in $guests; do
    expect_contains "$(cli "$name" 'dialplan show 1501@voiplab-from-trunk')" "SIP/1501" "calls from outside on $name"
    expect_contains "$(cli "$name" 'dialplan show 1234@from-internal')" "Answer" "the user's own number on $name"
    [ "$(cli "$name" 'sip show peers' | grep -c '^1501[/ ]')" = 1 ] || fail "1501 is there twice on $name"
done

checks "Apply leaves it working, and there is nothing to do"
watch
each apply
watched "while Apply was pressed"
hosts=$guests every theirs_of "$work/theirs.after"
all_called "after Apply"
registered "after Apply"
voiplab up
ends 0 "up after Apply"
said "nothing to do"

checks "a context or a peer that is ours already is told before anything is written"
on pbx2 sh -c 'printf "[voiplab-from-trunk]\nexten => 1,1,Hangup()\n" >>/etc/asterisk/extensions_additional.conf'
on pbx2 sh -c 'printf "[voiplab-hub]\ntype=peer\n" >>/etc/asterisk/sip_additional.conf'
voiplab trunk
ends 4 "trunk with a clash"
said "extensions_additional.conf:"
said "[voiplab-from-trunk] is in this file and in '/etc/asterisk/voiplab_extensions.conf'"
said "[voiplab-hub] is in this file and in '/etc/asterisk/voiplab_sip.conf'"
generated pbx2 freepbx28

checks "remove leaves the machines as they were"
watch
voiplab trunk remove
ends 0 "trunk remove"
watched "while trunks were removed"
every everything_of "$work/after"
same "$work/before" "$work/after" "trunk remove did not leave the machines as they were"
registered "after trunk remove"
for name in $guests; do
    cli "$name" 'sip show registry' | grep -q '^0 SIP registrations' || fail "$name still registers"
done
echo "gui.sh: passed"
