#!/bin/bash
# dialplan push into a tree that has a configuration: sections that it shares with ours are told, with their lines, and
# nothing is written.
# shellcheck source=test/cli/support.sh
. "${SOURCE:?}/test/cli/support.sh"
lab=$SOURCE/share/labs/thesis.ini
mkdir -p tree/etc/asterisk tree/etc/dahdi

push() {
    run dialplan push servidor -f "$lab" --root tree --state "$work/state" "$@"
}

cat >tree/etc/asterisk/extensions.conf <<'END'
[general]
static=yes
[globals]
CONSOLE=Console/dsp
[home]
exten => 1,1,Answer()
[tesis]
exten => 7001,1,Answer()
;[outbound-local]
[apps]
exten => *43,1,Echo()
END
printf '[general]\ncontext=default\n[7001]\ntype=friend\nsecret=mine\n' >tree/etc/asterisk/sip.conf
for mode in --dry-run '' '-q'; do
    # shellcheck disable=SC2086
    push $mode
    expect_status 1 "push $mode"
    [ ! -e tree/etc/asterisk/voiplab_extensions.conf ] || fail "push $mode: it has written all the same"
    expect err '/etc/asterisk/extensions.conf:7: [tesis] is in this file and in ' "push $mode"
    expect err ', and so are [apps] (line 10): ' "push $mode"
    expect err 'remove or rename them in these files' "push $mode"
    expect err '/etc/asterisk/sip.conf:3: [7001] is in this file and in ' "push $mode"
    for other in general globals home outbound-local; do
        expect_not err "[$other]" "push $mode"
    done
done

# in a file that the main one includes as well
mkdir -p tree/etc/asterisk
sed -i 's/^\[tesis\]/[old-tesis]/; s/^\[apps\]/[old-apps]/' tree/etc/asterisk/extensions.conf
sed -i 's/^\[7001\]/[7101]/' tree/etc/asterisk/sip.conf
printf '#include more.conf\n' >>tree/etc/asterisk/sip.conf
printf '[7001]\ntype=friend\n' >tree/etc/asterisk/more.conf
push
expect_status 1 'push with an included file'
expect err '/etc/asterisk/more.conf:1: [7001] is in this file and in ' 'push with an included file'
rm tree/etc/asterisk/more.conf
sed -i '/more.conf/d' tree/etc/asterisk/sip.conf

# put right, nothing is said, and our own files are not the user's
push
expect_status 0 'push, put right'
push
expect_status 0 'push again'
expect_not err 'is in this file' 'push again'
expect err 'nothing to do' 'push again'
# a hub with a web interface has no file for mailboxes and telephone lines: nothing is written, and it is said
mkdir -p gui/etc/asterisk
: >gui/etc/freepbx.conf
cp "$SOURCE/test/lab/pass-dialplan-with-everything.ini" gui.ini
run dialplan push hub -f gui.ini --root gui --share "$SOURCE/share" --state "$work/gui.state"
expect_status 1 'push to a hub with a web interface'
expect err 'FreePBX leaves no file of the hub to others for the mailboxes' 'push to a hub with a web interface'
[ -z "$(find gui/etc/asterisk -type f)" ] || fail 'push to a hub with a web interface: it has written all the same'
finish
