"""A queue with S3's notifications of objects in a bucket, and one for dead letters."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import Construct

# How many characters of the stack's name a bucket name that CloudFormation generates contains at least.
NAME_PART = 20
KEPT = Duration.days(14)


def queues(
    scope: Construct, *, visibility: Duration, attempts: int, removal_policy: RemovalPolicy
) -> tuple[sqs.Queue, sqs.Queue]:
    """`Queue` and `DeadLetters`: a received message is hidden for `visibility`, and dead after `attempts`."""
    dead_letters = _queue(scope, "DeadLetters", removal_policy=removal_policy)
    queue = _queue(
        scope,
        "Queue",
        visibility=visibility,
        dead_letters=sqs.DeadLetterQueue(queue=dead_letters, max_receive_count=attempts),
        removal_policy=removal_policy,
    )
    return queue, dead_letters


def tell(queue: sqs.Queue, bucket: s3.Bucket, prefix: str) -> None:
    """Let S3 notify the queue of each new object under `prefix`.

    CDK's own way needs a function that configures the notification; the bucket's property needs no function.
    """
    stack = Stack.of(queue)
    # The bucket's own ARN would be a dependency circle: bucket → queue policy → bucket.
    buckets = f"arn:{stack.partition}:s3:::{stack.stack_name[:NAME_PART].lower()}*"
    queue.add_to_resource_policy(
        iam.PolicyStatement(
            principals=[iam.ServicePrincipal("s3.amazonaws.com")],
            actions=["sqs:SendMessage"],
            resources=[queue.queue_arn],
            conditions={
                "StringEquals": {"aws:SourceAccount": stack.account},
                "ArnLike": {"aws:SourceArn": buckets},
            },
        )
    )
    made = bucket.node.default_child
    assert isinstance(made, s3.CfnBucket)  # noqa: S101 for the type checker
    rules = [s3.CfnBucket.FilterRuleProperty(name="prefix", value=prefix)]
    wanted = s3.CfnBucket.NotificationFilterProperty(s3_key=s3.CfnBucket.S3KeyFilterProperty(rules=rules))
    made.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
        queue_configurations=[
            s3.CfnBucket.QueueConfigurationProperty(event="s3:ObjectCreated:*", queue=queue.queue_arn, filter=wanted)
        ]
    )
    # S3 sends a test message when the notification is created, and the policy must already allow it.
    bucket.node.add_dependency(queue.node.find_child("Policy"))


def consumption(queue: sqs.Queue) -> iam.PolicyStatement:
    """The permissions of a function that is called with the queue's messages and may return them to the queue."""
    verbs = ("ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "GetQueueAttributes")
    return iam.PolicyStatement(actions=[f"sqs:{verb}" for verb in verbs], resources=[queue.queue_arn])


def _queue(
    scope: Construct,
    id: str,
    *,
    removal_policy: RemovalPolicy,
    visibility: Duration | None = None,
    dead_letters: sqs.DeadLetterQueue | None = None,
) -> sqs.Queue:
    return sqs.Queue(
        scope,
        id,
        encryption=sqs.QueueEncryption.SQS_MANAGED,
        enforce_ssl=True,
        retention_period=KEPT,
        visibility_timeout=visibility,
        dead_letter_queue=dead_letters,
        removal_policy=removal_policy,
    )
