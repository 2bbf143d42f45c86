"""XML of any vocabulary: each text with the name of its element, and the values of attributes."""

import re
from collections.abc import Iterator
from typing import BinaryIO

from corpus.formats import Reading, Row, slides, whole, word
from corpus.formats.encoding import MEANT, codec_of, decoded
from corpus.formats.outline import Outline
from corpus.formats.package import Attributes, BadArchive, local, tags_of
from corpus.formats.plain import document_row
from corpus.formats.word_xml import as_archive

_DECLARED = re.compile(rb"(<\?xml\s[^>]{0,100}?)\sencoding\s{0,9}=\s{0,9}[\"']([A-Za-z0-9._-]{1,40})[\"']")
# The encodings that expat reads itself.
_OF_EXPAT = ("utf-8", "utf-16")
# The namespace of attributes without meaning for a reader.
_SCHEMA = "http://www.w3.org/2001/XMLSchema-instance"


def rows(file: BinaryIO, name: str, reading: Reading) -> Iterator[Row]:
    """One row. Text and elements that are mixed, as in a sentence with emphasis, stay one text."""
    content = whole(file)
    elements = _Elements()
    try:
        legible = _legible(content)
        if document := as_archive(legible):
            yield from (slides if document.is_presentation else word).rows(document.archive, name, reading)
            return
        tags_of([legible], "its XML", elements.start, elements.end, elements.text)
    except BadArchive:
        # The XML is not well formed, or defines entities. Its source is stored, so that its text can be found.
        yield document_row(name, reading, decoded(content))
        return
    yield document_row(name, reading, elements.outline, elements.title)


def _legible(content: bytes) -> bytes:
    """XML in UTF-8 instead of an encoding that expat does not read: an unknown one, or one of several bytes."""
    declared = _DECLARED.match(content)
    if declared is None:
        return content
    codec, rest = codec_of(declared[2].decode()), content[declared.end() :]
    if codec and (codec in _OF_EXPAT or _has_single_bytes(codec)):
        return content
    try:
        text = rest.decode(MEANT.get(codec, codec)) if codec else decoded(rest)
    except UnicodeDecodeError:  # it is in another encoding
        text = decoded(rest)
    return declared[1] + text.encode()


def _has_single_bytes(codec: str) -> bool:
    return len(bytes(range(256)).decode(codec, errors="replace")) == 256


class _Elements:
    def __init__(self) -> None:
        self.outline = Outline()
        self.title: str | None = None
        self._open: list[tuple[str, list[str]]] = []
        # The depth of the element whose sentence is being read; 0 without one.
        self._sentence = 0

    def start(self, tag: str, attributes: Attributes) -> None:
        """Begin an element: within a sentence it is a part of it."""
        name = local(tag)
        if not self._sentence and self._open and "".join(self._open[-1][1]).strip():
            self._sentence = len(self._open)
        if not self._sentence:
            said = [f"{local(key)}: {value}" for key, value in attributes.items() if value and _SCHEMA not in key]
            if said:
                self.outline.block(f"{name} ({'; '.join(said)})", "\n")
        self._open.append((name, []))

    def text(self, words: str) -> None:
        """Add to the innermost element, or to the sentence."""
        if self._open:
            self._open[self._sentence - 1 if self._sentence else -1][1].append(words)

    def end(self, _: str) -> None:
        """End an element, which is a line unless it is within a sentence."""
        name, said = self._open.pop()
        if self._sentence and len(self._open) >= self._sentence:
            return
        self._sentence = 0
        text = " ".join("".join(said).split())
        if text:
            self.outline.block(f"{name}: {text}", "\n")
            if name.lower() == "title":
                self.title = self.title or text
