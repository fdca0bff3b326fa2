#!/bin/bash
# image: images that are fetched. Real qcow2 files from a web server on loopback: fetched once and whole; what is no
# image, needs another file or is not there leaves nothing behind; a fetch that stands still can be cancelled.
# shellcheck source=test/cli/support.sh
. "${SOURCE:?}/test/cli/support.sh"
need qemu-img python3 curl jq
export no_proxy='*' NO_PROXY='*'

mkdir web cache
cp "$SOURCE/share/labs/quickstart.ini" lab.ini
qemu-img create -q -f qcow2 web/good.qcow2 7M
qemu-img create -q -f qcow2 -b "$work/web/good.qcow2" -F qcow2 web/backed.qcow2
qemu-img create -q -f qcow2 -o "data_file=$work/web/raw,data_file_raw=on" web/split.qcow2 1M
echo '<html>no such page</html>' >web/page.qcow2

# A web server, which also has a file that never ends.
cat >server.py <<'PY'
import http.server, sys, time
class Handler(http.server.SimpleHTTPRequestHandler):
    def do_GET(self):
        if self.path != "/endless.qcow2":
            return super().do_GET()
        self.send_response(200)
        self.send_header("Content-Length", str(1 << 30))
        self.end_headers()
        self.wfile.write(b"QFI\xfb")
        self.wfile.flush()
        time.sleep(120)
    def log_message(self, *arguments):
        with open("../requests", "a") as log:
            log.write(self.path + "\n")
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
open("../port.part", "w").write(str(server.server_port))
__import__("os").rename("../port.part", "../port")
server.serve_forever()
PY
(cd web && exec python3 ../server.py) &
server=$!
trap 'kill "$server" 2>/dev/null || :; chmod -R u+rwX "$work"; rm -rf "$work"' EXIT
for _ in $(seq 100); do
    [ ! -e port ] || break
    sleep 0.1
done
[ -e port ] || fail 'the web server does not start'
url=http://127.0.0.1:$(cat port)

# lab FILE: its guests start from this file of the server.
lab() {
    sum=$(sha256sum "web/$1" 2>/dev/null) || sum=$(printf '%064d' 0)
    sed "s|^base *=.*|base = url:$url/$1\nsha256 = ${sum%% *}|" "$SOURCE/share/labs/quickstart.ini" >lab.ini
}

image() {
    run image -f lab.ini --state "$work/state" --cache "$work/cache" "$@"
}

nothing_left() {
    [ -z "$(find cache -name '*.qcow2*' ! -name '*.lock' ! -name '*.sha256')" ] || fail "$1: left: $(find cache -type f)"
}

lab good.qcow2
image --check
expect_status 5 'image --check before the image is fetched'
expect out "fetch image debian (from $url/good.qcow2 into $work/cache/images/debian-" 'image --check'
nothing_left 'image --check'
image --json
expect_status 0 'image'
place=$(jq -r '.images[0].place' out)
cmp -s "$place" web/good.qcow2 || fail "image: '$place' is not what was served"
image
expect_status 0 'image, the second time'
expect err 'nothing to do' 'image, the second time'
[ "$(grep -c good requests)" -eq 1 ] || fail 'the image was fetched twice'
run create-vm --dry-run -f lab.ini --state "$work/state" --cache "$work/cache" -c "$nowhere" --wait 1
expect_status 0 'create-vm --dry-run'
expect out 'upload volume debian-' 'create-vm --dry-run'

# "Verified" is compared: with the checksum of the lab file, or of the fetch. What anyone on the way could change is not
# fetched without one.
[ "$(cut -d ' ' -f 1 "$place.sha256")" = "${sum%% *}" ] || fail "the checksum was not noted: $(cat "$place.sha256")"
cp "$place" kept
printf x | dd of="$place" bs=1 seek=100 conv=notrunc status=none
image
expect_status 1 'an image that was changed in the cache'
expect err 'is not what was fetched' 'an image that was changed in the cache'
cp kept "$place"
image
expect_status 0 'an image that was put right'
sed -i '/^sha256/d' lab.ini
image --check
expect_status 3 'an image over http without a checksum'
expect err 'sha256' 'an image over http without a checksum'
sed -i "s|^base *=.*|base = url:file://$work/web/good.qcow2|" lab.ini
image
expect_status 0 'an image of a file'
other=$(find "$work/cache" -name '*.qcow2' ! -path "$place")
printf x | dd of="$other" bs=1 seek=100 conv=notrunc status=none
image
expect_status 1 'an image without a checksum in the lab file that was changed in the cache'
rm "$other.sha256"
image
expect_status 1 'an image whose checksum is lost'
expect err 'no checksum' 'an image whose checksum is lost'
rm "$other"
lab good.qcow2
sed -i "s/^sha256.*/sha256 = $(printf '%064d' 1)/" lab.ini
rm "$place"
image
expect_status 1 'an image that is another than the lab file says'
expect err 'the lab file says' 'an image that is another than the lab file says'
nothing_left 'an image that is another than the lab file says'
sed -i 's/^sha256.*/sha256 = ABC/' lab.ini
image
expect_status 3 'a checksum that is none'
lab good.qcow2
image
expect_status 0 'an image that is fetched again'

# The same name with another URL is another image.
cp web/good.qcow2 web/other.qcow2
lab other.qcow2
image --check
expect_status 5 'image --check with another URL'
rm -r cache/images

for name in page split backed missing; do
    lab $name.qcow2
    image
    expect_status 1 "image of $name.qcow2"
    expect err "cannot fetch '$url/$name.qcow2': " "image of $name.qcow2"
    nothing_left "image of $name.qcow2"
done
lab backed.qcow2
image
expect err 'needs another file' 'an image with a backing file'

# Cancelled in the middle, it ends at once, and so does curl.
lab endless.qcow2
"$VOIPLAB" image -f lab.ini --state "$work/state" --cache "$work/cache" >out 2>err </dev/null &
fetching=$!
for _ in $(seq 100); do
    ! grep -q endless requests || break
    sleep 0.1
done
begun=$(date +%s)
kill -TERM "$fetching"
status=0
wait "$fetching" || status=$?
expect_status 143 'a fetch that was cancelled'
expect err cancelled 'a fetch that was cancelled'
[ $(($(date +%s) - begun)) -lt 9 ] || fail 'a fetch that was cancelled went on'
! pgrep -f "[e]ndless.qcow2.*$work|$work.*[e]ndless.qcow2" >/dev/null || fail 'curl goes on'
nothing_left 'a fetch that was cancelled'

# What the cache holds is shown, and goes by name; whatever else lies there stays, in whatever order things go.
built=cache/images/debian-asterisk-0123456789ab
cached() {
    mkdir -p "$built" cache/images/mine
    for name in disk.qcow2 vmlinuz initrd info SHA256SUMS; do echo "$name" >"$built/$name"; done
    touch "$built.lock"
}
in_cache() { run image "$1" --cache "$work/cache" --state "$work/state" "${@:2}"; }
rm -rf cache
in_cache list
expect_status 0 'a cache that is not there'
expect err 'the cache holds no image' 'image list or remove'
lab good.qcow2
image
expect_status 0 'a fetched image'
fetched=$(basename cache/images/*.qcow2 .qcow2)
cached
echo text >cache/images/mine/thesis.tex
cp web/good.qcow2 cache/images/mine-0123456789ab.qcow2
mkdir -p cache/images/half-0123456789ab
in_cache list -f lab.ini
expect_status 0 'image list'
expect out "$fetched" 'image list or remove'
expect out 'debian-asterisk-0123456789ab' 'image list or remove'
grep "^$fetched" out | grep -q ' fetched .* debian ' || fail "the image is not said to be used: $(cat out)"
! grep -q 'mine\|half' out || fail "it shows what is not voiplab's: $(cat out)"
in_cache remove nosuch
expect_status 2 'an image that is not there'
expect err "the cache has no image 'nosuch'" 'image list or remove'
in_cache remove --dry-run "$fetched" debian-asterisk-0123456789ab
expect_status 0 'a dry run'
[ -e "$built/vmlinuz" ] || fail 'a dry run removed something'
echo mine >"$built/notes"
mkdir "$built/folder"
in_cache remove debian-asterisk-0123456789ab
expect_status 0 'a built image with files of somebody in it'
expect err "is none of voiplab's and stays" 'image list or remove'
[ "$(find "$built" -mindepth 1 -printf '%f\n' | sort | tr '\n' ' ')" = 'folder notes ' ] || fail "left: $(ls -R cache)"
[ -e "cache/images/$fetched.qcow2" ] || fail 'another image went too'
in_cache list
! grep -q debian-asterisk out || fail 'what was removed is still shown'
rm -r "$built"
cached
in_cache remove debian-asterisk-0123456789ab "$fetched"
expect_status 0 'two images'
[ "$(cd cache/images && find . -type f | sort | tr '\n' ' ')" = './mine-0123456789ab.qcow2 ./mine/thesis.tex ' ] ||
    fail "left: $(find cache -type f)"

# A disk that somebody has becomes one of the cache: whole, a qcow2 image of its own, with its checksums.
rm -rf cache
qemu-img create -q -f raw web/old.raw 3M
printf 'boots by itself' | dd of=web/old.raw conv=notrunc status=none
in_cache import web/old.raw --dry-run
expect_status 0 'import --dry-run'
expect out 'keep image old (into ' 'import --dry-run'
[ ! -e cache ] || fail 'a dry run made something'
in_cache import web/old.raw --explain
expect out 'qemu-img convert -O qcow2 -o compat=1.1 -f raw -- ' 'import --explain'
in_cache import web/old.raw Elastix
expect_status 2 'a name that is none'
in_cache import web/old.raw elastix
expect_status 0 'import'
kept=$(echo cache/images/elastix-*[0-9a-f])
qemu-img compare -q web/old.raw "$kept/disk.qcow2" || fail 'import: the disk is another'
[ "$(basename "$kept")" = "elastix-$(sha256sum web/old.raw | cut -c 1-12)" ] || fail "import: it lies in '$kept'"
in_cache import web/old.raw elastix
expect_status 0 'import, the second time'
expect err 'nothing to do' 'import, the second time'
in_cache import web/good.qcow2 elastix
expect_status 1 'another image of the same name'
expect err "the cache has another image 'elastix'" 'another image of the same name'
for name in backed split; do
    in_cache import "web/$name.qcow2" other
    expect_status 1 "import of $name.qcow2"
    expect err 'needs another file' "import of $name.qcow2"
done
in_cache import web/nosuch other
expect_status 1 'import of a file that is not there'
[ "$(find cache/images -mindepth 1 -maxdepth 1 -type d | wc -l)" -eq 1 ] || fail "left: $(find cache)"
sed '/^sha256/d; s|^base *=.*|base = image:elastix|' lab.ini >own.ini
in_cache list -f own.ini
grep -q '^elastix-.* imported .* debian ' out || fail "image list: $(cat out)"
run create-vm --dry-run -f own.ini --state "$work/state" --cache "$work/cache" -c "$nowhere" --wait 1
expect_status 0 'create-vm of an image of the cache'
expect out "upload volume $(basename "$kept").base.qcow2 (from $work/$kept/disk.qcow2)" 'create-vm of an image of the cache'
sed 's|image:elastix|image:nosuch|' own.ini >other.ini
run create-vm --dry-run -f other.ini --state "$work/state" --cache "$work/cache" -c "$nowhere" --wait 1
expect_status 3 'an image that the cache has not'
expect err "the cache has no image 'nosuch'" 'an image that the cache has not'
in_cache verify
expect_status 0 'image verify'
grep -q '^elastix-.* whole$' out || fail "image verify: $(cat out)"
in_cache verify nosuch
expect_status 2 'image verify of what is not there'
cp "$kept/disk.qcow2" kept
printf x | dd of="$kept/disk.qcow2" bs=1 seek=70000 conv=notrunc status=none
in_cache verify
expect_status 1 'a damaged image'
grep -q '^elastix-.* damaged$' out || fail "image verify: $(cat out)"
expect err 'is damaged' 'a damaged image'

# Damage of qcow2's own that a checksum taken afterwards does not tell.
cp kept "$kept/disk.qcow2"
printf '\377\377\377\377' | dd of="$kept/disk.qcow2" bs=1 seek=65544 conv=notrunc status=none
(cd "$kept" && sha256sum disk.qcow2 info >SHA256SUMS)
in_cache verify
expect_status 1 'an image that qemu-img finds damaged'
expect err "the disk of the image 'elastix-" 'an image that qemu-img finds damaged'
in_cache remove "$(basename "$kept")"
expect_status 0 'image remove of an imported one'
[ ! -e "$kept" ] || fail 'it is still there'

# Packages that the lab wants beside make another image, and are told to the recipe; nothing else gets any.
sed '/^sha256/d; s|^base *=.*|base = build:debian-asterisk|' lab.ini >own.ini
image -f own.ini --dry-run
plain=$(sed -n 's/.*build image debian-asterisk (into \(.*\))/\1/p' out)
sed -i 's|^base *=.*|&\npackages = vim-tiny, mtr-tiny|' own.ini
image -f own.ini --explain
expect_status 0 'packages'
expect out "/build --packages vim-tiny,mtr-tiny " 'packages'
if [ -z "$plain" ] || grep -qF "$plain" out; then fail "with packages it is the same image, '$plain'"; fi
sed 's|vim-tiny|--hook=x|' own.ini >other.ini
image -f other.ini --dry-run
expect_status 3 'a package that is an option'
sed 's|build:debian-asterisk|disk:/x|' own.ini >other.ini
image -f other.ini --dry-run
expect_status 3 'packages of what is not built'
expect err 'only what is built' 'packages of what is not built'

finish
