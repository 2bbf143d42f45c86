"""A tool as an agent sees it: a function, with the schemas of its arguments and its result."""

import json
from collections.abc import Callable, Mapping
from functools import cached_property
from inspect import cleandoc
from typing import Any, get_type_hints

from pydantic import BaseModel, ValidationError

from gateway.mistake import mistake
from gateway.parameters import model_of
from rag.failures import Invalid
from rag.shape import Shape

READS = {"readOnlyHint": True, "openWorldHint": False}


class OfferedTool:
    """The tool that runs a function. The function's name, docstring and annotations describe it."""

    def __init__(self, run: Callable[..., Shape]) -> None:
        self.name = run.__name__
        self._run = run

    @cached_property
    def described(self) -> dict[str, Any]:
        """The tool in a list of tools."""
        result: type[BaseModel] = get_type_hints(self._run)["return"]
        return {
            "name": self.name,
            "description": cleandoc(self._run.__doc__ or ""),
            "inputSchema": self._arguments.model_json_schema(),
            "outputSchema": result.model_json_schema(mode="serialization"),
            "annotations": READS,
        }

    def called(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The result for the arguments, as JSON. Raises `Invalid`, and what the function raises."""
        try:
            values = self._arguments.model_validate(
                {name: self._unpacked(name, value) for name, value in arguments.items()}
            )
        except ValidationError as error:
            raise Invalid(mistake(error.errors())) from None
        return self._run(**{name: getattr(values, name) for name in type(values).model_fields}).model_dump(mode="json")

    @cached_property
    def _arguments(self) -> type[BaseModel]:
        return model_of(self._run, f"{self.name}Arguments")

    def _unpacked(self, name: str, value: Any) -> Any:
        """The value; some agents send an object or a list as a text of JSON."""
        field = self._arguments.model_fields.get(name)
        if field is None or field.annotation is str or not isinstance(value, str):
            return value
        try:
            unpacked = json.loads(value)
        except (ValueError, RecursionError):
            return value
        return unpacked if isinstance(unpacked, dict | list) or unpacked is None else value
