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

SERVICES = ("es.amazonaws.com", "opensearchservice.amazonaws.com")


class SnapshotBucket(Construct):
    """The bucket `<name>-<account>-<region>` and the role `<name>`, so that another stack can name them.

    Every domain of the account in the region may use the role if its caller may pass it; `provisioner` may. What the
    engine deletes stays 30 days as an earlier version. Snapshots share files, so no rule of the bucket ends them. The
    role needs `more` where a key encrypts the bucket.

    Example::

        ml.SnapshotBucket(stack, "Snapshots", name="articles-backup", provisioner=provisioner)
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        provisioner: Provisioner,
        more: Sequence[iam.PolicyStatement] = (),
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        super().__init__(scope, id)
        stack = Stack.of(self)
        files = DocumentBucket(self, "Files", name=bucket_name(stack, name), removal_policy=removal_policy)
        self.bucket = files.bucket
        domains = stack.format_arn(service="es", resource="domain", resource_name="*")
        conditions = {"StringEquals": {"aws:SourceAccount": stack.account}, "ArnLike": {"aws:SourceArn": domains}}
        objects = self.bucket.arn_for_objects("*")
        # In the role itself, so that a role that stays can do what it could.
        allowed = [
            iam.PolicyStatement(actions=["s3:ListBucket"], resources=[self.bucket.bucket_arn]),
            iam.PolicyStatement(actions=["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], resources=[objects]),
            *more,
        ]
        self.role = iam.Role(
            self,
            "Role",
            role_name=name,
            assumed_by=iam.CompositePrincipal(
                *(iam.ServicePrincipal(service, conditions=conditions) for service in SERVICES)
            ),
            description="Lets search domains keep snapshots in a bucket",
            inline_policies={"Snapshots": iam.PolicyDocument(statements=allowed)},
        )
        self.role.apply_removal_policy(removal_policy)
        acknowledge_wildcards(self.role, [objects], "The engine names the files of its snapshots.")
        allow_places(provisioner, [name])


def allow_places(provisioner: Provisioner, names: Sequence[str]) -> None:
    """Let `provisioner`, and the keeper that signs as it, pass the roles of these buckets to its domain."""
    stack = Stack.of(provisioner)
    # Without iam:PassedToService, as in PassRole.
    provisioner.allow(
        iam.PolicyStatement(actions=["iam:PassRole"], resources=[_role_arn(stack, name) for name in names])
    )


def snapshot_place(stack: Stack, name: str) -> dict[str, Any]:
    """Where the snapshots of the SnapshotBucket `name` are, as an engine is told it."""
    return {
        "bucket": bucket_name(stack, name),
        "region": stack.region,
        "base_path": "snapshots",
        "role_arn": _role_arn(stack, name),
    }


def bucket_name(stack: Stack, name: str) -> str:
    """The name of the bucket, which no other account may have."""
    return f"{name}-{stack.account}-{stack.region}"


def _role_arn(stack: Stack, name: str) -> str:
    return stack.format_arn(service="iam", region="", resource="role", resource_name=name)
