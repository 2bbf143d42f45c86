"""`osml ingest --dry-run`: what would be loaded, and about what its embedding costs. Sends nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from corpus.document import Unreadable
from corpus.pieces import parts
from corpus.source import read
from osml.ingest import SHOWN_ERRORS, passage_characters
from osml.place import Place
from osml.sources import Sources

# Of English; other languages take more tokens for as many characters.
# https://docs.aws.amazon.com/bedrock/latest/userguide/titan-embedding-models.html
CHARACTERS_PER_TOKEN = 4.7
PRICES = "https://aws.amazon.com/bedrock/pricing/"


@dataclass
class Counted:
    """What the sources hold; `parts` are what the index would hold, `errors` the first sentences of `unreadable`."""

    sources: int
    bytes: int
    documents: int
    parts: int
    characters: int
    unreadable: int
    errors: list[str]

    @property
    def tokens(self) -> int:
        """By the average of English."""
        return round(self.characters / CHARACTERS_PER_TOKEN)


def count(sources: Sources, text_field: str, most: int) -> Counted:
    """Reads everything, as an ingest that cuts texts into parts of `most` characters would. Raises Failure."""
    found = Counted(0, 0, 0, 0, 0, 0, [])
    for source in sources:
        found.sources += 1
        found.bytes += source.size
        with source.open() as stream:
            for entry in read(stream, source.name, text_field):
                if isinstance(entry, Unreadable):
                    found.unreadable += 1
                    if len(found.errors) < SHOWN_ERRORS:
                        found.errors.append(f"{entry.where}: {entry.reason}")
                    continue
                found.documents += 1
                for part in parts(entry, text_field, most):
                    found.parts += 1
                    found.characters += len(part.source[text_field])
    return found


def show(where: Place, files: Sequence[str | Path], price: float | None) -> None:
    """Prints the count; `price` is in USD per million tokens."""
    settings, console = where.settings(), Console()
    most = passage_characters(where)
    found = count(Sources([str(file) for file in files]), settings.index.text_field, most)
    console.print(
        f"{found.sources:,} files, {found.bytes:,} bytes: {found.documents:,} documents in {found.parts:,} parts of at "
        f"most {most:,} characters, {found.unreadable:,} unreadable.\n"
        f"About {found.tokens:,} tokens to embed, at {CHARACTERS_PER_TOKEN} characters each (English) by "
        f"{settings.embedding.provider} {settings.embedding.model}.",
        highlight=False,
        soft_wrap=True,
    )
    if price is None:
        priced = f"For the cost, add --price with the USD per million tokens that your provider asks ({PRICES})."
    else:
        priced = f"About {found.tokens * price / 1e6:,.2f} USD, at {price:g} USD per million tokens."
    console.print(priced, highlight=False, soft_wrap=True)
    for sentence in found.errors:
        console.print(f"  [red]✗[/] {escape(sentence)}", highlight=False, soft_wrap=True)
