"""Parquet, read by pyarrow in batches of rows."""

import base64
import datetime
import decimal
from collections.abc import Iterator
from typing import Any, BinaryIO

import pyarrow
from pyarrow import parquet

from corpus.formats import Reading, Row
from corpus.formats.table import documents_in

BATCH = 256


def rows(file: BinaryIO, name: str, reading: Reading) -> Iterator[Row]:
    """A row for each row of the file; a null value gives no field."""
    try:
        table = parquet.ParquetFile(file)
        names = table.schema_arrow.names
        if documents_in(names, reading) is None:
            wanted = [*reading.columns, reading.given or reading.text_field]
            missing = next(column for column in wanted if column not in names)
            yield Row(name, reason=f"has no column `{missing}`, but {', '.join(names)}")
            return
        size, count = file.seek(0, 2), table.metadata.num_rows
        number = 0
        for batch in table.iter_batches(batch_size=BATCH, use_threads=False):
            for values in batch.to_pylist():
                number += 1
                fields = {key: _plain(value) for key, value in values.items() if value is not None}
                yield Row(f"{name}:{number}", reading.text_of(fields), position=size * number // count)
    except (pyarrow.ArrowException, OSError) as error:
        yield Row(name, reason=f"is not a readable Parquet file ({error})")


def _plain(value: Any) -> Any:
    """The value in JSON: dates in ISO 8601, bytes in Base64."""
    if isinstance(value, dict):
        return {str(key): _plain(value) for key, value in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, decimal.Decimal):
        return float(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value if isinstance(value, str | int | float | bool | None) else str(value)
