#!/bin/bash
# The recipe debian-asterisk-22. An Asterisk 22 that loads what the recipe's image leaves of it carries a lab's calls and
# complains of nothing that it would not complain of with everything loaded.
#
# usage: guests_22.sh [--full]    also the image itself, built, and labs of emulated guests of it, alone and beside
#                                 guests of debian-asterisk; ten minutes. The image is that of Debian's unstable
#                                 distribution of the day: what changes there shall be seen, but hold up nobody.
#
# ctest: FIXTURES_REQUIRED "tree;tree-sid" TIMEOUT 1200 COST 25
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=test/e2e/lib.sh
. "$here/lib.sh"
# shellcheck source=test/e2e/fixture.sh
. "$here/fixture.sh"

images=$SOURCE/share/images
# What says that something is missing. (Warnings of samples that Debian ships are Debian's.)
errors() { on "$1" sh -c 'cat /var/log/asterisk/messages*' | sed -n 's/^\[[^]]*\] ERROR\[[0-9]*\]//p' | sort -u; }
has_started() { on "$1" asterisk -rx 'core waitfullybooted' >/dev/null 2>&1; }

# start_with NAME FILE...: NAME's Asterisk with Debian's own modules.conf and these included
start_with() {
    local name=$1 file
    shift
    {
        cat "$(bash "$here/tree" sid 2>/dev/null)/etc/asterisk/modules.conf"
        for file in "$@"; do printf '\n#include %s\n' "${file##*/}"; done
    } | on "$name" sh -c 'cat >/etc/asterisk/modules.conf'
    for file in "$@"; do on "$name" sh -c "cat >/etc/asterisk/${file##*/}" <"$file"; done
    on "$name" sh -c 'rm -f /var/log/asterisk/messages*'
    on "$name" asterisk -rx 'core restart now' >/dev/null
    retry 20 has_started "$name" || fail "Asterisk does not start with $*"
}

begin --guests 2 --sid pbx1

checks "Asterisk 22 with the modules of the image"
start_with pbx1
errors pbx1 >"$work/everything"
before=$(cli pbx1 'module show' | sed -n 's/ modules loaded//p')
start_with pbx1 "$images/debian-asterisk/root/etc/asterisk/modules_trim.conf" \
    "$images/debian-asterisk-22/root/etc/asterisk/modules_sip.conf"
errors pbx1 >"$work/trimmed"
new=$(comm -13 "$work/everything" "$work/trimmed")
[ -z "$new" ] || fail "what is left out is missed: $new"
left=$(cli pbx1 'module show' | sed -n 's/ modules loaded//p')
say "$left modules of $before"
[ "$left" -lt "$((before * 2 / 3))" ] || fail "$left of $before modules are loaded"

checks "and a lab with it"
voiplab up
ends 0 "up"
said "2 registrations, 4 peers"
cli pbx1 'pjsip show registrations' | grep -q ' Registered ' || fail "pbx1 is not registered"
checks "a new registration in place of the one that there is, as after a reset"
cli pbx1 'module refresh res_pjsip_outbound_registration.so' | grep -q 'Unloaded and loaded' || fail "it is not loaded anew"
voiplab verify
ends 0 "verify"
said "6 of 6 calls were answered"
[ "${1-}" = --full ] || exit 0

"$bed" down "$work/bed"
checks "the image"
bash "$here/image.sh" debian-asterisk-22
bash "$here/image.sh"
checks "a lab of it"
bash "$here/guests.sh" debian-asterisk-22
checks "a lab of both"
bash "$here/guests.sh" debian-asterisk-22 debian-asterisk
checks "and the other way about"
bash "$here/guests.sh" debian-asterisk debian-asterisk-22
