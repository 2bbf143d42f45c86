"""AuditLog: the audit log of the security plugin. An engine has only one.

The configuration has no free text, so the owner's mark is an entry of `ignore_users`, the users whose requests are not
logged. No user has such a name. A log that is off and has no mark belongs to nobody. On Amazon, nobody can change the
values at the paths in `_readonly`, so they stay as they are.
https://docs.aws.amazon.com/opensearch-service/latest/developerguide/audit-logs.html
"""

# ruff: noqa: ARG002 - all kinds share one signature per verb

import copy
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from mlcommons.client import Client
from mlcommons.kind import Kind, Observed
from mlcommons.owner import Owner, marked, read_mark

_PATH = "/_plugins/_security/api/audit"
# The categories that OpenSearch leaves out by default: requests that were allowed.
_ORDINARY = ["AUTHENTICATED", "GRANTED_PRIVILEGES"]
_DASHBOARDS = "kibanaserver"


@dataclass(frozen=True)
class AuditLogSpec:
    """`request_bodies` also logs the questions and documents in requests; `transport` also logs requests between nodes.

    Requests of `ignored_users` are not logged.
    """

    request_bodies: bool = False
    transport: bool = False
    ignored_users: list[str] = field(default_factory=lambda: [_DASHBOARDS])


class AuditLog(Kind[AuditLogSpec]):
    """The physical id is `audit-log:<owner>`; a change is made in place."""

    name = "AuditLog"
    spec_type = AuditLogSpec

    def could_be(self, physical_id: str, owner: Owner) -> bool:
        return physical_id == _physical_id(owner)

    def find(self, client: Client, spec: AuditLogSpec, owner: Owner) -> Observed | None:
        return self.read(client, _physical_id(owner), owner)

    def read(self, client: Client, physical_id: str, owner: Owner) -> Observed | None:
        body = client.get(_PATH)
        users = body["config"]["audit"]["ignore_users"]
        marks = [mark for mark in (read_mark(user).owner for user in users) if mark]
        whose = owner if owner in marks else next(iter(marks), None)
        if whose is None and not body["config"]["enabled"]:
            return None
        return Observed(physical_id, whose, body)

    def changes(self, observed: Observed, spec: AuditLogSpec) -> Collection[str]:
        assert observed.owner  # noqa: S101 - the kernel never compares another's object
        config = observed.body["config"]
        wanted = _wanted(observed.body, spec, observed.owner)
        return {key for key in wanted if _sorted(wanted[key]) != _sorted(config.get(key))}

    def create(self, client: Client, spec: AuditLogSpec, owner: Owner) -> str:
        client.put(f"{_PATH}/config", _wanted(client.get(_PATH), spec, owner))
        return _physical_id(owner)

    def update(self, client: Client, observed: Observed, spec: AuditLogSpec, owner: Owner) -> None:
        client.put(f"{_PATH}/config", _wanted(observed.body, spec, owner))

    def delete(self, client: Client, observed: Observed, owner: Owner) -> str:
        config = copy.deepcopy(observed.body["config"])
        users = [user for user in config["audit"]["ignore_users"] if read_mark(user).owner != owner]
        config["enabled"], config["audit"]["ignore_users"] = False, users
        client.put(f"{_PATH}/config", config)
        return "the audit log is off"


def _physical_id(owner: Owner) -> str:
    return f"audit-log:{owner}"


def _wanted(body: dict[str, Any], spec: AuditLogSpec, owner: Owner) -> dict[str, Any]:
    """The whole configuration: the values of the specification, those for compliance, and the rest unchanged."""
    before = body["config"]
    wanted: dict[str, Any] = copy.deepcopy(before)
    wanted["enabled"] = True
    wanted["audit"] |= {
        "enable_rest": True,
        "enable_transport": spec.transport,
        "disabled_rest_categories": list(_ORDINARY),
        "disabled_transport_categories": list(_ORDINARY),
        "log_request_body": spec.request_bodies,
        "resolve_indices": True,
        "resolve_bulk_requests": False,
        "exclude_sensitive_headers": True,
        "ignore_users": [*spec.ignored_users, marked("", owner)],
        "ignore_requests": [],
    }
    # Log who changes the security plugin's own configuration, and when, without the documents themselves.
    wanted["compliance"] |= {
        "enabled": True,
        "internal_config": True,
        "read_metadata_only": True,
        "write_metadata_only": True,
        "write_log_diffs": False,
    }
    for path in body.get("_readonly", []):
        *parents, last = path.strip("/").split("/")
        source, target = before, wanted
        for parent in parents:
            source, target = source.get(parent, {}), target.get(parent, {})
        if last in source:
            target[last] = source[last]
    return wanted


def _sorted(value: Any) -> Any:
    """Sort all lists, because a list of names means the same in any order."""
    if isinstance(value, dict):
        return {key: _sorted(value) for key, value in value.items()}
    return sorted(value) if isinstance(value, list) else value
