"""ConversationTable: questions and answers, until they expire."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from constructs import Construct

from opensearch_ml.assistant.expiring_table import EXPIRY, expiring_table

PARTITION_KEY = "id"
# The index with the conversations of each caller, by expiry, and what a list shows of them.
CALLERS, CALLER = "callers", "caller"
LISTED = ["title", "words", "changed", "number"]


class ConversationTable(Construct):
    """A DynamoDB table that is billed by the request, with an item for each conversation under its `id`.

    Its index `callers` lists the conversations of each `caller` in the order of `expires`.

    DynamoDB removes an item after the time in `expires`, in seconds since 1970. A retained table can be restored to any
    second of the last 35 days.

    Example::

        table = ml.ConversationTable(stack, "Conversations")
        reader = iam.Role(stack, "Reader", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        reader.add_to_policy(table.access)
    """

    def __init__(self, scope: Construct, id: str, *, removal_policy: RemovalPolicy = RemovalPolicy.RETAIN) -> None:
        super().__init__(scope, id)
        self.table = expiring_table(self, partition_key=PARTITION_KEY, removal_policy=removal_policy)
        self.table.add_global_secondary_index(
            index_name=CALLERS,
            partition_key=dynamodb.Attribute(name=CALLER, type=dynamodb.AttributeType.STRING),
            # Items of every version have this attribute, and it sorts them by their last turn.
            sort_key=dynamodb.Attribute(name=EXPIRY, type=dynamodb.AttributeType.NUMBER),
            projection_type=dynamodb.ProjectionType.INCLUDE,
            non_key_attributes=LISTED,
        )
        self.name = self.table.table_name
        self.arn = self.table.table_arn

    @property
    def access(self) -> iam.PolicyStatement:
        """The permissions to read, begin and continue a conversation."""
        return iam.PolicyStatement(actions=["dynamodb:GetItem", "dynamodb:UpdateItem"], resources=[self.arn])

    @property
    def history(self) -> list[iam.PolicyStatement]:
        """The permissions to list, read, rename and remove conversations."""
        actions = ["dynamodb:GetItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"]
        return [
            iam.PolicyStatement(actions=actions, resources=[self.arn]),
            iam.PolicyStatement(actions=["dynamodb:Query"], resources=[f"{self.arn}/index/{CALLERS}"]),
        ]
