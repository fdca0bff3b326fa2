#!/usr/bin/env bash
# The part of the quickstart's lab note that is done on this host: a student who types it has the same pool, volumes,
# seeds and guests as `voiplab create-vm`, which then finds nothing to do. Nobody waits for the guests to boot, but with
# VOIPLAB_TEST_FULL: then the whole of the note is followed, on the guests too, to registrations and calls.
#
# ctest: FIXTURES_REQUIRED image TIMEOUT 600 COST 40
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=test/e2e/lib.sh
. "$here/lib.sh"

: "${VOIPLAB:?the built binary}" "${SOURCE:?the source directory}"
requires_root
requires libvirtd qemu-system-x86_64 qemu-img xorriso ip virsh python3 ssh-keygen

own_libvirtd note
cache=${VOIPLAB_TEST_CACHE:-/var/cache/voiplab-test}
lab=$work/lab.ini
state=$work/state

in_lab() {
    local command=$1
    shift
    ip netns exec "$netns" "$VOIPLAB" "$command" "$@" -f "$lab" --share "$SOURCE/share" --state "$state" --cache "$cache" \
        -c "$uri"
}
virsh_() { virsh -q -c "$uri" "$@"; }

# made: all that libvirt has of the lab, and what is in the seeds
made() {
    local domain volume
    for domain in $(virsh_ list --all --name | sort); do virsh_ dumpxml --inactive "$domain"; done
    # libvirt looks at what was uploaded when it comes to it, and says another format from then on
    virsh_ pool-refresh voiplab-quickstart >/dev/null
    virsh_ pool-dumpxml voiplab-quickstart | grep -v '<\(uuid\|capacity\|allocation\|available\)'
    for volume in $(virsh_ vol-list voiplab-quickstart | awk '{ print $1 }' | sort); do
        virsh_ vol-dumpxml --pool voiplab-quickstart "$volume" | grep -v '<\(allocation\|physical\|timestamps\|[amcb]*time\)'
        case $volume in
        *.iso)
            virsh_ vol-download --pool voiplab-quickstart "$volume" "$work/seed.iso"
            xorriso -indev "$work/seed.iso" -osirrox on -extract / "$work/seed" >/dev/null 2>&1
            (cd "$work/seed" && find . -printf '%m %U:%G %T@ %s %p\n' | sort && find . -type f -exec sha256sum {} + | sort)
            rm -rf "$work/seed"
            ;;
        esac
    done
    (cd "$state/quickstart" && find . ! -name '*.lock' -printf '%m %U:%G %p\n' | grep -v natures | sort &&
        sha256sum made secrets ssh/*)
}

cp "$SOURCE/share/labs/quickstart.ini" "$lab"
chmod 0600 "$lab"
[ -d "$cache" ] || skip "no base image was made (e2e.image)"

say "the note has commands for every step, and touches nothing"
steps=$(in_lab up --dry-run --wait 1 2>/dev/null | sed -n 's/^plan: \([0-9]*\) steps.*/\1/p')
in_lab up --wait 1 --explain --show-secrets >"$work/note.md" 2>/dev/null
expect_contains "$(cat "$work/note.md")" "by hand: $steps steps" "the note"
awk '/^```sh$/ { sh = 1 } /^# What is seen/ { exit }
    /^###/ { if (step && !sh) print step; step = ($0 ~ /each its own/) ? "" : $0; sh = 0 }' "$work/note.md" >"$work/bare"
[ ! -s "$work/bare" ] || fail "steps without a command: $(cat "$work/bare")"
[ ! -e "$state" ] || fail "a note made $state"

# log-in NAME: a shell on a guest, once it answers
cat >"$work/log-in" <<END
#!/bin/sh
address=\$(sed -n "/^\\[pbx \$1\\]/,/^\\[/s/^address *= *//p" "$lab")
set -- -i "$state/quickstart/ssh/lab_ed25519" -o BatchMode=yes -o StrictHostKeyChecking=no \\
    -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR "root@\$address"
i=0
until ip netns exec $netns ssh -n -o ConnectTimeout=5 "\$@" asterisk -rx "'core waitfullybooted'" >/dev/null 2>&1; do
    i=\$((i + 1))
    [ \$i -lt 120 ] || exit 1
    sleep 2
done
exec ip netns exec $netns ssh "\$@" sh
END
chmod 755 "$work/log-in"

say "the student does what is to be done on this host"
# what follows is on the guests
cp "$work/note.md" "$work/followed.md"
full || sed -i '/^## On hub$/,$d' "$work/followed.md"
python3 "$here/student.py" "$work/followed.md" "host=ip netns exec $netns sh" "hub=$work/log-in hub" \
    "alfa=$work/log-in alfa" "beta=$work/log-in beta" >"$work/done" 2>"$work/err" ||
    fail "the note does not lead to the guests: $(cat "$work/err")"
say "$(cat "$work/done")"
if full; then
    report=$(in_lab up --check --wait 60 2>&1) || fail "up --check after the whole note: $report"
    report=$(in_lab verify --wait 60 2>&1) || fail "verify after the whole note: $report"
    say "$report"
fi
for name in hub alfa beta; do
    [ "$(virsh_ domstate "quickstart-$name")" = running ] || fail "$name does not run"
    virsh_ destroy "quickstart-$name"
done
made >"$work/student"

say "voiplab finds nothing to do but to start what was stopped"
report=$(in_lab create-vm --check --wait 1 2>&1) && fail "create-vm --check: $report"
expect_contains "$report" "plan: 3 steps" "create-vm --check"
[ "$(grep -c '^libvirt: start domain' <<<"$report")" -eq 3 ] || fail "create-vm --check: $report"

say "voiplab makes the same"
cp -a "$state/quickstart" "$work/kept"
report=$(in_lab destroy --yes 2>&1) || fail "destroy: $report"
install -d -m 0700 "$state/quickstart"
cp -a "$work/kept/ssh" "$work/kept/secrets" "$state/quickstart/"
in_lab up --wait 1 >"$work/out" 2>&1 && fail "the guests answered at once: $(cat "$work/out")"
made >"$work/voiplab"
# The xorriso that a student types pads the image of a seed, and gives directories another mode and so another place.
seen() { grep -vE "<capacity unit='bytes'>[0-9]{1,6}</capacity>|^[0-9]+ 0:0 [0-9.]+ 4096 \." "$1"; }
diff <(seen "$work/student") <(seen "$work/voiplab") >"$work/diff" || fail "the student's guests are others: $(head -40 "$work/diff")"
say "passed"
