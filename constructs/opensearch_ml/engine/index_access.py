"""IndexAccess: permissions of roles on an index of a collection."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from aws_cdk import Stack
from aws_cdk import aws_opensearchserverless as serverless
from constructs import Construct

LONGEST_NAME = 32


class IndexAccess(Construct):
    """A data access policy for the collection named `collection`, in the stack that grants the access.

    `permissions` are actions such as `aoss:ReadDocument` on `index`; the index `*` means every index. `roles` are ARNs.
    The policy takes effect within a minute.

    Example::

        ml.IndexAccess(
            stack,
            "Access",
            collection="articles",
            index="articles",
            roles=[provisioner.role.role_arn],
            permissions=["aoss:CreateIndex", "aoss:DescribeIndex"],
        )
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        collection: str,
        index: str,
        roles: Sequence[str],
        permissions: Sequence[str],
    ) -> None:
        super().__init__(scope, id)
        stack = Stack.of(self)
        rule = {
            "ResourceType": "index",
            "Resource": [f"index/{collection}/{index}"],
            "Permission": list(permissions),
        }
        self.policy = serverless.CfnAccessPolicy(
            self,
            "Policy",
            name=self._name(collection),
            type="data",
            description=f"Access to {collection}",
            policy=stack.to_json_string([{"Rules": [rule], "Principal": list(roles)}]),
        )

    def _name(self, collection: str) -> str:
        """The collection's name and a digest of this construct's path, which is the same in a pipeline's stage."""
        stack = Stack.of(self)
        path = self.node.path.removeprefix(stack.node.path)
        # CDK leaves the id `Default` out of logical ids, and so does this name.
        place = f"{stack.stack_name}/{path.replace('/Default/', '/')}"
        digest = hashlib.sha256(place.encode()).hexdigest()[:8]
        return f"{collection[: LONGEST_NAME - 9]}-{digest}"
