"""A slow but correct PBX, for the tests: slow.py ADDRESS PORT

It says nothing until the caller has sent its INVITE twice, and what it then says arrives twice and late, as copies of
answers do that cross a busy network (RFC 3261, section 17.2.1): the 401 once more after the 100 of the INVITE with the
digest, and once more after its 180; the 200 of that INVITE once more between BYE and the answer to that. A REGISTER is
answered in the same way, without the 180. Before it rings it says all else that a call on its way may be told. The 200 of an INFO comes once more after the next one was sent.
"""

import re
import socket
import sys
import threading

server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind((sys.argv[1], int(sys.argv[2])))
CHALLENGE = 'WWW-Authenticate: Digest algorithm=MD5, realm="asterisk", nonce="abc123"\r\n'
BODY = f"v=0\r\no=- 1 1 IN IP4 {sys.argv[1]}\r\ns=-\r\nc=IN IP4 {sys.argv[1]}\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\n"
OTHERS = "181 Call Is Being Forwarded", "182 Queued", "199 Early Dialog Terminated"
KEYS = "4711#"  # that a caller may type
CONTACT = f"Contact: <sip:x@{sys.argv[1]}:{sys.argv[2]}>\r\nContent-Type: application/sdp\r\n"
seen = set()
refusals = {}
answers = {}
keys = {}


def answer(request, status, extra="", body=""):
    lines = request.split("\r\n")
    named = [line for name in ("Via", "From", "To", "Call-ID", "CSeq") for line in lines if line.startswith(name + ":")]
    named = [line + ";tag=pbx" if line.startswith("To:") and "tag=" not in line else line for line in named]
    head = "\r\n".join([f"SIP/2.0 {status}", *named])
    return f"{head}\r\n{extra}Content-Length: {len(body)}\r\n\r\n{body}".encode()


def send(caller, *messages):
    for seconds, message in messages:
        threading.Timer(seconds, server.sendto, (message, caller)).start()


while True:
    data, caller = server.recvfrom(8192)
    request = data.decode()
    call = re.search("^Call-ID: (.*)\r$", request, re.MULTILINE).group(1)
    branch = re.search(r"branch=([^;\r]*)", request).group(1)
    if request.startswith("ACK") or branch in seen:
        continue
    seen.add(branch)
    if request.startswith("BYE"):
        send(caller, (0.1, answers[call]), (0.3, answer(request, "200 OK")))
    elif request.startswith("INFO"):
        keys[call] = keys.get(call, "") + re.search("^Signal=(.*)\r$", request, re.MULTILINE).group(1)
        status = "200 OK" if KEYS.startswith(keys[call]) else "403 Forbidden"
        send(caller, (0.1, answers[call]), (0.15, answer(request, status)), (0.4, answer(request, status)))
    elif "Authorization:" not in request:
        refusals[call] = answer(request, "401 Unauthorized", CHALLENGE)
        send(caller, (0.7, refusals[call]), (0.75, refusals[call]))
    else:
        answers[call] = answer(request, "200 OK", CONTACT, BODY)
        ringing = answer(request, "180 Ringing")
        send(caller, (0, answer(request, "100 Trying")), (0.1, refusals[call]), (0.3, refusals[call]))
        if not request.startswith("REGISTER"):
            send(caller, *[(0.15, answer(request, status)) for status in OTHERS])
            send(caller, (0.2, ringing), (0.35, ringing))
        send(caller, (0.4, answers[call]), (0.45, answers[call]))
