#!/bin/bash
# SIPp at both ends: it calls as a telephone of one PBX and answers as a telephone of another, so that what comes there
# has gone over the trunks between: IAX2 from guest to guest, and two of SIP by the hub, which asks for a PIN. What
# somebody else answers is not taken for it. VOIPLAB_TEST_FULL: also the load of the thesis.
#
# ctest: FIXTURES_REQUIRED tree,tree-sid TIMEOUT 500 COST 200
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=test/e2e/lib.sh
. "$here/lib.sh"
# shellcheck source=test/e2e/fixture.sh
. "$here/fixture.sh"

begin --guests 2 --sid pbx2
requires sipp
# shellcheck disable=SC2034 # for fixture.sh
guests="pbx1 pbx2" hosts="hub pbx1 pbx2"
cat >>"$lab" <<LAB

[route celular]
pin = 471199
via = pbx2
dial = 2500

[provider red]
host = $BED_GATEWAY
username = 1500
secret = rightSecret123
LAB
voiplab up
ends 0 "up"

# calls [OPTION...]: from pbx1; what came of it is in $work/out as JSON
calls() { voiplab sipp --json --target pbx1 --calls 20 --rate 10 --hold 2 "$@"; }
# came WHAT: what is so of the run
came() { jq -e ".loads[0] | $1" "$work/out" >/dev/null || fail "not '$1': $(cat "$work/out" "$work/err")"; }
# contact PBX TELEPHONE: where it is registered from; nothing: it is not
contact() {
    case $1 in
    pbx2) cli pbx2 "pjsip show aor $2" | sed -n 's/^ *Contact:.*sip:\([0-9.:]*\).*/\1/p' ;;
    *) cli "$1" "sip show peer $2" | sed -n 's/^ *Addr->IP *: *\([0-9].*\)/\1/p' ;;
    esac
}

checks "calls with sound go over IAX2 to a telephone of another PBX, and both ways they sound"
calls --answer 2500 --scenario media
ends 0 "calls to a telephone that answers"
came '.extension == "2500" and .succeeded == 20 and .failed == 0 and .arrived == 20 and .answered_by == "2500" and .answered_on == "pbx2"'
result=$(find "$work/state/bed/loads" -name result.json)
jq -e '.media.streams >= 80 and .media.loss_percent < 1' "$result" >/dev/null || fail "the sound: $(jq -c .media "$result")"
grep -q 'came to telephone 2500' "${result%/*}/report.html" || fail "the report does not say it"
[ -z "$(contact pbx2 2500)" ] || fail "the telephone stays registered: $(contact pbx2 2500)"

checks "the side that answers hangs up, and a telephone of the same PBX answers"
calls --answer 2501 --scenario callee-bye
ends 0 "callee-bye"
came '.succeeded == 20 and .arrived == 20'
calls --answer 1500
ends 0 "a telephone of the same PBX"
came '.caller == "1501" and .arrived == 20'
[ -z "$(contact pbx1 1500)" ] || fail "the telephone stays registered: $(contact pbx1 1500)"

checks "a provider is called with the account that the hub has there"
"$bed" host "$work/bed" sipp -sf "$SOURCE/test/unit/data/sipp/uas_auth.xml" -i "$BED_GATEWAY" -p 5060 -ci 127.0.0.1 -nostdin \
    >/dev/null 2>&1 &
provider=$!
cleanup_fn kill "$provider"
voiplab sipp --json --target red --number 1999 --calls 5 --hold 1
ends 0 "a provider"
came '.target == "red" and .address == "'"$BED_GATEWAY"'" and .caller == "1500" and .succeeded == 5'
voiplab sipp --target nobody --number 1999
ends 2 "nobody of that name"
said "'nobody' is neither a PBX nor a provider of this lab"

checks "a PIN is typed on the way, which no command line has"
: >"$work/argv"
: >"$work/looks"
while [ -e "$work/looks" ]; do
    pgrep -ax sipp | grep -a 471199 >>"$work/argv" || :
    sleep 0.2
done &
watcher=$!
calls --answer 2500 --scenario pin --number 0991234567 --rate 2 --calls 6
rm "$work/looks"
wait "$watcher"
ends 0 "calls with a PIN"
came '.succeeded == 6 and .arrived == 6'
[ ! -s "$work/argv" ] || fail "the PIN is in a command line: $(cat "$work/argv")"

checks "who types a wrong one does not come through"
on hub sed -i s/471199/471198/ /etc/asterisk/voiplab_pin_celular
calls --answer 2500 --scenario pin --number 0991234567 --rate 2 --calls 6
on hub sed -i s/471198/471199/ /etc/asterisk/voiplab_pin_celular
ends 1 "calls with a wrong PIN"
came '.arrived == 0'
said "6 of 6 calls that were answered did not come to telephone 2500 of 'pbx2'"

checks "what somebody else answers is told, and in the report"
calls --answer 2500 --number 1999
ends 1 "the echo test"
said "did not come to telephone 2500 of 'pbx2'"
result=$(find "$work/state/bed/loads" -name result.json -newer "$result" | sort | tail -n 1)
jq -e '.answer | test(", 0 came to telephone 2500")' "$result" >/dev/null || fail "$(jq .answer "$result")"
grep -q 'class="first bad"' "${result%/*}/report.html" || fail "the report calls that good"

checks "the limit of the trunk by the hub is found, and said to be that"
voiplab sipp capacity --json --target pbx1 --answer 2500 --number 7002
ends 0 "capacity"
jq -e '.capacities[0] | .capacity == 10 and .confirmed and .limit == "trunk limit" and ([.places[].name] | join(" ")) == "pbx1 hub pbx2"' \
    "$work/out" >/dev/null || fail "$(cat "$work/out")"
said "the trunk between 'pbx1' and 'hub' may have 10 calls at once"

if full; then
    checks "a trunk that loses packets is heard by --loss, and nobody else is blamed"
    voiplab impair hub:pbx2 loss=5%
    voiplab sipp capacity --json --target pbx1 --answer 2500 --number 7002 --scenario media --loss 2 --concurrent 4
    ends 0 "capacity with a rule of sound"
    jq -e '.capacities[0] | .capacity == 0 and .limit == "network" and (.limit_text | test("of the sound was lost")) and
        all(.steps[]; .loss_percent > 2 and .failed == 0)' "$work/out" >/dev/null || fail "$(cat "$work/out")"
    voiplab impair off

    checks "the load of the thesis: 1,265 calls, 10 a second, 316 at once, over the trunk between two guests"
    calls --answer 2500 --calls 1265 --hold 32 -o "$work/thesis"
    ends 0 "the load of the thesis"
    came '.succeeded == 1265 and .arrived == 1265 and .failed == 0 and .peak >= 316'
    for picture in 'Calls over time' 'Processor in use' 'Memory in use'; do
        grep -q "$picture" "$work/thesis/report.html" || fail "the report has no picture '$picture'"
    done
    say "$(jq -r '.answer + "; " + .limit.text' "$work/thesis/result.json")"
fi

checks "what cannot be is said before a call"
calls --answer 2600
ends 2 "no telephone"
said "'2600' is no SIP telephone of this lab"
calls --answer 2500 --scenario register
ends 2 "registrations"
said "'register' makes no calls"
calls --scenario pin
ends 2 "no PIN"
said "nobody asks for a PIN when '1999' is called"
calls --answer 2500 --calls 50000
ends 2 "too long"
said "is registered for 3600 at the most"

checks "the SIPp that answers goes: what was seen is kept, and nothing stays behind"
(
    sleep 5
    kill -9 "$(pgrep -fx 'sipp -sf call.xml .* -rtp_echo .*')" 2>/dev/null || pkill -9 -f '^sipp -sf call.xml -i .* -s 2500 '
) &
calls --answer 2500 --calls 200 --hold 1 -o "$work/gone"
wait $!
ends 1 "a far end that goes"
said "the SIPp that answers as telephone 2500 of 'pbx2' has ended (signal 9) after "
jq -e '.run.succeeded > 0 and .run.arrived > 0 and .run.made < 200' "$work/gone/result.json" >/dev/null ||
    fail "what was seen: $(jq -c .run "$work/gone/result.json")"
[ -z "$(contact pbx2 2500)" ] || fail "the telephone stays registered: $(contact pbx2 2500)"

checks "a telephone that cannot register holds up no other load"
"$bed" stop "$work/bed" pbx2
calls --answer 2500
ends 1 "a PBX that is away"
said "telephone '2500' cannot register with 'pbx2' (10."
printf '\n[load %s]\ntarget = pbx1\ncalls = 3\nhold = 1\n' aa bb cc >>"$lab"
sed -i '/^\[load bb\]/a answer = 2500' "$lab"
voiplab sipp --json
ends 4 "three loads, of which one cannot be made"
jq -e '[.loads[] | .name + " " + .outcome] | join(", ") == "aa complete, bb not made, cc complete"' "$work/out" >/dev/null ||
    fail "$(cat "$work/out")"
voiplab sipp -n aa --answer 1500
ends 0 "another caller"
said "as telephone 1501 of pbx1"
