"""The commands of the documents: those of shell blocks, and those of running text that name their environment."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from tests.shown.blocks import Block, blocks, spans

# A line that ends like this continues on the next one.
CONTINUES = re.compile(r" *\\\n|(?<=\|)\n")


@dataclass(frozen=True)
class Command:
    """`block` is None in running text."""

    page: str
    line: int
    text: str
    block: Block | None = None

    def __str__(self) -> str:
        return f"{self.page}:{self.line}: {self.text}"

    @property
    def words(self) -> tuple[str, ...]:
        """The words without comments; the program is without its folder."""
        words = shlex.split(self.text, comments=True)
        return (words[0].rpartition("/")[2], *words[1:])


@cache
def commands() -> tuple[Command, ...]:
    """In the documents' order; a command of running text also names a place, others only mention the command line."""
    written = [command for block in blocks("sh") for command in _of(block)]
    running = [
        Command(span.page, span.line, span.text)
        for span in spans()
        if span.text.startswith("osml ") and {"--env", "--sandbox"} & set(span.text.split())
    ]
    pages = list(dict.fromkeys(command.page for command in (*written, *running)))
    return tuple(sorted((*written, *running), key=lambda command: (pages.index(command.page), command.line)))


def _of(block: Block) -> Iterator[Command]:
    line = block.line
    for text in CONTINUES.sub("\0", block.text).splitlines():
        yield Command(block.page, line, re.sub("\0 *", " ", text).strip(), block)
        line += 1 + text.count("\0")
