#!/bin/bash
# A dry run of thirty students gives all memory back. LeakSanitizer looks where the program was built with it (preset
# asan), Valgrind does elsewhere; ThreadSanitizer bears neither, and there the run has to be clean by its own measure.
#
# ctest: LABELS cli;leaks COST 45
# shellcheck source=test/cli/support.sh
. "${SOURCE:?}/test/cli/support.sh"
need jq

# The sanitizer that the program was built with: gcc brings it as a library, clang puts it into the program.
sanitizer=$(grep -aoE '__[at]san_init' "$VOIPLAB" | head -1) || :
if [ -z "$sanitizer" ]; then
    need valgrind
    valgrind --quiet "$VOIPLAB" --version >out 2>&1 || skip "Valgrind cannot read what this compiler makes: $(head -1 out)"
fi

# checked COMMAND...: run the program under whatever looks for leaks; 99 when there is one.
checked() {
    status=0
    case $sanitizer in
    '') valgrind --quiet --leak-check=full --show-leak-kinds=definite,indirect --errors-for-leak-kinds=definite,indirect \
        --error-exitcode=99 --trace-children=no "$VOIPLAB" "$@" >out 2>err </dev/null || status=$? ;;
    *) ASAN_OPTIONS=detect_leaks=1:exitcode=99 LSAN_OPTIONS=exitcode=99 TSAN_OPTIONS=exitcode=99 \
        "$VOIPLAB" "$@" >out 2>err </dev/null || status=$? ;;
    esac
}

# Valgrind takes twenty times as long; the other two walk the same plan.
modes=(--dry-run --explain '--dry-run --json')
[ -n "$sanitizer" ] || modes=('--dry-run --json')
for mode in "${modes[@]}"; do
    # shellcheck disable=SC2086
    checked up $mode -f "$SOURCE/share/labs/classroom.ini" --state "$work/state" --cache "$work/cache" -c "$nowhere" \
        --wait 1
    expect_status 0 "up $mode of 30 students"
    grep -q 'student-30' out || fail "up $mode: the plan has no 30th student"
done
jq -e '.plan | length > 300' out >/dev/null || fail 'the plan of 30 students is short'
checked up --dry-run -f "$SOURCE/test/lab/fail-address-twice.ini"
expect_status 3 'a wrong lab file'
checked up --dry-run -f "$SOURCE/share/labs/classroom.ini" --state "$work/state" nobody
expect_status 2 'an unknown PBX'
finish
