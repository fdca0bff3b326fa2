#!/bin/bash
# How often a PBX is asked: each command that voiplab runs there is counted by the command that its key is bound to.
#
# ctest: FIXTURES_REQUIRED tree TIMEOUT 600 COST 30
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=test/e2e/lib.sh
. "$here/lib.sh"
# shellcheck source=test/e2e/fixture.sh
. "$here/fixture.sh"

begin "$@"
voiplab up
ends 0 "up"
# A word per command: learns files (and more), only asks Asterisk, changes; or one that is none of these round trips.
for name in $hosts; do
    on "$name" sh -c 'cat >/root/count; chmod 0755 /root/count; sed -i "s|^|command=\"/root/count\" |" /root/.ssh/authorized_keys' <<'END'
#!/bin/sh
case $SSH_ORIGINAL_COMMAND in
*"voiplab batch"*) echo changes ;;
*"voiplab ahead"*/etc/asterisk/*) echo learns ;;
*"voiplab ahead"*) echo asks ;;
*) echo "other: $SSH_ORIGINAL_COMMAND" ;;
esac >>/root/counted
exec sh -c "$SSH_ORIGINAL_COMMAND"
END
done
fresh_count() { for name in $hosts; do on "$name" sh -c ': >/root/counted'; done; }

# counted NAME WORDS: what was run on NAME since, in order; `asks` that follow one another count as one, as polling does
counted() {
    local words
    words=$(on "$1" cat /root/counted | uniq | tr '\n' ' ')
    [ "$words" = "$2 " ] || fail "on $1, $3: '$words', wanted '$2 '"
}
# once NAME WHAT: one command, whatever it was
once() { [ "$(on "$1" sh -c 'wc -l </root/counted')" -eq 1 ] || fail "on $1, $2: $(on "$1" cat /root/counted)"; }

checks "a look is one round trip to each PBX"
fresh_count
voiplab status
ends 0 status
for name in $hosts; do once "$name" status; done

checks "a check is one"
fresh_count
voiplab up --check
ends 0 "up --check"
for name in $hosts; do once "$name" "up --check"; done

checks "a push with nothing to do is one"
fresh_count
voiplab trunk
ends 0 trunk
for name in $hosts; do once "$name" trunk; done

checks "an up with nothing to do is one, and its calls"
fresh_count
nothing_to_do
for name in $hosts; do counted "$name" "learns asks" "up with nothing to do"; done

checks "a push learns, changes and looks"
for name in $hosts; do
    on "$name" sh -c 'rm -f /etc/asterisk/voiplab_*.conf; asterisk -rx "sip reload"; asterisk -rx "iax2 reload"' >/dev/null
done
fresh_count
voiplab trunk
ends 0 "trunk"
for name in $hosts; do counted "$name" "learns changes asks" "a push"; done
all_registered

checks "what was asked ahead is not believed after a change: a file that another hand spoils at once is found"
on pbx1 sh -c 'echo "; spoilt" >>/etc/asterisk/voiplab_sip.conf'
voiplab up --check
ends 5 "up --check after that"

checks "without perl, and with an Asterisk that is asked by asterisk -rx, the same in as many"
for name in $hosts; do without_socket "$name"; done
fresh_count
voiplab trunk
ends 0 "trunk without the control socket"
counted pbx1 "learns changes asks" "a push without the control socket"
fresh_count
voiplab status
ends 0 "status without the control socket"
for name in $hosts; do once "$name" "status without the control socket"; done
[ -z "$(on pbx1 sh -c 'ls -A /tmp | grep voiplab')" ] || fail "left in /tmp: $(on pbx1 ls -A /tmp)"

checks "PBXs that were not named are not waited for"
"$bed" stop "$work/bed" pbx3
on pbx1 sh -c ': >/etc/asterisk/voiplab_iax.conf; asterisk -rx "iax2 reload"' >/dev/null # or it would take a minute to notice
voiplab up pbx1 hub
ends 0 "up pbx1 hub with pbx3 away"
[ "$seconds" -le 15 ] || fail "it took $seconds s"
said "those that this request does not name were not waited for"
echo "all as it should be"
