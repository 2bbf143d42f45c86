"""What an authenticator app shows (RFC 6238)."""

import base64
import hmac
import struct
import time


def code(secret: str) -> str:
    """The six digits of the current time."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.digest(key, struct.pack(">Q", int(time.time()) // 30), "sha1")
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at : at + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"
