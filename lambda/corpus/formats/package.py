"""Office files: an archive of XML, read as a stream of its tags."""

import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from posixpath import dirname, join, normpath
from typing import BinaryIO
from xml.parsers import expat

from calls.count_of import count_of
from corpus.formats import Reading, Row

# The limits of an archive: unpacked bytes, and files.
LARGEST_UNPACKED, MOST_FILES = 1 << 30, 20_000
# The limit of one XML file.
LARGEST_XML = 256 << 20
_PIECE, _LONGEST_MATCH = 1 << 16, 32
_RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"
_BETWEEN = " "

Attributes = Mapping[str, str]


class BadArchive(ValueError):
    """The archive cannot be read; the reason ends a sentence that begins with the file's name."""


class Package:
    """The files of an archive by their names. Raises BadArchive.

    Upper and lower case of names are equal (ECMA-376, part 2, 7.2).

    damaged: the errors of independent parts that could not be read.
    """

    def __init__(self, file: BinaryIO) -> None:
        try:
            self._archive = zipfile.ZipFile(file)
        except zipfile.BadZipFile as error:
            # Office puts a file with a password into a container of the older format.
            file.seek(0)
            if file.read(4) == b"\xd0\xcf\x11\xe0":
                raise BadArchive(
                    "is encrypted, or has a format from before 2007; save it again without a password"
                ) from None
            raise BadArchive(f"is damaged ({error})") from None
        files = self._archive.infolist()
        unpacked = sum(file.file_size for file in files)
        if unpacked > LARGEST_UNPACKED or len(files) > MOST_FILES:
            raise BadArchive(
                f"has {unpacked >> 20:,} MiB in {count_of(len(files), 'file')} when unpacked, which is too large"
            )
        self._files = {_normal(file.filename): file for file in files}
        self.damaged: list[BadArchive] = []

    def __contains__(self, name: str) -> bool:
        return _normal(name) in self._files

    @contextmanager
    def open(self, name: str) -> Iterator[BinaryIO]:
        """A file of the archive."""
        try:
            with self._archive.open(self._files[_normal(name)]) as file:
                yield file  # type: ignore[misc] # ZipExtFile reads as a BinaryIO does
        except KeyError:
            raise BadArchive(f"lacks its part {name}") from None
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
            raise BadArchive(f"is damaged in its part {name} ({error})") from None

    def contains(self, name: str, pattern: "re.Pattern[bytes]") -> bool:
        """Whether a file of the archive has a match of the pattern, which has at most _LONGEST_MATCH bytes."""
        with self.open(name) as file:
            begun = b""
            while piece := file.read(_PIECE):
                if pattern.search(begun + piece):
                    return True
                begun = piece[-_LONGEST_MATCH:]
        return False

    def read(self, name: str) -> bytes:
        """The whole content of a file of the archive."""
        with self.open(name) as file:
            content = file.read(LARGEST_XML + 1)
        if len(content) > LARGEST_XML:
            raise BadArchive(f"has a part {name} of more than {LARGEST_XML >> 20} MiB, which is too large")
        return content

    def walk(
        self,
        name: str,
        start: Callable[[str, Attributes], None] = lambda *_: None,
        end: Callable[[str], None] = lambda _: None,
        text: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Call the functions for each tag and text of an XML file; names are `namespace local`, or only `local`."""
        with self.open(name) as file:
            tags_of(iter(lambda: file.read(_PIECE), b""), f"its part {name}", start, end, text)

    def beside(self, read: Callable[["Package", str], None], part: str) -> None:
        """Read a part on which no other part depends; if it is damaged, note it in `damaged`."""
        try:
            read(self, part)
        except BadArchive as error:
            self.damaged.append(error)

    def refusals(self, name: str) -> Iterator[Row]:
        """A row for each damaged part."""
        yield from (refused(name, error) for error in self.damaged)

    def inserted(self, part: str, name: str, reading: Reading) -> Iterator[Row]:
        """The entries of a file that is a part, read like a separate file."""
        from corpus.source import rows as read_rows

        try:
            yield from read_rows(self.read(part), f"{name}/{part}", reading)
        except BadArchive as error:
            yield refused(name, error)

    def main(self, what: str) -> str:
        """The main part of an Office file. Raises BadArchive with the reason that the file is no `what`."""
        for kind, part in self.related("").values():
            if kind == "officeDocument":
                return part
        raise BadArchive(f"is not a readable {what}")

    @property
    def is_office(self) -> bool:
        """Whether it is an archive of Microsoft Office, not of OpenDocument."""
        return any(kind == "officeDocument" for kind, _ in self.related("").values())

    def related(self, name: str) -> dict[str, tuple[str, str]]:
        """The parts of the archive to which an Office part refers: kind and name, by the relationship's id."""
        folder, _, last = name.rpartition("/")
        relationships = f"{folder}/_rels/{last}.rels" if folder else f"_rels/{last}.rels"
        parts: dict[str, tuple[str, str]] = {}

        def start(tag: str, attributes: Attributes) -> None:
            if tag == f"{_RELATIONSHIPS} Relationship" and attributes.get("TargetMode") != "External":
                kind = attributes.get("Type", "").rpartition("/")[2]
                target = attributes.get("Target", "").replace("\\", "/")
                place = target.lstrip("/") if target.startswith("/") else normpath(join(dirname(name), target))
                parts[attributes.get("Id", "")] = (kind, place)

        if relationships in self:
            self.walk(relationships, start)
        return {id: value for id, value in parts.items() if value[1] in self}

    def title(self) -> str | None:
        """The title in the document's properties."""
        said: list[str] = []
        within = False

        def start(tag: str, _: Attributes) -> None:
            nonlocal within
            within = tag == "http://purl.org/dc/elements/1.1/ title"

        def text(words: str) -> None:
            if within:
                said.append(words)

        def end(_: str) -> None:
            nonlocal within
            within = False

        for name in ("docProps/core.xml", "meta.xml"):
            if name in self:
                self.walk(name, start, end, text)
        return "".join(said).strip() or None


def tags_of(
    pieces: Iterable[bytes],
    name: str,
    start: Callable[[str, Attributes], None],
    end: Callable[[str], None],
    text: Callable[[str], None],
) -> None:
    """Call the functions for each tag and text of XML; `name` is for messages. Raises BadArchive."""
    parser = expat.ParserCreate(namespace_separator=_BETWEEN)
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
    # Office programs define no entities; a file that does is an attack.
    parser.EntityDeclHandler = _no_entities
    read = 0
    try:
        for piece in pieces:
            read += len(piece)
            if read > LARGEST_XML:
                raise BadArchive(f"has {name} of more than {LARGEST_XML >> 20} MiB, which is too large")
            parser.Parse(piece)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise BadArchive(f"is damaged in {name} ({error})") from None


def _normal(name: str) -> str:
    """The name in lower case and with slashes: some programs write Windows paths."""
    return name.replace("\\", "/").lower()


def local(tag: str) -> str:
    """The name of a tag without its namespace."""
    return tag.rpartition(_BETWEEN)[2]


def attribute(attributes: Attributes, name: str) -> str | None:
    """The attribute of that name, in any namespace."""
    return next((value for key, value in attributes.items() if local(key) == name), None)


def described(attributes: Attributes) -> str:
    """The title and the description of a picture; empty without them."""
    said = (attribute(attributes, "title"), attribute(attributes, "descr"))
    return " ".join(dict.fromkeys(filter(None, said)))


def refused(name: str, error: BadArchive) -> Row:
    """The row for an archive that cannot be read."""
    return Row(name, reason=str(error))


def _no_entities(*_: object) -> None:
    raise BadArchive("defines its own XML entities, which no office program does")
