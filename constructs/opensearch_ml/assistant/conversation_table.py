"""ConversationTable: questions and answers, until they expire."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from constructs import Construct

from opensearch_ml.engine.acknowledge import acknowledge

PARTITION_KEY = "id"
EXPIRY = "expires"
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
        kept = removal_policy != RemovalPolicy.DESTROY
        self.table = dynamodb.Table(
            self,
            "Table",
            partition_key=dynamodb.Attribute(name=PARTITION_KEY, type=dynamodb.AttributeType.STRING),
            time_to_live_attribute=EXPIRY,
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.AWS_MANAGED,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=kept
            ),
            # A protected table cannot be removed again when the creation of its stack is rolled back.
            deletion_protection=removal_policy == RemovalPolicy.RETAIN,
            removal_policy=removal_policy,
        )
        self.table.add_global_secondary_index(
            index_name=CALLERS,
            partition_key=dynamodb.Attribute(name=CALLER, type=dynamodb.AttributeType.STRING),
            # Of the attributes that items of every version have, the one in the order of their last turns.
            sort_key=dynamodb.Attribute(name=EXPIRY, type=dynamodb.AttributeType.NUMBER),
            projection_type=dynamodb.ProjectionType.INCLUDE,
            non_key_attributes=LISTED,
        )
        self.name = self.table.table_name
        self.arn = self.table.table_arn
        if not kept:
            acknowledge(
                self.table,
                {"AwsSolutions-DDB3": "The table goes with its stack: nobody wants its past to be restored."},
            )

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
