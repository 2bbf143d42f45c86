"""Cuts a document into chunks that are small enough to embed, at the ends of paragraphs and sentences."""

import re
from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from corpus.document import Document
from corpus.personal_data import without_personal_data
from corpus.sentences import ends_sentence
from corpus.tokens import count, reach

# Where a chunk may end: at white space, and after a sentence of a script without white space between sentences.
# A match takes a whole run of white space, so that no character is read twice.
_GAP = re.compile(r"\s+|[\u3002\uff01\uff1f][」』”]*")
_LINES = frozenset("\n\r\u2028\u2029")
# From the worst place to cut to the best.
_WORD, _LINE, _SENTENCE, _PARAGRAPH, _SECTION = range(5)
# The last chunk has at least 1/_LAST of the largest size.
_LAST = 4
# The title takes at most 1/_LONGEST_TITLE of the tokens.
_LONGEST_TITLE = 4


def chunks(
    document: Document,
    text_field: str,
    most: int,
    tokens: int | None = None,
    overlap: int = 0,
    mask: Sequence[str] = (),
) -> list[Document]:
    """Chunks of at most `most` characters and `tokens` tokens; a single chunk is the document itself.

    Up to `overlap` percent of a chunk are repeated at the beginning of the next one. The repeated text begins with a
    sentence or a word, and never comes from another section.

    The title is embedded before the text of each chunk, and its tokens count. The chunks of `leave` are `leave#1`,
    `leave#2`, …. Each chunk also has the other fields, and its position in the file: `page`, `sheet`, `slide` or
    `section`.

    Personal data of the kinds in `mask` are masked first, here, because every way of loading cuts its documents here.
    """
    if mask:
        document = without_personal_data(document, text_field, mask)
    text = document.source[text_field]
    if tokens is not None:
        tokens -= _titles_share(document.source.get("title"), tokens)
    if len(text) <= most and not document.places and (tokens is None or reach(text, 0, len(text), tokens) == len(text)):
        return [document]
    starts = [start for start, _ in document.places]
    found_at = list(spans(text, most, frozenset(_sections(document.places)), tokens, overlap))
    if not found_at:
        return [document]
    parts = []
    for number, (start, end) in enumerate(found_at, 1):
        # A text that is one chunk stays unchanged.
        said = text if len(found_at) == 1 else text[start:end]
        place = bisect_right(starts, start) - 1
        where = document.places[place][1] if place >= 0 else {}
        id = document.id if len(found_at) == 1 else f"{document.id}#{number}"
        source = {**document.source, **where, text_field: said}
        count = document.masked if number == 1 else 0
        parts.append(Document(id, source, document.where, document.of, masked=count))
    return parts


def split(text: str, most: int, tokens: int | None = None, overlap: int = 0) -> list[str]:
    """The texts of the chunks; only white space between them is lost."""
    return [text[start:end] for start, end in spans(text, most, frozenset(), tokens, overlap)]


def _titles_share(title: Any, tokens: int) -> int:
    """The title's tokens, at most a quarter of all."""
    return min(count(title), tokens // _LONGEST_TITLE) if isinstance(title, str) else 0


def _sections(places: Any) -> Iterator[int]:
    """Where sections, sheets and slides begin; not pages, which may end within a sentence."""
    before: Mapping[str, Any] = {}
    for start, where in places:
        now = {name: value for name, value in where.items() if name != "page"}
        if now != before:
            yield start
        before = now


def spans(
    text: str, most: int, sections: Collection[int], tokens: int | None, overlap: int
) -> Iterator[tuple[int, int]]:
    """The ranges of the chunks, without white space at both ends."""
    last, ordered = len(text.rstrip()), sorted(sections)
    start = len(text) - len(text.lstrip())
    while start < last:
        full = min(last, start + most)
        if tokens is not None:
            full = reach(text, start, full, tokens)
        if full == last:
            yield start, last
            return
        # The chunk is shortened so that the rest after it is not too short.
        room = full - start
        end, following = _cut(text, start, min(room, max(1, last - start - room // _LAST)), sections)
        yield start, end
        start = _back(text, end - (end - start) * overlap // 100, end, following, ordered)


def _back(text: str, earliest: int, end: int, following: int, sections: Sequence[int]) -> int:
    """Where the next chunk begins: between `earliest` and the `end` of this chunk, or at `following`."""
    section = bisect_right(sections, following) - 1
    if earliest >= end or (section >= 0 and sections[section] > earliest):
        return following if earliest >= end else sections[section]
    word = following
    for gap in _GAP.finditer(text, earliest - 1, end):
        if gap.end() >= end:
            break
        is_sentence = not gap[0][0].isspace() or not _LINES.isdisjoint(gap[0])
        if is_sentence or ends_sentence(text, gap.start(), gap.end()):
            return gap.end()
        word = min(word, gap.end())
    return word


def _cut(text: str, start: int, most: int, sections: Collection[int]) -> tuple[int, int]:
    """Where the chunk that begins at `start` ends and the next one begins: at the best place in its second half.

    A word that is longer than a chunk is cut.
    """
    limit = start + most
    best, cut = -1, (limit, limit)
    for gap in _GAP.finditer(text, start + most // 2, limit + 1):
        is_space = gap[0][0].isspace()
        end = gap.start() if is_space else gap.end()
        # The second half may begin within white space.
        while is_space and text[end - 1].isspace():
            end -= 1
        if end > limit:
            continue
        following = gap.end()
        if following > limit or not is_space:
            following = _behind_space(text, following)
        kind = _kind(text, gap, following, is_space, sections)
        if kind >= best:
            best, cut = kind, (end, following)
    return cut if best >= 0 else (limit, _behind_space(text, limit))


def _kind(text: str, gap: "re.Match[str]", following: int, is_space: bool, sections: Collection[int]) -> int:
    if following in sections:
        return _SECTION
    if not is_space:
        return _SENTENCE
    lines = sum(text.count(mark, gap.start(), following) for mark in "\n\u2028\u2029")
    if lines > 1:
        return _PARAGRAPH
    if ends_sentence(text, gap.start(), following):
        return _SENTENCE
    return _LINE if lines or "\r" in gap[0] else _WORD


def _behind_space(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at
