"""A lock for the shared lists, whose APIs cannot compare and swap.

The lock is a component template that exists while somebody holds it: with `create=true` the cluster manager makes it
once and refuses a second time (OpenSearch 3.4; the check is part of its cluster state update). No index template refers
to it, so it changes no index; it costs two small cluster state updates and needs no shard. All lists share one lock, so
the next writer of any list takes over the lock of a function that died.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from mlcommons.client import Client
from mlcommons.errors import Conflict, NotFound, PermissionMissing, ProvisioningError, Rejected

_PATH = "/_component_template/osml-lock"
ABANDONED_AFTER = 15.0  # seconds; two requests never take this long
PAUSE = 0.5  # seconds; without locks: longer than another writer takes between its read and its write
# On a busy engine another writer takes as long as this one did, and a few writers wait for each other's writes.
_WRITERS, _LONGEST = 5, 10.0


@contextmanager
def lock(client: Client) -> Iterator[bool]:
    """Hold the lock; yields False if the engine grants none. Then others may write at the same time.

    After `ABANDONED_AFTER` seconds the next writer takes the lock over, even if its holder is only slow. So callers
    read again after they write. Raises `Conflict` if others hold it until the deadline.
    """
    ticket = secrets.token_hex(8)
    held = _take(client, ticket)
    since = client.patience.elapsed()
    try:
        yield held
    finally:
        if held:
            _give_back(client, ticket, since)


def pause(took: float) -> float:
    """Without locks: the seconds after which no other writer still writes what it read before; our write `took`."""
    return max(PAUSE, min(_WRITERS * took, _LONGEST))


def _take(client: Client, ticket: str) -> bool:
    patience = client.patience
    head, since, attempt = "", patience.elapsed(), 0
    while True:
        try:
            client.attempt(_PATH, {"template": {}, "_meta": {"osml": ticket}}, create="true")
            return True
        except (PermissionMissing, NotFound):  # 401 is Amazon's answer to an API that a domain does not have
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
    """Delete the lock, trying for `ABANDONED_AFTER` seconds; if it remains, the next writer takes it over."""
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
    """Return the ticket of the holder, or an empty string."""
    shown = client.find(_PATH) or {}
    for template in shown.get("component_templates", []):
        return str(template["component_template"].get("_meta", {}).get("osml", "unknown"))
    return ""
