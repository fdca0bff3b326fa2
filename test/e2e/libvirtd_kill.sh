#!/usr/bin/env bash
# libvirtd dies between any two calls that create, snapshot, reset and destroy make of it, and while it works on one: it
# is started again, the command is run again, and what there is then is what there would be had nothing happened. No
# guest, volume, pool, file or process is left over. The same where a disk is full and where the state of the lab is
# read-only: that is said, and the next run finishes. The guests have empty disks and never answer.
#
# usage: libvirtd_kill.sh [COMMAND[:NUMBER]...]    of these commands, from their points of these numbers on; trouble:
#                                                  the full disks
#
# ctest: TIMEOUT 600 COST 30
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=test/e2e/lib.sh
. "$here/lib.sh"

: "${VOIPLAB:?the built binary}" "${SOURCE:?the source directory}"
requires_root
requires unshare libvirtd qemu-system-x86_64 qemu-img ip virsh python3 jq

# the mounts are nobody else's
if [ "${1-}" != --inside ]; then
    unshare -m --propagation private true 2>/dev/null || skip 'no mount namespace of its own can be made'
    exec unshare -m --propagation private "$0" --inside "$@"
fi
shift

netns=vlk$$
work=$(mktemp -d /var/tmp/voiplab-kill.XXXXXX)
state=$work/state
take_down() {
    [ -z "${relay-}" ] || kill "$relay" 2>/dev/null
    "$SOURCE/share/quickstart/libvirtd" stop "$work/libvirt" --guests >/dev/null 2>&1
    # of a libvirtd that is dead at this moment
    for pid in $(ip netns pids "$netns" 2>/dev/null); do kill -9 "$pid"; done
    ip netns delete "$netns" 2>/dev/null
    umount "$work/state" "$work/pools" "$work/backup" 2>/dev/null
    rm -rf --one-file-system "$work"
}
cleanup_fn take_down

libvirtd_starts() { uri=$("$SOURCE/share/quickstart/libvirtd" start "$work/libvirt" --netns "$netns"); }
virsh_() { virsh -q -c "$uri" "$@"; }
# at URI COMMAND...: what it says is in $report, its exit status in $status
at() {
    local at=$1
    shift
    status=0
    report=$(ip netns exec "$netns" timeout 120 "$VOIPLAB" "$@" --share "$SOURCE/share" --state "$state" \
        --cache "$work/cache" -c "$at" 2>&1 </dev/null) || status=$?
    [ "$status" -lt 124 ] || fail "$*: exit status $status; it said:
$report"
}

# of_pool NAME: its volumes, each with what it is a clone of. What libvirtd has in its own /var/lib/libvirt is not there.
of_pool() {
    local path
    for path in $(virsh_ vol-list "$1" | awk 'NF { print $2 }'); do
        path=${path/#\/var\/lib\/libvirt/$work\/libvirt\/lib}
        case $path in
        *.qcow2)
            qemu-img info -U "$path" | sed -n "s|^\(virtual size\|backing file\): .*|$path &|p"
            qemu-img check -q -U "$path" || echo "$path is damaged"
            ;;
        *) echo "$path" ;;
        esac
    done
}

# things: all that there is, in words that are the same each time. Names of keys and of what counts up are others.
things() {
    local name
    for name in $(virsh_ list --all --name); do
        virsh_ domstate "$name" | sed "s/^/domain $name is /"
        virsh_ dumpxml --inactive "$name" | sed "s/^/domain $name: /"
    done
    for name in $(ip netns pids "$netns"); do
        tr '\0' ' ' <"/proc/$name/cmdline" | sed -n 's/^[^ ]*qemu-system-[^ ]* -name guest=\([^, ]*\).*/process \1/p'
    done
    virsh_ pool-list --all --name | sed 's/^/pool /'
    virsh_ pool-list --autostart --name | sed 's/^/pool that starts by itself /'
    virsh_ net-list --all --name | sed 's/^/network /'
    for name in $(virsh_ pool-list --name); do of_pool "$name" | sed "s/^/volume /"; done
    # what a file was before it was changed is kept, and how often it was depends on where libvirtd ended; what a lab is
    # locked by stays
    find "$work/pools" "$state" "$work/cache" "$work/backup" -name backup -prune -o -name '.*.lock' -o -printf 'file %y %m %p\n' 2>/dev/null
    [ ! -e "$state/kill/made" ] || sed -E 's/^/made /; s/ready-[0-9]+/ready-N/' "$state/kill/made" | sort -u
    ip -n "$netns" -o link | awk '{ print "link " $2 }'
    [ ! -d "$state/kill/saved" ] || {
        at "$uri" snapshot list --json -f "$work/lab.ini"
        jq -r '.snapshots[] | "snapshot \(.pbx) \(.tag) \(.usable) \(.guest)"' <<<"$report"
    }
}
listed() {
    things | sed -E "s/fingerprint=.[0-9a-f]{16}./fingerprint/; s/-seed-[0-9a-f]{12}/-seed/g; s/ready-[0-9]+/ready-N/g
        s/^link vnet[0-9]+/link vnet/; s|$work/||g" | LC_ALL=C sort >"$1"
}

# command_of NAME: its $words. A lab of one guest, and a guest without a lab file.
command_of() {
    case $1 in
    create) words=(up --wait 1) ;;
    destroy) words=(destroy --yes) ;;
    snapshot) words=(snapshot uno exam --wait 1) ;;
    reset) words=(reset uno --wait 1) ;;
    clean) words=(reset --clean uno --wait 1) ;;
    backup) words=(backup "$work/backup/lab" --replace --wait 1) ;;
    create_lone) words=(create-vm solo --memory 32M --disk 8M --bridge lone0) ;;
    destroy_lone) words=(destroy --lone --yes solo) ;;
    esac
    case $1 in *_lone) ;; *) words+=(-f "$work/lab.ini") ;; esac
}
declare -A wanted=([create]=1 [destroy]=0 [snapshot]=0 [reset]=1 [clean]=1 [backup]=0 [create_lone]=0 [destroy_lone]=0)

# does NAME: run it, through, to its own end
does() {
    local words
    command_of "$1"
    at "$uri" "${words[@]}"
    [ "$status" -eq "${wanted[$1]}" ] || fail "$1: exit status $status, wanted ${wanted[$1]}; it said:
$report"
}

# plan WHEN NUMBER: what the relay does next
plan() {
    printf '%s %s\n' "$@" >"$work/plan.new"
    mv "$work/plan.new" "$work/plan"
}

# undisturbed NAME: the same by way of the relay, which counts its calls; and what there is then
undisturbed() {
    local words
    command_of "$1"
    : >"$work/log"
    plan never 0
    at "qemu:///system?socket=$work/relay" "${words[@]}"
    [ "$status" -eq "${wanted[$1]}" ] || fail "$1 by way of the relay: exit status $status; it said:
$report"
    rm "$work/plan"
    grep '^[0-9]' "$work/log" >"$work/$1.calls"
    listed "$work/$1.after"
    rm -f "$work/backup/lab"
}

faults=0
# wrong WHAT: told at once; of many points all are tried
wrong() {
    say "FAULT: $*"
    faults=$((faults + 1))
    full || exit 1
    at "$uri" destroy --yes -f "$work/lab.ini"
    at "$uri" destroy --lone --yes
    [ -z "$remake" ] || "$remake"
}

# point NAME WHEN NUMBER: libvirtd dies there; then all is to be as $work/NAME.after has it
declare -A tried=()
point() {
    local words
    command_of "$1"
    plan "$2" "$3"
    at "qemu:///system?socket=$work/relay" "${words[@]}"
    if mv "$work/plan" "$work/plan.gone" 2>/dev/null; then # nobody is killed by it any more
        say "$1: call $3 did not come"
        [ "$status" -eq "${wanted[$1]}" ] || wrong "$1: exit status $status, though libvirtd lives; it said:
$report"
        return 0
    fi
    retry 30 test ! -e "$work/plan.taken" || fail "libvirtd is not killed"
    tried[$1]=$((${tried[$1]-0} + 1))
    ! full || say "$1: $2 call $3"
    said=$report
    libvirtd_starts
    at "$uri" "${words[@]}"
    # a guest without a lab file that went, though nobody was told, is none that destroy knows
    if [ "$status" -ne "${wanted[$1]}" ] && [[ $report != *"there is no guest 'solo'"* ]]; then
        wrong "$1: libvirtd ended $2 call $3: run again: exit status $status; first it said:
$said
and then:
$report"
        return 0
    fi
    again=$report
    listed "$work/now"
    cmp -s "$work/now" "$work/$1.after" || wrong "$1: libvirtd ended $2 call $3: this differs:
$(diff "$work/$1.after" "$work/now" | head -40)
first it said:
$said
and then:
$again"
}


# points NAME: where libvirtd changes something before it does, while it does and after it; then before each other call. Of these a
# sample is one in the middle after which the answer is lost.
points() {
    local all=
    ! full || all=yes
    awk -v full="$all" '
        BEGIN {
            # src/remote/remote_protocol.x of libvirt has them: of domains, of pools, of volumes
            split("9 12 28 33 34 185 231 232 233 350 77 78 79 80 81 82 83 90 93 94 208", numbers)
            for (i in numbers) changes[numbers[i]] = 1
        }
        $2 in changes { found[++count] = $1 }
        full && $2 in changes { print "before", $1; print "within", $1; print "after", $1 }
        full && !($2 in changes) { reads[++read_count] = $1 }
        END {
            for (i = 1; i <= read_count; i++) print "before", reads[i]
            if (!full) print "after", found[int((count + 1) / 2)]
        }' "$work/$1.calls" | tail -n "+${from:-1}"
}

# pair CREATE DESTROY: points of both, in turns
pair() {
    local makes ends i
    mapfile -t makes < <(points "$1")
    mapfile -t ends < <(points "$2")
    for ((i = 0; i < ${#makes[@]} || i < ${#ends[@]}; i++)); do
        # shellcheck disable=SC2086 # two words
        if [ -n "${makes[i]-}" ]; then point "$1" ${makes[i]}; else does "$1"; fi
        # shellcheck disable=SC2086
        if [ -n "${ends[i]-}" ]; then point "$2" ${ends[i]}; else does "$2"; fi
    done
}

# every NAME BEFORE: all points of a command that comes to the same each time, each after BEFORE
every() {
    local at all
    mapfile -t all < <(points "$1")
    for at in "${all[@]}"; do
        "$2"
        # shellcheck disable=SC2086 # two words
        point "$1" $at
    done
}

# exam_is_ready: what the guest has a snapshot of becomes its ready state, which only one that answers is given
exam_is_ready() {
    [ -e "$state/kill/saved/uno.exam.state" ] || does snapshot
    mv "$state/kill/saved/uno.exam.state" "$state/kill/saved/uno.ready.state"
}

# with_snapshots: a lab whose guest has a ready state, and a snapshot beside it
with_snapshots() {
    does create
    does snapshot
    exam_is_ready
    does snapshot
}

# the trouble of a disk: full, but for so many KiB; read-only; and none
fills() { fallocate -l "$(($(df -k --output=avail "$work/$1" | tail -n 1) - $2))K" "$work/$1/.filler"; }
freezes() { mount -o remount,ro "$work/$1"; }
recovers() {
    mount -o remount,rw "$work/$1"
    rm -f "$work/$1/.filler"
}

# suffers NAME WORDS TROUBLE DISK [ROOM]: a command that fails says these words, unless what it needs it has; then, run
# again, it comes to what it comes to elsewhere
suffers() {
    local words
    command_of "$1"
    "${@:3}"
    at "$uri" "${words[@]}"
    recovers "$4"
    troubles=$((troubles + 1))
    said=$report
    listed "$work/now"
    cmp -s "$work/now" "$work/$1.after" || expect_contains "$said" "$2" "what $1 says (${*:3})"
    rm -f "$work/backup/lab"
    does "$1"
    listed "$work/now"
    cmp -s "$work/now" "$work/$1.after" || fail "$*: this differs:
$(diff "$work/$1.after" "$work/now" | head -40)
first it said:
$said"
    rm -f "$work/backup/lab"
}

# trouble: each command with each disk that it writes to
trouble() {
    local disk name
    local rooms=0
    ! full || rooms="0 8 100 300"
    troubles=0
    for disk in state pools; do
        for room in $rooms; do
            suffers create 'No space left' fills "$disk" "$room"
            does destroy
        done
    done
    suffers create 'Read-only file system' freezes state
    does destroy
    with_snapshots
    for name in snapshot reset backup; do
        suffers "$name" 'Read-only file system' freezes state
        for room in $rooms; do
            suffers "$name" 'has room for less' fills state "$room"
            suffers "$name" 'No space left' fills pools "$room"
        done
    done
    for room in $rooms; do suffers backup 'No space left' fills backup "$room"; done
    suffers backup 'Read-only file system' freezes backup
    does destroy
    say "a full disk and a read-only one: $troubles times"
}

remake=
mkdir "$work/cache" "$work/backup" "$work/pools" "$state"
mount -t tmpfs -o size=200M,mode=0700 tmpfs "$state"
mount -t tmpfs -o size=64M,mode=0755 tmpfs "$work/pools"
mount -t tmpfs -o size=64M,mode=0700 tmpfs "$work/backup"
ip netns add "$netns"
ip -n "$netns" link set lo up
ip -n "$netns" link add name lone0 type bridge
qemu-img create -q -f qcow2 "$work/base.qcow2" 8M
cat >"$work/lab.ini" <<INI
[lab]
name = kill
virtualization = qemu
storage = $work/pools
[bridge]
name = vlkill0
address = 10.77.9.1/24
[image i]
base = disk:$work/base.qcow2
[pbx uno]
image = i
address = 10.77.9.11
memory = 32M
disk = 64M
INI
libvirtd_starts
python3 "$here/libvirt_relay.py" "$work/relay" "$work/libvirt/sock/libvirt-sock" "$work/plan" \
    "$work/libvirt/libvirtd.pid" "$work/log" &
relay=$!
retry 60 test -S "$work/relay" || fail "the relay does not come up"

what=${*:-create snapshot reset clean backup create_lone trouble}
counted=(create destroy create snapshot exam_is_ready snapshot)
if full; then
    counted+=(snapshot reset backup exam_is_ready clean)
    undisturbed create_lone # which makes the pool of all that have no lab file; it stays
    does destroy_lone
    undisturbed create_lone
    undisturbed destroy_lone
fi
say "what comes of it where libvirtd lives"
for name in "${counted[@]}"; do
    if [ "$name" = exam_is_ready ]; then exam_is_ready; else undisturbed "$name"; fi
done

full || every snapshot :
does destroy
full || what=create
for name in $what; do
    from=${name#"${name%%:*}"} from=${from#:} name=${name%%:*}
    case $name in
    trouble) trouble ;;
    create) pair create destroy ;;
    create_lone) pair create_lone destroy_lone ;;
    *)
        remake=with_snapshots
        with_snapshots
        if [ "$name" = clean ]; then every clean exam_is_ready; else every "$name" :; fi
        remake=
        rm -f "$work/backup/lab"
        does destroy
        ;;
    esac
done
for name in "${!tried[@]}"; do say "$name: $(wc -l <"$work/$name.calls") calls; libvirtd ended at ${tried[$name]} points"; done
[ "$faults" -eq 0 ] || fail "$faults points came out otherwise"
