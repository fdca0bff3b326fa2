#!/bin/bash
# Sipvicious against the quickstart lab, from another machine on its bridge: svmap sees that there are SIP servers, svwar
# finds no account by any method, svcrack no password. The same tools find both on an Asterisk that is set up badly. The
# hub and the guests are those of share/labs/quickstart.ini, and a guest with a web interface beside them. Then the same
# lab of Asterisks with PJSIP, with SIP trunks between the guests.
#
# ctest: FIXTURES_REQUIRED "tree;tree-sid" TIMEOUT 900 COST 160
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=test/e2e/lib.sh
. "$here/lib.sh"
# shellcheck source=test/e2e/fixture.sh
. "$here/fixture.sh"
# shellcheck source=test/e2e/gui_layout.sh
. "$here/gui_layout.sh"
requires svmap svwar svcrack python3

# The quickstart, its PBXs reached over SSH: the hub, alfa (pbx1) and beta (pbx2).
quickstart() {
    awk -v key="$BED_KEY" -v keys="$work/bed/keys/" '
        function host_key(name, path) {
            path = keys name "_host_ed25519.pub"
            getline line <path
            split(line, word, " ")
            print "place = ssh\nhostkey = " word[1] " " word[2]
        }
        /^\[/ { skip = ($1 == "[image") }
        skip || /^(place|disk) / { next }
        /^name *= *vlquick0/ { print "name = br0"; next }
        { print }
        $0 == "[lab]" { print "sshkey = " key }
        $0 == "[pbx hub]" { host_key("hub") }
        $0 == "[pbx alfa]" { host_key("pbx1") }
        $0 == "[pbx beta]" { host_key("pbx2") }' "$SOURCE/share/labs/quickstart.ini"
}

# The attacker: a machine on the bridge, which `bed down` takes away with the rest.
attacker_up() {
    attacker=${BED_HOST_NS%-host}-attacker
    ip netns add "$attacker"
    ip -n "$BED_HOST_NS" link add attacker type veth peer name eth0 netns "$attacker"
    ip -n "$BED_HOST_NS" link set attacker master br0 up
    ip -n "$attacker" addr add 10.77.7.200/24 dev eth0
    ip -n "$attacker" link set eth0 up
    ip -n "$attacker" link set lo up
}

# attack TOOL ARG...: run it there, a port of its own each time, so that no answer to an earlier one comes in between
port=10000
attack() {
    local tool=$1 output=
    shift
    for _ in 1 2 3; do # a tool that was answered too late gives up without a word of what it found
        output=$(ip netns exec "$attacker" timeout 120 "$tool" -x 10.77.7.200 -P "$port" "$@" 2>&1 </dev/null) || :
        if grep -q -e 'found nothing' -e '^| ' <<<"$output"; then break; fi
    done
    printf '%s\n' "$output"
}
# The ranges in which the lab's accounts are, and what is around them. A scanner asks one number like the other: with
# --full thousands, else those that are near.
numbers=7000-7060,1500,1000-1040,2000-2040,2500,3500-3520
! full || numbers=7000-7999,1500,1000-2999,3500-3599

# finds_none WHAT OUTPUT: of svwar and svcrack
finds_none() {
    expect_contains "$2" "found nothing" "$1"
    expect_lacks "$2" "| Extension" "$1"
}
# finds_accounts OUTPUT: what svwar takes for accounts, by name. Of itself it names a number that it made up, of ten
# digits, when an answer to that comes late.
finds_accounts() { sed -n 's/^| \([0-9]\{1,5\}\) *| \([a-z]*\) *|$/\1/p' <<<"$1" | sort | tr '\n' ' '; }

secret_of() { on "$1" sed -n "/^\[$2\]/,/^\[/s/^secret=//p" /etc/asterisk/voiplab_sip.conf; }

# What people use, what is written in the lab file, and each number that is near.
dictionary() {
    printf '%s\n' "" password passw0rd Password1 secret admin root asterisk voip sip trunk changeme letmein welcome \
        qwerty abc123 123 1234 12345 123456 1234567 12345678 0000 1111 4321 9999 test guest user phone elastix freepbx \
        issabel debian voiplab lab quickstart hub alfa beta gamma operator Operator
    for number in 7000 7001 7002 7003 1500 2500 3500 3501; do
        printf '%s\n' "$number" "$number$number" "pass$number" "secret$number" "voip$number" "a$number"
    done
    seq 1000 100 9900
    seq 7000 7020
}

kinds() { ip netns exec "$attacker" python3 "$here/answers.py" "$1" "$2" "$3" changed 2>&1; }

begin --guests 4 --net 10.77.7.0/24
victim=$BED_PBX4 # not of the lab
guests="pbx1 pbx2 pbx3"
hosts="hub $guests"
{
    quickstart
    # the interface's telephones are 1500 and 1501, these are made by us
    printf '\n[pbx gamma]\nplace = ssh\nhostkey = %s\naddress = %s\nprefix = 3\nextensions = 3500, 3501\n' \
        "$(cut -d' ' -f1,2 "$work/bed/keys/pbx3_host_ed25519.pub")" "$BED_PBX3"
} >"$lab"
become pbx3 freepbx16 16.0.68.19
retry 15 cli pbx3 "core waitfullybooted" >/dev/null 2>&1 || fail "Asterisk of pbx3 is not up again"
voiplab up
ends 0 "up"
said "FreePBX 16.0.68.19"
attacker_up
dictionary >"$work/words"

checks "the tools work: an Asterisk set up badly is seen through"
on pbx4 sh -c 'cat >/etc/asterisk/sip.conf; asterisk -rx "sip reload"' >/dev/null <<'END'
[general]
context=nowhere
allowguest=yes
alwaysauthreject=no
[1500]
type=friend
host=dynamic
secret=changeme
[7003]
type=friend
host=dynamic
secret=70037003
END
seen() { cli pbx4 "sip show peers" | grep -q '^7003'; }
retry 5 seen || fail "the badly set up Asterisk has no accounts"
for method in REGISTER INVITE; do
    port=$((port + 1))
    found=$(attack svwar -m "$method" -e 7000-7020,1490-1520 "$victim")
    [ "$(finds_accounts "$found")" = "1500 7003 " ] || fail "svwar $method found '$(finds_accounts "$found")': $found"
done
port=$((port + 1))
found=$(attack svcrack -u 1500 -d "$work/words" "$victim")
expect_contains "$found" "| 1500      | changeme |" "svcrack of 1500 at a badly set up Asterisk"
port=$((port + 1))
found=$(attack svcrack -u 7003 -d "$work/words" "$victim")
expect_contains "$found" "| 7003      | 70037003 |" "svcrack of 7003 at a badly set up Asterisk"
[ "$(kinds "$victim" REGISTER 7000-7009 | wc -l)" -eq 2 ] || fail "answers.py sees no difference where there is one"

checks "svmap sees four SIP servers of the lab, and no name of an account"
port=$((port + 1))
found=$(attack svmap 10.77.7.0/28)
for address in 10.77.7.10 10.77.7.11 10.77.7.12 10.77.7.13; do
    expect_contains "$found" "| $address:5060 |" "svmap"
done

# whole NAME: svwar and answers.py find nothing at it, by any method
whole() {
    local name=$1 variable=BED_${1^^} method found range
    for method in REGISTER INVITE OPTIONS; do
        port=$((port + 1))
        finds_none "svwar $method at $name" "$(attack svwar -m "$method" -e "$numbers" "${!variable}")"
        # it gives up by itself, since it is asked for a password for whatever name; nor is it to find more by force
        port=$((port + 1))
        finds_none "svwar --force $method at $name" "$(attack svwar --force -m "$method" -e "$numbers" "${!variable}")"
    done
    for method in REGISTER INVITE OPTIONS SUBSCRIBE; do
        range=6990-7020,990-1020,1490-1510,1990-2020,2490-2510,3490-3510
        [ "$method" != REGISTER ] || range=$numbers
        found=$(kinds "${!variable}" "$method" "$range")
        [ "$(wc -l <<<"$found")" -eq 1 ] || fail "$name tells accounts by its answers to $method: $found"
    done
}
# all_whole NAME...: all at once; the tools wait more than they work
all_whole() {
    local name
    for name in "$@"; do
        port=$((port + 1000))
        (
            trap - EXIT
            whole "$name"
        ) &
        pids+=("$!")
    done
    ended "what is found at one of $*"
}
# ended WHAT: all that runs in the background ends well
pids=()
ended() {
    local pid
    for pid in "${pids[@]}"; do wait "$pid" || fail "$1"; done
    pids=()
}
checks "svwar finds no account, and each number gets the same answers"
all_whole hub pbx1 pbx2

checks "beside the telephones of a web interface: what it says itself, and nothing of ours more than that"
for method in REGISTER OPTIONS; do
    port=$((port + 1))
    finds_none "svwar $method at pbx3" "$(attack svwar -m "$method" -e "$numbers" "$BED_PBX3")"
done
# With the interface's "Allow SIP Guests" on, as it comes, Asterisk asks accounts for a password and others not.
port=$((port + 1))
found=$(finds_accounts "$(attack svwar -m INVITE -e 1490-1510,3490-3510,7000-7010 "$BED_PBX3")")
[ "$found" = "1500 1501 3500 3501 " ] || fail "svwar INVITE at pbx3, guests allowed: $found"
on pbx3 sh -c 'echo allowguest=no >>/etc/asterisk/sip_general_additional.conf; asterisk -rx "sip reload"' >/dev/null
refuses() { cli pbx3 "sip show settings" | grep -q 'Allow unknown access: *No'; }
retry 5 refuses || fail "pbx3 still allows guests"
numbers=7000-7060,1500-1501,3500-3501
port=$((port + 1))
finds_none "svwar INVITE at pbx3, guests not allowed" "$(attack svwar -m INVITE -e "$numbers" "$BED_PBX3")"
for method in REGISTER INVITE; do
    found=$(kinds "$BED_PBX3" "$method" 6990-7020,1490-1510,3490-3510)
    [ "$(wc -l <<<"$found")" -eq 1 ] || fail "pbx3 tells accounts by its answers to $method: $found"
done

checks "svcrack finds no password of any account"
# crack NAME ACCOUNT WORDS: in the background, its output to a file; its last ten seconds are waiting
crack() {
    local variable=BED_${1^^}
    port=$((port + 1))
    (
        trap - EXIT
        attack svcrack -u "$2" -d "$3" "${!variable}" >"$work/crack.$1.$2"
    ) &
    pids+=("$!")
}
cracked() { ended "svcrack ended with an error"; }
for account in 7000 7001 7002 7003 hub; do crack hub "$account" "$work/words"; done
for account in 1500 7001 hub; do crack pbx1 "$account" "$work/words"; done
crack pbx2 2500 "$work/words"
crack pbx3 3500 "$work/words"
crack pbx3 voiplab-hub "$work/words"
cracked
for file in "$work"/crack.*; do
    finds_none "svcrack (${file##*/})" "$(cat "$file")"
    expect_lacks "$(cat "$file")" "stopping" "svcrack (${file##*/})"
done

checks "and would have found them: with the secret itself among the words"
for pair in "hub 7000" "pbx1 1500" "pbx2 2500" "pbx3 3500"; do
    # shellcheck disable=SC2086
    set -- $pair
    { head -n 20 "$work/words"; secret_of "$1" "$2"; } >"$work/right.$1"
    crack "$1" "$2" "$work/right.$1"
done
# but for the account of a guest, which is taken from the guest's address alone
{ head -n 20 "$work/words"; secret_of hub 7001; } >"$work/right.7001"
crack hub 7001 "$work/right.7001"
cracked
for pair in "hub 7000" "pbx1 1500" "pbx2 2500" "pbx3 3500"; do
    # shellcheck disable=SC2086
    set -- $pair
    secret=$(secret_of "$1" "$2")
    [ "${#secret}" -ge 20 ] || fail "the secret of $2 at $1 is short"
    expect_contains "$(cat "$work/crack.$1.$2")" "| $2      | $secret |" "svcrack of $2 at $1 with its secret"
    cli "$1" "sip unregister $2" >/dev/null # or calls would ring there
done
finds_none "svcrack of 7001 with its secret, from another address" "$(cat "$work/crack.hub.7001")"

checks "and after all that the lab works"
# chan_sip has forgotten where 7001 is when it refused the place that came with its secret: until it registers again
cli pbx1 "sip reload" >/dev/null
has_account() { cli hub "sip show peer 7001" | grep -q "Addr->IP *: $BED_PBX1:5060" ; }
retry 15 has_account || fail "the hub does not reach its accounts: $(cli hub "sip show peers")"
nothing_to_do
"$bed" down "$work/bed"

checks "the same with PJSIP, of today and of 2020, and with SIP trunks between the guests"
begin --guests 2 --net 10.77.7.0/24 --sid hub --pjsip pbx1 --sid pbx2 --no-iax2 pbx2
guests="pbx1 pbx2"
hosts="hub $guests"
quickstart | sed '/^\[pbx alfa\]$/a sip = pjsip' >"$lab"
voiplab up
ends 0 "up with PJSIP"
said "hub: answers: Asterisk 22"
attacker_up
dictionary >"$work/words"
all_whole hub pbx1 pbx2
for account in 7000 7001; do crack hub "$account" "$work/words"; done
crack pbx1 1500 "$work/words"
crack pbx2 2500 "$work/words"
cracked
for file in "$work"/crack.*; do finds_none "svcrack (${file##*/})" "$(cat "$file")"; done
nothing_to_do
echo "all as it should be"
