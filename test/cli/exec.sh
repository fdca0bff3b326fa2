#!/bin/bash
# exec: the words reach the command as they are, what it says is told line by line and escaped, and the exit status says
# on how many it ended well. On a PBX that is this host itself; over SSH it is in test/e2e/commands.sh.
# shellcheck disable=SC2016 # nothing is to be expanded
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
address = 127.9.9.1/24
[pbx hub]
role = hub
place = local
[pbx alfa]
place = ssh
address = 127.9.9.11
port = 9
prefix = 1
hostkey = $(cut -d ' ' -f 1,2 key.pub)
[provider voz]
host = sip.invalid
secret = verysecretword
END
lab_exec() {
    run exec -f lab.ini --state "$work/state" "$@"
}

lab_exec -q hub -- printf '%s\n' 'two  words' "it's" '$HOME' '*' -- -f
expect_status 0 'words'
printf 'hub: %s\n' 'two  words' "it's" '$HOME' '*' -- -f | cmp -s - out || fail "the words are not as they were: $(cat out)"

# What it says: both streams in order, no end of line, tabs, bytes that a terminal would obey, secrets.
lab_exec -q hub -- sh -c 'echo one; echo two >&2; printf "a\tb\r\nesc\033[2J no end"'
printf 'hub: one\nhub: two\nhub: a       b\nhub: esc\\x1b[2J no end\n' | cmp -s - out || fail "the lines are: $(cat out)"
lab_exec -q hub -- echo secret = verysecretword
expect_not out verysecretword 'a secret'
expect out 'hub: secret = ' 'a secret'
lab_exec -q --json hub -- echo verysecretword
expect_not out verysecretword 'a secret in the document'
lab_exec -q --show-secrets hub -- echo verysecretword
expect out 'hub: verysecretword' 'a secret that is asked for'

# The status: of one, of some, of all.
lab_exec hub -- sh -c 'echo before; exit 3'
expect_status 1 'it fails'
expect out 'hub: before' 'it fails'
expect err 'hub: the command ended with 3' 'it fails'
lab_exec --json -- true
expect_status 4 'it fails on one of two'
jq -e '.status == 4 and (.pbxs[0] == {pbx: "hub", status: 0, output: "", error: null}) and
    .pbxs[1].pbx == "alfa" and .pbxs[1].status == null and (.pbxs[1].error | test("cannot reach"))' out >/dev/null ||
    fail "the document of some: $(cat out)"
lab_exec alfa hub -- no-such-program-of-ours
expect_status 1 'no such program'
expect out 'no-such-program-of-ours' 'no such program'

# A dry run, and wrong lines.
lab_exec --dry-run -- touch made here
expect_status 0 'a dry run'
[ ! -e made ] || fail 'a dry run ran it'
expect out 'touch made here' 'a dry run'
lab_exec --json -n -- true
jq -e '.plan | map(.target) == ["hub", "alfa"]' out >/dev/null ||
    fail 'the document of a dry run does not name both'
for line in '' hub 'hub alfa' -- 'hub --'; do
    # shellcheck disable=SC2086
    lab_exec $line
    expect_status 2 "exec $line"
done
lab_exec hub
expect err "exec needs a command behind '--'" 'without a command'
lab_exec hub --json -- true
expect_status 2 'an option behind a name'
expect err "options such as '--json' stand before the names" 'an option behind a name'
lab_exec hubb -- true
expect_status 2 'an unknown name'
expect err "did you mean 'hub'?" 'an unknown name'
finish
