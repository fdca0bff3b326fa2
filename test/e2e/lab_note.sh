#!/bin/bash
# A student who has nothing but the lab note brings up the lab of the thesis: the same files with the same owners and
# modes, the same registrations and the same calls as `voiplab up`.
#
# ctest: FIXTURES_REQUIRED tree TIMEOUT 300 COST 25
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=test/e2e/lib.sh
. "$here/lib.sh"
# shellcheck source=test/e2e/fixture.sh
. "$here/fixture.sh"

requires python3 sipp
begin "$@"
on hub mkdir /etc/dahdi # the card's package has it
remember_hosts

# The lab of the thesis as it is in share/labs, but for where its PBXs are: on the bed, with the bed's addresses.
lab=$work/thesis.ini
host_key() { cut -d' ' -f1-2 "$work/bed/keys/$1_host_ed25519.pub"; }
on_bed() { printf 'place = ssh\naddress = %s\nhostkey = %s\n' "$1" "$(host_key "$2")"; }
awk -v key="$BED_KEY" -v gateway="$BED_GATEWAY" -v telephone="${BED_NET%.*}.110" \
    -v hub="$(on_bed "$BED_HUB" hub)" -v virtual1="$(on_bed "$BED_PBX1" pbx1)" \
    -v virtual2="$(on_bed "$BED_PBX2" pbx2)" -v virtual3="$(on_bed "$BED_PBX3" pbx3)" '
    /^\[/ { section = $0 }
    section ~ /^\[image/ || (section ~ /^\[pbx/ && /^(place|address|memory|disk)/) { next }
    section == "[bridge]" && !/^(\[|name)/ { next }
    section ~ /^\[phone/ && /^address/ { $0 = "address = " telephone }
    section ~ /^\[load/ && /^(rate|calls|hold|concurrent)/ { next }
    { print }
    /^\[lab\]/ { print "sshkey = " key }
    /^\[bridge\]/ { print "interface = none\naddress = " gateway "/24" }
    /^\[pbx servidor\]/ { print hub }
    /^\[pbx virtual1\]/ { print virtual1 }
    /^\[pbx virtual2\]/ { print virtual2 }
    /^\[pbx virtual3\]/ { print virtual3 }
    /^\[load/ { print "rate = 10\ncalls = 10\nhold = 1" }' "$SOURCE/share/labs/thesis.ini" >"$lab"
chmod 0600 "$lab"

# follows NAME [PBX=HOST ...]: the student does what the note of that name says; which PBX is which host of the bed
follows() {
    local name=$1 place places=()
    shift
    [ $# -gt 0 ] || set -- servidor=hub virtual1=pbx1 virtual2=pbx2 virtual3=pbx3
    for place in "$@"; do places+=("${place%%=*}=$bed exec $work/bed ${place#*=} sh"); done
    python3 "$here/student.py" "$work/$name.md" "host=$bed host $work/bed sh" "${places[@]}" >"$work/done" \
        2>"$work/talk" || fail "the note of '$name' does not lead to the lab: $(cat "$work/talk")"
    say "$name: $(cat "$work/done")"
}

# note NAME COMMAND...: what `COMMAND --explain` prints
note() {
    local name=$1
    shift
    voiplab "$@" --explain
    ends 0 "$* --explain"
    mv "$work/out" "$work/$name.md"
}

# trees NAME: what is on the PBXs and in the state, and what Asterisk says of it
trees() {
    every contents_of "$work/$1.trees"
    on hub sh -c 'stat -c "%a %U:%G %n" /etc/dahdi/*; cat /etc/dahdi/*' >>"$work/$1.trees"
    voiplab status
    ends 0 "status, $1"
    cp "$work/out" "$work/$1.status"
}

checks "every step of the note has its commands"
voiplab up --dry-run
steps=$(sed -n 's/^plan: \([0-9]*\) steps.*/\1/p' "$work/out")
note up up --show-secrets
expect_contains "$(cat "$work/up.md")" "by hand: $steps steps" "the note"
awk '/^```sh$/ { sh = 1 } /^# What is seen/ { exit }
    /^###/ { if (step && !sh) print step; step = ($0 ~ /each its own/) ? "" : $0; sh = 0 }' "$work/up.md" >"$work/bare"
[ ! -s "$work/bare" ] || fail "steps without a command: $(cat "$work/bare")"
expect_lacks "$(cat "$work/up.md")" "••••" "the note with its secrets"

checks "a student with nothing but the note brings the lab up"
follows up
trees note
voiplab up --check
ends 0 "up --check after the student"
said "nothing to do"
voiplab verify
ends 0 "verify after the student"
cp "$work/out" "$work/note.calls"

checks "the student runs the load and the calls by hand"
note sipp sipp --show-secrets
note verify verify
note status status
follows status
follows sipp
follows verify

checks "voiplab up makes the same trees, registrations and calls"
cp -a "$work/state/tesis/secrets" "$work/secrets"
put_hosts_back
on hub sh -c 'rm /etc/dahdi/*'
install -d -m 0700 "$work/state" "$work/state/tesis"
cp -a "$work/secrets" "$work/state/tesis/secrets"
voiplab up
ends 0 "up"
trees up
same "$work/note.trees" "$work/up.trees" "what the student made is not what voiplab makes"
same "$work/note.status" "$work/up.status" "what is seen after the student is not what is seen after up"
voiplab verify
cp "$work/out" "$work/up.calls"
same "$work/note.calls" "$work/up.calls" "the student's calls are not those of voiplab"

checks "a user's file that has our block in the middle is put right where the block is, and keeps owner and mode"
on pbx1 sh -c 'printf "[other]\nexten => 1,1,NoOp(\047EOF)\nEOF\n" >>/etc/asterisk/extensions.conf
    sed -i "s/^#include voiplab_extensions.conf/; gone/" /etc/asterisk/extensions.conf
    chown asterisk:root /etc/asterisk/extensions.conf; chmod 0644 /etc/asterisk/extensions.conf'
on pbx2 sh -c 'rm /etc/asterisk/voiplab_sip.conf; echo "; x" >>/etc/asterisk/voiplab_iax.conf
    chgrp root /etc/asterisk/voiplab_iax.conf'
note again up --show-secrets
follows again
voiplab up --check
ends 0 "up --check after the second note"
[ "$(on pbx1 stat -c '%a %U:%G' /etc/asterisk/extensions.conf)" = "644 asterisk:root" ] ||
    fail "extensions.conf is $(on pbx1 stat -c '%a %U:%G' /etc/asterisk/extensions.conf)"

checks "without the secrets the note has none, and says so"
voiplab up --explain
expect_contains "$(cat "$work/out")" "Nothing is to be changed." "the note of a lab that is up"
on pbx2 rm /etc/asterisk/voiplab_sip.conf
voiplab up --explain
expect_contains "$(cat "$work/out")" "with \`--show-secrets\` it has them" "the masked note"
expect_contains "$(cat "$work/out")" "secret=••••" "the masked note"

checks "the note of a lab whose trunks are SIP between PJSIP and chan_sip, and IAX2 where both have it"
"$bed" down "$work/bed"
rm -rf "$work/state"
"$bed" up "$work/bed" --wait --guests 2 --pjsip pbx2 --no-iax2 pbx1 >/dev/null || fail "the second bed does not come up"
lab=$work/bed/lab.ini
note mixed up --show-secrets
follows mixed hub=hub pbx1=pbx1 pbx2=pbx2
note mixed_verify verify
follows mixed_verify hub=hub pbx1=pbx1 pbx2=pbx2
voiplab up --check
ends 0 "up --check after the note of the mixed lab"
echo "all as it should be"
