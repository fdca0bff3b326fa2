#!/usr/bin/env bash
# Nothing of others goes: what lies beside the lab's own in its pool, on its bridge, among its domains and in its state
# directory survives `destroy`, `up --prune` and `destroy NAME`; and what is the lab's own goes, also when the lab file
# has lost it, or an earlier version made it. A libvirtd of the test's own; the guests have empty disks and never answer.
#
# ctest: TIMEOUT 600 COST 60
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=test/e2e/lib.sh
. "$here/lib.sh"

: "${VOIPLAB:?the built binary}" "${SOURCE:?the source directory}"
requires_root
requires libvirtd qemu-system-x86_64 qemu-img xorriso ip virsh ssh-keygen

own_libvirtd marks
state=$work/state
virsh_() { virsh -q -c "$uri" "$@"; }
# in_lab STATUS COMMAND...: what it says is in $report
in_lab() {
    local wanted=$1 got=0
    shift
    report=$(ip netns exec "$netns" "$VOIPLAB" "$@" -f "$work/lab.ini" --share "$SOURCE/share" --state "$state" \
        --cache "$work/cache" -c "$uri" 2>&1) || got=$?
    [ "$got" -eq "$wanted" ] || fail "$*: exit status $got, wanted $wanted:
$report"
}
# lab NAME...: the lab file with these guests, the first at .11
lab() {
    local address=11 name
    printf '[lab]\nname = marks\nvirtualization = qemu\nstorage = %s\n[bridge]\nname = vlmark0\naddress = 10.77.9.1/24\n' \
        "$work/pools"
    printf '[image i]\nbase = disk:%s\n' "$work/base.qcow2"
    for name in "$@"; do
        printf '[pbx %s]\nimage = i\naddress = 10.77.9.%s\nmemory = 32M\ndisk = 64M\n' "$name" "$address"
        address=$((address + 1))
    done
} >"$work/lab.ini"
# bring_up: the guests never answer, which is not what is looked at
bring_up() { in_lab 1 up --wait 1 "$@"; }
domains() { virsh_ list --all --name | sort | tr '\n' ' '; }
volumes() { virsh_ vol-list voiplab-marks | awk 'NF { print $1 }' | sort | tr '\n' ' '; }

pool=$work/pools/voiplab-marks
qemu-img create -q -f qcow2 "$work/base.qcow2" 8M

say "a directory that is named like the lab and holds somebody's work is no state of it"
lab uno dos tres
mkdir -p "$state/marks"
echo text >"$state/marks/chapter.tex"
in_lab 0 destroy --yes
expect_contains "$report" "'$state/marks/chapter.tex' is none of voiplab's and stays" "destroy"
[ -e "$state/marks/chapter.tex" ] || fail "destroy took somebody's work"

say "a bridge of somebody else, or of another lab, is not taken over; one that was cut off before its mark is"
ip -n "$netns" link add name vlmark0 type bridge
bring_up
expect_contains "$report" "the bridge 'vlmark0' is there and is not this lab's" "up with a bare bridge"
ip -n "$netns" link set dev vlmark0 alias voiplab:other
bring_up
expect_contains "$report" "the bridge 'vlmark0' is that of the lab 'other'" "up with another lab's bridge"
ip -n "$netns" link delete dev vlmark0
ip -n "$netns" link add group 1987012976 name vlmark0 type bridge

say "up, and things of others beside ours"
bring_up
[ "$(ip netns exec "$netns" cat /sys/class/net/vlmark0/ifalias /sys/class/net/vlmark0/netdev_group)" = "voiplab:marks
0" ] || fail "the bridge has not got its mark"
[ "$(domains)" = "marks-dos marks-tres marks-uno " ] || fail "after up there are: $(domains)"
expect_contains "$(volumes)" "dos.qcow2" "the volumes"
virsh_ vol-create-as voiplab-marks homework.qcow2 1M --format qcow2
virsh_ pool-define-as foreign dir --target "$work/foreign" >/dev/null
mkdir "$work/foreign" "$pool/folder" "$state/marks/ssh/mine"
virsh_ pool-start foreign
base=$(volumes | tr ' ' '\n' | grep -x 'i-[0-9a-f]*\.base\.qcow2')
virsh_ vol-create-as foreign clone.qcow2 64M --format qcow2 --backing-vol "$pool/$base" \
    --backing-vol-format qcow2
touch "$pool/folder/file" "$state/marks/ssh/mine/key" "$state/marks/phones-of-mine"
cat >"$work/other.xml" <<XML
<domain type='qemu'><name>other</name><memory unit='MiB'>32</memory><os><type arch='x86_64'>hvm</type></os>
<devices><disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='$pool/homework.qcow2'/>
<target dev='hda'/></disk><interface type='bridge'><source bridge='vlmark0'/></interface></devices></domain>
XML
virsh_ define "$work/other.xml"
virsh_ start other
# as virt-clone leaves it: our element, but another name and UUID
virsh_ dumpxml --inactive marks-uno | sed -e 's/marks-uno/copy/' -e '/<uuid>/d' -e '/<mac address/d' \
    -e "s|$pool/uno.qcow2|$work/foreign/clone.qcow2|" >"$work/copy.xml"
virsh_ define "$work/copy.xml"

say "a guest that libvirtd left paused while its memory was saved runs on with its snapshot; one that somebody paused stays so"
virsh_ suspend marks-uno
in_lab 1 snapshot uno exam --wait 1
expect_contains "$report" "it is paused; 'virsh resume' lets it run on" "snapshot of a guest that somebody paused"
[ "$(virsh_ domstate marks-uno)" = paused ] || fail "the guest is $(virsh_ domstate marks-uno)"
install -d -m 0700 "$state/marks/saved"
echo half >"$state/marks/saved/uno.ready-1.save"
: >"$state/marks/saved/uno.ready-1.still"
in_lab 0 snapshot uno exam --dry-run
expect_contains "$report" "let run on domain marks-uno" "the plan for a guest that a run was cut off from"
in_lab 0 snapshot uno exam --wait 1
[ "$(virsh_ domstate marks-uno)" = running ] || fail "the guest is $(virsh_ domstate marks-uno): $report"
expect_contains "$(in_lab 0 snapshot list && echo "$report")" "uno exam" "the list"
in_lab 0 snapshot delete exam uno
virsh_ suspend marks-uno
: >"$state/marks/saved/uno.ready-9.still"
in_lab 1 up uno --wait 1
expect_contains "$report" "let run on domain marks-uno" "up of a guest that a run was cut off from"
[ "$(virsh_ domstate marks-uno)" = running ] || fail "the guest is $(virsh_ domstate marks-uno): $report"
[ -z "$(ls "$state/marks/saved")" ] || fail "left behind: $(ls "$state/marks/saved")"

say "a PBX that was taken out of the file is told of, and goes when that is asked for"
lab uno tres
in_lab 1 status --wait 1
expect_contains "$report" "dos: the guest is running, and the lab file has no such machine any more" "status"
expect_contains "$report" "orphan" "the table of status"
in_lab 0 up --dry-run --prune
for words in "stop domain marks-dos" "undefine domain marks-dos" "delete volume dos.qcow2" "dos_host_ed25519"; do
    expect_contains "$report" "$words" "the plan of up --prune"
done
expect_lacks "$report" "delete volume uno" "the plan of up --prune"
expect_lacks "$report" "delete volume i-" "the plan of up --prune"
in_lab 0 up --dry-run
expect_contains "$report" "dos: the guest is running, and the lab file has no such machine any more" "up"
bring_up --prune
[ "$(domains)" = "copy marks-tres marks-uno other " ] || fail "after up --prune there are: $(domains)"
expect_lacks "$(volumes)" dos "the volumes after up --prune"
[ ! -e "$state/marks/ssh/dos_host_ed25519" ] || fail "the key of dos is still there"

say "destroy of one name that the lab file has lost takes that one"
lab uno
in_lab 0 destroy --yes tres
[ "$(domains)" = "copy marks-uno other " ] || fail "after destroy tres there are: $(domains)"
expect_lacks "$(volumes)" tres "the volumes after destroy tres"
in_lab 2 destroy --yes cuatro
expect_contains "$report" "'cuatro' is no PBX of this lab" "destroy of a name that never was"

say "destroy leaves what others made, and what others use"
in_lab 0 destroy --yes
[ "$(domains)" = "copy other " ] || fail "after destroy there are: $(domains)"
[ "$(virsh_ domstate other)" = running ] || fail "destroy stopped a foreign domain"
expect_contains "$report" "the volume 'homework.qcow2' in the pool 'voiplab-marks' stays" "destroy"
expect_contains "$report" "the volume '$base' of this lab stays, since the volume 'clone.qcow2'" "destroy"
expect_contains "$report" "the bridge 'vlmark0' stays, since its port 'vnet" "destroy"
expect_contains "$(volumes)" "homework.qcow2 $base" "the volumes after destroy"
expect_lacks "$(volumes)" uno.qcow2 "the volumes after destroy"
expect_contains "$report" "stays, since the domain 'copy' uses it" "destroy"
ip -n "$netns" link show vlmark0 >/dev/null || fail "destroy took the bridge from under a foreign tap"
for path in "$pool/folder/file" "$state/marks/ssh/mine/key" "$state/marks/phones-of-mine" "$state/marks/chapter.tex"; do
    [ -e "$path" ] || fail "destroy took $path"
done
[ ! -e "$state/marks/secrets" ] || fail "the secrets are still there"
[ ! -e "$state/marks/ssh/lab_ed25519" ] || fail "the lab's key is still there"

say "once nobody uses it the rest goes, also when the lab file has no virtual machine any more"
virsh_ undefine copy
virsh_ vol-delete clone.qcow2 --pool foreign
virsh_ destroy other
virsh_ undefine other
virsh_ vol-delete homework.qcow2 --pool voiplab-marks
rm -r "$pool/folder"
virsh_ pool-refresh voiplab-marks
printf '[lab]\nname = marks\n[bridge]\nname = vlmark0\naddress = 10.77.9.1/24\n[pbx uno]\nplace = ssh\naddress = 10.77.9.11\n' \
    >"$work/lab.ini"
in_lab 0 destroy --yes
expect_lacks "$(virsh_ pool-list --all --name)" voiplab-marks "the pools"
[ ! -e "$pool" ] || fail "the pool's directory is still there"
ip -n "$netns" link show vlmark0 >/dev/null 2>&1 && fail "the bridge is still there"
[ ! -e "$state/marks/made" ] || fail "the list is still there"

say "a lab of an earlier version has no list: up writes it, and destroy knows its things without"
rm -r "$state/marks"
lab uno
bring_up
ours=$(volumes)
cp "$state/marks/made" "$work/made"
rm "$state/marks/made"
virsh_ vol-create-as voiplab-marks homework.qcow2 1M --format qcow2
in_lab 0 destroy --dry-run
for name in $ours; do
    case $name in *.complete) ;; *) expect_contains "$report" "delete volume $name" "destroy without a list" ;; esac
done
expect_lacks "$report" "delete volume homework.qcow2" "destroy without a list"
bring_up
diff <(sort "$work/made") <(sort "$state/marks/made") || fail "up wrote another list"

say "a volume of somebody else that has the name of ours is neither used nor replaced"
lab uno tres
virsh_ vol-create-as voiplab-marks tres.qcow2 1M --format qcow2
bring_up tres
expect_contains "$report" "tres: the pool 'voiplab-marks' has a volume 'tres.qcow2' that this lab did not make" "up"
virsh_ vol-delete tres.qcow2 --pool voiplab-marks
virsh_ vol-delete homework.qcow2 --pool voiplab-marks

say "a guest that runs keeps the seed that it was started with, and is told; at its next start the old one goes"
seeds() { volumes | tr ' ' '\n' | grep '^tres-seed-.*\.iso$' | tr '\n' ' '; }
bring_up tres
before=$(seeds)
sed -i 's/^address = 10.77.9.12$/address = 10.77.9.22/' "$work/lab.ini"
bring_up tres
expect_contains "$report" "tres: the guest runs as it was before (identity); 'voiplab up --restart' restarts it" "up"
expect_contains "$(seeds)" "$before" "the seeds while it runs"
[ "$(seeds | wc -w)" -eq 2 ] || fail "there are the seeds: $(seeds)"
in_lab 1 status --wait 1
expect_contains "$report" "tres: the guest runs as it was before (identity)" "status"
in_lab 0 up --restart --dry-run tres
for words in "stop domain marks-tres" "start domain marks-tres" "delete volume ${before% }"; do
    expect_contains "$report" "$words" "the plan of up --restart"
done
expect_lacks "$report" "stop domain marks-uno" "the plan of up --restart"
virsh_ destroy marks-tres
bring_up tres
expect_lacks "$report" "runs as it was before" "up after a start"
expect_lacks "$(seeds)" "$before" "the seeds after a start"
[ "$(seeds | wc -w)" -eq 1 ] || fail "there are the seeds: $(seeds)"

say "a guest whose image is another file by now keeps its disk and is told, once; a new one is made of that file"
qemu-img create -q -f qcow2 "$work/other.qcow2" 8M
sed -i "s|^base = .*|base = disk:$work/other.qcow2|" "$work/lab.ini"
before=$(volumes)
told="tres: its disk is a clone of '$(tr ' ' '\n' <<<"$before" | grep -x 'i-[0-9a-f]*\.base\.qcow2')', which stays"
for command in "up --dry-run" up status; do
    # shellcheck disable=SC2086 # words
    in_lab "$([ "$command" = "up --dry-run" ] && echo 0 || echo 1)" $command --wait 1 tres
    [ "$(grep -c -F "$told" <<<"$report")" -eq 1 ] || fail "$command: '$told' is not there once: $report"
done
[ "$(volumes)" = "$before" ] || fail "there are the volumes: $(volumes)"
in_lab 0 reset --clean --dry-run tres
expect_contains "$report" "(from $work/other.qcow2)" "the plan of reset --clean"
sed -i "s|^base = .*|base = disk:$work/base.qcow2|" "$work/lab.ini"

say "without its state a lab is known by the mark of its domains, and its guests run with keys that are gone"
mv "$state/marks" "$work/lost"
bring_up tres
expect_contains "$report" "tres: the guest runs as it was before (identity)" "up without the state of before"
rm -r "$state/marks"
mv "$work/lost" "$state/marks"
rm -r "$state/marks"
in_lab 0 destroy --yes
[ "$(domains)" = "" ] || fail "after destroy there are: $(domains)"
expect_lacks "$(virsh_ pool-list --all --name)" voiplab-marks "the pools"
in_lab 0 destroy --yes
expect_contains "$report" "nothing to do" "a second destroy"
say "passed"
