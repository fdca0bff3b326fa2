#!/bin/bash
# The guests of every template, and those that create-vm makes of its options, are what libvirt's own schema allows; names
# and paths with what XML is made of come through as they are or are refused; and a dry run makes nothing.
#
# shellcheck source=test/cli/support.sh
. "${SOURCE:?}/test/cli/support.sh"
need virt-xml-validate xmllint

# planned COMMAND...: its dry run; the definitions of guests in it are domain-1.xml and so on, $count of them
planned() {
    rm -f domain-*.xml
    run "$@" --dry-run --state "$work/state" --cache "$work/cache" -c "$nowhere"
    awk '/^ *<domain /{ inside = 1; file = "domain-" (++count) ".xml" } inside { print >file }
        /^ *<\/domain>/{ inside = 0 }' out
    count=$(find . -name 'domain-*.xml' | wc -l)
    if [ -e state ] || [ -e cache ]; then fail "$*: a dry run made something"; fi
}

# all_valid WHAT: as virt-xml-validate has it; guests of one lab that differ in no more than names are looked at once
all_valid() {
    local file seen=' ' kind
    for file in domain-*.xml; do
        kind=$(sed -E 's/(<name>|<uuid>|mac address=|name=|fingerprint=|file=|<source ).*/\1/' "$file" | cksum)
        case $seen in *" $kind "*) continue ;; esac
        seen="$seen$kind "
        virt-xml-validate "$file" domain >validated 2>&1 || fail "$1: $file: $(cat validated)"
    done
}

for lab in "$SOURCE"/share/labs/*.ini; do
    name=${lab##*/}
    planned create-vm -f "$lab"
    expect_status 0 "$name"
    machines=$(grep -c '^libvirt: define domain' out)
    [ "$count" = "${machines/#0/none}" ] || fail "$name: $count definitions for $machines guests"
    all_valid "$name"
done

say_of() { xmllint --xpath "string($1)" domain-1.xml; }
odd="a&b<c>\"d'e \$(touch gone)"
mkdir "$odd"
: >"$odd/x.iso"
: >x.iso
for os in rhel5.4 elastix2.5 debian12 nothing-known "$odd"; do
    planned create-vm uno --memory 300M --disk 3G --bridge br0 --os "$os" --cdrom "$odd/x.iso"
    expect_status 0 "--os $os"
    all_valid "--os $os"
    [ "$(say_of '//disk[@device="cdrom"]/source/@file')" = "$work/$odd/x.iso" ] || fail "--os $os: the medium is another"
    [ "$(say_of 'count(//disk) + 10 * count(//interface) + 100 * count(/*)')" = 112 ] || fail "--os $os: other devices"
done
[ "$(say_of 'count(//os/boot[@dev="network"]) + 10 * count(//interface/rom[@enabled="no"])')" = 10 ] ||
    fail "a guest that is not to boot from the network can"
planned create-vm uno --memory 300M --disk 3G --bridge br0 --pxe
expect_status 0 "--pxe"
all_valid "--pxe"
[ "$(say_of '//os/boot[1]/@dev')+$(say_of '//os/boot[2]/@dev')" = hd+network ] || fail "--pxe: the order is another"
[ "$(say_of 'count(//interface/rom) + 10 * count(//graphics)')" = 10 ] || fail "--pxe: no boot ROM, or no screen"
tree=http://mirror.example/debian/dists/trixie/main/installer-amd64/
planned create-vm uno --memory 1G --disk 3G --bridge br0 --os debian13 --location "$tree"
expect_status 0 "--location"
all_valid "--location"
[ "$(say_of 'count(//os/kernel) + 10 * count(//os/initrd) + 100 * count(//graphics)')" = 111 ] ||
    fail "--location: no kernel, no initrd or no screen"
planned create-vm uno --memory 2G --disk 3G --bridge br0 --os centos7 --location ftp://mirror.example/7/
[ "$(say_of //os/cmdline)" = inst.repo=ftp://mirror.example/7/ ] || fail "--location: the installer is not told the tree"
for wrong in "--os debian13 --location file:///etc" "--location $tree" "--os plan9 --location $tree" \
    "--os debian13 --location $tree --pxe" "--os debian13 --location $tree --cdrom x.iso" \
    "--os debian13 --location $tree --memory 300M"; do
    # shellcheck disable=SC2086 # some options
    planned create-vm uno --memory 1G --disk 3G --bridge br0 $wrong
    [ "$status/$count" = 2/0 ] || fail "create-vm takes $wrong: $status/$count"
done
planned create-vm uno --memory 300M --disk 3G --network "$odd" --vcpus 2
all_valid '--network'
[ "$status" -ne 0 ] || [ "$(say_of '//interface/source/@network')" = "$odd" ] || fail '--network is another'

# What names a guest, its bridge or its processor in a lab file or on the command line has no such letters.
for name in "$odd" '"/><x a="' "</name>" "a b" "../b" "" "-a"; do
    planned create-vm --memory 300M --disk 3G --bridge br0 -- "$name"
    [ "$status/$count" = 2/0 ] || fail "create-vm takes the name '$name': $status/$count"
    planned create-vm uno --memory 300M --disk 3G --bridge "$name"
    [ "$status/$count" = 2/0 ] || fail "create-vm takes the bridge '$name'"
done
for place in 1 2 3 4 5; do
    set -- demo debian12 uno Nehalem pc-i440fx-7.2
    set -- "${@:1:place-1}" "a><b c=&" "${@:place+1}"
    cat >lab.ini <<INI
[lab]
name = $1
[bridge]
name = br9
address = 10.77.9.1/24
[image i]
base = iso:$work/x.iso
os = $2
[pbx $3]
image = i
address = 10.77.9.11
memory = 64M
disk = 64M
cpu = $4
machine = $5
INI
    planned create-vm -f lab.ini
    if [ "$place" -eq 2 ]; then # a system that nobody knows gets what all know
        expect_status 0 'an odd system'
        all_valid 'an odd system'
    else
        [ "$status/$count" = 3/0 ] || fail "$*: exit status $status: $(cat out err)"
    fi
done
[ ! -e gone ] || fail 'a name was run'
finish
