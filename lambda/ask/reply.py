"""An HTTP response whose body comes in pieces."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Reply:
    """A response.

    A generator as `body` runs for its next piece after the last one was sent, and is closed at the end.
    """

    status: int
    headers: Mapping[str, str]
    body: Iterable[bytes]
