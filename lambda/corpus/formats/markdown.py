"""Markdown: markdown-it-py turns it into HTML, so HTML within it is also read."""

import re
import tomllib
from collections.abc import Iterator
from html import escape
from typing import Any, BinaryIO

import yaml
from markdown_it import MarkdownIt
from markdown_it.rules_block import reference, table
from markdown_it.rules_block.table import escapedSplit, getLine

from corpus.endings import ending
from corpus.formats import Reading, Row, whole
from corpus.formats.encoding import decoded
from corpus.formats.mdx import ENDING as MDX
from corpus.formats.mdx import without_code
from corpus.formats.outline import BETWEEN_CELLS, Outline
from corpus.formats.page import BLOCKS, CELLS, LINES, UNSEEN, read_into
from corpus.formats.plain import document_row

_FENCES = {"---": ("---", "..."), "+++": ("+++",)}
# The title in front matter that is not quite YAML, for example because the title has a colon.
_TITLE = re.compile(r"title[ \t]*[:=]")
_QUOTES = ("'", '"')
_FIELD = re.compile(r"[\w-]+[ \t]*:|[ \t]|-|#|$")
_LONGEST_FRONT = 1 << 16
# A footnote: the reference to it, and its text.
_NOTE = re.compile(r"\[\^([^\[\]\s^]{1,64})\]")
_TAG = re.compile(r"</?([A-Za-z][A-Za-z0-9-]*)")
_INLINE = """
    a abbr area audio b bdi bdo big canvas cite code col colgroup data datalist del dfn em embed font i img input ins
    kbd label link map mark meta meter output param picture progress q rp rt ruby s samp small source span strike strong
    sub sup tbody tfoot thead time title track tt u var video wbr
"""
# The parser leaves out text that is nested deeper. Its usual limit of 20 would leave out the tenth nested quotation.
_DEEPEST = 100
_KNOWN = BLOCKS | LINES | CELLS | UNSEEN | frozenset(_INLINE.split())


def rows(file: BinaryIO, name: str, reading: Reading) -> Iterator[Row]:
    """One row; its title is that of the front matter, or else the first heading. The text has no front matter."""
    content = whole(file)
    title, text = _front_matter(decoded(content))
    outline = Outline()
    markdown_into(outline, without_code(text) if ending(name) == MDX else text)
    yield document_row(name, reading, outline, title or outline.title)


def markdown_into(outline: Outline, text: str) -> None:
    """Add the text, without its markup."""
    read_into(outline, _html(text))


def _html(text: str) -> str:
    parser = MarkdownIt("commonmark", {"maxNesting": _DEEPEST}).enable(["table", "strikethrough"])
    parser.add_render_rule("html_inline", _inline)
    parser.block.ruler.at("reference", _reference)
    parser.block.ruler.at("table", _table, {"alt": ["paragraph", "reference"]})
    tokens = parser.parse(text)
    for token in tokens:
        for child in token.children or ():
            if child.type == "text":
                child.content = _NOTE.sub(r"^\1", child.content)
    if any(token.level >= _DEEPEST - 1 for token in tokens):
        return f"<pre>{escape(text, quote=False)}</pre>"
    return str(parser.renderer.render(tokens, parser.options, {}))


def _reference(state: Any, start: int, end: int, silent: bool) -> bool:
    """Skip a link definition, which is not shown; but a footnote (`[^1]: word`) stays as text."""
    at = state.bMarks[start] + state.tShift[start]
    return not state.src.startswith("[^", at) and reference(state, start, end, silent)


def _table(state: Any, start: int, end: int, silent: bool) -> bool:
    """Read a table; the parser leaves out cells beyond those of the first row, so they are added to the last one."""
    before = len(state.tokens)
    if not table(state, start, end, silent):
        return False
    cells: list[Any] = []
    line = start + 1
    for token in state.tokens[before:]:
        if token.type == "tr_open":
            cells = []
        elif token.type == "inline":
            cells.append(token)
        elif token.type == "tr_close":
            # The second line of a table has no cells.
            extra = _cells(state, line)[len(cells) :] if line > start + 1 else []
            if any(extra) and cells:
                cells[-1].content = BETWEEN_CELLS.join(filter(None, [cells[-1].content, *extra]))
            line += 1
    return True


def _cells(state: Any, line: int) -> list[str]:
    cells = [cell.strip() for cell in escapedSplit(getLine(state, line).strip())]
    return cells[not cells[0] : len(cells) - (len(cells) > 1 and not cells[-1])]


def _inline(_: Any, tokens: Any, at: int, *__: Any) -> str:
    """Render an HTML tag. An unknown tag is a placeholder such as <name>, and stays as text."""
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
    is_front, title = _fields(lines[1:end], lines[0].rstrip())
    return (title, "".join(lines[end + 1 :])) if is_front else (None, text)


def _fields(lines: list[str], fence: str) -> tuple[bool, str | None]:
    """Whether the lines are front matter, and their title. Other lines between two rules are text."""
    said = "".join(lines)
    try:
        fields = None if len(said) > _LONGEST_FRONT else tomllib.loads(said) if fence == "+++" else yaml.safe_load(said)
    except (yaml.YAMLError, tomllib.TOMLDecodeError, ValueError, RecursionError):
        fields = None
    if isinstance(fields, dict):
        title = fields.get("title")
        return True, None if title is None or isinstance(title, dict | list) else str(title).strip()
    if not all(_FIELD.match(line) for line in lines if line.strip()) and fence != "+++":
        return False, None
    titles = (line[match.end() :].strip() for line in lines if (match := _TITLE.match(line)))
    title = next(titles, None)
    return True, title and title[title.startswith(_QUOTES) : len(title) - title.endswith(_QUOTES)]
