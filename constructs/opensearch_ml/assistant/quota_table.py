"""QuotaTable: how much each caller has used in the current day and month."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from constructs import Construct

from opensearch_ml.assistant.conversation_table import PARTITION_KEY
from opensearch_ml.assistant.expiring_table import EXPIRY
from opensearch_ml.engine.acknowledge import acknowledge


class QuotaTable(Construct):
    """A DynamoDB table that is billed by the request, with an item for each caller and day or month under its `id`.

    The table is removed with its stack; a lost count only means that callers may ask more. `counting` is the permission
    to count, and `reading` is the permission to read the counts.

    Example::

        table = ml.QuotaTable(stack, "Quota")
        counter = iam.Role(stack, "Counter", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        counter.add_to_policy(table.counting)
    """

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        self.table = dynamodb.Table(
            self,
            "Table",
            partition_key=dynamodb.Attribute(name=PARTITION_KEY, type=dynamodb.AttributeType.STRING),
            time_to_live_attribute=EXPIRY,
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.AWS_MANAGED,
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.name = self.table.table_name
        acknowledge(
            self.table,
            {"AwsSolutions-DDB3": "The counts are valid for a day or a month, so nobody needs to restore them."},
        )

    @property
    def counting(self) -> iam.PolicyStatement:
        """The permission to count."""
        return iam.PolicyStatement(actions=["dynamodb:UpdateItem"], resources=[self.table.table_arn])

    @property
    def reading(self) -> iam.PolicyStatement:
        """The permission to read the counts."""
        return iam.PolicyStatement(actions=["dynamodb:GetItem"], resources=[self.table.table_arn])
