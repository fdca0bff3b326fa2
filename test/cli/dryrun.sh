#!/bin/bash
# --dry-run, --check, --explain and --json of `up` show the whole plan and touch nothing: no file is opened for writing,
# nothing is made, moved or removed, and nobody but libvirt and the PBXs is spoken to.
#
# ctest: COST 18
# shellcheck source=test/cli/support.sh
. "${SOURCE:?}/test/cli/support.sh"
need strace jq
mkdir world
echo untouched >world/file
strace -o /dev/null true 2>/dev/null || skip 'strace cannot trace here'

snapshot() {
    find world -printf '%P %m %u %T@ %i\n' | sort
    find world -type f -exec sha256sum {} +
}

# up MODE... for the lab in $lab: traced; out, err and status as from run.
up() {
    status=0
    strace -f -qq -o trace -e trace=%file,%network,%process \
        "$VOIPLAB" up -f "$lab" --state "$work/world/state" --cache "$work/world/cache" -c "$nowhere" --wait 1 "$@" \
        >out 2>err </dev/null || status=$?
    touches_nothing "${lab##*/} $*"
}

# What a trace must not hold goes to the files opened, changed and connected. Calls that were refused count as well: they
# were meant. Of a call that another thread has cut in two strace prints the path in its first half.
scan() {
    grep -E '\b(open|openat|openat2|creat)\(.*(O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_TMPFILE)|\bcreat\(' trace |
        grep -vE '"/dev/(null|tty|kvm)"|"/proc/self/fd/[0-9]+"' >opened || :
    grep -E '\b(mkdir|mkdirat|mknod|mknodat|rename|renameat|renameat2|unlink|unlinkat|rmdir|link|linkat|symlink)\(' \
        trace >changed || :
    grep -E '\b(symlinkat|chmod|fchmodat|chown|lchown|fchownat|truncate|utimensat|setxattr|lsetxattr|mount|umount2)\(' \
        trace >>changed || :
    # libvirt's socket that is not there, an Asterisk of this host, and the SSH ports of the PBXs: no other address
    grep -E '\bconnect\(' trace |
        grep -vE 'sun_path="(/nonexistent/voiplab|/var/run/nscd/socket|/(var/)?run/asterisk/.*)"|sin_port=htons\(22\)' \
            >connected || :
}

touches_nothing() {
    snapshot | cmp -s - before || fail "$1: the tree has changed"
    grep -q 'openat\?(' trace || fail "$1: the trace is empty"
    scan
    [ ! -s opened ] || fail "$1: opened for writing: $(head -3 opened)"
    [ ! -s changed ] || fail "$1: changes something: $(head -3 changed)"
    [ ! -s connected ] || fail "$1: connects: $(head -3 connected)"
}

# First that a run which does write is seen: else all that follows would prove nothing.
mkdir control
strace -f -qq -o trace -e trace=%file,%network,%process \
    "$VOIPLAB" bridge -f "$SOURCE/share/labs/thesis.ini" --root control --state "$work/state" >out 2>err
scan
grep -q control opened || fail 'a file that is written is not seen in the trace'
grep -q mkdir changed || fail 'a directory that is made is not seen in the trace'
grep -q rename changed || fail 'a file that is put in place is not seen in the trace'

snapshot >before
for lab in "$SOURCE"/share/labs/thesis.ini "$SOURCE"/share/labs/classroom.ini; do
    name=${lab##*/}
    up --dry-run
    expect_status 0 "$name --dry-run"
    expect err 'as if the hypervisor were empty' "$name --dry-run"
    expect err 'nothing was changed' "$name --dry-run"
    steps=$(sed -n 's/^plan: \([0-9]*\) steps.*/\1/p' out)
    [ "${steps:-0}" -gt 50 ] || fail "$name: a plan of '$steps' steps"
    [ "$(grep -c '^[a-z0-9][^:]*: [a-z]' out)" -eq "$steps" ] || fail "$name: not a line for each step"
    case $name in
    thesis.ini)
        pbxs='virtual1 virtual2 virtual3'
        hub=servidor
        for text in '+BRIDGE=br0' '+IPADDR=192.168.0.153' 'net.bridge.bridge-nf-call-iptables = 0' \
            'SIP/7001' 'register => 7001:' '+[1000]' '+[3001]' 'Authenticate(' '_0[89]XXXXXXX' 'fxoks=1' \
            '<domain type=' 'tesis-virtual3' 'asterisk -rx' '/vm/voiplab-tesis'; do
            expect out "$text" "$name --dry-run"
        done
        ;;
    classroom.ini)
        pbxs=$(seq -f 'student-%02g' 30)
        hub=hub
        expect out 'name br0 type bridge' "$name --dry-run"
        [ "$(grep -c '^libvirt: define domain ' out)" -eq 31 ] || fail "$name: not 31 domains"
        ;;
    esac
    for pbx in $pbxs; do
        for step in "libvirt: make volume $pbx.qcow2" "libvirt: make seed $pbx-seed-" \
            "libvirt: start domain $(sed -n 's/^name *= *//p' "$lab" | head -1)-$pbx" \
            "$pbx: write /etc/asterisk/voiplab_sip.conf" "$pbx: write /etc/asterisk/voiplab_iax.conf" \
            "$pbx: write /etc/asterisk/voiplab_extensions.conf" "$pbx: reload sip reload"; do
            grep -qF "$step" out || fail "$name: no step '$step'"
        done
    done
    expect out "$hub: write /etc/asterisk/voiplab_sip.conf" "$name --dry-run"

    # No secret: each stands as dots, and no line has a word as long as one (what is longer is a hash or a UUID).
    secrets=$(grep -c '[sS]ecret *= *••••' out) || :
    [ "$secrets" -gt 10 ] || fail "$name: only $secrets secrets are shown as dots"
    grep -nE '[sS]ecret *= *[^ •]' out >shown || :
    grep -nE '(^|[^A-Za-z0-9])[A-Za-z0-9]{24}([^A-Za-z0-9]|$)' out >>shown || :
    [ ! -s shown ] || fail "$name: secrets are shown: $(head -2 shown)"
    up --dry-run --show-secrets
    expect_status 0 "$name --show-secrets"
    expect_not out '••••' "$name --show-secrets"
    grep -qE '[sS]ecret *= *[A-Za-z0-9]{24}$' out || fail "$name --show-secrets: shows none"

    up --check
    expect_status 5 "$name --check"
    expect out "plan: $steps steps" "$name --check"

    up --explain
    expect_status 0 "$name --explain"
    head -1 out | grep -q '^# ' || fail "$name --explain: does not begin with a heading"
    grep -q '^## On this host' out || fail "$name --explain: no heading for this host"
    grep -qE "^## On $hub\$" out || fail "$name --explain: no heading for the hub"
    for pbx in $pbxs; do
        grep -qE "^## On .*$pbx( |,|\$)" out || fail "$name --explain: no heading for $pbx"
    done
    expect out "by hand: $steps steps" "$name --explain"
    awk '/^```sh$/ { sh = 1 } /^# What is seen/ { exit }
        /^###/ { if (step && !sh) print step; step = ($0 ~ /each its own/) ? "" : $0; sh = 0 }' out >bare
    expect_not out 'file made by voiplab' "$name --explain" # Asterisk's samples are there
    [ ! -s bare ] || fail "$name --explain: steps without a command: $(head -3 bare)"
    [ "$(wc -l <out)" -lt $((steps * 60)) ] || fail "$name --explain: $(wc -l <out) lines for $steps steps"
    [ $(($(grep -c '^```' out) % 2)) -eq 0 ] || fail "$name --explain: a block of code is not closed"
    expect_not out '(null)' "$name --explain"

    up --dry-run --json
    expect_status 0 "$name --json"
    jq -e ".plan | length == $steps" out >/dev/null || fail "$name --json: no list of $steps steps"
    jq -e '.changed == false and (.plan | all(.target and .action and .object))' out >/dev/null ||
        fail "$name --json: members are missing"
    grep -qE '[A-Za-z0-9]{24}\\n' out && fail "$name --json: a secret is shown"
done

# The other commands that plan.
lab=$SOURCE/share/labs/thesis.ini
for command in bridge image create-vm trunk 'trunk remove' dialplan; do
    for mode in --dry-run --check --explain; do
        case $command in
        bridge | image) options=() ;;
        *) options=(-c "$nowhere") ;;
        esac
        status=0
        # shellcheck disable=SC2086
        strace -f -qq -o trace -e trace=%file,%network,%process \
            "$VOIPLAB" $command -f "$lab" --state "$work/world/state" --cache "$work/world/cache" "${options[@]}" \
            $mode >out 2>err </dev/null || status=$?
        case $mode:$command:$status in
        --check:'trunk remove':[05] | --check:*:5 | --dry-run:*:0 | --explain:*:0) ;;
        *) fail "$command $mode: exit status $status; $(head -c 300 err)" ;;
        esac
        touches_nothing "$command $mode"
    done
done
finish
