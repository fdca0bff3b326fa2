#!/bin/bash
# The manual and the program say the same: every command has a page, with its summary, its verbs, and exactly the
# options of each.
# shellcheck source=test/cli/support.sh
. "${SOURCE:?}/test/cli/support.sh"
need mandoc
top=${BUILD:?}/man/voiplab.1 # it is made from the rows of the commands

commands() {
    "$VOIPLAB" --help | sed -n 's/^  \([a-z][a-z-]*\) .*/\1/p'
}

# The verbs of a command, one a line.
verbs() {
    "$VOIPLAB" "$1" --help | sed -n "s/^  $1 \([a-z-]*\)  .*/\1/p"
}

# The long options in the help of a command or a verb, with the letter and the argument that each has: "-f --file LAB".
help_options() {
    "$VOIPLAB" "$@" --help | sed -n 's/^  \(-[a-zA-Z]\), \(--[^ ]*\)\( \[*[A-Z][A-Z]*]*\)\{0,1\}  .*/\1 \2\3/p
        s/^      \(--[^ ]*\)\( \[*[A-Z][A-Z]*]*\)\{0,1\}  .*/\1\2/p' | sort
}

# page_options PAGE VERB: the same of the lists under OPTIONS. What stands below ".Ss Options of show and lint" is of
# these verbs, and what stands before the first such line is of all. A command is its own first verb here; where a verb
# means the same, as push does, that one is.
page_options() {
    awk -v verb="$2" '
        /^\.Sh/ { inside = $0 == ".Sh OPTIONS"; meant = 1 }
        /^\.Ss/ {
            meant = 0
            for (i = 4; i <= NF; i++) {
                sub(/,$/, "", $i)
                meant += $i == verb
            }
        }
        inside && meant && sub(/^\.It Fl /, "")' "$1" |
        sed 's/\\-/-/g; s/^-/--/; s/^\([a-zA-Z]\)\( Ar [A-Z]*\)\{0,1\} , Fl -/-\1 --/; s/ Op Ar \(.*\)/ [\1]/; s/ Ar / /' | sort
}

# same_options PAGE VERB WORD...: the help of the words and the page tell of the same options for the verb.
same_options() {
    local page=$1 verb=$2 option
    shift 2
    help_options "$@" >help.txt
    page_options "$page" "$verb" >page.txt
    [ -s help.txt ] || fail "$*: no options were read from its help"
    while IFS= read -r option; do
        fail "$*: '$option' is in its help, and ${page##*/} does not have it so"
    done < <(comm -23 help.txt page.txt)
    while IFS= read -r option; do
        fail "$*: '$option' is in ${page##*/}, and its help does not have it so"
    done < <(comm -13 help.txt page.txt)
}

count=0
for command in $(commands); do
    page=$SOURCE/man/voiplab-$command.1
    count=$((count + 1))
    [ -f "$page" ] || {
        fail "$command has no page"
        continue
    }
    also=$("$VOIPLAB" "$command" --help | sed -n "1s/^usage: voiplab $command \[\([a-z]*\)\] \[OPTION.*/\1/p")
    same_options "$page" "${also:-$command}" "$command"
    for verb in $(verbs "$command"); do
        count=$((count + 1))
        same_options "$page" "$verb" "$command" "$verb"
        sed -n '/^\.Sh SYNOPSIS/,/^\.Sh DESC/p' "$page" | grep -qx "\.Nm voiplab $command $verb" ||
            fail "$command $verb is not in the synopsis of ${page##*/}"
    done
    # a heading that names no verb would take its options out of the comparison
    sed -n '/^\.Sh OPTIONS/,/^\.Sh/s/^\.Ss Options of //p' "$page" | sed 's/,//g; s/ and / /g' | tr ' ' '\n' >named.txt
    { verbs "$command"; echo "${also:-$command}"; } | sort | comm -13 - <(sort -u named.txt) >nobody.txt
    [ ! -s nobody.txt ] || fail "${page##*/} has options of '$(cat nobody.txt)', which is no verb of $command"
    summary=$("$VOIPLAB" "$command" --help | sed -n 3p)
    described=$(sed -n 's/^\.Nd //p' "$page" | sed 's/\\-/-/g')
    [ "$summary" = "$described" ] || fail "$command: help says '$summary', its page '$described'"
    listed=$(grep -A 1 "^\.It Cm $command\$" "$top" | sed -n '2{s/\\-/-/g;p}')
    [ "$listed" = "$summary" ] || fail "$command: help says '$summary', voiplab(1) '$listed'"
    grep -q "^\.Xr voiplab-$command 1" "$top" || fail "voiplab(1) does not refer to voiplab-$command(1)"
done
sed -n '/^\.Ss Commands/,/^\.Sh/s/^\.It Cm //p' "$top" | diff <(commands) - >listed.txt ||
    fail "help (<) and voiplab(1) (>) have other commands, or another order: $(cat listed.txt)"
! grep -n '@' "$top" || fail "something was not filled in in voiplab(1)"
[ "$count" -ge 23 ] || fail "only $count commands and verbs were found"

for page in "$SOURCE"/man/*.[1357] "$top"; do
    lint=$(mandoc -T lint -W warning "$page") || true
    [ -z "$lint" ] || fail "$lint"
    # a request that stands in a text is printed, and no lint sees it
    grep -nE '[^ ]\.(Pp|Sh|Ss|It|El|Bl|Bd|Ed|Dl|Xr)( |$)' "$page" >printed.txt || :
    [ ! -s printed.txt ] || fail "$page prints a request: $(cat printed.txt)"
    # a terminal has 80 columns; what is printed as it stands, such as examples, may need more
    sed '/^\.Bd -literal/,/^\.Ed/d' "$page" | mandoc -T ascii -O width=78 | sed 's/.\x08//g' | grep '^.\{81\}' >wide.txt || :
    [ ! -s wide.txt ] || fail "$page is wider than 80 columns: $(cat wide.txt)"
    # what a page refers to exists, when it is one of ours
    sed -n 's/^\.Xr \([a-z-]*voiplab[a-z-]*\) \([1357]\).*/\1.\2/p' "$page" >names.txt
    while read -r name; do
        [ -f "$SOURCE/man/$name" ] || [ "$name" = voiplab.1 ] || fail "$page refers to $name, which is not there"
    done <names.txt
    case $page in
    */voiplab-*.1)
        command=${page##*/voiplab-}
        "$VOIPLAB" "${command%.1}" --help >out 2>&1 || fail "$page is about no command"
        ;;
    esac
    for section in NAME SYNOPSIS DESCRIPTION OPTIONS 'EXIT STATUS' EXAMPLES 'SEE ALSO'; do
        case $page in *.1) grep -qx ".Sh $section" "$page" || fail "$page has no $section" ;; esac
    done
done

# What voiplab-security(7) says to be shown by a test is shown by one that there is.
sed -n 's/^\.Pa \(test\/[^ ]*\).*/\1/p' "$SOURCE/man/voiplab-security.7" >shown.txt
[ -s shown.txt ] || fail 'voiplab-security(7) names no test'
while read -r name; do
    [ -f "$SOURCE/$name" ] || fail "voiplab-security(7) names $name, which is not there"
done <shown.txt

# Every section and key of the lab file is in voiplab-lab(5), in its section and nowhere else: the program lists the
# keys of a section when it is given one that it does not know.
for kind in lab host bridge 'image x' 'pbx x' 'trunk a b' dahdi 'route x' 'user 1' 'provider x' 'load x' 'phone x'; do
    printf '[%s]\nqqqqqqqqqqqq = 1\n' "$kind" >lab.ini
    run status -f lab.ini
    sed -n 's/.*its keys are //p' err | tr -d ' ' | tr ',' '\n' | sort >keys.txt
    [ -s keys.txt ] || fail "the program does not list the keys of [$kind]"
    sed -n "/^\.Ss \[${kind%% *}[] ]/,/^\.S[sh] [^[]*\(\[\|[A-Z]\)/s/^\.It Cm \([a-z0-9-]*\) = .*/\1/p" \
        "$SOURCE/man/voiplab-lab.5" | sort >documented.txt
    diff -u keys.txt documented.txt || fail "[$kind]: program (-) and voiplab-lab(5) (+) have other keys"
done

# The example of libvoiplab(3) compiles, and the one of voiplab-lab(5) is a lab.
if command -v cc >/dev/null; then
    sed -n '/^#include/,/^\.Ed/p' "$SOURCE/man/libvoiplab.3" | sed '/^\.Ed/d; s/\\e/\\/g' >plan.c
    cc -Wall -Wextra -Werror -I "$SOURCE/lib" -c plan.c || fail "the example of libvoiplab(3) does not compile"
fi
sed -n '/^Two PBXs and a hub/,/^\.Ed/p' "$SOURCE/man/voiplab-lab.5" | grep -v '^\.\|^Two' >example.ini
run up --dry-run -f example.ini --state "$work/state" --cache "$work/cache" -c "$nowhere"
expect_status 0 'the example of voiplab-lab(5)'
expect out 'student-02' 'the example of voiplab-lab(5)'
finish
