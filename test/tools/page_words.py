"""What of a report can be told without a browser: that its colours can be told from their ground (WCAG 2.2, 1.4.3 and
1.4.11) in both schemes, that each picture has words and a table beside it, and that nothing is asked for elsewhere.

usage: page_words.py FILE...
"""
import re
import sys
from html.parser import HTMLParser


def luminance(colour):
    colour = colour.lstrip("#")
    if len(colour) == 3:
        colour = "".join(c * 2 for c in colour)
    parts = [int(colour[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    parts = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(a, b):
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


class Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.pictures = self.titled = self.described = self.tables = self.captions = self.columns = 0
        self.wrong = []
        self.inside = []

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.inside.append(tag)
        if tag == "svg":
            self.pictures += 1
            if found.get("role") != "img" or not found.get("aria-labelledby"):
                self.wrong.append("a picture without role or label")
        self.titled += tag == "title" and "svg" in self.inside
        self.described += tag == "desc"
        self.tables += tag == "table"
        self.captions += tag == "figcaption"
        if tag == "th" and found.get("scope") not in ("col", "row"):
            self.wrong.append("a th without its scope")
        if tag in ("script", "link", "img", "iframe", "object", "embed", "base", "form", "audio", "video"):
            self.wrong.append(f"an element {tag}")
        for name, value in attributes:
            if name in ("src", "href", "action", "srcset", "xlink:href") or name.startswith("on"):
                self.wrong.append(f"an attribute {name}={value}")

    def handle_endtag(self, tag):
        if tag in self.inside:
            del self.inside[len(self.inside) - 1 - self.inside[::-1].index(tag) :]


def check(path):
    text = open(path, encoding="utf-8").read()
    page = Page()
    page.feed(text)
    wrong = page.wrong
    if not page.pictures or not page.pictures == page.titled == page.described or page.captions < page.pictures:
        wrong.append(f"{page.pictures} pictures, {page.titled} titles, {page.described} descriptions")
    if not page.tables:
        wrong.append("no table beside the pictures")
    for part in ("http:", "https:", "url(", "@import"):
        if part in text:
            wrong.append(f"'{part}'")
    if "default-src 'none'" not in text or 'lang="' not in text:
        wrong.append("no policy, or no language")
    schemes = re.findall(r":root\{([^}]*)\}", text)
    if len(schemes) != 2:
        wrong.append(f"{len(schemes)} schemes of colours")
    for scheme in schemes:
        colours = dict(pair.split(":") for pair in scheme.replace("--", "").split(";"))
        for name, colour in colours.items():
            if name in ("ground", "card", "rule"):
                continue
            for ground in ("ground", "card"):
                # lines are named in their colour, so that they are text as well
                ratio = contrast(colour, colours[ground])
                if ratio < 4.5:
                    wrong.append(f"{name} {colour} on {ground} {colours[ground]}: {ratio:.2f}")
    for words in wrong:
        print(f"{path}: {words}")
    return not wrong


sys.exit(0 if all([check(path) for path in sys.argv[1:]]) else 1)
