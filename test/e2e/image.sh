#!/bin/bash
# The base image of the lab's guests, built by its recipe when that has changed, and kept for the tests that boot it.
#
# usage: image.sh [RECIPE]
#
# ctest: RESOURCE_LOCK processor FIXTURES_SETUP image TIMEOUT 1200 COST 900
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=test/e2e/lib.sh
. "$here/lib.sh"

: "${VOIPLAB:?the built binary}" "${SOURCE:?the source directory}"
requires_root
requires mmdebstrap mke2fs qemu-img
work=$(mktemp -d /var/tmp/voiplab-image.XXXXXX)
cleanup_fn rm -rf "$work"
cache=${VOIPLAB_TEST_CACHE:-/var/cache/voiplab-test}
mkdir -p "$cache"

sed "s/^base .*/base = build:${1:-debian-asterisk}/" "$SOURCE/share/labs/quickstart.ini" >"$work/lab.ini"

image() { "$VOIPLAB" image "$@" -f "$work/lab.ini" --share "$SOURCE/share" --state "$work" --cache "$cache"; }
image
expect_contains "$(image --check)" "nothing to do" "a second 'image'"
