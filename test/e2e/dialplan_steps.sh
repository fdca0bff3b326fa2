#!/bin/bash
# Asterisk 16 is the oracle: calls go through dialplans made at random, with expressions, functions, conditions, Gosub and
# Macro, and the log says which step ran with which arguments. `dialplan show` must have foretold each of them.
#
# Then so many steps of plans in the manner of FreePBX, and the search of extenpatternmatchnew.
#
# usage: dialplan_steps.sh [CALLS [SEED [STEPS]]]     (default 400 and 200, or 5000 and 10000 with VOIPLAB_TEST_FULL=ON:
#                                                     test/run --full -R dialplan_steps)
#
# ctest: FIXTURES_REQUIRED tree TIMEOUT 900 COST 130
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=test/e2e/lib.sh
. "$here/lib.sh"

requires_root
requires python3 unshare
count=400 steps=200
! full || count=5000 steps=10000
: "${VOIPLAB:?}"
work=$(mktemp -d)
cleanup_fn rm -rf "$work"
cleanup_fn end_oracle
# shellcheck disable=SC2317
end_oracle() { [ ! -s "$work/ast/pid" ] || kill -KILL "$(cat "$work/ast/pid")" 2>/dev/null || :; }
mkdir "$work/ast" "$work/ast/etc"
python3 "$here/dialplan_steps.py" "$work/ast" "${1:-$count}" \
    "${2:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}" "${3:-$steps}"
