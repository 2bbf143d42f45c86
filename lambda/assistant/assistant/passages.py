"""Passages: pieces of a text, small enough to embed, that end where a thought ends."""

import re
from bisect import bisect_right

from assistant.models import DocumentIn
from assistant.search import Passage
from assistant.sentences import sentences

_PARAGRAPH = re.compile(r"\n[ \t\r]*\n\s*")


def passages(document: DocumentIn, most: int) -> list[Passage]:
    """The document's passages of `most` characters at most; a single one has the document's id."""
    texts = split(document.text, most)
    if len(texts) == 1:
        return [Passage(document.id, document.id, document.title, texts[0])]
    return [
        Passage(f"{document.id}#{number}", document.id, document.title, text) for number, text in enumerate(texts, 1)
    ]


def split(text: str, most: int) -> list[str]:
    """Pieces of at most `most` characters, as few as go: of whole paragraphs, sentences, or words, in this order.

    Nothing is lost but white space between the pieces.
    """
    text = text.strip()
    paragraphs = [found.start() for found in _PARAGRAPH.finditer(text)]
    ends = [end for _, end in sentences(text)]
    pieces: list[str] = []
    start = 0
    while len(text) - start > most:
        limit = start + most
        paragraph, sentence = _last(paragraphs, start, limit), _last(ends, start, limit)
        # A paragraph's end is worth having if the piece is not tiny for it.
        if paragraph is not None and (sentence is None or paragraph - start >= most // 2):
            end = paragraph
        else:
            end = sentence or _word(text, start, limit)
        pieces.append(text[start:end].rstrip())
        start = end
        while text[start].isspace():
            start += 1
    return [*pieces, text[start:]] if text else pieces


def _last(places: list[int], start: int, limit: int) -> int | None:
    """The last of the sorted `places` behind `start` and not behind `limit`."""
    found = bisect_right(places, limit)
    return places[found - 1] if found and places[found - 1] > start else None


def _word(text: str, start: int, limit: int) -> int:
    """Where the last word ends that fits; a word that is too long itself is cut."""
    return next((place for place in range(limit, start, -1) if text[place].isspace()), limit)
