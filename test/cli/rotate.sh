#!/bin/bash
# trunk rotate without PBXs: what a dry run shows, which names it takes, and that nothing is written before anybody
# answers but what the next run goes on from.
# shellcheck source=test/cli/support.sh
. "${SOURCE:?}/test/cli/support.sh"
printf '%s\n' '[lab]' 'name = demo' '[bridge]' 'address = 10.9.0.1/24' '[pbx a]' 'place = ssh' 'address = 127.0.0.1' \
    'port = 1' 'hostkey = ssh-ed25519 AAAA' '[pbx b]' 'place = ssh' 'address = 127.0.0.2' 'port = 1' \
    'hostkey = ssh-ed25519 AAAA' >lab.ini
sed -i 's/127.0.0.1/10.9.0.2/; s/127.0.0.2/10.9.0.3/' lab.ini

rotate() {
    run trunk rotate -f lab.ini --state "$work/state" --wait 1 "$@"
}

rotate --dry-run
expect_status 0 'rotate --dry-run'
expect out 'secrets' 'rotate --dry-run'
[ ! -e state ] || fail 'a dry run made the state'
rotate c
expect_status 2 'rotate c'
expect err "'c' is no PBX of this lab" 'rotate c'

# Nobody answers: the change has begun and waits, and says that calls go on.
rotate
expect_status 4 'rotate, nobody answers'
expect err 'calls go on' 'rotate, nobody answers'
expect state/demo/secrets 'rotation/phase = 1' 'the state'
expect state/demo/secrets 'old/key/trunks = ' 'the state'
before=$(cat state/demo/secrets)
rotate a
expect_status 4 'rotate again'
expect err 'was interrupted' 'rotate again'
[ "$(cat state/demo/secrets)" = "$before" ] || fail 'a second run began a second change'
finish
