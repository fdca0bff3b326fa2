#!/bin/bash
# What was done to a PBX behind voiplab's back is put right by `up`: a file that Asterisk may not read, by its group or
# its owner; a file that is right and was not loaded; a driver that did not come up; any module that was unloaded. And a
# question that is not answered leaves the rest of a row of `status` as it is.
#
# ctest: TIMEOUT 300 COST 40
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=test/e2e/lib.sh
. "$here/lib.sh"
# shellcheck source=test/e2e/fixture.sh
. "$here/fixture.sh"

begin "$@"
conf=/etc/asterisk/voiplab_sip.conf
inside() { "$bed" exec "$work/bed" pbx1 "$@"; }
asterisk() { inside asterisk -rx "$1"; }
has() { asterisk "module show like $1" 2>/dev/null | grep "^$1.so " | grep -qv 'Not Running'; }
runs() { has chan_sip; }
# a call that has just ended may still have it
unloads() {
    asterisk "module unload $1.so" >/dev/null
    ! has "$1"
}
restart() {
    asterisk 'core restart now' >/dev/null 2>&1 || :
    sleep 1
    retry 20 answers || fail "Asterisk does not come up again"
}
answers() { asterisk 'core waitfullybooted' 2>/dev/null | grep -q 'fully booted'; }
# heals WHAT: --check sees it, up puts it right, and nothing is left to do
heals() {
    voiplab up --check
    ends 5 "up --check: $1"
    voiplab up
    ends 0 "up: $1"
    runs || fail "$1: chan_sip does not run: $(asterisk 'module show like chan_sip')"
    asterisk 'sip show registry' | grep -q ' Registered ' || fail "$1: not registered"
    voiplab up --check
    ends 0 "up --check, afterwards: $1"
}

voiplab up
ends 0 "up"

checks "a file of another group, which Asterisk could not read when it was started"
inside chgrp root $conf
restart
runs && fail "chan_sip has read a file that it may not read"
heals "another group"

checks "a file of another owner and mode"
inside chown root:root $conf
inside chmod 600 $conf
heals "another owner"
[ "$(inside stat -c '%G %a' $conf)" = "asterisk 640" ] || fail "the file is $(inside stat -c '%U %G %a' $conf)"

checks "a file that is right, and a driver that did not come up since it was not"
inside chgrp root $conf
restart
inside chgrp asterisk $conf
heals "files that are right"

checks "a driver that was unloaded"
asterisk 'module unload chan_sip.so' >/dev/null
heals "unloaded"

for module in chan_iax2 app_dial app_stack res_rtp_asterisk; do
    checks "$module, unloaded"
    [ $module != res_rtp_asterisk ] || asterisk 'module unload chan_sip.so' >/dev/null # has it in use
    retry 10 unloads $module || fail "$module is not unloaded"
    voiplab status
    ends 4 "status without $module"
    said "'voiplab up pbx1' loads it"
    [ "$module" != chan_iax2 ] || said "chan_iax2.so is not loaded"
    heals "$module"
    has $module || fail "$module is not loaded again"
    voiplab status
    ends 0 "status with $module again"
done

checks "a module that modules.conf keeps away stays away, and the trunk goes another way"
inside sed -i 's/^load = chan_iax2.so/noload = chan_iax2.so/' /etc/asterisk/modules.conf
asterisk 'module unload chan_iax2.so' >/dev/null
voiplab up
ends 0 "up where IAX2 is not wanted"
has chan_iax2 && fail "chan_iax2 was loaded against modules.conf"
voiplab up --check
ends 0 "up --check where IAX2 is not wanted"
inside sed -i 's/^noload = chan_iax2.so/load = chan_iax2.so/' /etc/asterisk/modules.conf
voiplab up
ends 0 "up where IAX2 is wanted again"
has chan_iax2 || fail "chan_iax2 is not loaded again"

checks "one question without an answer leaves the others in the row of status"
asterisk 'module unload chan_iax2.so' >/dev/null
voiplab status
ends 4 "status with a driver that is not there"
grep -q '^pbx1 .* 16\.[0-9]* *Registered ' "$work/out" || fail "the row is blank: $(cat "$work/out")"
expect_contains "$(cat "$work/err")" "shows no IAX2 peers; is chan_iax2 there?" "why"
asterisk 'module load chan_iax2.so' >/dev/null

checks "PJSIP's driver, and what registers with it, unloaded"
"$bed" down "$work/bed"
rm -rf "$work/state"
"$bed" up "$work/bed" --wait --guests 2 --pjsip pbx1 >/dev/null || fail "the second bed does not come up"
registered() { asterisk 'pjsip show registrations' | grep -q ' Registered'; }
voiplab up
ends 0 "up with PJSIP"
for module in res_pjsip_outbound_registration res_pjsip_endpoint_identifier_ip; do
    retry 10 unloads $module || fail "$module is not unloaded"
    voiplab status
    ends 4 "status without $module"
    said "'voiplab up pbx1' loads it"
    voiplab up
    ends 0 "up without $module"
    has $module || fail "$module is not loaded again"
    registered || fail "not registered after $module was loaded: $(asterisk 'pjsip show registrations')"
    voiplab up --check
    ends 0 "up --check with $module again"
done
echo passed
