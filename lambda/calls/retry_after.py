"""The header Retry-After: seconds, or a date (RFC 9110, section 10.2.3)."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_SECONDS = re.compile(r"[0-9]+(\.[0-9]*)?")


def asked_to_wait(headers: Mapping[str, str]) -> float | None:
    """The seconds that an answer with these headers asks to wait; None if the header is missing or unreadable.

    Header names may be in any case. A date is compared with the server's own clock, its header Date.
    """
    lower = {name.lower(): value.strip() for name, value in headers.items()}
    text = lower.get("retry-after", "")
    if _SECONDS.fullmatch(text):
        return float(text)
    until, now = _moment(text), _moment(lower.get("date", "")) or datetime.now(UTC)
    return max(0.0, (until - now).total_seconds()) if until else None


def _moment(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
