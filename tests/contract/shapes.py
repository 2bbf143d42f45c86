"""Compares an answer, as it came over the wire, with botocore's model of the operation."""

from collections.abc import Iterator
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

JSON_TYPES: dict[str, tuple[type, ...]] = {
    "structure": (dict,),
    "map": (dict,),
    "list": (list,),
    "string": (str,),
    "character": (str,),
    "blob": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "timestamp": (int, float, str),
}


def faults(shape: Shape | None, value: Any, where: str = "") -> list[str]:
    """Missing required members, members that the model does not have, values of another type, and missing values."""
    return [] if shape is None else list(_faults(shape, value, where))


def _faults(shape: Shape, value: Any, where: str) -> Iterator[str]:
    wanted: Any = JSON_TYPES[shape.type_name]
    if not isinstance(value, wanted) or (isinstance(value, bool) and bool not in wanted):
        yield f"{where or 'the answer'} is {value!r}, not a {shape.type_name}"
        return
    match shape:
        case StructureShape():
            yield from (f"{where}.{name} is missing" for name in shape.required_members if name not in value)
            for name, part in value.items():
                if name in shape.members:
                    yield from _faults(shape.members[name], part, f"{where}.{name}")
                else:
                    yield f"{where}.{name} is unknown"
        case ListShape():
            for number, part in enumerate(value):
                yield from _faults(shape.member, part, f"{where}[{number}]")
        case MapShape():
            for key, part in value.items():
                yield from _faults(shape.value, part, f"{where}.{key}")
        case StringShape() if shape.enum and value not in shape.enum:
            yield f"{where} is {value!r}, which is none of the model's values"
