#!/bin/bash
# Profiles of telephones: written once, readable by their group only, no secret shown; handed out once over HTTP on the
# address of the bridge, which is one of the loopback network here. What a phone does when it is asked to fetch its
# profile is in test/e2e/phone.sh.
#
# ctest: COST 9
# shellcheck source=test/cli/support.sh
. "${SOURCE:?}/test/cli/support.sh"
need curl jq xmllint

# A loopback network that no other run of this test has.
net=127.$(($$ / 250 % 250 + 1)).$(($$ % 250 + 1))
cat >lab.ini <<END
[lab]
name = demo
[bridge]
name = br7
address = $net.1/24
[image debian]
base = build:debian-asterisk
[pbx hub]
role = hub
[pbx a]
address = $net.11
prefix = 1
extensions = 1500, 1501
[phone one]
model = spa303
mac = 00:0E:08:AA:BB:01
pbx = a
extension = 1500
address = $net.110
[phone two]
model = spa50x
mac = 00:0e:08:aa:bb:02
pbx = a
extension = 1501
END
phone() {
    run phone -f lab.ini --state "$work/state" "$@"
}

# Wrong command lines and labs.
phone --serve 0
expect_status 2 'no time'
expect err "--serve: '0' is not a number" 'no time'
phone --serve=x
expect_status 2 'no number'
phone --serve 1x
expect_status 2 'no number and no phone'
expect err "'1x' is no [phone]" 'no number and no phone'
phone -n --serve one
expect_status 0 'a time left out'
expect out 'for at most 300 s' 'a time left out'
phone one --serve 7 -n
expect_status 0 'a time after a name'
expect out 'for at most 7 s' 'a time after a name'
expect_not out spa000e08aabb02.cfg 'a time after a name'
phone --address $net.5
expect_status 2 'an address without --resync'
phone --resync --address $net.5
expect_status 2 'one address for two phones'
phone --resync --address $net one
expect_status 2 'half an address'
phone --resync two
expect_status 2 'a phone without an address'
expect err "where is 'two'?" 'a phone without an address'
phone onne
expect_status 2 'an unknown phone'
expect err "did you mean 'one'?" 'an unknown phone'
sed '/^\[phone/,$d' lab.ini >none.ini
run phone -f none.ini --state "$work/state"
expect_status 3 'a lab without phones'
[ ! -e state/demo ] || fail 'a command that failed has written something'

# What a dry run shows, and what it does not.
for mode in --dry-run --check --explain; do
    phone $mode --serve 9 --resync one
    if [ $mode = --check ]; then expect_status 5 "$mode"; else expect_status 0 "$mode"; fi
    expect out "$work/state/demo/phones/spa000e08aabb01.cfg (new, mode 0640)" "$mode"
    expect_not out spa000e08aabb02.cfg "$mode"
    expect out '<Password_1_ ua="na">••••</Password_1_>' "$mode"
    expect out '<Admin_Passwd ua="na">••••</Admin_Passwd>' "$mode"
    if [ $mode = --explain ]; then
        expect out 'timeout 9 python3 -m http.server --bind '"$net"'.1' "$mode"
        # shellcheck disable=SC2016 # the note's
        expect out 'url = "http://'"$net"'.110/admin/resync?http://'"$net"'.1:8080/$secret/spa000e08aabb01.cfg"' "$mode"
        expect out 'user = "admin:••••"' "$mode"
    else
        expect out 'serve http://'"$net"'.1:PORT/RANDOM/spa000e08aabb01.cfg once, for at most 9 s' "$mode"
        expect out 'ask http://'"$net"'.110/admin/resync?http://'"$net"'.1:PORT/RANDOM/spa000e08aabb01.cfg' "$mode"
    fi
    [ ! -e state/demo ] || fail "$mode has written something"
done

# Written, and found in place the second time.
phone
expect_status 0 'write'
expect out written 'write'
for file in spa000e08aabb01.cfg spa000e08aabb02.cfg; do
    [ "$(stat -c %a "state/demo/phones/$file")" = 640 ] || fail "$file has mode $(stat -c %a "state/demo/phones/$file")"
    xmllint --noout "state/demo/phones/$file" || fail "$file is no XML"
done
[ "$(stat -c %a state/demo/phones)" = 700 ] || fail 'the directory of the profiles is open to others'
secret=$(sed -n 's|^phone/a/1500 = ||p' state/demo/secrets)
password=$(sed -n 's|^admin/one = ||p' state/demo/secrets)
grep -q "<Password_1_ ua=\"na\">$secret</Password_1_>" state/demo/phones/spa000e08aabb01.cfg ||
    fail 'the profile has not the secret of its account'
# What a note says about handing it out, typed: it is fetched at that address.
if command -v python3 >/dev/null; then
    phone --explain --serve 40 one
    expect_status 0 'a note of serving'
    # shellcheck disable=SC2016 # no variables
    sed -n '/^### Hand the profiles out/,$p' out | sed -n '/^```sh$/,/^```$/p' | grep -v '^```' >typed.sh
    bash typed.sh >told 2>asked
    url=$(sed -n 's/^one: //p' told)
    curl -s --noproxy '*' --retry 30 --retry-delay 1 --retry-connrefused "$url" | cmp -s - state/demo/phones/spa000e08aabb01.cfg || fail "'$url' is not the profile: $(cat asked)"
    kill "$(pgrep -f "^timeout 40 .*--bind $net\.1 ")"
    phone --explain --show-secrets --resync one
    expect out "user = \"admin:$password\"" 'a note of asking, with its secret'
fi
phone
expect_status 0 'the second time'
expect err 'nothing to do' 'the second time'
phone --check
expect_status 0 'nothing differs'
chmod 600 state/demo/phones/spa000e08aabb01.cfg
phone --check --json
expect_status 5 'a mode that differs'
[ "$(jq '.plan | length' out)" -eq 1 ] || fail 'a mode that differs: not one step'

# A secret that is the lab's no longer is none to be shown either.
sed -i "s/^admin\/one = .*/admin\/one = Zz0Zz0Zz0/" state/demo/secrets
phone --dry-run
expect out '-  <Admin_Passwd ua="na">••••</Admin_Passwd>' 'an old password'
expect_not out "$password" 'an old password'
phone -q

# Into a directory of somebody else's, whose group reads it.
mkdir tftp
[ "$(id -u)" -ne 0 ] || chgrp daemon tftp
phone --output tftp one
expect_status 0 '--output'
[ "$(stat -c '%a %G' tftp/spa000e08aabb01.cfg)" = "640 $(stat -c %G tftp)" ] ||
    fail "--output: $(stat -c '%a %G' tftp/spa000e08aabb01.cfg)"
[ "$(echo tftp/*)" = tftp/spa000e08aabb01.cfg ] || fail "--output: more than one profile: $(echo tftp/*)"

# serve ARGUMENT...: start serving; `server` is its pid, and the URLs are in the file urls.
serve() {
    : >err # before the program comes to it, or the URLs of the one before are taken for its own
    "$VOIPLAB" phone -f lab.ini --state "$work/state" "$@" >out 2>err </dev/null &
    server=$!
    for _ in $(seq 100); do
        sed -n 's/^  [a-z]*: \(http:.*\)/\1/p' err >urls
        [ "$(wc -l <urls)" -lt "$serving" ] || return 0
        kill -0 "$server" 2>/dev/null || break
        sleep 0.1
    done
    fail "no URL: $(cat err)"
    exit 1
}

stopped() {
    status=0
    wait "$server" || status=$?
}

fetch() {
    curl -q --silent --noproxy '*' --max-time 5 --output "$1" --write-out '%{http_code}' "$2" || :
}

# Both profiles once each; then it is over.
serving=2
serve --serve 60
one=$(sed -n 1p urls) two=$(sed -n 2p urls)
case $one in
http://$net.1:*/[0-9a-f]*/spa000e08aabb01.cfg) ;;
*) fail "the URL is '$one'" ;;
esac
random=${one#http://*/}
if [ "${#random}" -le 32 ] || ! [ "${one%/*}" != "${two%/*}" ]; then fail "paths that can be guessed: $one $two"; fi
base=${one%/"$random"}
for wrong in / /spa000e08aabb01.cfg "/${random%/*}/" "/$random/x" '/../../etc/passwd'; do
    [ "$(fetch got "$base$wrong")" = 404 ] || fail "$wrong is served"
done
[ "$(fetch got "http://127.0.0.1:${base##*:}/$random")" = 000 ] || fail 'it listens on another address'
[ "$(fetch got "$one")" = 200 ] || fail 'the profile is not served'
cmp -s got state/demo/phones/spa000e08aabb01.cfg || fail 'something else than the profile is served'
[ "$(fetch got "$one")" = 404 ] || fail 'the profile is served twice'
# while it serves, the lab is not locked
timeout 10 "$VOIPLAB" phone -f lab.ini --state "$work/state" -q one || fail 'the lab is locked while it serves'
[ "$(fetch got "$two")" = 200 ] || fail 'the second profile is not served'
stopped
expect_status 0 'all were fetched'
expect err 'one: profile fetched by 127.0.0.1' 'all were fetched'
[ "$(fetch got "$two")" = 000 ] || fail 'it goes on when all were fetched'
[ "$(grep -c 'fetched$' out)" -eq 2 ] || fail "the table: $(cat out)"

# Time that is over, in part and for all.
serving=2
serve --serve 4
[ "$(fetch got "$(sed -n 1p urls)")" = 200 ] || fail 'the profile is not served'
stopped
expect_status 4 'one of two was fetched'
expect err 'two: its profile was not fetched' 'one of two was fetched'
serving=1
serve --serve 1 two --json
stopped
expect_status 1 'none was fetched'
[ "$(jq -r '.phones[0].profile' out)" = 'not fetched' ] || fail "none was fetched: $(cat out)"

# An interrupt ends it.
serving=1
serve --serve 60 two
kill -TERM "$server"
stopped
expect_status 143 'an interrupt'
expect err 'cancelled' 'an interrupt'

# A bridge that is not there, and a phone that is not.
sed "s|$net\.1/|192.0.2.1/|; s|$net\.|192.0.2.|" lab.ini >away.ini
run phone -f away.ini --state "$work/state" --serve 5 one
expect_status 1 'no bridge'
expect err '192.0.2.1: cannot listen on the address of the bridge' 'no bridge'
phone --resync --address $net.99 one
expect_status 1 'no phone'
expect err 'one: cannot ask '"$net"'.99' 'no phone'
for word in "$secret" "$password" Zz0Zz0Zz0; do
    if grep -qF "$word" out err; then fail 'a secret is shown'; fi
done
finish
