"""What a document shows of a JSON answer, compared with the real one."""

import re
from typing import Any

# Keys whose values are a model's own words, and an address of the cloud.
WORDS = {"answer", "url"}
HEXADECIMAL = re.compile(r"[0-9a-f]{12,}")


def difference(shown: Any, real: Any, at: str = "") -> str | None:
    """The first difference; None if there is none.

    Numbers are equal to all numbers, digests and ids to all others, and `…` to any text. A shown list has the first
    items of the real one.
    """
    if isinstance(shown, dict) and isinstance(real, dict):
        if shown.keys() != real.keys():
            return f"{at or 'the answer'} has not the same keys: {sorted(shown.keys() ^ real.keys())}"
        return _first(difference(shown[key], real[key], f"{at}.{key}") for key in shown if key not in WORDS)
    if isinstance(shown, list) and isinstance(real, list):
        if len(shown) > len(real):
            return f"{at} has only {len(real)} items"
        pairs = enumerate(zip(shown, real, strict=False))
        return _first(difference(*pair, f"{at}[{number}]") for number, pair in pairs)
    if isinstance(shown, str) and isinstance(real, str):
        pattern = ".*".join(map(re.escape, _without_ids(shown).split("…")))
        return None if re.fullmatch(pattern, _without_ids(real), re.DOTALL) else f"{at} is {real!r}, not {shown!r}"
    are_numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in (shown, real))
    return None if are_numbers or shown == real else f"{at} is {real!r}, not {shown!r}"


def _without_ids(text: str) -> str:
    return HEXADECIMAL.sub("#", text)


def _first(differences: Any) -> str | None:
    return next((difference for difference in differences if difference), None)
