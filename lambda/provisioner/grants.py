"""Refuses permissions that the function never grants, whatever an event contains.

A caller that may invoke the function can write the whole event. Variables in the function's template: `PREFIX` is the
prefix of the security roles that its stacks make, empty for any name. `ADMINISTRATORS` is a JSON list of ARNs that may
be mapped to roles that the stacks have not made.
"""

import json
import os
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Any

from mlcommons.errors import InvalidSpec

# Built-in roles of the engine with more permissions than ours. Without a PREFIX, only these are protected.
_BUILT_IN = ("all_access", "security_manager", "security_rest_api_access", "security_rest_api_full_access")
# Permissions of an administrator: actions that a permission may name or match, and groups of such actions.
_ADMINISTRATIVE = (
    "cluster:admin/opendistro_security/config/update",
    "cluster:admin/opensearch/security/any",
    "cluster:admin/repository/put",
    "cluster:admin/script/put",
    "cluster:admin/settings/update",
    "cluster:admin/snapshot/restore",
    "restapi:admin/roles",
    "security:any",
    "system:admin/system_index",
)
_GROUPS = ("unlimited", "cluster_all", "manage_snapshots")


def require_granted(kind: str, spec: Any) -> None:
    """Raises `InvalidSpec` if a specification makes an administrator of somebody whom the template does not name."""
    if not isinstance(spec, dict):
        return
    if kind == "RoleMapping":
        _require_named(str(spec.get("role")), spec.get("backend_roles") or [])
    elif kind == "Role":
        _require_modest(str(spec.get("name")), spec)


def _require_named(role: str, principals: Iterable[str]) -> None:
    prefix = os.environ.get("PREFIX", "")
    ours = role.startswith(f"{prefix}-") if prefix else role not in _BUILT_IN
    strangers = set(principals) - set(json.loads(os.environ.get("ADMINISTRATORS", "[]")))
    if not ours and strangers:
        raise InvalidSpec(
            f"Mapping {', '.join(sorted(strangers))} to the role {role}",
            "the function's template does not name them as administrators",
            "Add them to `search.admins`, and deploy the stack of the search engine.",
        )


def _require_modest(name: str, spec: dict[str, Any]) -> None:
    prefix = os.environ.get("PREFIX", "")
    permissions = [*(spec.get("cluster_permissions") or [])]
    for group in spec.get("index_permissions") or []:
        permissions += group.get("allowed_actions") or []
    strong = [
        permission
        for permission in permissions
        if permission in _GROUPS or any(fnmatchcase(name, permission) for name in _ADMINISTRATIVE)
    ]
    if strong or (prefix and not name.startswith(f"{prefix}-")):
        raise InvalidSpec(
            f"Making the role {name}",
            f"it has the permissions of an administrator: {', '.join(strong)}" if strong else f"it is not {prefix}-…",
            "Make such a role as an administrator of the engine.",
        )
