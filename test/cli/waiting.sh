#!/bin/bash
# Who waits sees for whom, in one line that is alive on a terminal; each phase tells how long it took; and what an
# interrupt ends has the exit status that a shell gives to such a program.
# shellcheck source=test/cli/support.sh
. "${SOURCE:?}/test/cli/support.sh"
need script timeout
cat >lab.ini <<'EOF'
[lab]
name = waiting
[bridge]
interface = none
address = 127.77.9.1/24
[pbx far]
place = ssh
address = 127.77.9.2
port = 9
prefix = 1
hostkey = ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
EOF
mkdir state
trunk="$VOIPLAB trunk -f lab.ini --state $work/state -c $nowhere"

# nobody listens there
run trunk -f lab.ini --state "$work/state" -c "$nowhere" --wait 3 -v
expect_status 1 'a PBX that does not answer'
expect err '  lab: 0 of 1 answer; waiting for far: ' 'what is waited for'
[ "$(grep -c 'waiting for ' err)" -le 5 ] || fail "it is told too often: $(cat err)"
grep -qx '\[1/3\] took [2-9]\.[0-9] s' err || fail "the first phase does not tell its time: $(cat err)"
grep -qx '\[3/3\] took 0\.[0-9] s' err || fail "the last phase does not tell its time: $(cat err)"
run trunk -f lab.ini --state "$work/state" -c "$nowhere" --wait 3 -q
expect_not err 'waiting for ' '-q'
expect_not err 'took' '-q'

# on a terminal it is one line, however narrow that is
status=0
script -qec "stty cols 40; COLUMNS= $trunk --wait 3" /dev/null >out </dev/null || status=$?
tr '\r' '\n' <out | grep -a 'waiting' | sed 's/\x1b\[K//' >lines
[ "$(wc -l <lines)" -ge 2 ] || fail "nothing is alive: $(cat -v out)"
while IFS= read -r line; do
    [ "${#line}" -lt 40 ] || fail "the live line is longer than the screen: '$line'"
    case $line in
    *'0 of 1 answer; waiting ...' | *'0 of 1 answer; waiting for ...' | *'waiting for far: ...') ;;
    *) fail "the live line is cut inside of a word, or does not say that it goes on: '$line'" ;;
    esac
done <lines
[ "$(sort -u lines | wc -l)" -ge 2 ] || fail "the live line tells no time: $(cat lines)"
grep -q '^  [0-9]* s  lab: ' lines || fail "the live line: $(cat lines)"
# a line feed comes between none of them: the next is written over the one before
[ "$(grep -ac 'waiting' out)" -eq 1 ] || fail "the live line goes on in others: $(cat -v out)"

# an interrupt: 128 and the signal
for signal in INT:130 TERM:143; do
    status=0
    # in the foreground it sends the signal once; else once more to the group, and the second ends voiplab at once
    timeout --foreground --preserve-status -s "${signal%:*}" 1 sh -c "trap - ${signal%:*}; exec $trunk --wait 30" >out 2>err </dev/null || status=$?
    expect_status "${signal#*:}" "an interrupt by ${signal%:*}"
    expect err cancelled "an interrupt by ${signal%:*}"
done
finish
