"""The objects of a stack: their ids, and their desired state."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from mlcommons.errors import InvalidSpec
from mlcommons.kind import Kind
from mlcommons.kinds import kind_named
from mlcommons.owner import Owner


@dataclass(frozen=True)
class Watched:
    """`kind` is a noun of mlcommons, `id` is the object's id; `spec` is None if it was not stored.

    `target` is the engine of the object. A model that is not `asked` gets no probe, for example because its endpoint is
    stopped at night.
    """

    kind: str
    id: str
    owner: Owner
    spec: dict[str, Any] | None = None
    asked: bool = True
    target: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.kind} {self.owner.logical_id}"

    @property
    def verbs(self) -> Kind[Any]:
        """The object's kind, with its verbs."""
        return kind_named(self.kind)

    @property
    def wanted(self) -> Any:
        """The parsed specification; raises InvalidSpec, also if there is none."""
        if self.spec is None:
            raise InvalidSpec(
                f"Reading the specification of {self}", "its parameter does not exist", "Deploy again, which writes it."
            )
        return self.verbs.parse(self.spec)

    @property
    def probe(self) -> dict[str, Any] | None:
        """The body of a `_predict` that a working model answers; None for other kinds and without a specification."""
        body = (self.spec or {}).get("probe")
        return body if self.kind == "Model" and isinstance(body, dict) else None


def folder_of(stack: str) -> str:
    """The folder of the parameters of a stack's objects, each `<folder>/<logical id>`."""
    return f"/osml/{stack}"


def watched(ssm: Any, stack: str) -> Iterator[Watched]:
    """The objects in the parameters of the stack: JSON of `kind`, `id`, `target`, `spec` and perhaps `asked`.

    `ssm` is boto3's client. Raises botocore's errors, and InvalidSpec for a parameter of another form.
    """
    folder = folder_of(stack)
    for page in ssm.get_paginator("get_parameters_by_path").paginate(Path=folder):
        for parameter in page["Parameters"]:
            name, value = parameter["Name"], parameter["Value"]
            yield _parsed(name, Owner(stack, name.removeprefix(f"{folder}/")), value)


def _parsed(name: str, owner: Owner, value: str) -> Watched:
    try:
        fields = json.loads(value)
        return Watched(fields["kind"], fields["id"], owner, fields["spec"], fields.get("asked", True), fields["target"])
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        cause = f"it does not have the form that a deploy writes ({type(error).__name__})"
        raise InvalidSpec(f"Reading the parameter {name}", cause, "Deploy again, which writes it again.") from None
