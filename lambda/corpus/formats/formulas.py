"""Finds formulas without a result in a workbook (xlsx): some programs write files without calculating."""

import re
from collections.abc import Iterator

from corpus.formats import Row
from corpus.formats.package import Attributes, BadArchive, Package, attribute, local
from corpus.formats.sheet_notes import parts_of

# A quick search for any formula: most sheets have none, and need not be read twice.
_ANY = re.compile(rb"<(?:\w{1,20}:)?f[ />]")


def unanswered(package: Package, name: str) -> Iterator[Row]:
    """A row for each sheet that has such formulas, which Calamine reads as empty cells. Raises BadArchive."""
    for sheet, part in parts_of(package).items():
        try:
            cells = _cells(package, part) if package.contains(part, _ANY) else []
        except BadArchive:
            # Calamine reports the damaged sheet.
            continue
        if cells:
            several = f"{len(cells):,} formulas without results, the first"
            what = several if len(cells) > 1 else "a formula without a result,"
            advice = "open the file in a spreadsheet program, and save it"
            yield Row(f"{name}, sheet {sheet}", reason=f"has {what} in {cells[0]}; {advice}")


def _cells(package: Package, part: str) -> list[str]:
    cells: list[str] = []
    at, is_text, within = "", False, ""
    seen: set[str] = set()

    def start(tag: str, attributes: Attributes) -> None:
        nonlocal at, is_text, within
        within = local(tag)
        if within == "c":
            # If the result of a formula is text (`str`), it may be empty.
            at, is_text = attribute(attributes, "r") or "a cell", attribute(attributes, "t") == "str"
            seen.clear()
        elif within == "f":
            seen.add("formula")

    def text(words: str) -> None:
        if within == "v" and words.strip():
            seen.add("result")

    def end(tag: str) -> None:
        nonlocal within
        within = ""
        if local(tag) == "c" and seen == {"formula"} and not is_text:
            cells.append(at)

    package.walk(part, start, end, text)
    return cells
