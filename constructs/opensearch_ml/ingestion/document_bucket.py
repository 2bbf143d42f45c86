"""DocumentBucket: a bucket for documents, with an access log."""

from __future__ import annotations

from collections.abc import Iterable

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from opensearch_ml.engine.private_bucket import private_bucket

LOGS = "access/"
LOG_DAYS, KEPT_DAYS = 90, 30


class DocumentBucket(Construct):
    """`bucket` keeps replaced and removed objects, and those under the prefixes `expiring`, for 30 days.

    CloudFormation chooses the bucket's name unless `name` is given, for example because others must know it.

    Example::

        files = ml.DocumentBucket(stack, "Files", expiring=["refused/"])
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str | None = None,
        expiring: Iterable[str] = (),
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        super().__init__(scope, id)
        kept = Duration.days(KEPT_DAYS)
        logged = s3.LifecycleRule(expiration=Duration.days(LOG_DAYS))
        accesses = private_bucket(self, "AccessLog", removal_policy, lifecycle_rules=[_unfinished(), logged])
        replaced = s3.LifecycleRule(noncurrent_version_expiration=kept, expired_object_delete_marker=True)
        self.bucket = private_bucket(
            self,
            "Bucket",
            removal_policy,
            bucket_name=name,
            versioned=True,
            lifecycle_rules=[
                _unfinished(),
                replaced,
                *(s3.LifecycleRule(prefix=prefix, expiration=kept) for prefix in expiring),
            ],
        )
        self._log(accesses)

    def _log(self, accesses: s3.Bucket) -> None:
        """Write the access log, and allow it with the bucket's policy: CDK uses an ACL unless the app sets a flag."""
        made = self.bucket.node.default_child
        assert isinstance(made, s3.CfnBucket)  # noqa: S101 for the type checker
        made.logging_configuration = s3.CfnBucket.LoggingConfigurationProperty(
            destination_bucket_name=accesses.bucket_name, log_file_prefix=LOGS
        )
        accesses.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("logging.s3.amazonaws.com")],
                actions=["s3:PutObject"],
                resources=[accesses.arn_for_objects(f"{LOGS}*")],
                conditions={
                    "ArnLike": {"aws:SourceArn": self.bucket.bucket_arn},
                    "StringEquals": {"aws:SourceAccount": Stack.of(self).account},
                },
            )
        )


def _unfinished() -> s3.LifecycleRule:
    return s3.LifecycleRule(abort_incomplete_multipart_upload_after=Duration.days(7))
