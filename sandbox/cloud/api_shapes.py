"""Answers in the shapes of botocore's own models: only the members that a model has, with the model's types."""

from collections.abc import Callable
from functools import cache
from typing import Any

from botocore.loaders import Loader
from botocore.model import ListShape, MapShape, OperationModel, ServiceModel, Shape, StructureShape

SCALARS: dict[str, Callable[[Any], Any]] = {
    "integer": int,
    "long": int,
    "float": float,
    "double": float,
    "string": str,
    "boolean": lambda value: str(value).lower() == "true",
}


@cache
def service(name: str) -> ServiceModel:
    """botocore's newest model of the service."""
    return ServiceModel(Loader().load_service_model(name, "service-2"), name)


def operation(name: str, of: str) -> OperationModel:
    """The operation `of` a service; raises botocore's OperationNotFoundError."""
    return service(of).operation_model(name)


def fitted(shape: Shape | None, value: Any) -> Any:
    """The value with only the shape's members, in the shape's types. Empty members are dropped.

    Templates may have numbers and booleans as strings.
    """
    if shape is None or value is None:
        return None
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        return {
            name: fitted(member, value[name])
            for name, member in shape.members.items()
            if value.get(name) not in (None, "")
        }
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [fitted(shape.member, part) for part in value]
    if isinstance(shape, MapShape) and isinstance(value, dict):
        return {key: fitted(shape.value, part) for key, part in value.items()}
    return SCALARS.get(shape.type_name, lambda kept: kept)(value)
