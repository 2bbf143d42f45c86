"""Outputs of an environment's deployed stacks."""

import os
from dataclasses import dataclass
from typing import TypeVar

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import ValidationError

from mlcommons.recognition import recognized
from osml.aws_error import advised, cause_of
from osml.failure import Failure
from osml.place import Place
from osml.region import chosen, missing
from settings.calibration import FollowUpLimit
from settings.outputs import HANDED_ON, AssistantOutputs, IndexOutputs, KnowledgeOutputs, Outputs, SourcesOutputs

Said = TypeVar("Said", bound=Outputs)


@dataclass(frozen=True)
class StackLogin:
    """The secret with name and password for a self-managed engine: its ARN and two keys of its JSON."""

    secret_arn: str
    username_key: str
    password_key: str


class Knowledge(KnowledgeOutputs):
    """The outputs of the stack `knowledge` on a domain, its `region`, and limits of the environment's file."""

    region: str
    min_score: float = 0.0
    follow_up: FollowUpLimit | None = None

    @property
    def login(self) -> StackLogin | None:
        """The login of a self-managed engine."""
        if self.login_secret_arn is None:
            return None
        return StackLogin(self.login_secret_arn, self.username_key or "", self.password_key or "")


class DeployedAssistant(AssistantOutputs):
    """The outputs of the stack `assistant`, and its `region`."""

    region: str


class SourcesFound(SourcesOutputs):
    """The outputs of the stack `ingestion`, and its `region`."""

    region: str


def sources(place: Place) -> SourcesFound:
    """The outputs of the stack `ingestion`. Raises Failure when it does not exist or is not complete."""
    return _read(place, "ingestion", SourcesFound)


def assistant(place: Place) -> DeployedAssistant:
    """The outputs of the stack `assistant`. Raises Failure when it does not exist or is not complete."""
    return _read(place, "assistant", DeployedAssistant)


def passages(place: Place) -> IndexOutputs:
    """The outputs of the stack `knowledge` of a serverless environment.

    Raises Failure when the stack does not exist or is not complete.
    """
    return _read(place, "knowledge", IndexOutputs)


def knowledge(place: Place) -> Knowledge:
    """The outputs of the stack `knowledge` on a domain. Raises Failure when it does not exist or is not complete."""
    chosen = place.settings()
    limits = {"min_score": chosen.min_score, "follow_up": chosen.follow_up}
    return _read(place, "knowledge", Knowledge).model_copy(update=limits)


def _read(place: Place, stack: str, of: type[Said]) -> Said:
    values = outputs(place, stack)
    more = {"region": _region(place)} if "region" in of.model_fields else {}
    try:
        return of.model_validate({**values, **more})
    except ValidationError as fault:
        missing = next((error["loc"][0] for error in fault.errors() if error["type"] == "missing"), None)
    said = f"has no output {missing!r}" if missing else "belongs to another version of osml"
    raise Failure(f"The stack {place.stack(stack)} {said}. Deploy it again with `osml deploy {place.options}`.")


def _region(place: Place) -> str:
    region = chosen(place.settings().region, place.file)
    if region is None:
        raise missing(place.file)
    return region.name


def outputs(place: Place, stack: str) -> dict[str, str]:
    """Outputs of `osml-<env>-<stack>` by name. Raises Failure when it is not deployed.

    A step of the delivery pipeline may not read another account's stacks; it gets each output in a variable
    OSML_OUTPUT_<name>.
    """
    handed_on = {name: value for name, value in os.environ.items() if name.startswith(HANDED_ON)}
    if handed_on:
        return {name.removeprefix(HANDED_ON): value for name, value in handed_on.items()}
    name = place.stack(stack)
    try:
        client = boto3.client("cloudformation", region_name=place.settings().region)
        answer = client.describe_stacks(StackName=name)
    except ClientError as error:
        if "does not exist" in str(error):
            sentence = f"The stack {name} is not deployed. Run `osml deploy {place.options}` first."
            raise Failure(sentence, "not-deployed") from None
        raise Failure(f"Reading the stack {name} failed: {error}", recognized(str(error))) from None
    except BotoCoreError as error:
        raise Failure(f"Reading the stack {name} failed: {advised(error)}", cause_of(error)) from None
    stack_described = answer["Stacks"][0]
    return {entry["OutputKey"]: entry["OutputValue"] for entry in stack_described.get("Outputs", [])}
