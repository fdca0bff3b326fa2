#!/bin/bash
# Asterisk 16 is the oracle: calls go through dialplans made at random, with expressions, functions, conditions, Gosub and
# Macro, and the log says which step ran with which arguments. `dialplan show` must have foretold each of them.
#
# Then as many steps of plans in the manner of FreePBX, 200 of them in a short run, and the search of extenpatternmatchnew.
#
# usage: dialplan_steps.sh [CALLS [SEED]]     (default 400, or 5000 with VOIPLAB_TEST_FULL=ON)
#
# ctest: RESOURCE_LOCK processor FIXTURES_REQUIRED tree TIMEOUT 600 COST 90
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=test/e2e/lib.sh
. "$here/lib.sh"

requires_root
requires python3 unshare
count=400
! full || count=5000
: "${VOIPLAB:?}"
work=$(mktemp -d)
cleanup_fn rm -rf "$work"
cleanup_fn end_oracle
# shellcheck disable=SC2317
end_oracle() { [ ! -s "$work/ast/pid" ] || kill -KILL "$(cat "$work/ast/pid")" 2>/dev/null || :; }
mkdir "$work/ast" "$work/ast/etc"
python3 "$here/dialplan_steps.py" "$work/ast" "${1:-$count}" "${2:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}"
