"""Reports models, containers and versions whose support ends soon or has ended. The stack passes the dates."""

import json
from collections.abc import Iterator
from datetime import date

from report import KeeperFinding


def endings(listed: str, today: date) -> Iterator[KeeperFinding]:
    """A finding for each entry of `listed` whose date has come; a JSON list of `{"about", "why", "told_from"}`."""
    for ending in json.loads(listed):
        if date.fromisoformat(ending["told_from"]) <= today:
            yield KeeperFinding("Ending", ending["about"], ending["why"])
