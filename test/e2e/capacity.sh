#!/bin/bash
# The capacity of a PBX is found, and what gave first: a call limit; with --full also RTP ports, open files and a slow
# SIPp, three times each, which agree within 10 %.
#
# ctest: FIXTURES_REQUIRED tree TIMEOUT 400 COST 55
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=test/e2e/lib.sh
. "$here/lib.sh"
# shellcheck source=test/e2e/fixture.sh
. "$here/fixture.sh"

begin --guests 1
requires sipp cc
# shellcheck disable=SC2034 # for fixture.sh
guests=pbx1 hosts="hub pbx1"
voiplab up
ends 0 "up"

# finds LEAST MOST LIMIT [OPTION...]: the search ends in at most 12 steps with a capacity between these, and names LIMIT
finds() {
    local least=$1 most=$2 limit=$3
    shift 3
    voiplab sipp capacity --target pbx1 --json "$@"
    ends 0 "capacity"
    jq -e --argjson least "$least" --argjson most "$most" --arg limit "$limit" '.capacities[0] | .confirmed and
        .capacity >= $least and .capacity <= $most and .limit == $limit and (.steps | length) <= 12' "$work/out" >/dev/null ||
        fail "wanted $least to $most, by $limit: $(cat "$work/out")"
    found+=("$(jq .capacities[0].capacity "$work/out")")
    say "$(jq -c '.capacities[0] | [.capacity, .limit_text, (.steps | length)]' "$work/out") after ${seconds:?} s"
}
# agree: what was found since the last time differs by no more than a tenth, or by one call
agree() {
    printf '%s\n' "${found[@]}" | sort -n | awk '{ last = $1 } NR == 1 { first = $1 }
        END { exit last - first > 1 && last - first > last / 10 }' || fail "they do not agree: ${found[*]}"
    found=()
}
found=()
rounds=1
! full || rounds=3

checks "a call limit of 25 is found, and said to be that"
on pbx1 sh -c 'printf "[1500](+)\ncall-limit=25\n" >>/etc/asterisk/sip.conf; asterisk -rx "sip reload"' >/dev/null
retry 10 sh -c "\"$bed\" exec \"$work/bed\" pbx1 asterisk -rx 'sip show peer 1500' | grep -q 'Call limit *: 25'" ||
    fail "the limit is not taken"
for ((i = 0; i < rounds; i++)); do finds 25 25 'call limit'; done
agree
jq -e --argjson cores "$(grep -c ^processor /proc/cpuinfo)" '.capacities[0] | (.per_core * $cores | round) == 25 and .at_least' "$work/out" >/dev/null ||
    fail "what comes to a processor: $(cat "$work/out")"
kept=$(find "$work/state/bed/loads" -name 'capacity-load-*' | sort | tail -n 1)
jq -e '.schema == "voiplab.capacity.1" and .limit.what == "call limit" and .capacity.capacity == 25 and
    (.samples | map(.up) | max) == 25 and (.samples | map(.at_s) | . == sort and max > 15) and
    (.capacity.steps | map(.begun_s) | . == sort) and .capacity.steps[-1].begun_s < .samples[-1].at_s' "$kept/result.json" >/dev/null ||
    fail "what is kept: $(head -c 2000 "$kept/result.json")"
cp "$kept/report.html" "$work/report.html"
"$VOIPLAB" sipp report --share "$SOURCE/share" -q "$kept" || fail "the report is not made again"
cmp "$kept/report.html" "$work/report.html" || fail "it is another one"
grep -q '<h1 id="answer">25 calls at once' "$kept/report.html" || fail "the report does not begin with the answer"
full || exit 0

# asterisk_anew: what sip.conf has no more is forgotten; a reload keeps it
asterisk_anew() {
    "$bed" stop "$work/bed" pbx1
    "$bed" start "$work/bed" pbx1
    "$bed" wait "$work/bed"
}
# shellcheck disable=SC2016 # $d is for sed
on pbx1 sed -i '/^\[1500\](+)/,$d' /etc/asterisk/sip.conf
asterisk_anew

checks "20 RTP ports"
on pbx1 sh -c 'cp /etc/asterisk/rtp.conf /root; printf "[general]\nrtpstart=10000\nrtpend=10019\n" >/etc/asterisk/rtp.conf
    asterisk -rx "module reload res_rtp_asterisk.so"' >/dev/null
for ((i = 0; i < rounds; i++)); do finds 8 10 'RTP ports'; done
agree
on pbx1 sh -c 'cp /root/rtp.conf /etc/asterisk; asterisk -rx "module reload res_rtp_asterisk.so"' >/dev/null

checks "64 open files"
# shellcheck disable=SC2016 # for the shell over there
limit_files() {
    on pbx1 setpriv --reuid asterisk --regid asterisk --clear-groups \
        sh -c 'prlimit --nofile='"$1"': --pid $(cat /run/asterisk/asterisk.pid)'
}
asterisk_anew # without the ports of the last search
limit_files 64
# shellcheck disable=SC2016
free=$((64 - $(on pbx1 sh -c 'ls /proc/$(cat /run/asterisk/asterisk.pid)/fd | wc -l')))
say "$free of 64 files are free"
for ((i = 0; i < rounds; i++)); do
    if [ "$i" -gt 0 ]; then # an Asterisk that had no file left keeps some for good: the search says how many
        asterisk_anew
        limit_files 64
    fi
    finds $((free / 5)) $((free / 3)) 'open files'
done
agree
jq -e '.capacities[0].log | test("Too many open files|allocate|RTP")' "$work/out" >/dev/null ||
    fail "the log: $(jq .capacities[0].log "$work/out")"
asterisk_anew # what it keeps of the search would be waited for

checks "a SIPp that is slow is what is named, and not the PBX"
slow=$(mktemp -d "${TMPDIR:-/tmp}/voiplab-slow.XXXXXX")
cleanup_fn rm -rf "$slow"
cc -shared -fPIC -o "$slow/slow.so" "$SOURCE/test/tools/slow_sipp.c"
sed "s|SIPP|$(command -v sipp)|; s|SLOW|$slow/slow.so|" >"$slow/sipp" <<'END'
#!/bin/sh
# the one that answers (-sn) stays as fast as it is
case $1 in -sf) LD_PRELOAD=SLOW && export LD_PRELOAD ;; esac
exec SIPP "$@"
END
chmod 0755 "$slow" "$slow/sipp" "$slow/slow.so"
for ((i = 0; i < rounds; i++)); do PATH=$slow:$PATH finds 30 50 generator --by rate; done
agree
