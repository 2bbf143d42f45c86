"""What ends soon, or has ended: a model, a container, a version. The stack knows the days, only a clock is needed."""

import json
from collections.abc import Iterator
from datetime import date

from report import Finding


def endings(told: str, today: date) -> Iterator[Finding]:
    """One finding for each of `told`, a JSON list of `{"about", "why", "told_from"}`, whose day has come."""
    for one in json.loads(told):
        if date.fromisoformat(one["told_from"]) <= today:
            yield Finding("Ending", one["about"], one["why"])
