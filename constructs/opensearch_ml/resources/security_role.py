"""SecurityRole: a role of the security plugin with only the listed permissions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from constructs import Construct

from opensearch_ml.engine.target import Target
from opensearch_ml.resources.ml_resource import MlResource


class SecurityRole(MlResource):
    """The role `name` on the domain: `cluster` permissions, and `index` permissions on the indexes `indexes`.

    The permissions in `everywhere` apply to all indexes. `more` maps further indexes to their permissions. Nobody has
    the role without a RoleMapping.

    Example::

        role = ml.SecurityRole(
            stack, "Reader", target=target, name="articles-reader", index=["read"], indexes=["articles"]
        )
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        target: Target,
        name: str,
        description: str = "",
        cluster: Sequence[str] = (),
        index: Sequence[str] = (),
        indexes: Sequence[str] = (),
        everywhere: Sequence[str] = (),
        more: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        others = [([name], actions) for name, actions in (more or {}).items()]
        permissions = [
            {"index_patterns": list(patterns), "allowed_actions": list(actions)}
            for patterns, actions in ((indexes, index), (["*"], everywhere), *others)
            if actions
        ]
        spec: dict[str, object] = {
            "name": name,
            **({"description": description} if description else {}),
            "cluster_permissions": list(cluster),
            "index_permissions": permissions,
        }
        super().__init__(scope, id, target=target, kind="Role", spec=spec, as_admin=True)
        self.name = name
