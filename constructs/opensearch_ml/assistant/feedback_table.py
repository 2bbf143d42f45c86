"""FeedbackTable: people's feedback on answers, until it expires."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_iam as iam
from constructs import Construct

from opensearch_ml.assistant.expiring_table import expiring_table

PARTITION_KEY, SORT_KEY = "kind", "id"


class FeedbackTable(Construct):
    """A DynamoDB table that is billed by the request, with an item for each judgement under its `id`.

    DynamoDB removes an item after the time in `expires`, in seconds since 1970. A retained table can be restored to any
    second of the last 35 days.

    Example::

        table = ml.FeedbackTable(stack, "Feedback")
        reader = iam.Role(stack, "Reader", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        reader.add_to_policy(table.access)
    """

    def __init__(self, scope: Construct, id: str, *, removal_policy: RemovalPolicy = RemovalPolicy.RETAIN) -> None:
        super().__init__(scope, id)
        self.table = expiring_table(self, partition_key=PARTITION_KEY, sort_key=SORT_KEY, removal_policy=removal_policy)
        self.name = self.table.table_name
        self.arn = self.table.table_arn

    @property
    def access(self) -> iam.PolicyStatement:
        """The permissions to store, list and delete judgements."""
        actions = ["dynamodb:PutItem", "dynamodb:Query", "dynamodb:DeleteItem"]
        return iam.PolicyStatement(actions=actions, resources=[self.arn])

    @property
    def addition(self) -> iam.PolicyStatement:
        """The permission to store a judgement."""
        return iam.PolicyStatement(actions=["dynamodb:PutItem"], resources=[self.arn])
