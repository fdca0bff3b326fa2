#!/bin/bash
# init writes every template, never over a file that is there, and what it writes is a lab.
# shellcheck source=test/cli/support.sh
. "${SOURCE:?}/test/cli/support.sh"

# Whether the file is a lab: nothing is asked of the world for that.
loads() {
    run sipp --dry-run -f "$1"
    expect_status 0 "the lab of $1"
    [ -s out ] || fail "the lab of $1 has no load test"
}

for template in "$SOURCE"/share/labs/*.ini; do
    name=${template##*/}
    run init -t "${name%.ini}" "my-$name"
    expect_status 0 "init -t ${name%.ini}"
    [ "$(cat out)" = "my-$name" ] || fail "init prints '$(cat out)' instead of the file's name"
    expect_empty err "init -t ${name%.ini}"
    cmp -s "$template" "my-$name" || fail "$name is not its template"
    [ "$(stat -c %a "my-$name")" = 600 ] || [ "$(stat -c %a "my-$name")" = 644 ] ||
        fail "my-$name has the mode $(stat -c %a "my-$name")"
    loads "my-$name"
    run init -t wrong x.ini
    expect err "${name%.ini}" 'the templates that there are'
done
[ ! -e x.ini ] || fail 'a template that there is not was written'

run init
expect_status 0 init
cmp -s "$SOURCE/share/labs/quickstart.ini" voiplab.ini || fail 'init without words does not write the quickstart lab'
sipp=0
"$VOIPLAB" sipp --dry-run >out 2>err || sipp=$?
[ "$sipp" -eq 0 ] || fail 'voiplab.ini is not found in the working directory'

echo mine >voiplab.ini
run init
expect_status 1 'init over a file'
expect err "'voiplab.ini' exists; it is not overwritten: give the name of another file" 'init over a file'
[ "$(cat voiplab.ini)" = mine ] || fail 'init has overwritten a file'
ln -s nowhere link.ini
run init link.ini
[ ! -e nowhere ] || fail 'init has written through a link'
run init missing/lab.ini
expect_status 1 'init into a directory that is not there'
expect err 'missing' 'init into a directory that is not there'

run init --share "$work"
expect_status 2 'init without templates'

# The shared files are found beside the program: of an installation that was moved, a build directory in the source
# directory, and a build directory elsewhere.
mkdir -p tree/bin tree/build
export LD_LIBRARY_PATH=${VOIPLAB%/*} # where the library is, without a tree around it
cp "$VOIPLAB" tree/bin/
cp "$VOIPLAB" tree/build/
for place in bin:share/voiplab build:share build:build/share; do
    shared=tree/${place#*:}
    mkdir -p "${shared%/*}"
    ln -s "$SOURCE/share" "$shared"
    status=0
    env -u VOIPLAB_SHARE "tree/${place%:*}/voiplab" init moved.ini >out 2>err || status=$?
    expect_status 0 "init with the shared files in $shared"
    rm -rf tree/share tree/build/share moved.ini
done
finish
