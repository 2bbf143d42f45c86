"""SnapshotBucket: a bucket for snapshots of a domain, and the role with which the domain reads and writes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from opensearch_ml.engine.acknowledge import acknowledge_wildcards
from opensearch_ml.engine.provisioner import Provisioner
from opensearch_ml.ingestion.document_bucket import DocumentBucket
from opensearch_ml.providers.connector_role import SERVICES

FOLDER = "snapshots"


class SnapshotBucket(Construct):
    """The bucket `<name>-<account>-<region>`, whose name other stacks know, and the domain's `role` for it.

    The domain may also read the snapshot buckets with the names in `read`. `provisioner` may pass the role to the
    domain. An object that the engine deletes is kept for 30 days as an earlier version. Snapshots share files, so no
    lifecycle rule of the bucket expires them.

    Example::

        ml.SnapshotBucket(stack, "Snapshots", name="articles", domain_arn=engine.domain_arn, provisioner=provisioner)
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        domain_arn: str,
        provisioner: Provisioner,
        read: Sequence[str] = (),
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        super().__init__(scope, id)
        stack = Stack.of(self)
        self.bucket = DocumentBucket(
            self, "Files", name=_bucket_name(stack, name), removal_policy=removal_policy
        ).bucket
        conditions = {
            "StringEquals": {"aws:SourceAccount": stack.account},
            "ArnLike": {"aws:SourceArn": domain_arn},
        }
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=iam.CompositePrincipal(
                *(iam.ServicePrincipal(service, conditions=conditions) for service in SERVICES)
            ),
            description="Lets the search domain keep snapshots in a bucket",
        )
        own = self.bucket.arn_for_objects("*")
        others = [stack.format_arn(service="s3", region="", account="", resource=_bucket_name(stack, n)) for n in read]
        objects = [f"{other}/*" for other in others]
        self.policy = iam.Policy(
            self,
            "Policy",
            roles=[self.role],
            statements=[
                iam.PolicyStatement(actions=["s3:ListBucket"], resources=[self.bucket.bucket_arn, *others]),
                iam.PolicyStatement(actions=["s3:GetObject"], resources=[own, *objects]),
                iam.PolicyStatement(actions=["s3:PutObject", "s3:DeleteObject"], resources=[own]),
            ],
        )
        acknowledge_wildcards(self.policy, [own, *objects], "The engine chooses the names of its snapshot files.")
        # There is no condition iam:PassedToService, for the same reason as in PassRole.
        provisioner.allow(iam.PolicyStatement(actions=["iam:PassRole"], resources=[self.role.role_arn]))

    def place(self, name: str) -> dict[str, Any]:
        """The settings with which an engine finds the snapshots in the bucket called `name`."""
        stack = Stack.of(self)
        return {
            "bucket": _bucket_name(stack, name),
            "region": stack.region,
            "base_path": FOLDER,
            "role_arn": self.role.role_arn,
        }


def _bucket_name(stack: Stack, name: str) -> str:
    return f"{name}-{stack.account}-{stack.region}"
