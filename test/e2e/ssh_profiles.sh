#!/bin/bash
# SSH servers of fifteen years: what their sshd offered, what they ask for, and what stands in between. Each is a PBX of
# one lab, in a network namespace with an /etc of its own; one host stands behind another in a second namespace.
#
# What is of another time is played by today's sshd, limited to the algorithms of OpenSSH 4.3, 5.3 and 7.4: no server of
# that time can be installed any more. The resolver that does not answer, dropbear, ssh-agent and PAM are real.
# ctest: TIMEOUT 600 COST 130
# shellcheck source=test/e2e/lib.sh
. "${SOURCE:?}/test/e2e/lib.sh"
set -eu
: "${VOIPLAB:?}"
requires_root
requires ip unshare nsenter mount ssh ssh-keygen ssh-agent ssh-add dropbear dropbearkey cc openssl python3 script
[ -x /usr/sbin/sshd ] || skip 'sshd is not installed'
near=vls$$n
far=vls$$f
export VOIPLAB_SHARE=$SOURCE/share LC_ALL=C.UTF-8
unset SSH_AUTH_SOCK VOIPLAB_FILE OPENSSL_CONF

tear_down() {
    local name pid
    [ -z "${holder-}" ] || kill "$holder" 2>/dev/null
    [ -z "${agent-}" ] || kill "$agent" 2>/dev/null
    for name in "$near" "$far"; do
        for pid in $(ip netns pids "$name" 2>/dev/null); do kill -9 "$pid" 2>/dev/null; done
        ip netns delete "$name" 2>/dev/null
    done
    rm -rf "${work:?}"
}
work=/dev/shm
[ -w "$work" ] || work=${TMPDIR:-/tmp}
work=$(mktemp -d "$work/voiplab-ssh.XXXXXX")
cleanup_fn tear_down
chmod 755 "$work"
cd "$work"

# The networks: the addresses of the servers are on an interface behind which is nothing, so that a name server there
# never answers; one more host is at the end of a wire, and behind it another, to which no way leads from here.
ip netns add "$near"
ip netns add "$far"
ip -n "$near" link set lo up
ip -n "$far" link set lo up
ip -n "$near" link add void type veth peer name abyss
ip -n "$near" link set void up
ip -n "$near" link set abyss up
ip -n "$near" address add 192.0.2.1/24 dev void
for number in 11 12 13 14 15 16 17 20 21 22 23 24 25 26; do ip -n "$near" address add "192.0.2.$number/24" dev void; done
for number in 99 254; do ip -n "$near" neighbour add "192.0.2.$number" lladdr 02:00:00:00:00:01 dev void nud permanent; done
ip -n "$near" link add wire type veth peer name wire netns "$far"
ip -n "$near" link set wire up
ip -n "$far" link set wire up
ip -n "$far" address add 192.0.2.18/32 dev wire
ip -n "$far" address add 192.0.2.19/32 dev lo
ip -n "$far" route add 192.0.2.0/24 dev wire
ip -n "$near" route add 192.0.2.18/32 dev wire src 192.0.2.1
ip -n "$near" route add blackhole 192.0.2.19/32

mkdir etc etc.work home home/.ssh state
mkdir -p /run/sshd
# shellcheck disable=SC2016 # for the shell in there
ip netns exec "$near" unshare --mount --propagation private sh -c '
    mount -t overlay overlay -o "lowerdir=/etc,upperdir=$1/etc,workdir=$1/etc.work" /etc && echo ready >"$1/ready" &&
    exec sleep 100000' sh "$work" &
holder=$!
retry 10 test -e "$work/ready" || fail "the namespaces do not come up"
# `ip netns exec` has a mount namespace of its own: the one with the other /etc is that of the holder's child
here() { nsenter -t "$holder" -m -n -- "$@"; }
there() { nsenter -t "$holder" -m -- nsenter --net="/run/netns/$far" -- "$@"; }
canary=Zauberwort$$
hash=$(openssl passwd -6 "$canary")
here rm -f /etc/resolv.conf
# shellcheck disable=SC2016 # for the shell in there
here sh -c 'printf "nameserver 192.0.2.254\noptions timeout:15 attempts:1\n" >/etc/resolv.conf
    echo "lab:x:0:0::$1/home:/bin/sh" >>/etc/passwd
    echo "lab:$2:19000:0:99999:7:::" >>/etc/shadow' sh "$work" "$hash"

# Keys, of all kinds and formats that people have.
for type in rsa ecdsa ed25519; do
    ssh-keygen -q -t "$type" -N '' -C '' -f "host_$type"
    ssh-keygen -q -t "$type" -N '' -C '' -f "key_$type"
done
for format in PEM PKCS8; do
    for type in rsa ecdsa; do
        cp "key_$type" "key_${type}_$format"
        ssh-keygen -q -p -N '' -P '' -m "$format" -f "key_${type}_$format" >/dev/null
    done
done
cp key_ed25519 key_locked
ssh-keygen -q -p -P '' -N passphrase -f key_locked >/dev/null
ssh-keygen -q -t ed25519 -N '' -C '' -f host_other
ssh-keygen -q -t ed25519 -N '' -C '' -f key_other
cat key_rsa.pub key_ecdsa.pub key_ed25519.pub >home/.ssh/authorized_keys
chmod 700 home/.ssh
chmod 600 home/.ssh/authorized_keys

# server WHERE NUMBER HOSTKEY OPTION...: an sshd at 192.0.2.NUMBER, its log in NUMBER.log
server() {
    local where=$1 number=$2 key=$3 option options=()
    shift 3
    for option; do options+=(-o "$option"); done
    "$where" /usr/sbin/sshd -D -e -f /dev/null -h "$work/$key" -o "ListenAddress=192.0.2.$number:22" -o PidFile=none \
        -o StrictModes=no -o PermitRootLogin=yes -o LogLevel=DEBUG1 -o MaxStartups=100 -o LoginGraceTime=60 \
        "${options[@]}" -o UsePAM=no -o UseDNS=no -o PasswordAuthentication=no -o KbdInteractiveAuthentication=no \
        2>"$number.log" &
    retry 10 "$where" python3 -c "import socket; socket.create_connection(('192.0.2.$number', 22), 1)" 2>/dev/null ||
        fail "the server $number does not start: $(cat "$number.log")"
}
cbc=aes128-cbc,3des-cbc,aes192-cbc,aes256-cbc
sha1_kex=diffie-hellman-group-exchange-sha1,diffie-hellman-group14-sha1,diffie-hellman-group1-sha1
old=(HostKeyAlgorithms=ssh-rsa PubkeyAcceptedAlgorithms=ssh-rsa "MACs=hmac-md5,hmac-sha1,hmac-sha1-96,hmac-md5-96")
ctr=aes128-ctr,aes192-ctr,aes256-ctr
server here 11 host_rsa "${old[@]}" "KexAlgorithms=$sha1_kex" "Ciphers=$cbc,$ctr"
server here 12 host_rsa "${old[@]}" "KexAlgorithms=diffie-hellman-group-exchange-sha256,$sha1_kex" "Ciphers=$ctr,$cbc"
server here 13 host_rsa "HostKey=$work/host_ecdsa" "HostKey=$work/host_ed25519" \
    KexAlgorithms=curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,diffie-hellman-group-exchange-sha256,diffie-hellman-group16-sha512,diffie-hellman-group18-sha512,diffie-hellman-group14-sha256,diffie-hellman-group14-sha1 \
    HostKeyAlgorithms=ecdsa-sha2-nistp256,ssh-ed25519,rsa-sha2-512,rsa-sha2-256,ssh-rsa \
    "Ciphers=chacha20-poly1305@openssh.com,$ctr,aes128-gcm@openssh.com,aes256-gcm@openssh.com" \
    MACs=umac-64-etm@openssh.com,hmac-sha2-256-etm@openssh.com,hmac-sha1-etm@openssh.com,umac-64@openssh.com,hmac-sha2-256,hmac-sha2-512,hmac-sha1 \
    PubkeyAcceptedAlgorithms=ssh-ed25519,ecdsa-sha2-nistp256,rsa-sha2-512,rsa-sha2-256,ssh-rsa
server here 14 host_rsa "HostKey=$work/host_ecdsa" "HostKey=$work/host_ed25519"
dropbearkey -t ed25519 -f "$work/host_dropbear" >/dev/null 2>&1
here dropbear -F -E -r "$work/host_dropbear" -p 192.0.2.15:22 -P "$work/dropbear.pid" 2>15.log &
cat >shell <<'END_OF_SHELL'
#!/bin/sh
echo "Welcome to PBX!"
echo "last login: voiplab-begins; yesterday"
echo "noise on the other stream" >&2
sleep 2
printf 'no line end '
echo
exec /bin/sh -c "$SSH_ORIGINAL_COMMAND"
END_OF_SHELL
printf '#!/bin/sh\necho "1) reboot  2) logout"\nexit 3\n' >menu
chmod 755 shell menu
printf '\033[31m*** This system is for authorised users ***\n%s\n' "$(seq 200)" >banner
server here 16 host_ed25519 "Banner=$work/banner" "ForceCommand=$work/shell"
server here 17 host_ed25519 UseDNS=yes
server there 18 host_ecdsa
server there 19 host_ed25519
server here 20 host_ed25519 PasswordAuthentication=yes PubkeyAuthentication=no
server here 21 host_ed25519 KbdInteractiveAuthentication=yes PubkeyAuthentication=no UsePAM=yes
server here 22 host_ed25519 "ForceCommand=$work/menu"
server here 23 host_rsa
server here 24 host_ed25519 Ciphers=3des-cbc
server here 25 host_ed25519 AuthenticationMethods=publickey,password PasswordAuthentication=yes
retry 10 here python3 -c "import socket; socket.create_connection(('192.0.2.15', 22), 1)" 2>/dev/null ||
    fail "dropbear does not start: $(cat 15.log)"

# pbx NAME NUMBER KEY...: a section of the lab file
pbx() {
    printf '[pbx %s]\nplace = ssh\naddress = 192.0.2.%s\nuser = lab\nprefix = 1%s\n' "$1" "$2" "$2"
    shift 2
    printf '%s\n' "$@"
}
printf '%s\n' "$canary" >password
printf 'wrong%s\n' "$canary" >wrong
chmod 600 password wrong
{
    printf '%s\n' '[lab]' 'name = old' "sshkey = $work/key_ed25519" '[bridge]' 'name = br9' 'interface = none' \
        'address = 192.0.2.1/24'
    pbx elastix2 11 "sshkey = $work/key_rsa_PEM"
    pbx centos6 12 "sshkey = $work/key_rsa"
    pbx issabel 13
    pbx freepbx17 14
    pbx router 15
    pbx talking 16
    pbx slow 17
    pbx gate 18
    pbx inner 19 'proxy-jump = gate'
    pbx secret 20 "password-file = $work/password"
    pbx pam 21 "password-file = $work/password"
    pbx menu 22
    pbx both 25 "sshkey = $work/key_ecdsa" "password-file = $work/password"
} >lab.ini

status=0
lab() {
    status=0
    here timeout 120 "$VOIPLAB" "$@" >out 2>err </dev/null || status=$?
}
# on NAME WORD...: exec of `id -un` and the words with the lab file $file
file=$work/lab.ini
on() {
    local name=$1
    shift
    # shellcheck disable=SC2016 # for the shell there
    lab exec -f "$file" --state "$work/state" "$@" "$name" -- sh -c 'echo "out of $0"; echo odd >&2; exit 0' "$name"
}
works() {
    on "$@"
    [ "$status" = 0 ] || fail "$*: status $status: $(cat err)"
    [ "$(cat out)" = "$1: out of $1
$1: odd" ] || [ "$(sort out)" = "$(printf '%s: odd\n%s: out of %s' "$1" "$1" "$1" | sort)" ] ||
        fail "$*: it said: $(cat out)"
}
# refused NAME TEXT...: it does not work, and these words say why
refused() {
    local name=$1 text
    shift
    on "$name"
    [ "$status" = 1 ] || fail "$name: status $status: $(cat out err)"
    for text; do expect_contains "$(cat err)" "$text" "$name: the reason"; done
    expect_lacks "$(cat out err)" "$canary" "$name"
}
# with NAME KEY...: the lab file as lab2.ini, with these keys for the PBX in place of those that it has
with() {
    local name=$1
    shift
    python3 - "$name" "$@" >lab2.ini <<'END_OF_EDIT'
import re, sys
name, words = sys.argv[1], sys.argv[2:]
head, body, tail = re.match(r"(.*\[pbx %s\]\n)(.*?)((?:\n?\[.*)?)\Z" % name, open("lab.ini").read(), re.S).groups()
for word in words:
    key = word.split(" = ")[0]
    body = re.sub(r"(?m)^%s = .*\n?" % key, "", body)
body = body.rstrip("\n") + "\n" + "".join(word + "\n" for word in words if not word.endswith(" = -"))
sys.stdout.write(head + body + tail.lstrip("\n"))
END_OF_EDIT
    file=$work/lab2.ini
}

# Nothing is known yet: that is said, and trust puts it right for all of them. What is behind another waits for it.
refused elastix2 "the host key of 'elastix2' is not known" "'voiplab trust elastix2'"
cp lab.ini untrusted.ini
lab trust -f "$work/lab.ini" --state "$work/state" --yes elastix2 centos6 issabel freepbx17 router talking slow gate secret pam menu both
[ "$status" = 0 ] || fail "trust: status $status: $(cat out err)"
lab trust -f "$work/lab.ini" --state "$work/state" --yes inner
[ "$status" = 0 ] || fail "trust through another: $(cat out err)"
[ "$(grep -c '^hostkey = ' lab.ini)" = 13 ] || fail "trust wrote other lines: $(cat lab.ini)"
grep -v '^hostkey = ' lab.ini | cmp - untrusted.ini || fail "trust changed other bytes"
grep -q "^hostkey = $(cut -d ' ' -f 1,2 host_rsa.pub)$" lab.ini || fail "the RSA host key is another one"
say "the keys are known"

# The seven: each works with auto, and what suits all the old ones suits each of them.
for name in elastix2 centos6 issabel freepbx17 router talking; do
    file=$work/lab.ini
    works "$name"
    say "$name works"
done
grep -q 'kex: algorithm: diffie-hellman-group14-sha1' 11.log || fail "4.3: another key exchange: $(grep kex: 11.log)"
grep -q 'kex: algorithm: diffie-hellman-group14-sha1' 12.log || fail "5.3: another key exchange: $(grep kex: 12.log)"
grep -q 'kex: algorithm: curve25519-sha256' 13.log || fail "7.4: another key exchange: $(grep kex: 13.log)"
grep -q 'kex: algorithm: curve25519-sha256' 14.log || fail "9.2: another key exchange: $(grep kex: 14.log)"
for name in elastix2 centos6; do
    with "$name" 'ssh = legacy'
    works "$name"
    with "$name" 'ssh = modern'
    refused "$name" "'ssh = auto'"
done
with issabel 'ssh = legacy' "hostkey = $(cut -d ' ' -f 1,2 host_rsa.pub)" "sshkey = $work/key_rsa"
works issabel
grep -q 'kex: algorithm: diffie-hellman-group14-sha1' 13.log || fail "7.4, legacy: another key exchange"
with freepbx17 'ssh = modern'
works freepbx17
with freepbx17 'ssh = legacy'
refused freepbx17 "'ssh = legacy' of 'freepbx17' takes no host key of the type"
# ssh itself gets in by what it is told of them
for name in elastix2 centos6 issabel freepbx17 router; do
    case $name in elastix2 | centos6) with "$name" 'ssh = legacy' ;; *) with "$name" ;; esac
    lab ssh -f "$work/lab2.ini" --state "$work/state" "$name" echo by ssh
    [ "$(cat out)" = 'by ssh' ] || fail "ssh $name: $(cat out err)"
done
say "the profiles"

# What is not in common is said, with the lists of the server and the side on which it is missing.
with freepbx17 'ssh = legacy' "hostkey = $(cut -d ' ' -f 1,2 host_rsa.pub)"
refused freepbx17 'OpenSSH_9' "no key exchange in common: it offers '" "we 'diffie-hellman-group14-sha1'; 'ssh = auto' in the lab file"
with freepbx17 'address = 192.0.2.24' 'hostkey = '"$(cut -d ' ' -f 1,2 host_ed25519.pub)"
refused freepbx17 "no cipher in common: it offers '3des-cbc'"

# An RSA host key, or login, of a server that takes no SHA-1 is for libssh2 of 1.11 and later.
with freepbx17 'address = 192.0.2.23' "hostkey = $(cut -d ' ' -f 1,2 host_rsa.pub)"
on freepbx17
if [ "$status" != 0 ]; then
    refused freepbx17 "no type of host key in common: it offers 'rsa-sha2-512,rsa-sha2-256', we 'ssh-rsa'" 'this libssh2 1.' \
        'has none of what it offers'
fi
with freepbx17 "sshkey = $work/key_rsa"
on freepbx17
[ "$status" = 0 ] || refused freepbx17 "refuses the lab's key (an RSA key, with which this libssh2 1." "use an ed25519 or ecdsa key"
say "what is missing is said"

# Login keys of all kinds and formats.
for key in rsa rsa_PEM rsa_PKCS8 ecdsa ecdsa_PEM ecdsa_PKCS8 ed25519; do
    with issabel "sshkey = $work/key_$key"
    works issabel
done
with issabel "sshkey = $work/key_locked"
refused issabel "a passphrase protects the key '$work/key_locked'" 'ssh-add'
with issabel "sshkey = $work/key_other"
refused issabel "refuses the lab's key" 'authorized_keys'
say "login keys"

# ssh-agent: the program asks it, and each key signs once.
with issabel 'sshkey = agent'
refused issabel 'SSH_AUTH_SOCK does not say where it is' "--preserve-env=SSH_AUTH_SOCK"
ssh-agent -D -a "$work/agent" >/dev/null 2>&1 &
agent=$!
retry 10 test -S "$work/agent" || fail "ssh-agent does not start"
export SSH_AUTH_SOCK=$work/agent
refused issabel 'ssh-agent has no ed25519, ecdsa or rsa key'
for key in other rsa ecdsa ed25519; do
    ssh-add -q "key_$key" 2>/dev/null
    if [ "$key" = other ]; then
        refused issabel 'refuses a key of ssh-agent'
    else
        works issabel
        ssh-add -q -d "key_$key" 2>/dev/null
    fi
done
# today's sshd says that it takes RSA with SHA-2 also where it was told not to: `legacy` does not believe it
with elastix2 'sshkey = agent' 'ssh = legacy'
ssh-add -q key_rsa 2>/dev/null
works elastix2
lab ssh -f "$work/lab2.ini" --state "$work/state" elastix2 echo by agent
[ "$(cat out)" = 'by agent' ] || fail "ssh with the agent: $(cat out err)"
unset SSH_AUTH_SOCK
say "the agent"

# Passwords: from a file that nobody else reads, or from the terminal; in no argument, environment or message.
for name in secret pam both; do
    file=$work/lab.ini
    works "$name"
done
here "$VOIPLAB" exec -f "$work/lab.ini" --state "$work/state" secret -- sleep 3 >/dev/null 2>&1 &
sleeping=$!
sleep 1.5
for process in /proc/[0-9]*; do
    if grep -qaF "$canary" "$process/cmdline" "$process/environ" 2>/dev/null; then
        fail "the password is in the arguments or the environment of $(tr '\0' ' ' <"$process/cmdline")"
    fi
done
wait "$sleeping" || fail "a command that takes long"
with secret "password-file = $work/wrong"
start=$SECONDS
refused secret "refuses the password for the user 'lab'"
[ $((SECONDS - start)) -lt 20 ] || fail "a wrong password is tried again and again"
with secret 'password-file = -' "sshkey = $work/key_ed25519"
refused secret "takes only 'password'" 'and we have a key'
chmod 644 password
file=$work/lab.ini
refused secret "'$work/password' is open to others (mode 0644)" 'chmod 600'
chmod 600 password
chown nobody password
refused secret 'belongs to another user'
chown root password
with secret 'password-file = ask'
refused secret 'nobody answers'
typed() {
    retry 10 grep -q 'password of' said
    printf '%s\n' "$canary"
    sleep 3
}
: >said
typed | here script -qec "'$VOIPLAB' exec -f '$work/lab2.ini' --state '$work/state' secret -- echo asked" /dev/null >said 2>&1 ||
    fail "a password from the terminal: $(cat said)"
expect_contains "$(cat said)" "password of 'lab' on 'secret'" 'the question'
expect_contains "$(cat said)" 'secret: asked' 'the answer'
expect_lacks "$(cat said)" "$canary" 'what the terminal shows'
say "passwords"

# Through another: a PBX of the lab, and a host of its own, whose key is known too; ssh itself goes the same way.
file=$work/lab.ini
works inner
lab ssh -f "$work/lab.ini" --state "$work/state" inner echo by ssh
[ "$(cat out)" = 'by ssh' ] || fail "ssh through another: $(cat out err)"
with inner 'proxy-jump = -'
refused inner 'cannot reach'
with inner 'proxy-jump = lab@192.0.2.18:22'
refused inner "the host key of '192.0.2.18', the proxy-jump of 'inner', is not known" "'voiplab trust inner'"
with inner 'proxy-jump = lab@192.0.2.18:22' 'hostkey = -'
lab trust -f "$work/lab2.ini" --state "$work/state" --yes inner
[ "$status" = 0 ] || fail "trust of both: $(cat out err)"
works inner
expect_contains "$(cat lab2.ini)" "proxy-hostkey = $(cut -d ' ' -f 1,2 host_ecdsa.pub)" 'the lab file'
lab ssh -f "$work/lab2.ini" --state "$work/state" inner echo by ssh
[ "$(cat out)" = 'by ssh' ] || fail "ssh through a host of its own: $(cat out err)"
with inner 'proxy-jump = lab@192.0.2.18' "proxy-hostkey = $(cut -d ' ' -f 1,2 host_other.pub)"
refused inner 'no type of host key in common' || true
with inner 'port = 23'
refused inner "'gate' makes no connection to 192.0.2.19 port 23"
say "through another"

# Another host key than the known one.
with freepbx17 "hostkey = $(cut -d ' ' -f 1,2 host_other.pub)"
refused freepbx17 'is not the one that the lab file has' "$(ssh-keygen -lf host_ed25519.pub | cut -d ' ' -f 2)" \
    "was $(ssh-keygen -lf host_other.pub | cut -d ' ' -f 2)" "'voiplab trust freepbx17'"
say "another host key"

# A login shell that is none.
file=$work/lab.ini
refused menu "does not run what it is asked to: it said '1) reboot  2) logout" 'ended with 3' 'ForceCommand'

# A host that forbids SHA-1: said where it matters, and only there.
cc -shared -fPIC -o nosha1.so "$SOURCE/test/e2e/nosha1.c"
cat >openssl.cnf <<END_OF_CONF
openssl_conf = start
[start]
providers = providers
alg_section = algorithms
[providers]
default = on
nosha1 = nosha1
[on]
activate = 1
[nosha1]
module = $work/nosha1.so
activate = 1
[algorithms]
default_properties = ?provider=nosha1
END_OF_CONF
export OPENSSL_CONF=$work/openssl.cnf
if openssl dgst -sha1 /dev/null >/dev/null 2>&1; then
    say "this OpenSSL does not let itself be told to forbid SHA-1: not looked at"
else
    works freepbx17
    for name in elastix2 centos6; do
        refused "$name" 'the crypto policy of this host (the configuration of its OpenSSL) forbids SHA-1' \
            'update-crypto-policies --set DEFAULT:SHA1' 'rh-allow-sha1-signatures = yes'
    done
    say "SHA-1 forbidden"
fi
unset OPENSSL_CONF

# A server that waits a quarter of a minute or two for its name server gets its time; a host that is not there is told at once.
start=$SECONDS
works slow
[ $((SECONDS - start)) -ge 12 ] || fail "the server did not wait for its name server: $((SECONDS - start)) s"
say "UseDNS: $((SECONDS - start)) s"
start=$SECONDS
on slow --wait 4
[ $((SECONDS - start)) -le 9 ] || fail "--wait 4 took $((SECONDS - start)) s"
expect_contains "$(cat err)" "let nobody in within 4.0 s" 'the reason'
expect_contains "$(cat err)" "UseDNS no" 'the reason'
with slow 'address = 192.0.2.99'
start=$SECONDS
refused slow 'did not answer within' 'is it up?'
[ $((SECONDS - start)) -le 15 ] || fail "a host that is not there was told after $((SECONDS - start)) s"
say "all of it"
