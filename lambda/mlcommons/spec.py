"""Parses a kind's specification from JSON, and refuses unknown, missing and mistyped fields."""

import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any, TypeVar

from mlcommons.errors import InvalidSpec

T = TypeVar("T")


def parse(cls: type[T], value: Any, what: str) -> T:
    """Build the dataclass `cls` from a JSON object; `what` names it in errors, e.g. "the Connector spec".

    Raises `InvalidSpec`. Fields are strings, booleans, objects, nested dataclasses, or lists of strings or of
    dataclasses, each possibly optional.
    """
    tried = f"Reading {what}"
    if not isinstance(value, Mapping):
        raise InvalidSpec(tried, f"it is {_called(value)}", "It must be a JSON object.")
    known = {field.name: field for field in fields(cls)}  # type: ignore[arg-type]
    for name in value:
        if name not in known:
            raise InvalidSpec(tried, f"{name!r} is not a field of it", f"Its fields are {', '.join(known)}.")
    hints = typing.get_type_hints(cls)
    values: dict[str, Any] = {}
    for name, field in known.items():
        if value.get(name) is not None:
            values[name] = _checked(value[name], hints[name], f"{what}'s {name}")
        elif field.default is MISSING and field.default_factory is MISSING:
            raise InvalidSpec(tried, f"the field {name!r} is missing", f"Add {name!r}.")
    return cls(**values)


def _checked(value: Any, hint: Any, what: str) -> Any:
    if typing.get_origin(hint) is types.UnionType:
        hint = next(part for part in typing.get_args(hint) if part is not types.NoneType)
    if hasattr(hint, "__dataclass_fields__"):
        return parse(hint, value, what)
    if typing.get_origin(hint) is list and hasattr(typing.get_args(hint)[0], "__dataclass_fields__"):
        if not isinstance(value, list):
            raise InvalidSpec(f"Reading {what}", f"it is {_called(value)}", "It must be a list of JSON objects.")
        item = typing.get_args(hint)[0]
        return [parse(item, entry, f"{what} number {number}") for number, entry in enumerate(value, start=1)]
    expected, is_right = {
        str: ("a string", isinstance(value, str) and value != ""),
        list: ("a list of strings", isinstance(value, list) and all(isinstance(v, str) and v for v in value)),
        dict: ("a JSON object", isinstance(value, dict)),
        bool: ("true or false", isinstance(value, bool)),
    }[typing.get_origin(hint) or hint]
    if not is_right:
        raise InvalidSpec(f"Reading {what}", f"it is {_called(value)}", f"It must be {expected}.")
    return value


def _called(value: Any) -> str:
    names = {str: "a string", list: "a list", dict: "an object", bool: "a boolean", type(None): "null"}
    return "empty" if value == "" else names.get(type(value), "a number")
