#!/bin/bash
# trust: the host key of a server on the loopback address is shown, and written into the lab file, of which every other
# byte stays. What is there is only looked at: nobody logs in.
# shellcheck source=test/cli/support.sh
. "${SOURCE:?}/test/cli/support.sh"
need jq ssh-keygen python3
sshd=$(command -v sshd || echo /usr/sbin/sshd)
[ -x "$sshd" ] || skip 'sshd is not installed'
[ "$(id -u)" != 0 ] || mkdir -p /run/sshd

server=
stop() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    [ -z "$server" ] || wait "$server" 2>/dev/null || true
    server=
}
# shellcheck disable=SC2154 # support.sh makes the directory
trap 'stop; chmod -R u+rwX "$work"; rm -rf "$work"' EXIT
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
for name in first second; do ssh-keygen -q -t ed25519 -N '' -C '' -f "$name"; done
ssh-keygen -q -t ecdsa -N '' -C '' -f third
answers() { python3 -c "import socket; socket.create_connection(('127.0.0.1', $port), 1)" 2>/dev/null; }
# serve KEY: the server, which shows this key
serve() {
    stop
    "$sshd" -D -e -f /dev/null -h "$work/$1" -o "Port=$port" -o ListenAddress=127.0.0.1 -o PidFile=none \
        -o UsePAM=no -o StrictModes=no 2>/dev/null &
    server=$!
    for _ in $(seq 100); do
        ! answers || return 0
        sleep 0.1
    done
    skip 'sshd does not start'
}
fingerprint() { ssh-keygen -l -f "$1.pub" | cut -d ' ' -f 2; }
key() { cut -d ' ' -f 1,2 "$1.pub"; }
lab_trust() { run trust -f lab.ini --state "$work/state" "$@"; }

# Ends of lines of two kinds, comments, no line feed at the end: all of it stays.
printf '%s\n' '; mine' '[lab]' 'name = demo' 'sshkey = first' '[bridge]' 'name = br7' 'interface = none' 'address = 127.0.0.2/8' \
    '[image pbx]' 'base = build:debian-pbx' >lab.ini
printf '[pbx alfa]\r\nplace = ssh\r\naddress = 127.0.0.1\r\nport = %s\r\nuser = lab ; who\r\n\r\n# between\r\n' "$port" >>lab.ini
printf '[pbx made]\naddress = 127.0.0.9\nprefix = 2\n[trunk alfa made]\nsecret = abcdefghijklmnop\n# the end' >>lab.ini
chmod 640 lab.ini
cp lab.ini before.ini
serve first

# Without the key nobody logs in, and what to do is said.
run exec -f lab.ini --state "$work/state" alfa -- true
expect_status 1 'without a host key'
expect err "'voiplab trust alfa' shows it" 'without a host key'
run ssh -f lab.ini --state "$work/state" alfa
expect_status 1 'ssh without a host key'
expect err "'voiplab trust alfa' shows it" 'ssh without a host key'

# It is shown, with the change, and not written without a yes.
lab_trust alfa --dry-run
expect_status 0 'a dry run'
expect out "+hostkey = $(key first)" 'a dry run'
expect out "$(fingerprint first)" 'a dry run'
expect_not out abcdefghijklmnop 'a dry run: a secret'
lab_trust alfa --check
expect_status 5 'a check'
lab_trust alfa
expect_status 2 'without a terminal'
expect err 'without a terminal it needs --yes' 'without a terminal'
cmp -s before.ini lab.ini || fail 'something was written without a yes'
if command -v script >/dev/null; then
    echo n | script -qec "'$VOIPLAB' trust -f lab.ini --state state alfa" /dev/null >said 2>&1 || true
    expect said "$(fingerprint first)" 'the question'
    cmp -s before.ini lab.ini || fail 'a no wrote something'
fi

# A yes writes one line, in the words of the section.
lab_trust alfa --yes --json
expect_status 0 'a yes'
jq -e --arg print "$(fingerprint first)" '.keys == [{pbx: "alfa", key: "hostkey", type: "ssh-ed25519",
    fingerprint: $print, known: "-", state: "new"}] or (.keys[0].fingerprint == $print and .keys[0].state == "new")' \
    out >/dev/null || fail "the document: $(cat out)"
python3 - "$(key first)" <<'END_OF_CHECK' || fail 'the lab file is not what it was and one line'
import sys
before, after = open("before.ini", "rb").read(), open("lab.ini", "rb").read()
at = before.index(b"user = lab ; who\r\n") + len(b"user = lab ; who\r\n")
sys.exit(after != before[:at] + b"hostkey = " + sys.argv[1].encode() + b"\r\n" + before[at:])
END_OF_CHECK
[ "$(stat -c %a lab.ini)" = 640 ] || fail 'the mode of the lab file changed'
cp lab.ini written.ini
lab_trust alfa --yes
expect_status 0 'the second time'
expect out 'as known' 'the second time'
cmp -s written.ini lab.ini || fail 'the second time changed something'

# Another key is refused by who logs in, told with both fingerprints, and replaced in its line.
serve second
run exec -f lab.ini --state "$work/state" alfa -- true
expect_status 1 'another host key'
for word in "it is $(fingerprint second), and was $(fingerprint first)" "'voiplab trust alfa'"; do
    expect err "$word" 'another host key'
done
lab_trust alfa --dry-run
expect err "it is $(fingerprint second), and was $(fingerprint first)" 'another host key, looked at'
expect out differs 'another host key, looked at'
sed -i 's/^hostkey = .*[^\r]/& ; seen on the console/' lab.ini
sed "s#$(key first)#$(key second)#" lab.ini >wanted.ini
lab_trust alfa --yes
expect_status 0 'another host key, taken'
cmp -s wanted.ini lab.ini || fail "another host key, taken: $(diff wanted.ini lab.ini)"

# A server that has no key of the known type shows the one that it has.
serve third
lab_trust alfa --dry-run
expect out "$(fingerprint third)" 'a key of another type'

# What cannot be.
lab_trust made
expect_status 2 'a guest of our own, without a terminal'
lab_trust made --yes
expect_status 2 'a guest of our own'
expect err 'whose key this lab made' 'a guest of our own'
lab_trust alfo --yes
expect_status 2 'an unknown name'
expect err "did you mean 'alfa'?" 'an unknown name'
stop
lab_trust alfa --yes
expect_status 1 'nobody there'
expect err 'cannot reach' 'nobody there'
finish
