"""HTML, parsed by Beautiful Soup with Python's own parser: what a reader would see of the content."""

import re
from collections.abc import Iterator
from typing import BinaryIO

from bs4 import BeautifulSoup

from corpus.formats import Row, too_large, whole
from corpus.formats.plain import one

UNSEEN = ("script", "style", "template", "noscript", "svg", "nav", "header", "footer", "aside", "form", "iframe")
LINES = ("br", "li", "tr")
BLOCKS = (
    *("p", "div", "section", "article", "main", "hr", "blockquote", "pre", "figure", "figcaption"),
    *LINES,
    *("h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "dl", "dt", "dd", "details", "summary"),
)

_SPACE = re.compile(r"\s+")


def rows(file: BinaryIO, name: str, text_field: str) -> Iterator[Row]:
    """One row: the page's `main` or `article`, where it has one, otherwise all of its body."""
    content = whole(file)
    if content is None:
        yield too_large(name)
        return
    # Given bytes, it looks for the encoding in the page, as a browser does.
    page = BeautifulSoup(content, "html.parser")
    title = _SPACE.sub(" ", page.title.get_text()).strip() if page.title else None
    for tag in page.find_all(UNSEEN):
        tag.decompose()
    for string in page.find_all(string=True):
        if not string.find_parent("pre"):
            string.replace_with(_SPACE.sub(" ", string))
    for tag in page.find_all(BLOCKS):
        around = "\n" if tag.name in LINES else "\n\n"
        tag.insert_before(around)
        tag.insert_after(around)
    for cell in page.find_all(("td", "th")):
        cell.append(" ")
    body = page.find("main") or page.find("article") or page.body or page
    lines = (line.rstrip() for line in body.get_text().split("\n"))
    text = "\n".join(lines).strip()
    yield one(name, text_field, re.sub(r"\n{3,}", "\n\n", text), title)
