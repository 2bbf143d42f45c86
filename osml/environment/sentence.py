"""One sentence out of what pydantic has to say about an environment file."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

KINDS = {
    "string_type": "a text",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "model_type": "a group of settings",
}
BOUNDS = {
    "greater_than_equal": ("ge", "{} or more"),
    "less_than_equal": ("le", "{} or less"),
}


def sentence(fault: ValidationError, root: type[BaseModel]) -> str:
    """The first thing wrong, unknown settings first (they explain the missing ones); without a full stop."""
    errors = fault.errors(include_url=False)
    error = min(errors, key=lambda one: one["type"] != "extra_forbidden")
    path = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        return f"{path} is not a setting; {_nearest(error['loc'], root)}"
    if error["type"] == "missing":
        return f"{path} is missing; {_add(error['loc'], root)}"
    if error["type"] == "value_error":
        reason = str(error["ctx"]["error"])
        return reason if not path else f"{path}: {reason}"
    return f"{path} is {_shown(error)}, but {_wanted(error, root)}"


def _shown(error: ErrorDetails) -> str:
    # A key that was pasted where its place in Secrets Manager belongs must not reach a terminal or a log.
    if "secret" in error["loc"]:
        return "a value that does not fit"
    text = repr(error["input"])
    return text if len(text) <= 60 else f"{text[:57]}…"


def _wanted(error: ErrorDetails, root: type[BaseModel]) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind in BOUNDS:
        name, words = BOUNDS[kind]
        limit = words.format(context[name])
        return f"must be {limit}; set {limit}"
    if kind == "literal_error":
        return f"can be {context['expected']} only; set one of them"
    field = _field(error["loc"], root)
    example = f", for example {field.examples[0]}" if field and field.examples else ""
    if kind == "string_pattern_mismatch":
        return f"must look like {field.examples[0]}" if field and field.examples else f"must match {context['pattern']}"
    if kind == "string_type" and isinstance(error["input"], int):
        return f"must be a text; put it in quotes{example}"
    return f"must be {KINDS.get(kind, error['msg'])}; correct it{example}"


def _nearest(location: tuple[int | str, ...], root: type[BaseModel]) -> str:
    group = _model(location[:-1], root)
    names = list(group.model_fields) if group else []
    names = [name for name in names if not (group is root and name == "name")]
    close = get_close_matches(str(location[-1]), names, n=1, cutoff=0.5)
    prefix = "".join(f"{part}." for part in location[:-1])
    if close:
        return f"the nearest one is {prefix}{close[0]}"
    return f"{prefix.rstrip('.') or 'an environment'} has {', '.join(names)}"


def _add(location: tuple[int | str, ...], root: type[BaseModel]) -> str:
    field = _field(location, root)
    if field and field.examples:
        return f"add it, for example {field.examples[0]}"
    group = _model(location, root)
    if group:
        needed = [name for name, one in group.model_fields.items() if one.is_required()]
        return f"add that group with {' and '.join(needed)}"
    choices = get_args(field.annotation) if field else ()
    return f"add it, for example {choices[0]}" if choices else "add it"


def _field(location: tuple[int | str, ...], root: type[BaseModel]) -> FieldInfo | None:
    if isinstance(location[-1], int):  # an item has the examples of its list
        location = location[:-1]
    group = _model(location[:-1], root)
    return group.model_fields.get(str(location[-1])) if group else None


def _model(location: tuple[int | str, ...], root: type[BaseModel]) -> type[BaseModel] | None:
    here: type[BaseModel] = root
    for part in location:
        field = here.model_fields.get(str(part))
        inner = next((one for one in _types(field.annotation) if _is_model(one)), None) if field else None
        if inner is None:
            return None
        here = inner
    return here


def _types(annotation: Any) -> tuple[Any, ...]:
    return get_args(annotation) or (annotation,)


def _is_model(one: Any) -> bool:
    return isinstance(one, type) and issubclass(one, BaseModel)
