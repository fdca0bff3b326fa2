#!/bin/bash
# Files that decide what is done here are ours alone: a lab file, a key, the state, the shared files of another user, or
# where another user may put them, are told and not obeyed. What a lab file may say of the hypervisor runs no program.
# shellcheck source=test/cli/support.sh
. "${SOURCE:?}/test/cli/support.sh"
[ "$(id -u)" = 0 ] || skip 'files of other users are made by root'
chmod 755 . # who is another user could come here
unset SUDO_UID

cat >lab.ini <<'END'
[lab]
name = a
[bridge]
interface = none
address = 10.1.1.1/24
[image pbx]
base = build:debian-asterisk
[pbx s]
address = 10.1.1.50
END
common=(--state "$work/state" --cache "$work/cache")

# refused STATUS TEXT WHAT: nothing was run, and one line says why
refused() {
    expect_status "$1" "$3"
    expect err "$2" "$3"
    [ "$(wc -l <err)" -eq 1 ] || fail "$3: not one line: $(cat err)"
    [ ! -e mark ] || fail "$3: a program of the lab file's choice was run"
    rm -f mark
}

# A lab file of another user, in the working directory, whose hypervisor is a program.
printf '#!/bin/sh\nid -u >%s/mark\n' "$work" >pwn
chmod 755 pwn
mkdir theirs
sed "s|^name = a|&\nhypervisor = qemu+ext:///system?command=$work/pwn|" lab.ini >theirs/voiplab.ini
chown -R 12345:12345 theirs
cd theirs
for command in 'status' 'up --dry-run' 'check-cpu'; do
    # shellcheck disable=SC2086
    "$VOIPLAB" $command "${common[@]}" >../out 2>../err </dev/null && status=0 || status=$?
    cd ..
    refused 3 'belongs to another user (12345)' "$command on a lab file of another user"
    cd theirs
done
cd ..

# The file is ours, and where it lies another could replace it.
cp lab.ini theirs/mine.ini
run status -f theirs/mine.ini "${common[@]}"
refused 3 "the directory '$work/theirs' belongs to another user" 'a lab file where another user decides'
mkdir common
cp lab.ini common/
chmod 777 common
run status -f common/lab.ini "${common[@]}"
refused 3 'others may write to the directory' 'a lab file where everybody may write'
chmod 1777 common
ln -s ../lab.ini common/link.ini
chown -h 12345 common/link.ini
run status -f common/link.ini "${common[@]}"
refused 3 'the link' 'a lab file through a link of another user'
cp lab.ini open.ini
chmod 666 open.ini
run status -f open.ini "${common[@]}"
refused 3 'chmod go-w' 'a lab file that everybody may write'

# Ours, and that of who called us by sudo.
chmod 644 common/lab.ini
run phone -n -f common/lab.ini "${common[@]}"
expect err 'the lab has no [phone] section; [phone NAME] describes a telephone' 'a lab file of root in a directory like /tmp'
chown 12345 lab.ini
SUDO_UID=12345 run sipp -n -f lab.ini "${common[@]}"
expect err 'the lab has no [load] section' 'a lab file of who called by sudo'
SUDO_UID=12346 run sipp -n -f lab.ini "${common[@]}"
refused 3 'another user' 'a lab file of another than who called by sudo'
chown 0 lab.ini

# In a lab file of ours, too, the hypervisor is no program; --connect says so oneself.
for uri in "qemu+ext:///system?command=$work/pwn" "qemu+ssh://host/system?command=$work/pwn" \
    "qemu+ssh://host/system?netcat=$work/pwn" "qemu+ssh://host/system?mode=direct;%63ommand=$work/pwn" \
    "qemu+ssh://host/system?no_tty=1&command=$work/pwn"; do
    awk -v line="hypervisor = \"$uri\"" '{ print } /^name = a/ { print line }' lab.ini >ext.ini
    run up --dry-run -f ext.ini "${common[@]}"
    refused 3 '--connect' "hypervisor = $uri"
    expect err 'ext.ini:3: ' "hypervisor = $uri"
done
run up --dry-run -f lab.ini "${common[@]}" -c "qemu+ext:///system?command=$work/pwn"
[ -e mark ] || fail '--connect with a program does not run it'
rm -f mark

# A lab file with secrets, where everybody can read it.
{ cat lab.ini; printf 'role = guest\nextensions = 1500\n[extension 1500]\nsecret = abcdefghijkl0123456789\n'; } >secret.ini
chmod 644 secret.ini
run sipp -n -f secret.ini "${common[@]}"
refused 3 "chmod 600" 'a lab file with secrets that everybody can read'
expect_not err abcdefghijkl 'a lab file with secrets that everybody can read'
chmod 600 secret.ini
run sipp -n -f secret.ini "${common[@]}"
expect err 'the lab has no [load] section' 'a lab file with secrets of mode 0600'
mkdir -m 700 hidden
install -m 644 secret.ini hidden/
run sipp -n -f hidden/secret.ini "${common[@]}"
expect err 'the lab has no [load] section' 'a lab file with secrets in a directory of mode 0700'
# The examples of the program are no secret, by whatever way they are named; one that was changed may be.
for lab in "$SOURCE"/share/labs/*.ini; do
    install -m 644 "$lab" common/
    for way in "$lab" "$(realpath --relative-to=. "$lab")" "common/${lab##*/}"; do
        run inspect -f "$way" "${common[@]}"
        expect_status 0 "$way"
    done
done
sed -i 's/^pin  .*/pin = 424242/' common/thesis.ini
run inspect -f common/thesis.ini "${common[@]}"
refused 3 "chmod 600" 'an example that was changed'
expect_not err 424242 'an example that was changed'
run init -t thesis made.ini
[ "$(stat -c %a made.ini)" = 600 ] || fail "a lab file that may get secrets is made with mode $(stat -c %a made.ini)"

# A key, the state, the shared files and the cache.
cat >ssh.ini <<'END'
[lab]
name = b
[bridge]
interface = none
address = 127.0.0.9/24
[pbx s]
place = ssh
address = 127.0.0.8
hostkey = ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIK+/jlxVuhUawGb/YCh/jfu3PcXMFh8YfVSrYBuo9ZC0
END
ssh-keygen -q -t ed25519 -N '' -f key
printf 'sshkey = %s\n' "$work/key" >>ssh.ini
chmod 644 key
run status -f ssh.ini "${common[@]}" --wait 1
expect err 'chmod 600' 'a key that others can read'
chmod 600 key
chown 12345 key
run status -f ssh.ini "${common[@]}" --wait 1
expect err 'belongs to another user (12345)' 'a key of another user'
mkdir -m 700 state theirstate
install -d -m 700 -o 12345 state/b
run status -f ssh.ini "${common[@]}" --wait 1
refused 1 "the directory '$work/state/b' belongs to another user" 'a state of another user'
rmdir state/b
ln -s "$work/theirs" state/b
chown -h 12345 state/b
run status -f ssh.ini "${common[@]}" --wait 1
refused 1 'belongs to another user' 'a state that is a link of another user'
rm state/b
cp -R "$SOURCE/share" share
chown 12345 share
run status -f ssh.ini "${common[@]}" --share "$work/share" --wait 1
refused 1 "the directory '$work/share' belongs to another user" 'shared files of another user'
chown 0 share
chown -R 12345 share/numbering
echo '[default]' >extensions.conf
run dialplan lint --country ec --share "$work/share" extensions.conf
expect err 'belongs to another user' 'a numbering plan of another user'
chown -R 0 share/numbering
chmod 666 share/images/debian-asterisk/build
run image -n -f lab.ini "${common[@]}" --share "$work/share"
expect err 'others may write to' 'a recipe that everybody may write'
# What is written where everybody may make a file is ours, whatever stood there; a directory that somebody else made
# there is not written to.
cat >phone.ini <<'END'
[lab]
name = p
[bridge]
interface = none
address = 10.1.1.1/24
[image pbx]
base = build:debian-asterisk
[pbx s]
address = 10.1.1.50
extensions = 1500
[phone desk]
model = spa303
mac = 00:0e:08:aa:bb:cc
pbx = s
extension = 1500
END
run phone -f phone.ini "${common[@]}" --output "$work/common/profiles"
expect_status 0 'the profiles of telephones'
name=$(ls common/profiles)
rm -r common/profiles
install -m 600 -o 12345 /dev/null "common/$name"
run phone -f phone.ini "${common[@]}" --output "$work/common"
expect_status 0 'profiles where a name was planted'
[ "$(stat -c %u "common/$name")" = 0 ] || fail "a profile belongs to who planted its name: $(ls -ln common)"
expect "common/$name" '<' 'a profile where its name was planted'
install -d -m 755 -o 12345 -g 12345 common/out
run phone -f phone.ini "${common[@]}" --output "$work/common/out"
expect_status 1 'profiles in a directory that was planted'
expect err 'another user' 'profiles in a directory that was planted'
[ -z "$(ls common/out)" ] || fail 'profiles are in a directory that was planted'
mkdir roots
ln -s ../roots common/link
chown -h 12345 common/link
run phone -f phone.ini "${common[@]}" --output "$work/common/link"
expect_status 1 'profiles through a link that was planted'
run phone -f phone.ini "${common[@]}" --output "$work/common/link/more"
expect_status 1 'profiles through a link that was planted'
[ -z "$(ls roots)" ] || fail 'profiles were led elsewhere by a link'
install -d -m 2755 -o 12345 -g 12345 tftp
run phone -f phone.ini "${common[@]}" --output "$work/tftp"
expect_status 0 "profiles in a server's own directory"
[ "$(stat -c %a:%g "tftp/$name")" = 640:12345 ] || fail "the server cannot read a profile: $(ls -ln tftp)"

# What a killed run left, with secrets in it, goes with the next one that changes the lab; what a living one uses stays.
rm -rf common/profiles
mkdir -m 700 state/p/.scratch.aaaaaa state/p/.scratch.bbbbbb
echo secret | tee state/p/.scratch.aaaaaa/accounts.csv >state/p/.scratch.bbbbbb/accounts.csv
exec 9<state/p/.scratch.bbbbbb
flock 9
run phone -n -f phone.ini "${common[@]}"
[ -e state/p/.scratch.aaaaaa ] || fail 'a dry run swept'
run phone -f phone.ini "${common[@]}"
[ ! -e state/p/.scratch.aaaaaa ] || fail 'what a killed run left stays'
[ -e state/p/.scratch.bbbbbb/accounts.csv ] || fail 'what a living run uses is gone'
exec 9<&-

mkdir cache
chown 12345 cache
run image -n -f lab.ini "${common[@]}"
refused 1 "the directory '$work/cache' belongs to another user" 'a cache of another user'
finish
