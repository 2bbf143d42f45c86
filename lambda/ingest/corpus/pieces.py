"""Cuts a document into parts that are small enough to embed, where a thought ends."""

import re

from corpus.document import Document

# From the best place to cut to the worst: behind a paragraph, a sentence, a line, a word.
_ENDS = tuple(
    re.compile(pattern)
    for pattern in (
        r"\n[ \t\r]*\n\s*",
        r"[.!?\u061f][\"')\]»”]*\s+(?=[^\sa-z])|[\u3002\uff01\uff1f][」』”]*\s*",
        r"[\r\n\u2028\u2029]+\s*",
        r"\s+",
    )
)


def parts(document: Document, text_field: str, most: int) -> list[Document]:
    """The parts of at most `most` characters; a single one is the document itself.

    The parts of `leave` are `leave#1`, `leave#2`, …, as the assistant names them; each has the other fields, too.
    """
    text = document.source[text_field]
    if len(text) <= most:
        return [document]
    texts = split(text, most)
    if len(texts) == 1:
        return [document]
    return [
        Document(f"{document.id}#{number}", {**document.source, text_field: one}, document.where, document.of)
        for number, one in enumerate(texts, 1)
    ]


def split(text: str, most: int) -> list[str]:
    """Pieces of at most `most` characters, each cut at the best place in its second half; a longer word is cut itself.

    Nothing is lost but white space between the pieces.
    """
    text = text.strip()
    pieces: list[str] = []
    start = 0
    while len(text) - start > most:
        end = _end(text, start, most)
        pieces.append(text[start:end].rstrip())
        start = end
        while text[start].isspace():
            start += 1
    return [*pieces, text[start:]] if text else pieces


def _end(text: str, start: int, most: int) -> int:
    """Where the piece that begins at `start` ends, before any white space that follows."""
    # One character more: a piece that is full may be followed by the white space that ends it.
    window = text[start : start + most + 1]
    for pattern in _ENDS:
        ends = [found.end() for found in pattern.finditer(window, most // 2)]
        trimmed = len(window[: ends[-1]].rstrip()) if ends else 0
        if 0 < trimmed <= most:
            return start + trimmed
    return start + most
