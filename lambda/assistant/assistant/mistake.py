"""What is wrong with a request, in one sentence: the field, what it is, and what to give instead."""

from collections.abc import Mapping, Sequence
from typing import Any

# pydantic's error types for a value of the wrong kind, and the kind that was wanted.
_KINDS = {
    "string_type": "a string",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a whole number",
    "int_from_float": "a whole number",
    "list_type": "a list",
    "model_type": "an object",
    "model_attributes_type": "an object",
}
# What pydantic puts into the path of a value that may be of several kinds.
_TAGS = ("constrained-", "list[")
_LONGEST_NAME = 80


def mistake(errors: Sequence[Mapping[str, Any]]) -> str:
    """One sentence about the first of pydantic's `errors` (at least one). A value is never quoted."""
    first = _path(errors[0])
    # A value that may be of several kinds has an error for each of them: the one that got furthest was meant.
    about = [error for error in errors if _path(error)[: len(first)] == first]
    deepest = max(len(_path(error)) for error in about)
    about = [error for error in about if len(_path(error)) == deepest]
    specific = next((error for error in about if error["type"] not in _KINDS), None)
    if specific:
        return f"{_name(specific)} {_problem(specific)}."
    wanted = " or ".join(dict.fromkeys(_KINDS[error["type"]] for error in about))
    return f"{_name(about[0])} is {_kind(about[0]['input'])}; give {wanted}."


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
            return "is no field of this request; leave it out or correct its name"
        case "string_too_short":
            return f"is a string that is too short; give at least {limits['min_length']} character(s)"
        case "string_too_long":
            return f"is a string that is too long; give at most {limits['max_length']} characters"
        case "too_short":
            return f"is a list of {limits['actual_length']}; give at least {limits['min_length']}"
        case "too_long":
            return f"is a list of {limits['actual_length']}; give at most {limits['max_length']}"
        case "greater_than_equal":
            return f"is a number that is too small; give at least {limits['ge']}"
        case "less_than_equal":
            return f"is a number that is too large; give at most {limits['le']}"
        case "string_pattern_mismatch":
            return f"is a string of another form; give one that matches {limits['pattern']}"
        case "value_error":
            return f"cannot be used: {error['msg'].removeprefix('Value error, ')}"
    return f"is {_kind(error.get('input'))} that cannot be used: {error['msg']}"
