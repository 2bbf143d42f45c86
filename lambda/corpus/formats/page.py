"""HTML, parsed by selectolax as browsers do: all visible text except menus."""

import re
from collections.abc import Iterator, Set
from typing import Any, BinaryIO

from selectolax.lexbor import LexborHTMLParser

from corpus.formats import Reading, Row, whole
from corpus.formats.alternatives import ABBREVIATIONS, OPENING, Meanings, alternative, chosen, is_own, is_reference
from corpus.formats.encoding import MEANT, codec_of, encoding_of
from corpus.formats.encoding import decoded as text_of
from corpus.formats.joined_cells import Spans
from corpus.formats.mathml import CHILDREN, between
from corpus.formats.numbers import Numbers
from corpus.formats.outline import BETWEEN_CELLS, Outline
from corpus.formats.plain import document_row
from corpus.formats.raised import is_raised
from corpus.formats.xhtml import html_of, is_xhtml

# Elements that are left out: menus, and elements that no page shows. An annotation repeats its formula.
UNSEEN = frozenset(
    (
        *("head", "title", "script", "style", "template", "noscript", "noframes", "noembed"),
        *("nav", "iframe", "select", "annotation", "annotation-xml"),
    )
)
LINES = frozenset(("br", "li", "tr", "dt", "dd", "option", "summary", "caption", "figcaption", "legend"))
BLOCKS = frozenset(
    (
        *("button", "svg", "text", "foreignobject"),
        *("p", "div", "section", "article", "main", "header", "footer", "aside", "hr", "blockquote", "pre", "figure"),
        *("h1", "h2", "h3", "h4", "h5", "h6", "hgroup", "address", "ul", "ol", "dl", "table"),
        *("details", "form", "fieldset", "textarea", "body", "center", "dialog", "search", "menu"),
    )
)
TITLES = {f"h{level}": level for level in range(1, 7)}
CELLS = frozenset(("td", "th"))
LISTS = frozenset(("ol", "ul", "menu"))

_SPACE = re.compile(r"[ \t\r\n\f]+")
_CHARSET = re.compile(rb"<meta[^>]{0,1000}?charset\s{0,20}=\s{0,20}[\"']?([A-Za-z0-9._:-]{1,40})", re.IGNORECASE)
# The bytes in which a page must name its encoding.
# https://html.spec.whatwg.org/multipage/parsing.html#prescan-a-byte-stream-to-determine-its-encoding
_HEAD = 1024
_SINGLE = re.compile(r"ascii|iso8859-\d+|cp125\d|koi8-[ru]|mac[-_].*")
# A template that the browser shows as part of the element around it.
_SHADOW = re.compile(r"<template(?=\s[^<>]{0,1000}?\bshadowroot(?:mode)?\b)", re.IGNORECASE)
# Pages for browsers without frames, whose content the parser takes for text.
_RAW = re.compile(r"(?<=<)(/?)(?:noframes|noembed|frameset)(?=[\s>])", re.IGNORECASE)
# How many frames may be within each other.
_FRAMES = 3


def rows(file: BinaryIO, name: str, reading: Reading) -> Iterator[Row]:
    """One row."""
    outline = Outline()
    title = read_into(outline, decoded(whole(file)))
    yield document_row(name, reading, outline, title)


def decoded(content: bytes) -> str:
    """Decode by a byte order mark, the encoding that the page names, UTF-8, or a detected encoding, in this order.

    Unlike in browsers, UTF-8 is tried before a single-byte encoding, because hardly any other text is valid UTF-8.
    """
    text = _text_of(content)
    return html_of(text) if is_xhtml(content[:_HEAD]) else text


def _text_of(content: bytes) -> str:
    said = encoding_of(content)
    if said is None and (charset := _CHARSET.search(content, 0, _HEAD)):
        said = codec_of(charset[1].decode())
    first = "utf-8" if said and _SINGLE.fullmatch(said) else None
    for encoding in (first, MEANT.get(said, said) if said else None):
        try:
            if encoding:
                return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    try:
        return text_of(content)
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def read_into(outline: Outline, html: str, level: int = 0) -> str | None:
    """Add the content of the page, with its headings `level` levels deeper; returns its title."""
    tree = LexborHTMLParser(_SHADOW.sub("<div", html))
    title = tree.css_first("head > title")
    before = len(outline)
    _Walk(outline, level).all(tree.root)
    if len(outline) == before:
        # The whole page is within `nav`, `noscript` or `noframes`, which other pages use only for menus and warnings.
        tree = LexborHTMLParser(_RAW.sub(r"\1span", _SHADOW.sub("<div", html)))
        _Walk(outline, level, unseen=UNSEEN - {"nav", "noscript"}).all(tree.root)
    return _SPACE.sub(" ", title.text()).strip() if title is not None else None


class _Walk:
    """Walks from node to node without recursion, because pages may nest at any depth."""

    def __init__(self, outline: Outline, level: int, frames: int = 0, unseen: Set[str] = UNSEEN) -> None:
        self._outline, self._level, self._frames, self._unseen = outline, level, frames, unseen
        self._spans = Spans()
        self._said: list[str] = []
        self._apart = "\n\n"
        self._in_pre = self._in_cell = 0
        self._heading: int | None = None
        self._raised = 0
        self._own = -1
        self._numbers, self._number = Numbers(), ""
        self._reading, self._meanings = False, Meanings()

    def all(self, root: Any) -> None:
        """Read everything below the root."""
        node = root
        while node is not None:
            below = None
            if node.tag == "-text":
                self._text(node.text_content)
            elif node.tag not in self._unseen:
                self._open(node.tag, node)
                below = node.child
                if below is None:
                    self._text(alternative(node))
                    self._close(node.tag)
            elif node.tag == "select":
                self._text(chosen(node))
            elif node.tag == "iframe" and (page := node.attributes.get("srcdoc")) and self._frames < _FRAMES:
                self._flush("\n\n")
                _Walk(self._outline, self._level, self._frames + 1).all(LexborHTMLParser(page).root)
            if below is not None:
                node = below
                continue
            while node is not None and node.next is None:
                node = node.parent
                if node is not None:
                    self._close(node.tag)
            node = node and node.next
        self._flush("\n\n")

    def _text(self, text: str) -> None:
        if self._number and text.strip():
            self._said.append(self._number)
            self._number = ""
        self._said.append(text if self._in_pre else _SPACE.sub(" ", text))

    def _open(self, tag: str, node: Any) -> None:
        self._break(tag)
        if tag in TITLES:
            self._heading = TITLES[tag]
        elif tag in ("pre", "textarea"):
            self._in_pre += 1
        elif tag in CELLS:
            self._in_cell += 1
            if self._in_cell == 1 and not self._has_words():
                # So that the check of the next cell is short, too.
                self._said.clear()
            if self._in_cell == 1 and (above := self._spans.before()):
                self._said += [BETWEEN_CELLS, *above] if self._said else above
            if self._has_words():
                self._said.append(BETWEEN_CELLS)
            if self._in_cell == 1:
                self._spans.open(node.attributes, len(self._said))
        elif tag == "table":
            self._in_cell = 0
            self._spans = Spans()
        elif tag == "sup" or (tag == "a" and is_reference(node)):
            self._raised = len(self._said)
        elif tag in LISTS:
            self._numbers.open(tag, node.attributes)
        elif tag == "li":
            self._number = self._numbers.item(node.attributes)
        elif tag in ABBREVIATIONS:
            self._meanings.open(node)
        elif tag in CHILDREN:
            mark = between(node)
            while mark and self._said and not self._said[-1].strip():
                self._said.pop()
            self._said.append(mark)
        else:
            self._beside(tag)

    def _beside(self, tag: str) -> None:
        """Separate what a browser shows apart: elements of programs that touch, and a reading of characters."""
        if is_own(tag) and self._own == len(self._said):
            self._said.append(" ")
        elif tag == "rt":
            self._reading = not "".join(self._said[-1:]).rstrip().endswith(OPENING)
            self._said.append("(" if self._reading else "")

    def _close(self, tag: str) -> None:
        if tag in CELLS:
            if self._in_cell == 1:
                self._spans.close(self._said)
            self._in_cell = max(0, self._in_cell - 1)
        elif tag == "tr" and not self._in_cell:
            self._said += self._spans.row()
        self._break(tag)
        if tag in TITLES:
            self._heading = None
        elif tag in LISTS:
            self._numbers.close()
        elif tag == "li":
            self._number = ""
        elif tag in ("pre", "textarea"):
            self._in_pre -= 1
        elif tag in ("sup", "a") and 0 < self._raised < len(self._said):
            before, *number = self._said[self._raised - 1 :]
            if is_raised(before, "".join(number)):
                self._said.insert(self._raised, "^")
            self._raised = 0
        elif tag == "rt" and self._reading:
            self._said.append(")")
        elif tag in ABBREVIATIONS:
            self._said.append(self._meanings.close(self._said))
        elif is_own(tag):
            self._own = len(self._said)

    def _has_words(self) -> bool:
        """Whether the current block has any text so far."""
        return any(map(str.strip, self._said))

    def _break(self, tag: str) -> None:
        if self._in_cell and (tag in LINES or tag in BLOCKS):
            self._said.append(" ")
        elif tag in LINES:
            self._flush("\n")
        elif tag in BLOCKS:
            self._flush("\n\n")

    def _flush(self, apart: str) -> None:
        """Make a block of the collected text; `apart` is the separator between it and the next block."""
        text = "".join(self._said)
        self._said = []
        if not self._in_pre:
            text = re.sub(" {2,}", " ", text).strip()
        if not text.strip():
            if apart == "\n\n":
                self._apart = apart
            return
        if self._heading is not None:
            self._outline.heading(self._heading + self._level, text)
        else:
            self._outline.block(text, self._apart)
        self._apart = apart
