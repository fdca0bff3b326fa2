#!/bin/bash
# A telephone is asked to fetch its profile and does, over a bridge and a wire of the test's own network namespace. The
# telephone cannot be real: it is the smallest web server that asks for the password as one does (HTTP Digest, RFC 7616)
# and then fetches what it was told to. The client that asks it, and the server that it fetches from, are the program's.
#
# ctest: TIMEOUT 120 COST 5
set -eu
# shellcheck source=test/e2e/lib.sh
. "${SOURCE:?}/test/e2e/lib.sh"

write_telephone() {
    cat <<'END'
import hashlib, http.server, os, re, sys, threading, urllib.request

address, directory = sys.argv[1], sys.argv[2]
nonce = os.urandom(16).hex()


def md5(text):
    return hashlib.md5(text.encode()).hexdigest()


def note(name, text):
    with open(os.path.join(directory, name), "a") as file:
        file.write(text + "\n")


def fetch(url):
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=5) as answer:
            data = answer.read()
        with open(os.path.join(directory, "profile.part"), "wb") as file:
            file.write(data)
        os.rename(os.path.join(directory, "profile.part"), os.path.join(directory, "profile"))
    except OSError as error:
        note("errors", str(error))


class Telephone(http.server.BaseHTTPRequestHandler):
    def log_message(self, *arguments):
        pass

    def allowed(self):
        with open(os.path.join(directory, "password")) as file:
            password = file.read().strip()
        if not password:  # as it comes from the factory
            return True
        header = self.headers.get("Authorization", "")
        note("headers", header)
        if not header.startswith("Digest "):
            return False
        given = {name: quoted or plain for name, quoted, plain in re.findall(r'(\w+)=(?:"([^"]*)"|([^\s,]+))', header)}
        wanted = md5(":".join([md5("admin:telephone:" + password), nonce, given.get("nc", ""),
                               given.get("cnonce", ""), "auth", md5("GET:" + self.path)]))
        return given.get("username") == "admin" and given.get("uri") == self.path and given.get("response") == wanted

    def do_GET(self):
        if not self.allowed():
            self.send_response(401)
            self.send_header("WWW-Authenticate",
                             'Digest realm="telephone", nonce="%s", algorithm=MD5, qop="auth"' % nonce)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        note("asked", self.path)
        self.send_response(200)
        self.send_header("Content-Length", "3")
        self.end_headers()
        self.wfile.write(b"ok\n")
        url = self.path.partition("?")[2]
        if self.path.startswith("/admin/resync?") and url.startswith("http://"):
            threading.Thread(target=fetch, args=(url,)).start()


http.server.ThreadingHTTPServer((address, 80), Telephone).serve_forever()
END
}

write_lab() {
    cat <<'END'
[lab]
name = desk
[bridge]
name = br7
interface = eth0
address = 10.88.0.1/24
[image debian]
base = build:debian-asterisk
[pbx hub]
role = hub
[pbx a]
address = 10.88.0.11
prefix = 1
[phone one]
model = spa303
mac = 00:0e:08:aa:bb:01
pbx = a
extension = 1500
address = 10.88.0.110
[phone away]
model = spa303
mac = 00:0e:08:aa:bb:02
pbx = hub
extension = 7000
address = 10.88.0.111
[user 7000]
END
}

# phone ARGUMENT...: the command, with everything that could lead it astray around it.
phone() {
    status=0
    http_proxy=http://10.88.0.99:1/ HOME=$work/home PATH=$work/bin:$PATH \
        "$VOIPLAB" phone -f lab.ini --state "$work/state" "$@" >out 2>err </dev/null || status=$?
}

is() {
    [ "$status" -eq "$1" ] || fail "$2: exit status $status instead of $1: $(cat out err)"
}

forget() {
    rm -f telephone/asked telephone/profile telephone/headers telephone/errors
    printf '%s\n' "$1" >telephone/password
}

# Asked anew at each try: right after it was started a child is where this shell is.
is_elsewhere() {
    [ "$(readlink /proc/self/ns/net)" != "$(readlink "/proc/$1/ns/net")" ]
}

inside() {
    local secret
    cd "$work"
    ip link set lo up
    ip link add br7 type bridge forward_delay 0
    ip address add 10.88.0.1/24 dev br7
    ip link add port type veth peer name handset
    ip link set port master br7 up
    ip link set br7 up
    unshare -n sleep 600 &
    cleanup_fn kill $!
    far=$!
    retry 5 is_elsewhere "$far" || fail 'no second namespace'
    ip link set handset netns "$far"
    nsenter -t "$far" -n ip link set lo up
    nsenter -t "$far" -n ip address add 10.88.0.110/24 dev handset
    nsenter -t "$far" -n ip link set handset up
    mkdir telephone bin home
    write_telephone >telephone.py
    forget ''
    nsenter -t "$far" -n python3 telephone.py 10.88.0.110 "$work/telephone" &
    cleanup_fn kill $!
    retry 10 curl -q --silent --noproxy '*' --max-time 1 --output /dev/null http://10.88.0.110/ ||
        fail 'the telephone does not start'
    # curl as it is, but what it was given is noted
    {
        printf '#!/bin/sh\ntr "\\0" "\\n" </proc/self/environ >>%q\nprintf "%%s\\n" "$@" >>%q\n' "$work/given" "$work/given"
        printf 'exec %q "$@"\n' "$(command -v curl)"
    } >bin/curl
    chmod +x bin/curl
    echo 'user-agent = "from the file of the user"' >home/.curlrc

    # As it comes from the factory it has no password, and gets its first profile.
    forget ''
    phone --serve 30 --resync one
    is 0 'the first profile'
    retry 5 cmp telephone/profile state/desk/phones/spa000e08aabb01.cfg || fail 'the telephone has fetched something else'
    expect_contains "$(cat telephone/asked)" '/admin/resync?http://10.88.0.1:' 'what it was asked'
    expect_contains "$(cat err)" 'one: profile fetched by 10.88.0.110' 'what was said'

    # From now on it asks for the password that was in it.
    secret=$(sed -n 's/^admin\/one = //p' state/desk/secrets)
    grep -q "<Admin_Passwd ua=\"na\">$secret</Admin_Passwd>" telephone/profile || fail 'no password is in the profile'
    forget "$secret"
    phone --serve 30 --resync one
    is 0 'with the password'
    retry 5 test -s telephone/profile || fail 'with the password: nothing was fetched'
    if grep -qi '^basic' telephone/headers; then fail 'the password went over the wire as it is'; fi

    # Another password.
    forget somethingelse
    phone --serve 30 --resync one
    is 1 'another password'
    expect_contains "$(cat err)" 'the phone has another password' 'what was said'
    [ ! -e telephone/asked ] || fail 'another password: it was asked'

    # Without a server of ours: the TFTP server of this host. One of two is not there.
    forget "$secret"
    phone --resync
    is 4 'one of two'
    expect_contains "$(cat telephone/asked)" '/admin/resync?tftp://10.88.0.1/spa000e08aabb01.cfg' 'what it was asked'
    expect_contains "$(cat err)" 'away: cannot ask 10.88.0.111' 'what was said'
    forget "$secret"
    phone --resync --address 10.88.0.110 away
    is 1 'the password of another phone'

    # A bridge whose address comes by DHCP: the one that it has is taken.
    sed 's/^address = 10.88.0.1\/24/address = dhcp\nnetwork = 10.88.0.0\/24/; s/^role = hub/&\nplace = vm\naddress = 10.88.0.10/' lab.ini >dhcp.ini
    mv dhcp.ini lab.ini
    forget "$secret"
    phone --serve 30 --resync one
    is 0 'an address by DHCP'
    retry 5 test -s telephone/profile || fail 'an address by DHCP: nothing was fetched'

    if grep -qF "$secret" given out err; then fail 'the password was shown to others'; fi
    grep -qx -e --config given || fail 'curl was not watched'
    [ ! -e telephone/errors ] || fail "the telephone: $(cat telephone/errors)"
}

if [ "${1-}" = --inside ]; then
    work=$2
    inside
    exit 0
fi
requires_root
requires unshare nsenter ip python3 curl
unshare -n true || skip 'namespaces cannot be made here'
work=$(mktemp -d)
cleanup_fn rm -rf "$work"
export VOIPLAB_SHARE=$SOURCE/share
write_lab >"$work/lab.ini"
unshare -n bash "$0" --inside "$work"
say 'ok'
