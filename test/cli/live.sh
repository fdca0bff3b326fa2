#!/bin/bash
# A load run that is watched: on a terminal the picture and its keys, and the terminal's mode, which is the same again
# whatever ends the run; with --json-lines an object a line, and the result or the failure last.
#
# ctest: COST 16
# shellcheck source=test/cli/support.sh
. "${SOURCE:?}/test/cli/support.sh"
need script sipp python3
cat >lab.ini <<'EOF'
[lab]
name = watched
[bridge]
interface = none
address = 127.77.10.1/24
[pbx far]
place = ssh
address = 127.77.10.3
port = 9
prefix = 1
hostkey = ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
EOF
mkdir -m 700 state
sipp -sn uas -i 127.77.10.2 -p 5099 -nostdin >/dev/null 2>&1 &
answerer=$!
trap 'kill "$answerer"; rm -rf "$work"' EXIT
load=(sipp -f lab.ini --state "$work/state" -c "$nowhere" --target 127.77.10.2:5099 --number 100 --hold 1 --rate 20)
# shellcheck disable=SC2016
printf '#!/bin/bash\nstty rows 24 cols 80; stty -g >before; (echo $BASHPID >pid; exec %s --calls 1000); echo "status $?"; stty -g >after\n' \
    "$(printf '%q ' "$VOIPLAB" "${load[@]}")" >watch
chmod +x watch
unset COLUMNS
export TERM=xterm

# soon PATTERN: it is on the terminal within some seconds.
soon() {
    for ((i = 0; i < 100; i++)); do
        grep -aq -- "$1" typed && return
        sleep 0.1
    done
}

# on_terminal: run what is typed by the function `keys`, on a terminal; what is printed is in typed.
on_terminal() {
    rm -f pid after
    : >typed
    keys | script -qefc ./watch typed >/dev/null || :
    cmp before after || fail "the mode of the terminal is another one after $1"
    expect typed 'this host ' "the picture before $1"
}

keys() {
    soon 'keys: + 10 %'
    printf +
    soon 'of 22.0 a second'
    printf p
    soon 'paused; keys'
    printf p
    printf -- -
    soon 'of 19.8 a second'
    printf q
    soon '^status'
}
on_terminal 'the keys'
for text in '+ 10 % more, - 10 % less, p pause, q stop' 'of 20.0 a second' 'of 22.0 a second' 'paused; keys: p go on' \
    'of 19.8 a second' 'cancelled after' 'status 130'; do
    expect typed "$text" 'the keys'
done

for signal in HUP:129 TERM:143; do
    keys() {
        soon 'keys: + 10 %'
        kill -"${signal%:*}" "$(cat pid)"
        soon '^status'
    }
    on_terminal "SIG${signal%:*}"
    expect typed "status ${signal#*:}" "SIG${signal%:*}"
done

run "${load[@]}" --calls 30 --json-lines
expect_status 0 --json-lines
expect_empty err --json-lines
python3 - out <<'EOF' || fail "--json-lines: $(cat out)"
import json, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
assert len(lines) >= 3 and lines[-1]["loads"][0]["made"] == 30
for line in lines[:-1]:
    assert line["load"] == "load" and line["calls_asked"] == 30 and line["guests"][0]["name"] == "far"
assert lines[0]["rate_asked"] == 20 and lines[0]["made"] > 0 and lines[-2]["succeeded"] == 30
EOF
run sipp --json-lines -f missing.ini
[ "$(wc -l <out)" -eq 1 ] || fail "a failure is not a line: $(cat out)"
expect out '"status": 3 }' 'a failure'
finish
