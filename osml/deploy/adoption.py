"""Imports resources that an environment kept when it was destroyed."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from osml.aws_error import advised, cause_of
from osml.deploy import cdk
from osml.deploy.identifier import IDENTIFIERS, identifier
from osml.deploy.kept import Kept, kept
from osml.deploy.reference import references
from osml.failure import Failure
from osml.place import Place

Identifiers = dict[str, dict[str, str]]


def waiting(place: Place) -> dict[str, list[Kept]]:
    """Resources that deleted stacks kept, by stack. Raises Failure when CloudFormation does not list them."""
    try:
        return kept(boto3.client("cloudformation"), place.settings().prefix)
    except (ClientError, BotoCoreError) as error:
        tried = f"Looking for resources that earlier stacks of {place.env} kept"
        raise Failure(f"{tried} failed: {advised(error)}", cause_of(error)) from None


def adopt(place: Place, left: Mapping[str, list[Kept]], assembly: Path) -> bool:
    """Import the resources of `left` that still exist into new stacks; False when there are none.

    `assembly` contains the synthesized templates. The next deploy finds objects in the search engine by their owner
    mark. Raises Failure.
    """
    taken = False
    for stack, things in left.items():
        mapping = _mapping(stack, things, assembly)
        if not mapping:
            continue
        names = ", ".join("/".join(identifiers.values()) for identifiers in mapping.values())
        Console(stderr=True).print(
            f"{stack} imports the resources that were kept: {names}.", highlight=False, soft_wrap=True
        )
        file = assembly / f"{stack}.kept.json"
        file.write_text(json.dumps(mapping, indent=2))
        cdk.take_in(place, stack, file, assembly)
        taken = True
    return taken


def _mapping(stack: str, things: list[Kept], assembly: Path) -> Identifiers:
    """The identifiers, by logical id, of resources that exist both in the template and on AWS.

    Raises Failure when one of them refers to a kept resource that no longer exists.
    """
    template = assembly / f"{stack}.template.json"
    declared = json.loads(template.read_text())["Resources"] if template.exists() else {}
    wanted = [
        thing
        for thing in things
        if thing.type in IDENTIFIERS and declared.get(thing.logical_id, {}).get("Type") == thing.type
    ]
    ids = {resource.logical_id: resource.id for resource in wanted}
    mapping: Identifiers = {}
    for resource in wanted:
        named = identifier(resource.type, resource.id, declared[resource.logical_id].get("Properties", {}), ids)
        if named and _exists(resource.type, named):
            mapping[resource.logical_id] = named
    for resource in wanted:
        needed = set(references(declared[resource.logical_id])) & set(declared)
        gone = sorted(name for name in needed if name in ids and name not in mapping)
        if resource.logical_id in mapping and gone:
            raise Failure(
                f"{resource.id} was kept when {stack} was deleted, but it refers to {ids[gone[0]]} "
                f"({declared[gone[0]]['Type']}), which no longer exists. Create this resource again with the same "
                "name, then deploy again."
            )
    return mapping


def _exists(type: str, named: Mapping[str, str]) -> bool:
    client: Any = boto3.client("cloudcontrol")
    try:
        client.get_resource(TypeName=type, Identifier="|".join(named.values()))
    except ClientError as error:
        # Without the permission to read, the import itself reports the problem.
        return error.response["Error"].get("Code") not in ("ResourceNotFoundException", "NotFoundException")
    except BotoCoreError:
        return True
    return True
