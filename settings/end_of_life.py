"""When something that an environment uses ends, as its provider has announced it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

# How long before the end people are told.
NOTICE = timedelta(days=60)


@dataclass(frozen=True)
class EndOfLife:
    """The first day `on` which it is not served or not maintained any more; `source` is an address that says so."""

    on: date
    source: str

    @property
    def told_from(self) -> date:
        """The day from which people are told."""
        return self.on - NOTICE
