"""Markdown, which markdown-it-py turns into HTML: so HTML within it is also read."""

import re
from collections.abc import Iterator
from html import escape
from typing import Any, BinaryIO

from markdown_it import MarkdownIt

from corpus.formats import Reading, Row, too_large, whole
from corpus.formats.encoding import decoded
from corpus.formats.outline import Outline
from corpus.formats.page import BLOCKS, CELLS, LINES, UNSEEN, read_into
from corpus.formats.plain import document_row

_FENCES = {"---": ("---", "..."), "+++": ("+++",)}
_TITLE = re.compile(r"title[ \t]*[:=][ \t]*[\"']?(.*?)[\"']?[ \t]*$")
_TAG = re.compile(r"</?([A-Za-z][A-Za-z0-9-]*)")
_INLINE = """
    a abbr area audio b bdi bdo big canvas cite code col colgroup data datalist del dfn em embed font i img input ins
    kbd label link map mark meta meter output param picture progress q rp rt ruby s samp small source span strike strong
    sub sup tbody tfoot thead time title track tt u var video wbr
"""
# The parser leaves out what is nested deeper, such as the tenth quotation of a quotation with its usual limit of 20.
_DEEPEST = 100
_KNOWN = BLOCKS | LINES | CELLS | UNSEEN | frozenset(_INLINE.split())


def rows(file: BinaryIO, name: str, reading: Reading) -> Iterator[Row]:
    """One row; the title is that of the front matter, which is left out of the text, or else the first heading."""
    content = whole(file)
    if content is None:
        yield too_large(name)
        return
    title, text = _front_matter(decoded(content))
    outline = Outline()
    read_into(outline, _html(text))
    yield document_row(name, reading, outline, title or outline.title)


def _html(text: str) -> str:
    parser = MarkdownIt("commonmark", {"maxNesting": _DEEPEST}).enable("table")
    parser.add_render_rule("html_inline", _inline)
    tokens = parser.parse(text)
    if any(token.level >= _DEEPEST - 1 for token in tokens):
        return f"<pre>{escape(text, quote=False)}</pre>"
    return str(parser.renderer.render(tokens, parser.options, {}))


def _inline(_: Any, tokens: Any, at: int, *__: Any) -> str:
    """A tag; an unknown tag is a placeholder such as <name>, and stays as text."""
    content: str = tokens[at].content
    tag = _TAG.match(content)
    if tag and tag[1].lower() not in _KNOWN:
        return content.replace("<", "&lt;").replace(">", "&gt;")
    return content


def _front_matter(text: str) -> tuple[str | None, str]:
    """The title in front matter, and the text after it; the whole text without front matter."""
    lines = text.splitlines(keepends=True)
    ends = _FENCES.get(lines[0].rstrip()) if lines else None
    end = next((at for at, line in enumerate(lines[1:], 1) if ends and line.rstrip() in ends), None)
    if end is None:
        return None, text
    titles = (match[1] for line in lines[1:end] if (match := _TITLE.match(line.rstrip())))
    return next(titles, None), "".join(lines[end + 1 :])
