"""Conditions on document fields in a question, such as `made after 2021-06-30` and `a depth between 50 and 80`."""

import contextlib
import re
from collections.abc import Mapping
from typing import Any

_BOUNDS = {
    "gte": ("at least", "from", "since"),
    "gt": ("more than", "over", "above", "after"),
    "lte": ("at most", "up to", "until"),
    "lt": ("less than", "under", "below", "before"),
}
_BOUND_OF = {word: bound for bound, words in _BOUNDS.items() for word in words}
_VALUE = r"[\w-]+(?:\.\d+)?"
_BETWEEN = f"between (?P<least>{_VALUE}) and (?P<most>{_VALUE})"
_BOUNDED = f"(?:(?P<word>{'|'.join(_BOUND_OF)}) )?(?P<value>{_VALUE})"
_NUMBERS = ("number", "integer", "long", "short", "byte", "float", "double", "half_float")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def conditions(question: str, types: Mapping[str, str]) -> dict[str, Any]:
    """The conditions in a question, by field: a value, or a range of numbers or days with `gte`, `gt`, `lte`, `lt`.

    `types` maps the names of fields to their types in OpenSearch.
    """
    values: dict[str, Any] = {}
    for name, type in types.items():
        named = rf"\b{re.escape(name.replace('_', ' '))}(?: is| was| of)? "
        said = re.search(f"{named}(?:{_BETWEEN}|{_BOUNDED})", question, re.IGNORECASE)
        if said is None:
            continue
        if said["least"]:
            stated = {"gte": _value(said["least"], type), "lte": _value(said["most"], type)}
        elif said["word"]:
            stated = {_BOUND_OF[said["word"].lower()]: _value(said["value"], type)}
        else:
            stated = {"is": _value(said["value"], type)}
        if None not in stated.values() and (type != "keyword" or "is" in stated):
            values[name] = stated.get("is", stated)
    return values


def _value(text: str, type: str) -> Any:
    """The value in the form of its type; None for a word that is not such a value, or for an unknown type."""
    if type in _NUMBERS:
        with contextlib.suppress(ValueError):
            return float(text) if "." in text else int(text)
    if type == "date":
        return text if _DAY.fullmatch(text) else None
    return text if type == "keyword" else None
