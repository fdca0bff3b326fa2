#!/bin/bash
# voiplab is killed at many moments of an `up`; the next `up` finishes the lab, and nothing is left half done.
#
# ctest: FIXTURES_REQUIRED tree TIMEOUT 900 COST 110
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=test/e2e/lib.sh
. "$here/lib.sh"
# shellcheck source=test/e2e/fixture.sh
. "$here/fixture.sh"

begin "$@"
remember_hosts
every contents_of "$work/fresh"

# start COMMAND...: voiplab in the background; $pid is its own process (the wrappers exec)
start() {
    : >"$work/err" # or what the run before said would be taken for this one's
    "$bed" host "$work/bed" "$VOIPLAB" "$@" -f "$lab" --share "$SOURCE/share" --state "$work/state" \
        >"$work/out" 2>"$work/err" </dev/null &
    pid=$!
    cleanup_fn kill_if_ours "$pid"
}
# shellcheck disable=SC2317
kill_if_ours() { if [ "${pid-}" = "$1" ]; then kill -KILL "$1" 2>/dev/null || :; fi; }

# reap: wait for it; $status
reap() {
    status=0
    wait "$pid" 2>/dev/null || status=$?
    pid=
}

# has_said COUNT PATTERN: so many lines of its talk match; or it has ended
has_said() { [ "$(grep -c -- "$2" "$work/err" || :)" -ge "$1" ] || ! kill -0 "$pid" 2>/dev/null; }

# wait_said COUNT PATTERN: a finer retry, without a pause that would miss the moment
wait_said() {
    local end=$((SECONDS + 30))
    until has_said "$@"; do
        [ "$SECONDS" -lt "$end" ] || fail "voiplab never said '$2' $1 times"
        read -r -t 0.004 <> <(:) || :
    done
}

# whole_files: every file of ours on every host is either absent or ends as it should: the one that a finished lab has
whole_files() {
    local name wrong
    for name in $hosts; do
        # shellcheck disable=SC2016 # for the shell over there
        wrong=$(on "$name" sh -c 'cd /etc/asterisk
            for file in voiplab_sip.conf voiplab_iax.conf voiplab_extensions.conf; do
                [ -e "$file" ] || continue
                head -n 1 "$file" | grep -q "^; Written by voiplab" || echo "$file is not whole"
                cmp -s "$file" "/root/voiplab.after/$file" || [ "$0" = yes ] || echo "$file is neither the old one nor the new one"
            done' "$first")
        [ -z "$wrong" ] || fail "on $name $wrong:
$(on "$name" ls -la /etc/asterisk | grep voiplab)
$(cat "$work/err")"
    done
}

finish() {
    voiplab up
    ends 0 "the up after it was interrupted ($1)"
    all_registered
    no_leftovers
    for name in $hosts; do one_block "$name" sip.conf; done
    voiplab up --check
    ends 0 "the check of the lab after it was interrupted ($1)"
}

killed=0
# round WHAT WAIT...: up, SIGKILL when WAIT returns, up again
round() {
    local what=$1
    shift
    put_hosts_back
    [ -z "${keep_state-}" ] || cp -a "$work/state.kept" "$work/state"
    start up
    "$@"
    kill -KILL "$pid" 2>/dev/null || :
    reap
    [ "$status" -ne 137 ] || killed=$((killed + 1))
    first=$([ -n "${keep_state-}" ] && echo no || echo yes)
    whole_files
    finish "$what"
}

checks "the finished lab, for comparison"
voiplab up
ends 0 "up"
all_registered
cp -a "$work/state" "$work/state.kept"
for name in $hosts; do
    on "$name" sh -c 'mkdir /root/voiplab.after; cp -a /etc/asterisk/voiplab_* /root/voiplab.after/'
done

checks "SIGKILL before and while the secrets are made"
round "in the first moment" wait_said 1 'secrets and keys'
round "after the state directory" wait_said 1 'make directory'

keep_state=yes # from here on the same secrets, so that files can be compared with the finished lab's
checks "SIGKILL after the n-th file or reload on a host"
moments="1 4 12 23" pauses="0.35" interrupts="6" removals="3 10" least=5
! full || moments=$(seq 1 23) pauses=$(seq 0.05 0.05 0.9) interrupts="1 6 12" removals="1 3 6 10" least=30
for n in $moments; do
    round "after step $n" wait_said "$n" ': \(write\|reload\) '
done
checks "SIGKILL when all files are written and something is not reloaded"
round "before the last reloads" wait_said 21 ': write '
checks "SIGKILL while it looks"
round "while it looks" wait_said 1 'registrations, peers'
checks "SIGKILL at moments that nothing announces"
for n in $pauses; do
    round "after $n s" sleep "$n"
done
[ "$killed" -ge "$least" ] || fail "only $killed of the runs were killed before they ended"
echo "  $killed runs were killed"

checks "a killed worker is one failed guest, and nothing else"
put_hosts_back
cp -a "$work/state.kept" "$work/state"
start up
wait_said 1 ': write '
worker=$(ps -o pid= --ppid "$pid" | tail -n 1 | tr -d ' ')
if [ -n "$worker" ] && kill -KILL "$worker" 2>/dev/null; then
    reap
    expect_status 4 "$status" "up with a killed worker"
    expect_contains "$(cat "$work/err")" "1 of 4 PBXs failed" "what voiplab said"
else
    reap
    fail "no worker was found to kill"
fi
finish "by a killed worker"

checks "all files are right, but nothing was reloaded: the next up reloads"
put_hosts_back
cp -a "$work/state.kept" "$work/state"
# no Asterisk is told of anything: perl, which would talk to it, does not get to it
fake pbx2 perl <<'END'
#!/bin/sh
case "$*" in *reload*) exec sleep 1000 ;; esac
exec /usr/bin/perl "$@"
END
start up
all_written() { on pbx2 sh -c 'grep -q "^; voiplab: end" /etc/asterisk/extensions.conf && pgrep -f "[s]leep 1000"' >/dev/null; }
retry 20 all_written || fail "pbx2 does not get its files"
kill -KILL "$pid" 2>/dev/null || :
reap
on pbx2 sh -c 'rm /usr/local/sbin/perl; pkill -f "[s]leep 1000"'
expect_status 137 "$status" "the run that was to be killed"
[ -s "$work/state/bed/pending-pbx2" ] || fail "no note of the reloads that pbx2 is owed"
# whatever else was missing on pbx2 is put there as the finished lab has it: only the reloads are owed now
finish "files written, not reloaded"

checks "SIGINT: a clean end, said in words, and no half-written file"
for n in $interrupts; do
    put_hosts_back
    cp -a "$work/state.kept" "$work/state"
    # a shell starts background commands with SIGINT ignored: set it back
    : >"$work/err"
    "$bed" host "$work/bed" env --default-signal=INT "$VOIPLAB" up -f "$lab" --share "$SOURCE/share" \
        --state "$work/state" >"$work/out" 2>"$work/err" </dev/null &
    pid=$!
    cleanup_fn kill_if_ours "$pid"
    wait_said "$n" ': \(write\|reload\) '
    kill -INT "$pid" 2>/dev/null || :
    reap
    expect_status 130 "$status" "up after SIGINT at step $n: $(cat "$work/err")
"
    expect_contains "$(cat "$work/err")" "cancelled" "what voiplab said"
    first=no
    whole_files
    no_leftovers
    finish "by SIGINT at step $n"
done

checks "trunk remove is interrupted, too"
for n in $removals; do
    start trunk remove
    wait_said "$n" ': \(write\|remove\|reload\) '
    kill -KILL "$pid" 2>/dev/null || :
    reap
    voiplab trunk remove
    ends 0 "trunk remove after it was interrupted at step $n"
    every contents_of "$work/now"
    same "$work/fresh" "$work/now" "trunk remove, interrupted at step $n and run again, left something"
    for name in $guests; do
        cli "$name" 'sip show registry' | grep -q '^0 SIP registrations' ||
            fail "$name still registers after trunk remove was interrupted at step $n and run again"
    done
    voiplab up
    ends 0 "up after that"
done
echo "all as it should be"
