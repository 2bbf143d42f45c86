"""RoleMapping: IAM roles as backend roles of a role of the security plugin."""

from __future__ import annotations

from collections.abc import Sequence

from constructs import Construct

from opensearch_ml.engine.target import Target
from opensearch_ml.resources.ml_resource import MlResource


class RoleMapping(MlResource):
    """Adds `backend_roles` (IAM role ARNs) to the mapping of `role`; deleting the resource removes only these.

    Example::

        ml.RoleMapping(
            stack, "Access", target=target, role="ml_full_access", backend_roles=[provisioner.role.role_arn]
        )
    """

    def __init__(self, scope: Construct, id: str, *, target: Target, role: str, backend_roles: Sequence[str]) -> None:
        spec = {"role": role, "backend_roles": list(backend_roles)}
        super().__init__(scope, id, target=target, kind="RoleMapping", spec=spec, as_admin=True)
