#!/bin/bash
# No secret and no private key is seen in arguments, environments, output or files that others may read; and the
# processes that talk to the guests run as nobody, caged.
#
# ctest: FIXTURES_REQUIRED tree TIMEOUT 900 COST 25
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=test/e2e/lib.sh
. "$here/lib.sh"
# shellcheck source=test/e2e/fixture.sh
. "$here/fixture.sh"

begin "$@"
requires sipp strace

cat >>"$lab" <<'END'

[load short]
target = pbx1
extension = 2999
rate = 10
calls = 10
hold = 1
END

# traced NAME COMMAND...: voiplab with every program it starts recorded, whole; output and record are kept by NAME
traced() {
    local name=$1
    shift
    status=0
    "$bed" host "$work/bed" strace -f -qq -v -s 1000000 -e trace=execve,execveat -o "$work/record.$name" \
        "$VOIPLAB" "$@" -f "$lab" --share "$SOURCE/share" --state "$work/state" \
        >"$work/out.$name" 2>"$work/err.$name" </dev/null || status=$?
}

checks "every command, under strace, at its most talkative"
traced dry up --dry-run -v
expect_status 0 "$status" "up --dry-run: $(cat "$work/err.dry")
"
traced up up -v
expect_status 0 "$status" "up -v: $(cat "$work/err.up")
"
traced again up -v --json
expect_status 0 "$status" "up -v, once more"
on pbx2 sh -c "sed -i 's/^secret=.*/secret=changed/' /etc/asterisk/voiplab_sip.conf"
on pbx3 sh -c "rm /etc/asterisk/voiplab_iax.conf"
traced check up --check -v
expect_status 5 "$status" "up --check"
traced explain up --explain
traced json up --check --json
traced repair up -v
expect_status 0 "$status" "the repairing up"
traced status status --json -v
traced sipp sipp -v --json
expect_status 0 "$status" "sipp -v: $(cat "$work/err.sipp")
"
traced sipptext sipp -v
grep -q 'execve("[^"]*sipp' "$work/record.sipp" || fail "strace saw no SIPp: the record is not worth anything"
grep -q 'ssh-worker\|/proc/self/exe' "$work/record.up" || fail "strace saw no worker start"

checks "the lab's secrets are many, long and all different"
secrets=$work/state/bed/secrets
# NAME = VALUE or NAME VALUE: the values are the last words of the lines
sed -n 's/^[^;#].*[ =]\([A-Za-z0-9]\{4,\}\)$/\1/p' "$secrets" | sort >"$work/values"
[ -z "$(uniq -d "$work/values")" ] || fail "the same secret is used twice"
# those of the trunks between guests are made of one key, and stand where they are used
for host in $hosts; do on "$host" sh -c 'sed -n "s/^secret=//p" /etc/asterisk/voiplab_*.conf'; done >>"$work/values"
sort -u -o "$work/values" "$work/values"
[ "$(wc -l <"$work/values")" -ge 15 ] || fail "only $(wc -l <"$work/values") secrets"
grep -x '.\{24\}' "$work/values" >"$work/long"
[ "$(wc -l <"$work/long")" -ge 15 ] || fail "only $(wc -l <"$work/long") secrets have 24 characters"
# the middle lines of the lab's private key; a single line is enough to know it by
sed '1d;$d' "$BED_KEY" >>"$work/long"
for host in $hosts; do sed '1d;$d' "$work/bed/keys/${host}_host_ed25519" >>"$work/long"; done
# first and last lines of OpenSSH's format are alike in all keys
grep -v '^b3BlbnNzaC1rZXktdjE' "$work/long" | grep '.\{20,\}' >"$work/words"
values=$(wc -l <"$work/words")
[ "$values" -ge 20 ] || fail "only $values words to look for"
# Codes that a person dials are short: as whole words, where they are asked for
grep -x '[0-9]\{4,8\}' "$work/values" >"$work/pins" || :

# none_of_them FILE WHAT
none_of_them() {
    if grep -q -F -f "$work/words" "$1"; then
        fail "$2 holds a secret: $(grep -o -F -f "$work/words" "$1" | sort | uniq -c | head -5)"
    fi
    if [ -s "$work/pins" ] && grep -q -w -F -f "$work/pins" "$1"; then
        fail "$2 holds a code: $(grep -w -F -f "$work/pins" "$1" | head -3)"
    fi
}
checks "no argument, no environment, no output holds one of $values secrets"
for run in dry up again check explain json repair status sipp sipptext; do
    none_of_them "$work/record.$run" "the arguments or the environment of a program ($run)"
    none_of_them "$work/out.$run" "stdout ($run)"
    none_of_them "$work/err.$run" "stderr ($run)"
done
expect_contains "$(cat "$work/out.check")" "••••" "the diff of --check"

checks "the same search finds them where they must be shown"
voiplab up --explain --show-secrets
on pbx2 rm /etc/asterisk/voiplab_sip.conf
voiplab up --dry-run --show-secrets
grep -q -F -f "$work/words" "$work/out" || fail "--show-secrets does not show them: the search finds nothing"
voiplab up
ends 0 "up"

checks "what holds them on the host is closed to others"
open=$(find "$work/state" \( -type d ! -perm 0700 \) -o \( -type f -perm /077 \) -o ! -user root)
[ -z "$open" ] || fail "open to others: $(find "$work/state" -printf '%m %u %p\n')"
grep -r -l -F -f "$work/words" "$work/state" >"$work/holders" || fail "no file under the state directory holds a secret"

checks "what holds them on the guests is for root and Asterisk only"
for host in $hosts; do
    for file in $(on "$host" sh -c 'cd /etc/asterisk && ls voiplab_*.conf'); do
        [ "$(on "$host" stat -c '%a %U:%G' "/etc/asterisk/$file")" = "640 root:asterisk" ] ||
            fail "$file on $host: $(on "$host" stat -c '%a %U:%G' "/etc/asterisk/$file")"
    done
    # nothing of it anywhere else: logs, temporary files, a shell's history
    left=$(on "$host" sh -c 'grep -r -l -F -f - /etc /var/log /tmp /root /var/lib/asterisk /var/tmp 2>/dev/null' \
        <"$work/words" | grep -v '^/etc/asterisk/voiplab_\|^/etc/ssh/ssh_host' || :)
    [ -z "$left" ] || fail "on $host secrets are in $left"
done
none_of_them <(cat "$work"/bed/log/*.log) "the log of a guest's sshd or Asterisk"

checks "the processes that talk to the guests: user nobody, no new privileges, a filter, no environment"
# shellcheck disable=SC2016
on pbx3 sh -c 'kill -STOP $(pidof sshd)' # holds voiplab where its workers can be looked at
"$bed" host "$work/bed" "$VOIPLAB" status --wait 8 -f "$lab" --share "$SOURCE/share" --state "$work/state" \
    >"$work/out" 2>"$work/err" </dev/null &
pid=$!
cleanup_fn kill_status
# shellcheck disable=SC2317
kill_status() { if [ -n "$pid" ]; then kill "$pid" 2>/dev/null || :; fi; }
caged() {
    local worker text count=0
    for worker in $(ps -o pid= --ppid "$pid"); do
        text=$(cat "/proc/$worker/status" 2>/dev/null) || continue
        grep -q '^Uid:[[:space:]]65534[[:space:]]65534[[:space:]]65534[[:space:]]65534$' <<<"$text" || continue
        grep -q '^NoNewPrivs:[[:space:]]1$' <<<"$text" || continue
        grep -q '^Seccomp:[[:space:]]2$' <<<"$text" || continue
        grep -q '^CapEff:[[:space:]]0000000000000000$' <<<"$text" || continue
        count=$((count + 1))
    done
    [ "$count" -ge 1 ]
}
retry 5 caged || fail "no caged worker is there: $(for p in $(ps -o pid= --ppid "$pid"); do
    grep -H 'Uid\|NoNewPrivs\|Seccomp:' "/proc/$p/status"
done)"
# a moment later all of them are
sleep 0.3
for worker in $(ps -o pid= --ppid "$pid"); do
    text=$(cat "/proc/$worker/status" 2>/dev/null) || continue
    grep -q '^State:.*zombie' <<<"$text" && continue
    grep -q '^Uid:[[:space:]]65534' <<<"$text" || fail "a worker is not nobody: $(grep '^Uid' <<<"$text")"
    grep -q '^Gid:[[:space:]]65534' <<<"$text" || fail "a worker has a group: $(grep '^Gid' <<<"$text")"
    grep -q '^CapEff:[[:space:]]0*$' <<<"$text" || fail "a worker has capabilities"
    grep -q '^NoNewPrivs:[[:space:]]1$' <<<"$text" || fail "a worker may get new privileges"
    grep -q '^Seccomp:[[:space:]]2$' <<<"$text" && continue
    # the one that workers are split off talks to the program and to nobody else
    [ "$(find "/proc/$worker/fd" -lname "socket:*" | wc -l)" -le 1 ] || fail "a worker has no filter"
done
wait "$pid" || :
pid=
# shellcheck disable=SC2016
on pbx3 sh -c 'kill -CONT $(pidof sshd)'
echo "all as it should be"
