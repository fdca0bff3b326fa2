#!/bin/bash
# Asterisk 16 is the oracle: dialplans made at random are loaded by it and by voiplab. Both must hold the same extensions,
# priorities, labels, applications, arguments and lines, and name the same candidates in the same order for each number.
#
# usage: dialplan_oracle.sh [CASES [SEED]]     a case is a number looked up in a context (default 5000, or 200000 with VOIPLAB_TEST_FULL=ON)
#
# ctest: FIXTURES_REQUIRED tree TIMEOUT 600 COST 5
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=test/e2e/lib.sh
. "$here/lib.sh"

requires_root
requires python3 unshare
count=5000
! full || count=200000
: "${VOIPLAB:?}" "${DIALPLAN_TOOL:?}"
work=$(mktemp -d)
cleanup_fn rm -rf "$work"
cleanup_fn end_oracle
# shellcheck disable=SC2317
end_oracle() { [ ! -s "$work/ast/pid" ] || kill -KILL "$(cat "$work/ast/pid")" 2>/dev/null || :; }
mkdir "$work/ast" "$work/ast/etc"
# it starts Asterisk, and starts it anew where a reload ends it; with the process go all of its namespaces
python3 "$here/dialplan_oracle.py" "$work/ast" "${1:-$count}" "${2:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}"
