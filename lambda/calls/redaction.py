"""Hides keys in quoted answers."""

import re
from http import HTTPStatus

# A key is recognized by its form, or by the word before it, because many keys have no fixed form. ARNs are not keys.
_SECRETS = re.compile(
    r"(?i)((?<!:)(?:key|token|password|secret)(?: provided)?[\\\"']*\s*[:=]\s*)\S{6,}"
    r"|(?<=bearer )\S+|\bsk-[\w-]{6,}|\b(?:AKIA|ASIA)[A-Z0-9]{12,}"
)
# In a 401 of a provider, any word with letters and digits and the length of a key is hidden, except a role's ARN.
_LIKE_A_KEY = re.compile(r"(?<!\S)(?!\S*arn:)(?=\S*\d)(?=\S*[A-Za-z])\S{16,}")


def redacted(text: str, status: int | None = None) -> str:
    """Hide anything that looks like a key; more strictly with `status` 401, where providers repeat the refused key."""
    text = _SECRETS.sub(r"\1…", text)
    return _LIKE_A_KEY.sub("…", text) if status == HTTPStatus.UNAUTHORIZED else text
