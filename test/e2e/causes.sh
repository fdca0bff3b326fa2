#!/bin/bash
# Why a trunk does not work: one fault after another is put into a lab that works; status or verify names its cause and
# quotes the line that shows it, and after it is put right all is well again.
#
# ctest: FIXTURES_REQUIRED "tree;tree-sid" TIMEOUT 900 COST 120
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=test/e2e/lib.sh
. "$here/lib.sh"
# shellcheck source=test/e2e/fixture.sh
. "$here/fixture.sh"

requires iptables python3 xmllint
begin --guests 2
hosts="hub pbx1 pbx2"
voiplab up
ends 0 "up"
sip=/etc/asterisk/voiplab_sip.conf iax=/etc/asterisk/voiplab_iax.conf

# reloads NAME: it reads all its files again
reloads() {
    local module
    for module in chan_sip chan_iax2 pbx_config; do cli "$1" "module reload $module.so" >/dev/null; done
}

# caused CAUSE LINE: the last voiplab has found this cause, with its title on stderr, and quotes this part of the proof
caused() {
    jq -e --arg cause "$1" --arg line "$2" \
        '[.causes[] | select(.cause == $cause and (.line | contains($line)) and .where != null and .remedy != "")] | length > 0' \
        "$work/out" >/dev/null ||
        fail "no cause '$1' with '$2': $(jq '.causes' "$work/out") $(cat "$work/err")"
    expect_contains "$(cat "$work/err")" "$2" "what $what says on stderr"
    expect_contains "$(cat "$work/err")" "$(jq -r --arg cause "$1" 'first(.causes[] | select(.cause == $cause)).title' "$work/out")" "it"
    # no secret stands in what was quoted, neither the lab's nor the wrong one
    expect_lacks "$(cat "$work/out" "$work/err")" "notthesecret" "what $what quotes"
}

# healthy: put right by up, and seen to be so
healthy() {
    voiplab up
    ends 0 "the up that repairs"
    voiplab "$1" --json
    ends 0 "$1 afterwards"
    jq -e '.causes == []' "$work/out" >/dev/null || fail "causes where all is well: $(jq .causes "$work/out")"
}

# fault WHAT NAME SCRIPT COMMAND CAUSE LINE: SCRIPT spoils something on NAME, which then loads its files
fault() {
    checks "$1"
    what=$4
    on "$2" sh -c "$3"
    reloads "$2"
    [ "$4" != status ] || for name in pbx1 pbx2; do cli "$name" "module reload chan_sip.so" >/dev/null; done
    sleep 1
    voiplab "$4" --json
    [ "$status" -eq 4 ] || [ "$status" -eq 1 ] || fail "$4 ended with $status: $(cat "$work/err")"
    caused "$5" "$6"
}

# trunk_verify [OPTION...]: the same as voiplab, for a command of two words
trunk_verify() {
    status=0
    "$bed" host "$work/bed" "$VOIPLAB" trunk verify -f "$lab" --share "$SOURCE/share" --state "$work/state" "$@" \
        >"$work/out" 2>"$work/err" </dev/null || status=$?
}

checks "every trunk, from both ends, on one screen"
trunk_verify
ends 0 "trunk verify"
[ "$(grep -c '^\(hub\|pbx1\|pbx2\)  *\(\(-\|[0-9]* ms\) *\)\{3\}$' "$work/out")" -eq 3 ] || fail "no matrix: $(cat "$work/out")"
trunk_verify --json
jq -e '(.edges | length) == 14 and all(.edges[]; .ok) and ([.edges[] | select(.milliseconds != null)] | length) == 6 and .causes == []' \
    "$work/out" >/dev/null || fail "not every edge: $(cat "$work/out")"
trunk_verify --junit
[ "$(xmllint --xpath 'concat(/testsuite/@tests, "/", /testsuite/@failures, "/", count(//testcase))' "$work/out")" = 14/0/14 ] ||
    fail "no report: $(cat "$work/out")"

fault "a wrong secret of a registration" pbx1 "sed -i 's/7001:[^@]*@/7001:notthesecret@/' $sip" status secret "Wrong password"
healthy status
fault "no such account, which the client is not told" hub "sed -i 's/^\[7001\]/[7991]/' $sip" status account "Peer 7001 not found"
healthy status
fault "an access list" hub "sed -i 's/^contactpermit=$BED_PBX1/contactpermit=10.9.9.9/' $sip" status acl "failure to pass ACL"
healthy status
fault "a wrong secret of an IAX2 trunk" pbx1 "sed -i 's/^secret=.*/secret=notthesecret/' $iax" verify secret "Decrypt Failed"
healthy verify
fault "an IAX2 user that is not there" pbx2 "sed -i 's/^\[1000\]/[1990]/' $iax" verify account "no row"
# the dialplan went on over the hub; nobody waits for a channel that cannot come up any more
expect_contains "$(cat "$work/err")" "was answered by 'SIP/hub" "verify of a trunk that is refused"
healthy verify
fault "an access list of IAX2" pbx2 "sed -i 's/^permit=$BED_PBX1/permit=10.9.9.9/' $iax" verify acl "failure to pass ACL"
healthy verify
fault "no codec in common, IAX2" pbx2 "sed -i 's/^allow=.*/allow=g726/' $iax" verify codec "incompatible with our capability"
trunk_verify --junit
ends 4 "trunk verify of a lab with a fault"
expect_contains "$(xmllint --xpath 'string(//testcase[@classname="pbx1"]/failure[@type="codec"])' "$work/out")" \
    "incompatible with our capability" "the report"
trunk_verify
grep -q '^pbx1 .* codec$' "$work/out" || fail "the cause is not in the matrix: $(cat "$work/out")"
healthy verify
fault "no codec in common, SIP" hub "sed -i 's/^allow=.*/allow=g726/' $sip" verify codec "No compatible codecs"
healthy verify
fault "a context without the number" pbx2 "sed -i 's/^context=.*/context=nowhere/' $iax" verify context "@nowhere' does not exist"
healthy verify
fault "a dialplan without the number" pbx1 \
    "sed -i 's/^exten => _2XXX/exten => _8XXX/' /etc/asterisk/voiplab_extensions.conf" verify context "There is no existence of"
healthy verify

checks "a caller without call tokens"
what=verify
ns=${BED_HOST_NS%-host}
ip netns exec "$ns-pbx1" python3 "$here/no_token.py" 4570 "$BED_PBX2" &
relay=$!
# shellcheck disable=SC2317
stop_relay() {
    [ -z "$relay" ] || kill "$relay"
    relay=
}
cleanup_fn stop_relay
on pbx1 sed -i "s/^host=$BED_PBX2/host=127.0.0.1\nport=4570/" $iax
reloads pbx1
reached() { cli pbx1 "iax2 show peers" | grep -q '^1000.* OK ('; }
retry 20 reached || fail "pbx1 does not reach its peer over the relay"
voiplab verify --json
caused calltoken "CallToken Support required"
healthy verify
stop_relay

checks "the limit of calls"
what=verify
on hub sed -i 's/^call-limit=.*/call-limit=1/' $sip
reloads hub
cli pbx1 "channel originate Local/7002@from-internal/n application Wait 60" >/dev/null
sleep 1
voiplab verify --json
caused limit "rejected due to usage limit of 1"
for name in $hosts; do cli "$name" "channel request hangup all" >/dev/null; done
healthy verify

checks "a registration that its registrar has forgotten, and the guest has not: asked without the hub"
voiplab verify pbx1
ends 0 "verify of one guest"
said "called 1999 over the hub, to itself: answered"
voiplab verify
ends 0 "verify"
not_said "to itself"
cli hub "sip unregister 7001" >/dev/null
is_registered pbx1 || fail "pbx1 knows already"
voiplab verify pbx1
ends 1 "verify of a guest that believes it is registered"
said "registered by its own word only"
what=status
voiplab status --json
ends 4 "status while the hub has no contact"
caused expiry "(null)"
reloads pbx1
sleep 1
healthy status

checks "a contact that is another address"
what=status
on pbx1 sed -i 's/^registertimeout/externaddr=203.0.113.9\nlocalnet=192.168.99.0\/255.255.255.0\nregistertimeout/' $sip
on hub sed -i 's/^nat=.*/nat=no/' $sip
reloads hub
reloads pbx1
sleep 1
voiplab status --json
ends 4 "status while the hub refuses the contact"
caused nat "violating IP 203.0.113.9"
checks "a contact that is another address, where the registrar believes it"
on hub sed -i '/^contact/d' $sip
reloads hub
reloads pbx1
unreached() { cli hub "sip show peer 7001" | grep -q 'Status *: UNREACHABLE'; }
retry 20 unreached || fail "the hub still reaches the contact"
voiplab status --json
caused nat "203.0.113.9"
healthy status

checks "a module that is not loaded"
what=verify
cli pbx2 "module unload chan_iax2.so" >/dev/null
reloads pbx1
voiplab verify --wait 10 --json
caused module "chan_iax2.so is none of them"
cli pbx2 "module load chan_iax2.so" >/dev/null
healthy verify

checks "a port that is blocked, which is not a module that does not listen"
what=status
block() { ip netns exec "${BED_HOST_NS%-host}-pbx2" iptables "$1" INPUT -p udp --dport 4569 -j DROP; }
block -A || fail "this machine has no packet filter to block a port with"
cli pbx1 "core restart now" >/dev/null # or it would ask its peer again after a minute
sleep 1
unheard() { cli pbx1 "iax2 show peers" | grep -q '^1000.* \(UNREACHABLE\|UNKNOWN\)'; }
retry 20 unheard || fail "pbx1 still reaches its peer"
voiplab status --json
caused blocked "listens on UDP port 4569"
block -D
healthy status

checks "a file that Asterisk may not read"
on pbx1 sh -c "chown root:root $iax; chmod 0600 $iax"
cli pbx1 "core restart now" >/dev/null
sleep 3
voiplab status --json
caused unreadable "mode 0600"
healthy status

checks "a file of the user's that Asterisk may not read: up gives it back"
on pbx1 sh -c "chown root:root /etc/asterisk/iax.conf; chmod 0600 /etc/asterisk/iax.conf"
voiplab up --check
ends 5 "up --check of a file that Asterisk may not read"
said "iax.conf (changed, mode 0640)"
healthy status
[ "$(on pbx1 stat -c '%a %G' /etc/asterisk/iax.conf)" = "640 asterisk" ] || fail "it was not given back"
on pbx1 sh -c "chown root:root /etc/asterisk/iax.conf; chmod 0640 /etc/asterisk/iax.conf"
voiplab up
ends 0 "up where only the group shuts Asterisk out"
[ "$(on pbx1 stat -c '%a %G' /etc/asterisk/iax.conf)" = "640 asterisk" ] || fail "its group was not given back"
nothing_to_do

checks "a file that is right, and was never loaded"
on pbx1 sh -c "cp -p $sip /root/right; sed -i 's/7001:[^@]*@/7001:notthesecret@/' $sip"
reloads pbx1
sleep 3
on pbx1 sh -c "cat /root/right >$sip"
sleep 1
voiplab status --json
caused stale "Last reload"
voiplab up --check
ends 5 "up --check of a file that was never loaded"
said "reload sip reload"
healthy status
nothing_to_do
"$bed" down "$work/bed"

checks "the limit of contacts, at a hub with PJSIP"
begin --guests 2 --sid hub
what=status
voiplab up
ends 0 "up with a hub with PJSIP"
on hub sed -i 's/^remove_existing=yes/remove_existing=no/' /etc/asterisk/voiplab_pjsip.conf
cli hub "module reload res_pjsip.so" >/dev/null
on pbx1 sed -i 's|/7001$|/7991|' $sip # it registers another contact, while the hub has the first
cli pbx1 "module reload chan_sip.so" >/dev/null
sleep 2
voiplab status --json
ends 4 "status while the hub takes no more contacts"
caused contacts "will exceed max contacts of 1"
healthy status
nothing_to_do
