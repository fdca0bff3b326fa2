#!/bin/bash
# Every option has a variable, $VOIPLAB_ and its name, for every command that takes it; the command line has precedence.
# And every command that takes a lab file takes what tells where its state, its images and its guests are.
# shellcheck source=test/cli/support.sh
. "${SOURCE:?}/test/cli/support.sh"
need jq
lab=$SOURCE/share/labs/quickstart.ini

# every option of every help is in voiplab(1)
for command in $("$VOIPLAB" --help | sed -n 's/^  \([a-z][a-z-]*\) .*/\1/p'); do
    for verb in '' $("$VOIPLAB" "$command" --help | sed -n "s/^  $command \([a-z-]*\)  .*/\1/p"); do
        # shellcheck disable=SC2086
        run $command $verb --help
        cp out help.txt
        expect help.txt 'See voiplab(1).' "$command $verb --help"
        if grep -q -e '--file LAB' help.txt; then
            for option in '-c, --connect' --state --cache; do expect help.txt "$option" "$command $verb --help"; done
        fi
        sed -n 's/^  \(-[a-zA-Z],\|   \) --\([a-z-]*\).*/\2/p' help.txt
    done
done | sort -u >options.txt
[ "$(wc -l <options.txt)" -ge 45 ] || fail "only $(wc -l <options.txt) options were found"
while read -r option; do
    [ "$option" != help ] || continue
    variable=VOIPLAB_$(printf %s "$option" | tr a-z- A-Z_)
    grep -qx "\.It Ev $variable" "${BUILD:?}/man/voiplab.1" || fail "voiplab(1) has no $variable"
done <options.txt

# values, flags, and what is given wins
up() { run up -n -f "$lab" -c "$nowhere" "$@"; }
export VOIPLAB_STATE=$work/here VOIPLAB_CACHE=$work/images
up
expect out "$work/here/quickstart" VOIPLAB_STATE
expect out "$work/images" VOIPLAB_CACHE
up --state "$work/there"
expect out "$work/there/quickstart" '--state over VOIPLAB_STATE'
expect_not out "$work/here" '--state over VOIPLAB_STATE'
VOIPLAB_JSON=yes run inspect -f "$lab"
jq -e .entries out >/dev/null || fail 'VOIPLAB_JSON=yes: no JSON'
for off in 0 no off false ''; do
    VOIPLAB_JSON=$off run inspect -f "$lab"
    grep -q '^KIND ' out || fail "VOIPLAB_JSON='$off' is taken for a yes"
done
VOIPLAB_JSON=1 run inspect -f missing.ini
[ "$(jq -r .status out)" = 3 ] || fail 'VOIPLAB_JSON: a failure is no document'
VOIPLAB_CONNECT=$nowhere run check-cpu --json
jq -e --arg uri "$nowhere" '.checks[] | select(.name == "libvirt") | .seen | contains($uri)' out >/dev/null ||
    fail 'VOIPLAB_CONNECT is not asked'
VOIPLAB_DRY_RUN=1 run destroy -f "$lab" -c test:///default
expect_status 0 'VOIPLAB_DRY_RUN'
VOIPLAB_CHECK=1 run up -f "$lab" -c "$nowhere"
expect_status 5 'VOIPLAB_CHECK'
VOIPLAB_TEMPLATE=thesis run init t.ini
cmp -s t.ini "$SOURCE/share/labs/thesis.ini" || fail 'VOIPLAB_TEMPLATE is not taken'

# a wrong value is told by the name that it was given under
VOIPLAB_JOBS=0 run up -n -f "$lab"
expect_status 2 'VOIPLAB_JOBS=0'
expect err "voiplab: \$VOIPLAB_JOBS: '0' is not a number from 1 to 256" 'VOIPLAB_JOBS=0'
VOIPLAB_COLOR=pink run up -n -f "$lab"
expect err "voiplab: \$VOIPLAB_COLOR: 'pink' is none of auto, always, never" 'VOIPLAB_COLOR=pink'
VOIPLAB_JOBS=0 run up -n -j 3 -f "$lab" -c "$nowhere"
expect_status 0 'VOIPLAB_JOBS=0 and -j 3'

# what is said for all commands is no mistake where it makes no sense
VOIPLAB_DRY_RUN=1 VOIPLAB_YES=1 run check-cpu --cpuinfo "$SOURCE/test/fixtures/hosts/guest-without/proc/cpuinfo"
expect_status 0 'check-cpu with VOIPLAB_DRY_RUN'
finish
