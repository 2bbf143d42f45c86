"""EndpointRole: the permissions of a SageMaker endpoint: pull its images, write its log, read its weights."""

from __future__ import annotations

import re

from aws_cdk import ArnFormat, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from opensearch_ml.engine.acknowledge import acknowledge_wildcards

# The account and the region may be tokens, because a stack may not know them before its deploy.
_UNRESOLVED = r"\$\{[^}]+\}"
_IMAGE = re.compile(
    rf"(?P<account>\d{{12}}|{_UNRESOLVED})\.dkr\.ecr\.(?P<region>[a-z0-9-]+|{_UNRESOLVED})\.[^/]+/(?P<repository>[^:@]+)[:@]"
)


class EndpointRole(Construct):
    """`role` and `policy` of the endpoint `name` that runs `image`, with weights under `model_data`, if any.

    With `components` the endpoint runs inference components of that name. The log groups are created here with
    `log_retention`, because those that SageMaker creates never expire and are not removed with the stack. Raises
    ValueError when `image` is not in ECR.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        image: str,
        model_data: str | None = None,
        components: bool = False,
        log_retention: logs.RetentionDays = logs.RetentionDays.ONE_MONTH,
    ) -> None:
        super().__init__(scope, id)
        groups = ["Endpoints", *(["InferenceComponents"] if components else [])]
        log_streams = [self._log_streams(group, name) for group in groups]
        weights = [] if model_data is None else self._weights(model_data)
        # SageMaker may assume the role only on behalf of this account.
        service = iam.ServicePrincipal(
            "sagemaker.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}}
        )
        self.role = iam.Role(self, "Role", assumed_by=service)
        self.policy = iam.Policy(
            self,
            "Policy",
            roles=[self.role],
            statements=[
                iam.PolicyStatement(actions=["ecr:GetAuthorizationToken"], resources=["*"]),
                iam.PolicyStatement(
                    actions=["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
                    resources=[self._repository(image)],
                ),
                iam.PolicyStatement(
                    actions=["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
                    resources=log_streams,
                ),
                iam.PolicyStatement(
                    actions=["cloudwatch:PutMetricData"],
                    resources=["*"],
                    conditions={
                        "StringEquals": {"cloudwatch:namespace": ["AWS/SageMaker", "/aws/sagemaker/Endpoints"]}
                    },
                ),
                *weights,
            ],
        )
        for group in groups:
            made = logs.LogGroup(
                self,
                f"{group}Log",
                log_group_name=_log_group(group, name),
                retention=log_retention,
                removal_policy=RemovalPolicy.DESTROY,
            )
            # CloudFormation thus removes a log group after the endpoint, and after the permission to create it again.
            self.policy.node.add_dependency(made)
        acknowledge_wildcards(
            self.policy,
            ["*", *log_streams],
            "Registry tokens and metrics have no resource, and SageMaker names the log streams.",
        )
        if model_data is not None:
            reason = "The model's files are all objects under this prefix."
            acknowledge_wildcards(self.policy, [self._objects(model_data)], reason)

    def _log_streams(self, group: str, name: str) -> str:
        return Stack.of(self).format_arn(
            service="logs",
            resource="log-group",
            resource_name=f"{_log_group(group, name)}:*",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )

    def _repository(self, image: str) -> str:
        match = _IMAGE.match(image)
        if match is None:
            raise ValueError(f"image is {image!r}, which is not an ECR image; set it to one with a tag or digest.")
        return Stack.of(self).format_arn(
            service="ecr",
            region=match["region"],
            account=match["account"],
            resource="repository",
            resource_name=match["repository"],
        )

    def _objects(self, model_data: str) -> str:
        return f"arn:{Stack.of(self).partition}:s3:::{model_data.removeprefix('s3://')}*"

    def _weights(self, model_data: str) -> list[iam.PolicyStatement]:
        bucket, _, prefix = model_data.removeprefix("s3://").partition("/")
        return [
            iam.PolicyStatement(actions=["s3:GetObject"], resources=[self._objects(model_data)]),
            iam.PolicyStatement(
                actions=["s3:ListBucket"],
                resources=[f"arn:{Stack.of(self).partition}:s3:::{bucket}"],
                conditions={"StringLike": {"s3:prefix": f"{prefix}*"}},
            ),
        ]


def _log_group(group: str, name: str) -> str:
    return f"/aws/sagemaker/{group}/{name}"
