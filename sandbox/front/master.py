"""A domain's master user in the engine: it is mapped to its roles while the domain exists."""

from __future__ import annotations

import logging
from base64 import b64encode
from threading import Lock
from typing import Any
from urllib.parse import quote

from sandbox.front.authority import DescribedDomain
from sandbox.front.engine import EngineConnections
from sandbox.front.request import FrontRequest
from sandbox.front.security_changes import EFFECTIVE_SECONDS, SECURITY_API, SecurityChanges

logger = logging.getLogger(__name__)

ROLES = ("all_access", "security_manager")
# Amazon's domains have this role; the open-source plugin does not. The engine's setting
# `plugins.security.restapi.roles_enabled` gives it the security API: the plugin refuses `restapi:admin/*` in a role.
_SECURITY_MANAGER = {"description": "Manage the security plugin", "cluster_permissions": []}
_FIELDS = ("users", "backend_roles", "hosts", "and_backend_roles")


class MasterUsers(SecurityChanges):
    """Adds master users to role mappings, and removes them without changing other entries."""

    def __init__(self, engine: EngineConnections) -> None:
        super().__init__(engine)
        self._lock = Lock()

    def install(self, domain: DescribedDomain) -> None:
        """Map the domain's master user, if it has one, and wait until the mapping is effective.

        Raises `EngineRefused` and `EngineUnreachable`.
        """
        if not domain.is_fine_grained:
            return
        with self._lock:
            path = f"{SECURITY_API}/roles/security_manager"
            if self._engine.administer("GET", path)[0] == 404:
                self._engine.administer("PUT", path, _SECURITY_MANAGER)
            if domain.master_user_name is not None:
                self._engine.administer(
                    "PUT",
                    f"{SECURITY_API}/internalusers/{quote(domain.master_user_name, safe='')}",
                    {"password": domain.master_user_password},
                )
            for role in ROLES:
                self._merge(role, domain)
        self._await(domain)

    def remove(self, domain: DescribedDomain) -> None:
        """Remove the master user from the mappings, and delete an internal user. Raises the errors of `install`."""
        if not domain.is_fine_grained:
            return
        with self._lock:
            for role in ROLES:
                status, body = self._engine.administer("GET", f"{SECURITY_API}/rolesmapping/{role}")
                if status == 404:
                    continue
                mapping = body[role]
                left = {field: _without(mapping, field, domain) for field in _entries(domain)}
                if role == "security_manager" and not any({**mapping, **left}[field] for field in _FIELDS):
                    self._engine.administer("DELETE", f"{SECURITY_API}/rolesmapping/{role}")
                else:
                    self._write(role, mapping, left)
            if domain.master_user_name is not None:
                self._engine.administer(
                    "DELETE", f"{SECURITY_API}/internalusers/{quote(domain.master_user_name, safe='')}"
                )

    def _merge(self, role: str, domain: DescribedDomain) -> None:
        path = f"{SECURITY_API}/rolesmapping/{role}"
        status, body = self._engine.administer("GET", path)
        if status == 404:
            self._engine.administer("PUT", path, _entries(domain))
            return
        mapping = body[role]
        merged = {
            field: [*mapping[field], *(name for name in names if name not in mapping[field])]
            for field, names in _entries(domain).items()
        }
        self._write(role, mapping, merged)

    def _write(self, role: str, mapping: dict[str, Any], wanted: dict[str, list[str]]) -> None:
        # The plugin stores no empty list, and `replace` fails for a missing field.
        changes = [
            {"op": "add", "path": f"/{field}", "value": names}
            for field, names in wanted.items()
            if names != mapping[field]
        ]
        if changes:
            self._engine.administer("PATCH", f"{SECURITY_API}/rolesmapping/{role}", changes)

    def _await(self, domain: DescribedDomain) -> None:
        self._wait(
            lambda: self._effective(domain),
            f"The master user of {domain.name} was mapped to {' and '.join(ROLES)}, but after "
            f"{EFFECTIVE_SECONDS:.0f} s the engine does not give it these roles. See its log; "
            "its proxy authenticator must accept x-proxy-user from 127.0.0.1.",
        )

    def _effective(self, domain: DescribedDomain) -> bool:
        request = FrontRequest("GET", "/_plugins/_security/authinfo", ())
        if domain.master_user_arn is not None:
            answer = self._engine.forward(request, domain.master_user_arn)
        else:
            pair = f"{domain.master_user_name}:{domain.master_user_password}".encode()
            answer = self._engine.forward(request, None, f"Basic {b64encode(pair).decode()}")
        return answer.status == 200 and all(f'"{role}"'.encode() in answer.body for role in ROLES)


def _without(mapping: dict[str, Any], field: str, domain: DescribedDomain) -> list[str]:
    """The names in a field of a mapping, without those of the domain's master user."""
    return [name for name in mapping[field] if name not in _entries(domain)[field]]


def _entries(domain: DescribedDomain) -> dict[str, list[str]]:
    if domain.master_user_arn is not None:
        return {"users": [domain.master_user_arn], "backend_roles": [domain.master_user_arn]}
    return {"users": [str(domain.master_user_name)]}
