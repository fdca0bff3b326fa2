#!/bin/bash
# A guest whose root wants to do harm: what its `asterisk` prints is garbage, escape sequences, endless, or nothing for
# ever. It fails alone, in bounded time, and nothing of it reaches the terminal raw.
#
# ctest: FIXTURES_REQUIRED tree TIMEOUT 900 COST 35
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=test/e2e/lib.sh
. "$here/lib.sh"
# shellcheck source=test/e2e/fixture.sh
. "$here/fixture.sh"

begin "$@"
voiplab up
ends 0 "up, before anybody is hostile"

# pbx2's asterisk is the script on stdin, which is asked where its perl says that there is no control socket
pretend() {
    fake pbx2 asterisk
    without_socket pbx2
}
# pbx2's perl is the script on stdin: what it prints is taken for the answers over the control socket. Where that is
# not believed, asterisk is asked, who is no better.
pretend_perl() {
    fake pbx2 perl
    fake pbx2 asterisk <<'END'
#!/bin/sh
case "$*" in *waitfully*) exec /usr/sbin/asterisk "$@" ;; esac
printf '\033[2J\377'
END
}

# only_printable: no control character but line ends in what voiplab wrote
only_printable() {
    if LC_ALL=C tr -d '\n\t' <"$1" | LC_ALL=C grep -q '[[:cntrl:]]'; then
        fail "$2 holds control characters: $(LC_ALL=C tr -d '\n\t' <"$1" | cat -v | head -c 600)"
    fi
}

# survives WHAT SECONDS COMMAND...: the command ends with 4 within the time, pbx2 alone is at fault
survives() {
    local what=$1 most=$2 size command
    shift 2
    command=$1
    voiplab "$@"
    ends 4 "$command, when $what"
    [ "$seconds" -le "$most" ] || fail "$command took $seconds s when $what"
    said "voiplab: pbx2: "
    said "1 of 4 PBXs"
    only_printable "$work/out" "stdout of $command, when $what,"
    only_printable "$work/err" "stderr of $command, when $what,"
    size=$(cat "$work/out" "$work/err" | wc -c)
    [ "$size" -le 20000 ] || fail "$command printed $size bytes when $what"
    voiplab "$@" --json
    jq -e '[.failures[].pbx] == ["pbx2"]' "$work/out" >/dev/null || fail "wrong failures in the JSON: $(cat "$work/out")"
}

checks "garbage with every byte there is"
pretend <<'END'
#!/bin/sh
case "$*" in *waitfully*) exec /usr/sbin/asterisk "$@" ;; esac
i=1
while [ $i -lt 256 ]; do printf "\\$(printf %o $i)"; i=$((i + 1)); done
head -c 3000 /dev/urandom
END
survives "it prints garbage" 60 status --wait 3

checks "a table of escape sequences"
pretend <<'END'
#!/bin/sh
case "$*" in
*waitfully*) exec /usr/sbin/asterisk "$@" ;;
*version*) printf 'Asterisk 16.28\033]0;owned\007 built by \033[31mme\n' ;;
*registry*)
    printf 'Host                                    dnsmgr Username       Refresh State                Reg.Time\n'
    printf '10.77.0.10:5060                         N      7002               105 \033[2JRej\233ected\r\033[1A   x\n'
    printf '1 SIP registrations.\n' ;;
*'iax2 show peers'*)
    printf 'Name/Username    Host                                           Mask                                      Port           Status      Description\n'
    printf '2001/2001        10.77.0.13                               (S)  255.255.255.255                           4569  (T)       \033[5mOW\033[0m\n' ;;
*) printf '\033c\033[?1049h' ;;
esac
END
survives "it prints escape sequences" 60 status --wait 3

checks "an error message made of escape sequences, on a reload"
on pbx2 rm /etc/asterisk/voiplab_sip.conf
pretend <<'END'
#!/bin/sh
case "$*" in
*'module reload chan_sip.so'*) printf '\033]0;owned\007\033[2Jsorry\r\n\0' >&2; printf '\033[31mno\033[0m'; exit 1 ;;
esac
exec /usr/sbin/asterisk "$@"
END
survives "the reload answers in escape sequences" 90 up --wait 3

checks "ten megabytes"
pretend <<'END'
#!/bin/sh
case "$*" in *waitfully*) exec /usr/sbin/asterisk "$@" ;; esac
head -c 10485760 /dev/zero | tr '\0' 'A'
END
survives "it prints ten megabytes" 60 status --wait 3

checks "no end of output"
pretend <<'END'
#!/bin/sh
case "$*" in *waitfully*) exec /usr/sbin/asterisk "$@" ;; esac
exec yes 'Registered Registered Registered'
END
survives "it prints for ever" 60 status --wait 3

checks "no answer, ever"
pretend <<'END'
#!/bin/sh
case "$*" in *waitfully*) exec /usr/sbin/asterisk "$@" ;; esac
exec sleep 100000
END
survives "it never answers" 90 status --wait 3

checks "answers that lie about their length, hold every byte, or have no end"
pretend_perl <<'END'
#!/bin/sh
printf 'c 0 4294967295\nc 0 5\n\033[2Jx'
END
survives "it lies about lengths" 60 status --wait 3
pretend_perl <<'END'
#!/bin/sh
i=0
while [ $i -lt 9 ]; do printf 'c 0 256\n'; j=0; while [ $j -lt 256 ]; do printf "\\$(printf %o $j)"; j=$((j + 1)); done; i=$((i + 1)); done
END
survives "its answers hold every byte" 60 status --wait 3
pretend_perl <<'END'
#!/bin/sh
exec yes 'c 0 7'
END
survives "its answers have no end" 60 status --wait 3

checks "a login shell that talks, and a file that is no text"
on pbx2 rm -f /usr/local/sbin/asterisk /usr/local/sbin/perl
on pbx2 sh -c 'printf "%s\n" "printf \"\\033[2Jwelcome\\n\"" >/root/.bashrc'
on pbx2 sh -c 'printf "a\0b\033[2J" >/etc/asterisk/voiplab_sip.conf'
voiplab up --check --wait 3
only_printable "$work/err" "stderr of a check of strange files"
[ "$status" -ne 0 ] || fail "a check of strange files found nothing"
on pbx2 rm -f /root/.bashrc

checks "escape sequences in a file of ours: the diff shows them harmless"
on pbx2 sh -c 'printf "; \033]0;owned\007\033[2J\233evil\r\n" >/etc/asterisk/voiplab_sip.conf'
voiplab up --check --wait 3
ends 5 "up --check"
said "evil"
only_printable "$work/out" "the diff"
only_printable "$work/err" "stderr"

checks "a link where voiplab writes does not lead it elsewhere"
on pbx2 sh -c 'rm -f /etc/asterisk/voiplab_sip.conf; echo precious >/root/precious
    ln -s /root/precious /etc/asterisk/.voiplab_sip.conf.voiplab'
voiplab up
ends 0 "up with a link planted where the temporary goes"
[ "$(on pbx2 cat /root/precious)" = precious ] || fail "voiplab wrote through a planted link"
all_registered
no_leftovers
nothing_to_do
echo "all as it should be"
