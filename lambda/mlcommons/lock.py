"""A lock on what the cluster keeps once and whose APIs cannot compare and swap: the shared lists.

A lock is a component template that exists for as long as someone holds it: with `create=true` the cluster manager
makes one and refuses a second (OpenSearch 3.4; the check is part of its cluster state update). No index template
refers to it, so it changes no index; it costs two small cluster state updates and needs no shard. There is one for all
lists, so that whoever comes next, wherever, takes over what the dead have left.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from mlcommons.client import Client
from mlcommons.errors import Conflict, NotFound, ProvisioningError, Refused, Rejected

_PATH = "/_component_template/osml-lock"
ABANDONED_AFTER = 15.0  # seconds; nobody needs as long for two requests
PAUSE = 0.5  # seconds; without locks, longer than others take between their reading and their writing


@contextmanager
def lock(client: Client) -> Iterator[bool]:
    """Hold the only lock; False when the engine grants none, and others may write at the same time.

    Whose function died with a lock loses it to the next who waits, after `ABANDONED_AFTER` seconds. So does whoever
    takes longer: look again at what was written. Raises `Conflict` when others hold it until the deadline.
    """
    ticket = secrets.token_hex(8)
    held = _take(client, ticket)
    since = client.patience.elapsed()
    try:
        yield held
    finally:
        if held:
            _give_back(client, ticket, since)


def _take(client: Client, ticket: str) -> bool:
    patience = client.patience
    head, since, attempt = "", patience.elapsed(), 0
    while True:
        try:
            client.attempt(_PATH, {"template": {}, "_meta": {"osml": ticket}}, create="true")
            return True
        except (Refused, NotFound):  # 401 is Amazon's answer to an API that a domain does not have
            return False
        except Rejected as error:
            if "already exists" not in error.reason:
                return False
            holder = _holder(client)
        except ProvisioningError as error:
            holder = _holder(client)
            if not holder and not client.outlast(error):
                raise
        if holder == ticket:  # only the answer was lost
            return True
        if holder != head:
            head, since = holder, patience.elapsed()
        elif head and patience.elapsed() - since > ABANDONED_AFTER:
            with suppress(NotFound):
                client.delete(_PATH, once=True)
        if not patience.wait(min(attempt, 2)):
            raise Conflict(f"Waiting for {_PATH}", "others keep holding it", "Try again.")
        attempt += 1


def _give_back(client: Client, ticket: str, since: float) -> None:
    """Try for as long as it is ours without doubt; a lock that stays after that is an abandoned one."""
    patience = client.patience
    begun, doubtful = patience.elapsed(), patience.elapsed() - since > ABANDONED_AFTER
    while True:
        try:
            if not doubtful or _holder(client) == ticket:
                client.delete(_PATH, once=True)
        except ProvisioningError as error:
            if patience.elapsed() - begun > ABANDONED_AFTER or not client.outlast(error):
                return
            doubtful = True
        else:
            return


def _holder(client: Client) -> str:
    """Return the ticket of whoever holds the lock, or an empty string."""
    shown = client.find(_PATH) or {}
    for template in shown.get("component_templates", []):
        return str(template["component_template"].get("_meta", {}).get("osml", "unknown"))
    return ""
