#!/bin/bash
# A hundred guests of which ninety-nine lead nowhere, each in its own way and for ever: the hundredth is served, and every
# command ends within the deadline of a guest and a second, since nobody waits for them one after the other.
#
# ctest: FIXTURES_REQUIRED tree TIMEOUT 300 COST 45
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=test/e2e/lib.sh
. "$here/lib.sh"
# shellcheck source=test/e2e/fixture.sh
. "$here/fixture.sh"
requires python3

deadline=10
begin --guests 1
key=$(cut -d' ' -f1,2 "$work/bed/keys/hub_host_ed25519.pub")
addresses=
for n in $(seq 1 99); do
    address=${BED_NET%.*}.$((100 + n))
    ip -n "$BED_HOST_NS" address add "$address/32" dev lo
    addresses="$addresses $address"
    printf '\n[pbx hangs%d]\nplace = ssh\naddress = %s\nhostkey = %s\nprefix = %d\nextensions = %d500\n' \
        "$n" "$address" "$key" "$((200 + n))" "$((200 + n))"
done >>"$lab"
# shellcheck disable=SC2086
ip netns exec "$BED_HOST_NS" "$here/hangs.py" $addresses >"$work/listening" &
cleanup_fn kill $!
retry 10 grep -q '^99 listen' "$work/listening" || fail "the servers that lead nowhere do not listen"

# in_time WHAT: the last voiplab kept to the deadline of a guest and a second, and a few times of what a whole `up` of the
# one guest takes now: how busy the machine is
in_time() {
    say "$1: $milliseconds ms"
    [ "$milliseconds" -le $(((deadline + 1) * 1000 + 4 * alone)) ] ||
        fail "$1 took $milliseconds ms, where the deadline is $deadline s and one guest alone takes $alone ms"
}
timed() {
    local begun
    begun=$(date +%s%N)
    voiplab "$@"
    milliseconds=$((($(date +%s%N) - begun) / 1000000))
}

checks "up of the one alone does not wait for the others"
timed up --wait $deadline pbx1 hub
ends 0 "up pbx1 hub"
alone=$milliseconds
say "up of one: $alone ms"
[ "$alone" -lt $((deadline * 1000)) ] || fail "up pbx1 hub took $alone ms"
on pbx1 sh -c 'rm -f /etc/asterisk/voiplab_*.conf; asterisk -rx "sip reload"' >/dev/null

checks "up of all: the one is served, the others are told"
timed up --wait $deadline
ends 4 "up"
in_time up
said "99 of 101 PBXs"
on pbx1 sh -c 'test -s /etc/asterisk/voiplab_sip.conf' || fail "the guest that answers was not served"
is_registered pbx1 || fail "the guest that answers is not registered: $(cli pbx1 'sip show registry')"

for command in status "up --check"; do
    checks "$command"
    # shellcheck disable=SC2086
    timed $command --wait $deadline
    in_time "$command"
done
