"""EndpointRole: what a SageMaker endpoint's containers may do: be pulled, write their log, read their weights."""

from __future__ import annotations

import re

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from opensearch_ml.acknowledge import acknowledge_wildcards

# The account and the region may be tokens of a deploy that finds out itself where it is.
_UNRESOLVED = r"\$\{[^}]+\}"
_IMAGE = re.compile(
    rf"(?P<account>\d{{12}}|{_UNRESOLVED})\.dkr\.ecr\.(?P<region>[a-z0-9-]+|{_UNRESOLVED})\.[^/]+/(?P<repository>[^:@]+)[:@]"
)


class EndpointRole(Construct):
    """`role` and its `policy` for the endpoint `name` that runs `image`, with weights under `model_data` if any."""

    def __init__(self, scope: Construct, id: str, *, name: str, image: str, model_data: str | None = None) -> None:
        super().__init__(scope, id)
        log_streams = Stack.of(self).format_arn(
            service="logs",
            resource="log-group",
            resource_name=f"/aws/sagemaker/Endpoints/{name}:*",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        components = Stack.of(self).format_arn(
            service="logs",
            resource="log-group",
            resource_name=f"/aws/sagemaker/InferenceComponents/{name}:*",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        weights = [] if model_data is None else self._weights(model_data)
        self.role = iam.Role(self, "Role", assumed_by=sagemaker_service(Stack.of(self)))
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
                    resources=[log_streams, components],
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
        wild = ["*", log_streams, components]
        wild += [] if model_data is None else [self._objects(model_data)]
        acknowledge_wildcards(
            self.policy,
            wild,
            "A registry token and metrics belong to no resource, SageMaker names the endpoint's log streams, and the "
            "weights are every object under their prefix.",
        )

    def _repository(self, image: str) -> str:
        found = _IMAGE.match(image)
        if found is None:
            raise ValueError(f"answer.image is {image!r}, which is no ECR image; set it to one with a tag or digest.")
        return Stack.of(self).format_arn(
            service="ecr",
            region=found["region"],
            account=found["account"],
            resource="repository",
            resource_name=found["repository"],
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


def sagemaker_service(stack: Stack) -> iam.ServicePrincipal:
    """SageMaker, when it comes for this account."""
    return iam.ServicePrincipal(
        "sagemaker.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": stack.account}}
    )
