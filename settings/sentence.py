"""Turns pydantic's errors about an environment file into one sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from difflib import get_close_matches
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from settings.quoted import HIDDEN, name, value

KINDS = {
    "string_type": "a text",
    "int_type": "a whole number",
    "int_parsing_size": "a smaller number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a group of settings",
    "model_type": "a group of settings",
    "model_attributes_type": "a group of settings",
    "finite_number": "an ordinary number",
}
# The name of a limit in the error's context, and its words in the sentence.
BOUNDS = {
    "greater_than_equal": ("ge", "{} or more"),
    "greater_than": ("gt", "more than {}"),
    "less_than_equal": ("le", "{} or less"),
    "less_than": ("lt", "less than {}"),
}
LENGTHS = {
    "string_too_short": ("min_length", "characters or more"),
    "string_too_long": ("max_length", "characters or fewer"),
    "too_short": ("min_length", "entries or more"),
    "too_long": ("max_length", "entries or fewer"),
}
# The maximum length of a word, such as an ARN, in a sentence, and the length to which a longer word is cut.
LONGEST_WORD, SHOWN = 200, 60
# What pydantic adds to the location of an error in the name of an entry, and not in its value.
_KEY = "[key]"


def sentence(fault: ValidationError, root: type[BaseModel]) -> str:
    """The first error as a sentence without a full stop.

    Unknown settings come first, because they often explain why others are missing.
    """
    errors = fault.errors(include_url=False)
    error = min(errors, key=lambda error: error["type"] != "extra_forbidden")
    said = _SPECIAL.get(error["type"], _wrong)(error, root)
    # A repeated value may contain line breaks, or be long.
    return " ".join(word if len(word) <= LONGEST_WORD else f"{word[:SHOWN]}…" for word in said.split())


def _unknown(error: ErrorDetails, root: type[BaseModel]) -> str:
    return f"{_path(error['loc'], root)} is not a setting; {_nearest(error['loc'], root)}"


def _unknown_kind(error: ErrorDetails, root: type[BaseModel]) -> str:
    context = error["ctx"]
    choice, known = _choice(error), _or(context["expected_tags"])
    given = value(error["input"].get(choice)) if isinstance(error["input"], dict) else value(context["tag"])
    return f"{_path(error['loc'], root)}.{choice} is {given}, but can be {known} only; set one of them"


def _no_kind(error: ErrorDetails, root: type[BaseModel]) -> str:
    field = _field(error["loc"], root)
    kinds = [kind for model in _models(field.annotation) for kind in _kinds(model)] if field else []
    return f"{_path(error['loc'], root)}.{_choice(error)} is missing; add it, one of {', '.join(map(str, kinds))}"


def _missing(error: ErrorDetails, root: type[BaseModel]) -> str:
    return f"{_path(error['loc'], root)} is missing; {_add(error['loc'], root)}"


def _reason(error: ErrorDetails, root: type[BaseModel]) -> str:
    path, reason = _path(error["loc"], root), str(error["ctx"]["error"])
    return f"{path}: {reason}" if path else reason


def _wrong(error: ErrorDetails, root: type[BaseModel]) -> str:
    path = _path(error["loc"], root) or "the file"
    if error["loc"] and error["loc"][-1] == _KEY:
        return f"{path} is not a valid name for an entry there, which {_wanted(error, root)}"
    return f"{path} is {_shown(error)}, but {_wanted(error, root)}"


_SPECIAL: dict[str, Callable[[ErrorDetails, type[BaseModel]], str]] = {
    "extra_forbidden": _unknown,
    "union_tag_invalid": _unknown_kind,
    "union_tag_not_found": _no_kind,
    "missing": _missing,
    "value_error": _reason,
}


def _shown(error: ErrorDetails) -> str:
    # People may paste a key where its place in Secrets Manager belongs; it must not reach a terminal or a log.
    return HIDDEN if {"secret", "login", "model_keys"} & set(error["loc"]) else value(error["input"])


def _wanted(error: ErrorDetails, root: type[BaseModel]) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind in BOUNDS:
        limit, words = BOUNDS[kind]
        said = words.format(context[limit])
        return f"must be {said}; set {said}"
    if kind in LENGTHS:
        limit, words = LENGTHS[kind]
        if context[limit] == 1:
            return "must not be empty; fill it in"
        return f"must have {context[limit]} {words}; {'shorten' if kind.endswith('long') else 'complete'} it"
    if kind == "literal_error":
        return f"can be {context['expected']} only; set one of them"
    shown = _example(_field(error["loc"], root), whole=kind in ("list_type", "dict_type"))
    example = f", for example {shown}" if shown else ""
    if kind == "string_pattern_mismatch":
        return f"must look like {shown}" if shown else f"must match {context['pattern']}"
    if kind == "string_type" and isinstance(error["input"], bool):
        return f"must be a text, and YAML reads yes, no, on and off as true or false; put it in quotes{example}"
    if kind == "string_type" and isinstance(error["input"], int):
        return f"must be a text; put it in quotes{example}"
    return f"must be {KINDS.get(kind, 'of another kind')}; correct it{example}"


def _nearest(location: tuple[int | str, ...], root: type[BaseModel]) -> str:
    group = _model(location[:-1], root)
    names = list(group.model_fields) if group else []
    names = [name for name in names if not (group is root and name == "name")]
    close = get_close_matches(str(location[-1])[:100], names, n=1, cutoff=0.5)
    prefix = "".join(f"{part}." for part in [_path(location[:-1], root)] if part)
    if close:
        return f"the nearest one is {prefix}{close[0]}"
    return f"{prefix.rstrip('.') or 'the file'} has {', '.join(names)}"


def _add(location: tuple[int | str, ...], root: type[BaseModel]) -> str:
    field = _field(location, root)
    example = _example(field, whole=True)
    if example:
        return f"add it, for example {example}"
    models = list(_models(field.annotation)) if field else []
    if len(models) > 1:
        choice = next(field for field in ("kind", "provider") if field in models[0].model_fields)
        return (
            f"add that group with {choice}, one of {', '.join(str(kind) for model in models for kind in _kinds(model))}"
        )
    if models:
        needed = [field for field, about in models[0].model_fields.items() if about.is_required()]
        return f"add that group with {' and '.join(needed)}"
    choices = get_args(field.annotation) if field else ()
    plain = [choice for choice in choices if isinstance(choice, str | int)]
    return f"add it, for example {plain[0]}" if plain else "add it"


def _example(field: FieldInfo | None, *, whole: bool) -> str:
    """The field's example in the form of a file; for a list the whole list if `whole`, otherwise an entry."""
    if field is None or not field.examples:
        return ""
    example = field.examples[0]
    if isinstance(example, dict):
        return f"{{{', '.join(f'{name}: {value}' for name, value in example.items())}}}"
    is_list = get_origin(field.annotation) is list and not str(example).startswith("[")
    return f"[{example}]" if whole and is_list else str(example)


def _choice(error: ErrorDetails) -> str:
    """The setting that chooses the kind of a group."""
    return str(error["ctx"]["discriminator"]).strip("'")


def _field(location: tuple[int | str, ...], root: type[BaseModel]) -> FieldInfo | None:
    location = tuple(part for part in location if part != _KEY)
    while len(location) > 1 and isinstance(location[-1], int):  # an item has the examples of its list
        location = location[:-1]
    group = _model(location[:-1], root) if location else None
    while group is None and len(location) > 1:  # an entry has the examples of the setting that contains it
        location = location[:-1]
        group = _model(location[:-1], root)
    return group.model_fields.get(str(location[-1])) if group else None


def _model(location: tuple[int | str, ...], root: type[BaseModel]) -> type[BaseModel] | None:
    return _walk(location, root)[1]


def _path(location: tuple[int | str, ...], root: type[BaseModel]) -> str:
    return ".".join(_walk(location, root)[0])


def _walk(location: tuple[int | str, ...], root: type[BaseModel]) -> tuple[list[str], type[BaseModel] | None]:
    """The names of the settings in `location`, and the group at its end.

    A location also contains the chosen kind of a group, which is not a setting and is left out.
    """
    here: type[BaseModel] | None = root
    path: list[str] = []
    parts = iter(location)
    for part in parts:
        if part == _KEY:
            continue
        path.append(name(part))
        if isinstance(part, int):  # an item belongs to the same group as its list
            continue
        field = here.model_fields.get(str(part)) if here else None
        models = list(_models(field.annotation)) if field else []
        entry = next(parts, None) if field and models and get_origin(field.annotation) is dict else None
        if entry is not None:  # groups by name
            path.append(name(entry))
        if len(models) > 1:
            kind = next(parts, None)
            models = [model for model in models if kind in _kinds(model)]
        here = models[0] if models else None
    return path, here


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The groups in an annotation such as `Annotated[A | B, …] | None`, in their order."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)


def _kinds(model: type[BaseModel]) -> list[Any]:
    """The possible values of the group's `kind` or `provider`."""
    fields = (model.model_fields.get(field) for field in ("kind", "provider"))
    return [choice for field in fields if field for choice in get_args(field.annotation)]


def _or(listed: str) -> str:
    """`'a', 'b', 'c'` as `'a', 'b' or 'c'`."""
    first, _, last = listed.rpartition(", ")
    return f"{first} or {last}" if first else last
