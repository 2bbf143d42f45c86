"""Answers requests about backups, from the schedule, `osml backup` and `osml restore`."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

import restoring
from backups import ABOUT, Backups, backups
from mlcommons import Client
from mlcommons.errors import InvalidSpec, ProvisioningError
from mlcommons.watched import Watched, watched
from report import KeeperFinding
from rounds import Engines
from stack import StackChanges, is_there

# The field of an event that contains a request: `{"verb", "of", "snapshot", "replace", "indexes"}`.
REQUEST = "backup"


def answered(request: dict[str, Any], stacks: Sequence[str], engines: Callable[[str], Engines]) -> dict[str, Any]:
    """The answer to a request, or `{"message", "cause"}` with the reason why it failed."""
    try:
        wanted = backups()
        if wanted is None:
            raise InvalidSpec("Asking for a backup", "this environment has none", "Set `backup`, and deploy.")
        client, objects = _engine(stacks, engines)
        return _done(wanted, client, objects, request)
    except ProvisioningError as error:
        return {"message": str(error), "cause": error.cause}
    except StackChanges as error:
        return {"message": f"{error} Try again when it has ended.", "cause": "not-ready"}
    except (BotoCoreError, ClientError) as error:
        return {"message": f"AWS refused or did not answer: {error}", "cause": None}


def saved(stacks: Sequence[str], engines: Callable[[str], Engines]) -> list[KeeperFinding]:
    """The findings about backups of a round."""
    wanted = backups()
    if wanted is None:
        return []
    try:
        client, objects = _engine(stacks, engines)
        return list(wanted.findings(client, objects, datetime.now(UTC)))
    except StackChanges as error:
        return [KeeperFinding("Skipped", ABOUT, str(error))]
    except ProvisioningError as error:
        return [KeeperFinding("Unhealed", ABOUT, str(error))]
    except (BotoCoreError, ClientError) as error:
        return [KeeperFinding("Unhealed", ABOUT, f"AWS refused or did not answer: {error}")]


def _done(wanted: Backups, client: Client, objects: Sequence[Watched], request: dict[str, Any]) -> dict[str, Any]:
    verb, of = str(request.get("verb")), str(request.get("of") or wanted.environment)
    if of not in wanted.places:
        known = ", ".join(wanted.places)
        raise InvalidSpec(
            f"Reading the backups of {of}",
            f"{wanted.environment} may only read those of {known}",
            f"Add {of} to `backup.restores` of {wanted.environment}, and deploy.",
        )
    if verb == "take":
        return {"snapshot": wanted.take(client, objects, datetime.now(UTC))}
    repository = wanted.of(client, of)
    if verb == "list":
        repository.register()
        return {"snapshots": [snapshot.shown for snapshot in repository.snapshots()]}
    if verb == "begin":
        return restoring.begin(repository, request.get("snapshot"), objects, replace=request.get("replace") is True)
    if verb == "finish":
        targets = [entry.id for entry in objects if entry.id in request.get("indexes", [])]
        return restoring.finish(repository, targets, objects, own=of == wanted.environment)
    raise InvalidSpec("Reading the request", f"the verb {verb} is unknown")


def _engine(stacks: Sequence[str], engines: Callable[[str], Engines]) -> tuple[Client, list[Watched]]:
    """A client of the engine, and the indexes and aliases of the stacks. Raises StackChanges while a stack changes."""
    ssm = boto3.client("ssm")
    objects = [entry for stack in stacks if is_there(stack) for entry in watched(ssm, stack)]
    objects = [entry for entry in objects if entry.kind in ("Index", "Alias")]
    if not objects:
        raise InvalidSpec("Looking for indexes", "the environment has none yet", "Deploy it first.")
    return engines(stacks[0])(objects[0].target), objects
