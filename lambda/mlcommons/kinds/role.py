"""Role: the permissions of its mapped identities on the engine. Changed in place; another name needs a new role.

The mark is in `description`, which the security API keeps (seen on 3.4; the list of keys of 2.x has it too). A role of
the engine itself (reserved, static or hidden) never belongs to an owner, whatever its description contains.
"""

# ruff: noqa: ARG002 - all kinds share one signature per verb

import re
from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from typing import Any

from mlcommons.client import Client, path_of
from mlcommons.errors import NotFound
from mlcommons.kind import Kind, Observed
from mlcommons.owner import Owner, marked, read_mark

# The API takes any name, but in a permission or a mapping a name with `*` would also mean other roles.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_BUILT_IN = ("reserved", "static", "hidden")
_RESTRICTIONS = ("dls", "fls", "masked_fields")


@dataclass(frozen=True)
class IndexPermission:
    """Actions or action groups on all indexes that a pattern matches, on all their documents and fields."""

    index_patterns: list[str]
    allowed_actions: list[str]


@dataclass(frozen=True)
class RoleSpec:
    """A role's name, and the permissions in it; the mark is added to `description`."""

    name: str
    description: str = ""
    cluster_permissions: list[str] = field(default_factory=list)
    index_permissions: list[IndexPermission] = field(default_factory=list)


class Role(Kind[RoleSpec]):
    """The physical id is the role's name."""

    name = "Role"
    spec_type = RoleSpec
    replace_on = frozenset({"name"})

    def could_be(self, physical_id: str, owner: Owner) -> bool:
        return bool(_NAME.fullmatch(physical_id))

    def find(self, client: Client, spec: RoleSpec, owner: Owner) -> Observed | None:
        return self.read(client, spec.name, owner)

    def read(self, client: Client, physical_id: str, owner: Owner) -> Observed | None:
        body = (client.find(_path(physical_id)) or {}).get(physical_id)
        if body is None:
            return None
        built_in = any(body.get(flag) for flag in _BUILT_IN)
        return Observed(physical_id, None if built_in else read_mark(body.get("description")).owner, body)

    def changes(self, observed: Observed, spec: RoleSpec) -> Collection[str]:
        assert observed.owner  # noqa: S101 - the kernel never compares another's object
        if spec.name != observed.physical_id:
            return {"name"}
        shown = {key: value for key, value in observed.body.items() if key not in _BUILT_IN}
        shown["index_permissions"] = [_unrestricted(permission) for permission in shown["index_permissions"]]
        wanted = _body(spec, observed.owner) | {"tenant_permissions": []}
        return {key for key in shown.keys() | wanted.keys() if shown.get(key) != wanted.get(key)}

    def create(self, client: Client, spec: RoleSpec, owner: Owner) -> str:
        client.put(_path(spec.name), _body(spec, owner))
        return spec.name

    def update(self, client: Client, observed: Observed, spec: RoleSpec, owner: Owner) -> None:
        client.put(_path(observed.physical_id), _body(spec, owner))

    def delete(self, client: Client, observed: Observed, owner: Owner) -> str:
        try:
            client.delete(_path(observed.physical_id))
        except NotFound:
            return "Role was already absent"
        return ""


def _path(name: str) -> str:
    return path_of("_plugins", "_security", "api", "roles", name)


def _body(spec: RoleSpec, owner: Owner) -> dict[str, Any]:
    body = asdict(spec)
    del body["name"]
    return body | {"description": marked(spec.description, owner)}


def _unrestricted(permission: dict[str, Any]) -> dict[str, Any]:
    """A permission without the empty restrictions to documents and fields that the server adds."""
    return {key: value for key, value in permission.items() if value or key not in _RESTRICTIONS}
