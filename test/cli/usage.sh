#!/bin/bash
# Wrong command lines end with 2, say what is wrong and name the nearest right word.
# shellcheck source=test/cli/support.sh
. "${SOURCE:?}/test/cli/support.sh"
lab=$SOURCE/share/labs/thesis.ini

# wrong TEXT ARGUMENT...: the command line is refused with this text, in one line on standard error.
wrong() {
    local text=$1
    shift
    run "$@"
    expect_status 2 "voiplab $*"
    expect err "$text" "voiplab $*"
    expect_empty out "voiplab $*"
    [ "$(wc -l <err)" -eq 1 ] || fail "voiplab $*: not one line: $(cat err)"
    grep -q '^voiplab: ' err || fail "voiplab $*: does not begin with 'voiplab: '"
}

wrong "which command?"
wrong "did you mean 'status'?" statsu
wrong "there is no command 'hlep'; did you mean 'help'?" hlep
# a verb that is misspelt stands where a PBX may stand, and a lab file is missed only then
wrong "there is no command 'dialplan shwo'; did you mean 'show'?" dialplan shwo 100
wrong "there is no command 'trunk verfy'; did you mean 'verify'?" trunk verfy
wrong "there is no lab file: give one with -f" trunk alfa
wrong "'voiplab --help' lists them" frobnicate
wrong "the command comes first" --verson
wrong "the command comes first" -f x up
wrong "did you mean '--dry-run'?" up --dry-rum
wrong "did you mean '--dry-run'?" up --dry-rum=3
wrong "up has no option '-Z'" up -Z
wrong "up has no option '--zzzzzz'; 'voiplab up --help'" up --zzzzzz
wrong "bridge has no option '--jobs'" bridge --jobs 3
wrong "may be '--state' or '--share'" up --s
wrong "the option '--json' takes no value" up --json=3
wrong "the option '-f' needs a value" up -f
wrong "the option '--file' needs a value" up --file
wrong "init does not take 'b'" init a b
wrong "bridge: 'x' is none of confirm, revert, show" bridge x
wrong "bridge show does not take 'y'" bridge show y
wrong "--jobs: '0' is not a number from 1 to 256" up --jobs 0 -f "$lab"
wrong "--jobs: '257' is not a number" up -j 257 -f "$lab"
wrong "--wait: '3s' is not a number" up --wait 3s -f "$lab"
wrong "--color: 'sometimes' is none of auto, always, never" up --color sometimes -f "$lab"
wrong "there is no lab file: give one with -f" up
wrong "-f comes too late behind 'alfa'" ssh alfa -f "$lab"
wrong "-f comes too late behind 'alfa'" exec alfa -- uptime -f "$lab"
wrong "-f comes too late behind 'uptime'" exec -- uptime --file="$lab"
wrong "--template: 'thesys' is none of quickstart, classroom, thesis" init -t thesys
wrong "--template: '../labs/thesis' is none of" init -t ../labs/thesis
wrong "--backend: 'wicked' is none of auto, ifcfg, networkmanager, networkd, ifupdown, netplan" bridge --backend wicked
wrong "--level: 'loud' is none of error, warning, notice" dialplan lint --level loud x.conf
wrong "did you mean 'virtual1'?" up --dry-run -f "$lab" virtual
wrong "'nobody' is no PBX of this lab; 'voiplab inspect' shows them" status -f "$lab" nobody
wrong "--dot belongs to 'dialplan show'" dialplan lint --dot x.conf
wrong "--context belongs to 'dialplan show'" dialplan lint --context home x.conf
wrong "--level belongs to 'dialplan lint'" dialplan show --level error 1 -f "$lab"
wrong "--dot belongs to 'dialplan show'" dialplan push --dot -f "$lab"
wrong "--dot belongs to 'dialplan show'" dialplan --dot virtual1 -f "$lab"
wrong "--fix belongs to 'dialplan lint'" dialplan diff --fix -f "$lab"
wrong "--cont belongs to 'dialplan show'" dialplan lint --cont=home x.conf
wrong "-y belongs to 'dialplan lint'" dialplan show -y 911 -f "$lab"
wrong "--jobs belongs to 'dialplan' and 'dialplan diff'" dialplan lint --jobs 3 x.conf
wrong "-n belongs to 'bridge' and 'bridge revert'" bridge confirm -n
wrong "--boot belongs to 'bridge revert'" bridge --boot -f "$lab"
wrong "bridge revert has no option '--jobs'" bridge revert --jobs 3
wrong "dialplan show needs more: voiplab dialplan show NUMBER|-" dialplan show
wrong "dialplan show does not take '112'" dialplan show 911 112
wrong "there is no command 'dialplan lnit'; did you mean 'lint'?" help dialplan lnit
wrong "there is no command 'up lint'; 'voiplab up --help'" help up lint
wrong "'fast' is no [load] of this lab" sipp -f "$lab" fast
quick=$SOURCE/share/labs/quickstart.ini
wrong "'fast' is no [load] of this lab, whose file has [load quick]" sipp -f "$quick" fast
wrong "'quik' is no [load] of this lab; did you mean 'quick'?" sipp -f "$quick" quik
wrong "'x' is no [image] of this lab, whose file has [image debian]" image -f "$quick" --state "$work/state" x
printf '[a]\nexten => 1,1,NoOp()\n' >plan.conf
wrong "the number is empty: give the one that is dialled" dialplan show '' --context a --conf plan.conf
# what cannot be is told before whoever would make it is missed
wrong "--memory: '1' is not a size with its unit, such as 300M" create-vm x --memory 1 --disk 1G -c "$nowhere"
wrong "--memory: '1M' is less than 16M" create-vm x --memory 1M --disk 1G -c "$nowhere"
wrong "a guest without a lab file needs" create-vm x --memory 1G
wrong "a guest without a lab file needs" create-vm x --memory 1G --disk 1G -f "$lab"
wrong "reset needs more: voiplab reset PBX" reset -f "$lab"
printf '[lab]\nname = x\n[bridge]\naddress = 10.5.5.1/24\n[pbx far]\nplace = ssh\naddress = 10.5.5.9\n' >far.ini
wrong "'far' is no virtual machine of this lab" snapshot far -f far.ini --state "$work/state"
wrong "'alf' is no PBX of this lab; did you mean 'alfa'? '--tag alf' takes a snapshot" snapshot alf -f "$quick" --state "$work/state"
wrong "'Exam' is no name for a snapshot" snapshot alfa Exam -f "$quick" --state "$work/state"
wrong "'alfa' is a PBX of this lab, so no snapshot is called so" snapshot --tag alfa -f "$quick" --state "$work/state"
wrong "'exam' is no PBX of this lab" snapshot exam alfa -f "$quick" --state "$work/state"
wrong "revert needs more: voiplab revert TAG" revert -f "$quick"
wrong "snapshot delete needs more: voiplab snapshot delete TAG" snapshot delete -f "$quick"
wrong "'gama' is no PBX of this lab" revert exam gama -f "$quick" --state "$work/state"
wrong "'far' is no virtual machine of this lab" reset --clean far -f far.ini --state "$work/state"

wrong "it needs --yes" destroy -f "$lab" --state "$work/state" -c test:///default

# A word of another program is answered with ours; what takes things away is suggested to who says so, and to nobody
# whose letters are near. What is near to nothing has no suggestion.
while read -r meant words; do
    for word in $words; do
        wrong "there is no command '$word'; did you mean '$meant'?" "$word"
        wrong "there is no command '$word'; did you mean '$meant'?" help "$word"
    done
done <<'END'
up deploy start apply create launch provision
down stop halt shutdown poweroff
status list ls ps show statsu
destroy rm delete remove purge
--version version
END
for word in destory destroi destro detroy rester ip frobnicate d; do
    wrong "'voiplab --help' lists them" "$word"
    wrong "'voiplab --help' lists them" help "$word"
    expect_not err 'did you mean' "$word"
done
wrong "'voiplab trunk --help' lists them" help trunk remov
expect_not err 'did you mean' 'trunk remov'

# What a load run would do stands in the document too.
run sipp -n --json -f "$SOURCE/share/labs/quickstart.ini"
expect_status 0 'sipp -n --json'
for member in '"name": "quick"' '"target": "alfa"' '"extension": "2999"' '"rate_asked": 5' '"outcome": "planned"'; do
    expect out "$member" 'sipp -n --json'
done

# Sizes that no guest can have are refused, and a system that is not known is told, with the nearest one.
while read -r wanted text options; do
    # shellcheck disable=SC2086
    run create-vm x -n -c "$nowhere" $options
    expect_status "$wanted" "create-vm $options"
    expect err "${text//_/ }" "create-vm $options"
done <<'END'
2 --memory:_'1K'_is_less_than_16M --memory 1K --disk 1G
2 --disk:_'1K'_is_less_than_1M --memory 1G --disk 1K
0 did_you_mean_'rhel5.4'? --memory 1G --disk 1G --os rhel54
END
run create-vm x -n -c "$nowhere" --memory 1G --disk 1G --os rhel5.4
expect_not err 'that is known' 'create-vm --os rhel5.4'
sed 's/^os .*/os = debain11/' "$SOURCE/share/labs/quickstart.ini" >system.ini
run create-vm -n -c "$nowhere" -f system.ini --state "$work/state" --cache "$work/cache"
expect_status 0 'a lab of an unknown system'
[ "$(grep -c "^voiplab: system.ini:15: \[image debian\] os: .*did you mean 'debian11'?" err)" -eq 1 ] ||
    fail "an unknown system is not told once: $(cat err)"

run up -f missing.ini
expect_status 3 'a lab file that is not there'
expect err "'missing.ini'" 'a lab file that is not there'

expect err "voiplab: cannot open 'missing.ini': No" 'a lab file that is not there'

# Under --json a failure is a document, whatever failed: no lab, a wrong one, a wrong word, a wrong command line.
failure() {
    local wanted=$1 text=$2
    shift 2
    run "$@"
    expect_status "$wanted" "$*"
    expect err "voiplab: " "$*"
    [ "$(jq -r .status out)" = "$wanted" ] || fail "$*: no status $wanted in $(head -c 200 out)"
    [ "voiplab: $(jq -r .error out)" = "$(tail -1 err)" ] || fail "$*: another error than $(tail -1 err)"
    expect err "$text" "$*"
}
need jq
sed '/^\[load/,$d' "$SOURCE/share/labs/quickstart.ini" >noload.ini
printf '[lab]\nname = x\n[bridge]\nadress = 1\n[pbx hub]\nrole = hub\n' >wrong.ini
failure 2 'there is no lab file' up --json
failure 3 "cannot open 'missing.ini': No" up --json -f missing.ini
failure 3 'wrong.ini:4: ' status -f wrong.ini --json
failure 3 'noload.ini:1: the lab has no [load] section' sipp --json -f noload.ini
failure 2 "'nobody' is no PBX" up --dry-run --json -f "$lab" nobody
failure 2 "did you mean '--dry-run'" up --json --dry-rum
failure 2 "'0' is not a number" up --json --jobs 0 -f "$lab"
# shellcheck disable=SC1003
failure 3 'a"\' up --json -f $'a"\\.ini'
run up --json -f $'a\001.ini'
jq -e '.error | contains("a\u0001.ini")' out >/dev/null || fail "a control character: $(head -c 200 out)"
expect err 'a\x01.ini' 'a control character'
run up --json -f $'\xff\xc3\xa9.ini'
jq -e '.error | contains("\ufffd\u00e9.ini")' out >/dev/null || fail "bytes that are not UTF-8: $(head -c 200 out)"

run --version
expect_status 0 --version
grep -qE '^voiplab [0-9]+\.[0-9]+\.[0-9]+$' out || fail "--version prints $(cat out)"
cp out version
run -V
cmp -s out version || fail '-V and --version differ'
run --help
expect_status 0 --help
expect out 'usage: voiplab COMMAND' --help
expect_empty err --help
cp out help
run help
cmp -s out help || fail 'help and --help differ'
run up --help
cp out help
for words in 'help up' 'up -h' 'up --dry-run -h extra'; do
    # shellcheck disable=SC2086
    run $words
    expect_status 0 "$words"
    cmp -s out help || fail "'$words' and 'up --help' differ"
done

# A verb has a help of its own, wherever its options stand; the help of its command lists it.
run dialplan lint --help
cp out help
head -1 out | grep -qx 'usage: voiplab dialplan lint \[OPTION ...\] FILE ...' || fail "usage of lint: $(head -1 out)"
expect out '--sarif' 'dialplan lint --help'
for option in --context --jobs --show-secrets; do expect_not out "$option" 'dialplan lint --help'; done
for words in 'help dialplan lint' 'dialplan --help lint' 'dialplan --level error lint -h' 'dialplan --json lint x --help'; do
    # shellcheck disable=SC2086
    run $words
    expect_status 0 "$words"
    cmp -s out help || fail "'$words' and 'dialplan lint --help' differ"
done
run dialplan --help
cp out help
for option in --sarif --context --fix; do expect_not out "$option" 'dialplan --help'; done
for verb in diff show lint; do grep -q "^  dialplan $verb  *[a-z]" out || fail "dialplan --help does not list $verb"; done
run help dialplan push
cmp -s out help || fail "'help dialplan push' and 'dialplan --help' differ"
# Its options may stand before it, and a PBX may be called like it.
printf 'exten = 1\n' >plan.conf
for words in 'dialplan lint --json plan.conf' 'dialplan --json lint plan.conf' 'dialplan --level error --json lint plan.conf' \
    'dialplan lint plan.conf --json'; do
    # shellcheck disable=SC2086
    run $words
    expect_status 1 "$words"
    expect out '"findings"' "$words"
done
sed 's/alfa/show/; s/beta/remove/' "$SOURCE/share/labs/quickstart.ini" >words.ini
# named NAME COMMAND WORD...: the words are about the PBX of this name alone
named() {
    local name=$1
    shift
    run "$1" -n -f words.ini --state "$work/state" -c "$nowhere" --wait 1 "${@:2}"
    expect_status 0 "$*"
    expect out "$name: " "$*"
    expect_not out 'hub: ' "$*"
}
named show dialplan push show
named show dialplan -- show
named remove trunk push remove
named remove trunk -- remove

# Options may be cut short, stand after operands, and `--` ends them.
run up --dry -f "$lab" --sta "$work/state" --ca "$work/cache" --conn "$nowhere"
expect_status 0 'options that are cut short'
cp out plan
run up virtual1 -nqf "$lab" --state="$work/state" --cache "$work/cache" -c"$nowhere"
expect_status 0 'options after operands'
expect_not out 'virtual2: ' 'one PBX is meant'
run up -nf "$lab" --state "$work/state" -- --check
expect_status 2 'an operand after --'
expect err "'--check' is no PBX" 'an operand after --'

# Where the lab file comes from.
cp "$SOURCE/share/labs/quickstart.ini" other.ini
VOIPLAB_FILE=other.ini run sipp --dry-run
expect out '10.77.7.11' VOIPLAB_FILE
cp "$lab" voiplab.ini
VOIPLAB_FILE=other.ini run sipp --dry-run
expect out '192.168.0.195' 'voiplab.ini of the working directory'
run sipp --dry-run -f other.ini
expect out '10.77.7.11' '-f before voiplab.ini'

# Colour: never into a file, unless asked for; NO_COLOR does not win over a clear word.
plan() {
    run bridge --dry-run --root "$work" -f "$lab" "$@"
    expect_status 0 "bridge $*"
}
plan
expect_not out $'\033' 'no colour into a file'
plan --color=always
expect out $'\033[32m' '--color=always'
NO_COLOR=1 plan --color=always
expect out $'\033[32m' 'NO_COLOR and --color=always'
if command -v script >/dev/null; then
    try="$VOIPLAB bridge --dry-run --root $work -f $lab"
    script -qec "$try" /dev/null >out </dev/null
    expect out $'\033[32m' 'colour on a terminal'
    NO_COLOR=1 script -qec "$try" /dev/null >out </dev/null
    expect_not out $'\033[32m' 'NO_COLOR on a terminal'
    script -qec "$try --color never" /dev/null >out </dev/null
    expect_not out $'\033[32m' '--color never on a terminal'
fi

# -q leaves the results and nothing else.
plan -q
expect_empty err '-q'
[ -s out ] || fail '-q: the plan is missing'

# Output that cannot be written is a failure.
for words in --help --version 'up --help' 'bridge --dry-run --root . -f voiplab.ini' 'sipp -n'; do
    status=0
    # shellcheck disable=SC2086
    "$VOIPLAB" $words >/dev/full 2>err || status=$?
    expect_status 1 "$words to a full device"
    expect err 'cannot write the output' "$words to a full device"
done

# A standard descriptor that is closed is no file of ours: what is printed lands nowhere, least of all in a lock. What
# could not be printed is a failure still.
cat >closed.ini <<'EOF'
[lab]
name = closed
[bridge]
name = br0
interface = none
address = 192.0.2.1/24
[pbx here]
role = hub
place = local
[pbx far]
place = ssh
address = 192.0.2.9
prefix = 1
hostkey = ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
EOF
mkdir -p closed/etc/asterisk
closed() {
    "$VOIPLAB" trunk -f closed.ini --root closed --state "$work/closed-state" here
}
closed_row() {
    local wanted=$1 what=$2
    expect_status "$wanted" "with $what"
    [ -e closed-state/.closed.lock ] || fail "with $what: there is no lock that could be looked at"
    [ ! -s closed-state/.closed.lock ] || fail "with $what: in the lock is $(head -c 100 closed-state/.closed.lock)"
    if grep -rqF -e '[1/3]' -e 'ROLE ADDRESS' closed-state closed; then fail "with $what: printed into a file"; fi
}
for round in new again; do
    status=0
    closed 2>&- >out || status=$?
    closed_row 0 "2>&-, $round"
    expect out 'ROLE ADDRESS' "2>&-, $round"
    status=0
    closed >&- 2>err || status=$?
    closed_row 1 ">&-, $round"
    expect err 'cannot write the output' ">&-, $round"
    status=0
    closed <&- >&- 2>&- || status=$?
    closed_row 1 "all closed, $round"
    rm -rf closed/etc/asterisk/*
done
printf '[a]\nexten => 1,1,NoOp()\n' >plan.conf
status=0
"$VOIPLAB" dialplan show - --context a --conf plan.conf <&- >out 2>err || status=$?
expect_status 1 'a closed standard input'
expect err 'cannot read standard input' 'a closed standard input'

# A reader that has seen enough is no error, a disk that is full is one. The plan is larger than what a pipe holds.
classroom=$SOURCE/share/labs/classroom.ini
{
    status=0
    "$VOIPLAB" up -n -f "$classroom" --state "$work/state" --cache "$work/cache" -c "$nowhere" 2>err || status=$?
    echo "$status" >code
} | head -c 10 >out
[ "$(cat code)" = 0 ] || fail "a closed pipe: exit status $(cat code) instead of 0"
expect_not err 'cannot write the output' 'a closed pipe'
status=0
"$VOIPLAB" up -n -f "$classroom" --state "$work/state" --cache "$work/cache" -c "$nowhere" 2>err >/dev/full || status=$?
expect_status 1 'a full disk'
expect err 'cannot write the output' 'a full disk'
finish
