#!/bin/bash
# What needs no secret works for an ordinary user also once root has made the lab's state, and says what it does not
# know; what needs one says that it is for root.
# shellcheck source=test/cli/support.sh
. "${SOURCE:?}/test/cli/support.sh"
need jq
[ "$(id -u)" -eq 0 ] || skip 'not root'
setpriv --reuid=65534 --regid=65534 --clear-groups "$VOIPLAB" --version >/dev/null 2>&1 ||
    skip 'the program is where nobody else can run it'
chmod 755 .
cp "$SOURCE/share/labs/quickstart.ini" voiplab.ini
chmod 644 voiplab.ini
printf '[a]\nexten => 1,1,Answer()\nexten => 1,2,Hangup()\n' >extensions.conf
chmod 644 extensions.conf
: >out
: >err

nobody() {
    status=0
    setpriv --reuid=65534 --regid=65534 --clear-groups "$VOIPLAB" "$@" --state "$work/state" -c "$nowhere" >out 2>err </dev/null || status=$?
}
nobody dialplan show 1500
cp out before
grep -q '^1500 ' before || fail "dialplan show before the first up: $(cat err)"
mkdir -m 700 state state/quickstart
printf '# secrets\nsip/7001 = abcdefghijklmnopqrstuvwx\n' >state/quickstart/secrets
chmod 600 state/quickstart/secrets

for mode in 700 755; do # the directory of all labs, and that of this one
    chmod "$mode" state
    nobody dialplan show 1500
    expect_status 0 "dialplan show, state $mode"
    cmp -s out before || fail "dialplan show says something else: $(diff before out)"
    expect err 'is for root' "dialplan show, state $mode"
    for words in 'check-cpu -q' 'dialplan lint extensions.conf' 'inspect' 'sipp -n' 'image -n'; do
        # shellcheck disable=SC2086
        nobody $words
        expect_not err 'ermission denied' "$words, state $mode"
        [ "$words" = 'check-cpu -q' ] || expect_status 0 "$words, state $mode"
    done
    nobody inspect
    grep -q '^PBX  *alfa .* for root  *-  *for root$' out || fail "inspect claims to know what is for root: $(cat out)"
    expect_not out 'not made yet' inspect
    for words in 'inspect --show-secrets' 'up --dry-run' 'trunk --check' 'status' 'sipp' 'phone -n'; do
        # shellcheck disable=SC2086
        nobody $words
        case $words in phone*) continue ;; esac # the lab has none
        expect_status 1 "$words, state $mode"
        expect err "the secrets in '$work/state/quickstart' are for root, and this needs them; run it as root" "$words"
    done
    [ "$(find state | wc -l)" -eq 3 ] || fail "somebody wrote into the state: $(find state)"
done
run inspect --state "$work/state"
expect_not out 'for root' 'inspect by root'
finish
