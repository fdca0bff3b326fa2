# shellcheck shell=bash
# What the tests of the command share. Each is run with the built program in VOIPLAB and the source directory in SOURCE;
# it sources this file first, works in a directory of its own, and ends with `finish`.
set -eu

: "${VOIPLAB:?the built program}" "${SOURCE:?the source directory}"
export VOIPLAB_SHARE=$SOURCE/share LC_ALL=C.UTF-8
export COLUMNS=1000 # what is printed is read line by line; width.sh looks at screens
unset NO_COLOR VOIPLAB_FILE
failures=0
status=0
work=$(mktemp -d)
trap 'chmod -R u+rwX "$work"; rm -rf "$work"' EXIT
cd "$work"

# A hypervisor that cannot be there, so that no test depends on whether this machine runs one.
# shellcheck disable=SC2034
nowhere='qemu+unix:///system?socket=/nonexistent/voiplab'

fail() {
    echo "FAIL: $*" >&2
    failures=$((failures + 1))
}

# skip REASON: not a pass; where the tests must be complete it is a failure.
skip() {
    echo "SKIP: $*" >&2
    [ "${CI:-}" != true ] || exit 1
    exit 77
}

need() {
    for tool; do
        command -v "$tool" >/dev/null || skip "$tool is not installed"
    done
}

# run ARGUMENT...: run the program; its output is in the files out and err, its exit status in status.
run() {
    status=0
    "$VOIPLAB" "$@" >out 2>err </dev/null || status=$?
}

expect_status() {
    [ "$status" -eq "$1" ] || fail "$2: exit status $status instead of $1; $(head -c 300 err)"
}

# expect FILE TEXT WHAT: the text stands in the file.
expect() {
    grep -qF -e "$2" "$1" || fail "$3: '$2' is not in $1: $(head -c 300 "$1")"
}

expect_not() {
    if grep -qF -e "$2" "$1"; then fail "$3: '$2' is in $1"; fi
}

expect_empty() {
    [ ! -s "$1" ] || fail "$2: $1 is not empty: $(head -c 300 "$1")"
}

finish() {
    [ "$failures" -eq 0 ] || {
        echo "$failures failures" >&2
        exit 1
    }
}
