"""The tools of a source, which are passed in so that tests need no AWS."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sources.item import ItemSource


@dataclass(frozen=True)
class Tools:
    """s3: a client. secret: reads the source's key. left: returns the seconds until nothing more is begun.

    pictures: whether the text of pictures is recognised. agent: the name under which requests are made.
    networks: private ranges in which vendors' APIs may be; none in AWS.
    """

    s3: Any = None
    secret: Callable[[], str] = lambda: ""
    left: Callable[[], float] = lambda: 600.0
    sleep: Callable[[float], object] = time.sleep
    pictures: bool = False
    agent: str = "osml"
    networks: Sequence[str] = ()


class SourceKind(Protocol):
    """A module of a kind of source."""

    def source(self, settings: Any, tools: Tools) -> ItemSource:
        """The source with these settings."""
        ...
