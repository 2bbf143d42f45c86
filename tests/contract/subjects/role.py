"""A role of the security plugin."""

from tests.contract.kinds_engine import KindsEngine
from tests.contract.subjects import Subject

NAMED = True


def subject(engine: KindsEngine) -> Subject:
    name = f"{engine.stack}-role"
    permission = {"index_patterns": ["passages", "notes-*"], "allowed_actions": ["read", "indices:data/write/*"]}
    spec = {"name": name, "cluster_permissions": ["cluster_monitor", "cluster_composite_ops"]}
    return Subject(
        "Role",
        spec | {"description": "First", "index_permissions": [permission]},
        in_place=spec | {"index_permissions": [permission, permission | {"allowed_actions": ["search"]}]},
        replacing=spec | {"name": f"{name}-2"},
    )
