"""Cursors, which mark the end of a page of a list: a number, or a key of the table's index by callers."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from rag.failures import Invalid

# The engine refuses a larger sum of `from` and `size`.
_MOST_LISTED = 10_000


def newest_first(field: str) -> list[dict[str, str]]:
    """The order of a search of an index with one shard, by a field with times; it has a cursor that is a number.

    Documents of the same time keep their places between pages, because all replicas have the same sequence numbers.
    Their order in a replica's files differs, and an administrator can forbid to sort by `_id`.
    """
    return [{field: "desc"}, {"_seq_no": "desc"}]


def start_of(after: str | None, size: int, mistake: str, beyond: str) -> int:
    """The number of a page's first entry, from 0.

    Raises `Invalid`: with the sentence `mistake` if `after` is not a number, and with a sentence that begins with
    `beyond` if the page is past the limit.
    """
    if after is not None and not (after.isascii() and after.isdecimal()):
        raise Invalid(mistake)
    start = int(after or 0)
    if start + size > _MOST_LISTED:
        raise Invalid(f"{beyond} ends after {_MOST_LISTED:,}.")
    return start


def as_cursor(last: Mapping[str, Any]) -> str:
    """The key of the last item, as text without spaces."""
    return base64.urlsafe_b64encode(f"{last['expires']['N']} {last['id']['S']}".encode()).decode()


def cursor(after: str, mistake: str) -> dict[str, Any]:
    """The key that `as_cursor` wrote; raises `Invalid` with the sentence `mistake`."""
    try:
        expires, id = base64.urlsafe_b64decode(after).decode().split(" ", 1)
        return {"expires": {"N": str(int(expires))}, "id": {"S": id}}
    except (binascii.Error, ValueError):
        raise Invalid(mistake) from None
