#!/bin/bash
# capture --read: what voiplab counts in captures with known faults is what tshark counts in them, and what was put in.
#
# ctest: COST 15
# shellcheck source=test/cli/support.sh
. "${SOURCE:?}/test/cli/support.sh"
need jq python3 tshark

make() { python3 "$SOURCE/test/tools/rtp_pcap.py" "$@" >truth; }
look() {
    status=0
    "$VOIPLAB" capture --read x.pcap --state "$work/state" "$@" >out 2>err </dev/null || status=$?
}

# oracle: tshark's figures of the way from the caller: PACKETS LOST LOSS% MEAN-JITTER MAX-JITTER
oracle() {
    tshark -n -q -z rtp,streams --enable-heuristic rtp_udp -r x.pcap 2>/dev/null | tr -d '()%' |
        awk '$4 == 20000 { for (i = 8; $i !~ /^[0-9]+$/; i++); print $i, $(i + 1), $(i + 2), $(i + 7), $(i + 8) }'
}

ours='.streams[] | select(.from | endswith(":20000"))
    | [.packets, .lost, .loss_percent, .jitter_mean_ms, .jitter_max_ms] | map(tostring) | join(" ")'

# agree WHAT: loss within 0.3 points of tshark and of the truth, jitter within 2 ms of tshark
agree() {
    local expected lost
    look --json
    expect_status 0 "$1"
    read -r expected lost <truth
    paste -d ' ' <(oracle) <(jq -r "$ours" out) >both
    awk -v expected="$expected" -v lost="$lost" '
        function off(a, b, by) { return a - b > by || b - a > by }
        { seen++; bad += $1 != $6 || off($3, $8, 0.3) || off(lost * 100 / expected, $8, 0.3) || off($4, $9, 2) || off($5, $10, 2) }
        END { exit bad || !seen }' both || fail "$1: tshark and we: $(cat both); true: $(cat truth)"
}

for loss in 0 1 3 5 10; do
    make x.pcap --loss "$loss" --jitter 6 --seconds 40 --seed "$loss"
    agree "loss of $loss %"
done
for faults in '--swap 50' '--wrap --vlan --loss 3' '--ipv6 --loss 3 --jitter 4' '--cooked --silence' '--no-sip --loss 3'; do
    # shellcheck disable=SC2086
    make x.pcap $faults
    agree "$faults"
done

# What tshark counts otherwise. A copy hides no loss.
make x.pcap --copy 30 --loss 3
look --json
jq -e --arg truth "$(cat truth)" '.streams | any((.from | endswith(":20000")) and .duplicates > 25
    and .lost == ($truth | split(" ")[1] | tonumber))' out >/dev/null || fail "copies: $(cat truth out)"
# A sender that starts anew loses nothing by it; tshark has 20,000 lost packets here, and jitter of hours.
make x.pcap --restamp
look --json
jq -e '.streams | any(.restarts == 1 and .lost == 0 and .jitter_max_ms < 1)' out >/dev/null || fail "anew: $(cat out)"
# Keys are no sound, another SSRC is another stream.
make x.pcap --dtmf
look --json
jq -e '.streams | any(.dtmf_packets > 50 and .lost == 0 and .jitter_max_ms < 1)' out >/dev/null || fail "keys: $(cat out)"
make x.pcap --ssrc
look --json
jq -e '(.streams | length == 3) and all(.streams[]; .lost == 0)' out >/dev/null || fail "another SSRC: $(cat out)"

# For people: the call, its ladder, the table; all of it within 80 columns.
make x.pcap --loss 5
look --ladder --svg call.svg
expect_status 0 'for people'
expect out 'SIP  10.77.0.1 > 10.77.0.2, 1500 to 2500: answered' 'for people'
expect out '-INVITE 2500-' 'for people'
grep -q '<svg' call.svg || fail 'there is no SVG'
awk 'length > 80 { exit 1 }' out || fail "wider than 80 columns: $(cat out)"
look --ladder=2
expect_status 1 'a call that is not there'
expect err 'no call 2 was seen: there is 1' 'a call that is not there'

# A capture that is none, one that is cut, and words that do not fit.
head -c 5000 x.pcap >cut.pcap
echo 'no capture' >none.pcap
for file in cut none missing; do
    status=0
    "$VOIPLAB" capture --read "$file.pcap" --state "$work/state" >out 2>err </dev/null || status=$?
    expect_status 1 "$file.pcap"
    expect err "$file.pcap" "$file.pcap"
done
look -w y.pcap
expect_status 2 'both a file and a link'
status=0
"$VOIPLAB" capture --state "$work/state" >out 2>err </dev/null || status=$?
expect_status 2 'neither a file nor a lab'

cat >lab.ini <<END
[lab]
name = demo
[bridge]
name = br7
interface = none
address = 10.77.0.250/24
[image pbx]
base = build:debian-asterisk
[pbx alfa]
image = pbx
address = 10.77.0.1
[pbx beta]
image = pbx
address = 10.77.0.2
END
look -f lab.ini alfa:beta --ladder
expect_status 0 'with a lab'
expect out 'SIP  alfa > beta, 1500 to 2500: answered' 'with a lab'
look -f lab.ini alfa:nobody
expect_status 2 'a trunk that is not there'
status=0
"$VOIPLAB" capture -n -f lab.ini alfa --state "$work/state" >out 2>err </dev/null || status=$?
expect_status 0 'dry run'
expect out "would listen on 'br7' for 300 s" 'dry run'
expect out '(host 10.77.0.1) and not (tcp port 22)' 'dry run'
finish
