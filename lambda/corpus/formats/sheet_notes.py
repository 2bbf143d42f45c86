"""What a workbook (xlsx) has beside its cells: comments, text boxes, and the titles of charts."""

from corpus.formats.outline import Outline
from corpus.formats.package import Attributes, BadArchive, Package, attribute, local
from corpus.formats.slides import Shapes

# Parts of a sheet; a drawing has charts of its own.
_OF_A_SHEET, _OF_A_DRAWING = ("comments", "threadedComment", "drawing"), ("chart", "chartEx")
# The figures of a chart are those of the cells.
_WORDS = ("t", "text")


def beside(package: Package) -> dict[str, list[str]]:
    """The texts of each sheet. Raises BadArchive."""
    try:
        main = package.main("workbook")
    except BadArchive:
        # OpenDocument has no such parts.
        return {}
    if not main.endswith(".xml"):
        return {}
    sheets: dict[str, str] = {}

    def start(tag: str, attributes: Attributes) -> None:
        if local(tag) == "sheet":
            id = next((value for key, value in attributes.items() if key.endswith("relationships id")), "")
            sheets[id] = attribute(attributes, "name") or ""

    package.walk(main, start)
    related = package.related(main)
    return {sheets[id]: _texts(package, part) for id, (_, part) in related.items() if id in sheets}


def _texts(package: Package, sheet: str) -> list[str]:
    outline = Outline()
    for kind, part in sorted(package.related(sheet).values()):
        if kind in _OF_A_SHEET:
            Shapes(outline, _WORDS).all(package, part)
            for inner, chart in sorted(package.related(part).values()):
                if inner in _OF_A_DRAWING:
                    Shapes(outline, _WORDS).all(package, chart)
    return [text for text in outline.text.split("\n\n") if text]
