#!/bin/bash
# SIGKILL at 100 points of the switch-over, evenly spread over the system calls from the arming of the watchdog to the
# end of the command. After each, and without anybody's help, the host must reach its gateway with the addresses and
# routes that it had, every file must be its old self, and at most one temporary may be left.
#
# Then SIGKILL of the watchdog at 30 random moments, of the change and of its taking back, followed by the command of the
# boot-time unit.
#
# VOIPLAB_KILL_POINTS: how many points (100).
#
# ctest: TIMEOUT 900 COST 70
# shellcheck source=test/e2e/lib.sh
. "${SOURCE:?}/test/e2e/lib.sh"
# shellcheck source=test/e2e/uplink.sh
. "$SOURCE/test/e2e/uplink.sh"
set -u
points=${VOIPLAB_KILL_POINTS:-100}
requires strace
uplink_up
uplink_lab 'backend = ifcfg'
network_state >"$work/before"
files() { (cd "$work/etc" && find . -type f ! -name '.*.voiplab' -printf '%p %m\n' -exec sha256sum {} + | sort); }
temporaries() { find "$work/etc" "$work/state" -name '.*.voiplab' | wc -l; }
files >"$work/files"
nothing_waits() {
    [ ! -e "$work/state/.bridge/host/pending" ] && [ ! -e "$work/state/.bridge/host/reverting" ]
}
# The command looks at every process that it sees: in a namespace of their own they are always as many. Its first one
# clears away what the others leave.
here unshare --pid --fork --kill-child --mount-proc bash -c 'sleep 100000 & wait' &
first_one() {
    for pid in $(ip netns pids "$uplink_host"); do
        [ "$(awk '/^NSpid/ {print NF, $NF}' "/proc/$pid/status" 2>/dev/null)" != '3 1' ] || echo "$pid"
    done
}
has_first_one() { [ -n "$(first_one)" ]; }
retry 10 has_first_one || fail 'no namespace for processes'
first=$(first_one)
traced() {
    nsenter --target "$first" --pid --mount --net --root --wd=/ -- strace -qq -e signal=none -o "$work/trace" "$@" \
        "$VOIPLAB" bridge -f "$work/lab.ini" --share "$SOURCE/share" --timeout 2 \
        >"$work/out" 2>"$work/err" </dev/null
}

# Without a kill: how many calls there are, and after which one the watchdog is armed (its 'R' has come).
traced || fail "bridge under strace: $(cat "$work/err")"
calls=$(wc -l <"$work/trace")
armed=$(grep -n '^recvfrom(.*"R"' "$work/trace" | head -n 1 | cut -d: -f1)
[ -n "$armed" ] || fail "the arming is not to be seen in the trace"
retry 10 nothing_waits || fail "the watchdog has not come to an end"
say "$calls system calls, armed after $armed; $points points between"

failures=0 most=0 cut=0 late=0 early=0 alive=0
cp "$work/trace" "$work/whole"
# strace counts the calls of each name for itself.
name_of() { sed -n "$1{s/(.*//;p;}" "$work/whole"; }
number_of() { head -n "$1" "$work/whole" | grep -c "^$2("; }
bad() {
    say "point $point, system call $call, $name number $number: $*"
    failures=$((failures + 1))
}
for ((point = 0; point < points; point++)); do
    call=$((armed + 1 + point * (calls - armed) / points))
    rm -f "$work/state/.bridge/host/outcome"
    name=$(name_of "$call")
    number=$(number_of "$call" "$name")
    # How often it looks at the programs that it asks varies with what else the machine does: killed before the watchdog
    # was armed, the point is tried again, a little later.
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do
        status=0
        traced -e inject="$name":signal=KILL:when="$number" || status=$?
        if [ "$status" -ne 137 ] || grep -q '^recvfrom(.*"R"' "$work/trace"; then break; fi
        number=$((number + 3))
    done
    [ "$status" -eq 137 ] || alive=$((alive + 1))
    left=$(temporaries)
    [ "$left" -le 1 ] || bad "$left temporaries are left"
    [ "$left" -le "$most" ] || most=$left
    if ! retry 15 nothing_waits; then
        bad "the watchdog has not put it back"
        continue
    fi
    case $(cat "$work/state/.bridge/host/outcome" 2>/dev/null) in
    'taken back: the command ended'*) cut=$((cut + 1)) ;;
    'taken back: it was not confirmed in time') late=$((late + 1)) ;;
    '') early=$((early + 1)) ;; # the numbers vary a little: killed before the watchdog was armed
    *) bad "it ended otherwise: $(cat "$work/state/.bridge/host/outcome")" ;;
    esac
    retry 5 reaches_gateway || bad "the gateway does not answer"
    network_state | diff "$work/before" - >&2 || bad "the network is not as it was"
    files | diff "$work/files" - >&2 || bad "the files are not as they were"
done
[ "$failures" -eq 0 ] || fail "$failures failures at $points points"
[ "$((late + early + alive))" -le "$((points / 5))" ] ||
    fail "of $points kills $early came too early, $late too late, $alive not at all"

# The next run sweeps what was left, goes through, and can be taken back.
here "$VOIPLAB" bridge -f "$work/lab.ini" --share "$SOURCE/share" --commit-if-reachable >"$work/out" 2>&1 ||
    fail "the run after the kills: $(cat "$work/out")"
[ "$(temporaries)" -eq 0 ] || fail "temporaries are left: $(find "$work/etc" "$work/state" -name '.*.voiplab')"
here "$VOIPLAB" bridge revert >"$work/out" 2>&1 || fail "revert: $(cat "$work/out")"
files | diff "$work/files" - >&2 || fail "after the revert the files are not as they were"
say "$points of $points points: gateway reached, files as they were; at most $most temporary left;" \
    "$cut taken back at once, $late by the timer, $early before anything was armed"

watchdog() {
    ip netns pids "$uplink_host" | while read -r pid; do
        grep -qz -- --voiplab-bridge-watchdog "/proc/$pid/cmdline" 2>/dev/null && echo "$pid"
    done
}
# A process that was killed is still seen for a moment: what counts is that nothing waits, or nobody is left to see to it.
settled() { nothing_waits || [ -z "$(watchdog)" ]; }
killed=0 mended=0
for ((point = 0; point < 30; point++)); do
    moment=$((RANDOM % 1500))
    here "$VOIPLAB" bridge -f "$work/lab.ini" --share "$SOURCE/share" --timeout 1 >"$work/out" 2>&1 </dev/null &
    command=$!
    sleep "$((moment / 1000)).$(printf %03d $((moment % 1000)))"
    pid=$(watchdog | head -n 1)
    [ -z "$pid" ] || ! kill -9 "$pid" 2>/dev/null || killed=$((killed + 1))
    wait "$command" || true # it may have been refused, or taken back
    # it was not there yet, or what was killed had just left its place to its child
    retry 10 settled || fail "watchdog, $moment ms: it has not come to an end: $(ls "$work/state/.bridge/host")"
    nothing_waits || mended=$((mended + 1))
    here "$VOIPLAB" bridge revert --boot >"$work/out" 2>&1 || fail "watchdog, $moment ms: $(cat "$work/out")"
    nothing_waits || fail "watchdog, $moment ms: something waits: $(ls "$work/state/.bridge/host")"
    retry 5 reaches_gateway || fail "watchdog, $moment ms: the gateway does not answer: $(ip -n "$uplink_host" address; ip -n "$uplink_host" route; ip -n "$uplink_host" neigh; cat "$work/out")"
    network_state | diff "$work/before" - >&2 || fail "watchdog, $moment ms: the network is not as it was"
    files | diff "$work/files" - >&2 || fail "watchdog, $moment ms: the files are not as they were"
done
say "30 of 30 moments: $killed watchdogs killed, $mended changes taken back by the boot-time unit's command"
