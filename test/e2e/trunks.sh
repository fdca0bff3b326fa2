#!/bin/bash
# The trunks of a whole lab, on real Asterisks: brought up, found in place, looked at, spoilt, repaired, used.
#
# ctest: FIXTURES_REQUIRED tree TIMEOUT 900 COST 80
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=test/e2e/lib.sh
. "$here/lib.sh"
# shellcheck source=test/e2e/fixture.sh
. "$here/fixture.sh"

begin "$@"
requires sipp

checks "a check of a fresh lab finds drift and changes nothing"
every contents_of "$work/fresh"
voiplab up --check
ends 5 "up --check on a fresh lab"
every contents_of "$work/now"
same "$work/fresh" "$work/now" "up --check changed something"
[ ! -e "$work/state" ] || fail "up --check made the state directory"

checks "up on a fresh lab ends well, and the Asterisks say so too"
voiplab up
ends 0 "the first up"
said "3 registrations, 9 peers"
all_registered
not_said "not answered"
said "over IAX2: answered"
said "over two SIP trunks and the hub: answered"

checks "a second up finds nothing to do, quickly, and touches no file"
every times_of "$work/before"
nothing_to_do
[ "$seconds" -le 10 ] || fail "it took $seconds s"
every times_of "$work/now"
same "$work/before" "$work/now" "an up with nothing to do touched files"
all_registered

checks "a check of a lab that is right ends with 0"
voiplab up --check
ends 0 "up --check"
every times_of "$work/now"
same "$work/before" "$work/now" "up --check touched files"

every contents_of "$work/right"

# drift WHAT NAME SCRIPT PART: SCRIPT spoils something on NAME; --check shows PART, up repairs it
drift() {
    checks "drift: $1"
    on "$2" sh -c "$3"
    every contents_of "$work/spoilt"
    cmp -s "$work/right" "$work/spoilt" && fail "the test did not spoil anything"
    voiplab up --check
    ends 5 "up --check after drift"
    said "$4"
    every contents_of "$work/now"
    same "$work/spoilt" "$work/now" "up --check changed something"
    voiplab up
    ends 0 "the up that repairs"
    every contents_of "$work/now"
    same "$work/right" "$work/now" "up did not bring the files back"
    all_registered
    nothing_to_do
}
drift "a student edits a file of ours" pbx1 \
    "sed -i 's/^qualify=yes/qualify=no/' /etc/asterisk/voiplab_sip.conf; asterisk -rx 'sip reload'" "+qualify=yes"
drift "a student takes our block out" pbx2 \
    "sed -i '/voiplab: begin/,/voiplab: end/d' /etc/asterisk/sip.conf; asterisk -rx 'sip reload'" \
    "+#include voiplab_sip.conf"
drift "a student opens a file with secrets to everyone" pbx3 \
    "chmod 0644 /etc/asterisk/voiplab_iax.conf" "voiplab_iax.conf"
drift "a student deletes a file of ours" pbx1 "rm /etc/asterisk/voiplab_extensions.conf" "voiplab_extensions.conf"
drift "on the hub" hub "echo '[7009]' >>/etc/asterisk/voiplab_sip.conf; asterisk -rx 'sip reload'" "-[7009]"

checks "voiplab's own test calls leave the calls of others alone"
cli pbx1 "channel originate Local/2999@from-internal/n application Wait 120" >/dev/null
cli hub "channel originate Local/1999@bed/n application Wait 120" >/dev/null
calls_of() { cli "$1" "core show channels concise" | awk -F '!' -v name="$2-" 'index($1, name) == 1 && $5 == "Up" { print $1 }'; }
is_up() { [ -n "$(calls_of "$@")" ]; }
retry 5 is_up pbx1 IAX2/1000 || fail "no call from pbx1 over IAX2"
retry 5 is_up hub SIP/7001 || fail "no call from the hub to pbx1"
call1=$(calls_of pbx1 IAX2/1000)
call2=$(calls_of hub SIP/7001)
nothing_to_do
voiplab verify
ends 0 "verify"
[ "$(calls_of pbx1 IAX2/1000)" = "$call1" ] || fail "the call $call1 is gone, or a test call was left"
[ "$(calls_of hub SIP/7001)" = "$call2" ] || fail "the call $call2 is gone, or a test call was left"
for name in $hosts; do cli "$name" "channel request hangup all" >/dev/null; done
quiet() { cli pbx1 "core show channels count" | grep -q '^0 active channels'; }
retry 5 quiet || fail "pbx1 still has channels"

checks "a load run has no failed call, and the PBX counted the same calls"
cat >>"$lab" <<'END'

[load short]
target = pbx1
extension = 2999
rate = 10
calls = 40
hold = 1
END
processed() { cli "$1" 'core show calls' | sed -n 's/^\([0-9]*\) calls\{0,1\} processed$/\1/p'; }
before1=$(processed pbx1)
before2=$(processed pbx2)
voiplab sipp --json
ends 0 "sipp"
jq -e '.loads | length == 1' "$work/out" >/dev/null || fail "no summary: $(cat "$work/out")"
made=$(jq '.loads[0].made' "$work/out")
succeeded=$(jq '.loads[0].succeeded' "$work/out")
failed=$(jq '.loads[0].failed' "$work/out")
[ "$made/$succeeded/$failed" = 40/40/0 ] || fail "made/succeeded/failed: $made/$succeeded/$failed, wanted 40/40/0"
on_pbx1=$(($(processed pbx1) - before1))
on_pbx2=$(($(processed pbx2) - before2))
[ "$on_pbx1" -eq $((made + 1)) ] || fail "SIPp made one call and then $made, pbx1 processed $on_pbx1"
[ "$on_pbx2" -eq $((made + 1)) ] || fail "$made calls went to pbx2's number, pbx2 processed $on_pbx2"

checks "the results are kept, with the guests in them"
jq -e '.schema == "voiplab.load.1" and .run.succeeded == 40 and (.samples | length) > 1 and
    ([.samples[-1].guests[] | select(.memory_used > 0).name] | sort) == ["hub", "pbx1", "pbx2", "pbx3"]' \
    "$work"/state/*/loads/*/result.json >/dev/null || fail "the results: $(cat "$work"/state/*/loads/*/result.json)"
grep -q 'id="answer">.* calls at once, 0 of 40 failed<' "$work"/state/*/loads/*/report.html || fail "the report does not say so"
rm -r "$work"/state/*/loads

checks "what SIPp wrote is gone"
left=$(find "$work/state" -name '*.csv' -o -name '*.log' -o -name '*accounts*')
[ -z "$left" ] || fail "left behind: $left"
checks "calls that go wrong once are placed again by up before that is believed, and a second time is"
without_socket pbx1
# the first $1 calls that are asked for do not come about, as where a trunk has just come up
refuse_calls() {
    on pbx1 rm -f /root/refused
    fake pbx1 asterisk <<END
#!/bin/sh
case "\$*" in
*originate*) [ "\$(cat /root/refused 2>/dev/null | wc -l)" -ge $1 ] || { echo x >>/root/refused; exit 0; } ;;
esac
exec /usr/sbin/asterisk "\$@"
END
}
refuse_calls 2
voiplab up
ends 0 "up, whose first two calls go wrong"
[ "$(on pbx1 cat /root/refused | wc -l)" -eq 2 ] || fail "the calls were not refused"
said "nothing to do"
refuse_calls 4
voiplab up
ends 4 "up, whose calls go wrong twice"
on pbx1 rm -f /usr/local/sbin/asterisk /usr/local/sbin/perl /root/refused
echo "all as it should be"
