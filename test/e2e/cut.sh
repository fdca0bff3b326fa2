#!/bin/bash
# The connection to a PBX is cut after the k-th byte of a push, in either direction: each of its files is the old one or
# the new one, whole, and the next run finishes.
#
# usage: cut.sh [--full]    200 places instead of 40
#
# ctest: FIXTURES_REQUIRED tree TIMEOUT 900 COST 120
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=test/e2e/lib.sh
. "$here/lib.sh"
# shellcheck source=test/e2e/fixture.sh
. "$here/fixture.sh"

places=40
if [ "${1-}" = --full ]; then
    places=200
    shift
fi
requires python3
begin "$@"
remember_hosts
voiplab up
ends 0 "up"
on pbx1 cp -a /etc/asterisk /root/asterisk.after

checks "a relay in front of the sshd of pbx1 changes nothing"
sed -i '/^\[pbx pbx1\]/a port = 2200' "$lab"
echo none >"$work/cut"
ip netns exec "vlb$(printf '%s' "$(realpath "$work/bed")" | sha256sum | cut -c1-6)-pbx1" \
    python3 "$here/relay.py" 2200 22 "$work/cut" "$work/count" &
relay=$!
# shellcheck disable=SC2317
stop_relay() { kill "$relay" 2>/dev/null || :; }
cleanup_fn stop_relay
listens() { voiplab status pbx1 --wait 1 && [ "$status" -eq 0 ]; }
retry 10 listens || fail "no way through the relay: $(cat "$work/err")"

# The files as they were before voiplab, which Asterisk is not told: what the push has to do is the same each time.
spoil() {
    on pbx1 sh -c 'cd /etc/asterisk && rm -f voiplab_*.conf .*.voiplab &&
        cp -a /root/asterisk.before/sip.conf /root/asterisk.before/iax.conf .'
}
# shellcheck disable=SC2016
old_or_new() {
    on pbx1 sh -c 'cd /etc/asterisk && for file in sip.conf iax.conf voiplab_sip.conf voiplab_iax.conf; do
        if [ -e "$file" ]; then cmp -s "$file" "/root/asterisk.after/$file" && continue; fi
        if [ -e "/root/asterisk.before/$file" ]; then cmp -s "$file" "/root/asterisk.before/$file" && continue
        else [ -e "$file" ] || continue; fi
        echo "$file"; exit 1; done' || fail "neither old nor new on pbx1 when cut after $1: $(cat "$work/err")"
}

checks "how many bytes a push takes"
spoil
voiplab trunk pbx1
ends 0 "trunk pbx1 through the relay"
every contents_of "$work/right"
retry 5 test -s "$work/count" || fail "the relay counted nothing"
read -r to from <"$work/count"
echo "  $to to pbx1, $from from it"

checks "cut after each of $places places"
cut=0 old=0 late=1600
for ((i = 0; i < places; i++)); do
    if ((i % 2)); then way=from total=$from; else way=to total=$to; fi
    # half of them over the whole, half where files are put in place, which is the end
    if ((i % 4 < 2)); then at=$((total * (i + 1) / (places + 1))); else at=$((total - late * (i + 1) / places)); fi
    spoil
    echo "$way $at" >"$work/cut"
    voiplab trunk pbx1 --wait 1
    echo none >"$work/cut"
    [ "$status" -eq 0 ] || cut=$((cut + 1))
    old_or_new "$at bytes $way pbx1"
    on pbx1 test -e /etc/asterisk/voiplab_iax.conf || old=$((old + 1))
    voiplab trunk pbx1
    ends 0 "trunk pbx1 after it was cut after $at bytes $way pbx1"
    every contents_of "$work/now"
    same "$work/right" "$work/now" "not finished after it was cut after $at bytes $way pbx1"
    no_leftovers
done
echo "  $cut of the runs were cut, $old of them before the first file"
[ "$cut" -ge $((places / 2)) ] || fail "only $cut of the runs were cut"
[ "$old" -lt "$places" ] || fail "no run was cut late enough to write anything"
is_registered pbx1 || fail "pbx1 is not registered"
[ -z "$(on pbx1 sh -c 'ls -A /tmp | grep voiplab')" ] || fail "left in /tmp of pbx1: $(on pbx1 ls -A /tmp)"
echo "all as it should be"
