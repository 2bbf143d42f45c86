"""PromptTable: the versions of an assistant's prompt."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_iam as iam
from constructs import Construct

from opensearch_ml.assistant.expiring_table import expiring_table

PARTITION_KEY, SORT_KEY = "kind", "number"


class PromptTable(Construct):
    """A DynamoDB table that is billed by the request, with an item for each version under its `number`.

    A version is written once and does not expire. A retained table can be restored to any second of the last 35 days.

    Example::

        table = ml.PromptTable(stack, "Prompts")
        reader = iam.Role(stack, "Reader", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        reader.add_to_policy(table.reading)
    """

    def __init__(self, scope: Construct, id: str, *, removal_policy: RemovalPolicy = RemovalPolicy.RETAIN) -> None:
        super().__init__(scope, id)
        self.table = expiring_table(self, partition_key=PARTITION_KEY, sort_key=SORT_KEY, removal_policy=removal_policy)
        self.name = self.table.table_name

    @property
    def reading(self) -> iam.PolicyStatement:
        """The permission to read versions."""
        return iam.PolicyStatement(actions=["dynamodb:Query"], resources=[self.table.table_arn])

    @property
    def publishing(self) -> iam.PolicyStatement:
        """The permission to add a version."""
        return iam.PolicyStatement(actions=["dynamodb:PutItem"], resources=[self.table.table_arn])
