"""UploadJobs: a bucket for uploads that one request cannot store, and the queue whose messages call the function."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from constructs import Construct

from opensearch_ml.engine.acknowledge import acknowledge
from opensearch_ml.engine.private_bucket import private_bucket
from opensearch_ml.engine.python_function import PythonFunction
from opensearch_ml.ingestion.object_queue import consumption, queues, tell

KEPT = Duration.days(14)
ATTEMPTS = 5
AT_ONCE = 2
SECONDS = 300
FOLDERS = ("uploads", "jobs", "begin")


class UploadJobs(Construct):
    """`bucket` keeps uploads and jobs for 14 days; S3 sends a message to `queue` when a job begins or continues.

    After `work`, the messages call a function, two calls at a time; each call takes up to `seconds`. After five failed
    calls a message moves to `dead_letters`.

    Example::

        jobs = ml.UploadJobs(stack, "Uploads")
        documents = ml.AssistantFunction(stack, "Documents", part="documents", variables={}, timeout=jobs.seconds)
        jobs.work(documents)
    """

    def __init__(self, scope: Construct, id: str, *, removal_policy: RemovalPolicy = RemovalPolicy.DESTROY) -> None:
        super().__init__(scope, id)
        self.seconds = Duration.seconds(SECONDS)
        # If a call ends without an answer, its message becomes visible again and calls the function again.
        hidden = Duration.seconds(2 * SECONDS)
        self.queue, self.dead_letters = queues(
            self, visibility=hidden, attempts=ATTEMPTS, removal_policy=removal_policy
        )
        self.bucket = private_bucket(
            self, "Bucket", removal_policy, lifecycle_rules=[s3.LifecycleRule(expiration=KEPT)]
        )
        acknowledge(
            self.bucket, {"AwsSolutions-S1": "Only one function reads and writes the bucket, and it logs its work."}
        )
        tell(self.queue, self.bucket, "begin/")

    def work(self, function: PythonFunction) -> None:
        """Call `function` for each job, set the queue in its variables, and let it store uploads."""
        function.function.add_environment("QUEUE_URL", self.queue.queue_url)
        function.function.add_environment("ATTEMPTS", str(ATTEMPTS))
        function.allow(
            consumption(self.queue),
            iam.PolicyStatement(
                actions=["s3:GetObject", "s3:PutObject"],
                resources=[self.bucket.arn_for_objects(f"{folder}/*") for folder in FOLDERS],
            ),
            # Without this permission, S3 answers "forbidden" for a missing object.
            iam.PolicyStatement(actions=["s3:ListBucket"], resources=[self.bucket.bucket_arn]),
            wildcards="The names of the objects contain the job's id, which is generated when the job begins.",
        )
        lambda_.EventSourceMapping(
            self,
            "Source",
            target=function.function,
            event_source_arn=self.queue.queue_arn,
            batch_size=1,
            report_batch_item_failures=True,
            max_concurrency=AT_ONCE,
        )
