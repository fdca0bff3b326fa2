# shellcheck shell=bash
# Completion of voiplab for bash. What may stand where is asked of the program itself: there is no list to keep here.

_voiplab() {
    local line word words=()

    # bash cuts --file=LAB into three words
    for word in "${COMP_WORDS[@]:1:COMP_CWORD}"; do
        [ "$word" = = ] || words+=("${word/#\~\//"$HOME/"}")
    done
    word=${COMP_WORDS[COMP_CWORD]}
    if [ "$word" = = ]; then
        word=
        words+=('')
    fi
    COMPREPLY=()
    while IFS= read -r line; do
        case $line in
        :files) line=-f ;;
        :directories) line=-d ;;
        *)
            COMPREPLY+=("${line%%$'\t'*}")
            continue
            ;;
        esac
        while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen "$line" -- "$word")
        compopt -o filenames 2>/dev/null || : # outside a completion there is no such thing
    done < <("${COMP_WORDS[0]/#\~\//"$HOME/"}" completion words -- "${words[@]}" 2>/dev/null)
}

complete -F _voiplab voiplab
