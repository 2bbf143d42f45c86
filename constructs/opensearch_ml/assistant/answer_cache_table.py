"""AnswerCacheTable: answers that are given again, until they expire."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_iam as iam
from constructs import Construct

from opensearch_ml.assistant.conversation_table import PARTITION_KEY
from opensearch_ml.assistant.expiring_table import expiring_table


class AnswerCacheTable(Construct):
    """A DynamoDB table that is billed by the request, with an item for each answer under its `id`.

    The table is removed with its stack, because lost answers are written again. `access` is the permission to find and
    to keep answers.

    Example::

        table = ml.AnswerCacheTable(stack, "Cache")
        answering = iam.Role(stack, "Answering", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        answering.add_to_policy(table.access)
    """

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        self.table = expiring_table(self, partition_key=PARTITION_KEY, removal_policy=RemovalPolicy.DESTROY)
        self.name = self.table.table_name

    @property
    def access(self) -> iam.PolicyStatement:
        """The permission to find an answer, and to keep one."""
        actions = ["dynamodb:GetItem", "dynamodb:PutItem"]
        return iam.PolicyStatement(actions=actions, resources=[self.table.table_arn])
