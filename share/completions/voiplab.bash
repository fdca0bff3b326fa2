# shellcheck shell=bash
# Completion of voiplab for bash. Commands and options are asked of the program itself, so there is no list to keep here;
# names of PBXs, images, telephones and load tests are read from the lab file.

# The commands, one a line.
_voiplab_commands() {
    "$1" --help 2>/dev/null | sed -n 's/^  \([a-z][a-z-]*\)  .*/\1/p'
}

# The long options of a command, one a line.
_voiplab_options() {
    "$1" "$2" --help 2>/dev/null | sed -n 's/^  \(-[A-Za-z],\|   \) \(--[a-z-]*\).*/\2/p'
}

# What kind of value an option takes: the word that the help text has for it, such as DIR. Nothing: it takes none.
_voiplab_value_of() {
    "$1" "$2" --help 2>/dev/null |
        sed -n "s/^  \(\(-[A-Za-z]\), \|    \)\(--[a-z-]*\) \([A-Z][A-Z]*\)  .*/\2 \3 \4/p" |
        awk -v wanted="$3" '{ for (i = 1; i < NF; i++) if ($i == wanted) print $NF }'
}

# The lab file: the one of the command line, else where the program looks for it.
_voiplab_lab_file() {
    local i
    for ((i = 2; i < ${#COMP_WORDS[@]} - 1; i++)); do
        case ${COMP_WORDS[i]} in
        -f | --file)
            printf '%s\n' "${COMP_WORDS[i + 1]}"
            return
            ;;
        esac
    done
    if [ -e voiplab.ini ]; then
        echo voiplab.ini
    else
        printf '%s\n' "${VOIPLAB_FILE:-}"
    fi
}

# The names of the sections of one kind. Where a section is counted its copies are not offered.
_voiplab_names() {
    local file
    file=$(_voiplab_lab_file)
    [ -f "$file" ] && sed -n "s/^ *\[$1  *\([a-z0-9-]*\)\].*/\1/p" "$file"
}

_voiplab_files() {
    local line
    while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen "$1" -- "$2")
    compopt -o filenames 2>/dev/null || : # outside a completion there is no such thing
}

_voiplab_words() {
    local line
    while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -W "$1" -- "$2")
}

_voiplab() {
    local program=${COMP_WORDS[0]} command=${COMP_WORDS[1]} word=${COMP_WORDS[COMP_CWORD]}
    local before=${COMP_WORDS[COMP_CWORD - 1]}

    COMPREPLY=()
    if [ "$COMP_CWORD" -eq 1 ]; then
        _voiplab_words "$(_voiplab_commands "$program") help --help --version" "$word"
        return
    fi
    if [ "$command" = help ]; then
        _voiplab_words "$(_voiplab_commands "$program")" "$word"
        return
    fi
    if [[ $before == -* && $COMP_CWORD -gt 2 ]]; then
        case $(_voiplab_value_of "$program" "$command" "$before") in
        '') ;;
        DIR)
            _voiplab_files -d "$word"
            return
            ;;
        LAB | FILE | ISO | CONF)
            _voiplab_files -f "$word"
            return
            ;;
        WHEN)
            _voiplab_words 'auto always never' "$word"
            return
            ;;
        NAME)
            [ "$before" != --pbx ] || _voiplab_words "$(_voiplab_names pbx)" "$word"
            [ "$command" != init ] || _voiplab_words 'quickstart classroom thesis' "$word"
            return
            ;;
        LEVEL)
            _voiplab_words 'error warning notice' "$word"
            return
            ;;
        RULES)
            _voiplab_words "$("$program" dialplan lint --rules 2>/dev/null | sed 1d | cut -d ' ' -f 1)" "$word"
            return
            ;;
        *) return ;;
        esac
    fi
    case $command:$word in
    *:-*) _voiplab_words "$(_voiplab_options "$program" "$command")" "$word" ;;
    init:*) _voiplab_files -f "$word" ;;
    image:*) _voiplab_words "$(_voiplab_names image)" "$word" ;;
    phone:*) _voiplab_words "$(_voiplab_names phone)" "$word" ;;
    sipp:*) _voiplab_words "$(_voiplab_names load)" "$word" ;;
    dialplan:*) _voiplab_words "push show $(_voiplab_names pbx)" "$word" ;;
    trunk:*) _voiplab_words "push remove $(_voiplab_names pbx)" "$word" ;;
    dialplan:*)
        if [ "${COMP_WORDS[2]}" = lint ] && [ "$COMP_CWORD" -gt 2 ]; then
            _voiplab_files -f "$word"
        else
            _voiplab_words "push show lint $(_voiplab_names pbx)" "$word"
        fi
        ;;
    bridge:* | check-cpu:*) ;;
    *) _voiplab_words "$(_voiplab_names pbx)" "$word" ;;
    esac
}

complete -F _voiplab voiplab
