#!/bin/bash
# What the linter says that Asterisk does with a plan, it does: calls go through lint_claims.conf (and, for the
# search of extenpatternmatchnew, lint_claims_tree.conf), and the log says which
# steps ran with which arguments. The linter is asked about the same file, with the modules.conf that Asterisk has.
#
# ctest: FIXTURES_REQUIRED tree TIMEOUT 120 COST 5
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=test/e2e/lib.sh
. "$here/lib.sh"

requires_root
requires python3 unshare
: "${VOIPLAB:?}"
work=$(mktemp -d)
cleanup_fn rm -rf "$work"
cleanup_fn end_oracle
# shellcheck disable=SC2317
end_oracle() { [ ! -s "$work/ast/pid" ] || kill -KILL "$(cat "$work/ast/pid")" 2>/dev/null || :; }
for plan in lint_claims lint_claims_tree; do
    mkdir "$work/ast" "$work/ast/etc"
    python3 "$here/lint_claims.py" "$work/ast" "$here/$plan.conf"
    rm -rf "$work/ast"
done
