#!/bin/bash
# The hub's dialplan on a real Asterisk: numbers land in the contexts where they belong, Asterisk has nothing to complain
# about, and calls go the way that the plan says: over two SIP trunks, over IAX2, out to a carrier.
#
# ctest: FIXTURES_REQUIRED tree TIMEOUT 900 COST 30
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=test/e2e/lib.sh
. "$here/lib.sh"
# shellcheck source=test/e2e/fixture.sh
. "$here/fixture.sh"

begin "$@"
requires sipp

# A lab like that of the thesis: users, routes with codes, and a carrier, played by SIPp on the lab owner's side.
sed -i 's/^name = bed$/name = bed\ncountry = ec/' "$lab"
cat >>"$lab" <<END

[user 7000]
voicemail = yes

[user 7004]

[provider carrier]
host = $BED_GATEWAY

[route celular]
pin = 19999
via = carrier

[route internacional]
pin = 9999
via = carrier

[route local]
via = carrier

[route emergencia]
via = carrier
END
# load NAME NUMBER: one call from telephone 1500 of pbx1
load() { printf '\n[load %s]\ntarget = pbx1\nextension = %s\nrate = 1\ncalls = 1\nhold = 1\n' "$1" "$2" >>"$lab"; }
load thesis 7002
load prefix 2999
load local 2345678
load emergency 911
load cellular 0991234567
load nowhere 8888

(
    cd "$work"
    exec "$bed" host "$work/bed" sipp -sn uas -aa -i "$BED_GATEWAY" -p 5060 -nostdin -trace_msg \
        -message_file "$work/carrier.log" >/dev/null 2>"$work/carrier.err"
) &
carrier=$!
cleanup_fn end_carrier
# shellcheck disable=SC2317
end_carrier() {
    kill -KILL "$carrier" 2>/dev/null || :
    wait "$carrier" 2>/dev/null || :
}

# What our files add to, [globals] and [general], is not there on every PBX.
on hub sed -i '/^\[globals\]/d' /etc/asterisk/extensions.conf
on pbx2 sh -c 'echo "; nothing of mine" >/etc/asterisk/sip.conf'
# A file that the user includes by wildcards, in more than the last part of its path.
on pbx1 sh -c 'mkdir -p /etc/asterisk/mine.d/one /etc/asterisk/mine.d/two &&
    printf "[wild]\nexten => 77,1,NoOp(one)\n" >/etc/asterisk/mine.d/one/extensions.conf &&
    printf "[wild]\nexten => _7X,1,NoOp(two)\n" >/etc/asterisk/mine.d/two/extensions.conf &&
    printf "\n#include mine.d/*/ext*.conf\n" >>/etc/asterisk/extensions.conf'

checks "up with users, codes and a carrier"
voiplab up
ends 0 "up"
all_registered
nothing_to_do

# lands NAME CONTEXT NUMBER WHERE APPLICATION: dialled in CONTEXT, NUMBER is found first in WHERE and begins so
lands() {
    local text
    text=$(cli "$1" "dialplan show $3@$2")
    # the first match is the one that Asterisk takes
    expect_contains "$(head -n 1 <<<"$text")" "'$4'" "on $1, where $3 lands: $text
That"
    expect_contains "$(grep -m 1 ' 1\. ' <<<"$text")" " 1. $5" "on $1, what $3 does: $text
That"
}
# lost NAME CONTEXT NUMBER: nobody answers to it
lost() { expect_contains "$(cli "$1" "dialplan show $3@$2")" "There is no existence of" "on $1, $3 in $2"; }

checks "on the hub every kind of number is found where it belongs"
lands hub bed 911 outbound-emergencia "Dial(SIP/carrier/"
lands hub bed 101 outbound-emergencia "Dial("
lands hub bed 2345678 outbound-local "Dial(SIP/carrier/"
lands hub bed 1800123456 outbound-local "Dial("
lands hub bed 022345678 outbound-regional "Gosub(sub-outboundpool"
lands hub bed 0991234567 outbound-celular "Authenticate(/etc/asterisk/voiplab_pin_celular)"
lands hub bed 0012125551234 outbound-internacional "Authenticate(/etc/asterisk/voiplab_pin_internacional)"
lands hub bed 7000 usuarios-bed "Gosub(sub-voicemail"
lands hub bed 7002 usuarios-bed "Gosub(sub-novoicemail"
lands hub bed 2500 numeros-bed "Gosub(sub-novoicemail"
lands hub bed 200 apps "Answer()"

checks "who calls from outside reaches the users, and no line out"
lands hub PSTN 7002 usuarios-bed "Gosub(sub-novoicemail"
for number in 911 2345678 0991234567 0012125551234 022345678 600 200; do lost hub PSTN "$number"; done

checks "on a guest: its own numbers, the others' prefixes, the rest to the hub; from a trunk only its own"
lands pbx1 from-internal 911 emergency "Dial(SIP/hub/"
lands pbx1 from-internal 1500 own-numbers "Dial(SIP/1500"
lands pbx1 from-internal 2500 trunk-prefixes "Gosub(sub-trunk"
lands pbx1 from-internal 7002 to-hub "Dial(SIP/hub/"
lands pbx1 from-internal 0991234567 to-hub "Dial(SIP/hub/"
lands pbx1 from-trunk 1500 own-numbers "Dial(SIP/1500"
for number in 911 2500 7002 0991234567 0012125551234; do lost pbx1 from-trunk "$number"; done

checks "'show' reads what a PBX runs, and foretells the same"
# foretold NAME CONTEXT NUMBER: the files of NAME, read over SSH, lead where its Asterisk says
foretold() {
    local wanted
    wanted=$(cli "$1" "dialplan show $3@$2" | sed -n "s/^  '\([^']*\)' =>.*/\1/p" | head -n 1)
    voiplab dialplan show "$3" --pbx "$1" --context "$2" --json
    ends 0 "dialplan show $3 --pbx $1"
    [ "$(jq -r .match.extension "$work/out")" = "$wanted" ] ||
        fail "on $1, $3 in $2 is '$wanted' for Asterisk, and for show: $(cat "$work/out")"
}
foretold hub bed 911
foretold hub bed 0991234567
foretold hub bed 7002
foretold pbx1 from-internal 2500
foretold pbx1 wild 77
foretold pbx1 wild 78
voiplab dialplan show 0991234567
ends 0 "dialplan show, of the lab's own"
expect_contains "$(head -n 1 "$work/out")" "PIN" "the way of a cellular number"

checks "Asterisk has nothing to say against our files"
for name in $hosts; do
    for what in 'dialplan reload' 'sip reload' 'iax2 reload'; do cli "$name" "$what" >/dev/null; done
    sleep 0.5
    log=$(on "$name" cat /var/log/asterisk/messages)
    expect_lacks "$log" "voiplab_" "the log of $name"
    expect_lacks "$log" "ERROR" "the log of $name"
    # what Debian's own files and the old modules are known for may be there
    bad=$(grep WARNING <<<"$log" | grep -v "iaxtel700\|deprecated" || :)
    [ -z "$bad" ] || fail "$name warns: $bad"
done
on hub sh -c 'echo "exten => broken" >>/etc/asterisk/voiplab_extensions.conf; asterisk -rx "dialplan reload" >/dev/null; sleep 0.3'
on hub grep -q 'WARNING.*voiplab_extensions.conf\|WARNING.*broken\|ERROR.*voiplab' /var/log/asterisk/messages ||
    fail "a broken line leaves no trace in the log: the look above is not worth anything"
voiplab up
ends 0 "up, to mend that"

processed() { cli "$1" 'core show calls' | sed -n 's/^\([0-9]*\) calls\{0,1\} processed$/\1/p'; }
count() { for name in $hosts; do printf '%s ' "$(processed "$name")"; done; }
# call NAME STATUS "HUB PBX1 PBX2 PBX3": the load NAME ends so, and so many calls more are seen by each
call() {
    local before after i got=''
    # shellcheck disable=SC2207
    before=($(count))
    voiplab sipp "$1" --json
    ends "$2" "sipp $1"
    # shellcheck disable=SC2207
    after=($(count))
    for ((i = 0; i < 4; i++)); do got="$got $((after[i] - before[i]))"; done
    [ "$got" = " $3" ] || fail "the call '$1' was seen by hub, pbx1, pbx2, pbx3 so often:$got, wanted $3"
}
answered() { jq -e '.loads[0] | .made == 1 and .succeeded == 1 and .failed == 0' "$work/out" >/dev/null ||
    fail "not answered: $(cat "$work/out")"; }

checks "telephone 1500 calls 7002: two SIP trunks, through the hub, answered"
call thesis 0 "1 1 1 0"
answered

checks "telephone 1500 calls 2999: IAX2, not through the hub, answered"
call prefix 0 "0 1 1 0"
answered

checks "a local and an emergency number go out to the carrier as they were dialled"
call local 0 "1 1 0 0"
answered
call emergency 0 "1 1 0 0"
answered
expect_contains "$(cat "$work/carrier.log")" "INVITE sip:2345678@$BED_GATEWAY" "what the carrier got"
expect_contains "$(cat "$work/carrier.log")" "INVITE sip:911@$BED_GATEWAY" "what the carrier got"

checks "a cellular number without the code goes nowhere"
voiplab sipp cellular --json
expect_lacks "$(cat "$work/carrier.log")" "INVITE sip:099" "what the carrier got"

checks "a number that nobody has fails, and voiplab says so"
voiplab sipp nowhere --json
[ "$status" -ne 0 ] || fail "a call to a number that nobody has: exit status 0"
jq -e '.loads[0].failed == 1' "$work/out" >/dev/null || fail "the summary: $(cat "$work/out")"

checks "dialplan diff: every PBX runs what the lab file says; a change by hand in one is seen, and only there"
voiplab dialplan diff
ends 0 "dialplan diff"
said "no difference"
on pbx2 timeout 10 asterisk -rx 'dialplan add extension 2777,1,NoOp,by-hand into from-internal' >/dev/null
voiplab dialplan diff
ends 5 "dialplan diff after a change by hand"
said "-'2777' => 1. NoOp(by-hand)"
said "+++ pbx2: what the lab file says"
not_said "+++ pbx1"
on pbx2 timeout 10 asterisk -rx 'dialplan reload' >/dev/null
sleep 1
voiplab dialplan diff pbx2
ends 0 "dialplan diff after a reload"
echo "all as it should be"
