"""Makes texts and values from outside fit for JSON and a search index; every text passes through this module."""

import math
import re
from collections.abc import Mapping
from typing import Any
from unicodedata import category

# The engine refuses a whole request if one document is nested deeper than 1,000 levels or has a name of more than
# 50,000 characters; its pipelines take integers of up to 64 bits.
DEEPEST, LONGEST_NAME, LARGEST = 50, 500, 2**63
TOO_DEEP = "nested too deeply to be stored"
# The general categories of Unicode for control and format characters.
_UNSEEN = ("Cc", "Cf")
_SURROGATE = re.compile("[\ud800-\udfff]")


def mended(text: str) -> str:
    """`text` with matching surrogates paired, and each lone surrogate replaced by U+FFFD."""
    if text.isascii() or _SURROGATE.search(text) is None:
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def is_blank(text: str) -> bool:
    """Whether a person sees nothing of `text`: it has only spaces, control characters, and characters without a form.

    The latter are zero-width spaces, soft hyphens, byte order marks, and marks of the direction of writing.
    """
    return all(character.isspace() or category(character) in _UNSEEN for character in text)


def plain(value: Any, depth: int = 0) -> Any:
    """`value` as valid JSON: NaN and infinity become null."""
    if isinstance(value, str):
        return mended(value)
    if isinstance(value, bool | None):
        return value
    if isinstance(value, int):
        return value if abs(value) < LARGEST else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if depth >= DEEPEST:
        return TOO_DEEP
    if isinstance(value, Mapping):
        return {mended(str(name))[:LONGEST_NAME]: plain(value, depth + 1) for name, value in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item, depth + 1) for item in value]
    return mended(str(value))
