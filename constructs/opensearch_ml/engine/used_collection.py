"""UsedCollection: an existing collection of OpenSearch Serverless, and what roles may do with it."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_iam as iam
from constructs import Construct

from opensearch_ml.engine.index_access import IndexAccess


class CollectionGrants(Construct):
    """What both kinds of collections have: `name`, `arn`, `identity` (the last part of the ARN) and `endpoint`."""

    name: str
    arn: str
    identity: str
    endpoint: str

    @property
    def requests(self) -> iam.PolicyStatement:
        """The IAM permission that a role needs in addition to `grant_index` to send requests to the collection."""
        return iam.PolicyStatement(actions=["aoss:APIAccessAll"], resources=[self.arn])

    def grant_index(self, role: iam.Role, permissions: Sequence[str], *, index: str) -> IndexAccess:
        """Grant `role` the `permissions` on `index`, with a policy in the role's stack; `*` means every index."""
        return IndexAccess(
            role,
            f"{self.node.id}Access",
            collection=self.name,
            index=index,
            roles=[role.role_arn],
            permissions=permissions,
        )


class UsedCollection(CollectionGrants):
    """The existing collection `name` with this `arn` and `endpoint`; it is not changed.

    Example::

        used = ml.UsedCollection(
            stack,
            "Used",
            name="articles",
            arn="arn:aws:aoss:us-east-1:111122223333:collection/abcdefghij0123456789",
            endpoint="https://abcdefghij0123456789.us-east-1.aoss.amazonaws.com",
        )
    """

    def __init__(self, scope: Construct, id: str, *, name: str, arn: str, endpoint: str) -> None:
        super().__init__(scope, id)
        self.name, self.arn, self.endpoint = name, arn, endpoint
        self.identity = arn.rpartition("/")[2]
