#!/bin/bash
# The completions of bash, zsh and fish offer what the program takes: each shell is asked the same, and answers from the
# rows of the program. A shell that is not installed skips the test, after the others.
# shellcheck source=test/cli/support.sh
. "${SOURCE:?}/test/cli/support.sh"

mkdir bin home tree
ln -s "$VOIPLAB" bin/voiplab
export PATH=$work/bin:$PATH HOME=$work/home
cp "$SOURCE/share/labs/quickstart.ini" mine.ini
cp mine.ini voiplab.ini
thesis=$SOURCE/share/labs/thesis.ini

# The questions: a line, `|`, and what is offered for its last word. `+` in front: among other words.
commands=$("$VOIPLAB" --help | sed -n 's/^  \([a-z][a-z-]*\) .*/\1/p' | tr '\n' ' ')
[ "$(wc -w <<<"$commands")" -ge 15 ] || fail 'commands are missing'
cat >questions <<END
voiplab |$commands help
voiplab st|status
voiplab --v|--version
voiplab frobnicate |
voiplab help |$commands
voiplab help dialplan l|lint
voiplab dialplan |push diff show lint hub alfa beta
voiplab dialplan push |hub alfa beta
voiplab dialplan -- |hub alfa beta
voiplab dialplan diff al|alfa
voiplab dialplan show |
voiplab dialplan show --pbx |hub alfa beta
voiplab dialplan lint |+mine.ini
voiplab dialplan --json lint mi|mine.ini
voiplab dialplan --json lint --sar|--sarif
voiplab dialplan lint --level |error warning notice
voiplab dialplan lint --ignore secret-w|secret-weak
voiplab dialplan --le|
voiplab trunk |push remove rotate verify hub alfa beta
voiplab trunk remove |hub alfa beta
voiplab bridge |confirm revert show
voiplab bridge show |
voiplab bridge --backend |auto ifcfg networkmanager networkd ifupdown netplan
voiplab bridge --job|
voiplab bridge revert --bo|--boot
voiplab up --dr|--dry-run
voiplab up --color |auto always never
voiplab up -q --color al|always
voiplab up --root tr|tree
voiplab up -f mi|mine.ini
voiplab destroy --ye|--yes
voiplab init -t |quickstart classroom thesis
voiplab init mi|mine.ini
voiplab status |hub alfa beta
voiplab status hub -j 3 be|beta
voiplab sipp |run capacity report quick
voiplab image |capture debian import list remove verify
voiplab phone |
voiplab phone -f $thesis |mesa1
voiplab phone --file $thesis |mesa1
voiplab phone -qf $thesis |mesa1
voiplab phone --serve |
voiplab completion |bash zsh fish words
END
# Every option of every command and verb, as the help has them.
options() {
    "$VOIPLAB" "$@" --help | sed -n 's/^  \(-., \|    \)\(--[a-z-]*\).*/\2/p' | tr '\n' ' '
}
while read -r command; do
    echo "voiplab $command --|$(options "$command")" >>questions
    "$VOIPLAB" "$command" --help | sed -n "s/^  \($command [a-z-]*\)  .*/\1/p" >>verbs
done < <(tr ' ' '\n' <<<"$commands" | sed '/^$/d')
while read -r command verb; do
    echo "voiplab $command $verb --|$(options "$command" "$verb")" >>questions
done <verbs

# judge N SHELL: what is offered (in the file offered) is what the n-th question wants.
judge() {
    local question line wanted word
    question=$(sed -n "$1p" questions)
    line=${question%%|*}
    wanted=${question#*|}
    # names of directories end with a slash in fish; what it says behind a tab is no part of the word
    sed 's/\t.*//; s,/$,,; /^$/d' offered | sort -u >words
    if [ "${wanted#+}" != "$wanted" ]; then
        grep -qxF -e "${wanted#+}" words || fail "$2: '$line': '${wanted#+}' is not offered, but $(tr '\n' ' ' <words)"
    else
        for word in $wanted; do echo "$word"; done | sort | cmp -s - words ||
            fail "$2: '$line': not '$wanted' is offered, but '$(tr '\n' ' ' <words)'"
    fi
}
questions=$(wc -l <questions)
[ "$questions" -ge 60 ] || fail "there are only $questions questions"

# bash, with the words that it cuts the line into.
# shellcheck source=share/completions/voiplab.bash
. "$SOURCE/share/completions/voiplab.bash"
complete -p voiplab >/dev/null || fail 'bash: no completion is set for voiplab'

ask_bash() {
    read -ra COMP_WORDS <<<"${1//=/ = }"
    [ "${1: -1}" != ' ' ] || COMP_WORDS+=('')
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    COMPREPLY=()
    _voiplab
    printf '%s\n' "${COMPREPLY[@]}" >offered
}
for ((i = 1; i <= questions; i++)); do
    ask_bash "$(sed -n "$i{s/|.*//;p}" questions)"
    judge "$i" bash
done
# After `=` bash completes what stands behind it, the other shells the whole word.
equals() {
    grep -qxF -e "$2" <(sed 's/\t.*//; s,/$,,' offered) || fail "$1: '$2' is not offered, but $(tr '\n' ' ' <offered)"
}
ask_bash 'voiplab up --color=al'
equals bash always
ask_bash 'voiplab up --file='
equals bash mine.ini
mkdir "$HOME/labs"
cp "$thesis" "$HOME/labs/thesis.ini"
# shellcheck disable=SC2088 # as it is typed
ask_bash '~/../bin/voiplab phone -f ~/labs/thesis.ini '
equals bash mesa1

# The words of the row of --template are the labs that there are.
for lab in "$SOURCE"/share/labs/*.ini; do
    basename "$lab" .ini
done | sort >labs.txt
ask_bash 'voiplab init --template '
sort offered | cmp -s - labs.txt || fail "--template takes $(tr '\n' ' ' <offered), and there are $(tr '\n' ' ' <labs.txt)"

# The scripts as the program prints them, and what it says when it has none.
for shell in bash zsh fish; do
    run completion "$shell"
    expect_status 0 "completion $shell"
    cmp -s out "$SOURCE/share/completions/voiplab.$shell" || fail "completion $shell does not print its script"
done
run completion tcsh
expect_status 2 'completion tcsh'
expect err "'tcsh' is none of bash, zsh, fish" 'completion tcsh'
run completion bash --share "$work"
expect_status 1 'completion without its scripts'
# The rest of the line is taken as it is: behind its first word, and behind --, no option is one of ours.
for dashes in -- ''; do
    run completion words ${dashes:+"$dashes"} up --help -- --js
    expect_status 0 'completion words'
    expect_empty err 'completion words'
    run completion words ${dashes:+"$dashes"} up --help --js
    [ "$(cut -f 1 out)" = --json ] || fail "completion words $dashes up --help --js: $(cat out err)"
done
run completion words --js
expect_status 2 'an option of another command before the words'
# A lab file that is none, or that is not there, is no reason to complain while somebody types.
printf '[pbx\n[pbx a;b]\n[]\n[pbx %s]\n[pbx good]' "\$(id)" >voiplab.ini
run completion words -- status ''
[ "$(cat out)" = good ] || fail "names of sections: $(cat out)"
expect_empty err 'a broken lab file'
run completion words -- status -f missing.ini ''
expect_status 0 'a lab file that is not there'
expect_empty out 'a lab file that is not there'
cp mine.ini voiplab.ini

if command -v fish >/dev/null; then
    ask_fish() {
        fish --no-config -c "source '$SOURCE/share/completions/voiplab.fish'
            for line in \$argv; complete -C \$line; echo =; end" -- "$@"
    }
    readarray -t lines < <(sed 's/|.*//' questions)
    ask_fish "${lines[@]}" >all
    for ((i = 1; i <= questions; i++)); do
        awk -v n="$i" '$0 == "=" { count++; next } count == n - 1' all >offered
        judge "$i" fish
    done
    ask_fish 'voiplab up --color=al' >offered
    equals fish --color=always
    ask_fish 'voiplab up --file=mi' >offered
    equals fish --file=mine.ini
    ask_fish 'voiplab up --root=tr' >offered
    equals fish --root=tree
    ask_fish 'voiplab st' | grep -q "status.*$(printf '\t')show what is seen" || fail 'fish: a command is not explained'
fi

if command -v zsh >/dev/null; then
    mkdir zsh
    readarray -t lines < <(sed 's/|.*//' questions)
    TERM=dumb zsh -f "$SOURCE/test/cli/completion.zsh" "$work/zsh" "$SOURCE/share/completions/voiplab.zsh" "${lines[@]}" \
        'voiplab up --color=al' 'voiplab up --file=mi' || fail 'zsh could not be asked'
    for ((i = 1; i <= questions; i++)); do
        cp "zsh/offered.$i" offered || break
        judge "$i" zsh
    done
    cp "zsh/offered.$((questions + 1))" offered
    equals zsh --color=always
    cp "zsh/offered.$((questions + 2))" offered
    equals zsh mine.ini
fi
[ "$failures" -gt 0 ] || need fish zsh
finish
