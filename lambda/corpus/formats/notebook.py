"""Notebooks (ipynb): the cells in order, each with the texts of its results."""

import json
from collections.abc import Iterator
from typing import Any, BinaryIO

from corpus.formats import Reading, Row, whole
from corpus.formats.encoding import decoded
from corpus.formats.markdown import markdown_into
from corpus.formats.outline import Outline
from corpus.formats.page import read_into
from corpus.formats.plain import document_row
from corpus.formats.terminal import readable


def rows(file: BinaryIO, name: str, reading: Reading) -> Iterator[Row]:
    """One row; the default title is the first heading."""
    content = whole(file)
    try:
        cells = _cells(json.loads(decoded(content)))
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        yield Row(name, reason=f"is not a readable notebook ({error})")
        return
    outline = Outline()
    for cell in cells:
        said = _joined(cell.get("source", cell.get("input", "")))
        if cell.get("cell_type") == "markdown":
            markdown_into(outline, said)
        elif cell.get("cell_type") == "heading":
            outline.heading(int(cell.get("level", 1)), said)
        else:
            outline.block(said)
        for output in cell.get("outputs", ()):
            _result(outline, output)
    yield document_row(name, reading, outline)


def _cells(notebook: Any) -> list[dict[str, Any]]:
    """The cells; those of format 3 are in worksheets."""
    if "cells" in notebook:
        return list(notebook["cells"])
    return [cell for sheet in notebook["worksheets"] for cell in sheet["cells"]]


def _result(outline: Outline, output: dict[str, Any]) -> None:
    """Add the shown result: if it has several forms, the text, or else the HTML."""
    forms = output.get("data", output)
    text = output.get("text", forms.get("text/plain", forms.get("text/markdown")))
    if text is None and "text/html" in forms:
        read_into(outline, _joined(forms["text/html"]))
    elif text is not None:
        outline.block(readable(_joined(text)))
    elif "ename" in output:
        outline.block(readable(f"{output['ename']}: {output.get('evalue', '')}"))


def _joined(text: Any) -> str:
    return "".join(map(str, text)) if isinstance(text, list) else str(text)
