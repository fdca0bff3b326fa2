#!/bin/bash
# A guest that is away, refuses, is somebody else or hangs gets its own line and exit status 4; the others are done.
#
# ctest: FIXTURES_REQUIRED tree TIMEOUT 900 COST 40
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=test/e2e/lib.sh
. "$here/lib.sh"
# shellcheck source=test/e2e/fixture.sh
. "$here/fixture.sh"

begin --dead pbx2 --refuse pbx3

# line_about NAME: one line about this guest and no more, on stderr
line_about() {
    local lines
    lines=$(grep -c "^voiplab: $1: " "$work/err" || :)
    [ "$lines" = 1 ] || fail "$lines lines about $1, wanted one:
$(cat "$work/err")"
}

checks "one guest is dead, one refuses: a line each, the others done"
voiplab up --wait 3
ends 4 "up with two guests away"
line_about pbx2
line_about pbx3
[ "$seconds" -le 60 ] || fail "it took $seconds s"
is_registered pbx1 || fail "pbx1 is not registered"
accounts_ok 1 || fail "the hub does not reach pbx1"
said "2 of 4 PBXs failed"

checks "what differs on who does not answer is not known, which is no difference"
voiplab up --check --wait 3
ends 4 "up --check with two guests away"
said "2 of 4 PBXs do not answer, so what differs there is not known"
voiplab up --dry-run --wait 3
ends 0 "up --dry-run with two guests away"
said "for 2 of 4 PBXs, which do not answer, this is a guess"

checks "--json names them"
voiplab status --wait 2 --json
ends 4 "status"
for name in pbx2 pbx3; do
    jq -e --arg name "$name" '[.failures[] | select(.pbx == $name)] | length == 1' "$work/out" >/dev/null ||
        fail "status --json does not name $name: $(cat "$work/out")"
done

checks "when they are there, a second up finishes the lab"
"$bed" start "$work/bed" pbx2
"$bed" stop "$work/bed" pbx3
rm -f "$work/bed/run/mode.pbx3"
"$bed" start "$work/bed" pbx3
"$bed" wait "$work/bed" 20
voiplab up
ends 0 "the second up"
all_registered
nothing_to_do

checks "who is busy for some seconds is waited for, by who only looks as well"
# shellcheck disable=SC2016 # for the shell over there
server=$(on pbx1 sh -c 'for p in /proc/[0-9]*; do [ "$(cat "$p/comm")" != sshd ] || echo "${p#/proc/}"; done | head -n 1')
on pbx1 kill -STOP "$server"
{
    sleep 4
    on pbx1 kill -CONT "$server"
} &
voiplab up --check
wait "$!"
ends 0 "up --check beside a busy guest"
said "nothing to do"

checks "a guest with another host key is refused by name, and no key is offered to it"
on pbx2 sh -c 'rm -f /etc/ssh/ssh_host_*; ssh-keygen -q -t ed25519 -N "" -f /etc/ssh/ssh_host_ed25519_key
    sed -i "/^LogLevel/d; 1i LogLevel DEBUG1" /etc/ssh/sshd_config'
"$bed" stop "$work/bed" pbx2
: >"$work/bed/log/pbx2.log"
"$bed" start "$work/bed" pbx2
"$bed" wait "$work/bed" 20
on pbx1 rm /etc/asterisk/voiplab_sip.conf # so that there is something to do on another
times_of pbx2 >"$work/before"
voiplab up --wait 3
ends 4 "up with a changed host key"
line_about pbx2
said "host key of 'pbx2' is not the one"
times_of pbx2 >"$work/now"
same "$work/before" "$work/now" "something was written to a guest with a wrong host key"
is_registered pbx1 || fail "pbx1 was not done"
log=$(cat "$work/bed/log/pbx2.log")
expect_contains "$log" "Connection from $BED_GATEWAY" "the sshd of pbx2 (so this test can fail)"
expect_lacks "$log" "userauth-request" "the sshd of pbx2"
expect_lacks "$log" "Accepted publickey" "the sshd of pbx2"
expect_lacks "$log" "Failed publickey" "the sshd of pbx2"

checks "with the right key again it is welcome, and its sshd would have told of a login"
on pbx2 sh -c 'cat >/etc/ssh/ssh_host_ed25519_key; chmod 0600 /etc/ssh/ssh_host_ed25519_key' \
    <"$work/bed/keys/pbx2_host_ed25519"
"$bed" stop "$work/bed" pbx2
"$bed" start "$work/bed" pbx2
"$bed" wait "$work/bed" 20
voiplab up
ends 0 "up with the right host key"
expect_contains "$(cat "$work/bed/log/pbx2.log")" "Accepted publickey" "the sshd of pbx2"

checks "a guest whose sshd hangs costs bounded time, the others are done"
# shellcheck disable=SC2016
on pbx3 sh -c 'kill -STOP $(pidof sshd)'
on pbx1 rm /etc/asterisk/voiplab_iax.conf
voiplab up --wait 3
ends 4 "up with a hanging sshd"
line_about pbx3
[ "$seconds" -le 45 ] || fail "it took $seconds s"
peers_ok pbx1 2 || fail "pbx1 was not done"
# shellcheck disable=SC2016
on pbx3 sh -c 'kill -CONT $(pidof sshd)'
voiplab up
ends 0 "up after that"
all_registered
echo "all as it should be"
