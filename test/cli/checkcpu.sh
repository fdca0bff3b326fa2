#!/bin/bash
# check-cpu with the /proc/cpuinfo of other machines, in text and as JSON.
# shellcheck source=test/cli/support.sh
. "${SOURCE:?}/test/cli/support.sh"
need jq
data=$SOURCE/test/unit/data/cpuinfo

check() {
    run check-cpu --cpuinfo "$data/$1" --json "${@:2}"
    jq -e . out >/dev/null || fail "$1: no JSON"
}

# is FILTER WHAT: the filter holds for the output.
is() {
    jq -e "$1" out >/dev/null || fail "$2: $1 is $(jq -c "${1%% *}" out)"
}

for machine in core2duo-e6750:vmx epyc-svm:svm guest-without: ; do
    name=${machine%%:*} flag=${machine#*:}
    check "$name"
    if [ -n "$flag" ]; then
        is ".virtualization == \"$flag\"" "$name"
        is '.checks[] | select(.name == "virtualization") | .status == "PASS"' "$name"
    else
        is '.virtualization == null' "$name"
        is '.usable == false' "$name"
        is '.checks[] | select(.name == "virtualization") | .status == "FAIL"' "$name"
        is '.checks[] | select(.name == "virtualization") | .remedy | contains("emulated")' "$name"
    fi
    is '(.usable | type) == "boolean"' "$name"
    is '(.emulation | type) == "boolean"' "$name"
    is '.checks | length >= 8' "$name"
    is '[.checks[] | .status] - ["PASS", "WARN", "FAIL", "SKIP"] == []' "$name"
    is '[.checks[] | select(.status == "FAIL" and .remedy == null)] == []' "$name"
    is '.checks[] | select(.name == "libvirt") | .status == "SKIP"' "$name"
    is '.capacity.memory_available > 0 and .capacity.guests == 0' "$name"
    # the exit status says the same
    if jq -e .usable out >/dev/null; then expect_status 0 "$name"; else expect_status 1 "$name"; fi
done
check guest-without
expect_status 1 guest-without
expect err 'voiplab: no hardware virtualization: ' guest-without
check arm-server
is '.checks[] | select(.name == "virtualization") | .status == "SKIP"' arm-server

# A lab's needs: 30 students and a hub; more memory each makes fewer fit.
check core2duo-e6750 -f "$SOURCE/share/labs/classroom.ini" --state "$work/state"
is '.capacity.guests == 31' classroom
is '.capacity.memory_needed > 31 * 256 * 1048576' classroom
is '.capacity.disk_full == (30 * 4 + 8 + 2) * 1073741824' classroom
few=$(jq .capacity.fit_memory out)
sed 's/256M/512M/' "$SOURCE/share/labs/classroom.ini" >big.ini
check core2duo-e6750 -f big.ini --state "$work/state"
is ".capacity.fit_memory < $few or $few == 0" 'students with twice the memory'

# The same for people, and where there is no file.
run check-cpu --cpuinfo "$data/guest-without"
expect_status 1 'check-cpu in text'
grep -q '^FAIL  *virtualization  *neither vmx nor svm' out || fail "check-cpu in text: $(cat out)"
expect err 'guests fit in memory' 'check-cpu in text'
run check-cpu --cpuinfo missing
expect_status 1 'a file that is not there'
expect err "'missing'" 'a file that is not there'
[ ! -e state ] || fail 'check-cpu has made a state directory'
finish
