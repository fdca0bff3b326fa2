"""A SIP telephone that registers once and tells the final answer: register.py SERVER NUMBER SECRET"""

import hashlib
import re
import socket
import sys


def request(server, number, local, sequence, authorization):
    address, port = local
    lines = [
        f"REGISTER sip:{server} SIP/2.0",
        f"Via: SIP/2.0/UDP {address}:{port};branch=z9hG4bK-{port}-{sequence};rport",
        f"From: <sip:{number}@{server}>;tag={port}",
        f"To: <sip:{number}@{server}>",
        f"Call-ID: {port}@{address}",
        f"CSeq: {sequence} REGISTER",
        f"Contact: <sip:{number}@{address}:{port}>",
        "Max-Forwards: 70",
        "Expires: 60",
        *([f"Authorization: {authorization}"] if authorization else []),
        "Content-Length: 0",
        "",
        "",
    ]
    return "\r\n".join(lines).encode()


def final(connection):
    while True:
        answer = connection.recv(8192).decode()
        if answer.startswith("SIP/2.0") and not answer.startswith("SIP/2.0 1"):
            return answer


def digest(number, secret, server, challenge, method="REGISTER"):
    field = dict(re.findall(r'(\w+)="?([^",\r\n]+)"?', challenge))
    md5 = lambda text: hashlib.md5(text.encode()).hexdigest()
    who = md5(f"{number}:{field['realm']}:{secret}")
    what = md5(f"{method}:sip:{server}")
    middle = field["nonce"]
    extra = ""
    if "qop" in field:
        middle += ":00000001:0a4f113b:auth"
        extra = ', qop=auth, nc=00000001, cnonce="0a4f113b"'
    return (
        f'Digest username="{number}", realm="{field["realm"]}", nonce="{field["nonce"]}", uri="sip:{server}", '
        f'response="{md5(f"{who}:{middle}:{what}")}", algorithm=MD5{extra}'
        + (f', opaque="{field["opaque"]}"' if "opaque" in field else "")
    )


def main():
    server, number, secret = sys.argv[1:4]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as connection:
        connection.settimeout(4)
        connection.connect((server, 5060))
        local = connection.getsockname()
        connection.send(request(server, number, local, 1, None))
        answer = final(connection)
        challenge = re.search(r"^WWW-Authenticate: Digest (.*)$", answer, re.MULTILINE | re.IGNORECASE)
        if challenge:
            connection.send(request(server, number, local, 2, digest(number, secret, server, challenge.group(1))))
            answer = final(connection)
        print(answer.split("\r\n", 1)[0])


if __name__ == "__main__":
    main()
