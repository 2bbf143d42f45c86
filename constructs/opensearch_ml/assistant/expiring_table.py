"""A DynamoDB table whose items expire, for what an assistant stores about people."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from opensearch_ml.engine.acknowledge import acknowledge

EXPIRY = "expires"


def expiring_table(
    scope: Construct, *, partition_key: str, sort_key: str | None = None, removal_policy: RemovalPolicy
) -> dynamodb.Table:
    """The table `Table` in `scope`, billed by the request. Its keys are strings.

    DynamoDB removes an item after the time in `expires`, in seconds since 1970. A retained table can be restored to any
    second of the last 35 days.
    """
    kept = removal_policy != RemovalPolicy.DESTROY
    table = dynamodb.Table(
        scope,
        "Table",
        partition_key=dynamodb.Attribute(name=partition_key, type=dynamodb.AttributeType.STRING),
        sort_key=dynamodb.Attribute(name=sort_key, type=dynamodb.AttributeType.STRING) if sort_key else None,
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
    if not kept:
        reason = "The table is deleted with its stack, so nobody needs to restore an earlier state."
        acknowledge(table, {"AwsSolutions-DDB3": reason})
    return table
