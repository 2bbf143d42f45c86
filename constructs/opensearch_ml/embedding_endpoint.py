"""EmbeddingEndpoint: a SageMaker endpoint that turns texts into vectors, made here or already there."""

from __future__ import annotations

import re

from aws_cdk import ArnFormat, Aws, CfnMapping, Stack, Token
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from opensearch_ml.acknowledge import acknowledge_wildcards
from opensearch_ml.embedding_image import ACCOUNTS, REPOSITORY, TAG

ECR_IMAGE = re.compile(r"^(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.[^/]+/(?P<repository>[^:@]+)[:@]")


class EmbeddingEndpoint(Construct):
    """The endpoint `name` with its `arn`. `create` adds the container that serves it."""

    def __init__(self, scope: Construct, id: str, *, name: str) -> None:
        super().__init__(scope, id)
        self.name = name
        # Endpoint ARNs are in lower case, whatever the name looks like.
        self.arn = Stack.of(self).format_arn(service="sagemaker", resource="endpoint", resource_name=name.lower())
        self._log_streams = Stack.of(self).format_arn(
            service="logs",
            resource="log-group",
            resource_name=f"/aws/sagemaker/Endpoints/{name}:*",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )

    def create(self, *, model: str, instance_type: str, instances: int, batch_size: int, image: str | None) -> None:
        """Run `model` (a name on the Hugging Face hub) on `instances` instances.

        `batch_size` is how many texts one request may hold. `image` replaces the image of Text Embeddings
        Inference; ValueError when there is none for the region.
        """
        account, region, repository, uri = self._image(image)
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"))
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
        variant = sagemaker.CfnEndpointConfig.ProductionVariantProperty(
            variant_name="main",
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
