#!/bin/bash
# trunk verify: its options, and a report of a lab of which nobody answers. On real Asterisks it is in
# test/e2e/causes.sh.
# shellcheck source=test/cli/support.sh
. "${SOURCE:?}/test/cli/support.sh"
need xmllint

cat >lab.ini <<END
[lab]
name = demo
[bridge]
name = br7
interface = none
address = 127.0.0.1/8
[pbx hub]
role = hub
place = local
END
mkdir bin
printf '#!/bin/sh\nexit 1\n' >bin/asterisk
chmod +x bin/asterisk
trunk_verify() {
    status=0
    PATH=$work/bin:$PATH "$VOIPLAB" trunk verify -f lab.ini --state "$work/state" --wait 1 "$@" >out 2>err </dev/null || status=$?
}

trunk_verify --junit --json
[ "$status" -eq 2 ] || fail "--junit and --json together: exit status $status"
trunk_verify --junit
[ "$status" -eq 1 ] || fail "--junit with nobody there: exit status $status"
[ "$(xmllint --xpath 'concat(/testsuite/@tests, /testsuite/@failures, //testcase/@classname)' out)" = 11hub ] ||
    fail "no report: $(cat out)"
trunk_verify
grep -q '^hub  *-$' out || fail "no matrix: $(cat out)"

finish
