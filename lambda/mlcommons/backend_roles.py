"""Reads and changes the backend roles of one OpenSearch role, through an API without compare-and-swap.

PATCH takes only add, remove and replace (security 3.4). Appending is always safe: the server appends to its own latest
list. A removal names a position, and creating or deleting the mapping writes the whole list. Only one writer at a time
may do this. If the engine grants no locks, a writer that removes entries appends a ticket, `osml:lock:<random>`, and
waits until no other ticket is before it. Others may append meanwhile, because an append does not shift positions.
"""

import secrets
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from mlcommons import lock as locks
from mlcommons.client import Client, path_of
from mlcommons.errors import Conflict, InvalidSpec, NotFound

_TICKET = "osml:lock:"


class BackendRoles:
    """The backend roles of one role. The list is empty if the role has no mapping (404 on a fresh domain)."""

    def __init__(self, client: Client, role: str) -> None:
        self._client = client
        self._role = role
        self._path = path_of("_plugins", "_security", "api", "rolesmapping", role)

    def mapping(self) -> dict[str, Any]:
        """The whole mapping, empty when there is none."""
        answer = self._client.find(self._path) or {}
        mapping: dict[str, Any] = answer.get(self._role, {})
        return mapping

    @staticmethod
    def entries(mapping: dict[str, Any]) -> list[str]:
        """The backend roles of a mapping, without tickets."""
        return [entry for entry in mapping.get("backend_roles", []) if not entry.startswith(_TICKET)]

    def make(self, entries: Collection[str]) -> None:
        """Make the mapping; raises `InvalidSpec` if the role does not exist."""
        try:
            self._client.put(self._path, {"backend_roles": list(entries)})
        except NotFound as error:
            raise InvalidSpec(f"Mapping the role {self._role}", error.reason, "Create the role first.") from error

    def append(self, entries: Collection[str]) -> None:
        """Append the entries; safe without the lock, because the server appends to its latest list."""
        if self._all():
            steps: list[dict[str, Any]] = [
                {"op": "add", "path": "/backend_roles/-", "value": entry} for entry in entries
            ]
        else:  # a mapping of only hosts or users has no list to append to (400, 3.4)
            steps = [{"op": "add", "path": "/backend_roles", "value": list(entries)}]
        self._client.patch(self._path, steps)

    def remove(self, entries: Collection[str]) -> None:
        """Remove the entries by their positions; call it only within `lock`."""
        places = [place for place, entry in enumerate(self._all()) if entry in entries]
        steps = [{"op": "remove", "path": f"/backend_roles/{place}"} for place in reversed(places)]
        if steps:
            self._client.patch(self._path, steps)

    def drop(self) -> None:
        """Delete the mapping itself, if it exists."""
        with suppress(NotFound):  # it is also missing if only the answer to a first delete was lost
            self._client.delete(self._path)

    @contextmanager
    def lock(self) -> Iterator[bool]:
        """Hold the right to remove entries; yields False if others may create or delete the mapping meanwhile."""
        with locks.lock(self._client) as alone:
            if alone or not self._all():
                yield alone
            else:
                with self._ticket():
                    yield False

    @contextmanager
    def _ticket(self) -> Iterator[None]:
        ticket = _TICKET + secrets.token_hex(4)
        self.append([ticket])
        self._await(ticket)
        try:
            yield
        finally:
            with suppress(NotFound):  # the mapping may have been deleted, and the ticket with it
                self.remove([ticket])

    def _await(self, ticket: str) -> None:
        patience = self._client.patience
        head, since, attempt = "", patience.elapsed(), 0
        while True:
            tickets = [entry for entry in self._all() if entry.startswith(_TICKET)]
            if ticket not in tickets:
                raise Conflict(f"Changing the mapping of {self._role}", "somebody replaced the whole list")
            if tickets[0] == ticket:
                return
            if tickets[0] != head:
                head, since = tickets[0], patience.elapsed()
            elif patience.elapsed() - since > locks.ABANDONED_AFTER:
                self.remove([head])  # its function died: two requests never take this long
            if not patience.wait(min(attempt, 3)):
                raise Conflict(f"Changing the mapping of {self._role}", "others keep changing it", "Try again.")
            attempt += 1

    def _all(self) -> list[str]:
        return list(self.mapping().get("backend_roles", []))
