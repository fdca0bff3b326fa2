#!/bin/bash
# capture on the bridge of a lab that runs, and impair: what is dropped on purpose is what is found to be lost.
#
# ctest: FIXTURES_REQUIRED tree TIMEOUT 300 COST 30
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=test/e2e/lib.sh
. "$here/lib.sh"
# shellcheck source=test/e2e/fixture.sh
. "$here/fixture.sh"

begin "$@"
requires tshark nft python3
# Debian's iax.conf encrypts, and then a ladder ends where the key begins: one of the PBXs does not.
on pbx1 sed -i 's/^encryption=yes/encryption=no/' /etc/asterisk/iax.conf
"$bed" stop "$work/bed" pbx1 # a reload keeps what it had
"$bed" start "$work/bed" pbx1
"$bed" wait "$work/bed"
voiplab up
ends 0 "up"

# listen ARG...: capture in the background, until the test says so
listen() {
    rm -f "$work/heard" "$work/talk"
    ip netns exec "$BED_HOST_NS" "$VOIPLAB" capture -f "$lab" --share "$SOURCE/share" --state "$work/state" "$@" \
        >"$work/heard" 2>"$work/talk" </dev/null &
    listener=$!
    retry 10 grep -q 'listening on' "$work/talk" || fail "capture does not listen: $(cat "$work/talk")"
    retry 10 in_promiscuous_mode || fail "nobody listens on the bridge"
}
# shellcheck disable=SC2317
in_promiscuous_mode() { ip -n "$BED_HOST_NS" -d link show br0 | grep -q 'promiscuity [1-9]'; }
# shellcheck disable=SC2317
not_listening() { ! kill -0 "$listener" 2>/dev/null; }
heard() {
    local status=0
    sleep 0.3
    kill -INT "$listener"
    wait "$listener" || status=$?
    [ "$status" -eq 0 ] || fail "capture ended with $status: $(cat "$work/talk")"
}

checks "the ladder of a call across three PBXs, the legs of IAX2, and a file that tshark reads"
listen -w "$work/x.pcapng" --ladder --svg "$work/x.svg"
voiplab verify
ends 0 "verify"
heard
text=$(cat "$work/heard")
expect_contains "$text" "SIP  pbx1 > hub, 7001 to 7002: answered" "what was heard"
expect_contains "$text" "SIP  hub > pbx2, 7001 to 7002: answered" "what was heard"
expect_contains "$text" "IAX2 pbx1 > pbx2, - to 2999: answered" "what was heard"
expect_contains "$text" "IAX2 pbx2 > pbx3, - to 3999: encrypted" "what was heard"
expect_contains "$text" "the ladder of call" "what was heard"
number=$(sed -n 's/^the ladder of call \([0-9]*\),.*/\1/p' <<<"$text")
[[ $(sed -n "/^call $number\$/{n;p}" <<<"$text") =~ ' > '([a-z0-9]+), ]] || fail "no call $number: $text"
expect_contains "$text" "what the dialplan of '${BASH_REMATCH[1]}' says of " "what was heard"
expect_lacks "$text" "is not known:" "what the dialplan says"
[ "$(stat -c %a "$work/x.pcapng")" = 600 ] || fail "everybody can read the file"
frames=$(tshark -n -r "$work/x.pcapng" 2>/dev/null | wc -l)
expect_contains "$(tail -1 "$work/talk")" "$frames frames" "the summary, beside tshark"
in_promiscuous_mode && fail "the bridge was left promiscuous"
! grep -q 'tcp.port == 22' <(tshark -n -r "$work/x.pcapng" -Y 'tcp.port == 22' 2>/dev/null) || fail "SSH is in it"
voiplab capture --read "$work/x.pcapng" --json
ends 0 "capture --read"
jq -e '.legs | any(.protocol == "IAX2" and .answered) and any(.protocol == "SIP" and .answered)' "$work/out" \
    >/dev/null || fail "the document: $(cat "$work/out")"
voiplab capture -w "$work/x.pcapng" --seconds 1
ends 1 "a file that is there"
said "is there already"

checks "it ends by itself: after a time, and at a size"
voiplab capture --seconds 1 pbx1:hub
ends 0 "capture for a second"
listen --size 2K
"$bed" host "$work/bed" ping -q -c 3 -i 0.2 -s 1000 "$BED_PBX1" >/dev/null
retry 5 not_listening || fail "it does not end at its size"
wait "$listener" || fail "ended by its size: $?"
expect_contains "$(cat "$work/heard")" "it ended at the size" "what was heard"

checks "what a trunk loses on purpose is found, as tshark finds it"
for loss in 0 1 3 5 10; do
    if [ "$loss" = 0 ]; then voiplab impair off; else voiplab impair hub:pbx1 "loss=$loss%"; fi
    ends 0 "impair $loss"
    rm -f "$work/x.pcapng"
    listen -w "$work/x.pcapng" --json pbx1:hub
    ip netns exec "${BED_HOST_NS%-host}-pbx1" python3 "$SOURCE/test/tools/rtp_send.py" "$BED_HUB" 10 1000
    heard
    ours=$(jq -r '[.streams[] | [.lost, .expected]] | transpose | map(add) | "\(.[0]) \(.[1])"' "$work/heard")
    tshark -n -q -z rtp,streams --enable-heuristic rtp_udp -r "$work/x.pcapng" 2>/dev/null | tr -d '()%' |
        awk '/ g711U / { for (i = 8; $i !~ /^[0-9]+$/; i++); lost += $(i + 1); came += $i }
             END { print lost + 0, lost + came }' >"$work/theirs"
    voiplab impair --json
    dropped=$(jq '[.impairments[].dropped] | add // 0' "$work/out")
    awk -v ours="$ours" -v dropped="$dropped" -v asked="$loss" '
        function off(a, b, by) { return a - b > by || b - a > by }
        { split(ours, a, " "); found = a[1] * 100 / a[2]; theirs = $1 * 100 / $2
          printf "  loss=%d%%: found %.2f %%, tshark %.2f %%, dropped %.2f %%\n", asked, found, theirs, dropped / 100
          exit a[2] < 9000 || off(found, theirs, 0.3) || off(found, dropped / 100, 0.3) || off(found, asked, 1.5) }
    ' "$work/theirs" || fail "loss=$loss%: we $ours, tshark $(cat "$work/theirs"), dropped $dropped of 10000"
done

checks "a load run is listened to: how it sounds in both directions, and what was said in a call that failed"
voiplab sipp --target pbx1 --number 2999 --scenario media --calls 20 --rate 10 --hold 2 -o "$work/sound"
ends 0 "sipp with sound"
jq -e '.heard.link == "br0" and .heard.to_the_end and .ladders == [] and ([.media.rows[] | [.from, .to, .codec, .streams,
    .lost, .packets > 1500, .mos > 4.3, .lowest.Ie]] | sort) ==
    [["pbx1", "this host", "PCMU", 20, 0, true, true, 0], ["this host", "pbx1", "PCMU", 20, 0, true, true, 0]]' \
    "$work/sound/result.json" >/dev/null || fail "what was heard: $(jq -c '.heard, .media, .ladders' "$work/sound/result.json")"
grep -q 'They sound like MOS 4.[34][0-9], the worst of 40 streams' "$work/sound/report.html" || fail "the report says nothing of it"
voiplab sipp --target pbx1 --number 1777 --no-trial --calls 3 -o "$work/refused"
ends 1 "sipp with a number that nobody has"
ladder=$(jq -r '.ladders[] | select(.reason == "404 Not Found").ladder' "$work/refused/result.json")
expect_contains "$ladder" "INVITE 1777" "the ladder of a call that failed"
expect_contains "$ladder" "404 Not Found" "the ladder of a call that failed"
[ "$(grep -c 'INVITE 1777' <<<"$ladder")" -eq 2 ] || fail "the ladder is of several calls: $ladder"

jq -e '.foretold | .pbx == "pbx1" and .context == "from-internal" and (.text | startswith("1777 → from-internal → nothing"))' \
    "$work/refused/result.json" >/dev/null || fail "what the dialplan says: $(jq .foretold "$work/refused/result.json")"
grep -q '<h3>What the dialplan of pbx1 says of 1777 in from-internal</h3>' "$work/refused/report.html" ||
    fail "the report does not say it"
on pbx1 sh -c 'echo "#include nowhere.conf" >>/etc/asterisk/extensions.conf'
voiplab sipp --target pbx1 --number 1777 --no-trial --calls 1 -o "$work/refused"
on pbx1 sed -i '/nowhere.conf/d' /etc/asterisk/extensions.conf
jq -e '.foretold | .text == null and (.why | test("nowhere.conf"))' "$work/refused/result.json" >/dev/null ||
    fail "of a dialplan that Asterisk refuses: $(jq .foretold "$work/refused/result.json")"
listen --ladder
cli hub "channel originate SIP/7001/1777 application Echo" >/dev/null
sleep 1
heard
expect_contains "$(cat "$work/heard")" "what the dialplan of 'pbx1' says of 1777 in from-trunk" "a call that failed at the next PBX"

checks "twice is once, a look tells it, one word ends it, and destroy does"
voiplab impair pbx1:hub loss=10%
ends 0 "the same again"
said "nothing to do"
voiplab status
said "the trunk hub:pbx1 loses 10.00% of its packets on purpose"
voiplab impair pbx1:hub delay=40ms
ends 2 "a delay"
said "holds none back"
voiplab impair pbx2:hub loss=0.5% -n
ends 0 "a dry run"
said "mod 10000 < 50"
voiplab impair off
ends 0 "off"
[ -z "$("$bed" host "$work/bed" nft list ruleset)" ] || fail "something is left in nftables"
voiplab impair pbx1:pbx2 loss=1%
ends 0 "impair before destroy"
voiplab destroy -y
ends 0 "destroy"
[ -z "$("$bed" host "$work/bed" nft list ruleset)" ] || fail "destroy leaves something in nftables"
