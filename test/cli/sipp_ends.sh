#!/bin/bash
# How a load run ends that cannot go on as it was meant: no room for the results or for what SIPp writes, results that go
# away meanwhile, signals. The right words, what was seen so far, and no SIPp that stays behind.
#
# ctest: COST 12
# Mounts of its own: small disks.
if [ "$(id -u)" -eq 0 ] && [ "${1-}" != inside ]; then
    exec unshare -m --propagation private bash "$0" inside
fi
# shellcheck source=test/cli/support.sh
. "${SOURCE:?}/test/cli/support.sh"
need sipp jq pgrep
[ "$(id -u)" = 0 ] || skip 'a small disk is mounted by root'

cat >lab.ini <<'EOF'
[lab]
name = ended
[bridge]
interface = none
address = 127.77.11.1/24
[pbx far]
place = ssh
address = 127.77.11.3
port = 9
prefix = 1
hostkey = ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
EOF
mkdir -m 700 state small tight full
sipp -sn uas -i 127.77.11.2 -p 5099 -nostdin >/dev/null 2>&1 &
answerer=$!
trap 'kill "$answerer"; umount small tight full 2>/dev/null; rm -rf "$work"' EXIT
mount -t tmpfs -o size=1m,mode=0700 tmpfs small
mount -t tmpfs -o size=4m,mode=0700 tmpfs tight
mount -t tmpfs -o size=12m,mode=0700 tmpfs full

# begin NAME CALLS [OPTION...]: a run in the background, with -o NAME.d; its number is in pids[NAME]
declare -A pids
as=()
begin() {
    local name=$1 calls=$2
    shift 2
    "${as[@]}" "$VOIPLAB" sipp -f lab.ini --state "$work/state" -c "$nowhere" --target 127.77.11.2:5099 --number 100 --hold 1 \
        --rate 20 --no-trial --calls "$calls" -o "$work/$name.d" "$@" >"$name.out" 2>"$name.err" </dev/null &
    pids[$name]=$!
}
# ends NAME STATUS: it ends with this status
ends() {
    status=0
    wait "${pids[$1]}" 2>/dev/null || status=$?
    cp "$1.err" err
    expect_status "$2" "$1"
}
outcome() { jq -r .run.outcome "$1/result.json"; }
# fill DIR: leave no room there
fill() { cat /dev/zero >"$1/filler" 2>/dev/null || :; }

run sipp -f lab.ini --state "$work/state" -c "$nowhere" --target 127.77.11.2:5099 --number 100 -o "$work/small/x"
expect_status 1 'no room for results'
expect err "small/x' has only 1024 KiB left for the results: make room" 'no room for results'
[ ! -e small/x ] || fail 'a directory was made where there is no room'

begin kept 40 -o "$work/tight/x"
begin gone 40
begin halted 60
begin terminated 1000
begin hung 1000
begin killed 1000
begin full 1000 --state "$work/full"
# a process group of its own, to which a terminal sends what ^C is
as=(setsid env --default-signal=INT)
begin typed 1000
as=()
sleep 1.5
fill tight
fill full
rm -r gone.d
kill -TERM "${pids[terminated]}"
kill -HUP "${pids[hung]}"
kill -STOP "${pids[halted]}"
kill -INT -- "-${pids[typed]}"
[ "$(pgrep -c -f -- '^sipp -sf .* 127.77.11.2:5099')" -ge 4 ] || fail 'no SIPp runs'
kill -KILL "${pids[killed]}"

ends kept 1
expect kept.err 'the results are not kept: ' 'a disk that became full'
expect kept.err 'No space left on device' 'a disk that became full'
expect kept.out 'succeeded              40 (100.0 %)' 'a disk that became full'
ends full 1
expect full.err "the disk is full after " 'a disk on which SIPp writes'
expect full.out 'broken off' 'a disk on which SIPp writes'
[ "$(jq .run.succeeded full.d/result.json)" -gt 0 ] || fail 'what was seen before the disk was full is not kept'
ends gone 0
[ "$(outcome gone.d)" = complete ] || fail 'results that went away are not written anew'
ends terminated 143
ends hung 129
ends typed 130
for name in terminated hung typed; do
    [ "$(outcome $name.d)" = cancelled ] || fail "$name: it is not said that it was ended"
    [ "$(jq .run.succeeded $name.d/result.json)" -gt 0 ] || fail "$name: what was seen until then is not kept"
    expect $name.out 'calls made' "$name"
    jq -e '.run.left_up == 0 and .run.failed == 0 and .run.made == .run.succeeded' $name.d/result.json >/dev/null ||
        fail "$name: calls stay up: $(jq -c .run $name.d/result.json)"
done
ends killed 137
sleep 1
kill -CONT "${pids[halted]}"
ends halted 0
[ "$(jq .run.succeeded halted.d/result.json)" = 60 ] || fail 'one that was halted lost calls'
! pgrep -f -- '^sipp -sf .* 127.77.11.2:5099' >/dev/null || fail 'a SIPp stays behind'
finish
