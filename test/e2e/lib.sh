# Small helpers for the tests that use real parts; to be sourced by bash scripts.
#
# A test that cannot run here ends with status 77 and the reason, as CTest's SKIP_RETURN_CODE expects. Where
# CI=true every part must be there, so the same thing is a failure. What a test starts it registers at once
# with cleanup_fn; the commands run in reverse order when the script ends, however it ends.
# shellcheck shell=bash

export COLUMNS=1000 # tables are read line by line

lib_name=${0##*/}
lib_cleanups=()

# Talk: one line on stderr, so that stdout stays free for results.
say() { printf '%s: %s\n' "$lib_name" "$*" >&2; }

# The test failed: says why and ends it.
fail() {
    say "FAIL: $*"
    exit 1
}

# The test cannot run here: 77, or a failure where nothing may be missing.
skip() {
    if [ "${CI-}" = true ]; then
        say "FAIL: would be skipped ($*), and under CI=true that is a failure"
        exit 1
    fi
    say "SKIP: $*"
    exit 77
}

# requires TOOL...: every tool can be found on the PATH.
requires() {
    local tool
    for tool in "$@"; do
        command -v "$tool" >/dev/null || skip "$tool is not installed"
    done
}

# full: all of many points are to be tried and not a sample (CMake's VOIPLAB_TEST_FULL).
full() { [ "${VOIPLAB_TEST_FULL-}" = ON ]; }

requires_root() { [ "$(id -u)" -eq 0 ] || skip "not root"; }

lib_run_cleanups() {
    local status=$? i
    trap - EXIT
    set +e
    for ((i = ${#lib_cleanups[@]} - 1; i >= 0; i--)); do
        eval "${lib_cleanups[i]}"
    done
    exit "$status"
}

# cleanup_fn CMD [ARG...]: CMD runs at the end of the script, the last registered first.
cleanup_fn() {
    local quoted
    printf -v quoted '%q ' "$@"
    if [ ${#lib_cleanups[@]} -eq 0 ]; then
        trap lib_run_cleanups EXIT
        trap 'exit 129' HUP
        trap 'exit 130' INT
        trap 'exit 143' TERM
    fi
    lib_cleanups+=("$quoted")
}

lib_end_libvirtd() {
    "$SOURCE/share/quickstart/libvirtd" stop "$work/libvirt" --guests >/dev/null 2>&1
    ip netns delete "$netns" 2>/dev/null
    rm -rf --one-file-system "$work"
}

# own_libvirtd NAME: a libvirtd ($uri) in a network namespace ($netns) and a directory ($work) of the test's own; all of
# it, with its guests, is taken away at the end.
own_libvirtd() {
    netns=vl$1$$
    work=$(mktemp -d "/var/tmp/voiplab-$1.XXXXXX")
    cleanup_fn lib_end_libvirtd
    ip netns add "$netns"
    ip -n "$netns" link set lo up
    # shellcheck disable=SC2034 # for the tests
    uri=$("$SOURCE/share/quickstart/libvirtd" start "$work/libvirt" --netns "$netns")
}

# base_images LAB CACHE: the images of a lab are built where this host's network is; a namespace may have no way out.
base_images() {
    local state
    state=$(mktemp -d)
    "$VOIPLAB" image -q -f "$1" --share "$SOURCE/share" --state "$state" --cache "$2" >/dev/null ||
        { rm -rf "$state" && fail "no base image"; }
    rm -rf "$state"
}

# retry SECONDS CMD [ARG...]: runs CMD every 0.1 s until it succeeds; 1 when the time is over. CMD is not
# cut short: give it a limit of its own if it can hang.
retry() {
    local seconds=$1 end
    shift
    end=$((${EPOCHREALTIME/[.,]/} + seconds * 1000000))
    until "$@"; do
        [ "${EPOCHREALTIME/[.,]/}" -lt "$end" ] || return 1
        sleep 0.1
    done
}

# expect_contains TEXT PART [WHAT]: TEXT holds PART as it is (no pattern); else shows both and ends the test.
expect_contains() {
    local text=$1 part=$2 what=${3-the output}
    case $text in
    *"$part"*) ;;
    *) fail "$what does not contain '$part'; it is:
$text" ;;
    esac
}

# expect_lacks TEXT PART [WHAT]: the opposite.
expect_lacks() {
    local text=$1 part=$2 what=${3-the output}
    case $text in
    *"$part"*) fail "$what contains '$part'; it is:
$text" ;;
    esac
}

# expect_status WANTED GOT WHAT
expect_status() { [ "$1" -eq "$2" ] || fail "$3: exit status $2, wanted $1"; }
