#!/bin/bash
# ssh: the files for ssh(1) are written once, and the program becomes ssh. What runs here in its place tells its
# arguments.
# shellcheck source=test/cli/support.sh
. "${SOURCE:?}/test/cli/support.sh"
need jq ssh ssh-keygen

ssh-keygen -q -t ed25519 -N '' -f key
for name in alfa beta; do ssh-keygen -q -t ed25519 -N '' -f "host-$name"; done
cat >lab.ini <<END
[lab]
name = demo
sshkey = key
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
hostkey = $(cut -d ' ' -f 1,2 host-alfa.pub)
[pbx beta]
place = ssh
address = 10.9.9.12
port = 2222
user = lab
prefix = 2
hostkey = $(cut -d ' ' -f 1,2 host-beta.pub)
END
mkdir bin
cat >bin/ssh <<'END'
#!/bin/sh
printf '<%s>' "$@"
echo
grep SigIgn /proc/self/status
exit 7
END
chmod +x bin/ssh
real_ssh=$(command -v ssh)
PATH=$work/bin:$PATH
config=$work/state/demo/ssh/config
lab_ssh() {
    run ssh -f lab.ini --state "$work/state" "$@"
}

# A dry run shows the files and the command, and writes nothing.
lab_ssh --dry-run alfa uptime
expect_status 0 'a dry run'
expect out '+Host alfa' 'a dry run'
expect out "+[10.9.9.12]:2222 $(cut -d ' ' -f 1,2 host-beta.pub)" 'a dry run'
grep -qE "^alfa +ssh +-F +$config +alfa\$" out || fail "a dry run does not show the command: $(cat out)"
[ ! -e state ] || fail 'a dry run made the state'
lab_ssh --dry-run --json alfa
jq -e --arg config "$config" '.commands == [{pbx: "alfa", argv: ["ssh", "-F", $config, "alfa"]}] and
    (.plan | length) == 4' out >/dev/null || fail "the document of a dry run: $(cat out)"

# The program is replaced: its arguments, its exit status. Words of the command are no options of ours.
lab_ssh alfa uptime --json -f x
expect_status 7 'ssh alfa'
expect out "<-F><$config><alfa><--><uptime><--json><-f><x>" 'ssh alfa'
expect out 'SigIgn:	0000000000000000' 'ssh alfa: a signal is ignored'
[ "$(stat -c '%a' "$config" "${config%config}known_hosts" | tr '\n' ' ')" = '600 644 ' ] || fail 'the files have other modes'
lab_ssh beta
expect out "<-F><$config><beta>" 'ssh beta'
expect_empty err 'the second run'

# ssh itself takes the files as they are meant.
"$real_ssh" -F "$config" -G beta >asked 2>/dev/null
for line in 'hostname 10.9.9.12' 'port 2222' 'user lab' "identityfile $work/key" 'stricthostkeychecking true' \
    "userknownhostsfile ${config%config}known_hosts" 'identitiesonly yes'; do
    grep -qxF "$line" asked || fail "ssh -G beta has no '$line': $(cat asked)"
done
ssh-keygen -F '[10.9.9.12]:2222' -f "${config%config}known_hosts" >/dev/null || fail 'the host key of beta is not known'
ssh-keygen -F 10.9.9.11 -f "${config%config}known_hosts" >/dev/null || fail 'the host key of alfa is not known'

# What cannot be, with what to do.
lab_ssh
expect_status 2 'without a name'
expect err 'ssh needs more: voiplab ssh NAME' 'without a name'
lab_ssh alfo
expect_status 2 'an unknown name'
expect err "did you mean 'alfa'?" 'an unknown name'
lab_ssh hub
expect_status 2 'this host'
expect err "'hub' is this host itself" 'this host'
run ssh -f "$SOURCE/share/labs/quickstart.ini" --state "$work/state" alfa
expect_status 1 'before the first up'
expect err "'voiplab up' makes it" 'before the first up'
mkdir 'a"b'
run ssh -f lab.ini --state "$work/a\"b" alfa
expect_status 1 'a path with a quote'
expect err 'has a character that ssh_config(5) has no way to write' 'a path with a quote'
rm key
lab_ssh alfa
expect_status 1 'without the key'
expect err 'it is the sshkey of the lab file' 'without the key'
finish
