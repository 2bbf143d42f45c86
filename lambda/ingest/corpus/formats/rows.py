"""CSV and TSV: a document a row, whose fields the first row names."""

import csv
import io
from collections.abc import Iterator
from typing import IO, BinaryIO, cast

from corpus.formats import LARGEST, Row


def rows(file: BinaryIO, name: str, text_field: str) -> Iterator[Row]:
    """A row for each; empty cells are no fields. Commas, tabs or semicolons are between them, as in the first row."""
    csv.field_size_limit(LARGEST)
    text = io.TextIOWrapper(cast(IO[bytes], file), encoding="utf-8-sig", newline="")
    try:
        header = text.readline()
        between = max(",\t;", key=header.count)
        names = next(csv.reader([header], delimiter=between), [])
        if text_field not in names:
            yield Row(f"{name}:1", reason=f"the first row names no column `{text_field}`, but {', '.join(names)}")
            return
        reader = csv.reader(text, delimiter=between)
        for cells in reader:
            where = f"{name}:{reader.line_num + 1}"
            if len(cells) > len(names):
                yield Row(where, reason=f"has {len(cells)} cells, the first row {len(names)}", found=cells)
            elif any(cells):
                yield Row(where, {key: cell for key, cell in zip(names, cells, strict=False) if cell})
    except csv.Error as error:
        yield Row(name, reason=f"is no CSV from here on ({error})")
    finally:
        text.detach()
