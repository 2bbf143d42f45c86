"""Markdown, parsed by markdown-it-py: the text without its marks, a block a paragraph."""

from collections.abc import Iterator
from typing import BinaryIO

from markdown_it import MarkdownIt
from markdown_it.token import Token

from corpus.formats import Row, too_large, whole
from corpus.formats.plain import decoded, one

_FENCE = "---\n"


def rows(file: BinaryIO, name: str, text_field: str) -> Iterator[Row]:
    """One row; the first heading is the title. Front matter in YAML is left out."""
    content = whole(file)
    if content is None:
        yield too_large(name)
        return
    tokens = MarkdownIt("commonmark").enable("table").parse(_without_front_matter(decoded(content)))
    title = next((_inline(tokens[at + 1]) for at, token in enumerate(tokens) if token.type == "heading_open"), None)
    yield one(name, text_field, _text(tokens), title)


def _text(tokens: list[Token]) -> str:
    """Blocks apart by an empty line, cells of a row by a bar, rows by a line."""
    text = ""
    for token in tokens:
        if token.type == "inline":
            text += _inline(token)
        elif token.type in ("fence", "code_block"):
            text += token.content.rstrip() + "\n\n"
        elif token.type in ("th_close", "td_close"):
            text += " | "
        elif token.type == "tr_close":
            text = text.removesuffix(" | ") + "\n"
        elif token.type == "table_close":
            text += "\n"
        elif token.nesting == -1 and not token.type.startswith(("t", "em", "strong")):
            text = text.rstrip("\n") + "\n\n"
    return text.strip()


def _inline(token: Token) -> str:
    breaks = {"softbreak": " ", "hardbreak": "\n"}
    return "".join(
        breaks.get(child.type, child.content) for child in token.children or [] if child.type != "html_inline"
    )


def _without_front_matter(text: str) -> str:
    if not text.startswith(_FENCE):
        return text
    _, _, behind = text.removeprefix(_FENCE).partition(f"\n{_FENCE}")
    return behind or text
