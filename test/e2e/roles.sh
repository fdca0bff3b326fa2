#!/bin/bash
# What is no longer wanted on a PBX goes: a hub that becomes a guest has no PINs any more, a guest that becomes the hub no
# IAX2 accounts, a route that leaves the lab file takes its PIN along. And what is another lab's stays.
#
# ctest: FIXTURES_REQUIRED tree TIMEOUT 300 COST 20
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=test/e2e/lib.sh
. "$here/lib.sh"
# shellcheck source=test/e2e/fixture.sh
. "$here/fixture.sh"

begin "$@"
bed_lab=$lab
lab=$work/lab.ini
ours() { on "$1" sh -c 'cd /etc/asterisk && ls voiplab_*' | tr '\n' ' '; }

cp "$bed_lab" "$lab"
printf '[route celular]\npattern = _09XXXXXXXX\npin = 4711\n[route antigua]\npattern = _08XXXXXXXX\npin = 4712\n' >>"$lab"
chmod 0600 "$lab"
on pbx2 sh -c 'echo mine >/etc/asterisk/voiplab_pin_mine; echo "; mine" >/etc/asterisk/voiplab_notes.conf'

checks "a route that leaves the lab file takes its PIN along"
voiplab up
ends 0 "up"
on hub test -e /etc/asterisk/voiplab_pin_antigua || fail "the hub has no file for the PIN"
sed -i '/^\[route antigua\]/,$d' "$lab"
voiplab up --dry-run
said "hub: remove /etc/asterisk/voiplab_pin_antigua"
voiplab up
ends 0 "up without a route"
on hub test ! -e /etc/asterisk/voiplab_pin_antigua || fail "the PIN of the route is still there"
on hub test -e /etc/asterisk/voiplab_pin_celular || fail "the PIN of the other route is gone"
nothing_to_do

checks "the hub becomes a guest, and a guest the hub"
awk '/^\[/ { section = $0 }
    section == "[pbx hub]" && /^role/ { print "prefix = 4"; next }
    section == "[pbx pbx1]" && /^prefix/ { print "role = hub"; next }
    section == "[pbx pbx1]" && /^extensions/ { next }
    { print }' "$lab" >"$work/swapped"
cat "$work/swapped" >"$lab"
voiplab up --dry-run
said "hub: remove /etc/asterisk/voiplab_pin_celular"
said "pbx1: remove /etc/asterisk/voiplab_iax.conf"
voiplab up
ends 0 "up with another hub"
nothing_to_do
expect_lacks "$(ours hub)" voiplab_pin "what the old hub has"
expect_lacks "$(ours pbx1)" voiplab_iax "what the new hub has"
expect_contains "$(ours pbx1)" voiplab_pin_celular "what the new hub has"
on pbx1 grep -q voiplab /etc/asterisk/iax.conf && fail "the new hub's iax.conf still has our block"
expect_contains "$(cli pbx1 'iax2 show peers')" "0 iax2 peers" "the IAX2 peers of the new hub"
expect_contains "$(cli pbx1 'iax2 show users')" "Username" "the IAX2 users of the new hub"
expect_lacks "$(cli pbx1 'iax2 show users')" 2000 "the IAX2 users of the new hub"

checks "another lab does not write over this one, and its removal takes nothing of it"
mine=$lab
sed 's/^name = bed$/name = otro/' "$mine" >"$work/otro.ini"
chmod 0600 "$work/otro.ini"
every ours "$work/before"
lab=$work/otro.ini
voiplab trunk
ends 1 "trunk of another lab on the same PBXs"
said "is of the lab 'bed', which has this PBX too, and is not overwritten"
voiplab trunk remove
ends 0 "trunk remove of another lab on the same PBXs"
every ours "$work/after"
same "$work/before" "$work/after" "another lab took away what is not its own"
lab=$mine
nothing_to_do

checks "trunk remove leaves what the user has under such names"
voiplab trunk remove
ends 0 "trunk remove"
[ "$(ours pbx2)" = "voiplab_notes.conf voiplab_pin_mine " ] || fail "on pbx2 there are: $(ours pbx2)"
for name in hub pbx1 pbx3; do [ -z "$(ours "$name" 2>/dev/null)" ] || fail "on $name there are: $(ours "$name")"; done
echo passed
