"""The resources that a part of a template refers to."""

import re
from collections.abc import Iterator
from typing import Any

# `${Name}` and `${Name.Attribute}`, and not `${!Literal}`.
_IN_TEXT = re.compile(r"\$\{([A-Za-z0-9]+)(?:\.[A-Za-z0-9.]+)?\}")


def references(value: Any) -> Iterator[str]:
    """Logical ids in `Ref`, `Fn::GetAtt` and `Fn::Sub`, of resources or parameters."""
    if isinstance(value, list):
        for item in value:
            yield from references(item)
    if not isinstance(value, dict):
        return
    for key, inner in value.items():
        if key == "Ref":
            yield inner
        elif key == "Fn::GetAtt":
            yield inner[0] if isinstance(inner, list) else inner.partition(".")[0]
        elif key == "Fn::Sub":
            text = inner[0] if isinstance(inner, list) else inner
            yield from _IN_TEXT.findall(text)
            yield from references(inner[1:] if isinstance(inner, list) else [])
        else:
            yield from references(inner)
