#!/bin/bash
# dialplan show: plans that Asterisk refuses, many numbers at once, the graph.
# shellcheck source=test/cli/support.sh
. "${SOURCE:?}/test/cli/support.sh"
need jq

# refused TEXT LINE WHAT: Asterisk loads nothing of this plan, and no answer is given
refused() {
    printf '%b' "$1" >plan.conf
    run dialplan show 1 --context a --conf plan.conf
    expect_status 1 "$3"
    expect err "plan.conf:$2: $3" "$3"
    expect err 'Asterisk refuses the whole dialplan' "$3"
    expect_empty out "$3"
    run dialplan show 1 --context a --conf plan.conf --json
    expect_status 1 "$3, as JSON"
    jq -e --arg text "plan.conf:$2: $3" '(.error | contains($text)) and .status == 1' out >/dev/null ||
        fail "$3, as JSON: $(cat out)"
    run_input '1 a\n' dialplan show - --conf plan.conf
    expect_status 1 "$3, many numbers"
    expect err "plan.conf:$2: $3" "$3, many numbers"
    expect_not out match "$3, many numbers"
}

# run_input INPUT ARGUMENT...: as run does, with an input
run_input() {
    local input=$1
    shift
    status=0
    printf '%b' "$input" | "$VOIPLAB" "$@" >out 2>err || status=$?
}

some='[a]\nexten => 1,1,Dial(SIP/x)\n'
refused "$some"'[b](nope)\n' 3 "there is no section or template 'nope'"
refused "$some"'[b](+)\n' 3 "there is no section 'b' yet to add to"
refused "exten => 2,1,NoOp()\n$some" 1 'a line before the first section'
refused "${some}[b\n" 3 "'[b' has no ']'"
refused "${some}[b](c\n" 3 "the list behind '[b](c' has no ')'"
refused "$some\\\\\n" 3 'a lone backslash'
refused "$some#include inc/none*.conf\n" 3 "'inc/none*.conf' cannot be included"
# the first one is named, whatever else Asterisk says of the file
refused "$some"'exten => 2,x,NoOp()\nfoo\n[b](one)\n[c](two)\n' 5 "there is no section or template 'one'"

# in a file that is included only the rest of that file is lost, and the files that the same line includes after it
mkdir parts
printf '%b' 'exten => 13,1,NoOp()\n' >parts/y2.conf
for line in '[b](nope)' '[b](+)' '[b' '[b ;-- x' '[b](c' "\\\\" '#include none.conf' 'foo'; do
    printf '%b' "exten => 11,1,NoOp()\n$line\nexten => 12,1,NoOp()\n" >parts/y1.conf
    printf '%b' "$some#include parts/y*.conf\nexten => 14,1,NoOp()\n" >plan.conf
    run_input '1 a\n11 a\n12 a\n13 a\n14 a\n' dialplan show - --conf plan.conf
    expect_status 0 "'$line' in a file that is included"
    case $line in foo) wanted='1 11 12 13 14 ' ;; *) wanted='1 11 14 ' ;; esac
    found=$(jq -r 'select(.match).number' out | tr '\n' ' ')
    [ "$found" = "$wanted" ] || fail "'$line' in a file that is included: of the plan $found is there, not $wanted"
done
printf '%b' "$some#include plan.conf\n" >plan.conf
run dialplan show 1 --context a --conf plan.conf
expect_status 0 'a file that includes itself'

# what Asterisk only complains of does not keep it from loading the rest
printf '%b' "$some"'\nfoo\nbar => 1\n#tryinclude none.conf\n#exec /bin/true\n#odd\nexten => 1,1,NoOp()\nexten => 2,x,NoOp()
exten => ,1,NoOp()\nsame\ninclude => nowhere\n[b\\;]\n[c]\n--;\n[d\n' >plan.conf
run dialplan show 1 --context a --conf plan.conf
expect_status 0 'a plan with mistakes that Asterisk loads'
expect out 'SIP/x' 'a plan with mistakes that Asterisk loads'

# the graph has every jump that names a context, each once
cat >plan.conf <<'EOF'
[a]
exten => 1,1,GotoIf($[${X}=1]?b,s,1:c,s,1)
same => n,GotoIf($["${X}"="?:"]?b,s,1:c,s,1)
same => n,gotoif(1?b,s,1)
same => n,GosubIf($[${X}=1]?d,s,1(x,y):e,s,1)
same => n,GotoIfTime(9:00-17:00,mon-fri,*,*?f,s,1:g,s,1)
same => n,MacroIf(${X}?h,x:i,y)
same => n,ExecIf($[${X}=1]?Goto(j,s,1):Macro(k))
same => n,ExecIfTime(*,*,*,*?Gosub(l,s,1))
same => n,TryExec(Goto(m,s,1))
same => n,Exec(ExecIf(1?GotoIf(1?n,s,1)))
same => n,GotoIf(1?1:2)
same => n,Goto(${X},s,1)
same => n,MacroIf(1?)
same => n,Gosub(o,s,1(a,b))
same => n,MacroExclusive(p,x)
same => n,Goto(a,1,1)
EOF
run dialplan show 1 --context a --conf plan.conf --dot
expect_status 0 '--dot'
sed -n 's/^    "a" -> "\(.*\)" \[label="\(.*\)", style=dashed\];$/\1 \2/p' out | sort >got
sort >wanted <<'EOF'
b GotoIf
c GotoIf
d GosubIf
e GosubIf
f GotoIfTime
g GotoIfTime
macro-h MacroIf
macro-i MacroIf
j ExecIf
macro-k ExecIf
l ExecIfTime
m TryExec
n Exec
o Gosub
macro-p MacroExclusive
a Goto
EOF
diff wanted got || fail 'the jumps of the graph'

# a line that says too little is told, and the others are answered
printf '%b' "$some" >plan.conf
for json in '' --json; do
    run_input '1 a\n\n1\n1 nowhere\n1 a 5\n' dialplan show - ${json:+"$json"} --conf plan.conf
    expect_status 2 "a line without a context $json"
    expect err 'line 3: say with --context' "a line without a context $json"
    jq -c '[.number, .context, .match.extension, has("match"), (.candidates | length), .error, .callerid]' out >got
    diff - got <<'EOF' || fail "a line without a context $json"
["1","a","1",true,1,null,null]
["1","",null,true,0,"say with --context where the call comes in",null]
["1","nowhere",null,true,0,"there is no context 'nowhere'",null]
["1","a","1",true,1,null,"5"]
EOF
    [ "$(wc -l <out)" -eq 4 ] || fail "more lines than answers $json: $(cat out)"
done
run_input '1\n1\n' dialplan show - --json --conf plan.conf --context a
expect_status 0 'lines without a context, which is said once'
run_input '1 nowhere\n1 a\n' dialplan show - --json --conf plan.conf
expect_status 0 'a context that is not there'
run_input '1 a\n1 a\n' dialplan show - --json --conf plan.conf --at '2024-02-30 10:00'
expect_status 2 'a day that there is not'
jq -e '.status == 2' out >/dev/null || fail "a day that there is not: $(cat out)"

# without --callerid the caller has no number, for extensions and for conditions
# shellcheck disable=SC2016
printf '%s\n' '[a]' 'exten => 1/,1,GotoIf($["${CALLERID(num)}"=""]?5)' 'exten => 1/,5,Dial(SIP/none)' \
    'exten => 1,1,Dial(SIP/${CALLERID(num)})' >plan.conf
run dialplan show 1 --context a --conf plan.conf
expect out '1 → SIP/none' 'a caller without a number'
expect_not out 'not known' 'a caller without a number'
run dialplan show 1 --context a --conf plan.conf --callerid 77
expect out '1 → SIP/77' 'a caller with a number'

# letters are shown as they are where the terminal has them; nothing else that is no ASCII is. A mark of the byte order
# is passed over, in files that are included too
printf '\357\273\277[a]\n#include more.conf\nexten => 1,1,NoOp(Recepci\303\263n \302\233 \342\200\256)\n' >plan.conf
printf '\357\273\277exten => 2,1,NoOp(x)\n' >more.conf
LC_ALL=C.UTF-8 run dialplan show 1 --context a --conf plan.conf
expect out 'Recepción \xc2\x9b \xe2\x80\xae' 'a locale with UTF-8'
LC_ALL=C run dialplan show 1 --context a --conf plan.conf
expect out 'Recepci\xc3\xb3n' 'a locale without UTF-8'
run dialplan show 2 --context a --conf plan.conf
expect out '2 → a → 2' 'a byte order mark in a file that is included'

# contexts that have nothing to say are counted; who has seen enough makes no error
{
    printf '[a]\nexten => 1,1,NoOp(x)\n'
    for ((i = 0; i < 40; i++)); do printf 'include => c%d\n' "$i"; done
    printf 'include => nowhere\n'
    for ((i = 0; i < 40; i++)); do printf '[c%d]\nexten => %d,1,NoOp(x)\n' "$i" $((i * 100 + 7)); done
    printf '[c7]\ninclude => deep\n[deep]\nexten => 1,1,NoOp(x)\n'
} >plan.conf
run dialplan show 1 --context a --conf plan.conf
expect out 'and 39 contexts without a candidate' 'contexts without a candidate'
expect out '[deep]  included by [c7]' 'a context that leads to a candidate'
expect out '[nowhere]  included by [a]: there is no such context' 'an include of what is not there'
expect_not out '[c8]' 'a context without a candidate'
{
    "$VOIPLAB" dialplan show 1 --context a --conf plan.conf 2>err
    echo $? >status
} | head -c 0
[ "$(cat status)" = 0 ] || fail "| head ends with $(cat status)"
expect_empty err '| head'

# the other search that Asterisk has: the last of two that are as narrow, and no other one when it lacks the priority
printf '%s\n' '[general]' 'extenpatternmatchnew=yes' '[a]' 'exten => s,1,NoOp(x)' 'exten => _s-!,1,NoOp(x)' \
    'exten => _X,1,NoOp(x)' 'exten => 5,2,NoOp(x)' >plan.conf
run dialplan show s --context a --conf plan.conf
expect out 's → a → _s-!' 'extenpatternmatchnew'
expect out 'is not the one that the tree finds' 'extenpatternmatchnew'
expect_not out 'assumed' 'extenpatternmatchnew'
run dialplan show 5 --context a --conf plan.conf
expect out '5 → a → nothing' 'extenpatternmatchnew, a priority that is missing'
# Asterisk makes the tree while it loads where a label is looked up
printf '%s\n' 'exten => 7,1(one),NoOp(x)' 'exten => _[67],one,NoOp(x)' >>plan.conf
run dialplan show s --context a --conf plan.conf
expect out '(? 1 assumed)' 'extenpatternmatchnew, a label in place of a priority'

# what is known beside the plan, and what is taken for granted
# shellcheck disable=SC2016
printf '%s\n' '[a]' 'exten => 1,1,GotoIf($["${DB(CFU/1)}" = ""]?3)' 'exten => 1,2,Dial(SIP/${DB(CFU/1)})' \
    'exten => 1,3,Dial(SIP/1${TTL}${CALLERID(name)})' >plan.conf
printf '%-50s: %-25s\n' /CFU/1 '77:8' /CFU/12 5 >database
echo '2 results found.' >>database
run dialplan show 1 --context a --conf plan.conf --db database
expect out '→ SIP/77:8, then SIP/1  (? 1 assumed)' 'AstDB from a file'
expect out "nothing sets 'TTL': it is empty" 'what is assumed'
echo '0 results found.' >database
run dialplan show 1 --context a --conf plan.conf --db database --set TTL=x --set 'CALLERID(name)=y z'
expect out '→ SIP/1xy z' 'an empty AstDB, and what the call comes with'
expect_not out 'assumed' 'an empty AstDB, and what the call comes with'
run dialplan show 1 --context a --conf plan.conf
# shellcheck disable=SC2016
expect out '→ SIP/${DB(CFU/1)}, then SIP/1  (? 2 assumed)' 'an AstDB that is not known'
run dialplan show 1 --context a --conf plan.conf --json
jq -e '.assumed | length == 2' out >/dev/null || fail "what is assumed, as JSON: $(cat out)"
run dialplan show 1 --context a --conf plan.conf --db plan.conf
expect_status 1 'a file that is no AstDB'
expect err "'plan.conf' is not what" 'a file that is no AstDB'
run dialplan show 1 --context a --conf plan.conf --set TTL
expect_status 2 'a variable without a value'
run dialplan show 1 --context a --conf plan.conf --steps 1
expect out 'not followed behind step 1' 'steps that are followed'

# what adds to the plan beside it, and is not read
mkdir beside
printf '%s\n' '[phones]' 'exten => 100,1,Goto(menu,s,1)' 'exten => 101,1,Macro(ring)' 'exten => 102,1,Goto(parkedcalls,701,1)' \
    'exten => 103,1,Goto(parks,1,1)' 'exten => _2XX,1,NoOp(here)' '[default]' 'exten => 1,1,NoOp(x)' >beside/extensions.conf
run dialplan show 200 --context phones --conf beside/extensions.conf
expect_not out 'assumed' 'nothing beside'
run dialplan show 102 --context phones --conf beside/extensions.conf
expect out '[parkedcalls] is that of res_parking, which is not read' 'a context of a module'
expect out "not known where 'parkedcalls,701,1' is" 'a context of a module'
run dialplan show 100 --context phones --conf beside/extensions.conf
expect out 'no step follows' 'a context of nobody'
printf '%s\n' '// context none {' 'context menu {' '  s => { NoOp(x); }' '}' 'macro macro-ring() {' '}' 'context phones { }' >beside/extensions.ael
printf '%s\n' '[general]' '[lot]' 'context => parks' >beside/res_parking.conf
printf '%s\n' '[general]' 'hassip = yes' '[6000]' 'secret = Xk29fjQw7' 'alternateexts = 7000' >beside/users.conf
run dialplan show 100 --context phones --conf beside/extensions.conf
expect out '[menu] is that of extensions.ael, which is not read' 'a context in AEL'
expect out 'extensions.ael, which is not read, adds nothing to [phones]' 'a context in both'
expect out '(? 2 assumed)' 'a context in AEL'
run dialplan show 101 --context phones --conf beside/extensions.conf
expect out '[macro-ring] is that of extensions.ael' 'a macro in AEL'
run dialplan show 103 --context phones --conf beside/extensions.conf
expect out '[parks] is that of res_parking.conf' 'a context of res_parking.conf'
run dialplan show 7000 --context default --conf beside/extensions.conf
expect out '7000 → default → 7000 → SIP/6000' 'an account of users.conf'
expect_not out 'assumed' 'an account of users.conf'
run dialplan lint beside/extensions.conf
expect_not out 'users.conf' 'lint of accounts of users.conf'
run dialplan show 1 --context menu --conf beside/extensions.conf
expect_status 1 'a call into what is not read'
expect err "the context 'menu' is that of extensions.ael, which is not read" 'a call into what is not read'

# a tree that was copied from a PBX: what it includes by the whole path is found in the copy
mkdir -p copy/etc/asterisk/more flat
printf '[a]\nexten => 1,1,NoOp(copied)\n' >copy/etc/asterisk/more/one.conf
printf '%s\n' '#include /etc/asterisk/more/o*.conf' '#tryinclude /etc/asterisk/none.conf' '#exec /bin/false' '[b]' >copy/etc/asterisk/extensions.conf
cp copy/etc/asterisk/more/one.conf copy/etc/asterisk/extensions.conf flat/
sed -i 's|more/o\*|one|' flat/extensions.conf
for tree in copy/etc/asterisk "$work/copy/etc/asterisk" flat ./flat; do
    run dialplan show 1 --context a --conf "$tree/extensions.conf"
    expect out '1 → a → 1' "$tree"
    expect out "is read from '$tree/" "$tree"
    expect out "'#exec /bin/false' is not run" "$tree"
    expect out '(? 2 assumed)' "$tree"
done
(
    cd copy
    run dialplan show 1 --context a --conf etc/asterisk/extensions.conf
    expect out "is read from './etc/asterisk/more/" 'from the root of the copy'
    exit "$failures"
) || fail 'from the root of the copy'

# an application that there is not ends the call, and that is told
# ends_at PLACE WORDS WHAT [ARGUMENT...]: of number 1 the step of this priority is the last one, and WORDS say why
ends_at() {
    local place=$1 words=$2 what=$3
    shift 3
    run dialplan show 1 --context a --conf plan.conf "$@"
    expect_status 0 "$what"
    expect out 'the call ends' "$what"
    expect out "$words" "$what"
    run dialplan show 1 --context a --conf plan.conf --json "$@"
    [ "$(jq '.steps[-1].priority' out)" = "$place" ] || fail "$what: the last step is not $place: $(cat out)"
}
printf '%b' '[a]\nexten => 1,1,Answer()\n same => n,Nosuchthing(x)\n same => n,Dial(SIP/x)\n' >plan.conf
ends_at 2 'Asterisk has no such application, which ends the call' 'an application that nobody has'
run dialplan show 1 --context a --conf plan.conf
expect out "no other module brings an application 'Nosuchthing'" 'what is assumed of it'

mkdir modules
printf '%b' '[a]\nexten => 1,1,Answer()\n same => n,Playback(x)\n same => n,VoiceMail(1)\n same => n,Dial(SIP/x)\n' >plan.conf
run dialplan show 1 --context a --conf plan.conf
expect out 'Dial(SIP/x)' 'applications of modules when nothing is known of these'
mv plan.conf modules/plan.conf
cd modules
printf '%b' '[modules]\nautoload=no\nload => app_dial.so\nload => app_voicemail_odbc.so\n' >modules.conf
ends_at 2 'it is in app_playback.so, which modules.conf does not load: that ends the call' 'a module that is not loaded'
# a function of such a module gives nothing
cat >function.conf <<'EOF'
[a]
exten => 1,1,Set(CUT(x)=1)
 same => n,NoOp(<${CUT(L,-,1)}>)
EOF
run dialplan show 1 --context a --conf function.conf
expect out 'NoOp(<>)' 'a function that is not loaded'
expect out 'CUT() gives nothing: modules.conf does not load func_cut.so' 'a function that is not loaded'
printf '%b' '[modules]\nautoload=yes\nnoload => app_playback.so\n' >modules.conf
ends_at 2 'app_playback.so, which modules.conf does not load' 'a module that is barred'
printf '%b' '[modules]\nautoload=no\nload => app_playback.so\nload => app_dial.so\nload => app_voicemail_odbc.so\n' >modules.conf
run dialplan show 1 --context a --conf plan.conf
expect out 'Dial(SIP/x)' 'one of several modules that bring an application'
expect_not out 'assumed' 'what modules.conf tells is not assumed'
cd ..

# of another version: assumed to be there, or gone when that version is named
printf '%b' '[a]\nexten => 1,1,Macro(m)\n same => n,If(1)\n same => n,SetVar(A=1)\n same => n,NoOp(end)\n' >plan.conf
run dialplan show 1 --context a --conf plan.conf
expect out 'NoOp(end)' 'applications of other versions'
expect out 'there is an application If, which Asterisk 16 lacks' 'one of a newer version'
expect out 'there is an application SetVar, which Asterisk 16 lacks' 'one of an older version'
expect_not out 'application Macro,' 'one that Asterisk 16 has'
ends_at 1 'gone since Asterisk 21, which ends the call; write Gosub() and Return()' 'Macro of 22' --asterisk 22
ends_at 2 'there since Asterisk 18 only, which ends the call' 'If of 16' --asterisk 16
ends_at 3 'gone since Asterisk 1.4, which ends the call; write Set()' 'SetVar of 18' --asterisk 18
run dialplan show 1 --context a --conf plan.conf --asterisk twelve
expect_status 2 'no version'
expect err "'twelve' is no version of Asterisk" 'no version'

finish
