"""CloudFormation calls this function. It turns the event into a specification, and the kernel does the rest.

Properties of every resource: `Target` and `Spec`, each one JSON string, because CloudFormation passes numbers and
booleans on as text. `Target` is `{"endpoint", "region", "service"}`, with the way to sign in (see `aws.sign_in`). For a
collection (service `aoss`) it also has `data_policy`, a name, and `principal`, the ARN that this policy must name. With
`Adopted`, a delete only releases the object, because others made it. Data returned: `Id`. `aws.invitation` checks who
calls, and `aws.engines` which engine is called.
"""

import contextlib
import json
import logging
import os
import re
from collections.abc import Iterator
from typing import Any

from crhelper import CfnResource

# A delete sleeps two minutes by default (crhelper 2.0.12). Not DEBUG: that logs the event with its Spec.
helper = CfnResource(log_level="INFO", boto_level="WARNING", sleep_on_delete=0)

imported = False
try:
    from aws.engines import require_own
    from aws.invitation import require_invited
    from aws.secret_values import secret_value
    from aws.sign_in import sign_in
    from aws.telemetry import json_lines
    from grants import require_granted
    from mlcommons import (
        Client,
        Collection,
        HttpTransport,
        Owner,
        Patience,
        ProvisioningError,
        ProvisioningOutcome,
        apply,
        destroy,
        journal,
        kind_named,
        release,
    )
    from mlcommons.errors import InvalidSpec
    from reason import FailureReason

    json_lines("provisioner", {})
    for root_handler in logging.root.handlers:
        root_handler.addFilter(journal.About())
    imported = True
except Exception as error:  # noqa: BLE001 - unanswered, CloudFormation would wait for the ServiceTimeout
    helper.init_failure(error)

# The seconds that are reserved for the answer to CloudFormation; crhelper itself stops half a second before the end.
MARGIN_SECONDS = 10.0

# The id of a create that failed before it wrote anything. Its delete sends no request, so the stack can be rolled back
# even if the engine does not answer.
NOTHING_MADE = "nothing-made"

log = logging.getLogger("provisioner")


def handler(event: dict[str, Any], context: Any) -> None:
    """The function's entry point; crhelper answers CloudFormation. Raises `Uninvited` for other callers."""
    if imported:
        require_invited(event, context.invoked_function_arn)
    try:
        helper(event, context)
    finally:
        if imported:
            journal.begin(None)


@helper.create
@helper.update
def _apply(event: dict[str, Any], context: Any) -> str:
    if event["RequestType"] == "Create":
        helper.PhysicalResourceId = NOTHING_MADE
    with _with_reason():
        kind, spec = kind_named(event["ResourceType"]), _property(event, "Spec")
        require_granted(kind.name, spec)
        outcome = apply(
            kind,
            spec,
            client=_client(event, context),
            owner=_owner(event),
            physical_id=server_id(event),
            on_created=_remember,
            previous=_previous_spec(event),
        )
    helper.Data.update(outcome.data)
    _log(outcome)
    return outcome.physical_id


@helper.delete
def _destroy(event: dict[str, Any], context: Any) -> None:
    if event["PhysicalResourceId"] == NOTHING_MADE:
        return
    with _with_reason():
        # An object that existed before the stack stays after it, also if a deploy is rolled back.
        end = release if event["ResourceProperties"].get("Adopted") else destroy
        outcome = end(
            kind_named(event["ResourceType"]),
            server_id(event),
            client=_client(event, context),
            owner=_owner(event),
            previous=_property(event, "Spec"),
        )
    _log(outcome)


@contextlib.contextmanager
def _with_reason() -> Iterator[None]:
    try:
        yield
    except ProvisioningError as error:
        raise FailureReason(error) from error


def server_id(event: dict[str, Any]) -> str | None:
    """The server's id; None without one, also if crhelper 2.0.12 made one up (stack, logical id, 8 characters)."""
    known: str | None = event.get("PhysicalResourceId")
    owner = _owner(event)
    made_up = rf"{re.escape(owner.stack)}_{re.escape(owner.logical_id)}_[A-Z0-9]{{8}}"
    return None if known is None or re.fullmatch(made_up, known) else known


def _remember(physical_id: str) -> None:
    # If the create fails later, crhelper answers with this id instead of a random one. So the delete that follows finds
    # the object.
    helper.PhysicalResourceId = physical_id


def _about_to_write() -> None:
    # From here on, crhelper's random id is the right answer to a failure: the delete then searches for our mark.
    if helper.PhysicalResourceId == NOTHING_MADE:
        helper.PhysicalResourceId = ""


def _client(event: dict[str, Any], context: Any) -> "Client":
    target = _property(event, "Target")
    patience = Patience(
        seconds=context.get_remaining_time_in_millis() / 1000 - MARGIN_SECONDS,
        propagation=float(os.environ.get("IAM_PROPAGATION_SECONDS", "20")),
    )
    journal.begin(
        journal.Subject(event["RequestId"], event["RequestType"], event["ResourceType"], _owner(event), patience)
    )
    require_own(target)
    auth = sign_in(target, patience)
    transport = HttpTransport(target["endpoint"], auth=auth)
    return Client(transport, patience, _about_to_write, secret_value, _collection(target))


def _collection(target: dict[str, Any]) -> "Collection | None":
    if target["service"] != "aoss":
        return None
    names = {"policy": target.get("data_policy"), "principal": target.get("principal")}
    seconds = float(os.environ.get("DATA_POLICY_SECONDS", "75"))
    return Collection(**{name: value for name, value in names.items() if value}, spreading=seconds)


def _property(event: dict[str, Any], name: str) -> Any:
    try:
        return json.loads(event["ResourceProperties"][name])
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidSpec(
            f"Reading the property {name} of {event['LogicalResourceId']}",
            type(error).__name__,
            "It must be one JSON string: use stack.to_json_string.",
        ) from None


def _previous_spec(event: dict[str, Any]) -> Any:
    with contextlib.suppress(KeyError, TypeError, ValueError):
        return json.loads(event["OldResourceProperties"]["Spec"])
    return None


def _owner(event: dict[str, Any]) -> "Owner":
    return Owner(event["StackId"].split("/")[1], event["LogicalResourceId"])


def _log(outcome: "ProvisioningOutcome") -> None:
    log.info({"physical_id": outcome.physical_id, "changed": outcome.changed, "note": outcome.note})
