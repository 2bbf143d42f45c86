"""One sentence out of what pydantic has to say about an environment file."""

from __future__ import annotations

from collections.abc import Iterator
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
    path = _path(error["loc"], root)
    if error["type"] == "extra_forbidden":
        return f"{path} is not a setting; {_nearest(error['loc'], root)}"
    if error["type"] == "union_tag_invalid":
        context = error["ctx"]
        choice, known = context["discriminator"].strip("'"), _or(context["expected_tags"])
        return f"{path}.{choice} is {context['tag']!r}, but can be {known} only; set one of them"
    if error["type"] == "union_tag_not_found":
        return f"{path}.{error['ctx']['discriminator'].strip(chr(39))} is missing; add it"
    if error["type"] == "missing":
        return f"{path} is missing; {_add(error['loc'], root)}"
    if error["type"] == "value_error":
        reason = str(error["ctx"]["error"])
        return reason if not path else f"{path}: {reason}"
    return f"{path} is {_shown(error)}, but {_wanted(error, root)}"


def _shown(error: ErrorDetails) -> str:
    # A key that was pasted where its place in Secrets Manager belongs must not reach a terminal or a log.
    if {"secret", "login", "model_keys"} & set(error["loc"]):
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
    prefix = "".join(f"{part}." for part in [_path(location[:-1], root)] if part)
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
    return _walk(location, root)[1]


def _path(location: tuple[int | str, ...], root: type[BaseModel]) -> str:
    return ".".join(_walk(location, root)[0])


def _walk(location: tuple[int | str, ...], root: type[BaseModel]) -> tuple[list[str], type[BaseModel] | None]:
    """The settings on the way, and the group at its end; pydantic puts the chosen kind of a group between them."""
    here: type[BaseModel] | None = root
    path: list[str] = []
    parts = iter(location)
    for part in parts:
        path.append(str(part))
        field = here.model_fields.get(str(part)) if here else None
        models = list(_models(field.annotation)) if field else []
        if len(models) > 1:
            kind = next(parts, None)
            models = [one for one in models if kind in _kinds(one)]
        here = models[0] if models else None
    return path, here


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The groups in an annotation such as `Annotated[A | B, …] | None`, in their order."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)


def _kinds(model: type[BaseModel]) -> set[Any]:
    """What the group's choosing settings, `kind` or `provider`, can be."""
    fields = (model.model_fields.get(name) for name in ("kind", "provider"))
    return {choice for field in fields if field for choice in get_args(field.annotation)}


def _or(listed: str) -> str:
    """`'a', 'b', 'c'` as `'a', 'b' or 'c'`."""
    first, _, last = listed.rpartition(", ")
    return f"{first} or {last}" if first else last
