#compdef voiplab
# Completion of voiplab for zsh. What may stand where is asked of the program itself: there is no list to keep here.

_voiplab() {
    local line word files=
    local -a found shown

    for line in "${(@f)$(${(Q)words[1]/#\~\//$HOME/} completion words -- "${(@Q)words[2,CURRENT]}" 2>/dev/null)}"; do
        case $line in
        (:files|:directories) files=$line ;;
        (?*)
            word=${line%%$'\t'*}
            found+=("$word")
            if [[ $line == *$'\t'* ]]; then shown+=("$word  -- ${line#*$'\t'}"); else shown+=("$word"); fi
            ;;
        esac
    done
    (( ! $#found )) || compadd -l -d shown -a -- found
    [[ -n $files ]] || return $(( ! $#found ))
    compset -P '--*='
    if [[ $files == :files ]]; then _files; else _files -/; fi
}

if [[ ${funcstack[1]} == _voiplab ]]; then _voiplab "$@"; else compdef _voiplab voiplab; fi
