"""The announced end of something that an environment uses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

# How long before the end people are notified.
NOTICE = timedelta(days=60)


@dataclass(frozen=True)
class EndOfLife:
    """An end of life: `on` is the first day without service or maintenance; `source` is the announcement's address."""

    on: date
    source: str

    @property
    def told_from(self) -> date:
        """The day from which people are notified."""
        return self.on - NOTICE
