#!/bin/bash
# ssh, cli, exec, logs and inspect against the PBXs of a lab that is up: real sshds, real Asterisks.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=test/e2e/lib.sh
. "$here/lib.sh"
# shellcheck source=test/e2e/fixture.sh
. "$here/fixture.sh"

begin "$@"
requires ssh scp script
state=$work/state/bed

checks "ssh logs in before the first up, and writes the files for it; once"
voiplab ssh pbx1 hostname
ends 0 "ssh pbx1 hostname"
[ "$(cat "$work/out")" = pbx1 ] || fail "hostname of pbx1: $(cat "$work/out")"
said "write $state/ssh/config"
voiplab ssh pbx2 sh -c "'echo \$0; exit 9'"
ends 9 "ssh with a status"
[ "$(cat "$work/out")" = sh ] || fail "the remote shell did not take the words apart: $(cat "$work/out")"
not_said "write"

checks "plain ssh and scp use them; a host with another key is refused"
"$bed" host "$work/bed" ssh -F "$state/ssh/config" hub hostname </dev/null >"$work/out"
[ "$(cat "$work/out")" = hub ] || fail "plain ssh: $(cat "$work/out")"
"$bed" host "$work/bed" scp -q -F "$state/ssh/config" pbx3:/etc/hostname "$work/hostname" </dev/null
[ "$(cat "$work/hostname")" = pbx3 ] || fail "plain scp: $(cat "$work/hostname")"
other=$(cut -d ' ' -f 1,2 "$work/bed/keys/pbx2_host_ed25519.pub")
sed "s|^\(${BED_PBX1//./\\.}\) .*|\1 $other|" "$state/ssh/known_hosts" >"$work/wrong"
if "$bed" host "$work/bed" ssh -F "$state/ssh/config" -o UserKnownHostsFile="$work/wrong" pbx1 true </dev/null \
    2>"$work/err"; then
    fail "another host key was taken"
fi
expect_contains "$(cat "$work/err")" "Host key verification failed" "what ssh said"

voiplab up
ends 0 "up"

checks "cli: one command, and the console on a terminal"
voiplab cli -q pbx1 'sip show registry'
ends 0 "cli"
said "Registered"
voiplab cli -q hub 'sip show peer 7001 load'
ends 0 "cli"
said "* Name       : 7001"
"$bed" host "$work/bed" script -qec "'$VOIPLAB' cli -f '$lab' --share '$SOURCE/share' --state '$work/state' hub" /dev/null \
    < <(sleep 3; echo 'core show version'; sleep 2; echo exit; sleep 1) >"$work/console" 2>&1 || :
expect_contains "$(cat "$work/console")" "Connected to Asterisk" "the console"
expect_contains "$(cat "$work/console")" "Asterisk 16" "the answer in the console"

checks "exec: all at once, words as they are, streams, statuses"
voiplab exec -q -- hostname
ends 0 "exec"
for name in $hosts; do said "$name: $name"; done
# shellcheck disable=SC2016
voiplab exec -q pbx1 -- printf '%s\n' "it's" '$HOME' 'two  words' '*'
ends 0 "exec with words"
# shellcheck disable=SC2016
printf 'pbx1: %s\n' "it's" '$HOME' 'two  words' '*' | cmp -s - "$work/out" || fail "the words: $(cat "$work/out")"
voiplab exec -q pbx1 -- sh -c 'echo one; echo two >&2; printf "\033]0;x\007\n"'
printf 'pbx1: %s\n' one two '\x1b]0;x\x07' | cmp -s - "$work/out" || fail "the lines: $(cat "$work/out")"
# shellcheck disable=SC2016
voiplab exec --json -- sh -c '[ "$(hostname)" != pbx2 ] || exit 3'
ends 4 "exec that fails on one"
jq -e '[.pbxs[] | [.pbx, .status]] == [["hub", 0], ["pbx1", 0], ["pbx2", 3], ["pbx3", 0]]' "$work/out" >/dev/null ||
    fail "the document: $(cat "$work/out")"
voiplab exec -- false
ends 1 "exec that fails on all"
voiplab exec -q hub -- cat /etc/asterisk/voiplab_sip.conf
ends 0 "exec cat"
said "secret=••••"
while read -r _ _ secret; do not_said "$secret"; done <"$state/secrets"

checks "calls: nobody calls; then both ends of a call over a trunk, each with what it is connected with"
voiplab calls
ends 0 "calls when there are none"
said "0 channels on 0 of 4 PBXs"
cli pbx1 'channel originate Local/2999@from-internal/n application Wait 300' >/dev/null
for _ in $(seq 50); do
    voiplab calls --json
    jq -e '[.channels[] | select(.state == "Up")] | length == 4 and any(.application == "Echo")' "$work/out" >/dev/null && break
    sleep 0.1
done
jq -e '[.channels[] | select(.pbx == "pbx2")] | length == 1 and (.[0] | .number == "2999" and .application == "Echo" and
    .with == null and (.channel | startswith("IAX2/")) and (.time | test("^0:00:[0-9]{2}$")))' "$work/out" >/dev/null ||
    fail "the called end: $(cat "$work/out")"
jq -e '[.channels[] | select(.pbx == "pbx1" and (.channel | startswith("IAX2/"))).with] |
    length == 1 and (.[0] | startswith("Local/2999@from-internal"))' "$work/out" >/dev/null || fail "what the trunk is connected with: $(cat "$work/out")"
voiplab calls pbx2
ends 0 "calls of one"
said "1 channel on 1 of 1 PBX"
not_said "pbx1"
cli pbx1 'channel request hangup all' >/dev/null

checks "exec: they work at the same time, and one that is away is the failure of one"
voiplab exec -- sleep 3
ends 0 "exec sleep"
[ "$seconds" -le 8 ] || fail "four times three seconds took $seconds s"
"$bed" stop "$work/bed" pbx3
voiplab exec --wait 2 -- true
ends 4 "exec without pbx3"
said "voiplab: pbx3: "
"$bed" start "$work/bed" pbx3
"$bed" wait "$work/bed"

checks "exec: works where Asterisk does not"
on pbx2 asterisk -rx 'core stop now' >/dev/null
voiplab exec -q pbx2 -- hostname
ends 0 "exec without Asterisk"
voiplab cli pbx2 'core show version'
ends 1 "cli without Asterisk"
said "does Asterisk run there?"
voiplab calls --wait 2
ends 4 "calls without an Asterisk of four"
said "voiplab: pbx2: "

checks "logs: the end of the file, and what follows"
on hub asterisk -rx 'logger add channel messages.log notice,warning,error' >/dev/null || :
cli hub 'channel originate Local/nobody@nowhere application Wait 1' >/dev/null
voiplab logs -q hub
ends 0 "logs"
[ -s "$work/out" ] || fail "the log of the hub is empty"
voiplab logs --json hub
file=$(jq -r .file "$work/out")
"$bed" host "$work/bed" timeout 6 "$VOIPLAB" logs -q -F hub -f "$lab" --share "$SOURCE/share" --state "$work/state" \
    </dev/null >"$work/followed" 2>&1 &
follower=$!
sleep 3
on hub sh -c "echo 'a line that comes late' >>'$file'"
wait "$follower" || :
expect_contains "$(cat "$work/followed")" "a line that comes late" "what was followed"

checks "inspect: the accounts that the PBXs have, and their secrets only when they are asked for"
voiplab inspect --json --show-secrets
ends 0 "inspect"
secret=$(jq -r '.entries[] | select(.kind == "PBX" and .name == "pbx1").secret' "$work/out")
on hub sed -n '/^\[7001\]/,/^secret=/p' /etc/asterisk/voiplab_sip.conf | grep -qx "secret=$secret" ||
    fail "the hub has another secret for 7001"
secret=$(jq -r '.entries[] | select(.name == "pbx1 to pbx2").secret' "$work/out")
on pbx2 grep -qx "secret=$secret" /etc/asterisk/voiplab_iax.conf || fail "pbx2 has another secret for pbx1"
voiplab inspect
not_said "not made yet"
while read -r _ _ secret; do not_said "$secret"; done <"$state/secrets"
voiplab inspect pbx2
said "pbx1 to pbx2"
not_said "pbx1 to pbx3"
