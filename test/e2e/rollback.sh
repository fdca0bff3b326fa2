#!/bin/bash
# A guest on which a step fails is put back as it was; the others are done; exit status 4.
#
# ctest: FIXTURES_REQUIRED tree TIMEOUT 900 COST 20
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=test/e2e/lib.sh
. "$here/lib.sh"
# shellcheck source=test/e2e/fixture.sh
. "$here/fixture.sh"

begin "$@"

# break_cli NAME COMMAND ANSWER: `asterisk -rx COMMAND` on NAME runs the shell words ANSWER instead
break_cli() {
    fake "$1" asterisk <<END
#!/bin/sh
case "\$*" in "-rx $2") $3 ;; esac
exec /usr/sbin/asterisk "\$@"
END
    without_socket "$1"
}
mend_cli() { on "$1" rm -f /usr/local/sbin/asterisk /usr/local/sbin/perl; }

# fails_alone NAME WHAT: up fails on NAME alone and leaves its files as they were
fails_alone() {
    local name
    contents_of "$1" >"$work/before"
    voiplab up --wait 5
    ends 4 "up, when $2"
    said "voiplab: $1: "
    said "1 of 4 PBXs failed"
    cp "$work/err" "$work/err.up"
    contents_of "$1" >"$work/now"
    same "$work/before" "$work/now" "the files of $1 were not put back when $2"
    no_leftovers
    for name in $hosts; do
        [ "$name" != "$1" ] || continue
        expect_lacks "$(cat "$work/err.up")" "voiplab: $name: " "what voiplab said"
        voiplab trunk --check "$name"
        ends 0 "trunk --check $name"
    done
}

checks "the reload of chan_sip fails with a status"
break_cli pbx2 "module reload chan_sip.so" "echo 'no such thing' >&2; exit 1"
fails_alone pbx2 "sip reload fails"
cli pbx2 'sip show registry' | grep -q '^0 SIP registrations' || fail "pbx2 registers though its files were put back"
for name in pbx1 pbx3; do is_registered "$name" || fail "$name is not registered"; done
accounts_ok 2 || fail "the hub does not reach the two others"

checks "the reload of the dialplan, after the others were done, is unknown to Asterisk"
break_cli pbx2 "module reload pbx_config.so" "echo \"No such module 'pbx_config.so'\"; exit 0"
fails_alone pbx2 "the dialplan reload is unknown"

checks "mended, the next up finishes the lab"
mend_cli pbx2
voiplab up
ends 0 "up on the mended guest"
all_registered
nothing_to_do

checks "a change of files that were there before is put back to them, not taken away"
on pbx3 sh -c "sed -i 's/^qualify=yes/qualify=no/' /etc/asterisk/voiplab_sip.conf; chmod 0600 /etc/asterisk/voiplab_iax.conf"
break_cli pbx3 "module reload chan_sip.so" "exit 1"
fails_alone pbx3 "sip reload fails on changed files"
mend_cli pbx3
voiplab up
ends 0 "up on the mended guest"

checks "a file cannot be put in place: the ones before it are put back"
on pbx1 sh -c 'rm /etc/asterisk/voiplab_*.conf; sed -i "/voiplab: begin/,/voiplab: end/d" /etc/asterisk/*.conf'
on pbx1 sh -c 'cat >/usr/local/sbin/mv; chmod 0755 /usr/local/sbin/mv' <<'END'
#!/bin/sh
case "$*" in *voiplab_extensions.conf) echo 'no room' >&2; exit 1 ;; esac
exec /bin/mv "$@"
END
fails_alone pbx1 "a file cannot be put in place"
expect_contains "$(cat "$work/err.up")" "no room" "what voiplab said"
expect_contains "$(cat "$work/err.up")" "pbx1: write /etc/asterisk/voiplab_sip.conf" "what voiplab said" # and put it back
on pbx1 rm /usr/local/sbin/mv

checks "a directory stands where a file of ours goes: nothing is begun"
on pbx1 mkdir /etc/asterisk/voiplab_extensions.conf
fails_alone pbx1 "a file of ours is a directory"
on pbx1 rmdir /etc/asterisk/voiplab_extensions.conf
voiplab up
ends 0 "up when the directory is gone"
all_registered
nothing_to_do
echo "all as it should be"
