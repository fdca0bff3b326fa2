#!/bin/bash
# The capacity of a PBX is found, and what gave first: a call limit; with --full also RTP ports, open files and a slow
# SIPp, three times each.
#
# ctest: FIXTURES_REQUIRED tree TIMEOUT 400 COST 90
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=test/e2e/lib.sh
. "$here/lib.sh"
# shellcheck source=test/e2e/fixture.sh
. "$here/fixture.sh"

begin --guests 1
requires sipp
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
    say "$(jq -c '.capacities[0] | [.capacity, .limit_text, (.steps | length)]' "$work/out") after ${seconds:?} s"
}
rounds=1
! full || rounds=3

checks "a call limit of 25 is found, and said to be that"
on pbx1 sh -c 'printf "[1500](+)\ncall-limit=25\n" >>/etc/asterisk/sip.conf; asterisk -rx "sip reload"' >/dev/null
retry 10 sh -c "\"$bed\" exec \"$work/bed\" pbx1 asterisk -rx 'sip show peer 1500' | grep -q 'Call limit *: 25'" ||
    fail "the limit is not taken"
for ((i = 0; i < rounds; i++)); do finds 25 25 'call limit'; done
full || exit 0
# shellcheck disable=SC2016 # $d is for sed
on pbx1 sh -c 'sed -i "/^\[1500\](+)/,\$d" /etc/asterisk/sip.conf; asterisk -rx "sip reload"' >/dev/null

checks "20 RTP ports"
on pbx1 sh -c 'cp /etc/asterisk/rtp.conf /root; printf "[general]\nrtpstart=10000\nrtpend=10019\n" >/etc/asterisk/rtp.conf
    asterisk -rx "module reload res_rtp_asterisk.so"' >/dev/null
for ((i = 0; i < 3; i++)); do finds 8 10 'RTP ports'; done
on pbx1 sh -c 'cp /root/rtp.conf /etc/asterisk; asterisk -rx "module reload res_rtp_asterisk.so"' >/dev/null

checks "a SIPp that is slow, by the rate"
mkdir "$work/slow"
printf '#!/bin/sh\nexec %s "$@" -timer_resol 500 -max_sched_loops 5\n' "$(command -v sipp)" >"$work/slow/sipp"
chmod -R a+rx "$work" "$work/slow"
for ((i = 0; i < 3; i++)); do PATH=$work/slow:$PATH finds 1 20 generator --by rate; done
