"""What the keeper watches: the stack's objects, each one parameter that CloudFormation keeps up to date."""

import json
from dataclasses import dataclass
from typing import Any

import boto3

from mlcommons import Kind, Owner, kind_named


@dataclass(frozen=True)
class Watched:
    """An object of the stack: its kind, the server's id, whose it is, where it is, and what it should be (JSON).

    A model that is not `asked` may rightly not answer.
    """

    kind: Kind[Any]
    id: str
    owner: Owner
    target: dict[str, Any]
    spec: dict[str, Any]
    asked: bool = True

    def __str__(self) -> str:
        return f"{self.kind.name} {self.owner.logical_id}"


def watched(folder: str, stack: str) -> list[Watched]:
    """Read the parameters `<folder>/<logical id>`, `{"kind", "id", "target", "spec"}` and perhaps `asked`.

    Raises botocore's errors.
    """
    pages = boto3.client("ssm").get_paginator("get_parameters_by_path").paginate(Path=folder)
    parameters = [one for page in pages for one in page["Parameters"]]
    return [_watched(one["Name"].rpartition("/")[2], stack, json.loads(one["Value"])) for one in parameters]


def _watched(logical_id: str, stack: str, value: dict[str, Any]) -> Watched:
    owner, kind = Owner(stack, logical_id), kind_named(value["kind"])
    return Watched(kind, value["id"], owner, value["target"], value["spec"], value.get("asked", True))
