#!/bin/bash
# The files of the telephony card, read by those for whom they are meant.
#
# dahdi_cfg -t: /etc/dahdi/system.conf of several labs passes its check, and a wrong one does not. The program comes from
# Debian's package, unpacked beside: installing it would build a kernel module. Where no driver is, an empty
# /dev/dahdi/ctl is enough for -t; it lies in a mount namespace of its own.
#
# chan_dahdi of Asterisk 16, in the hub of a bed: it reads each port at its place, with a signalling that it knows. That
# there is no card is the only thing that it complains of.
#
# ctest: FIXTURES_REQUIRED tree TIMEOUT 900 COST 10
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=test/e2e/lib.sh
. "$here/lib.sh"
# shellcheck source=test/e2e/fixture.sh
. "$here/fixture.sh"

begin --guests 1
# shellcheck disable=SC2034 # for fixture.sh
guests=pbx1 hosts="hub pbx1"
requires apt-get dpkg unshare flock
unshare --mount true 2>/dev/null || skip "this machine does not let us make namespaces"
cache=${VOIPLAB_TEST_CACHE:-/var/cache/voiplab-test}/dahdi

# Packages of the suite that the hub of the bed is made of, without a word to this machine's own apt. They are fetched
# once; the directory appears by rename, so it is whole or absent. chan_dahdi has one of its own, for the hub.
suite=bullseye
fetch() {
    local part=$cache.part package mirror
    rm -rf "$part"
    mkdir -p "$part/lists/partial" "$part/archives/partial" "$part/packages" "$part/tools"
    mirror=$("$SOURCE/share/images/debian-asterisk/mirrors" debian "$suite" \
        ${VOIPLAB_TEST_MIRROR:+"$VOIPLAB_TEST_MIRROR"} | head -n 1)
    [ -n "$mirror" ] || return 1
    echo "deb $mirror $suite main" >"$part/sources.list"
    set -- -q -o "Dir::Etc::sourcelist=$part/sources.list" -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$part/lists" \
        -o "Dir::Cache=$part" -o APT::Sandbox::User=root
    (cd "$part/packages" && apt-get "$@" -o Acquire::Check-Valid-Until=false update && apt-get "$@" download dahdi libtonezone2.0 asterisk-dahdi libpri1.4 \
        libopenr2-3 libss7-2.0) >&2 || return 1
    for package in "$part"/packages/dahdi_*.deb "$part"/packages/libtonezone*.deb; do dpkg -x "$package" "$part/tools"; done
    rm -rf "$part/lists" "$part/archives" "$part"/*.bin
    mv "$part" "$cache"
}
mkdir -p "${cache%/*}"
exec 9>"$cache.lock"
flock 9
[ -x "$cache/tools/usr/sbin/dahdi_cfg" ] || fetch || skip "the packages of DAHDI cannot be fetched"
flock -u 9
libraries=$(dirname "$(find "$cache/tools" -name 'libtonezone.so.2.0' | head -n 1)")

# agrees FILE: dahdi_cfg takes it; what it says is in $work/said
agrees() {
    # shellcheck disable=SC2016 # for the shell in there
    unshare --mount --propagation private sh -c 'mount -t tmpfs dev /dev && mkdir /dev/dahdi && : >/dev/dahdi/ctl &&
        : >/dev/null && LD_LIBRARY_PATH=$1 exec "$2" -t -vv -c "$3"' \
        sh "$libraries" "$cache/tools/usr/sbin/dahdi_cfg" "$1" >"$work/said" 2>&1
}

# card COUNTRY FXS FXO ECHOCANCELLER: the file for such a card, in $work/root/etc/dahdi/system.conf
card() {
    rm -rf "$work/root" "$work/cards"
    mkdir -p "$work/root/etc/asterisk" "$work/root/etc/dahdi"
    cat >"$work/card.ini" <<END
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
    [ -z "$2" ] || echo "fxs = $2" >>"$work/card.ini"
    [ -z "$3" ] || echo "fxo = $3" >>"$work/card.ini"
    "$VOIPLAB" dialplan -f "$work/card.ini" --share "$SOURCE/share" --state "$work/cards" --root "$work/root" \
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

echo "- chan_dahdi reads the four ports of a hub, and has nothing to say but that there is no card"
cat >>"$lab" <<END

[dahdi]
fxs = 1, 2
fxo = 3, 4

[class inside]
routes = none

[user 7000]
voicemail = yes

[user 7005]
name = Sala de juntas
dahdi = 2
class = inside
voicemail = yes
END
for package in "$cache"/packages/*.deb; do dpkg --fsys-tarfile "$package" | on hub tar -x -C /; done
# users.conf is Asterisk's sample, which chan_dahdi reads as well, and has words in it that it does not know
on hub sh -c 'mkdir -p /etc/dahdi /dev/dahdi && : >/dev/dahdi/ctl && : >/etc/asterisk/users.conf'
voiplab up
ends 0 "up with a card"
nothing_to_do
# load: chan_dahdi is loaded anew; the log since then in $log, without the talk of the missing card
load_chan_dahdi() {
    cli hub 'module unload chan_dahdi.so' >/dev/null 2>&1 || :
    on hub sh -c ': >/var/log/asterisk/messages'
    expect_contains "$(cli hub 'module load chan_dahdi.so')" 'Loaded chan_dahdi.so' "what Asterisk says"
    log=$(on hub cat /var/log/asterisk/messages)
    ports=$(sed -n 's/.*Unable to open channel \([0-9]*\):.*/\1/p' <<<"$log" | tr '\n' ' ')
    log=$(grep 'WARNING\|ERROR' <<<"$log" | grep -v "/dev/dahdi/channel\|Unable to \(open\|register\) channel\|failure ignored" || :)
}
for module in res_smdi res_monitor; do cli hub "module load $module.so" >/dev/null; done
load_chan_dahdi
[ "$ports" = '1 2 3 4 ' ] || fail "chan_dahdi has read the ports '$ports'"
[ -z "$log" ] || fail "chan_dahdi warns: $log"
on hub sed -i 's/^signalling=fxs_ks$/signalling=fxs_kz/' /etc/asterisk/voiplab_dahdi-channels.conf
load_chan_dahdi
expect_contains "$log" fxs_kz "what chan_dahdi says of a signalling that it does not know"
echo "all as it should be"
