"""What a SIP server answers to many names: answers.py SERVER METHOD NUMBERS SECRET

NUMBERS is like 1000-1999,7000. Each is asked as From, To and request URI, once without credentials and, where a
challenge comes, once more with a digest made of SECRET. Answers are compared whole, headers and their order included,
without what differs in every answer (branch, tags, nonce, Call-ID) and with the number itself as N. One line is printed
for each kind of answer: how many, the status line, the first numbers.
"""

import re
import socket
import sys

from register import digest


def numbers_of(text):
    for part in text.split(","):
        first, _, last = part.partition("-")
        yield from (str(number) for number in range(int(first), int(last or first) + 1))


class Prober:
    def __init__(self, server, method):
        self.server, self.method, self.sequence = server, method, 0
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect((server, 5060))
        self.socket.settimeout(3)
        self.here = "%s:%d" % self.socket.getsockname()

    def send(self, method, number, sequence, branch, extra=()):
        lines = [
            f"{method} sip:{number}@{self.server} SIP/2.0",
            f"Via: SIP/2.0/UDP {self.here};branch=z9hG4bK-{branch}",
            f'From: "{number}" <sip:{number}@{self.server}>;tag=t{self.sequence}',
            f'To: "{number}" <sip:{number}@{self.server}>',
            f"Call-ID: c{self.sequence}@{self.here}",
            f"CSeq: {sequence} {method}",
            f"Contact: <sip:{number}@{self.here}>",
            "Max-Forwards: 70",
            "Accept: application/sdp",
            *(["Event: presence"] if method == "SUBSCRIBE" else []),
            *extra,
            "Content-Length: 0",
            "",
            "",
        ]
        self.request = "\r\n".join(lines).encode()
        self.socket.send(self.request)

    def final(self, sequence):
        """The final answer to this request; what is sent again for an earlier one is passed over. One that is late on a
        busy machine is asked for again, as a telephone would."""
        late = 0
        while True:
            try:
                answer = self.socket.recv(8192).decode()
            except TimeoutError:
                late += 1
                if late > 4:
                    raise
                self.socket.send(self.request)
                continue
            mine = f"Call-ID: c{self.sequence}@" in answer and f"CSeq: {sequence} " in answer
            if mine and answer.startswith("SIP/2.0") and not answer.startswith("SIP/2.0 1"):
                return answer

    def ask(self, number, secret):
        self.sequence += 1
        answers = []
        extra = ()
        for step in (1, 2):
            self.send(self.method, number, step, f"{self.sequence}-{step}", extra)
            answer = self.final(step)
            if self.method == "INVITE":
                self.send("ACK", number, step, f"{self.sequence}-{step}")
            answers.append(self.alike(answer, number))
            challenge = re.search(r"^(WWW|Proxy)-Authenticate: Digest (.*)$", answer, re.MULTILINE | re.IGNORECASE)
            if not challenge:
                break
            name = "Authorization" if challenge.group(1).lower() == "www" else "Proxy-Authorization"
            extra = (f"{name}: {digest(number, secret, self.server, challenge.group(2), self.method)}",)
        return tuple(answers)

    @staticmethod
    def alike(answer, number):
        answer = re.sub(r"(branch|tag)=[^;\r]*", r"\1=", answer)
        answer = re.sub(r'(nonce|opaque)="[^"]*"', r'\1=""', answer)
        answer = re.sub(r"Call-ID: [^\r]*", "Call-ID:", answer)
        return re.sub(rf"\b{number}\b", "N", answer)


def main():
    server, method, numbers, secret = sys.argv[1:5]
    prober = Prober(server, method)
    kinds = {}
    for number in numbers_of(numbers):
        kinds.setdefault(prober.ask(number, secret), []).append(number)
    for answers, found in kinds.items():
        lines = " then ".join(answer.split("\r\n", 1)[0] for answer in answers)
        print(f"{len(found)} {lines}: {' '.join(found[:8])}{' ...' if len(found) > 8 else ''}")
    if "--whole" in sys.argv:
        print(*("\n".join(answers) for answers in kinds), sep="\n---\n")


main()
