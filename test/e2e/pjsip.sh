#!/bin/bash
# Trunks between Asterisks with chan_sip and with PJSIP, of 2020 and of today, and to one without IAX2: brought up,
# called over every one of them, found in place, lost and found again, taken away. With a hub of each kind.
#
# ctest: FIXTURES_REQUIRED "tree;tree-sid" TIMEOUT 900 COST 100
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=test/e2e/lib.sh
. "$here/lib.sh"
# shellcheck source=test/e2e/fixture.sh
. "$here/fixture.sh"

guests="pbx1 pbx2 pbx3 pbx4"
hosts="hub $guests"
# pbx1: 16, chan_sip. pbx2: 16, PJSIP, as the lab file says. pbx3: 22, found out. pbx4: 22, without IAX2
kinds="--pjsip pbx2 --sid pbx3 --sid pbx4 --no-iax2 pbx4"

# begin_lab OPTION...: a bed with a hub of some kind
begin_lab() {
    # shellcheck disable=SC2086 # a list of words
    begin --guests 4 $kinds "$@"
    sed -i '/^\[pbx pbx2\]$/a sip = pjsip' "$lab"
}

# complaints NAME: what its Asterisk has warned of, without the time and the thread
complaints() {
    on "$1" sh -c 'cat /var/log/asterisk/messages*' |
        sed -n 's/^\[[^]]*\] \(WARNING\|ERROR\)\[[0-9]*\]\(\[C-[0-9a-f]*\]\)\{0,1\} /\1 /p' | sort -u
}

# no_complaints WHAT: nobody has warned of anything that it did not warn of before it had a file of ours
no_complaints() {
    local name new
    for name in $hosts; do
        complaints "$name" >"$work/complaints.$name.now"
        new=$(comm -13 "$work/complaints.$name" "$work/complaints.$name.now")
        [ -z "$new" ] || fail "$name complains ($1):
$new"
    done
}

driver_of() {
    case $(cli "$1" 'module show like chan_sip.so') in
    *Running*) echo chan_sip ;;
    *) echo pjsip ;;
    esac
}

# registered NAME: its Asterisk says that its one registration, at the hub, is in force
registered() {
    case $(driver_of "$1") in
    chan_sip) is_registered "$1" ;;
    *) [ "$(cli "$1" 'pjsip show registrations' | grep -c "^ hub/sip:$BED_HUB .* Registered .*(exp. [0-9]*s)")" -eq 1 ] ;;
    esac
}

# reachable NAME COUNT: so many of its SIP peers answer, and all of them do
reachable() {
    local text
    case $(driver_of "$1") in
    chan_sip)
        text=$(cli "$1" 'sip show peers')
        [ "$(grep -c ' OK (' <<<"$text")" -eq "$2" ]
        ;;
    *)
        text=$(cli "$1" 'pjsip show contacts')
        [ "$(grep -c ' Avail  ' <<<"$text")" -eq "$2" ] && grep -q "^Objects found: $2\$" <<<"$text"
        ;;
    esac
}

# all_linked: asked of the Asterisks themselves. Each guest has the hub and its trunks that are SIP.
all_linked() {
    local name
    for name in $guests; do retry 15 registered "$name" || fail "$name is not registered"; done
    for name in pbx1 pbx2 pbx3; do
        retry 15 reachable "$name" 2 || fail "$name does not reach the hub and pbx4"
        peers_ok "$name" 2 || fail "$name does not reach its IAX2 peers:
$(cli "$name" 'iax2 show peers')"
    done
    reachable pbx4 4 || fail "pbx4 does not reach the hub and the others: $(cli pbx4 'pjsip show contacts')"
    reachable hub 4 || fail "the hub does not reach its accounts"
}

up_and_called() {
    local name
    checks "up on a fresh lab, $1"
    for name in $hosts; do complaints "$name" >"$work/complaints.$name"; done
    every contents_of "$work/fresh"
    voiplab up
    ends 0 "the first up"
    said "4 registrations, 16 peers"
    said "over IAX2: answered"
    said "over SIP: answered"
    said "over two SIP trunks and the hub: answered"
    all_linked

    checks "a call over every trunk, $1"
    voiplab verify
    ends 0 "verify"
    said "28 of 28 calls were answered"
    not_said "not answered"

    checks "nobody complains, $1"
    no_complaints "$1"
}

found_in_place() {
    checks "a second up finds nothing to do and touches no file, $1"
    every times_of "$work/before"
    nothing_to_do
    every times_of "$work/now"
    same "$work/before" "$work/now" "an up with nothing to do touched files"
    voiplab up --check
    ends 0 "up --check"
}

# taken_away WHAT: the hosts are as they were
taken_away() {
    checks "trunk remove leaves the hosts as they were, $1"
    voiplab trunk remove
    ends 0 "trunk remove"
    every contents_of "$work/now"
    same "$work/fresh" "$work/now" "trunk remove did not leave the hosts as they were"
    for name in pbx2 pbx3 pbx4; do
        cli "$name" 'pjsip show registrations' | grep -q '^No objects found' || fail "$name still registers"
        cli "$name" 'pjsip show endpoints' | grep -q '^No objects found' || fail "$name still has endpoints"
    done
    voiplab trunk remove
    ends 0 "trunk remove, once more"
    said "nothing to do"
}

hang_up() { if kill "$1" 2>/dev/null; then wait "$1" || :; fi; }

# telephone_of NAME: the first telephone of this guest, beside the owner of the lab, is registered and called
telephone_of() {
    local variable=BED_${1^^} digit=${1#pbx} secret
    checks "a telephone registers with $1 and is called"
    secret=$(sed -n "s/^phone\/$1\/${digit}500 = //p" "$work"/state/bed/secrets)
    "$bed" host "$work/bed" "$here/telephone" "${!variable}" "${digit}500" "$secret" >"$work/telephone" 2>&1 &
    telephone=$!
    cleanup_fn hang_up "$telephone"
    retry 5 grep -q registered "$work/telephone" || fail "it is not registered: $(cat "$work/telephone")"
    cli hub "channel originate Local/${digit}500@bed/n application Wait 10" >/dev/null
    telephone_is_up() { cli "$1" 'core show channels concise' | grep -q "^\(PJ\)\{0,1\}SIP/${digit}500-.*!Up!"; }
    retry 5 telephone_is_up "$1" || fail "no call to the telephone: $(cli "$1" 'core show channels')"
    cli hub "channel request hangup all" >/dev/null
    hang_up "$telephone"
}

# load_on NAME: SIPp, which plays a telephone of NAME, has no failed call
load_on() {
    checks "a load run on $1 has no failed call"
    cat >>"$lab" <<END

[load $1]
target = $1
extension = ${1#pbx}999
rate = 10
calls = 40
hold = 1
END
    voiplab sipp --json "$1"
    ends 0 "sipp"
    [ "$(jq -r '.loads[0] | "\(.made)/\(.succeeded)/\(.failed)"' "$work/out")" = 40/40/0 ] ||
        fail "made/succeeded/failed are not 40/40/0: $(cat "$work/out")"
}

whole_lab() {
    up_and_called "$1"
    found_in_place "$1"
}

requires sipp python3
begin_lab
whole_lab "a hub with chan_sip"

checks "who is not known gets nowhere at a PBX with PJSIP"
# From names the hub or the far end of a trunk, which are not challenged, and comes from another place
for from in hub 4001 4002 stranger; do
    for name in pbx2 pbx3 pbx4; do
        variable=BED_${name^^}
        answer=$("$bed" host "$work/bed" "$here/invite" "${!variable}" "$from" "${name#pbx}999")
        [ "$answer" = 401 ] || fail "$name answers $answer to a call of '$from'"
    done
done

for name in pbx2 pbx3; do
    telephone_of "$name"
    load_on "$name"
done
no_complaints "telephones and load"

checks "a hub that goes and comes back is found again, and registered with"
"$bed" stop "$work/bed" hub
voiplab trunk verify
[ "$status" -ne 0 ] || fail "trunk verify did not see that the hub is gone"
"$bed" start "$work/bed" hub
"$bed" wait "$work/bed" 20
voiplab up
ends 0 "up after the hub came back"
all_linked
taken_away "a hub with chan_sip"
"$bed" down "$work/bed"

begin_lab --sid hub
whole_lab "a hub of today"

checks "a telephone that is not registered is away, which is no error"
cli hub "channel originate Local/2500@bed/n application Wait 2" >/dev/null
cli pbx3 "channel originate Local/3501@from-internal/n application Wait 2" >/dev/null
sleep 3
no_complaints "a telephone that is not registered"

checks "an account has ten calls at most"
for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do
    cli hub "channel originate Local/1999@bed/n application Wait 30" >/dev/null
done
ten_are_up() { [ "$(cli hub 'core show channels concise' | grep -c '^PJSIP/7001-.*!Up!')" -eq 10 ]; }
retry 10 ten_are_up || fail "not ten calls are up: $(cli hub 'group show channels')"
sleep 1
ten_are_up || fail "more than ten calls are up"
cli hub "channel request hangup all" >/dev/null
taken_away "a hub of today"
"$bed" down "$work/bed"

begin_lab --pjsip hub
sed -i '/^\[pbx hub\]$/a sip = pjsip' "$lab"
whole_lab "a hub with PJSIP of 2020"

# becomes DRIVER NAME FILE: pbx1 has this modules.conf now, and is given what its new driver needs; it does not keep
# what the other one had
becomes() {
    on "$2" cat "$3" >"$work/modules.conf"
    on pbx1 sh -c 'cat >/etc/asterisk/modules.conf' <"$work/modules.conf"
    cli pbx1 "core restart now" >/dev/null
    restarted() { [ "$(driver_of pbx1 2>/dev/null)" = "$1" ] && [ "$(cli pbx1 'core waitfullybooted' 2>/dev/null)" = 'Asterisk has fully booted.' ]; }
    retry 20 restarted "$1" || fail "pbx1 does not come back with $1"
    voiplab up
    # on a busy machine another PBX may find it away while it starts, and asks it again only some time later
    [ "$status" -ne 4 ] || { sleep 20 && voiplab up; }
    ends 0 "up after pbx1 changed to $1"
}
on pbx1 cp -p /etc/asterisk/modules.conf /root/modules.conf

checks "a driver that is stated and not loaded, and one whose port the other has, are told with what to do"
cp -p "$lab" "$work/lab.auto"
sed -i '/^\[pbx pbx1\]$/a sip = pjsip' "$lab"
voiplab status pbx1
said "pbx1: the lab file says sip = pjsip, and it has loaded chan_sip.so in its place; write 'load = chan_pjsip.so'"
not_said "pbx2: the lab file"
on pbx2 cat /etc/asterisk/modules.conf >"$work/modules.conf"
echo 'load = chan_sip.so' >>"$work/modules.conf"
on pbx1 sh -c 'cat >/etc/asterisk/modules.conf' <"$work/modules.conf"
cli pbx1 "core restart now" >/dev/null
has_both() { [ "$(cli pbx1 'module show like chan_' 2>/dev/null | grep -c '^chan_\(pj\)\{0,1\}sip.so .* Running')" -eq 2 ]; }
retry 20 has_both || fail "pbx1 does not load both: $(cli pbx1 'module show like chan_')"
voiplab status pbx1
said "pbx1: the lab file says sip = pjsip, and chan_sip, which is loaded as well, has port 5060; write 'noload = chan_sip.so'"
sed -i '/^\[pbx pbx1\]$/,/^sip = /s/^sip = .*/sip = chan_sip/' "$lab"
voiplab status pbx1
not_said "the lab file says"
cp -p "$work/lab.auto" "$lab"

checks "a guest that changes from chan_sip to PJSIP, and back"
becomes pjsip pbx2 /etc/asterisk/modules.conf
on pbx1 test ! -e /etc/asterisk/voiplab_sip.conf || fail "pbx1 has kept voiplab_sip.conf"
on pbx1 grep -q 'voiplab' /etc/asterisk/sip.conf && fail "sip.conf of pbx1 includes it still"
one_block pbx1 pjsip.conf
nothing_to_do
becomes chan_sip pbx1 /root/modules.conf
on pbx1 test ! -e /etc/asterisk/voiplab_pjsip.conf || fail "pbx1 has kept voiplab_pjsip.conf"
on pbx1 grep -q 'voiplab' /etc/asterisk/pjsip.conf && fail "pjsip.conf of pbx1 includes it still"
one_block pbx1 sip.conf
nothing_to_do

checks "a hub that registers, with a guest of each driver, and a limit of an account"
cat >>"$lab" <<'END'

[trunk pbx1 hub]
register = hub

[trunk pbx2 hub]
register = hub

[trunk pbx3 hub]
register = hub
limit = 5
END
voiplab up
ends 0 "up with other registrations"
registered_by_hub() { [ "$(cli hub 'pjsip show registrations' | grep -c ' Registered .*(exp. [0-9]*s)')" -eq 3 ]; }
retry 15 registered_by_hub || fail "the hub is not registered: $(cli hub 'pjsip show registrations')"
cli pbx1 'sip show registry' | grep -q '^0 SIP registrations' || fail "pbx1 registers with the hub"
cli pbx2 'pjsip show registrations' | grep -q '^No objects found' || fail "pbx2 registers with the hub"
# a guest that registers once more before it has loaded its new file is told that it must not
for name in $hosts; do complaints "$name" >"$work/complaints.$name"; done
nothing_to_do
voiplab verify
ends 0 "verify"
said "28 of 28 calls were answered"
for _ in 1 2 3 4 5 6 7; do
    cli hub "channel originate Local/3999@bed/n application Wait 30" >/dev/null
done
five_are_up() { [ "$(cli hub 'core show channels concise' | grep -c '^PJSIP/7003-.*!Up!')" -eq 5 ]; }
retry 10 five_are_up || fail "not five calls are up: $(cli hub 'group show channels')"
sleep 1
five_are_up || fail "more than five calls are up"
cli hub "channel request hangup all" >/dev/null
no_complaints "a hub that registers"
taken_away "a hub with PJSIP of 2020"
echo "all as it should be"
