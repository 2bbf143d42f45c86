"""`osml ingest --dry-run`: counts documents and estimates the cost of embedding them. Sends nothing."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from calls.count_of import count_of
from corpus import tokens as counting
from corpus.chunks import chunks
from corpus.document import Unreadable
from corpus.formats import Reading
from osml.ingest.ingest import SHOWN_ERRORS
from osml.ingest.options import AS_IT_IS, IngestOptions
from osml.ingest.sources import DocumentSources, entries
from osml.place import Place
from osml.terminal import shown
from settings.assistant import passage_characters

PRICES = "https://aws.amazon.com/bedrock/pricing/"


@dataclass
class Counted:
    """The content of the sources: `chunks` is the number that the index would get, `errors` are the first sentences.

    sizes, tokens: the number of chunks by their number of characters, and by their number of tokens.
    """

    sources: int
    bytes: int
    documents: int
    chunks: int
    characters: int
    unreadable: int
    errors: list[str]
    sizes: Counter[int] = field(default_factory=Counter)
    tokens: Counter[int] = field(default_factory=Counter)

    @property
    def embedded(self) -> int:
        """About how many tokens all chunks have."""
        return sum(tokens * count for tokens, count in self.tokens.items())


def at_most(sizes: Counter[int], share: float) -> int:
    """The size that this `share` (0 to 1) of what was counted does not exceed; 0 if nothing was counted."""
    seen = 0
    for size, count in sorted(sizes.items()):
        seen += count
        if seen >= share * sizes.total():
            return size
    return 0


def count(sources: DocumentSources, reading: Reading, most: int, tokens: int, overlap: int = 0) -> Counted:
    """Reads and counts all sources like an ingest. Raises Failure.

    A chunk has at most `most` characters and `tokens` tokens, and repeats up to `overlap` percent of the previous one.
    """
    counted = Counted(0, 0, 0, 0, 0, 0, [])
    for source in sources:
        counted.sources += 1
        counted.bytes += source.size
        for entry in entries(source, reading):
            if isinstance(entry, Unreadable):
                counted.unreadable += 1
                if len(counted.errors) < SHOWN_ERRORS:
                    counted.errors.append(f"{entry.where}: {entry.reason}")
                continue
            counted.documents += 1
            for chunk in chunks(entry, reading.text_field, most, tokens, overlap):
                text = chunk.source[reading.text_field]
                counted.chunks += 1
                counted.characters += len(text)
                counted.sizes[len(text)] += 1
                counted.tokens[counting.count(text)] += 1
    return counted


def show(where: Place, files: Sequence[str | Path], price: float | None, options: IngestOptions = AS_IT_IS) -> bool:
    """Prints the count; `price` is in USD per million tokens. True when there are documents and all are readable."""
    settings, console = where.settings(), Console()
    most, tokens = passage_characters(settings.assistant), settings.embedding.chunk_tokens
    sources = DocumentSources([str(file) for file in files])
    overlap = settings.index.overlap
    counted = count(sources, options.reading(settings.index.text_field), most, tokens, overlap)
    if overlap:
        console.print(
            f"Each chunk repeats up to {overlap} percent of the previous one (index.overlap).", soft_wrap=True
        )
    console.print(
        f"{count_of(counted.sources, 'file')}, {count_of(counted.bytes, 'byte')}: "
        f"{count_of(counted.documents, 'document')} in {count_of(counted.chunks, 'chunk')} of at most {most:,} "
        f"characters and {tokens:,} tokens, {counted.unreadable:,} unreadable.\n"
        f"{_spread('Characters', counted.sizes)}\n{_spread('Tokens', counted.tokens)}\n"
        f"About {count_of(counted.embedded, 'token')} to embed by {settings.embedding.provider} "
        f"{settings.embedding.model}.",
        highlight=False,
        soft_wrap=True,
    )
    if price is None:
        priced = f"For the cost, add --price with your provider's price in USD per million tokens ({PRICES})."
    else:
        priced = f"About {counted.embedded * price / 1e6:,.2f} USD, at {price:g} USD per million tokens."
    console.print(priced, highlight=False, soft_wrap=True)
    for sentence in counted.errors:
        console.print(f"  [red]✗[/] {shown(sentence)}", highlight=False, soft_wrap=True)
    if counted.unreadable > len(counted.errors):
        console.print(f"  … and {counted.unreadable - len(counted.errors):,} more.", highlight=False, soft_wrap=True)
    if sources.omission:
        console.print(sources.omission, highlight=False, markup=False, soft_wrap=True)
    return counted.documents > 0 and not counted.unreadable


def _spread(of: str, sizes: Counter[int]) -> str:
    """The distribution in a sentence."""
    least, tenth, half, most, largest = (at_most(sizes, share) for share in (0, 0.1, 0.5, 0.9, 1))
    return (
        f"{of} in a chunk: smallest {least:,}, 10th percentile {tenth:,}, median {half:,}, "
        f"90th percentile {most:,}, largest {largest:,}."
    )
