#!/bin/bash
# New secrets for all trunks while every guest calls over each of its trunks without a pause: no call may fail. Also
# when the change is cut off in its middle, and when only the trunks of one PBX are changed.
#
# ctest: RESOURCE_LOCK processor FIXTURES_REQUIRED tree TIMEOUT 600 COST 190
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=test/e2e/lib.sh
. "$here/lib.sh"
# shellcheck source=test/e2e/fixture.sh
. "$here/fixture.sh"

# how long a call is, in ms: the shorter, the more of them begin at each moment of a change
length=600
! full || length=200

begin "$@"
voiplab up
ends 0 "up"

# ways_of NUMBER: what the guest dials, over both of its IAX2 trunks and through the hub
ways_of() {
    local other index=0
    for other in 1 2 3; do
        [ "$other" != "$1" ] || continue
        echo "IAX2/${1}00$index/${other}999"
        echo "SIP/hub/${other}999"
        index=$((index + 1))
    done
}

# caller NAME: a context in which each way is dialled again and again, straight, so that no other makes up for it; what
# became of each call stands in /tmp/calls.INDEX (written by Asterisk itself: a shell for each call costs more than the
# call). While chan_iax2 reads its files again each peer is out of its table for a moment (build_peer of Asterisk 16): a
# call that finds no way at all is placed once more, as the lab's own dialplan would go on over the hub. One that is
# refused is not.
caller() {
    local way index=0
    {
        echo
        echo "[again]"
        for way in $(ways_of "${1#pbx}"); do
            echo "exten => c$index,1,Dial($way,5,gL($length))"
            echo "same => n,ExecIf(\$[\"\${DIALSTATUS} \${HANGUPCAUSE}\" = \"CHANUNAVAIL 3\"]?Dial($way,5,gL($length)))"
            echo "same => n,Set(FILE(/tmp/calls.$index,,,al,u)=\${STRFTIME(,,%H:%M:%S.%3q)} \${DIALSTATUS} \${HANGUPCAUSE} $way)"
            echo "same => n,GotoIf(\$[\${STAT(e,/tmp/stop)} = 0]?1)"
            echo "same => n,Hangup()"
            index=$((index + 1))
        done
    } | on "$1" sh -c 'cat >>/etc/asterisk/extensions.conf; asterisk -rx "dialplan reload" >/dev/null'
}

begin_calls() {
    local name index
    for name in $guests; do
        on "$name" sh -c 'rm -f /tmp/stop /tmp/calls.*'
        for index in 0 1 2 3; do
            cli "$name" "channel originate Local/c$index@again/n application Wait 500" >/dev/null
        done
    done
}

# end_calls WHAT: none has failed, and there were some on every trunk
end_calls() {
    local name
    for name in $guests; do on "$name" touch /tmp/stop; done
    sleep 2
    for name in $guests; do
        on "$name" sh -c "cat /tmp/calls.*"
        cli "$name" "channel request hangup all" >/dev/null
    done >"$work/calls"
    grep -v ' ANSWER ' "$work/calls" >"$work/failed" || :
    echo "  $(wc -l <"$work/calls") calls, $(wc -l <"$work/failed") failed"
    [ "$(cut -d' ' -f4 "$work/calls" | sort -u | wc -l)" -ge 9 ] || fail "$1: not every trunk was called over:
$(cut -d' ' -f4 "$work/calls" | sort | uniq -c)"
    [ ! -s "$work/failed" ] || fail "$1: calls failed:
$(grep -h "NOTICE\|WARNING\|ERROR" "$work"/bed/log/*.log | tail -n 30)
$(grep -B2 -A1 -v " ANSWER " "$work/calls")"
}

# secrets_of NAME: what stands in the files of its trunks
secrets_of() {
    on "$1" sh -c "sed -n 's/^secret=//p; s/^register => [0-9]*:\\([A-Za-z0-9]*\\)@.*/\\1/p' \
        /etc/asterisk/voiplab_iax.conf /etc/asterisk/voiplab_sip.conf 2>/dev/null" || :
}

for name in $guests; do caller "$name"; done

checks "calls go on for a while, and none fails"
begin_calls
sleep 4
end_calls "before anything is changed"

checks "new secrets for the whole lab, three times, and no call fails"
every secrets_of "$work/before"
begin_calls
sleep 1
for _ in 1 2 3; do
    voiplab trunk rotate
    ends 0 "trunk rotate"
    said "the trunks have new secrets"
done
sleep 1
end_calls "while all secrets were changed"
every secrets_of "$work/after"
for name in $guests; do
    secrets_of "$name" | while read -r secret; do
        case $secret in *';'*) fail "$name takes two secrets still" ;; esac
    done
done
grep -q 'rotation/phase\|^old/' "$work/state/bed/secrets" && fail "the state remembers old secrets"
all_registered
voiplab up
ends 0 "up afterwards"
said "nothing to do"

checks "not one of the old trunk secrets is left in any file"
for name in $guests; do
    for secret in $(on "$name" sed -n 's/^secret=//p' /etc/asterisk/voiplab_iax.conf); do
        grep -qF "$secret" "$work/before" && fail "$name still has an old secret"
    done
done

checks "the secrets of one PBX's trunks, and of no other"
begin_calls
sleep 1
every secrets_of "$work/before"
voiplab trunk rotate pbx1
ends 0 "trunk rotate pbx1"
end_calls "while those of one PBX were changed"
between() { on "$1" sed -n "/^\\[$2\\]/,/^secret=/s/^secret=//p" /etc/asterisk/voiplab_iax.conf; }
grep -qF "$(between pbx1 1000)" "$work/before" && fail "the trunk from pbx1 to pbx2 has its old secret"
grep -qF "$(between pbx2 2000)" "$work/before" && fail "the trunk from pbx2 to pbx1 has its old secret"
grep -qF "$(between pbx2 2001)" "$work/before" || fail "the trunk from pbx2 to pbx3 has another secret"

checks "a change that is cut off is taken to its end by the next run, and no call fails meanwhile"
in_phase() { grep -q "^rotation/phase = $1" "$work/state/bed/secrets"; }
# cut_off PHASE SECONDS: a change is killed so long after it came to this phase; false when it was through with it
cut_off() {
    local rotating
    "$bed" host "$work/bed" "$VOIPLAB" trunk rotate -f "$lab" --share "$SOURCE/share" --state "$work/state" \
        >/dev/null 2>&1 &
    rotating=$!
    while kill -0 "$rotating" 2>/dev/null && ! in_phase "$1"; do sleep 0.02; done
    sleep "$2"
    kill -KILL "$rotating" 2>/dev/null || :
    wait "$rotating" 2>/dev/null || :
    in_phase "$1"
}
for phase in 1 2 3 4 5; do
    begin_calls
    for pause in 0.2 0.1 0.05 0 0 none; do
        [ "$pause" != none ] || fail "it was not cut off in phase $phase"
        ! cut_off "$phase" "$pause" || break
    done
    voiplab up
    ends 0 "up in the middle of a change"
    voiplab trunk rotate
    ends 0 "trunk rotate, again"
    grep -q 'rotation/phase\|^old/' "$work/state/bed/secrets" && fail "the state remembers old secrets"
    end_calls "while a change was cut off in phase $phase and taken up"
done

checks "a PBX that is away holds the change up, and calls of the others go on"
begin_calls
sleep 1
"$bed" stop "$work/bed" pbx3
voiplab trunk rotate --wait 2
ends 4 "trunk rotate without pbx3"
said "calls go on"
grep -q 'rotation/phase = 1' "$work/state/bed/secrets" || fail "the change did not wait"
sleep 1
for name in pbx1 pbx2; do
    on "$name" touch /tmp/stop
    on "$name" sh -c 'cat /tmp/calls.*' | grep -v ' ANSWER ' | grep -v '/3999' | grep -v 'SIP/hub' && fail "calls of $name failed"
done
"$bed" start "$work/bed" pbx3
"$bed" wait "$work/bed"
voiplab trunk rotate
ends 0 "trunk rotate when pbx3 is back"
all_registered
echo "all as it should be"
