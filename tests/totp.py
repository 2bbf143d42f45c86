"""What an authenticator app shows (RFC 6238)."""

import base64
import hmac
import struct
import time

STEP = 30


def code(secret: str) -> str:
    """The six digits of the current time."""
    return _digits(secret, int(time.time()) // STEP)


def matches(secret: str, text: str) -> bool:
    """Whether these are the digits of the current time, or of the step before, in which they may have been read."""
    step = int(time.time()) // STEP
    return text in (_digits(secret, step), _digits(secret, step - 1))


def _digits(secret: str, step: int) -> str:
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.digest(key, struct.pack(">Q", step), "sha1")
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at : at + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"
