"""SourceSync: a function that keeps an index up to date with sources, and a schedule for each source."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from aws_cdk import Duration, RemovalPolicy, Size, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from opensearch_ml.engine.acknowledge import acknowledge, acknowledge_wildcards
from opensearch_ml.engine.function_bundle import function_code, libraries, source_of
from opensearch_ml.engine.grantee import Grantee
from opensearch_ml.engine.network import Network
from opensearch_ml.engine.private_bucket import private_bucket
from opensearch_ml.engine.python_function import PythonFunction
from opensearch_ml.ingestion.object_queue import consumption
from opensearch_ml.ingestion.source_schedule import begin_at
from opensearch_ml.providers.model_secret import ModelSecret

SOURCE = source_of("sync_function", "lambda/sync")
FOLDERS = {
    **libraries("aws", "calls", "corpus", "mlcommons", "rag", "sources"),
    # The settings declare the sources.
    "settings": source_of("settings_library", "settings"),
}
NAMESPACE = "osml"
MEMORY = 1024
# After ten of its fifteen minutes, a call finishes the work in progress and leaves the rest to another call.
TIMEOUT, SLICE = Duration.minutes(15), Duration.minutes(10)
# If a call ends without an answer, its message becomes visible again after HIDDEN.
HIDDEN, ATTEMPTS, KEPT = Duration.minutes(30), 3, Duration.days(14)
STATE = ("state", "dry", "runs")


class SourceSync(Grantee):
    """Loads documents from `sources` (settings by name), at the times of `schedules` or after a message in `queue`.

    The schedules are expressions of EventBridge by name. The state of each source is in `bucket`. Messages about one
    source are in order, so only one call at a time works on it. A message whose calls failed three times moves to
    `dead_letters`. `alarms` fire for such a message, and when a run has failed or has held back removals.

    `objects` are the buckets and prefixes that the function may read, and `secrets` are the secrets of sources by name.
    `variables` are additional environment variables of the function; `allow` adds permissions.

    Example::

        sync = ml.SourceSync(
            stack,
            "Sources",
            environment="dev",
            sources={"handbook": {"kind": "s3", "bucket": "my-bucket"}},
            schedules={"handbook": "cron(0 3 * * ? *)"},
            objects=[("my-bucket", "")],
            variables={"DESTINATION": "{}"},
        )
        sync.allow(iam.PolicyStatement(actions=["es:ESHttpPost"], resources=[f"{engine.domain_arn}/_bulk"]))
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        environment: str,
        sources: Mapping[str, Mapping[str, Any]],
        schedules: Mapping[str, str],
        variables: Mapping[str, str],
        objects: Sequence[tuple[str, str]] = (),
        secrets: Mapping[str, ModelSecret] | None = None,
        log_retention: logs.RetentionDays = logs.RetentionDays.ONE_MONTH,
        removal_policy: RemovalPolicy = RemovalPolicy.DESTROY,
        network: Network | None = None,
    ) -> None:
        super().__init__(scope, id)
        self._environment = environment
        secrets = secrets or {}
        self.dead_letters = self._queue("DeadLetters", removal_policy)
        self.queue = self._queue("Queue", removal_policy, self.dead_letters)
        self.bucket = self._bucket(removal_policy)
        made = PythonFunction(
            self,
            "Default",
            description="Keeps the index in step with its sources",
            code=function_code(SOURCE, native=True, folders=FOLDERS),
            handler="sync.handler",
            timeout=TIMEOUT,
            memory=MEMORY,
            # Temporary space for large files, and for repositories.
            storage=Size.gibibytes(2),
            environment={
                **variables,
                "SOURCES": json.dumps(sources, sort_keys=True),
                "SECRETS": Stack.of(self).to_json_string(
                    {name: [secret.arn, secret.key] for name, secret in secrets.items()}
                ),
                "ENVIRONMENT": environment,
                "STATE_BUCKET": self.bucket.bucket_name,
                "QUEUE_URL": self.queue.queue_url,
                "SLICE_SECONDS": str(int(SLICE.to_seconds())),
            },
            log_retention=log_retention,
            removal_policy=removal_policy,
            network=network,
        )
        self.role, self.policy, self.function = made.role, made.policy, made.function
        self._allow_reading(objects, secrets.values())
        lambda_.EventSourceMapping(
            self,
            "Source",
            target=self.function,
            event_source_arn=self.queue.queue_arn,
            batch_size=1,
        )
        for name, schedule in sorted(schedules.items()):
            begin_at(self, schedule, queue=self.queue, source=name, environment=environment)
        self.alarms = self._watch()

    def let_begin(self, role: iam.IRole, id: str = "OperatorPolicy") -> None:
        """Let `role` start runs and read their progress."""
        runs = self.bucket.arn_for_objects("runs/*")
        policy = iam.Policy(
            self,
            id,
            roles=[role],
            statements=[
                iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[self.queue.queue_arn]),
                iam.PolicyStatement(actions=["s3:GetObject"], resources=[runs]),
                # Without this permission, S3 answers "forbidden" before the first run.
                iam.PolicyStatement(
                    actions=["s3:ListBucket"],
                    resources=[self.bucket.bucket_arn],
                    conditions={"StringLike": {"s3:prefix": "runs/*"}},
                ),
            ],
        )
        acknowledge_wildcards(policy, [runs], "The bucket has one object for each source, with the source's name.")

    def _allow_reading(self, objects: Sequence[tuple[str, str]], secrets: Iterable[ModelSecret]) -> None:
        self.allow(
            consumption(self.queue),
            iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[self.queue.queue_arn]),
            iam.PolicyStatement(
                actions=["s3:GetObject", "s3:PutObject"],
                resources=[self.bucket.arn_for_objects(f"{folder}/*") for folder in STATE],
            ),
            # Without this permission, S3 answers "forbidden" for a missing object.
            iam.PolicyStatement(actions=["s3:ListBucket"], resources=[self.bucket.bucket_arn]),
            wildcards="The names of the objects under this prefix contain the name of a source.",
        )
        for bucket, prefix in objects:
            arn = f"arn:{Stack.of(self).partition}:s3:::{bucket}"
            self.allow(
                iam.PolicyStatement(actions=["s3:GetObject"], resources=[f"{arn}/{prefix}*"]),
                iam.PolicyStatement(
                    actions=["s3:ListBucket"],
                    resources=[arn],
                    conditions={"StringLike": {"s3:prefix": f"{prefix}*"}} if prefix else None,
                ),
                wildcards="Users choose the names of the objects under this prefix.",
            )
        for secret in secrets:
            self.allow(secret.read, wildcards="Amazon adds six random characters to a secret's ARN.")

    def _watch(self) -> list[cloudwatch.Alarm]:
        five, quiet = Duration.minutes(5), cloudwatch.TreatMissingData.NOT_BREACHING
        dead = self.dead_letters.metric_approximate_number_of_messages_visible(period=five, statistic="Maximum")
        failed = cloudwatch.Metric(
            namespace=NAMESPACE,
            metric_name="SourceFailed",
            dimensions_map={"environment": self._environment},
            statistic="Maximum",
            period=five,
        )
        return [
            dead.create_alarm(
                self,
                "Dead",
                threshold=1,
                evaluation_periods=1,
                treat_missing_data=quiet,
                alarm_description="A run of a source finally failed: see the function's log",
            ),
            failed.create_alarm(
                self,
                "Failed",
                threshold=1,
                evaluation_periods=1,
                treat_missing_data=quiet,
                alarm_description="A source could not be synchronized: `osml sync` shows which one and why",
            ),
        ]

    def _queue(self, id: str, removal_policy: RemovalPolicy, dead_letters: sqs.Queue | None = None) -> sqs.Queue:
        return sqs.Queue(
            self,
            id,
            fifo=True,
            # EventBridge sends no deduplication id, so SQS recognizes a repeated message by its content.
            content_based_deduplication=True,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=KEPT,
            visibility_timeout=HIDDEN,
            dead_letter_queue=sqs.DeadLetterQueue(queue=dead_letters, max_receive_count=ATTEMPTS)
            if dead_letters
            else None,
            removal_policy=removal_policy,
        )

    def _bucket(self, removal_policy: RemovalPolicy) -> s3.Bucket:
        rule = s3.LifecycleRule(prefix="dry/", expiration=KEPT)
        bucket = private_bucket(self, "State", removal_policy, lifecycle_rules=[rule])
        acknowledge(bucket, {"AwsSolutions-S1": "Only one function writes the bucket, and it logs its work."})
        return bucket
