"""An HTTP answer whose body comes piece by piece."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Reply:
    """`body` may be a generator: it is asked for a piece when the one before is on its way, and closed in the end."""

    status: int
    headers: Mapping[str, str]
    body: Iterable[bytes]
