"""The losses of a deploy, listed before it begins."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from osml.aws_error import advised, cause_of
from osml.deploy import loss
from osml.deploy.loss import Loss
from osml.deploy.orphan import orphans
from osml.failure import Failure
from osml.place import Place


def losses(place: Place, assembly: Path) -> list[Loss]:
    """The losses when `assembly` replaces the deployed stacks. Raises Failure."""
    try:
        return list(_losses(place, assembly, boto3.client("cloudformation")))
    except (ClientError, BotoCoreError) as error:
        tried = f"Comparing {place.env} with the deployed stacks"
        raise Failure(f"{tried} failed: {advised(error)}", cause_of(error)) from None


def _losses(place: Place, assembly: Path, cloudformation: Any) -> Iterator[Loss]:
    settings = place.settings()
    for name in orphans(place):
        yield loss.of_stack(name, _deployed(cloudformation, name))
    for part in settings.parts:
        name = f"{settings.prefix}-{part}"
        template = assembly / f"{name}.template.json"
        after = json.loads(template.read_text())["Resources"] if template.exists() else {}
        yield from loss.of_resources(name, _deployed(cloudformation, name), after)
    kept = settings.search.removal == "retain"
    yield from loss.of_index(_index(cloudformation, f"{settings.prefix}-knowledge"), settings.index.name, kept=kept)


def _deployed(cloudformation: Any, stack: str) -> dict[str, Any]:
    """Resources of the deployed template; none if the stack does not exist or its creation failed."""
    try:
        template = cloudformation.get_template(StackName=stack)["TemplateBody"]
    except ClientError as error:
        if "does not exist" in str(error):
            return {}
        raise
    read = json.loads(template) if isinstance(template, str) else template
    return dict(read.get("Resources", {}))


def _index(cloudformation: Any, stack: str) -> str | None:
    """The name of the deployed index."""
    try:
        [described] = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    named = {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}
    return named.get("IndexName")
