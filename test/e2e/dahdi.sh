#!/bin/bash
# The files of the telephony card, read by DAHDI's own dahdi_cfg: /etc/dahdi/system.conf of several labs passes its check
# (-t), and a wrong one does not. The program comes from Debian's package, unpacked beside: installing it would build a
# kernel module. Where no driver is, an empty /dev/dahdi/ctl is enough for -t; it lies in a mount namespace of its own.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=test/e2e/lib.sh
. "$here/lib.sh"

VOIPLAB=${VOIPLAB:?the program under test is not named}
SOURCE=${SOURCE:?the root of the sources is not named}
requires_root
requires apt-get dpkg unshare flock
unshare --mount true 2>/dev/null || skip "this machine does not let us make namespaces"
cache=${VOIPLAB_TEST_CACHE:-/var/cache/voiplab-test}/dahdi
work=$(mktemp -d "${TMPDIR:-/tmp}/voiplab-dahdi.XXXXXX")
cleanup_fn rm -rf "$work"

# The packages are fetched once; the directory appears by rename, so it is whole or absent.
fetch() {
    local part=$cache.part package
    rm -rf "$part"
    mkdir -p "$part/packages"
    (cd "$part/packages" && apt-get -q -o APT::Sandbox::User=root download dahdi libtonezone2.0) >&2 || return 1
    for package in "$part"/packages/*.deb; do dpkg -x "$package" "$part"; done
    rm -rf "$part/packages"
    mv "$part" "$cache"
}
mkdir -p "${cache%/*}"
exec 9>"$cache.lock"
flock 9
[ -x "$cache/usr/sbin/dahdi_cfg" ] || fetch || skip "the package dahdi cannot be fetched"
flock -u 9
libraries=$(dirname "$(find "$cache" -name 'libtonezone.so.2.0' | head -n 1)")

# agrees FILE: dahdi_cfg takes it; what it says is in $work/said
agrees() {
    # shellcheck disable=SC2016 # for the shell in there
    unshare --mount --propagation private sh -c 'mount -t tmpfs dev /dev && mkdir /dev/dahdi && : >/dev/dahdi/ctl &&
        : >/dev/null && LD_LIBRARY_PATH=$1 exec "$2" -t -vv -c "$3"' \
        sh "$libraries" "$cache/usr/sbin/dahdi_cfg" "$1" >"$work/said" 2>&1
}

# card COUNTRY FXS FXO ECHOCANCELLER: the file for such a card, in $work/root/etc/dahdi/system.conf
card() {
    rm -rf "$work/root" "$work/state"
    mkdir -p "$work/root/etc/asterisk" "$work/root/etc/dahdi"
    cat >"$work/lab.ini" <<END
[lab]
name = card
country = $1
[bridge]
address = 10.1.1.1/24
[pbx hub]
role = hub
[dahdi]
echocanceller = $4
END
    [ -z "$2" ] || echo "fxs = $2" >>"$work/lab.ini"
    [ -z "$3" ] || echo "fxo = $3" >>"$work/lab.ini"
    "$VOIPLAB" dialplan -f "$work/lab.ini" --share "$SOURCE/share" --state "$work/state" --root "$work/root" \
        >"$work/out" 2>&1 || fail "the card of $1: $(cat "$work/out")"
}

echo "- dahdi_cfg agrees with the card of the thesis, and with others, in the tones of each country"
cards=0
for plan in "$SOURCE"/share/numbering/*.ini; do
    for ports in '1, 2:3, 4' '1:' ':1, 2, 3, 4' '5, 7:9'; do
        for canceller in mg2 oslec none; do
            card "$(basename "$plan" .ini)" "${ports%:*}" "${ports#*:}" "$canceller"
            agrees "$work/root/etc/dahdi/system.conf" ||
                fail "dahdi_cfg does not agree: $(cat "$work/said" "$work/root/etc/dahdi/system.conf")"
            cards=$((cards + 1))
        done
    done
done
echo "  $cards cards"

echo "- it has read each port, with the signalling of the far end"
card ec '1, 2' '3, 4' mg2
agrees "$work/root/etc/dahdi/system.conf" || fail "dahdi_cfg does not agree: $(cat "$work/said")"
for line in 'Channel 01: FXO Kewlstart (Default) (Echo Canceler: mg2)' 'Channel 02: FXO Kewlstart' \
    'Channel 03: FXS Kewlstart' 'Channel 04: FXS Kewlstart'; do
    expect_contains "$(cat "$work/said")" "$line" "what dahdi_cfg says"
done

echo "- and it refuses what is wrong"
for wrong in 's/^fxoks=/fxok=/' 's/^fxsks=3$/fxsks=three/'; do
    sed "$wrong" "$work/root/etc/dahdi/system.conf" >"$work/wrong.conf"
    ! cmp -s "$work/wrong.conf" "$work/root/etc/dahdi/system.conf" || fail "'$wrong' changes nothing"
    ! agrees "$work/wrong.conf" || fail "dahdi_cfg takes '$wrong': the look above is not worth anything"
done
echo "all as it should be"
