#!/bin/bash
# Mistakes in the lab file: `voiplab: FILE:LINE: ...`, exit status 3, the nearest right word, and no secret repeated.
# shellcheck source=test/cli/support.sh
. "${SOURCE:?}/test/cli/support.sh"

# A good lab of 20 lines; a case replaces one of them.
cat >good.ini <<'EOF'
[lab]
name = demo
country = ec
[bridge]
name = br7
address = 10.1.1.1/24
[image debian]
base = build:debian-asterisk
[pbx hub]
role = hub
[pbx a]
address = 10.1.1.11
prefix = 1
memory = 300M
[pbx b]
address = 10.1.1.12
prefix = 2
[load one]
target = a
rate = 5
EOF
run sipp -n -f good.ini
expect_status 0 'the good lab'

# wrong LINE NEW-LINE TEXT: the line is replaced and the message is about it.
wrong() {
    awk -v line="$1" -v text="$2" 'NR == line { print text; next } { print }' good.ini >lab.ini
    told "$1" "$3" "$2"
}

# added TEXT LINE MESSAGE: lines are added to the end.
added() {
    { cat good.ini; printf '%b\n' "$1"; } >lab.ini
    told "$2" "$3" "$1"
}

told() {
    run sipp -n -f lab.ini
    expect_status 3 "$3"
    expect_empty out "$3"
    [ "$(wc -l <err)" -eq 1 ] || fail "$3: not one line: $(cat err)"
    case $(cat err) in
    "voiplab: lab.ini:$1: "*) ;;
    *) fail "$3: does not begin with 'voiplab: lab.ini:$1: ': $(cat err)" ;;
    esac
    expect err "$2" "$3"
}

wrong 2 'nam = demo' "did you mean 'name'?"
wrong 2 'name = Demo' "'Demo' is not a name"
wrong 2 'Name = demo' 'upper case'
wrong 2 'name =' 'has no value'
wrong 2 'name demo' 'no key = value'
wrong 3 'country = atlantis' 'there is no numbering plan'
wrong 3 'name = other' 'is there twice; the first is in line 2'
wrong 4 '[brigde]' "did you mean 'bridge'?"
wrong 4 '[bridge' 'no closing bracket'
run sipp -n -f nowhere.ini
expect_status 3 'a lab file that is not there'
[ "$(cat err)" = "voiplab: cannot open 'nowhere.ini': No such file or directory" ] ||
    fail "a lab file that is not there: $(cat err)"
wrong 6 'address = 10.1.1.1' 'with its prefix length'
wrong 6 'address = 10.1.1.1/33' 'with its prefix length'
sed '6d' good.ini >lab.ini
told 4 "needs the key 'address'" 'a bridge without an address'
wrong 8 'base = ftp:x' 'build:RECIPE, iso:FILE, disk:FILE, url:URL, image:NAME or location:URL'
wrong 10 'role = server' 'is none of guest, hub'
wrong 12 'address = 10.1.1.300' 'is not an IPv4 address'
wrong 12 'address = 10.9.1.11' 'is outside the bridge'
wrong 12 'address = 10.1.1.255' 'broadcast'
wrong 16 'address = 10.1.1.11' "is the address of 'a'"
wrong 13 'prefix = 9' 'choose 1 to 6'
wrong 17 'prefix = 1' "the prefix of 'a'"
wrong 14 'memory = 300' 'a size with its unit'
wrong 14 'memory = 99999999999999T' 'a size with its unit'
wrong 14 'vcpus = 65' 'is not a number from 1 to 64'
wrong 14 'extensions = 2500' "should be the prefix '1'"
wrong 15 '[pbx a]' 'is there twice'
wrong 15 '[pbx B]' 'upper case'
wrong 15 '[pbx]' 'should read like [pbx virtual1]'
wrong 19 'target = c' 'is not a guest of this lab'
wrong 20 'rate = fast' 'is not a number'
wrong 20 "$(printf 'rate = %01100d' 5)" 'longer than 1000 characters'
added '[trunk a c]' 21 "'c' is not a guest"
added '[dahdi]\nfxs = 1\n[user 7001]' 23 "is the account of 'a'"
added '[dahdi]\nfxs = 1\nfxo = 1, 2' 21 'is there twice'
added '[route celular]\nvia = nobody' 22 'there is no [provider nobody]'
added '[route emergencia]\npin = 1234' 22 'must not ask for a PIN'
added '[route celulr]\npin = 1234' 21 'did you mean [route celular]?'
added '[route x]\npattern = _abc' 22 'is not a list of numbers and patterns'
added '[pbx c]\nplace = ssh\naddress = 10.1.1.13\nproxy-jump = nobody' 24 "there is no PBX 'nobody'"
added '[pbx h2]\nrole = hub\nplace = vm\naddress = 10.1.1.14' 21 'is the hub already'

# All mistakes of a file are told in one run, in its order, each once, and nothing that only follows from another.
# all LINE:TEXT ...: these and no others are told of lab.ini
all() {
    run sipp -n -f lab.ini
    expect_status 3 "$*"
    local n=0 one
    for one; do
        n=$((n + 1))
        case $(sed -n "${n}p" err) in
        "voiplab: lab.ini:${one%%:*}: "*"${one#*:}"*) ;;
        *) fail "line $n of the mistakes is not '$one': $(cat err)" ;;
        esac
    done
    [ "$(wc -l <err)" -eq $# ] || fail "other mistakes are told than these $#: $(cat err)"
}
cat >lab.ini <<'EOF'
[lab]
name = demo
countri = ec
[bridge]
name = br7
address = 10.1.1.1/24
[image debian]
base = build:debian-asterisk
[pbx hub]
role = hub
[pbx a]
address = 10.1.1.300
memory = 300
vcpus = many
[pbx b]
address = 10.9.1.12
[pbx c]
address = 10.1.1.13
prefix = 9
pin = 3
[pbx d]
address = 10.1.1.13
[trunk a b]
limit = 3
[load one]
target = a
rate = fast
[load two]
target = nobody
[load three]
target = b
this is nothing
[phone x]
model = spa3102
mac =
EOF
all "3:did you mean 'country'?" '12:is not an IPv4 address' '13:a size with its unit' '14:is not a number'     '16:is outside the bridge' "19:choose 1 to 6" "20:has no key 'pin'" '27:is not a number' "29:'nobody' is not a guest"     '32:no key = value' '35:has no value'
sed -i '3d; /^prefix = 9/d; /^pin = 3/d' lab.ini
all '11:is not an IPv4 address' '12:a size with its unit' '13:is not a number' '15:is outside the bridge'     "19:is the address of 'c'" '24:is not a number' "26:'nobody' is not a guest" '29:no key = value' '32:has no value'
# a header without its bracket, or with text behind it, is taken for what it was meant to be: the rest is told as well
sed -i 's/^\[pbx d\]/[pbx d ; the last one/; s/^\[load two\]/[load two] it/' lab.ini
all '11:is not an IPv4 address' '12:a size with its unit' '13:is not a number' '15:is outside the bridge' \
    '18:no closing bracket' "19:is the address of 'c'" '24:is not a number' '25:text after the section' \
    "26:'nobody' is not a guest" '29:no key = value' '32:has no value'
{ sed '6s/24/33/' good.ini; printf '[pbx b2]
address = 1
'; } >lab.ini
all '6:with its prefix length' '22:is not an IPv4 address'
sed 's/^\[bridge\]/[brigde]/; s/^rate = 5/rate = x/' good.ini >lab.ini
all "4:did you mean 'bridge'?" '20:is not a number'
{ for i in $(seq 200); do printf '[pbx p%s]
address = x
' "$i"; done; cat good.ini; } >lab.ini
run sipp -n -f lab.ini
expect_status 3 'many mistakes'
[ "$(wc -l <err)" -le 50 ] || fail "$(wc -l <err) mistakes are told"
[ "$(grep -c 'is not an IPv4 address' err)" -ge 49 ] || fail "many mistakes: $(head -n 3 err)"
if command -v jq >/dev/null; then
    { sed '12s/11/300/; s/^rate = 5/rate = x/' good.ini; } >lab.ini
    run sipp -n --json -f lab.ini
    [ "$(jq -r .error out)" = "$(sed 's/^voiplab: //' err)" ] || fail "the JSON has other mistakes: $(cat out)"
fi

# Control characters of a file never reach the terminal.
printf '[lab]\nname = x\033[31my\n' >lab.ini
run sipp -n -f lab.ini
expect_status 3 'a control character'
expect_not err $'\033' 'a control character'

# Neither a wrong secret nor a good one beside another mistake is repeated.
for secret in 'hunter2!hunter2' 'abc' 'two words'; do
    added "[trunk a b]\nsecret = $secret" 22 '[trunk a b] secret: the value is no secret'
    expect_not err "$secret" 'a wrong secret'
    added "[user 7000]\nsecret = $secret" 22 '[user 7000] secret: the value is no secret'
    expect_not err "$secret" 'a wrong secret'
done
added '[route celular]\npin = 12ab34' 22 'should be 4 to 16 digits'
expect_not err 12ab34 'a wrong PIN'
added '[user 7000]\nsecret = Hunter2hunter2\nnme = x' 23 "did you mean 'name'?"
expect_not err Hunter2hunter2 'a good secret'

# A file that is no text file, and one that cannot be read.
head -c 3000 /dev/urandom >lab.ini
run sipp -n -f lab.ini
expect_status 3 'random bytes'
expect err 'voiplab: ' 'random bytes'
mkdir directory
run sipp -n -f directory
expect_status 3 'a directory'
: >empty.ini
run sipp -n -f empty.ini
expect_status 3 'an empty file'
expect err 'voiplab: empty.ini: ' 'an empty file'
finish
