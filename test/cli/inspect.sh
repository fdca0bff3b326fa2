#!/bin/bash
# inspect: what the lab file and the state say of numbers and accounts; secrets only when they are asked for, and only
# those that are anybody's. Nothing is written.
# shellcheck source=test/cli/support.sh
. "${SOURCE:?}/test/cli/support.sh"
need jq
lab=$SOURCE/share/labs/thesis.ini
inspect() {
    run inspect -f "$lab" --state "$work/state" "$@"
}
# entry FILTER: the one entry of the document that the filter selects has what the second filter wants
entry() {
    jq -e "[.entries[] | select($1)] | length == 1 and (.[0] | $2)" out >/dev/null ||
        fail "$1: not $2: $(jq -c "[.entries[] | select($1)]" out)"
}

# Before there is a state.
inspect
expect_status 0 'inspect'
expect out 'not made yet' 'inspect'
expect_not out '....' 'inspect'
[ ! -e state ] || fail 'inspect made the state'

# With one that has some of them.
mkdir -p state/tesis
printf '%s\n' 'sip/7001 = accountSecret' 'phone/virtual1/1500 = phoneSecret' 'user/7000 = userSecret' \
    'voicemail/7000 = 123456' 'admin/mesa1 = pageSecret' 'iax/1000 = trunkSecret' >state/tesis/secrets
chmod 0600 state/tesis/secrets
before=$(stat -c '%Y %i' state/tesis/secrets)
for form in '' --json; do
    # shellcheck disable=SC2086
    inspect $form
    expect_status 0 "inspect $form"
    expect out '....' "inspect $form"
    for secret in accountSecret phoneSecret userSecret 123456 pageSecret trunkSecret; do
        expect_not out "$secret" "inspect $form"
    done
done
inspect --json --show-secrets
expect_status 0 'inspect --show-secrets'
entry '.kind == "PBX" and .name == "virtual1"' \
    '.number == "1XXX" and .server == "192.168.0.153" and .account == "7001" and .secret == "accountSecret"'
entry '.kind == "PBX" and .name == "virtual2"' '.account == "7002" and .secret == "not made yet"'
entry '.kind == "PBX" and .name == "servidor"' '.account == null and .secret == null'
entry '.number == "1500"' '.name == "mesa1" and .server == "192.168.0.195" and .secret == "phoneSecret"'
entry '.kind == "telephone" and .number == "7000"' '.secret == "userSecret" and .voicemail == "200"'
entry '.kind == "telephone" and .number == "7005"' '.server == "DAHDI/2" and .account == null and .secret == null'
entry '.kind == "mailbox"' '.number == "200" and .account == "7000" and .secret == "123456"'
entry '.kind == "web page"' '.name == "mesa1" and .secret == "pageSecret"'
entry '.name == "virtual1 to virtual2"' '.account == "1000" and .server == "192.168.0.156" and .secret == "trunkSecret"'
[ "$(jq '[.entries[] | select(.kind == "trunk")] | length' out)" -eq 6 ] || fail 'not six trunks'
[ "$(stat -c '%Y %i' state/tesis/secrets)" = "$before" ] || fail 'inspect wrote the secrets'

# What the PBXs were found to be, when they were seen.
inspect
expect out 'not seen yet' 'a lab that nobody looked at'
printf '%s\n' 'servidor flavor=asterisk sip=pjsip iax2=yes transport=no asterisk=22.5' \
    'virtual1 flavor=issabel sip=chan_sip iax2=no transport=no asterisk=16.28 gui=2.11.0 phones=1500,1501' \
    >state/tesis/natures
inspect
expect out 'Issabel 2.11.0, Asterisk 16.28, chan_sip' 'what a guest was found to be'
expect out 'Asterisk 22.5, pjsip' 'what the hub was found to be'
expect out 'not seen yet' 'a guest that was not seen'
inspect --json
entry '.kind == "PBX" and .name == "virtual1"' '.found == "Issabel 2.11.0, Asterisk 16.28, chan_sip"'
entry '.kind == "PBX" and .name == "virtual2"' '.found == "not seen yet"'
entry '.number == "1500"' '.found == null'
jq -e '[.natures[] | select(.pbx == "virtual1")] == [{pbx: "virtual1", seen: true, flavor: "issabel", sip: "chan_sip",
    iax2: false, asterisk: "16.28", interface: "2.11.0", phones: ["1500", "1501"]}]' out >/dev/null ||
    fail "the nature of virtual1: $(jq -c .natures out)"
jq -e '[.natures[] | select(.pbx == "virtual2")] == [{pbx: "virtual2", seen: false, flavor: "asterisk", sip: "chan_sip",
    iax2: true, asterisk: null, interface: null, phones: []}]' out >/dev/null ||
    fail "the nature of virtual2: $(jq -c .natures out)"
inspect --json virtual1
jq -e '[.natures[].pbx] == ["virtual1"]' out >/dev/null || fail "natures of one: $(jq -c .natures out)"

# A secret of the lab file is nobody's guess.
sed 's/^\[provider voipcheap\]/&\nusername = lab\nsecret = givenSecret/' "$lab" >lab.ini
run inspect -f lab.ini --state "$work/state" --json --show-secrets
entry '.name == "voipcheap"' '.account == "lab" and .secret == "givenSecret"'
run inspect -f lab.ini --state "$work/state"
expect_not out givenSecret 'a secret of the lab file'

# Names.
inspect --json virtual3
jq -e '[.entries[].kind] == ["PBX", "telephone", "trunk", "trunk", "trunk", "trunk"]' out >/dev/null ||
    fail "what belongs to virtual3: $(jq -c '.entries[]' out)"
inspect virtual4
expect_status 2 'an unknown name'

# The labs of this host.
mkdir -p state/other state/.bridge state/no-lab
printf 'sip/7001 = x12345678\n' >state/other/secrets
touch -d '2026-01-02 03:04' state/other/secrets
run inspect --all --state "$work/state"
expect_status 0 'inspect --all'
expect err "2 labs in '$work/state'" 'inspect --all'
grep -qE "^other +$work/state/other +2026-01-02 03:04\$" out || fail "inspect --all: $(cat out)"
run inspect --all --json --state "$work/state"
jq -e '[.labs[].lab] == ["other", "tesis"]' out >/dev/null || fail "the document of --all: $(cat out)"
run inspect --all --state "$work/nowhere"
expect_status 0 'inspect --all of nothing'
run inspect --all virtual1 --state "$work/state"
expect_status 2 'inspect --all with a name'
run inspect --state "$work/state"
expect_status 2 'without a lab file'
finish
