"""Conflicts with other environments of the account: the same domain name, or the same index on one engine."""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from osml.failure import Failure
from osml.place import Place, environments
from settings import Environment
from settings.environment import prefix_of
from settings.environment_parts import PARTS
from settings.new_domain import NewDomain
from settings.serverless import Serverless

# Every stack of an environment has at least one of these outputs.
MADE = {"DomainEndpoint", "CollectionEndpoint", "OperatorRoleArn", "IndexName", "ApiUrl", "DropBucketName"}


def require_apart(place: Place) -> list[str]:
    """Raises Failure when another environment already has the domain name or the index of this one.

    Returns a sentence if the environment seems to be renamed, because a deploy would then create it a second time.
    Checks nothing when CloudFormation does not list its stacks; then the deploy itself reports the problem.
    """
    settings = place.settings()
    try:
        session = boto3.Session(region_name=settings.region)
        pages = session.client("cloudformation").get_paginator("describe_stacks").paginate()
        stacks = [stack for page in pages for stack in page["Stacks"]]
    except (ClientError, BotoCoreError):
        return []
    for sentence in clashes(settings, stacks, environments()):
        raise Failure(sentence, "not-ours")
    return list(renamed(settings, stacks, environments()))


def renamed(settings: Environment, stacks: Iterable[Mapping[str, Any]], directory: Path) -> Iterator[str]:
    """A sentence if this environment has no stack, but an environment without a file has an index of the same name."""
    stacks_with_outputs = dict(_outputs(stacks))
    if stacks_with_outputs.keys() & _own(settings):
        return
    for name, outputs in stacks_with_outputs.items():
        other = _environment_of(name)
        if other and outputs.get("IndexName") == settings.index.name and not (directory / f"{other}.yaml").is_file():
            yield (
                f"The stack {name} exists, and {directory.name}/{other}.yaml does not. If {other}.yaml was renamed to "
                f"{settings.name}.yaml, this deploy makes a second environment with an empty index.name "
                f"{settings.index.name!r}, because stacks have the environment's name, and both are billed. To keep "
                f"the first, rename the file back"
            )


def clashes(settings: Environment, stacks: Iterable[Mapping[str, Any]], directory: Path) -> Iterator[str]:
    """A sentence for each setting whose value another stack uses; `stacks` are CloudFormation's descriptions."""
    own = _own(settings)
    for name, outputs in _outputs(stacks):
        if name in own:
            continue
        taken = _taken(settings, outputs)
        if not taken and outputs.keys() & MADE and _is_renamed(name, settings.name):
            yield (
                f"settings/environment.py: prefix_of({settings.name!r}) is {settings.prefix!r}, but the stack {name} "
                f"of this environment exists under another prefix. Set that prefix again and run "
                f"`osml destroy --env {settings.name}`, or keep that prefix."
            )
        if taken:
            setting, value, where = taken
            yield (
                f"{directory.name}/{settings.name}.yaml: {setting} is {value!r}, but the stack {name} has already "
                f"created it {where}. Set another {setting}{_otherwise(settings.name, name, directory)}."
            )


def _own(settings: Environment) -> set[str]:
    return {f"{settings.prefix}-{part}" for part in PARTS}


def _outputs(stacks: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, dict[str, str]]]:
    """Names and outputs of the stacks that exist."""
    for stack in stacks:
        if stack["StackStatus"] != "DELETE_COMPLETE":
            outputs = {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", ())}
            yield str(stack["StackName"]), outputs


def _is_renamed(stack: str, environment: str) -> bool:
    """Whether the stack is one of the environment, under a prefix that no environment has now."""
    part = stack.rpartition("-")[2]
    return part in PARTS and stack.endswith(f"-{environment}-{part}") and not _environment_of(stack)


def _environment_of(stack: str) -> str | None:
    """The environment in the stack's name; None if it is not the name of an environment's stack."""
    named = re.fullmatch(rf"{prefix_of('(.+)')}-\w+", stack)
    return named[1] if named else None


def _taken(settings: Environment, outputs: Mapping[str, str]) -> tuple[str, str, str] | None:
    """The setting and its value that the stack with these outputs already uses, and where; None without a conflict."""
    search = settings.search
    if isinstance(search, NewDomain) and outputs.get("DomainName") == settings.domain_name:
        return "search.name", settings.domain_name, "in this account"
    place = search.collection if isinstance(search, Serverless) else search
    there = outputs.get("DomainEndpoint", outputs.get("CollectionEndpoint"))
    shares = there is not None and there == getattr(place, "endpoint", None)
    if shares and outputs.get("IndexName") == settings.index.name:
        return "index.name", settings.index.name, "in the same engine"
    return None


def _otherwise(name: str, stack: str, directory: Path) -> str:
    """Another fix: change the other environment's file or, if it is gone, undo its renaming."""
    other = _environment_of(stack) or stack
    if (directory / f"{other}.yaml").is_file():
        return f", or in {directory.name}/{other}.yaml"
    return (
        f". If {other}.yaml was renamed to {name}.yaml, rename it back and run `osml destroy --env {other}` first, "
        "because the stacks have the environment's name"
    )
