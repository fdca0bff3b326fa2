#!/bin/bash
# Where it is started is not as it should be: operands that a terminal would obey, a SIGCHLD that is ignored, no /proc, no
# /sys.
# shellcheck source=test/cli/support.sh
. "${SOURCE:?}/test/cli/support.sh"

# only_printable WHAT: what is on stderr is text
only_printable() {
    if LC_ALL=C tr -d '\n' <err | LC_ALL=C grep -q '[[:cntrl:]]' || ! iconv -f UTF-8 -t UTF-8 <err >out 2>&1; then
        fail "$1: not printable: $(cat -v err)"
    fi
}
evil=$'\e]0;owned\a\e[2J\x9b31m\xc2\x9b5m\r\n\x7f'
run "$evil"
expect_status 2 'a command that is none'
only_printable 'a command that is none'
expect err '\x1b]0;owned\x07' 'a command that is none'
run status "--$evil"
only_printable 'an option that is none'
run status -f "$evil"
only_printable 'a lab file that is none'
cp "$SOURCE/share/labs/quickstart.ini" lab.ini
run sipp -n -f lab.ini --state "$work/state" "$evil"
only_printable 'a load that is none'
run phone -n -f lab.ini --state "$work/state" --address "$evil"
only_printable 'an address that is none'
run dialplan lint "$evil"
only_printable 'a dialplan that is none'
run status -f 'no-such-á.ini'
expect err 'á' 'a file with a name in UTF-8'

# A child that failed has failed, whoever ignores how children end.
cp -r "$SOURCE/share" share
printf '#!/bin/sh\nexit 3\n' >share/images/debian-asterisk/build
cat >vm.ini <<'END'
[lab]
name = v
[bridge]
interface = none
address = 10.1.1.1/24
[phone desk]
model = spa303
mac = 00:0e:08:aa:bb:cc
pbx = s
extension = 1500
[image pbx]
base = build:debian-asterisk
[pbx s]
address = 10.1.1.50
extensions = 1500
END
(trap '' CHLD && exec "$VOIPLAB" image -f vm.ini --share "$work/share" --state "$work/state" --cache "$work/cache") >out 2>err </dev/null && status=0 || status=$?
[ "$status" -ne 0 ] || fail 'a build failed, and nobody noticed'
expect err 'debian-asterisk/build' 'a build failed'

# Without /proc or /sys that is said.
if [ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null; then
    unshare -m sh -c 'mount --make-rprivate / && mount -t tmpfs none /proc && exec "$@"' sh env LD_LIBRARY_PATH="${VOIPLAB%/*}" "$VOIPLAB" status -f vm.ini >out 2>err && status=0 || status=$?
    expect err "'/proc' is not mounted" 'without /proc'
    expect_status 1 'without /proc'
    unshare -m sh -c 'mount --make-rprivate / && mount -t tmpfs none /sys && exec "$@"' sh "$VOIPLAB" bridge -n -f vm.ini --state "$work/state" >out 2>err && status=0 || status=$?
    expect err "'/sys' is not mounted" 'without /sys'
    expect_status 1 'without /sys'
fi
finish
