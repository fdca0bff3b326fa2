#!/usr/bin/env bash
# Fixture (b): guests. A libvirtd of the test's own in a network namespace of its own, the base image of
# image.sh, and the quickstart lab brought up on it with emulated guests where there is no hardware
# virtualization. Then what `up`, `create-vm`, `down` and `destroy` promise.
#
# usage: guests.sh [RECIPE [RECIPE-OF-BETA]]    with guests of these recipes instead of debian-asterisk
#
# ctest: RESOURCE_LOCK processor FIXTURES_REQUIRED image TIMEOUT 1200 COST 400
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=test/e2e/lib.sh
. "$here/lib.sh"

: "${VOIPLAB:?the built binary}" "${SOURCE:?the source directory}"
requires_root
requires libvirtd qemu-system-x86_64 qemu-img xorriso mmdebstrap mke2fs e2fsck nsenter jq ip ssh virsh sipp python3 ssh-keygen nft

own_libvirtd guests
cache=${VOIPLAB_TEST_CACHE:-/var/cache/voiplab-test}
lab=$work/lab.ini
state=$work/state
recipe=${1:-debian-asterisk}
recipe_of_beta=${2:-$recipe}

voiplab() { ip netns exec "$netns" "$VOIPLAB" "$@"; }
in_lab() {
    local command=$1
    shift
    voiplab "$command" "$@" -f "$lab" --share "$SOURCE/share" --state "$state" --cache "$cache" -c "$uri"
}
virsh_() { virsh -q -c "$uri" "$@"; }
guest() {
    local name=$1 address=$2
    shift 2
    printf '%s %s\n' "$address" "$(cut -d' ' -f1-2 "$state/quickstart/ssh/${name}_host_ed25519.pub")" >"$work/known"
    ip netns exec "$netns" ssh -n -o BatchMode=yes -o StrictHostKeyChecking=yes -o UserKnownHostsFile="$work/known" \
        -i "$state/quickstart/ssh/lab_ed25519" "root@$address" "$@"
}

# fact KEY: what the recipe says of itself
fact() { sed -n "s/^$1=//p" "$SOURCE/share/images/$recipe/recipe"; }

registry='sip show registry'
[ "$(fact sip)" = chan_sip ] || registry='pjsip show registrations'
sed -e "s/^base .*/base = build:$recipe/" -e "s/^os .*/os = $(fact os)/" \
    -e "s/^\[pbx hub\]/[image other]\nbase = build:$recipe_of_beta\n\n&\nimage = debian/" \
    -e 's/^\[pbx alfa\]/&\nimage = debian/' -e 's/^\[pbx beta\]/&\nimage = other/' \
    "$SOURCE/share/labs/quickstart.ini" >"$lab"

[ -d "$cache" ] || skip "no base image was made (e2e.image)"
say "a libvirtd of our own, with a domain and a pool that are not ours"
cat >"$work/foreign.xml" <<'XML'
<domain type='qemu'><name>quickstart-foreign</name><memory unit='MiB'>32</memory>
<os><type arch='x86_64'>hvm</type></os></domain>
XML
virsh_ define "$work/foreign.xml" >/dev/null
virsh_ pool-define-as foreign dir --target "$work/foreign" >/dev/null

# objects: what libvirt has, and all files that could be touched
objects() {
    local pool
    for list in 'list --all --name' 'pool-list --all --name' 'net-list --all --name'; do
        # shellcheck disable=SC2086 # a command with its options
        virsh_ $list
    done
    for pool in $(virsh_ pool-list --name); do virsh_ vol-list "$pool"; done
    find "$work" "$cache/images" -path "$work/libvirt" -prune -o -printf '%p %s %T@\n' | sort
}

say "a dry run makes nothing"
objects >"$work.before"
cleanup_fn rm -f "$work.before"
plan=$(in_lab up --dry-run 2>/dev/null)
expect_contains "$plan" "libvirt: start domain quickstart-alfa" "the plan"
expect_contains "$plan" "alfa: reload ${registry%% *} reload" "the plan for a PBX that is not there yet"
[ -z "$(virsh_ list --name)" ] || fail "a dry run started a domain"
[ ! -e "$state" ] || fail "a dry run made $state"
objects | diff "$work.before" - || fail "a dry run made something"

say "up"
started=$(date +%s)
in_lab up --json >"$work/up.json"
say "up took $(($(date +%s) - started)) s"
python3 - "$work/up.json" <<'PY'
import json, sys
up = json.load(open(sys.argv[1]))
assert up["changed"] is True and up["failures"] == [], up
rows = {row["pbx"]: row for row in up["pbxs"]}
assert set(rows) == {"hub", "alfa", "beta"}, rows
for name in ("alfa", "beta"):
    assert rows[name]["registration"] == "Registered" and rows[name]["peers"] == rows[name]["peers_wanted"] == 1, rows[name]
    assert rows[name]["calls_answered"] == rows[name]["calls_placed"] == 2, rows[name]
    assert [call["answered"] for call in rows[name]["calls"]] == [True, True], rows[name]
assert rows["hub"]["peers"] == rows["hub"]["peers_wanted"] == 2, rows["hub"]
PY

say "what the guests themselves say"
expect_contains "$(guest alfa 10.77.7.11 asterisk -rx "'$registry'")" Registered "alfa's registry"
expect_contains "$(guest beta 10.77.7.12 asterisk -rx "'iax2 show peers'")" "OK (" "beta's IAX2 peers"
[ "$(guest alfa 10.77.7.11 hostname)" = alfa ] || fail "alfa has another host name"
for at in "alfa 10.77.7.11" "beta 10.77.7.12"; do
    # shellcheck disable=SC2086 # two words
    expect_contains "$(guest $at cat /proc/swaps)" /swap "the swap of $at"
done
size=$(guest alfa 10.77.7.11 "lsblk -bndo SIZE /dev/vda 2>/dev/null || cat /sys/block/vda/size")
case $size in 3221225472 | 6291456) ;; *) fail "alfa's disk is not 3G but $size" ;; esac
slack=$(guest alfa 10.77.7.11 "grep -q kvm-clock /sys/devices/system/clocksource/clocksource0/available_clocksource ||
    cat /proc/\$(pidof asterisk)/timerslack_ns")
case $slack in '' | 20000000) ;; *) fail "without KVM, alfa's Asterisk looks at its timers within $slack ns" ;; esac

say "the serial console logs in as root, and is left with ^]"
at_console() { in_lab console "$@"; }
export -f voiplab in_lab at_console
export VOIPLAB SOURCE netns lab state cache uri
"$here/console.py" 60 consola -- bash -c 'at_console alfa' || fail "the console of alfa"
set +e
report=$(in_lab console alfa --vnc 2>&1)
expect_status 1 $? "the screen of a guest that has none"
set -e
expect_contains "$report" "the guest 'alfa' has no screen" "console --vnc"

say "a second up finds nothing to do"
second=$(in_lab up 2>&1) || fail "the second up: $second"
expect_contains "$second" "nothing to do; 3 PBXs, 2 registrations, 4 peers" "the second up"
report=$(in_lab up --check --wait 60 2>&1) || fail "--check finds a difference after up: $report"

say "a broken guest is put back to its ready state without a boot"
boot_of() { guest "$1" "$2" cat /proc/sys/kernel/random/boot_id; }
volumes() { virsh_ vol-list voiplab-quickstart | awk 'NF { print $1 }' | sort; }
boot=$(boot_of alfa 10.77.7.11)
guest alfa 10.77.7.11 "rm /etc/asterisk/modules.conf; touch /root/mine; sync; kill -9 \$(pidof asterisk)"
guest alfa 10.77.7.11 "printf 'secret=of-a-student\n' >>/etc/asterisk/sip.conf"
set +e
report=$(in_lab save alfa 2>/dev/null)
expect_status 5 $? "save with changes by hand"
set -e
expect_contains "$report" "--- alfa/etc/asterisk/modules.conf"$'\n'"+++ /dev/null" "what was changed by hand"
expect_contains "$report" "+secret=••••" "what was changed by hand"
expect_lacks "$report" of-a-student "what was changed by hand"
expect_contains "$(in_lab reset alfa --dry-run 2>/dev/null)" "libvirt: restore domain quickstart-alfa" "the plan of reset"
[ "$(virsh_ domstate quickstart-alfa)" = running ] || fail "a dry run stopped alfa"
# Its agent is enough for that.
expect_contains "$(virsh_ qemu-agent-command quickstart-alfa '{"execute":"guest-ping"}')" '{"return":{}}' "alfa's agent"
ip netns exec "$netns" nft -f - <<'NFT'
table ip nossh { chain out { type filter hook output priority 0; ip daddr 10.77.7.11 tcp dport 22 tcp flags syn counter reject; }; }
NFT
report=$(in_lab reset alfa 2>&1) || fail "reset: $report"
say "$(tail -n 1 <<<"$report")"
expect_contains "$report" "1 of 1 PBX is put back" "reset"
expect_contains "$(ip netns exec "$netns" nft list table ip nossh)" "counter packets 0 " "logins while it was put back"
ip netns exec "$netns" nft delete table ip nossh
guest alfa 10.77.7.11 "test -e /etc/asterisk/modules.conf && test ! -e /root/mine" || fail "alfa has what was done to it"
[ "$(boot_of alfa 10.77.7.11)" = "$boot" ] || fail "alfa has booted"
expect_contains "$(in_lab save alfa 2>&1)" "nothing was changed by hand on 1 PBX" "save after reset"
off=$(($(guest alfa 10.77.7.11 date +%s) - $(date +%s)))
[ "${off#-}" -le 3 ] || fail "the clock of alfa is $off s off"
expect_contains "$(guest alfa 10.77.7.11 asterisk -rx "'$registry'")" Registered "alfa's registry after reset"

say "of a snapshot that comes to nothing nothing is kept: save goes on to show what reset would throw away"
guest alfa 10.77.7.11 "touch /root/prepared; echo '; prepared' >>/etc/asterisk/sip.conf; sync"
report=$(in_lab snapshot alfa --dry-run 2>&1) || fail "snapshot --dry-run: $report"
layer=$(grep -o -m 1 'alfa\.ready-[0-9]*\.qcow2$' <<<"$(grep '^libvirt: copy volume' <<<"$report")")
virsh_ vol-create-as voiplab-quickstart "$layer" 1M --format qcow2
set +e
report=$(in_lab snapshot alfa 2>&1)
expect_status 1 $? "a snapshot in whose way there is a volume"
expect_contains "$report" "no ready state was taken" "a snapshot in whose way there is a volume"
report=$(in_lab save alfa 2>/dev/null)
expect_status 5 $? "save after a snapshot that came to nothing"
set -e
expect_contains "$report" "+; prepared" "save after a snapshot that came to nothing"
virsh_ vol-delete "$layer" --pool voiplab-quickstart

say "what was prepared by hand since is what it is put back to after a snapshot"
report=$(in_lab snapshot alfa 2>&1) || fail "snapshot: $report"
say "$(tail -n 1 <<<"$report")"
expect_contains "$report" "1 of 1 PBX has a ready state of now" "snapshot"
expect_contains "$(in_lab save alfa 2>&1)" "nothing was changed by hand on 1 PBX" "save after a snapshot"
guest alfa 10.77.7.11 "rm /root/prepared; touch /root/mine; sync"

say "what is kept under a tag is there beside it, and goes by itself"
guest alfa 10.77.7.11 "touch /root/tagged; rm /root/mine; sync; systemctl stop qemu-guest-agent" # then it goes over SSH
report=$(in_lab snapshot alfa exam 2>&1) || fail "snapshot with a tag: $report"
expect_contains "$report" "1 of 1 PBX has a snapshot 'exam' of now" "snapshot with a tag"
guest alfa 10.77.7.11 "rm /root/tagged; touch /root/mine; sync"
expect_contains "$(in_lab snapshot list alfa)" "alfa exam" "the list"
report=$(in_lab revert exam -v 2>&1) || fail "revert: $report"
expect_contains "$report" "alfa: goes on over SSH: " "revert without an agent"
say "$(tail -n 1 <<<"$report")"
guest alfa 10.77.7.11 "test -e /root/tagged && test ! -e /root/mine" || fail "alfa is not what it was under the tag"
[ "$(boot_of alfa 10.77.7.11)" = "$boot" ] || fail "alfa has booted"
report=$(in_lab snapshot delete exam 2>&1) || fail "snapshot delete: $report"
expect_lacks "$(in_lab snapshot list)" exam "the list after it was deleted"
guest alfa 10.77.7.11 "touch /root/mine; sync"

# sound NAME: a copy of the disk of a guest, as it is at this moment, has a whole file system once its journal is done.
# What libvirtd has in its own /var/lib/libvirt is seen from where it is. Checked are those of guests that run; $checked.
checked=0
sound() {
    [ "$(virsh_ domstate "quickstart-$1")" = running ] || return 0
    virsh_ suspend "quickstart-$1"
    nsenter --target "$(cat "$work/libvirt/libvirtd.pid")" --mount qemu-img convert -U -O raw \
        "/var/lib/libvirt/images/voiplab-quickstart/$1.qcow2" "$work/copy.raw" || fail "the disk of $1 cannot be copied"
    virsh_ resume "quickstart-$1"
    e2fsck -E journal_only -p "$work/copy.raw" >"$work/fsck" 2>&1 || :
    set +e
    e2fsck -f -p "$work/copy.raw" >>"$work/fsck" 2>&1
    [ $? -le 1 ] || fail "the file system of $1 is damaged: $(cat "$work/fsck")"
    set -e
    rm "$work/copy.raw"
    checked=$((checked + 1))
}

volumes >"$work/volumes"
kills=3
full && kills=50
say "cut off $kills times at any moment, it is put back by the next run"
for ((i = 0; i < kills; i++)); do
    setsid ip netns exec "$netns" "$VOIPLAB" reset alfa -f "$lab" --share "$SOURCE/share" --state "$state" \
        --cache "$cache" -c "$uri" >"$work/killed" 2>&1 &
    sleep "$((RANDOM % 4)).$((RANDOM % 10))"
    kill -9 -- -$! 2>/dev/null || :
    wait $! || :
    if full; then
        sound alfa
        in_lab snapshot list alfa --json | jq -e ".snapshots[0].usable == \"yes\"" >"$work/usable" || fail "a torn ready state"
    fi
done
! full || say "$checked of $kills times it ran, and its file system was whole"
report=$(in_lab reset alfa 2>&1) || fail "reset after kills: $report"
say "$(tail -n 1 <<<"$report")"
[ "$(boot_of alfa 10.77.7.11)" = "$boot" ] || fail "alfa has booted"
guest alfa 10.77.7.11 "test -e /root/prepared && test ! -e /root/mine && touch /root/writes && sync && rm /root/writes" || fail "alfa's disk"
expect_lacks "$(guest alfa 10.77.7.11 dmesg)" "EXT4-fs error" "the kernel of alfa"
! full || sound alfa
volumes | diff "$work/volumes" - || fail "volumes were left by runs that were cut off"
report=$(in_lab up 2>&1) || fail "up after reset: $report"
expect_contains "$report" "nothing to do; 3 PBXs, 2 registrations, 4 peers" "up after reset"

if full; then
    say "a guest becomes a base image, without what it is and what the lab gave it; the guest runs on"
    guest beta 10.77.7.12 "echo gone-by-capture >/root/.bash_history; echo kept-by-capture >/root/notes; sync
        swapoff /swap && echo gone-from-swap | dd of=/swap bs=1 seek=1000000 conv=notrunc 2>/dev/null && swapon /swap"
    secret=$(guest beta 10.77.7.12 "sed -n 's/^secret=//p' /etc/asterisk/voiplab_sip.conf" | head -n 1)
    key=$(guest beta 10.77.7.12 "sed -n 3p /etc/ssh/ssh_host_ed25519_key")
    boot_of_beta=$(boot_of beta 10.77.7.12)
    in_lab image remove "$(in_lab image list 2>/dev/null | awk '$1 ~ /^gold-/ { print $1 }')" >/dev/null 2>&1 || :
    report=$(in_lab image capture beta gold 2>&1) || fail "image capture: $report"
    [ "$(boot_of beta 10.77.7.12)" = "$boot_of_beta" ] || fail "beta has booted"
    gold=$(echo "$cache"/images/gold-????????????)
    cleanup_fn rm -rf "$gold" "$gold.lock"
    qemu-img convert -O raw "$gold/disk.qcow2" "$work/gold.raw"
    for word in "$secret" "$key" gone-by-capture gone-from-swap; do
        [ -n "$word" ] || fail "nothing to look for"
        grep -aqF -- "$word" "$work/gold.raw" && fail "the image still has '$word'"
    done
    grep -aqF kept-by-capture "$work/gold.raw" || fail "the image lacks what is no identity"
    rm "$work/gold.raw"
    [ -z "$(find "$state/quickstart" -name '.scratch*')" ] || fail "capture left something"
    sed -i '/^\[image other\]/,/^$/ s/^base = .*/base = image:gold/' "$lab" # of which beta is made anew below
fi

say "load through the trunk"
in_lab sipp -o "$work/load" --json | python3 -c '
import json, sys
load = json.load(sys.stdin)["loads"][0]
assert load["failed"] == 0 and load["succeeded"] == 50, load'

say "how busy the guests were while it went on, as the hypervisor says"
python3 - "$work/load/result.json" <<'PY'
import json, sys
result = json.load(open(sys.argv[1]))
assert {guest["figures_by"] for guest in result["guests"]} == {"hypervisor"}, result["guests"]
for number, name in enumerate(("hub", "alfa", "beta")):
    figures = [sample["guests"][number] for sample in result["samples"]]
    assert all(guest["name"] == name for guest in figures), figures
    busy = [guest["processor"] for guest in figures if guest["processor"] is not None]
    assert len(busy) > 5 and all(0 <= share <= 1 for share in busy) and max(busy) > 0.01, (name, busy)
    assert all(0 < guest["memory_used"] < guest["memory_total"] for guest in figures[2:]), figures
PY

say "what the lab file has otherwise reaches the guest while it runs, once"
sed -i '/^\[pbx alfa\]/,/^\[pbx beta\]/ s/^disk .*/disk = 4G\nmemory = 240M/' "$lab"
plan=$(in_lab up alfa --dry-run 2>/dev/null)
expect_contains "$plan" "libvirt: grow volume alfa.qcow2 (from 3G to 4G)" "the plan"
expect_contains "$plan" "libvirt: define domain quickstart-alfa (at its next start: memory" "the plan"
expect_contains "$plan" "libvirt: change domain quickstart-alfa (memory)" "the plan"
report=$(in_lab up alfa 2>&1) || fail "up with other sizes: $report"
expect_contains "$report" "alfa: run grow the root file system to its disk" "up with other sizes"
[ "$(boot_of alfa 10.77.7.11)" = "$boot" ] || fail "alfa has booted"
[ "$(guest alfa 10.77.7.11 df -k --output=size / | tail -n 1)" -gt 3900000 ] || fail "alfa's file system has not grown"
report=$(in_lab up alfa 2>&1) || fail "up once more: $report"
expect_contains "$report" "nothing to do" "up once more"
expect_contains "$report" "alfa: the guest runs as it was before (memory" "up once more"
sed -i 's/^disk = 4G/disk = 2G/' "$lab"
expect_contains "$(in_lab up alfa 2>&1 || :)" "disk: 2G is less than 4G, which the disk of the guest has, and a disk cannot shrink" "up"
sed -i 's/^disk = 2G/disk = 4G/' "$lab"

say "create-vm without a lab file, from an installation medium"
head -c 1048576 /dev/zero >"$work/Elastix.iso"
chmod 644 "$work/Elastix.iso"
lone=(create-vm elastix1 --memory 300M --disk 35G --cdrom "$work/Elastix.iso" --bridge vlquick0 --os rhel5.4
    --share "$SOURCE/share" --state "$state" -c "$uri")
expect_contains "$(voiplab "${lone[@]}" --dry-run 2>/dev/null)" "libvirt: define domain elastix1" "the plan of create-vm"
report=$(voiplab "${lone[@]}" 2>&1) || fail "create-vm without a lab file: $report"
[ "$(virsh_ domstate elastix1)" = running ] || fail "elastix1 does not run"
expect_contains "$(virsh_ dumpxml elastix1)" "<voiplab:guest" "elastix1's metadata"
expect_contains "$(virsh_ vol-info --bytes elastix1.qcow2 --pool voiplab-default)" 37580963840 "elastix1's disk"
expect_contains "$report" "elastix1: its screen is VNC on 127.0.0.1:59" "create-vm of what is installed from a medium"
expect_contains "$(voiplab "${lone[@]}" 2>&1)" "nothing to do" "a second create-vm"
alone() {
    local command=$1
    shift
    voiplab "$command" --lone "$@" --share "$SOURCE/share" --state "$state" -c "$uri"
}
expect_contains "$(alone status 2>&1)" "elastix1 running" "status of guests without a lab file"
address=$(alone console elastix1 --vnc --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["address"])')
[ "$(ip netns exec "$netns" ss -ltnH "sport = :${address#*:}" | awk '{ print $4 }')" = "$address" ] ||
    fail "the screen of elastix1 is not at $address, or not only there"
virsh_ destroy elastix1 >/dev/null

say "down shuts the guests down"
guest beta 10.77.7.12 "rm /etc/asterisk/modules.conf; touch /root/mine; sync"
echo >>"$state/quickstart/saved/beta.ready-1.save"
set +e
report=$(in_lab reset beta 2>&1)
expect_status 1 $? "reset with another memory than the disk's"
set -e
expect_contains "$report" "is of no use: its memory was written to since; 'voiplab reset --clean beta'" "reset"
mac=$(virsh_ domiflist quickstart-beta | awk 'NF { print $5 }')
report=$(in_lab down beta 2>&1) || fail "down: $report"
[ "$(virsh_ domstate quickstart-beta)" = "shut off" ] || fail "beta still runs"
report=$(in_lab snapshot beta off 2>&1) || fail "snapshot of a guest that is off: $report"
set +e
report=$(in_lab status 2>&1)
expect_status 4 $? "status with a guest down"
set -e
expect_contains "$report" "beta: the guest is stopped" "status"

say "a guest that cannot be made is one failed PBX, and the rest is done"
virsh_ undefine quickstart-beta >/dev/null
sed 's/quickstart-foreign/quickstart-beta/' "$work/foreign.xml" >"$work/beta.xml"
virsh_ define "$work/beta.xml" >/dev/null
set +e
report=$(in_lab up 2>&1)
expect_status 4 $? "up with a domain in the way"
set -e
expect_contains "$report" "beta: the hypervisor has a domain 'quickstart-beta' that this lab did not make" "up"
expect_contains "$report" "1 of 3 PBXs failed" "up"
[ "$(virsh_ domstate quickstart-alfa)" = running ] || fail "alfa does not run"
virsh_ undefine quickstart-beta >/dev/null

say "reset --clean makes a broken guest anew from its base image, and it is the same one again"
report=$(in_lab reset --clean beta 2>&1) || fail "reset --clean: $report"
expect_contains "$report" "1 of 1 PBX is put back" "reset --clean"
expect_lacks "$report" "beta: write /etc/asterisk/" "reset --clean, whose disk comes with its files"
[ "$(virsh_ domiflist quickstart-beta | awk 'NF { print $5 }')" = "$mac" ] || fail "beta has another MAC address"
guest beta 10.77.7.12 "test -e /etc/asterisk/modules.conf && test ! -e /root/mine" || fail "beta has its old disk"
expect_contains "$(guest beta 10.77.7.12 asterisk -rx "'$registry'")" Registered "beta's registry after reset"
report=$(in_lab up 2>&1) || fail "up after reset: $report"
expect_contains "$report" "nothing to do; 3 PBXs, 2 registrations, 4 peers" "up after reset"
in_lab snapshot list --json | python3 -c '
import json, sys
rows = {(row["pbx"], row["tag"]): row for row in json.load(sys.stdin)["snapshots"]}
assert set(rows) == {("alfa", "ready"), ("beta", "off"), ("beta", "ready"), ("hub", "ready")}, rows
assert rows.pop(("alfa", "ready"))["usable"] == "the guest is defined otherwise by now", rows
assert all(row["usable"] == "yes" for row in rows.values()), rows
assert rows[("beta", "off")]["guest"] == "off" and rows[("beta", "ready")]["guest"] == "running", rows'
if full; then
    say "a guest that was off boots with the disk of then"
    set +e
    report=$(in_lab revert off 2>&1)
    expect_status 1 $? "revert to a snapshot in which Asterisk has no modules.conf"
    set -e
    guest beta 10.77.7.12 "test -e /root/mine && test ! -e /etc/asterisk/modules.conf" || fail "beta has another disk"
fi

say "destroy takes what is ours and leaves the rest"
report=$(in_lab destroy --yes 2>&1) || fail "destroy: $report"
left=$(virsh_ list --all --name | sort | tr '\n' ' ')
[ "$left" = "elastix1 quickstart-foreign " ] || fail "left after destroy: $left"
expect_contains "$(virsh_ pool-list --all --name)" foreign "the pools"
expect_lacks "$(virsh_ pool-list --all --name)" voiplab-quickstart "the pools"
[ ! -e "$state/quickstart" ] || fail "the state is still there"
[ ! -e "/sys/class/net/vlquick0" ] || fail "the test reached this machine's own network"
ip -n "$netns" link show vlquick0 >/dev/null 2>&1 && fail "the bridge is still there"
expect_contains "$(in_lab destroy --yes 2>&1)" "nothing to do" "a second destroy"

say "guests without a lab file are taken away by their names, with their disks"
set +e
report=$(alone destroy --yes elastix2 2>&1)
expect_status 2 $? "destroy of a guest that is not there"
set -e
expect_contains "$report" "there is no guest 'elastix2' that was made without a lab file" "destroy"
report=$(alone destroy --yes elastix1 2>&1) || fail "destroy of elastix1: $report"
[ "$(virsh_ list --all --name | tr -d '\n')" = quickstart-foreign ] || fail "elastix1 is still there"
expect_lacks "$(virsh_ vol-list voiplab-default)" elastix1 "the volumes"
say "passed"
