"""EventBridge calls this function on a schedule and when a secret gets a new value; each call is a round.

Variables: `STACKS` (the stacks whose objects are watched, separated by spaces, its own first), `ENVIRONMENT`, `ENGINES`
(where the objects are), `ENDINGS` (the ends of support) and `BACKUP` (`backups`), the last three as JSON. From an
event, it reads only the source and the names of secrets, or a request about backups (requested.py). It never fails
because of a finding. A round that could not run is also a finding, so one metric covers everything.
"""

import functools
import json
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from aws.engines import require_own
from aws.secret_values import secret_value
from aws.sign_in import sign_in
from aws.telemetry import json_lines
from ending import endings
from mlcommons import Client, HttpTransport, Patience, ProvisioningError
from mlcommons.watched import watched
from report import KeeperFinding, report
from requested import REQUEST, answered, saved
from rounds import ENGINE, Engines, Round
from secret_change import changed_at
from stack import StackChanges, is_there, require_quiet

# The seconds that are reserved for the report.
MARGIN_SECONDS = 10.0


def handler(event: dict[str, Any], context: Any) -> dict[str, Any] | None:
    """The function's entry point."""
    started = time.monotonic()
    stacks = os.environ["STACKS"].split()
    dimensions = {"environment": os.environ["ENVIRONMENT"], "stack": stacks[0]}
    log = json_lines("keeper", {**dimensions, "request": context.aws_request_id})
    patience = Patience(seconds=context.get_remaining_time_in_millis() / 1000 - MARGIN_SECONDS, propagation=0.0)
    if REQUEST in event:
        return answered(event[REQUEST], stacks, lambda stack: engines(stack, patience))
    findings = list(endings(os.environ.get("ENDINGS", "[]"), datetime.now(UTC).date()))
    for stack in stacks:
        findings_of_stack = list(_findings(event, stack, patience))
        findings += findings_of_stack
        if any(finding.about == ENGINE for finding in findings_of_stack):
            break  # the other stacks have their objects in the same engine
    else:
        findings += saved(stacks, lambda stack: engines(stack, patience))
    report(findings, dimensions, log, request=context.aws_request_id, seconds=time.monotonic() - started)
    return None


def _findings(event: dict[str, Any], stack: str, patience: Patience) -> Iterator[KeeperFinding]:
    try:
        if not is_there(stack):
            return
        objects = list(watched(boto3.client("ssm"), stack))
        yield from Round(objects, engines(stack, patience), changed_at, _rotated(event)).findings()
    except StackChanges as error:
        yield KeeperFinding("Skipped", f"the round of {stack}", str(error))
    except ProvisioningError as error:
        yield KeeperFinding("Unhealed", f"the round of {stack}", str(error))
    except (BotoCoreError, ClientError) as error:
        yield KeeperFinding("Unhealed", f"the round of {stack}", f"AWS refused or did not answer: {error}")
    except Exception as error:  # noqa: BLE001 - told by the metric; the text of an unknown error may hold anything
        yield KeeperFinding("Unhealed", f"the round of {stack}", f"{type(error).__name__} in {_place(error)}")


def _rotated(event: dict[str, Any]) -> list[str]:
    return list(event["resources"]) if event.get("source") == "aws.secretsmanager" else []


def engines(stack: str, patience: Patience) -> Engines:
    """Clients for the engines of a stack's objects. A client refuses to write while the stack changes."""

    @functools.cache
    def transport(target: str) -> HttpTransport:
        where = json.loads(target)
        require_own(where)
        return HttpTransport(where["endpoint"], auth=sign_in(where, patience))

    def client_for(target: dict[str, Any], parts: int = 1) -> Client:
        own = Patience(seconds=patience.left() / parts, propagation=0.0)
        return Client(transport(json.dumps(target, sort_keys=True)), own, lambda: require_quiet(stack), secret_value)

    return client_for


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else "no place"
