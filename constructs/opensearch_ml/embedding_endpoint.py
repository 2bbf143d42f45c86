"""EmbeddingEndpoint: a SageMaker endpoint that turns texts into vectors, made here or already there."""

from __future__ import annotations

import re

from aws_cdk import ArnFormat, Aws, CfnMapping, Duration, Stack, Token
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from opensearch_ml.acknowledge import acknowledge_wildcards
from opensearch_ml.embedding_image import ACCOUNTS, REPOSITORY, TAG
from opensearch_ml.endpoint_role import sagemaker_service

ECR_IMAGE = re.compile(r"^(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.[^/]+/(?P<repository>[^:@]+)[:@]")
VARIANT = "main"


class EmbeddingEndpoint(Construct):
    """The endpoint `name` with its `arn`, in the stack's region unless `region` is another.

    `create` adds the container that serves it, in the stack's region only.

    Example::

        endpoint = ml.EmbeddingEndpoint.from_endpoint_name(stack, "Embedding", "all-minilm-l6-v2")
        embedding = ml.sagemaker_embedding(endpoint, shape="array")
    """

    def __init__(self, scope: Construct, id: str, *, name: str, region: str | None = None) -> None:
        super().__init__(scope, id)
        self.name = name
        # Endpoint ARNs are in lower case, whatever the name looks like.
        self.arn = Stack.of(self).format_arn(
            service="sagemaker",
            region=region,
            resource="endpoint",
            resource_name=name if Token.is_unresolved(name) else name.lower(),
        )
        self.region = region or Aws.REGION
        self.role: iam.Role | None = None
        self.model_name: str | None = None
        self._log_streams = Stack.of(self).format_arn(
            service="logs",
            resource="log-group",
            resource_name=f"/aws/sagemaker/Endpoints/{name}:*",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )

    @classmethod
    def from_endpoint_name(cls, scope: Construct, id: str, name: str) -> EmbeddingEndpoint:
        """An endpoint that exists, in the stack's region."""
        return cls(scope, id, name=name)

    def grant_invoke(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let `grantee` have texts embedded."""
        return iam.Grant.add_to_principal(
            grantee=grantee, actions=["sagemaker:InvokeEndpoint"], resource_arns=[self.arn], scope=self
        )

    def metric(self, name: str, *, statistic: str = "Average", period: Duration | None = None) -> cloudwatch.Metric:
        """A metric of the endpoint made here, by the name it has in AWS/SageMaker; over five minutes by default."""
        return cloudwatch.Metric(
            namespace="AWS/SageMaker",
            metric_name=name,
            dimensions_map={"EndpointName": self.name, "VariantName": VARIANT},
            statistic=statistic,
            period=period,
        )

    def metric_invocations(self) -> cloudwatch.Metric:
        """Calls, summed over five minutes."""
        return self.metric("Invocations", statistic="Sum")

    def metric_model_latency(self) -> cloudwatch.Metric:
        """What the container took for a call, in microseconds, averaged over five minutes."""
        return self.metric("ModelLatency")

    def create(self, *, model: str, instance_type: str, instances: int, batch_size: int, image: str | None) -> None:
        """Run `model` (a name on the Hugging Face hub) on `instances` instances.

        `batch_size` is how many texts one request may hold. `image` replaces the image of Text Embeddings
        Inference; ValueError when there is none for the region.
        """
        account, region, repository, uri = self._image(image)
        role = iam.Role(self, "Role", assumed_by=sagemaker_service(Stack.of(self)))
        policy = iam.Policy(
            self, "Policy", roles=[role], statements=self._container_statements(account, region, repository)
        )
        container = sagemaker.CfnModel.ContainerDefinitionProperty(
            image=uri,
            environment={
                "HF_MODEL_ID": model,
                # The container refuses longer batches with 422, 32 by default, and longer texts with 413.
                "MAX_CLIENT_BATCH_SIZE": str(max(32, batch_size)),
                "AUTO_TRUNCATE": "true",
            },
        )
        served = sagemaker.CfnModel(self, "Model", execution_role_arn=role.role_arn, primary_container=container)
        served.node.add_dependency(policy)
        self.role, self.model_name = role, served.attr_model_name
        variant = sagemaker.CfnEndpointConfig.ProductionVariantProperty(
            variant_name=VARIANT,
            model_name=served.attr_model_name,
            instance_type=instance_type,
            initial_instance_count=instances,
            initial_variant_weight=1,
            container_startup_health_check_timeout_in_seconds=600,
        )
        shape = sagemaker.CfnEndpointConfig(self, "Shape", production_variants=[variant])
        sagemaker.CfnEndpoint(
            self, "Endpoint", endpoint_name=self.name, endpoint_config_name=shape.attr_endpoint_config_name
        )
        acknowledge_wildcards(
            policy,
            ["*", self._log_streams],
            "A registry token and metrics belong to no resource, and SageMaker names the endpoint's log streams.",
        )

    def _image(self, image: str | None) -> tuple[str, str, str, str]:
        """Account, region, repository and URI of the container image."""
        if image is not None:
            found = ECR_IMAGE.match(image)
            if found is None:
                raise ValueError(
                    f"embedding.image is {image!r}, which is no ECR image; set it to one with a tag or digest."
                )
            return found["account"], found["region"], found["repository"], image
        region = Stack.of(self).region
        if Token.is_unresolved(region):
            table = CfnMapping(self, "Images", mapping={one: {"account": id} for one, id in ACCOUNTS.items()})
            account = table.find_in_map(Aws.REGION, "account")
        elif region in ACCOUNTS:
            account = ACCOUNTS[region]
        else:
            raise ValueError(
                f"region is {region!r}, where no image of Text Embeddings Inference is known; set embedding.image."
            )
        uri = f"{account}.dkr.ecr.{region}.{Aws.URL_SUFFIX}/{REPOSITORY}:{TAG}"
        return account, region, REPOSITORY, uri

    def _container_statements(self, account: str, region: str, repository: str) -> list[iam.PolicyStatement]:
        stack = Stack.of(self)
        return [
            iam.PolicyStatement(actions=["ecr:GetAuthorizationToken"], resources=["*"]),
            iam.PolicyStatement(
                actions=[
                    "ecr:BatchCheckLayerAvailability",
                    "ecr:BatchGetImage",
                    "ecr:GetDownloadUrlForLayer",
                ],
                resources=[
                    stack.format_arn(
                        service="ecr",
                        region=region,
                        account=account,
                        resource="repository",
                        resource_name=repository,
                    )
                ],
            ),
            iam.PolicyStatement(
                actions=["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
                resources=[self._log_streams],
            ),
            iam.PolicyStatement(
                actions=["cloudwatch:PutMetricData"],
                resources=["*"],
                conditions={"StringEquals": {"cloudwatch:namespace": ["AWS/SageMaker", "/aws/sagemaker/Endpoints"]}},
            ),
        ]
