"""Books (epub): the pages in reading order."""

from collections.abc import Iterator, Set
from posixpath import dirname, join, normpath
from typing import BinaryIO
from urllib.parse import unquote

from corpus.formats import LARGEST, Reading, Row, too_large
from corpus.formats.outline import Outline
from corpus.formats.package import Attributes, BadArchive, Package, local, refused
from corpus.formats.page import decoded, read_into
from corpus.formats.plain import document_row

_PAGES = ("application/xhtml+xml", "text/html", "application/x-dtbook+xml", "image/svg+xml")
# What the reading order may also name, and is no page. Some programs give pages a wrong type or none.
_NO_PAGES = ("image/", "audio/", "video/", "text/css", "application/pdf", "font/")
_ENCRYPTED = "META-INF/encryption.xml"


def rows(file: BinaryIO, name: str, reading: Reading) -> Iterator[Row]:
    """One row for the book, and one for each page that cannot be read."""
    outline = Outline()
    try:
        package = Package(file)
        title, pages = _contents(package)
        encrypted = _encrypted(package)
        if pages and encrypted.issuperset(pages):
            raise BadArchive("is protected against copying; save it without protection")
        for page in pages:
            package.beside(lambda package, page: _read(outline, package, page, encrypted), page)
            if len(outline) > LARGEST:
                yield too_large(name)
                return
    except BadArchive as error:
        yield refused(name, error)
        return
    if len(outline) or not package.damaged:
        yield document_row(name, reading, outline, title)
    yield from package.refusals(name)


def _read(outline: Outline, package: Package, page: str, encrypted: Set[str]) -> None:
    if page in encrypted:
        raise BadArchive(f"is protected against copying in its part {page}")
    read_into(outline, decoded(package.read(page)))


def _encrypted(package: Package) -> set[str]:
    """The files that are encrypted, such as pages of a protected book; fonts often are."""
    names: set[str] = set()

    def start(tag: str, attributes: Attributes) -> None:
        if local(tag) == "CipherReference":
            names.add(normpath(unquote(attributes.get("URI", ""))))

    if _ENCRYPTED in package:
        package.walk(_ENCRYPTED, start)
    return names


def _contents(package: Package) -> tuple[str | None, list[str]]:
    """The title and the pages."""
    roots: list[str] = []
    manifest: dict[str, str] = {}
    others: dict[str, str] = {}
    spine: list[str] = []
    title: list[str] = []
    within = False

    def root(tag: str, attributes: Attributes) -> None:
        if local(tag) == "rootfile":
            roots.append(attributes.get("full-path", ""))

    def start(tag: str, attributes: Attributes) -> None:
        nonlocal within
        name = local(tag)
        within = name == "title" and not title
        is_contents = "nav" in attributes.get("properties", "").split()
        if name == "item":
            kind = attributes.get("media-type", "").strip().lower()
            place = unquote(attributes.get("href", "").partition("#")[0])
            # The contents and pages of an unknown type are read only if the reading order names them.
            is_page = kind in _PAGES and not is_contents
            if is_page or not kind.startswith(_NO_PAGES):
                items = manifest if is_page else others
                items[attributes.get("id", "")] = normpath(join(dirname(roots[0]), place))
        elif name == "itemref":
            spine.append(attributes.get("idref", ""))

    def text(words: str) -> None:
        if within:
            title.append(words)

    def end(_: str) -> None:
        nonlocal within
        within = False

    package.walk("META-INF/container.xml", root)
    if not roots:
        raise BadArchive("names no book in its container")
    package.walk(roots[0], start, end, text)
    # Pages outside the reading order, such as notes, are opened by links, so they come last.
    items = manifest | others
    ordered = dict.fromkeys([*(items[id] for id in spine if id in items), *manifest.values()])
    return "".join(title).strip() or None, [*ordered]
