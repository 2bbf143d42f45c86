"""Text from a file as a message repeats it: short, on one line, and never a model's key."""

from __future__ import annotations

import re
from typing import Any

MOST = 60
HIDDEN = "a value that does not fit"
_NAME = re.compile(r"(?!\.)[\w.!<=-]{1,40}(?<!\.)", re.ASCII)
# How providers' keys begin, and what a long key looks like: letters and digits that contain no word.
_BEGINNING = re.compile(
    r"\b(?:sk|pk|rk|hf|gsk|xai|pplx|nvapi|ghp|github_pat|glpat|r8)[-_](?=[A-Za-z_-]*[0-9])[A-Za-z0-9_-]{16,}"
    r"|\b(?:AKIA|ASIA)[A-Z0-9]{12,}|\bAIza[\w-]{20,}|\beyJ[\w-]{10,}|-----BEGIN",
    re.ASCII,
)
_ROW = re.compile(r"[A-Za-z0-9]{28,}")


def begins_like_a_key(text: str) -> bool:
    """Whether `text` contains something that begins like a provider's key: `sk-…`, `AKIA…`, a private key."""
    return bool(_BEGINNING.search(text))


def looks_like_a_key(text: str) -> bool:
    """Whether `text` contains something that `begins_like_a_key`, or a long sequence of digits and letters."""
    return begins_like_a_key(text) or any(not row.isalpha() and not row.isdigit() for row in _ROW.findall(text))


def name(part: object) -> str:
    """A setting's name for a message, in quotes if it is unusual."""
    text = str(part)
    if looks_like_a_key(text):
        return "a name that looks like a key"
    return text if _NAME.fullmatch(text) else value(text)


def value(given: Any) -> str:
    """A value for a message."""
    # Python refuses to convert a number of more than 4300 digits to a string.
    if isinstance(given, int) and not isinstance(given, bool) and abs(given) >= 10**MOST:
        return "a number that is too long to show"
    text = repr(given)
    if looks_like_a_key(text):
        return HIDDEN
    return text if len(text) <= MOST else f"{text[: MOST - 3]}…"
