#!/bin/bash
# Nothing that a new user sees first is wider than a screen of 80 columns, in a locale of UTF-8 and in C: every help,
# every page of the manual, every table, the summary of every plan. And on a screen of another width it is that width.
# shellcheck source=test/cli/support.sh
. "${SOURCE:?}/test/cli/support.sh"
need mandoc
unset COLUMNS
state=$work/state

# fits FILE WHAT [COLUMNS]: no line is wider, as a terminal counts.
fits() {
    LC_ALL=C.UTF-8 awk -v most="${3:-80}" 'length($0) > most { print FNR ": " length($0) ": " $0 }' "$1" >wide
    [ ! -s wide ] || fail "$2 is wider than ${3:-80} columns: $(cat wide)"
}

words() {
    "$VOIPLAB" --help | sed -n 's/^  \([a-z][a-z-]*\) .*/\1/p'
}
verbs() {
    "$VOIPLAB" "$1" --help | sed -n "s/^  $1 \([a-z-]*\)  .*/\1/p"
}

for locale in C.UTF-8 C; do
    export LC_ALL=$locale
    run --help
    fits out "--help ($locale)"
    count=0
    for command in $(words); do
        for verb in '' $(verbs "$command"); do
            count=$((count + 1))
            # shellcheck disable=SC2086
            run $command $verb --help
            expect_status 0 "$command $verb --help"
            fits out "$command $verb --help ($locale)"
        done
    done
    [ "$count" -ge 25 ] || fail "only $count helps were looked at"

    form=ascii
    [ "$locale" = C ] || form=utf8
    for page in "$SOURCE"/man/*.[1357] "${BUILD:?}/man/voiplab.1"; do
        mandoc -T $form -O width=80 "$page" | sed 's/.\x08//g' >page.txt
        [ -s page.txt ] || fail "$page is empty"
        fits page.txt "$page ($locale)"
    done

    # the checks of this host and of others
    for host in '' "$SOURCE"/test/fixtures/hosts/*; do
        for more in '' -v; do
            # shellcheck disable=SC2086
            run check-cpu ${host:+--root "$host"} $more -c "$nowhere"
            fits out "check-cpu $host $more ($locale)"
            fits err "check-cpu $host $more ($locale)"
        done
    done

    # every lab that comes with the program, as a newcomer would look at it
    for lab in "$SOURCE"/share/labs/*.ini; do
        for what in inspect 'inspect --show-secrets' status 'trunk verify' 'inspect --all' 'up --dry-run' 'image --dry-run' \
            'phone --dry-run' 'sipp --dry-run' 'trunk --dry-run'; do
            # shellcheck disable=SC2086
            timeout 100 "$VOIPLAB" $what -f "$lab" --state "$state" --cache "$work/cache" -c "$nowhere" --wait 1 >all 2>err </dev/null || :
            [ "$what" = 'inspect --all' ] || [ -s all ] || [ -s err ] || fail "$what says nothing of $lab"
            # what a file holds is shown as it is, and is indented
            grep -v '^    ' all >out || :
            grep -v '^voiplab: ' err >summary || :
            case $what in
            *dry-run) fits summary "the summary of $what -f $lab ($locale)" ;;
            *) fits out "$what -f $lab ($locale)" ;;
            esac
        done
    done
done
export LC_ALL=C.UTF-8

# A narrow screen, and a wide one on which a row is one line.
run inspect -f "$SOURCE/share/labs/quickstart.ini" --state "$state"
usual=$(wc -l <out)
COLUMNS=50 run inspect -f "$SOURCE/share/labs/quickstart.ini" --state "$state"
fits out 'a table on 50 columns' 50
[ "$(wc -l <out)" -gt "$usual" ] || fail 'a narrow table has no more lines'
COLUMNS=200 run inspect -f "$SOURCE/share/labs/quickstart.ini" --state "$state"
[ "$(wc -l <out)" -le "$usual" ] || fail 'a wide table has more lines'
grep -q '^telephone .* 10\.77\.7\.11 .* not made yet' out || fail "a wide table breaks its rows: $(cat out)"
COLUMNS=60 run up --help
fits out 'help on 60 columns' 60

# On a terminal it is the terminal that says how wide it is, and complaints are broken between words there.
if command -v script >/dev/null; then
    script -qec "stty cols 64; $VOIPLAB check-cpu -c '$nowhere' -v; $VOIPLAB status -f $SOURCE/share/labs/quickstart.ini --state $state -c '$nowhere' --wait 1" /dev/null </dev/null |
        tr '\r' '\n' | sed 's/\x1b\[[0-9;]*[mK]//g' >out
    fits out 'on a terminal of 64 columns' 64
    script -qec "$VOIPLAB check-cpu -c '$nowhere' -v" /dev/null </dev/null >out || :
    expect out $'\033[31mFAIL' 'check-cpu on a terminal'
    expect out $'\033[32mPASS' 'check-cpu on a terminal'
    NO_COLOR=1 script -qec "$VOIPLAB check-cpu -c '$nowhere' -v" /dev/null </dev/null >out || :
    expect_not out $'\033[3' 'NO_COLOR'
fi

# on_terminal COLUMNS ARGUMENT ...: the program on a terminal of that width, and what it prints in out. Of a plan without
# what files hold, of a note without its blocks and tables: they are there to be copied, and stay as they are.
on_terminal() {
    local columns=$1
    shift
    script -qec "stty rows 24 cols $columns; exec $(printf '%q ' "$VOIPLAB" "$@")" /dev/null </dev/null >typed || :
    tr '\r' '\n' <typed | sed 's/\x1b\[[0-9;]*[mK]//g' >all
    case " $* " in
    *' --explain '*) awk '/^```/ { block = !block; next } !block && !/^\|/' all >out ;;
    *' --dry-run '* | *' --fix '*) grep -v '^    ' all >out || : ;;
    *) mv all out ;;
    esac
}
if command -v script >/dev/null; then
    hub=$SOURCE/test/golden/tesis/servidor/etc/asterisk/voiplab_extensions.conf
    {
        echo '[general]' && echo '[x]' && echo 'exten => _X.,1,Dial,SIP/a|20|t'
        # shellcheck disable=SC2016 # Asterisk's
        echo 'exten => 1,1,Goto(a-context-with-a-long-name-that-is-not-there,${EXTEN:1},1)'
    } >extensions.conf
    for locale in C.UTF-8 C; do
        export LC_ALL=$locale
        widths='60 80 132'
        [ "$locale" = C.UTF-8 ] || widths=80
        for columns in $widths; do
            for lab in thesis quickstart; do
                options=(-f "$SOURCE/share/labs/$lab.ini" --state "$state" --cache "$work/cache" -c "$nowhere")
                for what in 'up --dry-run --wait 1' 'up --explain --wait 1' 'dialplan show 1500' 'dialplan show 911' 'status --wait 1' \
                    inspect 'verify --wait 1' 'image --dry-run' 'sipp --dry-run' 'down --dry-run' 'destroy --dry-run'; do
                    # shellcheck disable=SC2086
                    on_terminal "$columns" $what "${options[@]}"
                    [ -s out ] || fail "$what -f $lab.ini says nothing on a terminal"
                    fits out "$what -f $lab.ini on a terminal ($locale)" "$columns"
                done
            done
            for what in "dialplan lint $hub" 'dialplan lint extensions.conf' 'dialplan lint --fix extensions.conf' \
                "dialplan show 5 --conf $hub --context tesis" 'image list --state state --cache cache' \
                'up -f /a/directory/with/a/long/name/that/is/not/there/lab.ini' 'up --wait never' 'inspect --all --state state'; do
                # shellcheck disable=SC2086
                on_terminal "$columns" $what
                fits out "$what on a terminal ($locale)" "$columns"
            done
        done
    done
    export LC_ALL=C.UTF-8
    # no word is lost, and a pipe has a line for each finding
    on_terminal 60 dialplan lint extensions.conf
    run dialplan lint extensions.conf
    [ "$(grep -c '\[[a-z-]*\]$' out)" -eq "$(wc -l <out)" ] || fail "a finding is not one line in a pipe: $(cat out)"
    mv out piped
    on_terminal 60 dialplan lint extensions.conf
    [ "$(tr -s ' \n' '\n' <piped)" = "$(grep -v '^[0-9]* finding' out | tr -s ' \n' '\n' | head -n "$(tr -s ' \n' '\n' <piped | wc -l)")" ] ||
        fail "on a terminal other words are printed: $(cat out)"
fi

# Letters are letters where the locale has them, and \xNN where it has not.
sed 's/^name = quickstart/&/; $a [user 7055]\nname = Recepción' "$SOURCE/share/labs/quickstart.ini" >letters.ini
run inspect -f letters.ini --state "$state"
expect out 'Recepción' 'a name in UTF-8'
LC_ALL=C run inspect -f letters.ini --state "$state"
expect out 'Recepci\xc3\xb3n' 'a name in the C locale'
LC_ALL=C run dialplan show 1500 -f letters.ini --state "$state"
finish
