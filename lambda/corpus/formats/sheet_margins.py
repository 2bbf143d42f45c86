"""The headers and footers of the sheets of a workbook (xlsx, ods), once for each sheet."""

import re
from collections.abc import Iterable

from corpus.formats.package import Attributes, Package, attribute, local

_ELEMENTS = ("firstHeader", "oddHeader", "evenHeader", "firstFooter", "oddFooter", "evenFooter")
_NAMED = b"headerFooter"
_PIECE = 1 << 16
# Fonts, colors, sizes and styles (ECMA-376, part 1, 18.3.1.46); `&&` is the character itself.
_CODE = re.compile(r'&(?:"[^"]{0,200}"|K(?:[0-9A-Fa-f]{6}|\d\d[+-]\d{3})|\d{1,3}|.)', re.S)
# The left, the central and the right part, and the codes that are numbers of pages.
_PARTS, _PAGES = ("&L", "&C", "&R"), ("&P", "&N")
# In OpenDocument: the parts of a header or footer, and fields, which are other texts on each page or each day.
_MARGINS = ("header", "footer", "header-first", "footer-first", "header-left", "footer-left")
_PAGE_FIELDS = ("page-number", "page-count")
_FIELDS = (*_PAGE_FIELDS, "sheet-name", "file-name", "date", "time", "title")
# With fewer words beside the number of a page, a line is only "Page 1 of 2".
_FEWEST_WORDS = 3
_PAGE = "\0"


def of_office(package: Package, sheet: str) -> list[str]:
    """The headers and footers of a sheet's part. Raises BadArchive."""
    if not _has_any(package, sheet):
        return []
    said: list[str] = []
    texts: list[str] = []

    def start(_: str, __: Attributes) -> None:
        said.clear()

    def end(tag: str) -> None:
        if local(tag) in _ELEMENTS:
            texts.append(_CODE.sub(_shown, "".join(said)))

    package.walk(sheet, start, end, said.append)
    return _lines(texts)


def of_opendocument(package: Package) -> dict[str, list[str]]:
    """The headers and footers of each sheet, which has them by its style and the page of that style."""
    pages: dict[str, str] = {}
    sheets: dict[str, str] = {}

    def start(tag: str, attributes: Attributes) -> None:
        name = local(tag)
        if name == "style" and (page := attribute(attributes, "master-page-name")):
            pages[attribute(attributes, "name") or ""] = page
        elif name == "table" and (sheet := attribute(attributes, "name")):
            sheets[sheet] = attribute(attributes, "style-name") or ""

    package.walk("content.xml", start)
    texts = _of_pages(package) if "styles.xml" in package else {}
    margins = {sheet: _lines(texts.get(pages.get(style, ""), ())) for sheet, style in sheets.items()}
    return {sheet: lines for sheet, lines in margins.items() if lines}


def _has_any(package: Package, sheet: str) -> bool:
    """Whether the part mentions headers or footers; they come after the cells, which would take long to parse."""
    last = b""
    with package.open(sheet) as file:
        while piece := file.read(_PIECE):
            if _NAMED in last + piece:
                return True
            last = piece[-len(_NAMED) :]
    return False


def _shown(code: re.Match[str]) -> str:
    said = code[0]
    if said == "&&":
        return "&"
    return "\n" if said in _PARTS else _PAGE if said in _PAGES else ""


def _of_pages(package: Package) -> dict[str, list[str]]:
    texts: dict[str, list[str]] = {}
    said: list[str] = []
    page = ""
    within = hidden = fields = 0

    def start(tag: str, attributes: Attributes) -> None:
        nonlocal page, within, hidden, fields
        name = local(tag)
        if name == "master-page":
            page = attribute(attributes, "name") or ""
        elif name in _MARGINS:
            within += 1
            hidden += attribute(attributes, "display") == "false"
        elif name == "p":
            said.clear()
        elif name in _FIELDS:
            fields += 1
            said.extend([_PAGE] if name in _PAGE_FIELDS else [])

    def text(words: str) -> None:
        if within and not fields and not hidden:
            said.append(words)

    def end(tag: str) -> None:
        nonlocal within, hidden, fields
        name = local(tag)
        if name in _MARGINS:
            within, hidden = within - 1, 0
        elif name in _FIELDS:
            fields -= 1
        elif name == "p" and within:
            texts.setdefault(page, []).append("".join(said))

    package.walk("styles.xml", start, end, text)
    return texts


def _lines(texts: Iterable[str]) -> list[str]:
    """The lines with words, each once, without those that only have the number of a page."""
    lines: dict[str, None] = {}
    for line in "\n".join(texts).splitlines():
        words = line.replace(_PAGE, " ").split()
        if len(words) >= _FEWEST_WORDS or (words and _PAGE not in line):
            lines[" ".join(words)] = None
    return [*lines]
