#!/bin/bash
# What is not voiplab's lies beside what is: in the state of the lab, among the telephones' profiles, in the cache and in
# a directory of profiles of one's own. It stays as it is in whatever order phone, image remove and destroy are run, and
# what is voiplab's goes. (What a hypervisor, a bridge and a PBX have: e2e/marks.sh, e2e/remove.sh.)
# shellcheck source=test/cli/support.sh
. "${SOURCE:?}/test/cli/support.sh"

cat >lab.ini <<'INI'
[lab]
name = beside
[bridge]
interface = none
address = 10.77.11.1/24
[pbx uno]
place = ssh
address = 10.77.11.10
prefix = 1
extensions = 1001
[phone desk]
model = spa303
mac = 00:11:22:33:44:55
pbx = uno
extension = 1001
INI
image=debian-asterisk-0123456789ab

# set_out: voiplab's own, as its commands leave it, and somebody's things in every directory of it
set_out() {
    rm -rf state cache profiles
    mkdir -p "cache/images/$image/folder" cache/images/mine profiles/folder
    for name in disk.qcow2 vmlinuz initrd info SHA256SUMS notes folder/file; do echo "$name" >"cache/images/$image/$name"; done
    echo x >cache/images/mine/file
    run phone -f lab.ini --state "$work/state"
    expect_status 0 'phone'
    run phone -f lab.ini --state "$work/state" --output "$work/profiles"
    expect_status 0 'phone --output'
    mkdir -p state/beside/mine state/beside/phones/mine state/beside/ssh/mine
    for name in mine/file phones/mine/file phones/spa.txt ssh/mine/file ssh/id_of_mine notes secrets.old; do
        echo x >"state/beside/$name"
    done
    echo x >profiles/notes
    echo x >profiles/folder/spa000000000000.cfg
}

foreign() {
    { find state cache profiles -path '*mine*' -type f; find cache profiles -name notes -o -path '*folder/*'
      find state -name 'spa.txt' -o -name notes -o -name secrets.old; } | sort -u | xargs sha256sum
}

step() {
    case $1 in
        phone) run phone -f lab.ini --state "$work/state" ;;
        output) run phone -f lab.ini --state "$work/state" --output "$work/profiles" ;;
        image) run image remove "$image" --cache "$work/cache" --state "$work/state" ;;
        destroy) run destroy --yes -f lab.ini --state "$work/state" --cache "$work/cache" ;;
    esac
}

set_out
foreign >before
[ "$(wc -l <before)" -ge 12 ] || fail "only $(wc -l <before) things of others were found"
for order in 'phone output image destroy' 'destroy image output phone' 'image destroy phone output' \
    'output destroy image phone' 'destroy phone image destroy' 'image phone destroy output'; do
    set_out
    for word in $order; do
        step "$word"
        expect_status 0 "$word of '$order'"
        foreign >after
        cmp -s before after || fail "after $word of '$order': $(diff before after)"
    done
    step destroy
    [ -z "$(find state -name secrets -o -name 'spa[0-9]*.cfg')" ] || fail "after '$order': $(find state -type f)"
    [ ! -e "cache/images/$image/disk.qcow2" ] || fail "after '$order' the image is still there"
    foreign >after
    cmp -s before after || fail "after '$order' and destroy: $(diff before after)"
done

finish
