#!/bin/bash
# A push to a PBX, a plain one and one with a web interface, is interrupted: its connection is cut after the k-th byte
# in either direction, or voiplab is killed there, at its k-th system call or after k ms. Each file there is the old one
# or the new one, whole, with its owner and mode; links and what the interface generated are as they were. The next run
# finishes and leaves nothing behind, and the one after that has nothing to do. Where it is interrupted is spread over
# what a push is measured to take, in bytes, system calls and milliseconds.
#
# VOIPLAB_TEST_FULL=ON: on each of the two 200 cuts and 100 kills, instead of 10 and 9; a quarter of an hour.
#
# ctest: FIXTURES_REQUIRED tree TIMEOUT 900 COST 90
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=test/e2e/lib.sh
. "$here/lib.sh"
# shellcheck source=test/e2e/fixture.sh
. "$here/fixture.sh"
# shellcheck source=test/e2e/gui_layout.sh
. "$here/gui_layout.sh"

cuts=10 kills=9
! full || cuts=200 kills=100
requires python3 strace
begin --guests 2 "$@"
guests="pbx1 pbx2"
hosts="hub $guests"

# A relay in front of the sshd of each guest, which cuts nothing until it is told to.
relays=()
# shellcheck disable=SC2317
stop_relays() { kill "${relays[@]}" 2>/dev/null || :; }
cleanup_fn stop_relays
for name in $guests; do
    sed -i "/^\[pbx $name\]/a port = 2200" "$lab"
    echo none >"$work/cut.$name"
    ip netns exec "${BED_HOST_NS%-host}-$name" \
        python3 "$here/relay.py" 2200 22 "$work/cut.$name" "$work/count.$name" &
    relays+=("$!")
done
become pbx2 freepbx16 16.0.68.19
retry 15 cli pbx2 "core waitfullybooted" >/dev/null 2>&1 || fail "Asterisk of pbx2 is not up again"
listens() { voiplab up --check --wait 1 && [ "$status" -eq 5 ]; }

# tree_of NAME: a line for each file, link and temporary: kind, mode, owner, what the link leads to, sum. Who was cut off
# may still be at work there: what goes meanwhile has no sum.
tree_of() {
    on "$1" sh -c 'mkdir -p /var/www/html
        find /etc/asterisk /var/www/html \( -type f -o -type l \) -printf "%p %y %m %U:%G %l\n" 2>/dev/null
        find /tmp -name "*voiplab*" -printf "%p %y\n"
        find /etc/asterisk /var/www/html -type f -exec sha256sum {} + 2>/dev/null' |
        awk 'length($1) == 64 && NF == 2 { sum[$2] = $1; next } { line[$1] = $0 } END { for (path in line) print line[path], sum[path] }' |
        sort
}

# old_or_new NAME WHEN: each file as it was before or as it will be
old_or_new() {
    tree_of "$1" >"$work/now"
    awk '
        FILENAME ~ /[.]old$/ { line[$0] = 1; old[$1] = 1; next }
        FILENAME ~ /[.]new$/ { line[$0] = 1; if ($1 in old) always[$1] = 1; next }
        { there[$1] = 1 }
        $1 ~ /\/[.][^\/]*[.]voiplab/ || $1 ~ "^/tmp/" { next }
        !($0 in line) { print "neither old nor new: " $0; wrong = 1 }
        END {
            for (path in always) if (!(path in there)) { print "gone: " path; wrong = 1 }
            exit wrong
        }' "$work/$1.old" "$work/$1.new" "$work/now" >"$work/wrong" ||
        fail "on $1, $2: $(cat "$work/wrong")
voiplab said: $(cat "$work/err")"
}

# spoil NAME: its files as they were before voiplab, which Asterisk is not told: what a push has to do is the same each time
spoil() {
    on "$1" sh -c 'cd /etc/asterisk && rm -f voiplab_*.conf .*.voiplab* && cd /root/asterisk.before &&
        find . -maxdepth 1 -type f -name "*.conf" -exec cp -a -t /etc/asterisk {} +'
    rm -rf "$work/state"
    cp -a "$work/state.kept" "$work/state"
}

# finish NAME WHEN
finish() {
    quickly "$1"
    voiplab trunk "$1"
    ends 0 "trunk $1 after it was interrupted $2"
    tree_of "$1" >"$work/now"
    same "$work/$1.new" "$work/now" "$1 is not finished, or something is left there, after an interruption $2"
    voiplab trunk "$1"
    ends 0 "trunk $1, once more, after it was interrupted $2"
    said "nothing to do"
}

# start NAME [COMMAND...]: a push, under COMMAND; the number of its process in $work/pid; $status
start() {
    local name=$1 wrapped
    shift
    # shellcheck disable=SC2016 # for the shell that becomes voiplab
    wrapped=(sh -c 'echo "$$" >"$0"; exec "$@"' "$work/pid")
    status=0
    "$bed" host "$work/bed" "$@" "${wrapped[@]}" "$VOIPLAB" trunk -f "$lab" --share "$SOURCE/share" \
        --state "$work/state" --wait 1 "$name" >"$work/out" 2>"$work/err" </dev/null &
    wait "$!" 2>/dev/null || status=$?
}

# How far a push is, in bytes, when its first and when its last file is put in place; for that, and for what is to be
# interrupted there, a rename takes its time. The others are to be quick.
slowly() { fake "$1" mv <<<'#!/bin/sh
sleep 0.05; exec /bin/mv "$@"'; }
quickly() { on "$1" rm -f /usr/local/sbin/mv; }
first_file() { on "$1" sh -c 'ls /etc/asterisk/voiplab_*' >/dev/null 2>&1; }
# shellcheck disable=SC2317
last_file() { tree_of "$1" >"$work/now" && cmp -s "$work/now" "$work/$1.new"; }
measure() { # NAME
    local pusher
    spoil "$1"
    slowly "$1"
    start "$1" &
    pusher=$!
    retry 20 first_file "$1" || fail "no file appears on $1: $(cat "$work/err")"
    read -r first_to first_from <"$work/count.$1"
    retry 20 last_file "$1" || fail "$1 does not get its files: $(cat "$work/err")"
    read -r last_to last_from <"$work/count.$1"
    wait "$pusher"
    quickly "$1"
}

# place K N: the k-th of n places in the bytes of each way in turn: half of them over the whole, half about where files
# are put in place; $way and $at
place() {
    local total=$to first=$((first_to - 1600)) last=$((last_to + 100))
    way=to
    if (($1 % 2)); then way=from total=$from first=$((first_from - 200)) last=$((last_from + 200)); fi
    if (($1 % 4 < 2)); then at=$((total * ($1 + 1) / ($2 + 1))); else at=$((first + (last - first) * ($1 + 1) / ($2 + 1))); fi
}

# strace counts each call by its name: that of the k-th of all calls, and how many of the name there were
call() { awk -v at="$1" '/^[a-z]/ { name = $1; sub(/[(].*/, "", name); n[name]++; if (++k >= at) exit } END { print name, n[name] }' "$work/calls"; }

# count NAME: what the interruption left, to the counts of its kind
count() {
    if ! grep -q /voiplab_ "$work/now"; then
        none=$((none + 1))
    elif ! cmp -s "$work/now" "$work/$1.new"; then
        some=$((some + 1))
    fi
}
# enough DONE OF WHAT: says what the interruptions were
enough() {
    echo "  $1 of $2 runs were $3: before the first file $none, between files $some, after the last $(($2 - none - some))"
    [ "$1" -ge $(($2 * 3 / 4)) ] || fail "only $1 of $2 runs were $3"
    [ "$none" -lt "$1" ] || fail "no run was $3 late enough to write anything"
    none=0 some=0
}

interrupt() { # NAME
    local name=$1 i at first calls time begun what nth cut=0 killed=0
    echo "  on $name:"
    spoil "$name"
    rm -f "$work/count.$name"
    slowly "$name"
    begun=$(date +%s%N)
    start "$name"
    time=$((($(date +%s%N) - begun) / 1000000))
    [ "$status" -eq 0 ] || fail "trunk $name through the relay: $(cat "$work/err")"
    retry 5 test -s "$work/count.$name" || fail "the relay counted nothing"
    read -r to from <"$work/count.$name"
    spoil "$name"
    quickly "$name"
    start "$name" strace -qq -o "$work/calls"
    [ "$status" -eq 0 ] || fail "trunk $name under strace: $(cat "$work/err")"
    calls=$(grep -c '^[a-z]' "$work/calls")
    first=$(grep '^[a-z]' "$work/calls" | grep -n -m 1 '^\(clone\|clone3\|fork\|vfork\)(' | cut -d: -f1)
    echo "  $to bytes to it, $from from it; $calls system calls, the first process for it at the $first-th; $time ms"
    measure "$name"
    echo "  files are put in place between $first_to and $last_to bytes to it, $first_from and $last_from from it"

    none=0 some=0
    for ((i = 0; i < cuts; i++)); do
        place "$i" "$cuts"
        spoil "$name"
        slowly "$name"
        echo "$way $at" >"$work/cut.$name"
        start "$name"
        echo none >"$work/cut.$name"
        [ "$status" -eq 0 ] || cut=$((cut + 1))
        old_or_new "$name" "cut after $at bytes $way it"
        count "$name"
        finish "$name" "after $at bytes $way it"
    done
    enough "$cut" "$cuts" cut

    for ((i = 0; i < kills; i++)); do
        spoil "$name"
        slowly "$name"
        case $((i % 3)) in
        0)
            at=$((first + (calls - first) * (i + 1) / (kills + 1)))
            read -r what nth < <(call "$at")
            start "$name" strace -qq -o /dev/null -e "trace=$what" -e "inject=$what:signal=KILL:when=$nth"
            at="$at system calls ($what $nth)"
            ;;
        1)
            place $((i / 3)) $((kills / 3))
            echo "$way $at $work/pid" >"$work/cut.$name"
            start "$name"
            echo none >"$work/cut.$name"
            at="$at bytes $way it"
            ;;
        2)
            at=$((time * (i + 1) / (kills + 1)))
            start "$name" timeout --foreground -s KILL "$(printf '%d.%03d' $((at / 1000)) $((at % 1000)))"
            at="$at ms"
            ;;
        esac
        [ "$status" -ne 137 ] || killed=$((killed + 1))
        old_or_new "$name" "killed after $at"
        count "$name"
        finish "$name" "by a kill after $at"
    done
    enough "$killed" "$kills" killed
    is_registered "$name" || fail "$name is not registered"
}

checks "what a guest is before and after a push"
retry 10 listens || fail "no way through the relays: $(cat "$work/err")"
remember_hosts
for name in $guests; do tree_of "$name" >"$work/$name.old"; done
voiplab up
ends 0 "up"
cp -a "$work/state" "$work/state.kept"
for name in $guests; do tree_of "$name" >"$work/$name.new"; done
said "FreePBX 16.0.68.19"
# what differs is ours to write: on a plain Asterisk the main files, beside an interface the files for others
changed_on() { diff "$work/$1.old" "$work/$1.new" | sed -n 's/^[<>] \([^ ]*\) .*/\1/p' | sort -u | grep -v '/voiplab_' || :; }
expect_lacks "$(changed_on pbx2 | grep -v '_custom\.conf$')" / "what changed on pbx2 beside *_custom.conf"
checks "a push is cut and killed"
for name in $guests; do interrupt "$name"; done
left=$(find "$work/state" -name '.*.voiplab*')
[ -z "$left" ] || fail "left in the state: $left"
echo "all as it should be"
