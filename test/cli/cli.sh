#!/bin/bash
# cli: the console is a program that takes the place of voiplab; the answer to one command is escaped. An Asterisk of
# ours stands in for the one of this host; over SSH it is in test/e2e/commands.sh.
# shellcheck source=test/cli/support.sh
. "${SOURCE:?}/test/cli/support.sh"
need jq ssh-keygen

ssh-keygen -q -t ed25519 -N '' -f key
cat >lab.ini <<END
[lab]
name = demo
sshkey = $work/key
[bridge]
name = br7
interface = none
address = 10.9.9.1/24
[pbx hub]
role = hub
place = local
[pbx alfa]
place = ssh
address = 10.9.9.11
prefix = 1
hostkey = $(cut -d ' ' -f 1,2 key.pub)
[provider voz]
host = sip.invalid
secret = verysecretword
END
mkdir bin
cat >bin/asterisk <<'END'
#!/bin/sh
case $1:$2 in
-r:) echo "console $#"; exit 5 ;;
'-rx:core show nothing') printf 'no\033]0;title\007thing\nsecret verysecretword\n' ;;
*) echo "Unable to connect to remote asterisk"; exit 1 ;;
esac
END
cat >bin/ssh <<'END'
#!/bin/sh
printf '<%s>' "$@"
exit 6
END
chmod +x bin/asterisk bin/ssh
PATH=$work/bin:$PATH
config=$work/state/demo/ssh/config
lab_cli() {
    run cli -f lab.ini --state "$work/state" "$@"
}

# The console: of this host, and of another one.
lab_cli hub
expect_status 5 'the console of this host'
expect out 'console 1' 'the console of this host'
[ ! -e state ] || fail 'the console of this host made files for ssh'
lab_cli alfa
expect_status 6 'the console of alfa'
expect out "<-F><$config><-t><alfa><asterisk><-r>" 'the console of alfa'
lab_cli -n --json alfa
jq -e '.commands[0].argv[-2:] == ["asterisk", "-r"]' out >/dev/null || fail "a dry run of the console: $(cat out)"

# One command.
lab_cli hub 'core show nothing'
expect_status 0 'a command'
printf 'no\\x1b]0;title\\x07thing\nsecret ••••\n' | cmp -s - out || fail "the answer is: $(cat out)"
lab_cli --json --show-secrets hub 'core show nothing'
jq -e '.pbx == "hub" and (.output | test("secret verysecretword\n$"))' out >/dev/null || fail "the document: $(cat out)"
lab_cli hub 'sip show peers'
expect_status 1 'no Asterisk'
expect err "'asterisk -rx' on 'hub' ended with 1: 'Unable to connect to remote asterisk" 'no Asterisk'
expect_empty out 'no Asterisk'
lab_cli -n hub 'sip show peers'
expect_status 0 'a dry run'
expect out "asterisk -rx 'sip show peers'" 'a dry run'

# Wrong lines.
lab_cli
expect_status 2 'without a name'
lab_cli hub core show
expect_status 2 'words without quotes'
expect err "cli takes one command in quotes, so 'show' is too much" 'words without quotes'
lab_cli hub 'core show version' --wait 1
expect_status 2 'an option behind the command'
expect err "options stand in front of the name, so '--wait' comes too late" 'an option behind the command'
lab_cli hub ''
expect_status 2 'an empty command'
lab_cli nobody 'sip show peers'
expect_status 2 'an unknown name'
finish
