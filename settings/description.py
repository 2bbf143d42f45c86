"""The description of a setting for editors: what its group's docstring says about it, its default and its limits."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from inspect import cleandoc
from typing import Any, get_args

from settings import Group
from settings.sentence import BOUNDS

_NEXT_SENTENCE = re.compile(r"(?<=\.)\s+(?=[A-Z`])")
_BOUNDS = {
    "minimum": "greater_than_equal",
    "exclusiveMinimum": "greater_than",
    "maximum": "less_than_equal",
    "exclusiveMaximum": "less_than",
}
# A longer default, such as a prompt, is not repeated.
_LONGEST_DEFAULT = 60


def description(group: type[Group], name: str, content: Mapping[str, Any]) -> str:
    """The sentences that name the setting in backticks, of `group` or else of its nearest base that has any.

    Without one it is the first sentence of the setting's own group; empty if the setting is no group. `content` is the
    setting's JSON Schema.
    """
    named = re.compile(rf"`{re.escape(name)}(: [^`]*)?`")
    of_classes = ([said for said in sentences(each) if named.search(said)] for each in _classes(group))
    said = next(filter(None, of_classes), None) or _first_of(group.model_fields[name].annotation)
    return " ".join([*said, *_limits(content, " ".join(said))]) if said else ""


def sentences(group: type[Group]) -> list[str]:
    """The sentences of the docstring of `group`."""
    return _NEXT_SENTENCE.split(" ".join(cleandoc(group.__doc__ or "").split()))


def _classes(group: type[Group]) -> Iterator[type[Group]]:
    """`group` and its bases, without the base of all groups."""
    for each in group.__mro__:
        if issubclass(each, Group) and each is not Group:
            yield each


def _first_of(annotation: Any) -> list[str]:
    """The first sentence of the group that the setting is; none if it is no group, or one of several."""
    groups = list(_groups(annotation))
    return sentences(groups[0])[:1] if len(groups) == 1 else []


def _groups(annotation: Any) -> Iterator[type[Group]]:
    if isinstance(annotation, type) and issubclass(annotation, Group):
        yield annotation
    for each in get_args(annotation):
        yield from _groups(each)


def _limits(content: Mapping[str, Any], said: str) -> Iterator[str]:
    """The default, unless `said` states one, and the limits."""
    default = content.get("default")
    if isinstance(default, str | int | float) and default != "" and "default" not in said:
        written = default if isinstance(default, str) else json.dumps(default)
        if len(written) <= _LONGEST_DEFAULT:
            yield f"Default: {written}."
    limits = {**content, **next(iter(content.get("anyOf", ())), {})}
    bounds = [BOUNDS[kind][1].format(limits[bound]) for bound, kind in _BOUNDS.items() if bound in limits]
    if bounds:
        yield f"{', '.join(bounds)}.".capitalize()
    if "description" in content:
        yield f"{content['description']}."
