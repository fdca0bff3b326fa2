#!/bin/bash
# dialplan lint: its cases (test/lint), the plans that the program itself writes, its options, formats and fixes.
#
# ctest: COST 25
# shellcheck source=test/cli/support.sh
. "${SOURCE:?}/test/cli/support.sh"
need jq
bash "$SOURCE/test/lint/run" || fail 'the cases of test/lint'

# the plan that the project began with: at least eight kinds of defects, and nothing is found in what replaces it
rules=$(sed 's/.*\[\([a-z0-9-]*\)\]$/\1/' "$SOURCE/test/lint/thesis.expected" | sort -u | wc -l)
[ "$rules" -ge 8 ] || fail "only $rules kinds of defects in the thesis's plan"

# What a dry run of a lab would write, one directory for each PBX: LAB -> plans/PBX/*.conf
write_plans() {
    local target object
    rm -rf plans
    run up --dry-run --json -f "$1" --state "$work/state" --cache "$work/cache" -c "$nowhere" --wait 1
    expect_status 0 "the plan of $1"
    while IFS=$'\t' read -r target object; do
        mkdir -p "plans/$target"
        jq -r --arg target "$target" --arg object "$object" \
            '.plan[] | select(.target == $target and .object == $object) | .change' out |
            sed -n '/^+++/d; s/^+//p' >>"plans/$target/${object##*/}"
    done < <(jq -r '.plan[] | select(.object | test("/voiplab_(extensions|sip|iax|voicemail|chan_dahdi)[.]conf$")) |
        [.target, .object] | @tsv' out)
}

for lab in "$SOURCE"/share/labs/*.ini; do
    write_plans "$lab"
    [ -d plans ] || fail "$lab: no plan was read"
    for plan in plans/*/; do
        for name in extensions sip iax voicemail chan_dahdi; do
            [ ! -f "$plan/voiplab_$name.conf" ] ||
                printf '[general]\n[globals]\n#include "voiplab_%s.conf"\n' "$name" >"$plan/$name.conf"
        done
        [ -f "$plan/extensions.conf" ] || fail "$lab: $plan has no dialplan"
        run dialplan lint "$plan/extensions.conf"
        expect_status 0 "$lab, $plan: $(cat out)"
        run dialplan lint -f "$lab" --state "$work/state" "$plan/extensions.conf"
        expect_status 0 "$lab, $plan with its own emergency numbers: $(cat out)"
    done
done

# where calls over trunks start, only the lab file tells: s alone, and beside a number
mkdir lone
printf '[from-trunk]\nexten => s,1,Answer()\nsame => n,Hangup()\n' >lone/extensions.conf
run dialplan lint -f "$SOURCE/share/labs/thesis.ini" --state "$work/state" lone/extensions.conf
expect_status 1 'a trunk with s alone'
expect out "extensions.conf:2: warning: calls that reach 'virtual1' over its trunks start in [from-trunk]" 's alone'
[ "$(grep -c 'trunk-only-s' out)" -eq 1 ] || fail "it is not said once: $(cat out)"
run dialplan lint lone/extensions.conf
expect_not out 'trunk-only-s' 'without a lab file'
printf 'exten => _1XXX,1,Hangup()\n' >>lone/extensions.conf
run dialplan lint -f "$SOURCE/share/labs/thesis.ini" --state "$work/state" lone/extensions.conf
expect_not out 'trunk-only-s' 'beside a number'

# formats
cd "$SOURCE/test/lint"
run() {
    status=0
    "$VOIPLAB" "$@" >"$work/out" 2>"$work/err" </dev/null || status=$?
}
run dialplan lint steps.conf
expect_status 1 'findings'
cp "$work/out" "$work/plain"
run dialplan lint --json steps.conf
expect_status 1 '--json'
jq -r '.findings[] | "\(.file):\(.line): \(.severity): \(.text) [\(.rule)]"' "$work/out" | diff - "$work/plain" ||
    fail 'the JSON says something else'
run dialplan lint --sarif steps.conf
expect_status 1 '--sarif'
jq -e '.version == "2.1.0" and (.runs | length == 1) and .runs[0].tool.driver.name == "voiplab" and
    ([.runs[0].results[] | .ruleId as $id | .ruleIndex as $i | .level as $level |
        ($level | IN("note", "warning", "error"))] | all) and (.runs[0].results | length > 3)' "$work/out" >/dev/null ||
    fail 'the SARIF document is not as it should be'
jq -e '.runs[0] as $run | [$run.results[] | $run.tool.driver.rules[.ruleIndex].id == .ruleId and (.message.text | length > 10) and
    .locations[0].physicalLocation.artifactLocation.uri == "steps.conf" and
    .locations[0].physicalLocation.region.startLine > 0] | all' "$work/out" >/dev/null || fail 'a result of SARIF is wrong'
jq -r '.runs[0].results[] | "\(.locations[0].physicalLocation.region.startLine) \(.ruleId)"' "$work/out" >"$work/sarif.txt"
sed 's/^[^:]*:\([0-9]*\):.*\[\(.*\)\]$/\1 \2/' "$work/plain" | diff "$work/sarif.txt" - || fail 'SARIF says something else'
run dialplan lint --rules
expect_status 0 '--rules'
expect "$work/out" 'priority-leak' '--rules'
sed 1d "$work/out" | cut -d ' ' -f 1 | sort >"$work/rules.txt"
sed -n '/^\.Sh LINT/,/^\.Sh OPTIONS/s/^\.It Cm //p' "$SOURCE/man/voiplab-dialplan.1" | sed 's/[\\]//g' | sort |
    diff -u "$work/rules.txt" - || fail 'the program (-) and voiplab-dialplan(1) (+) have other rules'

# levels, rules left out, versions, exit statuses
run dialplan lint --level error steps.conf
expect_status 0 '--level error without errors'
expect_empty "$work/out" '--level error'
run dialplan lint secrets.conf
expect_status 0 'notices only'
run dialplan lint --level notice secrets.conf
expect_status 1 'notices, when they are asked for'
run dialplan lint --ignore no-priority-1,priority-gap,priority-jump,step-unreachable steps.conf
expect_status 0 '--ignore'
run dialplan lint --asterisk 21 versions-16.conf
expect "$work/out" 'Macro is gone since Asterisk 21' '--asterisk 21'
run dialplan lint --asterisk 1.6 versions-22.conf
expect_not "$work/out" 'channel SIP' '--asterisk 1.6'
for wrong in '--level loud' '--asterisk newest' '--ignore no-such-rule' '--country xx' '--yes' '--sarif --json' '--fix --sarif'; do
    # shellcheck disable=SC2086
    run dialplan lint $wrong steps.conf
    expect_status 2 "$wrong"
done
run dialplan lint
expect_status 2 'no file'
run dialplan lint not-there.conf
expect_status 1 'a file that is not there'
expect "$work/err" 'not-there.conf' 'a file that is not there'
run dialplan lint --sip not-there.conf steps.conf
expect_status 1 'a sip.conf that is not there'
run dialplan --level error
expect_status 2 'an option of lint elsewhere'

# A flood: one line for each rule and cause, at most 40 in all, and -v for every one; files that a program writes leave
# to their user, and override, what they do on purpose.
# flood STEPS: a plan with so many extensions of three steps
flood() {
    printf '[ext]\n'
    awk -v count="$1" 'BEGIN { for (i = 1; i <= count; i++)
        printf "exten => 5%06d,1,Set(V%d=1)\nexten => 5%06d,n,DeadAGI(x)\nexten => 5%06d,n,Goto(none%d,s,1)\n",
            i, i, i, i, i }'
}
cd "$work"
flood 500 >flood.conf
run dialplan lint flood.conf
expect_status 1 'a flood'
[ "$(wc -l <out)" -le 40 ] || fail "$(wc -l <out) lines of a flood"
expect out 'DeadAGI is deprecated since Asterisk 1.6; write AGI() (500 times, also line 6, 9, 12 ...)' 'the flood'
expect out "there is no context 'none1' (and 499 with other numbers, line 7, 10, 13 ...) [goto-nowhere]" 'the flood'
[ "$(wc -l <out)" = 2 ] || fail "$(wc -l <out) lines of two causes"
awk '{ word = ""
    for (n = NR; n; n = int(n / 26)) word = word sprintf("%c", 97 + n % 26)
    sub(/none/, "none" word); print }' flood.conf >words.conf
run dialplan lint words.conf
[ "$(wc -l <out)" = 40 ] || fail "$(wc -l <out) lines of many causes"
grep -q 'more of this rule from here on; -v tells them \[goto-nowhere\]$' out || fail 'it is not said how much more there is'
run dialplan lint flood.conf
expect err '500 errors, 500 warnings' 'the count of a flood'
run dialplan lint -v flood.conf
[ "$(wc -l <out)" = 1000 ] || fail "-v tells $(wc -l <out) findings of a flood, not 1000"
run dialplan lint --json flood.conf
[ "$(jq '.findings | length' out)" = 1000 ] || fail '--json does not have all of a flood'
mkdir gui
printf '[from-internal]\nexten => 1,1,NoOp(mine)\nexten => 1,n,Hangup()\n' >gui/override.conf
printf '#include "override.conf"\n#include "additional.conf"\n' >gui/extensions.conf
{
    printf ';   do NOT edit this file: it is auto-generated by a program\n\n[from-internal]\n'
    printf 'include => from-internal-custom\ninclude => other-custom\nignorepat => 9\nignorepat => 9\n'
    printf 'exten => 1,1,NoOp(theirs)\nexten => 1,n,Busy(5)\n'
} >gui/additional.conf
run dialplan lint --ignore ignorepat-twice gui/extensions.conf
expect_empty out 'what a program leaves to its user, and what he overrides'
run dialplan lint --fix gui/extensions.conf
expect_empty out '--fix of a file that a program writes'
sed -i 1d gui/additional.conf
run dialplan lint gui/extensions.conf
expect out 'priority-twice' 'the same in a file of the user'
expect out 'include-unknown' 'the same in a file of the user'

# The time of a plan grows as its length does, and --fix costs at most three lints (in processor time, so that others on
# the machine do not count; of the small one half a second is noise).
# processor_time NAME ARGUMENT ...: hundredths of a second of `dialplan lint`, into the variable NAME
processor_time() {
    local name=$1 TIMEFORMAT='%U %S' spent
    shift
    spent=$({ time "$VOIPLAB" dialplan lint "$@" >/dev/null 2>&1; } 2>&1) || :
    printf -v "$name" %d "$(awk '{ print int(($1 + $2) * 100) + 1 }' <<<"$spent")"
}
for count in 8333 33333; do
    flood $count >"flood-$count.conf"
    processor_time "spent_$count" "flood-$count.conf"
done
# shellcheck disable=SC2154
[ "$spent_33333" -le $((6 * spent_8333 + 50)) ] || fail "100,000 lines take ${spent_33333} cs, 25,000 take $spent_8333"
awk '{ print } /,1,/ { print }' flood-8333.conf >twice.conf
processor_time spent_once twice.conf
processor_time spent_fix --fix twice.conf
# shellcheck disable=SC2154
[ "$spent_fix" -le $((3 * spent_once + 50)) ] || fail "--fix takes $spent_fix cs, a lint $spent_once"

# A plan in the manner of graphical front ends, with COUNT extensions more than test/lint/gui has: gui COUNT DIRECTORY
gui() {
    cp -r "$SOURCE/test/lint/gui" "$2"
    awk -v count="$1" 'BEGIN { print "\n[ext-local]"
        for (n = 10001; n <= 10000 + count; n++) {
            timer = "${DB(AMPUSER/" n "/ringtimer)}"
            printf "exten => %d,1,Set(__RINGTIMER=${IF($[\"%s\" > \"0\"]?%s:${RINGTIMER})})\n", n, timer, timer
            printf "exten => %d,n,Macro(exten-vm,%d,%d,0,0,0)\n", n, n, n
            printf "exten => %d,n(dest),Set(__PICKUPMARK=)\n", n
            printf "exten => %d,n,Goto(${IVR_CONTEXT},return,1)\n", n
            printf "exten => %d,hint,SIP/%d&Custom:DND%d,CustomPresence:%d\n", n, n, n, n
            printf "exten => ${VM_PREFIX}%d,1,Macro(vm,%d,DIRECTDIAL,${IVR_RETVM})\n", n, n
            printf "exten => ${VM_PREFIX}%d,n,Goto(${IVR_CONTEXT},return,1)\n", n
            printf "exten => vmb%d,1,Macro(vm,%d,BUSY,${IVR_RETVM})\n", n, n
            printf "exten => vmb%d,n,Goto(${IVR_CONTEXT},return,1)\n", n
        } }' >>"$2/extensions_additional.conf"
    awk -v count="$1" 'BEGIN { for (n = 10001; n <= 10000 + count; n++)
        printf "[%d]\ntype=friend\nhost=dynamic\nsecret=Xk29fjQw7%d\ncontext=from-internal\n", n, n }' >>"$2/sip.conf"
}
gui 2700 gui-small
gui 11000 gui-large
processor_time spent_small gui-small/extensions.conf
processor_time spent_large gui-large/extensions.conf
# shellcheck disable=SC2154
[ "$spent_large" -le $((6 * spent_small + 50)) ] || fail "100,000 lines of a GUI take $spent_large cs, 25,000 $spent_small"
run dialplan lint --level notice gui-large/extensions.conf
[ "$(wc -l <out)" -le 40 ] || fail "$(wc -l <out) lines of a GUI's plan"
run dialplan lint --fix gui-large/extensions.conf
expect_empty out '--fix of what a GUI writes'
# where nobody says that a program wrote it, it is fixed, and no other finding comes
sed -i '/^; Do not edit/d' gui-small/*.conf
printf '[ext-local]\nignorepat => 9\nignorepat => 9\nexten => 10001,1,NoOp(twice)\n' >>gui-small/extensions_custom.conf
# gui_findings FILE: one a line, without the numbers of other lines, which move
gui_findings() {
    run dialplan lint --level notice --json gui-small/extensions.conf
    jq -r '.findings[] | "\(.rule) \(.text)"' out | sed 's/:[0-9]*/:N/g' | sort >"$1"
}
gui_findings gui-before.txt
processor_time spent_fix --fix --yes gui-small/extensions.conf
[ "$spent_fix" -le $((3 * spent_small + 50)) ] || fail "--fix of a GUI takes $spent_fix cs, a lint $spent_small"
gui_findings gui-after.txt
[ "$(wc -l <gui-after.txt)" -eq "$(($(wc -l <gui-before.txt) - 3))" ] || fail '--fix of a GUI has not fixed three lines'
[ -z "$(comm -13 gui-before.txt gui-after.txt)" ] || fail "--fix brings $(comm -13 gui-before.txt gui-after.txt)"

# All cases of a kind in one plan: more rules than lines, and those with errors are told
grep -hv -e '^#' -e '--;' -e ';--' -e '^same' "$SOURCE"/test/lint/*.conf | grep -v '^\[[^]]*$' >everything.conf
run dialplan lint --level notice everything.conf
[ "$(wc -l <out)" = 40 ] || fail "$(wc -l <out) lines of all cases"
tail -n 1 out | grep -q ' more of [0-9]* other rules; -v tells them$' || fail 'it is not said that there are more rules'
expect_not out 'and 0 more' 'a rule that has no more'
cp out told.txt
run dialplan lint --level error --json everything.conf
while read -r rule; do
    grep -q "\[$rule\]\$" told.txt || fail "all cases: no line is about $rule"
done < <(jq -r '.findings[].rule' out | sort -u)

# fixes: the diff applies, --yes writes it, and a second look finds no more of it
cd "$work"
cp "$SOURCE"/test/lint/{loader,versions-16,dial,steps,leak}.conf .
cp -r "$SOURCE/test/lint/thesis" thesis
for file in loader versions-16 dial steps thesis/extensions; do
    cp "$file.conf" before.conf
    run dialplan lint --fix "$file.conf"
    expect_status 0 "--fix $file"
    cmp -s before.conf "$file.conf" || fail "--fix without --yes has written $file"
    [ -s out ] || fail "--fix $file has nothing to do"
    cp out change.diff
    patch -s -o patched.conf before.conf change.diff || fail "the diff of $file does not apply"
    run dialplan lint --level notice --json "$file.conf"
    jq '[.findings[] | select(.fixable)] | length' out >fixable.txt
    chmod 640 "$file.conf"
    run dialplan lint --fix --yes "$file.conf"
    expect_status 0 "--fix --yes $file"
    cmp -s patched.conf "$file.conf" || fail "--fix --yes of $file writes something else than it shows"
    [ "$(stat -c %a "$file.conf")" = 640 ] || fail "--fix --yes of $file changes its mode"
    run dialplan lint --level notice --json "$file.conf"
    [ "$(jq '[.findings[] | select(.fixable)] | length' out)" -lt "$(cat fixable.txt)" ] || fail "$file: nothing is better"
done
# shellcheck disable=SC2016
for line in 'exten => 200,1,Dial(DAHDI/1)' 'exten => 301,1,NoOp()'; do
    grep -qxF "$line" loader.conf || fail "loader.conf has no '$line' after --fix"
done
# shellcheck disable=SC2016
grep -qxF 'exten => _0X.,1,Dial(DAHDI/1/${FILTER(0-9,${EXTEN})})' dial.conf || fail 'dial.conf is not fixed'
grep -qxF 'exten => 100,n,Dial(PJSIP/100,20,r)' versions-16.conf || fail 'the bars of versions-16.conf are not commas'
! grep -q SetVar versions-16.conf || fail 'SetVar is still there'
run dialplan lint --fix leak.conf
expect_empty out 'nothing to fix'
run dialplan lint --fix --check leak.conf
expect_status 0 '--fix --check with nothing to fix'

# several files are one plan: a link is shown, but refused before anything is written; what two plans include is fixed
# once; a file that is named from elsewhere is the same file; a lab keeps what was there
cp "$SOURCE/test/lint/loader.conf" first.conf
mkdir -p elsewhere linked
cp "$SOURCE/test/lint/loader.conf" elsewhere/shared.conf
ln -s ../elsewhere/shared.conf linked/link.conf
run dialplan lint --fix linked/link.conf
expect_status 0 '--fix of a link'
expect out '+++ linked/link.conf' '--fix of a link'
for mode in --dry-run --check --yes; do
    run dialplan lint --fix --yes $mode first.conf linked/link.conf
    expect_status 1 "--fix --yes $mode of a link"
    expect err 'is a symbolic link, which would be lost' "--fix --yes $mode of a link"
    cmp -s "$SOURCE/test/lint/loader.conf" first.conf || fail 'the file before a link that is refused is written'
done
[ -L linked/link.conf ] || fail '--fix --yes has replaced a link'
cmp -s "$SOURCE/test/lint/loader.conf" elsewhere/shared.conf || fail '--fix --yes has followed a link'
for name in one two; do printf '#include "elsewhere/shared.conf"\n' >$name.conf; done
cp -r elsewhere before
run dialplan lint --fix --dry-run --json one.conf "$work/linked/../two.conf"
expect_status 0 '--fix --dry-run of two plans with a file in common'
jq -e --arg file "$work/elsewhere/shared.conf" '(.plan | length == 1) and .plan[0].object == $file and
    .plan[0].target == "this host" and (.plan[0].change | length > 0) and (.diff | startswith("--- "))' out >/dev/null ||
    fail "--fix --dry-run --json: $(cat out)"
cmp -s before/shared.conf elsewhere/shared.conf || fail '--fix --dry-run --json has written the file'
run dialplan lint --fix --yes one.conf "$work/linked/../two.conf"
expect_status 0 '--fix --yes of two plans with a file in common'
[ "$(grep -c '^+++ ' out)" = 1 ] || fail "the file in common is changed more than once: $(cat out)"
expect err "write $work/elsewhere/shared.conf (changed, mode" '--fix --yes tells its steps'
patch -s -o patched.conf before/shared.conf out || fail 'the diff of the file in common does not apply'
cmp -s patched.conf elsewhere/shared.conf || fail 'the file in common is not as the diff says'
run dialplan lint --fix one.conf two.conf
expect_empty out 'nothing is left to fix in what two plans include'
[ ! -e state ] || fail '--fix without a lab has made a state directory'
run dialplan lint -f "$SOURCE/share/labs/quickstart.ini" --state "$work/state" --fix --yes first.conf
expect_status 0 '--fix --yes with a lab'
kept=$(find state -path '*/backup/this host/*first.conf')
cmp -s "$kept" "$SOURCE/test/lint/loader.conf" || fail "with a lab, --fix --yes keeps no backup: $(find state)"
cmp -s first.conf "$SOURCE/test/lint/loader.conf" && fail '--fix --yes with a lab changes nothing'

# what only looks does not write, whatever else is said
cp "$SOURCE/test/lint/loader.conf" looked.conf
for mode in --dry-run --explain --check; do
    for yes in '' --yes; do
        # shellcheck disable=SC2086
        run dialplan lint --fix $yes $mode looked.conf
        expect_status "$([ "$mode" = --check ] && echo 5 || echo 0)" "--fix $yes $mode"
        cmp -s "$SOURCE/test/lint/loader.conf" looked.conf || fail "--fix $yes $mode has written the file"
        grep -q '^+++ looked.conf' out || fail "--fix $yes $mode shows no diff"
        expect_not err 'lines changed' "--fix $yes $mode"
    done
done
finish
