"""Routes: functions whose names and annotations say what a request contains.

This replaces the resolver of Powertools, which describes the API (openapi.py), because its import takes half as long
as the start of a function without code (docs/decisions/0030-cold-starts.md).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from gateway.mistake import mistake
from gateway.parameters import annotations, model_of
from rag.failures import Invalid

Run = TypeVar("Run", bound=Callable[..., Any])


@dataclass(frozen=True, eq=False)
class Route:
    """A route of the API: `run` answers requests with this method and this path, in which `{name}` is a parameter.

    A parameter of `run` that is not in the path is a parameter of the query, or with a model as its type the body.
    """

    method: str
    path: str
    run: Callable[..., Any]
    described: Mapping[str, str]

    @property
    def name(self) -> str:
        """The name in the table of roles."""
        return f"{self.method} {self.path}"

    def in_path(self, event: Mapping[str, Any]) -> dict[str, str] | None:
        """The parameters in the path, as they were sent, percent-encoded; None if the event is for another route."""
        matched = self._pattern.fullmatch(event["path"]) if event["httpMethod"] == self.method else None
        return matched.groupdict() if matched else None

    def arguments(self, event: Mapping[str, Any], body: Any) -> dict[str, Any]:
        """The arguments for `run`, for an event of this route; raises `Invalid`."""
        texts = {**_query(event), **(self.in_path(event) or {})}
        try:
            values = self._values.model_validate(texts)
            given = {name: kind.model_validate(body) for name, kind in self._bodies.items()}
        except ValidationError as error:
            raise Invalid(mistake(error.errors())) from None
        return {**{name: getattr(values, name) for name in self._values.model_fields}, **given}

    @cached_property
    def _bodies(self) -> dict[str, type[BaseModel]]:
        """The parameters that are the body."""
        return {
            name: kind
            for name, kind in annotations(self.run).items()
            if isinstance(kind, type) and issubclass(kind, BaseModel)
        }

    @cached_property
    def _values(self) -> type[BaseModel]:
        """The parameters in the path and in the query."""
        return model_of(self.run, self.run.__name__, self._bodies)

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.path) + "/*")


class Router:
    """The routes of a module, in the order of their declaration."""

    def __init__(self) -> None:
        self.routes: list[Route] = []

    def route(self, name: str, **described: str) -> Callable[[Run], Run]:
        """Declare the route `name`, such as `GET /documents/{id}`; `described` is for the API's description."""
        method, path = name.split()

        def declare(run: Run) -> Run:
            self.routes.append(Route(method, path, run, described))
            return run

        return declare


def _query(event: Mapping[str, Any]) -> dict[str, str]:
    """The parameters of the query; of a repeated one, the first value."""
    several = event.get("multiValueQueryStringParameters") or {}
    return {**(event.get("queryStringParameters") or {}), **{name: values[0] for name, values in several.items()}}
