"""UploadJobs: where the assistant keeps uploads that are more than one request stores, and what calls it for them."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from constructs import Construct

from opensearch_ml.engine.acknowledge import acknowledge
from opensearch_ml.engine.python_function import PythonFunction
from opensearch_ml.ingestion.object_queue import consumption, queues, tell

KEPT = Duration.days(14)
# As many as the function counts, see worker.py.
ATTEMPTS = 5
AT_ONCE = 2
SECONDS = 300
FOLDERS = ("uploads", "jobs", "begin")


class UploadJobs(Construct):
    """`bucket` keeps uploads and jobs for 14 days; S3 tells `queue` of a job that is to begin or to go on.

    `work` has a function called for each, two at a time; its calls take up to `seconds`. A message that it has failed
    for five times is in `dead_letters`.

    Example::

        jobs = ml.UploadJobs(stack, "Uploads")
        documents = ml.AssistantFunction(stack, "Documents", part="documents", variables={}, timeout=jobs.seconds)
        jobs.work(documents)
    """

    def __init__(self, scope: Construct, id: str, *, removal_policy: RemovalPolicy = RemovalPolicy.DESTROY) -> None:
        super().__init__(scope, id)
        self.seconds = Duration.seconds(SECONDS)
        # A call that died is followed by another one when its message is seen again.
        hidden = Duration.seconds(2 * SECONDS)
        self.queue, self.dead_letters = queues(
            self, visibility=hidden, attempts=ATTEMPTS, removal_policy=removal_policy
        )
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            lifecycle_rules=[s3.LifecycleRule(expiration=KEPT)],
            removal_policy=removal_policy,
        )
        acknowledge(self.bucket, {"AwsSolutions-S1": "One function alone reads and writes it, and logs what it does."})
        tell(self.queue, self.bucket, "begin/")

    def work(self, function: PythonFunction) -> None:
        """Have `function` called for each job, and let it keep uploads."""
        function.allow(
            consumption(self.queue),
            iam.PolicyStatement(
                actions=["s3:GetObject", "s3:PutObject"],
                resources=[self.bucket.arn_for_objects(f"{folder}/*") for folder in FOLDERS],
            ),
            # Without it S3 says that an object is forbidden when it is not there.
            iam.PolicyStatement(actions=["s3:ListBucket"], resources=[self.bucket.bucket_arn]),
            wildcards="Every object under a prefix: a job's id is made up when it is needed.",
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
