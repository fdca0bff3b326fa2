#!/bin/bash
# trunk remove leaves every host byte for byte as it was: contents, modes, owners; whatever state the user's files had.
#
# ctest: FIXTURES_REQUIRED tree TIMEOUT 900 COST 30
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=test/e2e/lib.sh
. "$here/lib.sh"
# shellcheck source=test/e2e/fixture.sh
. "$here/fixture.sh"

begin "$@"

# there_and_back WHAT
there_and_back() {
    local name
    checks "$1"
    every contents_of "$work/before"
    voiplab up
    ends 0 "up ($1)"
    all_registered
    every contents_of "$work/up"
    cmp -s "$work/before" "$work/up" && fail "up changed nothing"
    voiplab trunk remove
    ends 0 "trunk remove ($1)"
    every contents_of "$work/after"
    same "$work/before" "$work/after" "trunk remove did not leave the hosts as they were ($1)"
    for name in $guests; do
        cli "$name" 'sip show registry' | grep -q '^0 SIP registrations' || fail "$name still registers ($1)"
        # Asterisk's reload ignores an iax.conf that is not there, and keeps what it had until it starts again
        on "$name" test -e /etc/asterisk/iax.conf || continue
        cli "$name" 'iax2 show peers' | grep -q '^0 iax2 peers' || fail "$name still has IAX2 peers ($1)"
    done
    accounts_ok 0 || fail "the hub still has its accounts ($1)"
    voiplab trunk remove
    ends 0 "trunk remove, once more ($1)"
    said "nothing to do"
}

there_and_back "the files of Debian's package"

# the last line is not ended; on one host the file is empty; modes and owners of their own
for name in pbx1 hub; do
    on "$name" sh -c 'printf "; the end, without a line end" >>/etc/asterisk/sip.conf'
done
on pbx2 sh -c ': >/etc/asterisk/iax.conf; chmod 0600 /etc/asterisk/iax.conf'
on pbx3 sh -c 'chown root:root /etc/asterisk/extensions.conf; chmod 0644 /etc/asterisk/extensions.conf'
there_and_back "a sip.conf whose last line is not ended, an empty iax.conf, an owner and modes of their own"

on pbx3 rm /etc/asterisk/iax.conf
there_and_back "no iax.conf on one host"

on pbx1 sh -c 'printf "; one\r\n; two\r\n" >>/etc/asterisk/sip.conf; printf "\n\n\n" >>/etc/asterisk/extensions.conf'
there_and_back "carriage returns and empty lines at the end"

on pbx2 sh -c 'printf "; a file of mine\n[general](+)\n" >/etc/asterisk/voiplab_iax.conf
    chmod 0640 /etc/asterisk/voiplab_iax.conf; chown root:asterisk /etc/asterisk/voiplab_iax.conf'
there_and_back "a file of the user's that has the name of one of ours"
on pbx2 sh -c 'echo "; and again" >>/etc/asterisk/voiplab_iax.conf'
there_and_back "the same file, changed since"
on pbx2 rm /etc/asterisk/voiplab_iax.conf

checks "lines that the user adds after our block stay, and only those"
voiplab up
ends 0 "up"
contents_of pbx1 >/dev/null
on pbx1 sh -c 'echo "; mine, added later" >>/etc/asterisk/sip.conf'
nothing_to_do
voiplab trunk remove
ends 0 "trunk remove"
every contents_of "$work/after"
[ "$(diff "$work/before" "$work/after" | grep -c '^[<>]')" -eq 2 ] ||
    fail "more than sip.conf of pbx1 differs: $(diff "$work/before" "$work/after")"
expect_contains "$(on pbx1 tail -n 1 /etc/asterisk/sip.conf)" "; mine, added later" "sip.conf"

checks "one PBX alone"
every contents_of "$work/before"
voiplab up
ends 0 "up"
voiplab trunk remove pbx2
ends 0 "trunk remove pbx2"
same <(contents_of pbx2) <(sed -n '/^== pbx2$/,/^== pbx3$/p' "$work/before" | grep -v '^==') "pbx2 is not as it was"
one_block pbx1 sip.conf
echo "all as it should be"
