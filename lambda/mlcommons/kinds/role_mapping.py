"""RoleMapping: the owner's IAM roles among the backend roles of an OpenSearch role that others also map."""

# ruff: noqa: ARG002 - all kinds share one signature per verb

from collections.abc import Collection
from dataclasses import dataclass

from mlcommons import ledger
from mlcommons.backend_roles import BackendRoles
from mlcommons.client import Client
from mlcommons.errors import Conflict
from mlcommons.kind import Kind, Observed
from mlcommons.lock import pause
from mlcommons.owner import Owner

# A backend role without effect. It notes that osml made the whole mapping, and may delete it with the last entry.
_MADE = "osml:mapping-made"
_OTHER_PARTS = ("and_backend_roles", "hosts", "users", "description")


@dataclass(frozen=True)
class RoleMappingSpec:
    """`backend_roles` are ARNs of IAM roles, which are mapped to the OpenSearch role named `role`."""

    role: str
    backend_roles: list[str]


class RoleMapping(Kind[RoleMappingSpec]):
    """The physical id is `<role>:<owner>`; the object is the owner's part of the mapping."""

    name = "RoleMapping"
    spec_type = RoleMappingSpec
    replace_on = frozenset({"role"})

    def could_be(self, physical_id: str, owner: Owner) -> bool:
        return physical_id.endswith(f":{owner}") and physical_id != f":{owner}"

    def find(self, client: Client, spec: RoleMappingSpec, owner: Owner) -> Observed | None:
        return self.read(client, f"{spec.role}:{owner}", owner)

    def read(self, client: Client, physical_id: str, owner: Owner) -> Observed | None:
        shared = BackendRoles(client, _role(physical_id, owner))
        entries = shared.entries(shared.mapping())
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


def _merge(client: Client, role: str, owner: Owner, wanted: list[str]) -> None:
    """Bring the owner's part of the list to `wanted` under a lock; without locks, repeat until the list shows it."""
    shared = BackendRoles(client, role)
    attempt = 0
    while True:
        with shared.lock() as alone:
            since = client.patience.elapsed()
            _settle(shared, owner, wanted)
        if alone:
            return
        if not client.patience.wait(attempt + 1, pause(client.patience.elapsed() - since)):
            raise Conflict(f"Changing the mapping of {role}", "others keep changing it", "Try again.")
        if not any(_difference(shared.entries(shared.mapping()), owner, wanted)):
            return
        attempt += 1


def _settle(shared: BackendRoles, owner: Owner, wanted: list[str]) -> None:
    mapping = shared.mapping()
    entries = shared.entries(mapping)
    gone, new = _difference(entries, owner, wanted)
    if new and not mapping:
        shared.make([*new, _MADE])
        return
    if new:
        shared.append(new)
    last = not new and set(gone) == set(entries) and _MADE in entries
    if last and not any(mapping.get(part) for part in _OTHER_PARTS):
        shared.drop()  # in one request: a second delete could not find entries whose marks are already removed
    elif gone:
        shared.remove(gone)


def _difference(entries: list[str], owner: Owner, wanted: list[str]) -> tuple[list[str], list[str]]:
    """The entries to remove and those to add; the mapping's own mark goes with the last mark of any owner."""
    after = ledger.merged(entries, owner, wanted)
    if not ledger.has_marks(after):
        after = [entry for entry in after if entry != _MADE]
    gone = [entry for entry in entries if entry not in after]
    return gone, [entry for entry in after if entry not in entries]
