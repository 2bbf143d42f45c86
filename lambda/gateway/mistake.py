"""Mistakes in a request, as one sentence: the field, its value's kind, and the fix."""

from collections.abc import Mapping, Sequence
from typing import Any

from calls.count_of import count_of

# pydantic's error types for a value of the wrong kind, and the expected kind.
_KINDS = {
    "string_type": "a string",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a whole number",
    "int_from_float": "a whole number",
    "list_type": "a list",
    "model_type": "an object",
    "dict_type": "an object",
    "model_attributes_type": "an object",
}
# Parts that pydantic adds to the path of a value that may be of several kinds.
_TAGS = ("constrained-", "list[")
_LONGEST_NAME = 80


def mistake(errors: Sequence[Mapping[str, Any]]) -> str:
    """One sentence about the first of pydantic's `errors` (at least one). A value is never quoted."""
    first = _path(errors[0])
    # A value that may be of several kinds has an error for each kind; the deepest error is about the intended kind.
    about = [error for error in errors if _path(error)[: len(first)] == first]
    deepest = max(len(_path(error)) for error in about)
    about = [error for error in about if len(_path(error)) == deepest]
    specific = next((error for error in about if error["type"] not in _KINDS), None)
    if specific:
        return f"{_name(specific)} {_problem(specific)}."
    wanted = " or ".join(dict.fromkeys(_KINDS[error["type"]] for error in about))
    return f"{_name(about[0])} is {_kind(about[0]['input'])}, but must be {wanted}."


def _path(error: Mapping[str, Any]) -> tuple[str | int, ...]:
    location: tuple[str | int, ...] = tuple(error["loc"])
    own = 1 if error["type"] == "extra_forbidden" else 0
    given, named = location[: len(location) - own], location[len(location) - own :]
    return (*(part for part in given if not str(part).startswith(_TAGS)), *named)


def _name(error: Mapping[str, Any]) -> str:
    name = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in _path(error)).removeprefix(".")
    shown = "".join(character if character.isprintable() else "?" for character in name[:_LONGEST_NAME])
    return f"`{shown}`" if shown else "The body"


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "a string"
    return "a list" if isinstance(value, list | tuple) else "an object"


def _problem(error: Mapping[str, Any]) -> str:
    limits = error.get("ctx") or {}
    match error["type"]:
        case "missing":
            return "is missing; add it"
        case "extra_forbidden":
            return "is not a field of this request; remove it or correct its name"
        case "string_too_short":
            return f"is too short; the minimum is {count_of(limits['min_length'], 'character')}"
        case "string_too_long":
            return f"is too long; the maximum is {limits['max_length']} characters"
        case "too_short":
            return f"has {count_of(limits['actual_length'], 'entry')}; the minimum is {limits['min_length']}"
        case "too_long":
            return f"has {count_of(limits['actual_length'], 'entry')}; the maximum is {limits['max_length']}"
        case "greater_than_equal":
            return f"is too small; the minimum is {limits['ge']}"
        case "less_than_equal":
            return f"is too large; the maximum is {limits['le']}"
        case "string_pattern_mismatch":
            return f"has the wrong form; it must match {limits['pattern']}"
        case "value_error":
            return f"cannot be used: {error['msg'].removeprefix('Value error, ')}"
    return f"is {_kind(error.get('input'))} that cannot be used: {error['msg']}"
