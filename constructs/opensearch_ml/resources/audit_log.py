"""AuditLog: who sent which requests to the domain, and who was refused, written to CloudWatch Logs."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import RemovalPolicy
from constructs import Construct

from opensearch_ml.engine.target import Target
from opensearch_ml.resources.ml_resource import MlResource


class AuditLog(MlResource):
    """Enables the audit log of the security plugin, for a SearchDomain with `audit_log`, which publishes it.

    It records failed sign-ins, missing permissions, changes of indexes and of the security plugin's configuration, and
    who read or wrote documents, without their content. `request_bodies` also logs the bodies of requests, which are
    questions and documents. `transport` also logs the requests between nodes. Requests of `ignored_users` are not
    logged.

    Example::

        ml.AuditLog(stack, "Audit", target=target)
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        target: Target,
        request_bodies: bool = False,
        transport: bool = False,
        ignored_users: Sequence[str] = ("kibanaserver",),
        removal_policy: RemovalPolicy = RemovalPolicy.DESTROY,
    ) -> None:
        spec = {"request_bodies": request_bodies, "transport": transport, "ignored_users": list(ignored_users)}
        super().__init__(
            scope, id, target=target, kind="AuditLog", spec=spec, removal_policy=removal_policy, as_admin=True
        )
