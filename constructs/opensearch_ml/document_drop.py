"""DocumentDrop: a bucket, a queue and the function that loads into an index whatever is put into the bucket."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import Duration, RemovalPolicy, Size, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from opensearch_ml.acknowledge import acknowledge, acknowledge_wildcards
from opensearch_ml.document_bucket import DocumentBucket
from opensearch_ml.function_bundle import PYTHON, RUNTIME, function_code, source_of
from opensearch_ml.network import Network, allow_interfaces
from opensearch_ml.provisioner import SOURCE as PROVISIONER

SOURCE = source_of("ingest_function", "lambda/ingest")
# What it shares with the provisioner: how to sign in.
FOLDERS = {name: PROVISIONER / name for name in ("mlcommons", "secret_values.py", "sign_in.py")}
DROPPED, REFUSED = "documents/", "refused/"
MEMORY = 1024
# Lambda asks for it: a batch that was throttled is tried again within the time that its messages are hidden.
# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
VISIBILITY = 6
# Of a bucket's name that CloudFormation makes up, how much of the stack's name is left for certain.
NAME_PART = 20


class DocumentDrop(Construct):
    """Loads each object under `documents/` of `bucket`; what the index refuses is written under `refused/`, with why.

    S3 tells `queue` of an object, and `function` takes up to `objects` of them a call, in at most `concurrency` calls
    at once. One that could not be loaded comes back alone, and after `attempts` goes to `dead_letters`. `alarms` go off
    when one is there, and when one has waited for `late`; they tell nobody unless they are given actions.
    `variables` are what the function is told besides; `allow` what its role may do on the search engine.

    Example::

        drop = ml.DocumentDrop(stack, "Drop", variables={"DESTINATION": "{}"})
        drop.allow(iam.PolicyStatement(actions=["es:ESHttpPost"], resources=[f"{engine.domain_arn}/_bulk"]))
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        variables: Mapping[str, str],
        concurrency: int = 5,
        objects: int = 10,
        attempts: int = 5,
        timeout: Duration | None = None,
        late: Duration | None = None,
        log_retention: logs.RetentionDays = logs.RetentionDays.ONE_MONTH,
        removal_policy: RemovalPolicy = RemovalPolicy.DESTROY,
        network: Network | None = None,
    ) -> None:
        super().__init__(scope, id)
        timeout = timeout or Duration.minutes(5)
        visible = Duration.seconds(VISIBILITY * int(timeout.to_seconds()))
        self.dead_letters = self._queue("DeadLetters", retention=Duration.days(14), removal_policy=removal_policy)
        self.queue = self._queue(
            "Queue",
            retention=Duration.days(14),
            visibility=visible,
            dead_letters=sqs.DeadLetterQueue(queue=self.dead_letters, max_receive_count=attempts),
            removal_policy=removal_policy,
        )
        self.bucket = DocumentBucket(self, "Files", removal_policy=removal_policy, expiring=[REFUSED]).bucket
        self._tell()
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            description="Loads dropped documents into the index",
        )
        group = logs.LogGroup(self, "Log", retention=log_retention, removal_policy=removal_policy)
        self._policy = self._policy_of(group, network)
        self.function = lambda_.Function(
            self,
            "Function",
            description="Loads dropped documents into the index",
            runtime=RUNTIME,
            architecture=lambda_.Architecture.ARM_64,
            handler="dropped.handler",
            code=function_code(SOURCE, native=True, folders=FOLDERS),
            role=self.role,
            timeout=timeout,
            memory_size=MEMORY,
            # An object is laid there while it is read, if its format is not read in one go.
            ephemeral_storage_size=Size.gibibytes(2),
            log_group=group,
            environment={
                **variables,
                "DOCUMENTS": DROPPED,
                "REFUSED": REFUSED,
                "QUEUE_URL": self.queue.queue_url,
                "ATTEMPTS": str(attempts),
            },
            vpc=network.vpc if network else None,
            vpc_subnets=network.subnets if network else None,
            security_groups=network.groups if network else None,
        )
        self.function.node.add_dependency(self._policy)
        acknowledge(
            self.function,
            {"AwsSolutions-L1": f"The function's dependencies are locked and tested for Python {PYTHON}."},
        )
        lambda_.EventSourceMapping(
            self,
            "Source",
            target=self.function,
            event_source_arn=self.queue.queue_arn,
            batch_size=objects,
            report_batch_item_failures=True,
            # Not reserved concurrency: what the queue's pollers take beyond that is throttled and counts as an attempt.
            max_concurrency=concurrency,
        )
        self.alarms = self._watch(late or Duration.hours(1))

    def allow(self, *statements: iam.PolicyStatement, wildcards: str = "") -> None:
        """Let the function do more; `wildcards` is why there are some in the resources."""
        self._policy.add_statements(*statements)
        wild = [one for statement in statements for one in statement.resources if "*" in one or "?" in one]
        if wildcards:
            acknowledge_wildcards(self._policy, wild, wildcards)

    def _queue(
        self,
        id: str,
        *,
        retention: Duration,
        removal_policy: RemovalPolicy,
        visibility: Duration | None = None,
        dead_letters: sqs.DeadLetterQueue | None = None,
    ) -> sqs.Queue:
        return sqs.Queue(
            self,
            id,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=retention,
            visibility_timeout=visibility,
            dead_letter_queue=dead_letters,
            removal_policy=removal_policy,
        )

    def _tell(self) -> None:
        """S3 tells the queue. CDK's own way is a function that writes the notification; the property needs none."""
        stack = Stack.of(self)
        # The bucket's own ARN would be a circle, bucket → queue policy → bucket.
        buckets = f"arn:{stack.partition}:s3:::{stack.stack_name[:NAME_PART].lower()}*"
        self.queue.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("s3.amazonaws.com")],
                actions=["sqs:SendMessage"],
                resources=[self.queue.queue_arn],
                conditions={
                    "StringEquals": {"aws:SourceAccount": stack.account},
                    "ArnLike": {"aws:SourceArn": buckets},
                },
            )
        )
        bucket = self.bucket.node.default_child
        assert isinstance(bucket, s3.CfnBucket)  # noqa: S101 for the type checker
        rules = [s3.CfnBucket.FilterRuleProperty(name="prefix", value=DROPPED)]
        wanted = s3.CfnBucket.NotificationFilterProperty(s3_key=s3.CfnBucket.S3KeyFilterProperty(rules=rules))
        bucket.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
            queue_configurations=[
                s3.CfnBucket.QueueConfigurationProperty(
                    event="s3:ObjectCreated:*", queue=self.queue.queue_arn, filter=wanted
                )
            ]
        )
        # S3 sends a message to try it, which the policy must allow already.
        self.bucket.node.add_dependency(self.queue.node.find_child("Policy"))

    def _policy_of(self, group: logs.LogGroup, network: Network | None) -> iam.Policy:
        dropped, refused = (self.bucket.arn_for_objects(f"{prefix}*") for prefix in (DROPPED, REFUSED))
        consumed = ["ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "GetQueueAttributes"]
        policy = iam.Policy(
            self,
            "Policy",
            roles=[self.role],
            statements=[
                iam.PolicyStatement(
                    actions=["logs:CreateLogStream", "logs:PutLogEvents"], resources=[group.log_group_arn]
                ),
                iam.PolicyStatement(actions=[f"sqs:{one}" for one in consumed], resources=[self.queue.queue_arn]),
                iam.PolicyStatement(actions=["s3:GetObject"], resources=[dropped]),
                # Without it S3 says that an object is forbidden when it is gone.
                iam.PolicyStatement(
                    actions=["s3:ListBucket"],
                    resources=[self.bucket.bucket_arn],
                    conditions={"StringLike": {"s3:prefix": f"{DROPPED}*"}},
                ),
                iam.PolicyStatement(actions=["s3:PutObject"], resources=[refused]),
            ],
        )
        acknowledge_wildcards(policy, [dropped, refused], "Every object under a prefix: their names are the users'.")
        if network:
            allow_interfaces(policy)
        return policy

    def _watch(self, late: Duration) -> list[cloudwatch.Alarm]:
        five = Duration.minutes(5)
        dead = self.dead_letters.metric_approximate_number_of_messages_visible(period=five, statistic="Maximum")
        oldest = self.queue.metric_approximate_age_of_oldest_message(period=five, statistic="Maximum")
        quiet = cloudwatch.TreatMissingData.NOT_BREACHING
        return [
            dead.create_alarm(
                self,
                "Dead",
                threshold=1,
                evaluation_periods=1,
                treat_missing_data=quiet,
                alarm_description="A dropped object was given up: see the function's log and refused/ in the bucket",
            ),
            oldest.create_alarm(
                self,
                "Late",
                threshold=late.to_seconds(),
                evaluation_periods=1,
                treat_missing_data=quiet,
                alarm_description="A dropped object waits too long: the models throttle, or concurrency is too low",
            ),
        ]
