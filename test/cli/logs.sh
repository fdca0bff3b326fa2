#!/bin/bash
# logs: which file is shown, escaped, and what follows it. A tail and an ls of ours stand in for those of this host; over
# SSH it is in test/e2e/commands.sh.
# shellcheck source=test/cli/support.sh
. "${SOURCE:?}/test/cli/support.sh"
need jq

cat >lab.ini <<END
[lab]
name = demo
[bridge]
name = br7
interface = none
address = 10.9.9.1/24
[pbx hub]
role = hub
place = local
[provider voz]
host = sip.invalid
secret = verysecretword
END
mkdir bin
cat >bin/ls <<'END'
#!/bin/sh
cat there
exit 2
END
cat >bin/tail <<'END'
#!/bin/sh
[ ! -e broken ] || exit 1
printf '<%s>' "$@"
printf '\nWARNING\t\033[1m verysecretword\n'
END
chmod +x bin/ls bin/tail
lab_logs() {
    status=0
    PATH=$work/bin:$PATH "$VOIPLAB" logs -f lab.ini --state "$work/state" "$@" >out 2>err </dev/null || status=$?
}

# The first that is there.
printf '/var/log/asterisk/full\n/var/log/asterisk/messages\n' >there
lab_logs hub
expect_status 0 'logs'
expect out '<-n100><--></var/log/asterisk/full>' 'logs'
expect out 'WARNING \x1b[1m ••••' 'logs'
printf '/var/log/asterisk/messages\n/var/log/asterisk/messages.log\n' >there
lab_logs hub --json --show-secrets
jq -e '.pbx == "hub" and .file == "/var/log/asterisk/messages.log" and (.output | test("verysecretword"))' out \
    >/dev/null || fail "the document: $(cat out)"

# Followed: the program takes our place. -f is the lab file.
lab_logs -F hub
expect_status 0 'logs -F'
expect out '<-n100><-F></var/log/asterisk/messages.log>' 'logs -F'
lab_logs --follow hub --json
jq -e '.commands == [{pbx: "hub", argv: ["tail", "-n100", "-F", "/var/log/asterisk/messages.log"]}]' out >/dev/null ||
    fail "the document of --follow: $(cat out)"
for mode in '' -F; do
    # shellcheck disable=SC2086
    lab_logs -n $mode hub
    expect_status 0 "a dry run $mode"
    expect out 'tail' "a dry run $mode"
    expect_not out 'WARNING' "a dry run $mode"
done

# What cannot be.
touch broken
lab_logs hub
expect_status 1 'a file that cannot be read'
expect err "'hub' cannot read '/var/log/asterisk/messages.log'" 'a file that cannot be read'
echo /var/log/asterisk/other >there
lab_logs hub
expect_status 1 'no log'
expect err 'none of messages.log, full and messages is in' 'no log'
lab_logs
expect_status 2 'without a name'
lab_logs hub hub
expect_status 2 'two names'
lab_logs nobody
expect_status 2 'an unknown name'
finish
