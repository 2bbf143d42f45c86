"""Keeps what is known of the items of a source, between runs and between the calls of one run, in an S3 object.

The object has a line of JSON for each item, compressed. For 100,000 pages it has a few megabytes, and takes one request
to read and one to write.
"""

import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import astuple
from typing import Any

from sources.item import Known

# The beginning of the first line.
FORM = "osml sources 1"


def read_state(s3: Any, bucket: str, key: str, groups: Sequence[str] = ()) -> dict[str, Known]:
    """Everything known, by the item's name; empty before the first run.

    If other `groups` see the documents than before, nothing counts as unchanged: all documents are loaded again.
    """
    try:
        body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    except s3.exceptions.NoSuchKey:
        return {}
    form, *lines = gzip.decompress(body).decode().splitlines()
    known = {name: Known(*rest) for name, *rest in map(json.loads, lines)}
    if form != _form(groups):
        for item in known.values():
            item.mark = item.digest = item.said = ""
    return known


def write_state(s3: Any, bucket: str, key: str, known: Mapping[str, Known], groups: Sequence[str] = ()) -> None:
    """Replace everything known."""
    lines = [
        _form(groups),
        *(json.dumps([name, *_values(value)], separators=(",", ":")) for name, value in known.items()),
    ]
    s3.put_object(Bucket=bucket, Key=key, Body=gzip.compress("\n".join(lines).encode(), 6, mtime=0))


def _values(known: Known) -> tuple[Any, ...]:
    """The values, without `gone` if it is empty: the line is shorter, and earlier versions of osml can read it."""
    values = astuple(known)
    return values if known.gone else values[:-1]


def _form(groups: Sequence[str]) -> str:
    return f"{FORM} {json.dumps(sorted(groups))}"
