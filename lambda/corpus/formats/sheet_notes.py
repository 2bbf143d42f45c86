"""Reads the texts of a workbook (xlsx, ods) outside its cells: headers, comments, text boxes, chart titles."""

from functools import partial

from corpus.formats import sheet_margins
from corpus.formats.opendocument import CHART_TITLES, part_of, read_object
from corpus.formats.outline import Outline
from corpus.formats.package import Attributes, Package, attribute, local
from corpus.formats.slides import Shapes

# The parts of a sheet, and those of a drawing in it.
_OF_A_SHEET, _OF_A_DRAWING = ("comments", "threadedComment", "drawing"), ("chart", "chartEx")
# Only words are read: the figures of a chart repeat the cells.
_WORDS = ("t", "text")
# In OpenDocument: the elements that contain such texts, and the elements of the texts.
_NOTES, _SAID = ("annotation", "frame", "custom-shape"), ("p", "desc")


def beside(package: Package) -> dict[str, list[str]]:
    """The texts of each sheet. Raises BadArchive."""
    if "content.xml" in package and not package.is_office:
        notes, margins = _in_opendocument(package), sheet_margins.of_opendocument(package)
        return {sheet: [*margins.get(sheet, []), *notes.get(sheet, [])] for sheet in {**margins, **notes}}
    return {name: _texts(package, part) for name, part in parts_of(package).items()}


def parts_of(package: Package) -> dict[str, str]:
    """The XML part of each sheet, by the sheet's name; empty for OpenDocument and xlsb. Raises BadArchive."""
    if not package.is_office or not (main := package.main("workbook")).endswith(".xml"):
        return {}
    sheets: dict[str, str] = {}

    def start(tag: str, attributes: Attributes) -> None:
        if local(tag) == "sheet":
            id = next((value for key, value in attributes.items() if key.endswith("relationships id")), "")
            sheets[id] = attribute(attributes, "name") or ""

    package.walk(main, start)
    return {sheets[id]: part for id, (_, part) in package.related(main).items() if id in sheets}


def _texts(package: Package, sheet: str) -> list[str]:
    outline = Outline()

    def margins(package: Package, sheet: str) -> None:
        for line in sheet_margins.of_office(package, sheet):
            outline.block(line)

    package.beside(margins, sheet)
    for kind, part in sorted(package.related(sheet).values()):
        if kind in _OF_A_SHEET:
            package.beside(Shapes(outline, _WORDS).all, part)
            for inner, chart in sorted(package.related(part).values()):
                if inner in _OF_A_DRAWING:
                    package.beside(Shapes(outline, _WORDS).all, chart)
    return [text for text in outline.text.split("\n\n") if text]


def _in_opendocument(package: Package) -> dict[str, list[str]]:
    """The paragraphs of comments and shapes, which are inside or outside the cells, and the titles of charts."""
    texts: dict[str, list[str]] = {}
    objects: list[tuple[str, str]] = []
    within: list[str] = []
    said: list[str] = []
    sheet = ""

    def start(tag: str, attributes: Attributes) -> None:
        nonlocal sheet
        name = local(tag)
        if name == "table" and not within:
            sheet = attribute(attributes, "name") or ""
        elif name in _NOTES:
            within.append(name)
        elif name in _SAID:
            said.clear()
        elif name == "object":
            objects.append((sheet, part_of(attribute(attributes, "href") or "")))

    def text(words: str) -> None:
        if within:
            said.append(words)

    def end(tag: str) -> None:
        name = local(tag)
        if name in _NOTES and within:
            within.pop()
        elif name in _SAID and within and "".join(said).strip():
            texts.setdefault(sheet, []).append("".join(said))

    package.walk("content.xml", start, end, text)
    for of, part in dict.fromkeys(objects):
        outline = Outline()
        package.beside(partial(read_object, outline, only=CHART_TITLES), part)
        texts.setdefault(of, []).extend(filter(None, outline.text.split("\n\n")))
    return texts
