#!/bin/bash
# The completion of bash knows the commands and options of the program, because it asks it.
# shellcheck source=test/cli/support.sh
. "${SOURCE:?}/test/cli/support.sh"

mkdir bin
ln -s "$VOIPLAB" bin/voiplab
export PATH=$work/bin:$PATH
# shellcheck source=share/completions/voiplab.bash
. "$SOURCE/share/completions/voiplab.bash"

# complete_words WORD...: what is offered for the last word; the words are in the file offered.
complete_words() {
    COMP_WORDS=("$@")
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    COMPREPLY=()
    _voiplab
    printf '%s\n' "${COMPREPLY[@]}" | sed '/^$/d' | sort >offered
}

offers() {
    grep -qxF -e "$1" offered || fail "'${COMP_WORDS[*]}': '$1' is not offered, but $(tr '\n' ' ' <offered)"
}

complete -p voiplab >/dev/null || fail 'no completion is set for voiplab'

complete_words voiplab ''
for command in $("$VOIPLAB" --help | sed -n 's/^  \([a-z][a-z-]*\) .*/\1/p'); do
    offers "$command"
done
[ "$(wc -l <offered)" -ge 13 ] || fail 'commands are missing'
complete_words voiplab st
[ "$(cat offered)" = status ] || fail "'st' completes to $(cat offered)"

for command in up check-cpu init; do
    complete_words voiplab "$command" --
    "$VOIPLAB" "$command" --help | grep -o -e ' --[a-z-]*' | tr -d ' ' | sort -u >options
    cmp -s options offered || fail "$command: other options: $(diff options offered)"
done
complete_words voiplab up --dr
[ "$(cat offered)" = --dry-run ] || fail "'--dr' completes to $(cat offered)"
complete_words voiplab destroy --ye
offers --yes
complete_words voiplab bridge --job
[ ! -s offered ] || fail 'an option of another command is offered'

# Values: files, directories, words, and the names of the lab file.
cp "$SOURCE/share/labs/quickstart.ini" mine.ini
complete_words voiplab up -f mi
offers mine.ini
complete_words voiplab up --root b
offers bin
complete_words voiplab up --color al
[ "$(cat offered)" = always ] || fail "'--color al' completes to $(cat offered)"
complete_words voiplab init -t ''
for template in quickstart classroom thesis; do offers "$template"; done
cp mine.ini voiplab.ini
complete_words voiplab status ''
offers alfa
offers hub
complete_words voiplab sipp ''
[ "$(cat offered)" = quick ] || fail "'sipp' completes to $(cat offered)"
complete_words voiplab phone -f "$SOURCE/share/labs/thesis.ini" ''
[ "$(cat offered)" = mesa1 ] || fail "'phone' completes to $(cat offered)"
complete_words voiplab trunk ''
offers push
offers beta
finish
