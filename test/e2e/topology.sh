#!/bin/bash
# Guests that stand in a chain without a hub, in a star, and with a limit, encryption and other registrations: brought
# up, found in place, and called.
#
# ctest: FIXTURES_REQUIRED tree TIMEOUT 600 COST 40
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=test/e2e/lib.sh
. "$here/lib.sh"
# shellcheck source=test/e2e/fixture.sh
. "$here/fixture.sh"

begin "$@"
remember_hosts
bed_lab=$lab
lab=$work/lab.ini

# lab_with HUB TEXT: the bed's lab, with its hub or without one, and this
lab_with() {
    awk -v hub="$1" '/^\[/ { skip = hub == "no" && $0 == "[pbx hub]" } !skip' "$bed_lab" >"$lab"
    printf '%s\n' "$2" >>"$lab"
    chmod 0600 "$lab"
}

# up again: everything is found in place, and every guest can be called from every other
good() {
    voiplab up
    ends 0 "$1: up"
    nothing_to_do
    voiplab verify
    ends 0 "$1: verify"
}

checks "a chain without a hub: the guest in the middle sends calls on"
lab_with no '[trunks]
topology = chain'
good "a chain"
said "6 of 6 calls were answered"
voiplab verify -v
said "(pbx3) over IAX2, sent on by pbx2: answered"
peers_ok pbx1 1 || fail "pbx1 has another peer than its neighbour"
peers_ok pbx2 2 || fail "pbx2 has not two peers"

checks "nobody's call is sent on but to numbers of guests, and never back"
on pbx2 asterisk -rx 'dialplan show onward-pbx1' >"$work/onward"
grep -q "_3XXX" "$work/onward" || fail "pbx2 does not send on to pbx3"
grep -q "_1XXX" "$work/onward" && fail "pbx2 sends calls back to pbx1"

checks "a ring without a hub"
put_hosts_back
lab_with no '[trunks]
topology = ring
encryption = yes'
good "a ring"

checks "its calls are encrypted"
cli pbx1 "channel originate Local/2999@from-internal/n application Wait 20" >/dev/null
encrypted() { cli pbx1 "iax2 show channels" | grep -q ' (E) \|Yes\|AES'; }
peers_encrypted() { cli pbx1 "iax2 show peers" | grep '^1000' | grep -q '(E)'; }
peers_encrypted || fail "the peer is not one that encrypts: $(cli pbx1 'iax2 show peers')"
for name in $hosts; do cli "$name" "channel request hangup all" >/dev/null; done

checks "a star: all goes by the hub"
put_hosts_back
lab_with yes '[trunks]
topology = star'
good "a star"
voiplab verify -v
said "over two SIP trunks and the hub: answered"
not_said "IAX2"

checks "registrations the other way, and none"
put_hosts_back
lab_with yes '[trunk pbx1 hub]
register = hub
[trunk pbx2 hub]
register = none
codec = alaw'
good "other registrations"
cli hub 'sip show registry' | grep -q "^$BED_PBX1:5060 .* Registered " || fail "the hub is not registered with pbx1:
$(cli hub 'sip show registry')"
cli pbx1 'sip show registry' | grep -q "^$BED_HUB" && fail "pbx1 registers with the hub"
cli pbx2 'sip show registry' | grep -q "^$BED_HUB" && fail "pbx2 registers with the hub"
is_registered pbx3 || fail "pbx3 does not register with the hub"

checks "a trunk that is full: the next call goes by the hub"
put_hosts_back
lab_with yes '[trunk pbx1 pbx2]
limit = 2'
voiplab up
ends 0 "up with a limit"
up_over() { cli "$1" "core show channels concise" | awk -F '!' -v name="$2" 'index($1, name) == 1 && $5 == "Up"' | wc -l; }
for _ in 1 2 3; do
    cli pbx1 "channel originate Local/2999@from-internal/n application Wait 20" >/dev/null
    sleep 0.5
done
sleep 1
[ "$(up_over pbx1 IAX2/1000-)" -eq 2 ] || fail "$(up_over pbx1 IAX2/1000-) calls over the trunk, wanted 2"
[ "$(up_over pbx1 SIP/hub-)" -eq 1 ] || fail "$(up_over pbx1 SIP/hub-) calls by the hub, wanted 1"
echo "all as it should be"
