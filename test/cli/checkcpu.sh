#!/bin/bash
# check-cpu with the files of other machines (test/fixtures/hosts), in text and as JSON.
#
# ctest: COST 18
# shellcheck source=test/cli/support.sh
. "${SOURCE:?}/test/cli/support.sh"
need jq
hosts=$SOURCE/test/fixtures/hosts

check() {
    run check-cpu --json "$@"
    jq -e . out >/dev/null || fail "$*: no JSON"
}

# is FILTER WHAT: the filter holds for the output.
is() {
    jq -e "$1" out >/dev/null || fail "$2: $1 is $(jq -c "${1%% *}" out)"
}

# row NAME FILTER WHAT: the filter holds for the check of this name.
row() {
    is ".checks[] | select(.name == \"$1\") | $2" "$3"
}

# What holds for every answer.
sound() {
    is '(.usable | type) == "boolean"' "$1"
    is '(.emulation | type) == "boolean"' "$1"
    is '.checks | length >= 25' "$1"
    is '[.checks[] | .status] - ["PASS", "WARN", "FAIL", "SKIP"] == []' "$1"
    is '[.checks[] | select((.status == "FAIL" or .status == "WARN") and .remedy == null)] == []' "$1"
    is '[.checks[] | keys_unsorted] | unique == [["name", "status", "seen", "remedy"]]' "$1"
    is '[.checks[].name] | length == (unique | length)' "$1"
    row libvirt '.status == "SKIP"' "$1"
    row 'kvm device' '.status == "SKIP"' "$1"
    is '.capacity.memory_available > 0 and .capacity.memory_reserve == 1536 * 1048576' "$1"
    # the exit status says the same, and so does the verdict: a lab works where nothing fails
    is '.works == ([.checks[] | select(.status == "FAIL")] == [])' "$1"
    is '.works == (.verdict | startswith("works"))' "$1"
    is '.works and .usable == (.verdict == "works, with hardware virtualization")' "$1"
    is '.works and (.usable | not) == (.verdict | startswith("works, emulated: slow ("))' "$1"
    if jq -e .works out >/dev/null; then expect_status 0 "$1"; else expect_status 1 "$1"; fi
}

# MACHINE FLAG TREE CPUINFO: usable by all of its files, and by its cpuinfo alone, which does not know of the firmware.
count=0
while read -r name flag tree file; do
    count=$((count + 1))
    if [ "$flag" = null ]; then value=null; else value="\"$flag\""; fi
    check --root "$hosts/$name"
    sound "$name"
    is ".virtualization == $value and .usable == $tree" "$name"
    check --cpuinfo "$hosts/$name/proc/cpuinfo"
    sound "$name by cpuinfo"
    is ".virtualization == $value and .usable == $file" "$name by cpuinfo"
    if [ "$flag" = null ]; then
        row virtualization '.status == "WARN" and (.remedy | contains("emulated"))' "$name"
    else
        row virtualization '.status == "PASS"' "$name"
    fi
done <<'EOF'
core2duo-e6750 vmx true true
core2duo-e6750-bios-off vmx false true
xeon-6338 vmx true true
epyc-7302p svm true true
guest-nested vmx true true
guest-without null false false
arm-server null false false
bios-off-intel null false false
bios-off-amd svm false true
EOF
[ "$count" -eq "$(find "$hosts" -mindepth 1 -maxdepth 1 -type d | wc -l)" ] || fail 'a machine of the fixtures is not in the list'

# Processors that are misjudged by who looks for a word only: FILE, FLAG, whether KVM carries the guests, the verdict's
# reason, and what the row says.
count=0
while IFS='|' read -r name flag usable reason seen model; do
    count=$((count + 1))
    if [ "$flag" != null ]; then flag="\"$flag\""; fi
    check --cpuinfo "$SOURCE/test/fixtures/cpuinfo/$name"
    is ".virtualization == $flag and .usable == $usable and (.verdict | contains(\"$reason\"))" "$name"
    row virtualization ".seen | contains(\"$seen\")" "$name"
    row processor ".status == \"PASS\" and (.seen | contains(\"$model\"))" "$name"
done <<'EOF'
core-duo|vmx|false|the processor has 32 bits|vmx on 2 processors: the processor has 32 bits|T2400
loongson|null|false|not an x86|on 2 processors: not an x86|LoongArch, Loongson-3A6000
lscpu|vmx|true|with hardware virtualization|vmx on 8 processors|i7-6700
power9|null|false|not an x86|on 2 processors: not an x86|POWER9
quoted|vmx|true|with hardware virtualization|vmx on 2 processors|i7-6700
raspi1|null|false|not an x86|on 1 processor: not an x86|ARM, ARMv6-compatible
riscv|null|false|not an x86|on 2 processors: not an x86|RISC-V, sifive
s390x|null|false|not an x86|on 4 processors: not an x86|IBM/S390
sparc-t5|null|false|not an x86|on 128 processors: not an x86|SPARC, UltraSparc T5
wrapped|vmx|true|with hardware virtualization|vmx on 2 processors|i7-6700
xen-dom0|null|false|Xen keeps virtualization|Xen runs below: this is its host (dom0) or|E5-2650
xeon|vmx|true|with hardware virtualization|vmx on 1 processor|8259CL
EOF
[ "$count" -eq "$(find "$SOURCE/test/fixtures/cpuinfo" -type f | wc -l)" ] || fail 'a processor of the fixtures is not in the list'
check --cpuinfo "$SOURCE/test/fixtures/cpuinfo/wrapped"
row 64-bit '.status == "PASS"' 'a wrapped cpuinfo'
row 'nested paging' '.seen == "ept"' 'a wrapped cpuinfo'
check --cpuinfo "$SOURCE/test/fixtures/cpuinfo/core-duo"
row 64-bit '.status == "WARN" and (.remedy | contains("emulated"))' 'a processor of 32 bits'
row 'kvm module' '.status == "SKIP"' 'a processor of 32 bits'
check --cpuinfo "$SOURCE/test/fixtures/cpuinfo/xen-dom0"
row 'outer hypervisor' '.status == "WARN" and (.seen | startswith("Xen, of which this is the host"))' 'a dom0 by its cpuinfo'
# The same with what the rest of the tree says: Xen's own word, a kernel of 32 bits, a hypervisor that was faster.
host() {
    rm -rf host
    mkdir -p host/proc/sys/kernel host/var/log
    cp "$SOURCE/test/fixtures/cpuinfo/$1" host/proc/cpuinfo
}
host xen-dom0
mkdir host/proc/xen
echo control_d >host/proc/xen/capabilities
check --root host
is '.usable == false and (.verdict | contains("Xen keeps virtualization"))' 'a dom0'
row virtualization '.status == "WARN" and (.seen | contains("Xen runs below this host (dom0)")) and (.remedy | contains("without Xen"))' 'a dom0'
row 'outer hypervisor' '.seen == "Xen, of which this is the host (dom0)"' 'a dom0'
# a dom0 that shows the flag, as those of CentOS 5 do, and a guest of Xen that is in control of nothing
host xeon
mkdir host/proc/xen
echo control_d >host/proc/xen/capabilities
check --root host
is '.virtualization == "vmx" and .usable == false' 'a dom0 with vmx'
: >host/proc/xen/capabilities
check --root host
is '.usable' 'a guest of Xen with vmx'
for release in 6.1.0-18-686-pae 2.6.18-194.el5PAE 2.6.32-754.el6.i686; do
    host xeon
    echo $release >host/proc/sys/kernel/osrelease
    check --root host
    is '.usable == false and (.verdict | contains("the kernel has 32 bits"))' "the kernel $release"
    row virtualization '.remedy | contains("of 64 bits")' "the kernel $release"
done
host xeon
echo '[   50.1] kvm: enabling virtualization on CPU3 failed' >host/var/log/dmesg
check --root host
is '.usable == false and (.verdict | contains("another hypervisor"))' 'a host whose VirtualBox runs'
row 'kvm device' '.status == "WARN" and (.remedy | contains("vboxdrv"))' 'a host whose VirtualBox runs'
echo '[    0.0] Linux version 6.8.0' >>host/var/log/dmesg
check --root host
is '.usable' 'a host whose VirtualBox ran before its last start'
printf '\377\376p\0r\0o\0c\0' >utf16
run check-cpu --cpuinfo utf16
expect_status 1 'a cpuinfo that Windows has saved'
expect err 'iconv -f UTF-16' 'a cpuinfo that Windows has saved'

check --root "$hosts/core2duo-e6750"
row sipp '.remedy == "yum install sipp"' 'a tool on CentOS'
check --root "$hosts/epyc-7302p"
row sipp '.remedy == "apt-get install sip-tester"' 'a tool on Debian'

# The lab of the thesis on the host of the thesis.
check --root "$hosts/core2duo-e6750" -f "$SOURCE/share/labs/thesis.ini" --state "$work/state"
expect_status 0 'the host of the thesis'
is '.capacity.guests == 3 and .capacity.lab_fit_memory == 3' 'the host of the thesis'
is '.capacity.fit_processors == null' 'the host of the thesis emulates nothing'
row memory '.status == "PASS"' 'the host of the thesis'
row 'pool mount' '.seen | contains("on '"'/vm'"' (ext3")' 'the host of the thesis'
row 'secure boot' '.status == "PASS"' 'the host of the thesis'

# The files that are easily misread.
trap_file() {
    check --cpuinfo cpuinfo
    is ".virtualization == $1" "$2"
}
printf 'processor\t: 0\nflags\t\t: fpu lm\nvmx flags\t: vnmi vmx svm\n' >cpuinfo
trap_file null 'vmx flags'
printf 'processor\t: 0\nflags\t\t: fpu svm_lock avmx vmxx\n' >cpuinfo
trap_file null 'parts of words'
printf 'processor\t: 0\nflags\t\t: fpu lm\n\nprocessor\t: 1\nflags\t\t: fpu lm vmx\n' >cpuinfo
trap_file '"vmx"' 'the second processor'
row virtualization '.status == "WARN" and (.seen | contains("1 of 2"))' 'the second processor'
printf 'processor\t: 0\r\nflags\t\t: fpu svm\r\n' >cpuinfo
trap_file '"svm"' 'CRLF'
printf 'processor\t: 0\nflags\t\t: fpu vmx' >cpuinfo
trap_file '"vmx"' 'no line feed at the end'
printf '' >cpuinfo
trap_file null 'an empty file'
{ printf 'processor\t: 0\nflags\t\t:' && yes ' fpu' | head -n 1000000 | tr -d '\n' && printf ' vmx\n'; } >cpuinfo
trap_file '"vmx"' 'a huge line'

# A /dev/kvm that opens is not believed where the processor has neither flag.
if [ -e /dev/kvm ] && ! grep -qwE '^flags.*(vmx|svm)' /proc/cpuinfo; then
    check -c "$nowhere"
    is '.usable == false' 'a /dev/kvm without vmx or svm'
    row 'kvm device' '.status == "WARN" and (.remedy | contains("emulated"))' 'a /dev/kvm without vmx or svm'
fi

# A lab's needs: 30 students and a hub; more memory each makes fewer fit, and so does a larger reserve.
lab=$SOURCE/share/labs/classroom.ini
check --root "$hosts/guest-nested" -f "$lab" --state "$work/state"
is '.capacity.guests == 31' classroom
is '.capacity.memory_needed > 31 * 256 * 1048576' classroom
is '.capacity.disk_full == (30 * 4 + 8 + 2) * 1073741824' classroom
is '.capacity.lab_fit_memory > 0 and .capacity.lab_fit_memory < 31' classroom
is '.capacity.lab_fit <= .capacity.lab_fit_memory and .capacity.lab_fit <= .capacity.lab_fit_disk' classroom
row memory '.status == "FAIL"' classroom
few=$(jq .capacity.fit_memory out)
sed 's/256M/512M/' "$lab" >big.ini
check --root "$hosts/guest-nested" -f big.ini --state "$work/state"
is ".capacity.fit_memory < $few" 'students with twice the memory'
{ cat "$lab" && printf '[host]\nreserve = 6G\n'; } >reserve.ini
check --root "$hosts/guest-nested" -f reserve.ini --state "$work/state"
is ".capacity.memory_reserve == 6 * 1073741824 and .capacity.fit_memory < $few" 'a host that keeps 6 GiB'
row memory '.seen | contains("beside 6.0 GiB")' 'a host that keeps 6 GiB'
sed '/^\[load/,$d' "$lab" >quiet.ini
check --root "$hosts/guest-nested" -f quiet.ini --state "$work/state"
row sipp '.status == "SKIP"' 'a lab without [load]'

# Merged memory is asked for where the guests do not fit without it.
row 'merged memory' '.status == "SKIP"' 'a kernel without KSM'
cp -r "$hosts/guest-nested" merging
mkdir -p merging/sys/kernel/mm/ksm
echo 0 >merging/sys/kernel/mm/ksm/run
echo 45979 >merging/sys/kernel/mm/ksm/pages_sharing
check --root merging -f "$lab" --state "$work/state"
row 'merged memory' '.status == "WARN" and .seen == "off" and (.remedy | contains("ksm/run"))' 'a lab that does not fit'
check --root merging
row 'merged memory' '.status == "PASS" and (.seen | startswith("off"))' 'a guest that fits'
echo 1 >merging/sys/kernel/mm/ksm/run
check --root merging -f "$lab" --state "$work/state"
row 'merged memory' '.status == "PASS" and (.seen | contains("saves 179 MiB"))' 'pages are merged'

# The same for people, and where there is no file.
run check-cpu --cpuinfo "$hosts/guest-without/proc/cpuinfo"
# the verdict first, then what there is to do, and nothing of what is right
[ "$(head -1 out)" = 'works, emulated: slow (the processor has neither vmx nor svm)' ] || fail "the verdict: $(head -1 out)"
expect_status 0 'check-cpu in text'
grep -q '^WARN  *virtualization  *neither vmx nor svm' out || fail "check-cpu in text: $(cat out)"
! grep -q '^PASS' out || fail "check-cpu tells what is right without -v: $(cat out)"
expect err 'guests fit in memory' 'check-cpu in text'
grep -q '; [0-9]* checks more with -v' err || fail "the rows that are not shown are not told: $(cat err)"
grep -c '^WARN\|^FAIL' out >few
run check-cpu -v --cpuinfo "$hosts/guest-without/proc/cpuinfo"
grep -q '^PASS' out || fail 'check-cpu -v does not tell what is right'
[ "$(grep -c '^WARN\|^FAIL' out)" -eq "$(cat few)" ] || fail 'check-cpu and check-cpu -v find other faults'
expect_not err ' with -v' 'check-cpu -v'
run check-cpu --root "$hosts/guest-nested" -f "$lab" --state "$work/state"
tr -s '\n ' ' ' <err | grep -q "^[0-9]* of this lab's 31 guests fit; .*what runs out first: \(memory\|disk\)" || fail "capacity: $(cat err)"
run check-cpu --root "$hosts/bios-off-amd"
expect out 'the firmware (BIOS) keeps virtualization off' 'a lock in the firmware'
run check-cpu --cpuinfo missing
expect_status 1 'a file that is not there'
expect err "'missing'" 'a file that is not there'

run check-cpu --root missing
expect_status 1 'a tree that is not there'
expect err "there is no tree '$work/missing'" 'a tree that is not there'
run check-cpu --root "$hosts/bios-off-intel"
expect out 'the firmware (BIOS) keeps virtualization off' 'a lock that hides the flag'

# As somebody without privileges: rows that need root say so, and nothing ends early.
nobody() {
    setpriv --reuid=65534 --regid=65534 --clear-groups "$VOIPLAB" "$@"
}
if [ "$(id -u)" -eq 0 ] && nobody --version >/dev/null 2>&1; then
    status=0
    nobody check-cpu --json -c "$nowhere" >out 2>err </dev/null || status=$?
    is '.checks | length >= 25' 'check-cpu as nobody'
    [ "$status" -le 1 ] || fail "check-cpu as nobody ended with $status: $(cat err)"
fi
[ ! -e state ] || fail 'check-cpu has made a state directory'
# A file without a processor says nothing of one; bytes for a terminal are shown once, as what they are.
: >empty
run check-cpu --cpuinfo empty
expect out 'cpuinfo names no processor' 'an empty cpuinfo'
[ "$(head -1 out)" = 'works, emulated: slow (cpuinfo names no processor)' ] || fail "an empty cpuinfo: $(head -1 out)"
printf 'processor\t: 0\nmodel name\t: a\033[31mX\nflags\t\t: vmx lm\n' >colour
run check-cpu -v --cpuinfo colour
expect out 'a\x1b[31mX' 'a model with an escape'
expect_not out 'x5c' 'a model with an escape'
expect_not out "$(printf '\033')" 'a model with an escape'
finish
