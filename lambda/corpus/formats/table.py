"""A table: the names of its columns, and the text of a row."""

from collections.abc import Mapping, Sequence
from typing import Any

from corpus.formats import Reading
from corpus.formats.outline import Outline, row_of


def names_of(header: Sequence[str]) -> list[str]:
    """A unique name for each column; an unnamed third one is `column_3`, a second `note` is `note_2`."""
    stripped = [cell.strip() for cell in header]
    given, names = set(stripped), dict[str, None]()
    # The number of the last column with a name, from which the next one goes on: a table may have very many columns.
    last: dict[str, int] = {}
    for place, cell in enumerate(stripped, 1):
        name = cell or f"column_{place}"
        chosen, number = name, last.get(name, 1)
        while chosen in names or (number > 1 and chosen in given):
            number += 1
            chosen = f"{name}_{number}"
        last[name] = number
        names[chosen] = None
    return [*names]


def documents_in(names: Sequence[str], reading: Reading) -> bool:
    """Whether each row is a document, with its text in columns of `reading`; otherwise the table is one document."""
    if reading.columns:
        return set(reading.columns) <= set(names)
    return (reading.given or reading.text_field) in names


def lacking(names: Sequence[str], reading: Reading) -> str | None:
    """Why the table cannot be read with the options of the command; None if it can."""
    wanted = [*reading.columns] or ([reading.given] if reading.given else [])
    missing = [name for name in wanted if name not in names]
    return f"the first row names no column `{missing[0]}`, but {', '.join(names)}" if missing else None


def fields_of(names: Sequence[str], cells: Sequence[Any]) -> Mapping[str, Any]:
    """The fields of a row; empty cells give no fields."""
    return {name: cell for name, cell in zip(names, cells, strict=False) if cell not in ("", None)}


def say(outline: Outline, names: Sequence[str] | None, cells: Sequence[str]) -> None:
    """Add a row as a line that names its columns, so that it can be understood without the others."""
    if names is None:
        outline.block(row_of(cells), "\n")
        return
    extra = [f"column_{place}" for place in range(len(names) + 1, len(cells) + 1)]
    said = [f"{name}: {' '.join(cell.split())}" for name, cell in zip([*names, *extra], cells, strict=False) if cell]
    outline.block("; ".join(said), "\n")
