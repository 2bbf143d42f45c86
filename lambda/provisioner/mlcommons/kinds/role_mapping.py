"""RoleMapping: our IAM roles among the backend roles of an OpenSearch role that others map too."""

# ruff: noqa: ARG002 - all kinds share one signature per verb

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from mlcommons import ledger
from mlcommons.client import Client, path_of
from mlcommons.errors import Conflict, InvalidSpec, NotFound, Rejected
from mlcommons.kind import Kind, Observed
from mlcommons.owner import Owner

# An inert backend role: says that the whole mapping was made by osml and may go with the last entry.
_MADE = "osml:mapping-made"
_OTHER_PARTS = ("and_backend_roles", "hosts", "users", "description")


@dataclass(frozen=True)
class RoleMappingSpec:
    role: str
    backend_roles: list[str]


class RoleMapping(Kind[RoleMappingSpec]):
    """The physical id is `<role>:<owner>`; the object is our part of the mapping."""

    name = "RoleMapping"
    spec_type = RoleMappingSpec
    replace_on = frozenset({"role"})

    def could_be(self, physical_id: str, owner: Owner) -> bool:
        return physical_id.endswith(f":{owner}") and physical_id != f":{owner}"

    def find(self, client: Client, spec: RoleMappingSpec, owner: Owner) -> Observed | None:
        return self.read(client, f"{spec.role}:{owner}", owner)

    def read(self, client: Client, physical_id: str, owner: Owner) -> Observed | None:
        entries = _mapping(client, _role(physical_id, owner)).get("backend_roles", [])
        if not ledger.is_marked(entries, owner):
            return None
        return Observed(physical_id, owner, ledger.ours(entries, owner))

    def changes(self, observed: Observed, spec: RoleMappingSpec) -> Collection[str]:
        if observed.physical_id != f"{spec.role}:{observed.owner}":
            return {"role"}
        return () if observed.body == set(spec.backend_roles) else {"backend_roles"}

    def create(self, client: Client, spec: RoleMappingSpec, owner: Owner) -> str:
        _merge(client, spec.role, owner, spec.backend_roles)
        return f"{spec.role}:{owner}"

    def update(self, client: Client, observed: Observed, spec: RoleMappingSpec, owner: Owner) -> None:
        _merge(client, spec.role, owner, spec.backend_roles)

    def delete(self, client: Client, observed: Observed, owner: Owner) -> str:
        _merge(client, _role(observed.physical_id, owner), owner, [])
        return ""


def _role(physical_id: str, owner: Owner) -> str:
    return physical_id.removesuffix(f":{owner}")


def _path(role: str) -> str:
    return path_of("_plugins", "_security", "api", "rolesmapping", role)


def _mapping(client: Client, role: str) -> dict[str, Any]:
    """The role's mapping, empty when there is none (404 on a fresh domain)."""
    answer = client.find(_path(role)) or {}
    mapping: dict[str, Any] = answer.get(role, {})
    return mapping


def _merge(client: Client, role: str, owner: Owner, wanted: list[str]) -> None:
    """Bring our part of the list to `wanted`, without a moment in which someone else's part is overwritten.

    The API knows no compare-and-swap (PATCH takes add, remove and replace only, 3.4). Adding appends, which the
    server does on its own latest list. Removing goes by position, so a removal at the same moment may shift
    ours: it shows, because what we meant to remove is still there, and is put right.
    """
    attempt = 0
    while True:
        mapping = _mapping(client, role)
        before = mapping.get("backend_roles", [])
        after = ledger.merged(before, owner, wanted)
        if not ledger.has_marks(after):
            after = [entry for entry in after if entry != _MADE]
        if after == before:
            return
        if not mapping:
            _make(client, role, [*after, _MADE])
            continue  # another owner may have made it at the same moment: look again
        if not after and _MADE in before and not any(mapping.get(part) for part in _OTHER_PARTS):
            client.delete(_path(role))
            return
        try:
            client.patch(_path(role), _steps(before, after))
        except (Rejected, Conflict):
            # Positions beyond the end of a list that has become shorter meanwhile.
            if _mapping(client, role).get("backend_roles", []) == before:
                raise
        if not _put_right(client, role, before, after) or not client.patience.wait(attempt):
            return
        attempt += 1


def _make(client: Client, role: str, entries: list[str]) -> None:
    try:
        client.put(_path(role), {"backend_roles": entries})
    except NotFound as error:
        raise InvalidSpec(f"Mapping the role {role}", error.cause, "Create the role first.") from error


def _steps(before: list[str], after: list[str]) -> list[dict[str, Any]]:
    if not before:  # a mapping of hosts or users alone has no list to append to (400, 3.4)
        return [{"op": "add", "path": "/backend_roles", "value": after}]
    gone = [position for position, entry in enumerate(before) if entry not in after]
    removals = [{"op": "remove", "path": f"/backend_roles/{position}"} for position in reversed(gone)]
    added = [entry for entry in after if entry not in before]
    return removals + [{"op": "add", "path": "/backend_roles/-", "value": entry} for entry in added]


def _put_right(client: Client, role: str, before: list[str], after: list[str]) -> bool:
    """Tell whether positions had shifted under a removal; what it hit instead is added again."""
    now = _mapping(client, role).get("backend_roles", [])
    if all((entry in now) == (entry in after) for entry in set(before) ^ set(after)):
        return False
    hit = [entry for entry in after if entry in before and entry not in now]
    if hit:
        client.patch(_path(role), _steps(now, [*now, *hit]))
    return True
