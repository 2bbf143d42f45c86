"""DocumentDrop: a bucket, a queue, and a function that loads the bucket's objects into an index."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import Duration, RemovalPolicy, Size
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from opensearch_ml.engine.function_bundle import function_code, libraries, source_of
from opensearch_ml.engine.grantee import Grantee
from opensearch_ml.engine.network import Network
from opensearch_ml.engine.python_function import PythonFunction
from opensearch_ml.ingestion.document_bucket import DocumentBucket
from opensearch_ml.ingestion.object_queue import consumption, queues, tell

SOURCE = source_of("drop_function", "lambda/drop")
# The folders also contain the sign-in, which is shared with the provisioner.
FOLDERS = libraries("aws", "calls", "corpus", "mlcommons")
DROPPED, REFUSED = "documents/", "refused/"
MEMORY = 1024
# The visibility timeout, in multiples of the function's timeout. AWS recommends six, because Lambda tries a throttled
# batch again while its messages are hidden.
# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
VISIBILITY = 6


class DocumentDrop(Grantee):
    """Loads each object under `documents/` in `bucket`; refused documents go under `refused/`, with the reasons.

    S3 notifies `queue` of each object. `function` loads up to `objects` objects per call, in at most `concurrency`
    calls at once. A call ends after `timeout` (default: five minutes).

    If an object could not be loaded, its message returns to the queue. After `attempts` tries the message goes to
    `dead_letters`, or at once if another try would not help. `alarms` fire when a dead letter exists, and when a
    message has waited for `late` (default: one hour); they notify nobody unless you add actions.

    `variables` are additional environment variables of the function. `allow` adds permissions on the search engine.

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
        self.queue, self.dead_letters = queues(
            self, visibility=visible, attempts=attempts, removal_policy=removal_policy
        )
        self.bucket = DocumentBucket(self, "Files", removal_policy=removal_policy, expiring=[REFUSED]).bucket
        tell(self.queue, self.bucket, DROPPED)
        made = PythonFunction(
            self,
            "Default",
            description="Loads dropped documents into the index",
            code=function_code(SOURCE, native=True, folders=FOLDERS),
            handler="dropped.handler",
            timeout=timeout,
            memory=MEMORY,
            # Temporary space for objects in formats that need random access.
            storage=Size.gibibytes(2),
            environment={
                **variables,
                "DOCUMENTS": DROPPED,
                "REFUSED": REFUSED,
                "QUEUE_URL": self.queue.queue_url,
                "DEAD_LETTERS_URL": self.dead_letters.queue_url,
                "ATTEMPTS": str(attempts),
            },
            log_retention=log_retention,
            removal_policy=removal_policy,
            network=network,
        )
        self.role, self.policy, self.function = made.role, made.policy, made.function
        self._allow_loading()
        lambda_.EventSourceMapping(
            self,
            "Source",
            target=self.function,
            event_source_arn=self.queue.queue_arn,
            batch_size=objects,
            report_batch_item_failures=True,
            # Reserved concurrency would not do: beyond it the queue's pollers are throttled, and each throttle counts
            # as an attempt.
            max_concurrency=concurrency,
        )
        self.alarms = self._watch(late or Duration.hours(1))

    def _allow_loading(self) -> None:
        dropped, refused = (self.bucket.arn_for_objects(f"{prefix}*") for prefix in (DROPPED, REFUSED))
        self.allow(
            consumption(self.queue),
            # The function sends a message there at once if another try would not help.
            iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[self.dead_letters.queue_arn]),
            iam.PolicyStatement(actions=["s3:GetObject"], resources=[dropped]),
            # Without this permission, S3 answers "forbidden" for a deleted object.
            iam.PolicyStatement(
                actions=["s3:ListBucket"],
                resources=[self.bucket.bucket_arn],
                conditions={"StringLike": {"s3:prefix": f"{DROPPED}*"}},
            ),
            iam.PolicyStatement(actions=["s3:PutObject"], resources=[refused]),
            wildcards="Users choose the names of the objects under this prefix.",
        )

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
                alarm_description="A dropped object finally failed: see the function's log and refused/ in the bucket",
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
