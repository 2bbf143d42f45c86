"""Where a page of the table's index by callers ended, as a caller of the API sees it."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from rag.failures import Invalid


def as_cursor(last: Mapping[str, Any]) -> str:
    """The key of the last item, as one word."""
    return base64.urlsafe_b64encode(f"{last['expires']['N']} {last['id']['S']}".encode()).decode()


def cursor(after: str, mistake: str) -> dict[str, Any]:
    """The key that `as_cursor` wrote; raises `Invalid` with the sentence `mistake`."""
    try:
        expires, id = base64.urlsafe_b64decode(after).decode().split(" ", 1)
        return {"expires": {"N": str(int(expires))}, "id": {"S": id}}
    except (binascii.Error, ValueError):
        raise Invalid(mistake) from None
