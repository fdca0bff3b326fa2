# What the tests on the bed have in common: to be sourced after lib.sh by bash scripts that ctest starts with
# $VOIPLAB (the program under test) and $SOURCE (the root of the sources) in the environment.
# shellcheck shell=bash
# shellcheck disable=SC2119,SC2120

VOIPLAB=${VOIPLAB:?the program under test is not named}
SOURCE=${SOURCE:?the root of the sources is not named}
bed=$SOURCE/test/e2e/bed
guests="pbx1 pbx2 pbx3"
hosts="hub $guests"

# begin [OPTION...]: a directory of our own ($work) and in it a bed with these options, waited for; all is taken away
# at the end.
begin() {
    requires_root
    requires jq sha256sum ip
    work=$(mktemp -d "${TMPDIR:-/tmp}/voiplab-e2e.XXXXXX")
    cleanup_fn rm -rf "$work"
    cleanup_fn "$bed" down "$work/bed"
    local status=0
    "$bed" up "$work/bed" --wait "$@" >"$work/env" || status=$?
    [ "$status" -ne 77 ] || exit 77
    [ "$status" -eq 0 ] || fail "the bed does not come up"
    # shellcheck disable=SC1091
    . "$work/env"
    lab=$BED_LAB
}

# checks TEXT: what is looked at next, on stdout
checks() { echo "- $*"; }

# on NAME CMD...: run CMD on a PBX. Without the talk of nsenter where the PBX is away.
on() { "$bed" exec "$work/bed" "$@"; }

# cli NAME COMMAND: ask the Asterisk of NAME, not by way of voiplab
cli() { on "$1" timeout 10 asterisk -rx "$2"; }

# fake NAME PROGRAM: the script on stdin is what NAME runs as PROGRAM, until the file is removed
fake() { on "$1" sh -c "cat >/usr/local/sbin/$2; chmod 0755 /usr/local/sbin/$2"; }

# without_socket NAME: its perl says that Asterisk's control socket is not to be had, so that `asterisk -rx` is run
without_socket() { printf '#!/bin/sh\nexit 9\n' | fake "$1" perl; }

# voiplab COMMAND [ARG...]: run it where the lab's owner sits; leaves $status, $work/out (stdout), $work/err (stderr),
# $seconds
voiplab() {
    local command=$1 begun
    shift
    begun=$(date +%s%N)
    status=0
    "$bed" host "$work/bed" "$VOIPLAB" "$command" -f "$lab" --share "$SOURCE/share" --state "$work/state" "$@" \
        >"$work/out" 2>"$work/err" </dev/null || status=$?
    # shellcheck disable=SC2034 # for the tests
    seconds=$((($(date +%s%N) - begun) / 1000000000))
}

# ends WANTED WHAT: the last voiplab ended with this status
ends() {
    [ "$status" -eq "$1" ] || fail "$2: exit status $status, wanted $1; it said:
$(cat "$work/out" "$work/err")"
}

# said PART: the last voiplab wrote PART to stderr or stdout
said() { expect_contains "$(cat "$work/out" "$work/err")" "$1" "what voiplab said"; }
not_said() { expect_lacks "$(cat "$work/out" "$work/err")" "$1" "what voiplab said"; }

# nothing_to_do: up has nothing to do and says so
nothing_to_do() {
    voiplab up
    ends 0 "up, once more"
    said "nothing to do"
}

# is_registered NAME: the Asterisk of this guest says that its one registration, at the hub, is in force
is_registered() { [ "$(cli "$1" 'sip show registry' | grep -c "^$BED_HUB:5060 .* Registered ")" -eq 1 ]; }

# peers_ok NAME COUNT: so many of its IAX2 peers are reached, and no other is there. The first answer of a peer that was
# away may be counted as late.
peers_ok() {
    local text
    text=$(cli "$1" 'iax2 show peers')
    [ "$(grep -c ' \(OK\|LAGGED\) (' <<<"$text")" -eq "$2" ] && grep -q "^$2 iax2 peers " <<<"$text"
}

# accounts_ok COUNT: the hub has reached so many of its accounts, and no other is there
accounts_ok() {
    local text
    text=$(cli hub 'sip show peers')
    [ "$(grep -c '^700[0-9]/.* \(OK\|LAGGED\) (' <<<"$text")" -eq "$1" ]
}

# all_registered: asked of the Asterisks themselves; one that registers anew is not registered for a moment
all_registered() {
    local name
    for name in $guests; do
        retry 5 is_registered "$name" || fail "$name is not registered:
$(cli "$name" 'sip show registry')"
        peers_ok "$name" 2 || fail "$name does not reach its peers:
$(cli "$name" 'iax2 show peers')"
    done
    accounts_ok 3 || fail "the hub does not reach its accounts:
$(cli hub 'sip show peers')"
}

# Every file under /etc/asterisk with its mode, owner and content.
contents_of() {
    on "$1" sh -c 'cd /etc/asterisk && find . -type f -printf "%m %U:%G %p\n" -exec sha256sum {} + | sort'
}
# The same as times and inodes: what a write would change even if it wrote the same again. Directories too.
times_of() { on "$1" sh -c 'cd /etc/asterisk && find . -printf "%i %T@ %m %U:%G %p\n" | sort'; }

# every OF FILE: `OF NAME` of every host into FILE
every() {
    local name
    for name in $hosts; do
        echo "== $name"
        "$1" "$name"
    done >"$2"
}

same() { cmp -s "$1" "$2" || fail "$3:
$(diff "$1" "$2" | head -40)"; }

# No temporary of an interrupted write anywhere.
no_leftovers() {
    local name left
    for name in $hosts; do
        left=$(on "$name" find /etc/asterisk -name '.*.voiplab*')
        [ -z "$left" ] || fail "left behind on $name: $left"
    done
}

# one_block NAME FILE: our block stands in the user's file once, whole
one_block() {
    local begins finishes
    begins=$(on "$1" grep -c '^; voiplab: begin' "/etc/asterisk/$2" || :)
    finishes=$(on "$1" grep -c '^; voiplab: end' "/etc/asterisk/$2" || :)
    [ "$begins/$finishes" = 1/1 ] || fail "$2 on $1 has $begins beginnings and $finishes ends of our block"
}

# remember_hosts / put_hosts_back: the configuration as it was, and Asterisk told so; the lab's state forgotten
remember_hosts() {
    local name
    for name in $hosts; do on "$name" cp -a /etc/asterisk /root/asterisk.before; done
}
put_hosts_back() {
    local name pids=()
    for name in $hosts; do
        # shellcheck disable=SC2016 # for the shell over there
        (
            trap - EXIT
            on "$name" sh -c 'find /etc/asterisk -mindepth 1 -delete; cp -a /root/asterisk.before/. /etc/asterisk/;
                for what in "sip reload" "iax2 reload" "dialplan reload"; do asterisk -rx "$what"; done >/dev/null'
        ) &
        pids+=("$!")
    done
    for name in "${pids[@]}"; do wait "$name" || fail "a host cannot be put back"; done
    rm -rf "$work/state"
}
