#!/bin/bash
# Who may call what, and over which line, on a real Asterisk: every numbering plan with every example number of
# test/numbering, and then calls, which must go where `voiplab dialplan show` foretells. Telephones and lines are played by SIPp, the lines as SIP providers that stand in the
# pools where a card would have its FXO channels: `line3` and `line4` for channels 3 and 4, `carrier` for the provider
# behind them.
#
# ctest: FIXTURES_REQUIRED tree TIMEOUT 900 COST 100
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=test/e2e/lib.sh
. "$here/lib.sh"
# shellcheck source=test/e2e/fixture.sh
. "$here/fixture.sh"

begin --guests 1
requires sipp
# shellcheck disable=SC2034 # for fixture.sh
guests=pbx1 hosts="hub pbx1"
net=${BED_GATEWAY%.*}
phones=$net.210

for last in 203 204 205 210; do ip -n "$BED_HOST_NS" address add "$net.$last/24" dev br0; done

# No example number may be a number of the lab, so the guest's start with 6.
sed -i 's/^prefix = 1$/prefix = 6/; s/^extensions = .*/extensions = 6500, 6501/' "$lab"
cp "$lab" "$work/plain.ini"

# lab COUNTRY: a lab with everything that the dialplan knows
lab_of() {
    sed "s/^name = bed\$/name = bed\ncountry = $1/" "$work/plain.ini" >"$lab"
    sed -i "s/^prefix = 6\$/prefix = 6\nclass = inside/" "$lab"
    cat >>"$lab" <<END

[provider line3]
host = $net.203

[provider line4]
host = $net.204

[provider carrier]
host = $net.205

[pool lines]
lines = line3, line4, carrier

[class chief]
routes = all, premium

[class student]
routes = $2

[class inside]
routes = none

[user 7000]
name = Ana Paz
voicemail = yes
class = chief
secret = telefono7000

[user 7004]
name = Luis Sol
voicemail = yes
secret = telefono7004

[user 7005]
class = student
secret = telefono7005

[user 7006]
class = inside
secret = telefono7006

[dialplan]
via = lines
operator = 7004
callerid = 999999

[load emergency]
target = pbx1
extension = 911
calls = 1
hold = 1

[load local]
target = pbx1
extension = 2345678
calls = 1

[did 042345678]
to = 7000

[did 042345679]
to = 6500
END
}

# quiet NAME: the log of this Asterisk has no complaint since the last look, and its dialplan is ours. What Debian's own
# files and the old modules are known for may be there.
quiet() {
    local log bad
    log=$(on "$1" cat /var/log/asterisk/messages)
    # shellcheck disable=SC2016 # for the shell over there
    on "$1" sh -c ': >/var/log/asterisk/messages'
    bad=$(grep 'WARNING\|ERROR' <<<"$log" | grep -v "iaxtel700\|deprecated" || :)
    [ -z "$bad" ] || fail "$1 warns: $bad"
    expect_lacks "$log" "voiplab_" "the log of $1"
}

# lands COUNTRY: Asterisk puts every example number into the context of its class. `bed` is where those dial who have
# no class of service: all but premium numbers.
lands() {
    local number class wanted found seen=0
    # shellcheck disable=SC2016 # for the shell over there
    sed '/^#/d; /^$/d' "$SOURCE/test/numbering/$1.txt" >"$work/numbers"
    # shellcheck disable=SC2016 # for the shell over there
    on hub sh -c 'while read -r number class; do
            echo "$number $class $(asterisk -rx "dialplan show $number@bed" | head -n 1)"
        done' <"$work/numbers" >"$work/found"
    while read -r number class found; do
        case $class in
        -) wanted='There is no existence' ;;
        premium) wanted="'barred-premium'" ;;
        *) wanted="'outbound-$class'" ;;
        esac
        expect_contains "$found" "$wanted" "in the plan of $1, where $number lands"
        seen=$((seen + 1))
    done <"$work/found"
    [ "$seen" -ge 15 ] || fail "only $seen numbers of $1 were tried"
    looked=$((looked + seen))
}

looked=0
first=yes
checks "every numbering plan loads without a warning, and real numbers land in their classes"
for plan in "$SOURCE"/share/numbering/*.ini; do
    country=$(basename "$plan" .ini)
    [ "$country" != ec ] || continue
    case $country in
    ec-2011 | ar | us) student=local ;;
    *) student=nacional ;;
    esac
    [ "$country" != gb ] || student=national
    lab_of "$country" "$student"
    [ "$country" != ec-2011 ] || sed -i 's/^routes = all, premium$/routes = all/' "$lab"
    if [ "$first" = yes ]; then voiplab up; else voiplab dialplan; fi
    ends 0 "the plan of $country"
    [ "$first" = no ] || for name in $hosts; do on "$name" sh -c ': >/var/log/asterisk/messages'; done
    for name in $hosts; do for what in 'dialplan reload' 'sip reload'; do cli "$name" "$what" >/dev/null; done; done
    lands "$country"
    for name in $hosts; do quiet "$name"; done
    first=no
done
lab_of ec local
cat >>"$lab" <<END

[route celular]
pin = 19999

[route internacional]
pin = 9999
via = carrier
limit = 600

[route premium]
via = carrier
END
voiplab dialplan
ends 0 "the plan of ec"
lands ec
for name in $hosts; do quiet "$name"; done
echo "  $looked numbers"

# --- the lines ---------------------------------------------------------------------------------------------------

# answer CODE REASON: a line that refuses every call so
refusing() {
    cat <<END
<?xml version="1.0" encoding="UTF-8"?>
<scenario name="refuses">
  <recv request="INVITE" crlf="true"/>
  <send retrans="500"><![CDATA[

    SIP/2.0 $1 $2
    [last_Via:]
    [last_From:]
    [last_To:];tag=[pid]line[call_number]
    [last_Call-ID:]
    [last_CSeq:]
    Content-Length: 0

  ]]></send>
  <recv request="ACK"/>
</scenario>
END
}

declare -A line_pid=()
# line NAME ADDRESS [CODE REASON]: a line that answers, or refuses; what it got so far is forgotten
line() {
    local name=$1 address=$2 scenario=(-sn uas)
    hang_up "$name"
    if [ $# -gt 2 ]; then
        refusing "$3" "$4" >"$work/$name.xml"
        scenario=(-sf "$work/$name.xml")
    fi
    (
        cd "$work"
        exec "$bed" host "$work/bed" sipp "${scenario[@]}" -aa -i "$address" -p 5060 -nostdin -trace_msg \
            -message_file "$work/$name.log" >/dev/null 2>"$work/$name.err"
    ) &
    line_pid[$name]=$!
}
hang_up() {
    [ -z "${line_pid[$1]-}" ] || kill -KILL "${line_pid[$1]}" 2>/dev/null || :
    [ -z "${line_pid[$1]-}" ] || wait "${line_pid[$1]}" 2>/dev/null || :
    unset "line_pid[$1]"
    rm -f "$work/$1.log"
}
# shellcheck disable=SC2317
end_lines() { for name in line3 line4 carrier; do hang_up "$name"; done; }
cleanup_fn end_lines

# got LINE [NUMBER...]: since it was last asked, the line was called with these numbers and no other. A call is known by
# its Call-ID: an INVITE may come twice.
declare -A seen_lines=()
got() {
    local name=$1 all new
    shift
    all=$([ ! -e "$work/$name.log" ] || tr -d '\r' <"$work/$name.log" | awk '
        /^INVITE sip:/ { split($2, part, /[:@]/); number = part[2] }
        /^Call-ID:/ && number != "" && !($2 in seen) { seen[$2]; print number }
        /^Call-ID:/ { number = "" }')
    new=$(tail -n +$((${seen_lines[$name]-0} + 1)) <<<"$all" | tr '\n' ' ' | sed 's/ *$//')
    [ "$new" = "$*" ] || fail "$name was called with '$new', wanted '$*'"
    seen_lines[$name]=$(grep -c . <<<"$all" || :)
}

# --- the telephones ----------------------------------------------------------------------------------------------

message() { # METHOD CSEQ: the head that the messages of a telephone have in common
    cat <<END
    $1 sip:[service]@[remote_ip]:[remote_port] SIP/2.0
    Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch];rport
    Max-Forwards: 70
    From: <sip:[field0]@[remote_ip]>;tag=[pid]phone[call_number]
    To: <sip:[service]@[remote_ip]>[peer_tag_param]
    Call-ID: [call_id]
    CSeq: $2
    Contact: <sip:[field0]@[local_ip]:[local_port]>
END
}
invite() { # CSEQ [LINE]
    echo '  <send retrans="500"><![CDATA['
    message INVITE "$1 INVITE" | sed 's/\[peer_tag_param\]//'
    [ $# -lt 2 ] || echo "    $2"
    cat <<'END'
    Content-Type: application/sdp
    Content-Length: [len]

    v=0
    o=phone 1 1 IN IP[local_ip_type] [local_ip]
    s=call
    c=IN IP[media_ip_type] [media_ip]
    t=0 0
    m=audio [media_port] RTP/AVP 0
    a=rtpmap:0 PCMU/8000

  ]]></send>
END
}
ack() { # CSEQ
    echo '  <send><![CDATA['
    message ACK "$1 ACK"
    printf '    Content-Length: 0\n\n  ]]></send>\n'
}
digit() { # CSEQ DIGIT
    echo '  <send retrans="500"><![CDATA['
    message INFO "$1 INFO"
    printf '    Content-Type: application/dtmf-relay\n    Content-Length: [len]\n\n    Signal=%s\n    Duration=160\n\n  ]]></send>\n' "$2"
    printf '  <recv response="200"/>\n  <pause milliseconds="150"/>\n'
}
# scenario END DIGITS HOLD: END is hold (the telephone hangs up after HOLD ms), ended (the other side does) or a code
scenario() {
    local cseq=2 i
    printf '<?xml version="1.0" encoding="UTF-8"?>\n<scenario name="telephone">\n'
    invite 1
    printf '  <recv response="401" auth="true"/>\n'
    ack 1
    invite 2 '[field1]'
    printf '  <recv response="100" optional="true"/>\n  <recv response="180" optional="true"/>\n'
    printf '  <recv response="183" optional="true"/>\n'
    case $1 in
    hold | ended) printf '  <recv response="200"/>\n' ;;
    *) printf '  <recv response="%s"/>\n' "$1" ;;
    esac
    ack 2
    for ((i = 0; i < ${#2}; i++)); do
        cseq=$((cseq + 1))
        if [ "${2:i:1}" = , ]; then
            printf '  <pause milliseconds="2500"/>\n'
        else
            digit "$cseq" "${2:i:1}"
        fi
    done
    case $1 in
    hold)
        printf '  <pause milliseconds="%s"/>\n  <send retrans="500"><![CDATA[\n' "$3"
        message BYE "$((cseq + 1)) BYE"
        printf '    Content-Length: 0\n\n  ]]></send>\n  <recv response="200"/>\n'
        ;;
    ended)
        cat <<'END'
  <recv request="BYE"/>
  <send><![CDATA[

    SIP/2.0 200 OK
    [last_Via:]
    [last_From:]
    [last_To:]
    [last_Call-ID:]
    [last_CSeq:]
    Content-Length: 0

  ]]></send>
END
        ;;
    esac
    printf '</scenario>\n'
}

# dial USER NUMBER END [DIGITS [HOLD]]: one call, which must end so
dial() {
    local user=$1 number=$2
    scenario "$3" "${4-}" "${5-1000}" >"$work/phone.xml"
    printf 'SEQUENTIAL\n%s;[authentication username=%s password=telefono%s]\n' "$user" "$user" "$user" >"$work/phone.csv"
    "$bed" host "$work/bed" sipp -sf "$work/phone.xml" -inf "$work/phone.csv" -s "$number" -m 1 -i "$phones" -p 5062 \
        -nostdin -timeout 40 -timeout_error -trace_msg -message_file "$work/phone.log" "$BED_HUB:5060" \
        >"$work/phone.out" 2>"$work/phone.err" </dev/null ||
        fail "$user dials $number, wanted '$3': $(grep -h '^SIP/2.0' "$work/phone.log" | tr '\r\n' '  ')
$(cat "$work/phone.err")"
    rm -f "$work/phone.log"
}

# during USER NUMBER TEXT [DIGITS]: while this call is up, the hub says TEXT of its channels
during() {
    local pid text=''
    dial "$1" "$2" hold "${4-}" 3000 &
    pid=$!
    while kill -0 "$pid" 2>/dev/null; do # a line that is gone is given up after a while, the longer the busier the hub is
        text=$(cli hub 'core show channels concise')
        case $text in *"$3"*) break ;; esac
        sleep 0.1
    done
    wait "$pid" || exit 1
    expect_contains "$text" "$3" "while $1 calls $2, what the hub shows"
}

# foretold USER NUMBER PIN [LINE...]: `dialplan show` says that this telephone's call goes over these lines, in this
# order, and whether a PIN is asked for
declare -A context_of=([7000]=class-chief [7004]=bed [7005]=class-student [7006]=class-inside)
foretold() {
    local number=$2 pin=$3 context=${context_of[$1]} wanted='' name
    shift 3
    for name in "$@"; do wanted="$wanted SIP/$name/$number"; done
    voiplab dialplan show "$number" --context "$context" --json
    ends 0 "dialplan show $number"
    [ "$(jq -r '"\(.pin)\(.channels | map(" " + .) | add // "")"' "$work/out")" = "$pin$wanted" ] ||
        fail "$number in $context, wanted '$pin$wanted': $(cat "$work/out")"
}

limit='L(1800000:300000:60000)'
line line3 "$net.203"
line line4 "$net.204"
line carrier "$net.205"
reached() { [ "$(cli hub 'sip show peers' | grep -c '^\(line3\|line4\|carrier\) .* OK (')" -eq 3 ]; }
# shellcheck disable=SC2317
retry 20 reached || fail "the hub does not reach its lines: $(cli hub 'sip show peers')"

checks "each class of numbers goes out where the plan says, as it was dialled, with the limit of time"
foretold 7004 2345678 false line3 line4 carrier
during 7004 2345678 "SIP/line3/2345678,,T$limit"
got line3 2345678
foretold 7004 022345678 false line3 line4 carrier
during 7004 022345678 "SIP/line3/022345678,,T$limit"
got line3 022345678
foretold 7000 1900123456 false carrier
during 7000 1900123456 "SIP/carrier/1900123456,60,r$limit"
got carrier 1900123456

checks "a PIN opens the class, and the call goes on"
foretold 7004 0991234567 true line3 line4 carrier
during 7004 0991234567 "SIP/line3/0991234567,,T$limit" '19999#'
got line3 0991234567
foretold 7004 0013055551234 true carrier
during 7004 0013055551234 "SIP/carrier/0013055551234,60,rL(600000:300000:60000)" '9999#'
got carrier 0013055551234

checks "a wrong PIN does not, three times, and then the hub hangs up"
dial 7004 0991234567 ended '11111#,22222#,9999#'
got line3
got line4
got carrier

checks "PINs cannot be read in the dialplan, only by Asterisk"
expect_lacks "$(cli hub 'dialplan show')" 19999 "dialplan show"
[ "$(on hub stat -c '%a %U:%G' /etc/asterisk/voiplab_pin_celular)" = "640 root:asterisk" ] ||
    fail "the file of the PIN: $(on hub stat -c '%a %U:%G' /etc/asterisk/voiplab_pin_celular)"

checks "asked for, they are in the dialplan, and their files are gone; and back"
sed -i 's/^\[dialplan\]$/[dialplan]\npins = inline/' "$lab"
voiplab dialplan --dry-run
not_said 19999
voiplab dialplan
ends 0 "PINs in the dialplan"
for name in celular internacional; do
    ! on hub test -e "/etc/asterisk/voiplab_pin_$name" || fail "the file of the PIN of $name is left"
done
expect_contains "$(cli hub 'dialplan show outbound-celular')" "Authenticate(19999)" "dialplan show"
voiplab dialplan --check
ends 0 "nothing is left to do"
sed -i '/^pins = inline$/d' "$lab"
voiplab dialplan
ends 0 "PINs in files again"
expect_lacks "$(cli hub 'dialplan show')" 19999 "dialplan show"

checks "who may not call is refused, and no line hears of it"
foretold 7004 1900123456 false
dial 7004 1900123456 403
dial 7004 00979123456789 403
foretold 7005 0991234567 false
dial 7005 0991234567 403
dial 7005 0013055551234 403
dial 7006 2345678 403
dial 7006 0991234567 403
dial 7005 8234567 404
got line3
got line4
got carrier
dial 7005 2345678 hold
got line3 2345678

checks "an emergency number goes out from every class of service, without a PIN and without a limit"
for user in 7000 7004 7005 7006; do
    foretold "$user" 911 false line3 line4 carrier
    during "$user" 911 "Dial!SIP/line3/911!"
    got line3 911
done
dial 7006 101 hold
got line3 101

# a telephone of a guest, whose account at the hub has the lowest class
voiplab sipp emergency --json
ends 0 "the guest calls 911"
got line3 911
voiplab sipp local --json
[ "$status" -ne 0 ] || fail "a guest that may call nobody outside: exit status 0"
got line3

checks "nothing but digits reaches a line"
dial 7004 '0013055551234&SIP%2Fline4%2F1' hold '9999#' 3000
got carrier 001305555123441
got line4

checks "telephones, voicemail, directory, echo test"
during 7004 7000 "VoiceMail!7000@bed,u"
during 7000 200 "VoiceMailMain!@bed"
during 7000 8 "Directory!bed,bed,f"
during 7000 9 "Directory!bed,bed"
during 7006 600 "Echo!"

# --- from outside ------------------------------------------------------------------------------------------------

# outside NUMBER END: a provider calls, without signing
outside() {
    {
        printf '<?xml version="1.0" encoding="UTF-8"?>\n<scenario name="provider">\n'
        invite 1
        printf '  <recv response="100" optional="true"/>\n  <recv response="180" optional="true"/>\n'
        if [ "$2" = hold ]; then
            printf '  <recv response="200"/>\n'
            ack 1
            printf '  <pause milliseconds="2500"/>\n  <send retrans="500"><![CDATA[\n'
            message BYE '2 BYE'
            printf '    Content-Length: 0\n\n  ]]></send>\n  <recv response="200"/>\n'
        else
            printf '  <recv response="%s"/>\n' "$2"
            ack 1
        fi
        printf '</scenario>\n'
    } >"$work/outside.xml"
    printf 'SEQUENTIAL\n0998765432;\n' >"$work/outside.csv"
    "$bed" host "$work/bed" sipp -sf "$work/outside.xml" -inf "$work/outside.csv" -s "$1" -m 1 -i "$net.205" -p 5060 \
        -nostdin -timeout 30 -timeout_error -trace_msg -message_file "$work/outside.log" "$BED_HUB:5060" \
        >/dev/null 2>"$work/outside.err" </dev/null ||
        fail "a provider calls $1, wanted '$2': $(grep -h '^SIP/2.0' "$work/outside.log" | tr '\r\n' '  ')
$(cat "$work/outside.err")"
    rm -f "$work/outside.log"
}
while_outside() { # NUMBER TEXT
    local pid text=''
    outside "$1" hold &
    pid=$!
    while kill -0 "$pid" 2>/dev/null; do
        text=$(cli hub 'core show channels concise')
        case $text in *"$2"*) break ;; esac
        sleep 0.1
    done
    wait "$pid" || exit 1
    expect_contains "$text" "$2" "while a provider calls $1, what the hub shows"
}

checks "a caller from outside reaches the number that was dialled, the operator, and no line"
hang_up carrier
while_outside 042345678 "VoiceMail!7000@bed,u"
while_outside +042345678 "VoiceMail!7000@bed,u"
while_outside s "BackGround!vm-enter-num-to-call"
outside 042345670 404
for number in 911 2345678 0991234567 1900123456 600 200; do outside "$number" 404; done
got line3
got line4

# --- overflow ----------------------------------------------------------------------------------------------------

forget() { seen_lines=(); }

checks "a line that is refused gives way to the next one, and one that is away too"
line line3 "$net.203" 503 "Service Unavailable"
line line4 "$net.204"
line carrier "$net.205"
forget
retry 20 reached || fail "the hub does not reach its lines: $(cli hub 'sip show peers')"
during 7004 2345678 "SIP/line4/2345678,,T$limit"
got line3 2345678
got line4 2345678
got carrier
hang_up line4
forget
during 7004 2345678 "SIP/carrier/2345678,,T$limit"
got carrier 2345678

checks "a number that is busy, or that nobody has, is not dialled again over the next line"
line line3 "$net.203" 486 "Busy Here"
line line4 "$net.204"
forget
got carrier 2345678 # again from the beginning
retry 20 reached || fail "the hub does not reach its lines: $(cli hub 'sip show peers')"
dial 7004 2345678 486
got line3 2345678
got line4
line line3 "$net.203" 404 "Not Found"
forget
got carrier 2345678
retry 20 reached || fail "the hub does not reach its lines: $(cli hub 'sip show peers')"
dial 7004 2345679 404
got line3 2345679
got line4

checks "an emergency call is tried on the next line even then"
during 7006 911 "Dial!SIP/line4/911!"
got line3 911
got line4 911
got carrier
echo "all as it should be"
