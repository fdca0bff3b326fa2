# Completion of voiplab for fish. What may stand where is asked of the program itself: there is no list to keep here.

function __voiplab
    set -l words (commandline -opc) (commandline -ct)
    set -l option (string match -r -- '^--[^=]*=' $words[-1])

    for line in ($words[1] completion words -- $words[2..-1] 2>/dev/null)
        switch $line
            case :files
                set -l start (string replace -- "$option" '' $words[-1])
                printf '%s\n' "$option"(__fish_complete_path $start)
            case :directories
                set -l start (string replace -- "$option" '' $words[-1])
                printf '%s\n' "$option"(__fish_complete_directories $start)
            case '*'
                printf '%s\n' $line
        end
    end
end

complete -c voiplab -f -a '(__voiplab)'
