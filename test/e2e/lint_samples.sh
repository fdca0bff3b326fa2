#!/bin/bash
# The linter over the sample files of a real Asterisk 16: it finds what test/lint/samples.allow justifies line by line,
# and nothing else. The files are those of the test bed's tree.
#
# ctest: FIXTURES_REQUIRED tree TIMEOUT 900 COST 1
# shellcheck source=test/cli/support.sh
. "${SOURCE:?}/test/cli/support.sh"

tree=$(bash "$SOURCE/test/e2e/tree") || skip 'there is no tree of the test bed, and none can be built'
[ -f "$tree/etc/asterisk/extensions.conf" ] || skip "the tree has no sample files: $tree"
for name in extensions sip iax pjsip users chan_dahdi queues voicemail modules; do
    cp "$tree/etc/asterisk/$name.conf" .
done

run dialplan lint -v --level notice extensions.conf
expect_status 1 'the sample files'
sed -n 's/^\([^:]*:[0-9]*\): .*\[\([a-z0-9-]*\)\]$/\1 \2/p' out | sort >found.txt
[ "$(wc -l <found.txt)" -eq "$(wc -l <out)" ] || fail 'a line is no finding'
sed -n 's/^\([a-z_.]*:[0-9]*  *[a-z0-9-]*\)  *[^ ].*/\1/p' "$SOURCE/test/lint/samples.allow" | sort >allowed.txt
[ -s allowed.txt ] || fail 'samples.allow lists nothing'
diff -u allowed.txt found.txt || fail 'other findings (+) than samples.allow justifies (-)'

# no fix is offered that the program does not stand by
run dialplan lint --fix --yes extensions.conf
expect_status 0 '--fix of the sample'
run dialplan lint --fix extensions.conf
expect_empty out 'a second --fix'
finish
