#!/bin/bash
# sipp report: the report of a load run is made again of what is kept of it, the same to the byte; runs are compared; what
# is no result is refused. The page is well-formed, has words for its pictures and colours that can be told apart, and is
# read without a network; with --full in a browser as well.
# shellcheck source=test/cli/support.sh
. "${SOURCE:?}/test/cli/support.sh"
need xmllint python3 rsvg-convert

mkdir one two odd
cp "$SOURCE/test/golden/sipp/result.json" one
sed 's/"peak": 150/"peak": 99/' one/result.json >two/result.json
run sipp report one
expect_status 0 'sipp report'
cmp one/report.html "$SOURCE/test/golden/sipp/report.html" || fail 'the report is another one'
xmllint --noout one/report.html || fail 'the report is not well-formed'
run sipp report one/ two -o both
expect_status 0 'sipp report of two runs'
grep -q '<td>150</td><td>99</td>' both/report.html || fail 'the runs are not compared'
[ ! -e two/report.html ] || fail 'a comparison wrote into a run'
xmllint --noout both/report.html || fail 'the comparison is not well-formed'
mkdir search
cp "$SOURCE/test/golden/sipp/capacity.json" search/result.json
run sipp report search
expect_status 0 'the report of a search'
cmp search/report.html "$SOURCE/test/golden/sipp/capacity.html" || fail 'the report of a search is another one'
xmllint --noout search/report.html || fail 'the report of a search is not well-formed'
pngs() { (cd "$1" && echo *.png); }
run sipp report --png search
expect_status 0 'the pictures of a search'
expect err 'report.html and 7 pictures are written' 'the pictures of a search'
[ "$(pngs search)" = 'calls.png loss.png memory.png processor.png rate.png steps.png times.png' ] || fail "$(pngs search)"
python3 - search/*.png <<'PYTHON' || fail 'a picture is none'
import struct, sys, zlib
for name in sys.argv[1:]:
    data = open(name, "rb").read()
    assert data[:8] == b"\x89PNG\r\n\x1a\n" and struct.unpack(">II", data[16:24]) == (1920, 472), name
    body, at = b"", 8
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        body += data[at + 8 : at + 8 + length] if kind == b"IDAT" else b""
        at += 12 + length
    assert len(set(zlib.decompress(body))) > 20, name + " has no colours"
PYTHON
run sipp report --png one two -o both-png
expect_status 0 'the pictures of two runs'
[ "$(pngs both-png)" = "$(for n in 1 2; do for p in calls loss memory processor rate times; do echo $n-$p.png; done; done | paste -sd' ')" ] ||
    fail "$(pngs both-png)"
mkdir tools
for tool in sh cat; do ln -s "$(command -v $tool)" tools; done
PATH=$PWD/tools run sipp report --png one
expect_status 1 'pictures without the tool'
expect err 'rsvg-convert, which is not installed (package librsvg2-bin)' 'pictures without the tool'
run sipp report one two
expect_status 2 'a comparison without a place'
expect err 'say with -o where' 'a comparison without a place'
run sipp report odd
expect_status 1 'a directory without a result'
echo '{"schema": "voiplab.load.9"}' >odd/result.json
run sipp report odd
expect_status 1 'a result of another version'
expect err 'no result of a load run of this version' 'a result of another version'
echo '{"schema": ' >odd/result.json
run sipp report odd
expect_status 1 'a result that is cut'
expect err "odd/result.json' is no result" 'a result that is cut'
python3 "$SOURCE/test/tools/page_words.py" one/report.html both/report.html search/report.html || fail 'the words or the colours of a report'
if [ "${VOIPLAB_TEST_FULL-}" = ON ]; then
    need chromium
    for page in one search; do
        for size in 1280x800 360x800; do
            timeout 120 python3 "$SOURCE/test/tools/page_look.py" $page/report.html "$page-$size.png" "${size%x*}" \
                "${size#*x}" || fail "the report $page as a browser of $size shows it"
            [ -s "$page-$size.png" ] || fail "there is no screenshot of $page at $size"
        done
    done
fi
finish
