"""Look at a page in headless Chromium as a reader would: the answer stands in the first screen, nothing is written to the
console, and nothing is asked for but the page itself. A screenshot of that screen is left beside it.

usage: page_look.py FILE SCREENSHOT WIDTH HEIGHT
"""
import base64
import json
import os
import subprocess
import sys
import tempfile

page, screenshot, width, height = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
address = "file://" + os.path.realpath(page)


def start(profile):
    to_read, to_write = os.pipe()
    from_read, from_write = os.pipe()

    def move():  # where --remote-debugging-pipe has them
        os.dup2(to_read, 13)
        os.dup2(from_write, 14)
        os.dup2(13, 3)
        os.dup2(14, 4)

    process = subprocess.Popen(
        ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
         "--disable-extensions", "--disable-background-networking", "--remote-debugging-pipe",
         f"--user-data-dir={profile}", f"--window-size={width},{height}", "about:blank"],
        preexec_fn=move, close_fds=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL)
    os.close(to_read)
    os.close(from_write)
    return process, os.fdopen(from_read, "rb"), os.fdopen(to_write, "wb")


class Browser:
    def __init__(self, reads, writes):
        self.reads, self.writes, self.number, self.events = reads, writes, 0, []

    def hear(self):
        words = bytearray()
        while (byte := self.reads.read(1)) != b"\0":
            if not byte:
                sys.exit("chromium has ended")
            words += byte
        return json.loads(words)

    def ask(self, method, session=None, **parameters):
        self.number += 1
        question = {"id": self.number, "method": method, "params": parameters}
        if session:
            question["sessionId"] = session
        self.writes.write(json.dumps(question).encode() + b"\0")
        self.writes.flush()
        while (answer := self.hear()).get("id") != self.number:
            self.events.append(answer)
        if "error" in answer:
            sys.exit(f"{method}: {answer['error']}")
        return answer["result"]

    def wait_for(self, method):
        while not any(event.get("method") == method for event in self.events):
            self.events.append(self.hear())


def look(browser):
    target = browser.ask("Target.createTarget", url="about:blank")["targetId"]
    session = browser.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
    browser.ask("Emulation.setDeviceMetricsOverride", session, width=width, height=height, deviceScaleFactor=1,
                mobile=False)
    for domain in ("Page", "Network", "Log", "Runtime"):
        browser.ask(f"{domain}.enable", session)
    browser.ask("Page.navigate", session, url=address)
    browser.wait_for("Page.loadEventFired")
    places = browser.ask(
        "Runtime.evaluate", session, returnByValue=True,
        expression="""[...document.querySelectorAll('#answer, .first')].map(e => [e.textContent.trim(),
            e.getBoundingClientRect().top, e.getBoundingClientRect().bottom, e.getBoundingClientRect().right])
            .concat([['page', 0, 0, document.documentElement.scrollWidth]])""")["result"]["value"]
    image = browser.ask("Page.captureScreenshot", session, format="png")["data"]
    with open(screenshot, "wb") as file:
        file.write(base64.b64decode(image))
    return places


def judge(places, events):
    wrong = []
    if len(places) < 3:
        wrong.append(f"the answer is not there: {places}")
    for words, top, bottom, right in places:
        if top < 0 or bottom > height or right > width:
            wrong.append(f"'{words[:60]}' lies from {top:.0f} to {bottom:.0f} and to {right:.0f}")
    for event in events:
        method, parameters = event.get("method"), event.get("params", {})
        if method in ("Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown"):
            wrong.append(f"the console: {parameters}")
        if method == "Network.requestWillBeSent" and parameters["request"]["url"] != address:
            wrong.append(f"it asks for {parameters['request']['url']}")
    return wrong


with tempfile.TemporaryDirectory() as profile:
    process, reads, writes = start(profile)
    browser = Browser(reads, writes)
    try:
        problems = judge(look(browser), browser.events)
        browser.ask("Browser.close")
    finally:
        process.terminate()
        process.wait()
for problem in problems:
    print(f"{page} at {width}x{height}: {problem}")
sys.exit(1 if problems else 0)
