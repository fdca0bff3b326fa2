#!/bin/bash
# Whichever key of whichever section of the lab file is wrong: that, and the bad trunk at the end of the file, are told in
# one run, and nothing that only follows.
# shellcheck source=test/cli/support.sh
. "${SOURCE:?}/test/cli/support.sh"

cat >every.ini <<'END'
[lab]
name = demo
[host]
[bridge]
interface = eth0
address = 10.1.1.1/24
[image debian]
base = build:debian-asterisk
[dahdi]
fxs = 1
fxo = 3
[pbx hub]
role = hub
[pbx a]
address = 10.1.1.11
prefix = 1
class = few
[pbx b]
address = 10.1.1.12
prefix = 2
[trunks]
[provider voz]
host = sip.example.org
[pool linea]
lines = 3, voz
[route celular]
via = linea
[class few]
routes = local, celular
[dialplan]
via = linea
class = few
[user 7050]
dahdi = 1
class = few
[extension 1500]
[did 022345678]
to = 7050
[load one]
target = a
[phone mesa]
model = spa303
mac = 00:0e:08:aa:bb:cc
pbx = a
extension = 1500
[trunk a b]
[trunk b nobody]
END

# both SECTION KEY VALUE: with that value of the key two mistakes are told, about its line and the last one
both() {
    awk -v section="[$1]" -v key="$2" -v value="$3" '
        $0 == section { print; print key " = " value; inside = 1; next }
        /^\[/ { inside = 0 }
        !(inside && $1 == key) { print }' every.ini >lab.ini
    local line
    line=$(($(grep -nxF "[$1]" lab.ini | cut -d: -f1) + 1))
    run sipp -n -f lab.ini
    expect_status 3 "[$1] $2 = $3"
    [ "$(wc -l <err)" -eq 2 ] || fail "[$1] $2 = $3: not two mistakes are told: $(cat err)"
    grep -q "^voiplab: lab.ini:[0-9]*: \[$1\].*$2" err || fail "[$1] $2 = $3 is not told: $(cat err)"
    grep -q "^voiplab: lab.ini:\($line\|$((line - 1))\): " err || fail "[$1] $2 = $3 has another line: $(cat err)"
    expect err "'nobody' is not a guest" "[$1] $2 = $3"
}

run sipp -n -f every.ini
[ "$(wc -l <err)" -eq 1 ] || fail "the file of every section has other mistakes: $(cat err)"

# Values that cannot be read. The program lists the keys of a section when it is given one that it does not know.
keys=0
grep '^\[' every.ini | tr -d '[]' | grep -v nobody >sections.txt
while read -r section; do
    printf '[%s]\nqqqqqqqqqqqq = 1\n' "$section" >lab.ini
    run sipp -n -f lab.ini
    sed -n 's/.*its keys are //p' err | tr -d ' ' | tr ',' '\n' >keys.txt
    [ -s keys.txt ] || fail "the program does not list the keys of [$section]"
    while read -r key; do
        keys=$((keys + 1))
        both "$section" "$key" 'x"y'
    done <keys.txt
done <sections.txt
[ "$keys" -ge 100 ] || fail "only $keys keys were tried"

# Values that can be read, and cannot be.
while read -r section key value; do
    both "${section//_/ }" "$key" "$value"
done <<'END'
lab name default
lab country atlantis
lab hypervisor qemu+ext:///x?command=/bin/x
lab storage vm
bridge interface br0
bridge address 10.1.1.255/24
bridge gateway 10.9.9.1
bridge gateway 10.1.1.1
bridge gateway6 2001:db8::1
bridge addresses 10.1.1.1/24
bridge network 10.9.9.0/24
image_debian base ftp:x
image_debian base url:http://example.org/x
image_debian base build:../x
image_debian sha256 abc
pbx_a image nothing
pbx_a address 10.1.1.255
pbx_a address 10.9.9.9
pbx_a prefix 9
pbx_a prefix 12345
pbx_a extensions 2500
pbx_a memory 1M
pbx_a class nothing
pbx_a hostkey ssh-ed25519
pbx_b prefix 1
pbx_b address 10.1.1.11
trunk_a_b codec g999
trunks codec g999
trunks qualify maybe
dahdi fxs 2000
dahdi fxo 3, 3
pool_linea lines 9
pool_linea lines nothing
class_few routes nothing
dialplan via nothing
dialplan class nothing
route_celular via nothing
route_celular pin x
user_7050 dahdi 9
user_7050 class nothing
provider_voz host a_b
provider_voz username a_b
did_022345678 to 99
load_one target hub
load_one caller 9
phone_mesa model nothing
phone_mesa pbx nothing
phone_mesa extension 9
END

# Sections that are missing, or of no kind.
sed '/^\[bridge\]/,/^address/d' every.ini >lab.ini
run sipp -n -f lab.ini
[ "$(wc -l <err)" -eq 2 ] || fail "without a bridge not two mistakes are told: $(cat err)"
expect err 'the file has no [bridge] section' 'without a bridge'
sed 's/^\[bridge\]/[brigde]/; s/^\[trunks\]/[xyzzy]/' every.ini >lab.ini
run sipp -n -f lab.ini
[ "$(wc -l <err)" -eq 3 ] || fail "with two sections of no kind not three mistakes are told: $(cat err)"
finish
