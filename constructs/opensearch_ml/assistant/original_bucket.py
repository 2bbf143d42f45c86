"""OriginalBucket: the files of documents as they were uploaded."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from opensearch_ml.engine.acknowledge import acknowledge
from opensearch_ml.engine.private_bucket import private_bucket
from opensearch_ml.engine.python_function import PythonFunction


class OriginalBucket(Construct):
    """`bucket` keeps files for `days` days; `keep_by` lets a function store, open and remove them.

    People open a file through a link that the function signs, and that expires after a minute.

    Example::

        originals = ml.OriginalBucket(stack, "Originals", days=365)
        documents = ml.AssistantFunction(stack, "Documents", part="documents", variables={})
        originals.keep_by(documents)
    """

    def __init__(
        self, scope: Construct, id: str, *, days: int, removal_policy: RemovalPolicy = RemovalPolicy.RETAIN
    ) -> None:
        super().__init__(scope, id)
        rule = s3.LifecycleRule(
            expiration=Duration.days(days), abort_incomplete_multipart_upload_after=Duration.days(1)
        )
        self.bucket = private_bucket(self, "Bucket", removal_policy, lifecycle_rules=[rule])
        acknowledge(
            self.bucket,
            {"AwsSolutions-S1": "Only one function writes the bucket and signs its links, and it logs its work."},
        )

    def keep_by(self, function: PythonFunction) -> None:
        """Let `function` store, open and remove files."""
        function.allow(
            iam.PolicyStatement(
                actions=["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
                resources=[self.bucket.arn_for_objects("*")],
            ),
            # Without this permission, S3 answers "forbidden" for a missing object.
            iam.PolicyStatement(actions=["s3:ListBucket"], resources=[self.bucket.bucket_arn]),
            wildcards="The function generates the name of an object when it stores a file.",
        )
