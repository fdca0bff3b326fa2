#!/bin/bash
# The manual and the program say the same: every command has a page, with its summary and exactly its options.
# shellcheck source=test/cli/support.sh
. "${SOURCE:?}/test/cli/support.sh"
need mandoc

commands() {
    "$VOIPLAB" --help | sed -n 's/^  \([a-z][a-z-]*\) .*/\1/p'
}

# The long options of the help text, with the letter that each has: "-f --file LAB".
help_options() {
    "$VOIPLAB" "$1" --help | sed -n 's/^  \(-[a-zA-Z]\), \(--[^ ]*\)\( \[*[A-Z][A-Z]*]*\)\{0,1\}  .*/\1 \2\3/p
        s/^      \(--[^ ]*\)\( \[*[A-Z][A-Z]*]*\)\{0,1\}  .*/\1\2/p' | sort
}

# The same of the list under OPTIONS of the page.
page_options() {
    sed -n '/^\.Sh OPTIONS/,/^\.Sh/s/^\.It Fl //p' "$1" |
        sed 's/\\-/-/g; s/^-/--/; s/^\([a-zA-Z]\)\( Ar [A-Z]*\)\{0,1\} , Fl -/-\1 --/; s/ Op Ar \(.*\)/ [\1]/; s/ Ar / /' | sort
}

count=0
for command in $(commands); do
    page=$SOURCE/man/voiplab-$command.1
    count=$((count + 1))
    [ -f "$page" ] || {
        fail "$command has no page"
        continue
    }
    help_options "$command" >help.txt
    page_options "$page" >page.txt
    [ -s help.txt ] || fail "$command: no options were read from its help"
    diff -u help.txt page.txt || fail "$command: help (-) and page (+) have other options"
    summary=$("$VOIPLAB" "$command" --help | sed -n 3p)
    described=$(sed -n 's/^\.Nd //p' "$page" | sed 's/\\-/-/g')
    [ "$summary" = "$described" ] || fail "$command: help says '$summary', its page '$described'"
    grep -q "^\.It Cm $command\$" "$SOURCE/man/voiplab.1" || fail "$command is not in voiplab(1)"
done
[ "$count" -ge 13 ] || fail "only $count commands were found"

for page in "$SOURCE"/man/*.[135]; do
    lint=$(mandoc -T lint -W warning "$page") || true
    [ -z "$lint" ] || fail "$lint"
    # a request that stands in a text is printed, and no lint sees it
    grep -nE '[^ ]\.(Pp|Sh|Ss|It|El|Bl|Bd|Ed|Dl|Xr)( |$)' "$page" >printed.txt || :
    [ ! -s printed.txt ] || fail "$page prints a request: $(cat printed.txt)"
    # a terminal has 80 columns; what is printed as it stands, such as examples, may need more
    sed '/^\.Bd -literal/,/^\.Ed/d' "$page" | mandoc -T ascii -O width=78 | sed 's/.\x08//g' | grep '^.\{81\}' >wide.txt || :
    [ ! -s wide.txt ] || fail "$page is wider than 80 columns: $(cat wide.txt)"
    # what a page refers to exists, when it is one of ours
    sed -n 's/^\.Xr \([a-z-]*voiplab[a-z-]*\) \([135]\).*/\1.\2/p' "$page" >names.txt
    while read -r name; do
        [ -f "$SOURCE/man/$name" ] || fail "$page refers to $name, which is not there"
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

# Every section and key of the lab file is in voiplab-lab(5), in its section and nowhere else: the program lists the
# keys of a section when it is given one that it does not know.
for kind in lab host bridge 'image x' 'pbx x' 'trunk a b' dahdi 'route x' 'user 1' 'provider x' 'load x' 'phone x'; do
    printf '[%s]\nqqqqqqqqqqqq = 1\n' "$kind" >lab.ini
    run status -f lab.ini
    sed -n 's/.*its keys are //p' err | tr -d ' ' | tr ',' '\n' | sort >keys.txt
    [ -s keys.txt ] || fail "the program does not list the keys of [$kind]"
    sed -n "/^\.Ss \[${kind%% *}[] ]/,/^\.S[sh] [^[]*\(\[\|[A-Z]\)/s/^\.It Cm \([a-z0-9]*\) = .*/\1/p" \
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
