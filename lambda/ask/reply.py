"""An HTTP response whose body comes in pieces."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class HandlerResponse:
    """A response.

    A generator as `body` runs for its next piece after the last one was sent, and is closed at the end. `after` is
    called after the response was sent, or could not be delivered.
    """

    status: int
    headers: Mapping[str, str]
    body: Iterable[bytes]
    after: Callable[[], None] | None = None
