#!/bin/bash
# Small things that are said: no "1 steps", no secret where there is none and none shown where there is one, what two
# streams into one file look like, how long was waited, and numbers as numbers in JSON.
# shellcheck source=test/cli/support.sh
. "${SOURCE:?}/test/cli/support.sh"
need jq
lab=$SOURCE/share/labs/quickstart.ini
state="--state $work/state --cache $work/cache -c $nowhere"

# stdout has said all that it has to say before stderr goes on: into one file they do not mix
# shellcheck disable=SC2086
"$VOIPLAB" up -n -f "$lab" $state >all 2>&1 </dev/null
tail -n 1 all | grep -qx '[0-9]* steps would be taken; nothing was changed' || fail "the summary is not the last line: $(tail -n 2 all)"
tail -n 2 all | head -n 1 | grep -qx 'plan: [0-9]* steps on [0-9]* targets' || fail "the plan does not end before it: $(tail -n 3 all)"

# a method is no secret, also in a list; a secret is one
# shellcheck disable=SC2086
run up -n -f "$lab" $state
expect out '+auth=md5' 'a method'
expect_not out 'auth=••••' 'a method'
grep -q '+secret=••••$' out || fail 'a secret is shown, or none was there'

# a MAC address as telephones and their labels print it
for mac in 00:0E:08:AA:BB:02 00-0E-08-AA-BB-02 000E08AABB02 000e08aabb02 000e.08aa.bb02; do
    sed "s/^mac  *= .*/mac = $mac/" "$SOURCE/share/labs/thesis.ini" >mac.ini
    chmod 600 mac.ini
    # shellcheck disable=SC2086
    run phone -n -f mac.ini $state
    expect_status 0 "mac = $mac"
    expect out spa000e08aabb02.cfg "mac = $mac"
done
for mac in 00:0e:08:aa:bb 00:0e:08-aa-bb-02 000e08aabb0g 000e08aabb022 00.0e.08.aa.bb.02; do
    sed "s/^mac  *= .*/mac = $mac/" "$SOURCE/share/labs/thesis.ini" >mac.ini
    # shellcheck disable=SC2086
    run phone -n -f mac.ini $state
    expect_status 3 "mac = $mac"
    expect err 'is not a MAC address such as' "mac = $mac"
done

# one of a thing
# singular WHAT: nothing that was printed counts one of several
singular() {
    ! grep -nE '(^|[^0-9.,/-])1 (steps|targets|PBXs|files|bytes|guests|peers|registrations|calls|processors|labs|lines|errors|warnings|notices|profiles|phones|images|checks|contexts|keys)\b' out err >found ||
        fail "$1: $(head -n 3 found)"
}
printf 'processor\t: 0\nflags\t\t: fpu lm\n' >cpuinfo
run check-cpu -v --cpuinfo cpuinfo -c "$nowhere"
grep -qE 'on 1 processor( |$)' out || fail "one processor: $(cat out)"
singular 'check-cpu'
tree=$SOURCE/test/fixtures/hosts/xeon-6338
run check-cpu --fix --root "$tree" --dry-run
expect out 'plan: 1 step on 1 target' 'one step'
expect err '1 step would be taken' 'one step'
singular 'check-cpu --fix'
mkdir -p root/etc/asterisk
cat >one.ini <<'EOF'
[lab]
name = one
[bridge]
interface = none
address = 127.77.9.1/24
[pbx here]
role = hub
place = local
EOF
run trunk -f one.ini --root root --state "$work/state"
singular 'one PBX'
run trunk -f one.ini --root root --state "$work/state" --check
singular 'one PBX, again'
run status -f one.ini --state "$work/state" --wait 1
singular 'status of one PBX'
run inspect --all --state "$work/state"
expect err "1 lab in '$work/state'" 'one lab'
run sipp -n -f "$lab"
singular 'sipp'
expect err '1 load run would be made' 'one load run'
printf '[a]\nexten => 1,1,Nosuch()\n' >extensions.conf
run dialplan lint --level notice extensions.conf
singular 'lint'

# how long was waited, not how long the last of many tries took
cat >silent.ini <<'EOF'
[lab]
name = silent
[bridge]
interface = none
address = 127.77.9.1/24
[pbx far]
place = ssh
address = 127.77.9.2
port = 7722
prefix = 1
hostkey = ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
EOF
if command -v python3 >/dev/null; then
    # somebody who hangs up for some seconds, and says nothing after that: the last try has two seconds left
    python3 - <<'EOF' &
import socket, time
listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("127.77.9.2", 7722))
listener.listen(50)
open("listens", "w").close()
kept = []
silent = None
while True:
    call = listener.accept()
    silent = silent or time.time() + 3
    if time.time() < silent:
        call[0].close()
    else:
        kept.append(call)
EOF
    silent=$!
    for _ in $(seq 300); do [ -e listens ] || sleep 0.1; done
    # shellcheck disable=SC2086
    run trunk -f silent.ini $state --wait 5
    kill "$silent"
    expect_status 1 'a PBX that says nothing'
    grep -qE "did not answer within ([5-9]|1[0-9])\.[0-9] s" err || fail "it is not the whole wait: $(cat err)"
fi

# numbers in JSON
run status -f one.ini --state "$work/state" --wait 1 --json
jq -e '.pbxs[0] | has("prefix") and has("account") and has("peers_wanted") and (.peers | type) != "string"' out >/dev/null ||
    fail "the JSON of status: $(jq -c .pbxs out)"

# A lab that was not brought up: what to do is said, not which file of voiplab's own is missing, and what was not seen
# is not called the same.
for what in status 'dialplan diff' 'trunk verify' verify 'logs alfa'; do
    # shellcheck disable=SC2086
    run $what -f "$lab" $state --wait 1
    expect_status 1 "$what of a lab that was not brought up"
    expect err "was not made yet" "$what of a lab that was not brought up"
    expect err "'voiplab up' makes it" "$what of a lab that was not brought up"
    expect_not err 'cannot open' "$what of a lab that was not brought up"
    [ "$(grep -c '^voiplab: .*was not made yet' err)" -eq 1 ] || fail "$what says more than once why: $(cat err)"
    [ "$what" != 'dialplan diff' ] || cat out err >said
done
# shellcheck disable=SC2086
run status -f "$lab" $state --wait 1
[ "$(grep -cE '^voiplab: [a-z0-9]+: the same as [a-z0-9]+$' err)" -ge 2 ] || fail "status: the others: $(cat err)"
expect said 'no difference on 0 PBXs, 3 not seen' 'dialplan diff'

# the help of --root is true of what only reads as well
run bridge show --help
expect out 'the files of this host are those under DIR' '--root of a command that reads'
finish
