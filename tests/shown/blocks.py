"""The fenced blocks of the documents, and the code spans of their running text."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    [
        *(ROOT / folder / "README.md" for folder in ("", "constructs", "osml", "sandbox")),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "skills").rglob("*.md"),
    ]
)


@dataclass(frozen=True)
class Block:
    """A fenced block; `page` is its file from the checkout on, `line` the one after its opening fence.

    `after` is the block directly above it.
    """

    page: str
    line: int
    language: str
    text: str
    after: "Block | None" = None

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


@dataclass(frozen=True)
class Span:
    """A code span in running text, on one line."""

    page: str
    line: int
    text: str


@cache
def blocks(language: str | None = None) -> tuple[Block, ...]:
    """The blocks of all documents in their order, all or those in one language."""
    return tuple(block for page in PAGES for block in _blocks(page) if language in (None, block.language))


@cache
def spans() -> tuple[Span, ...]:
    return tuple(
        Span(str(page.relative_to(ROOT)), token.map[0] + 1, " ".join(child.content.split()))
        for page in PAGES
        for token in _tokens(page)
        if token.map
        for child in token.children or []
        if child.type == "code_inline"
    )


def block(page: str, language: str, number: int = 0) -> Block:
    """A block of a page, by its place among those in its language."""
    return [block for block in blocks(language) if block.page == page][number]


@cache
def _tokens(page: Path) -> tuple[Token, ...]:
    return tuple(MarkdownIt().enable("table").parse(page.read_text()))


def _blocks(page: Path) -> Iterator[Block]:
    above: Block | None = None
    for token in _tokens(page):
        if token.type in ("fence", "code_block") and token.map:
            place = str(page.relative_to(ROOT)), token.map[0] + 2
            above = Block(*place, token.info.strip(), token.content, above)
            yield above
        else:
            above = None
