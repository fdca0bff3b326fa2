#!/bin/bash
# Run the EXAMPLES of a manual page, one after the other, in one directory that is empty at first.
# Usage: examples.sh PAGE, a file of man/ such as voiplab-check-cpu.1, or the absolute path of another one
#
# A command is what stands behind `$ ` (or `# `: for root) in a `.Dl` line or in a `.Bd -literal` display, and the
# whole of a `.Dl` line that starts with `voiplab `. In a display a command goes on in the next line after a backslash
# (`\e` in the page), and the lines below it, up to the next command, are what it prints: first on standard output, then
# on standard error. Blanks count as one, `...` in a line stands for any text, and a line `...` for any number of lines.
# Where nothing is printed below a command, anything may come.
#
# Comments in the page's source, which no reader sees, say what an example needs. They hold for the next command:
#   .\" examples: setup COMMAND     run it before; may stand there several times
#   .\" examples: status N ...      exit statuses that are right (otherwise 0)
#   .\" examples: need TOOL ...     leave the command out where one of them is not installed; fails under CI=true
#   .\" examples: skip REASON       never run it
# Commands see $SOURCE, the source tree. `voiplab` is the one under test, with a state directory of its own; `# `
# commands that are not to change this host need a namespace of their own, which their setup cannot give: skip them,
# and test them elsewhere.
# shellcheck source=test/cli/support.sh
. "${SOURCE:?}/test/cli/support.sh"
page=${1:?usage: examples.sh PAGE}
case $page in /*) ;; *) page=$SOURCE/man/$page ;; esac
[ -f "$page" ] || {
    echo "there is no page '$page'" >&2
    exit 1
}
export SOURCE VOIPLAB
export STATE=$work/state CACHE=$work/cache

# The command as its reader has it: found by PATH, here with directories that belong to the test.
mkdir bin run
cat >bin/voiplab <<'EOF'
#!/bin/sh
command=${1:---help}
[ "$#" -eq 0 ] || shift
if "$VOIPLAB" "$command" --help 2>/dev/null | grep -q -e '--state DIR'; then
    exec "$VOIPLAB" "$command" --state "$STATE" --cache "$CACHE" "$@"
fi
exec "$VOIPLAB" "$command" "$@"
EOF
chmod +x bin/voiplab
export PATH=$work/bin:$PATH VOIPLAB_SHARE=$SOURCE/share
unset VOIPLAB_FILE COLUMNS # as on the screen of the page

# The section as lines of KIND and text: setup, status, need, skip, run, root, print.
extract() {
    awk '
    # The text of a line without roff escapes.
    function plain(line)
    {
        gsub(/\\&/, "", line)
        gsub(/\\-/, "-", line)
        gsub(/\\\(dq/, "\"", line)
        gsub(/\\\(aq/, "\047", line)
        gsub(/\\\(->/, "\342\206\222", line)
        gsub(/\\e/, "\\", line)
        return line
    }

    function command(line)
    {
        if (line ~ /^[$] /)
            print "run " substr(line, 3)
        else if (line ~ /^# /)
            print "root " substr(line, 3)
        else
            return 0
        return 1
    }

    /^\.Sh / { inside = $2 == "EXAMPLES"; next }
    !inside { next }
    /^\.\\" examples: / { sub(/^\.\\" examples: /, ""); print; next }
    /^\.Bd -literal/ { display = 1; next }
    /^\.Ed/ { display = 0; next }
    /^\.Dl / {
        line = plain(substr($0, 5))
        if (!command(line) && line ~ /^voiplab /)
            print "run " line
        next
    }
    display {
        line = plain($0)
        if (more) {
            more = line ~ /\\$/
            print "more " line
        } else if (command(line)) {
            more = line ~ /\\$/
        } else {
            print "print " line
        }
    }
    ' "$page"
}

# fits WANTED-FILE GOT-FILE: line by line, with `...` as above.
fits() {
    awk '
    function squeezed(line)
    {
        gsub(/[ \t]+/, " ", line)
        sub(/^ /, "", line)
        sub(/ $/, "", line)
        return line
    }

    # Whether the parts between the "..." of a wanted line are found one behind the other.
    function line_fits(pattern, line,    count, parts, i, at)
    {
        count = split(pattern, parts, /[.][.][.]/)
        if (count < 2)
            return pattern == line
        if (substr(line, 1, length(parts[1])) != parts[1])
            return 0
        line = substr(line, length(parts[1]) + 1)
        for (i = 2; i < count; i++) {
            at = index(line, parts[i])
            if (!at)
                return 0
            line = substr(line, at + length(parts[i]))
        }
        return length(line) >= length(parts[count]) &&
               substr(line, length(line) - length(parts[count]) + 1) == parts[count]
    }

    function fit(i, j)
    {
        for (; i <= wanted_count; i++) {
            if (wanted[i] == "...") {
                for (; j <= got_count + 1; j++)
                    if (fit(i + 1, j))
                        return 1
                return 0
            }
            if (j > got_count || !line_fits(wanted[i], got[j]))
                return 0
            j++
        }
        return j == got_count + 1
    }

    FILENAME == ARGV[1] { wanted[++wanted_count] = squeezed($0); next }
    { got[++got_count] = squeezed($0) }
    END { exit !fit(1, 1) }
    ' "$1" "$2"
}

count=0 command='' prompt=''
forget() {
    setups=() statuses=0 skip_reason=''
    : >"$work/wanted"
    command=''
}

# Run the command that was collected, and look at what it did.
finish_command() {
    [ -n "$command" ] || return 0
    [ "$prompt" = run ] || [ "$(id -u)" -eq 0 ] || skip_reason='it is for root'
    if [ -n "$skip_reason" ]; then
        echo "left out: $command ($skip_reason)"
        forget
        return 0
    fi
    count=$((count + 1))
    status=0
    (
        cd run
        for setup in "${setups[@]}"; do bash -euc "$setup"; done
    ) >setup.out 2>&1 || fail "the setup of '$command': $(cat setup.out)"
    (cd run && exec bash -uc "$command") >out 2>err </dev/null || status=$?
    echo "status $status: $command"
    case " $statuses " in
    *" $status "*) ;;
    *) fail "'$command' ended with $status instead of $statuses: $(cat out err)" ;;
    esac
    cat out err >got
    if [ -s wanted ] && ! fits wanted got; then
        fail "'$command' prints something else (-: the page)"
        diff -u wanted got >&2 || :
    fi
    forget
}

need_all() {
    for tool; do
        command -v "$tool" >/dev/null && continue
        [ "${CI:-}" != true ] || fail "$tool is not installed"
        skip_reason="$tool is not installed"
    done
}

extract >script
forget
while IFS= read -r line <&3; do
    rest=${line#* }
    case $line in
    print\ *)
        [ -z "$command" ] || printf '%s\n' "$rest" >>wanted
        continue
        ;;
    more\ *)
        command+=$'\n'$rest
        continue
        ;;
    esac
    finish_command
    case $line in
    setup\ *) setups+=("$rest") ;;
    status\ *) statuses=$rest ;;
    need\ *)
        read -ra tools <<<"$rest"
        need_all "${tools[@]}"
        ;;
    skip\ *) skip_reason=$rest ;;
    run\ * | root\ *) prompt=${line%% *} command=$rest ;;
    *) fail "the page says '$line', which is not understood" ;;
    esac
done 3<script
finish_command
[ "$count" -gt 0 ] || fail "$page has no example that was run"
finish
