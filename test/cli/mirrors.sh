#!/bin/bash
# The mirrors of the recipe of the base image: those that have the suite, in the order in which they were named, also when
# it has moved to the archive; and a clear word when nobody has it. The mirrors are web servers on loopback.
# shellcheck source=test/cli/support.sh
. "${SOURCE:?}/test/cli/support.sh"
need python3
[ -x /usr/lib/apt/apt-helper ] || skip 'there is no apt'
unset http_proxy HTTP_PROXY
export no_proxy='*'
mirrors=$SOURCE/share/images/debian-asterisk/mirrors

mkdir -p web/one/debian/dists/bookworm web/archive/debian/dists/bullseye web/page/debian/dists/bullseye
printf 'Origin: Debian\nSuite: stable\nCodename: bookworm\n' >web/one/debian/dists/bookworm/InRelease
printf 'Origin: Debian\nSuite: oldoldstable\nCodename: bullseye\n' >web/archive/debian/dists/bullseye/InRelease
echo '<html>everything is here</html>' >web/page/debian/dists/bullseye/InRelease
python3 -c '
import functools, http.server, os
class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory="web"))
with open("port.part", "w") as file:
    file.write(str(server.server_port))
os.rename("port.part", "port")
server.serve_forever()' &
server=$!
trap 'kill "$server" 2>/dev/null || :; rm -rf "$work"' EXIT
for _ in $(seq 100); do
    [ ! -e port ] || break
    sleep 0.1
done
[ -e port ] || fail 'the web server does not start'
url=http://127.0.0.1:$(cat port)

# asks SUITE: of all of them
asks() {
    status=0
    "$mirrors" debian "$1" "$url/one/debian" "$url/page/debian" "$url/archive/debian" "$url/archive/debian" >out 2>err ||
        status=$?
}
asks bookworm
expect_status 0 'a suite that a mirror has'
[ "$(cat out)" = "$url/one/debian" ] || fail "bookworm: $(cat out)"
asks bullseye
expect_status 0 'a suite that has moved to the archive'
[ "$(cat out)" = "$url/archive/debian" ] || fail "bullseye: $(cat out)"
asks woody
expect_status 1 'a suite that nobody has'
expect_empty out 'nobody'
expect err "nobody has the suite 'woody'" 'nobody'
expect err "$url/one/debian $url/page/debian $url/archive/debian" 'who was asked'
[ "$(wc -l <err)" -eq 1 ] || fail "more than a line: $(cat err)"
finish
