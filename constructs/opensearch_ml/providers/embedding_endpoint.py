"""EmbeddingEndpoint: a new or existing SageMaker endpoint that embeds texts."""

from __future__ import annotations

import re

from aws_cdk import Aws, CfnMapping, Duration, Stack, Token
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from opensearch_ml.providers.called_endpoint import CalledEndpoint
from opensearch_ml.providers.component_endpoint import VARIANT, Needs, run_as_component
from opensearch_ml.providers.embedding_image import ACCOUNTS, REPOSITORY, TAG
from opensearch_ml.providers.endpoint_role import EndpointRole
from opensearch_ml.providers.instance_endpoint import run_on_instances
from opensearch_ml.providers.model_copies import Scaling

# The minimum memory of a copy; it only has to fit on the instance.
COPY_MEMORY_MIB = 2048
# The share of an instance's processors for a copy. Only one copy then fits on an instance, and the rest is for
# SageMaker's agents.
COPY_SHARE = 0.75
# https://aws.amazon.com/ec2/instance-types/: an xlarge of every family has four, and others have a multiple of them.
PROCESSORS = {"medium": 1, "large": 2, "xlarge": 4}


class EmbeddingEndpoint(CalledEndpoint):
    """The endpoint `name` with its `arn`, in `region` (default: the stack's); `component` is its inference component.

    `create` creates it with its container, in the stack's region only.

    Example::

        endpoint = ml.EmbeddingEndpoint.from_endpoint_name(stack, "Embedding", "all-minilm-l6-v2")
        embedding = ml.sagemaker_embedding(endpoint, shape="array")
    """

    def __init__(
        self, scope: Construct, id: str, *, name: str, region: str | None = None, component: str | None = None
    ) -> None:
        super().__init__(scope, id, name=name, region=region, component=component)
        self.role: iam.Role | None = None
        self.model_name: str | None = None

    @classmethod
    def from_endpoint_name(cls, scope: Construct, id: str, name: str) -> EmbeddingEndpoint:
        """An existing endpoint in the stack's region."""
        return cls(scope, id, name=name)

    def metric(self, name: str, *, statistic: str = "Average", period: Duration | None = None) -> cloudwatch.Metric:
        """A metric of an endpoint that `create` made, by its name in AWS/SageMaker; default period: five minutes."""
        return cloudwatch.Metric(
            namespace="AWS/SageMaker",
            metric_name=name,
            dimensions_map={"EndpointName": self.name, "VariantName": VARIANT},
            statistic=statistic,
            period=period,
        )

    def metric_invocations(self) -> cloudwatch.Metric:
        """The number of calls, summed over five minutes."""
        return self.metric("Invocations", statistic="Sum")

    def metric_model_latency(self) -> cloudwatch.Metric:
        """The container's time for a call in microseconds, averaged over five minutes."""
        return self.metric("ModelLatency")

    def create(
        self,
        *,
        model: str,
        instance_type: str,
        instances: int,
        batch_size: int,
        image: str | None,
        accelerators: int = 0,
        load_seconds: int = 600,
        scaling: Scaling | None = None,
        revision: str | None = None,
        log_retention: logs.RetentionDays = logs.RetentionDays.ONE_MONTH,
    ) -> None:
        """Create the endpoint and run `model`, a name on the Hugging Face hub, on `instances` instances.

        `revision` is the commit on the hub to load, by default the newest. `batch_size` is the maximum number of texts
        in a request. `image` replaces the image of Text Embeddings Inference. The model must load within
        `load_seconds`. With `scaling` it runs as an inference component, whose copies need `accelerators` of an
        instance, or most of its processors. Raises ValueError when no image is known for the region.
        """
        uri = image or self._image()
        # CDK leaves the id `Default` out of logical ids.
        access = EndpointRole(
            self, "Default", name=self.name, image=uri, components=scaling is not None, log_retention=log_retention
        )
        container = sagemaker.CfnModel.ContainerDefinitionProperty(
            image=uri,
            environment={
                "HF_MODEL_ID": model,
                **({"REVISION": revision} if revision else {}),
                # The container refuses longer batches (default limit: 32) with 422, and longer texts with 413.
                "MAX_CLIENT_BATCH_SIZE": str(max(32, batch_size)),
                "AUTO_TRUNCATE": "true",
            },
        )
        served = sagemaker.CfnModel(self, "Model", execution_role_arn=access.role.role_arn, primary_container=container)
        served.node.add_dependency(access.policy)
        self.role, self.model_name = access.role, served.attr_model_name
        if scaling is not None:
            run_as_component(
                self,
                name=self.name,
                served=served,
                role=access,
                instance_type=instance_type,
                needs=needs_of(instance_type, accelerators),
                load_seconds=load_seconds,
                scaling=scaling,
            )
            self.component = self.name
            return
        run_on_instances(
            self,
            name=self.name,
            served=served,
            instance_type=instance_type,
            instances=instances,
            load_seconds=load_seconds,
        )

    def _image(self) -> str:
        region = Stack.of(self).region
        if Token.is_unresolved(region):
            table = CfnMapping(self, "Images", mapping={account: {"account": id} for account, id in ACCOUNTS.items()})
            account = table.find_in_map(Aws.REGION, "account")
        elif region in ACCOUNTS:
            account = ACCOUNTS[region]
        else:
            raise ValueError(
                f"image is missing, and none of Text Embeddings Inference is known in {region}; set image to one that "
                "SageMaker may pull there."
            )
        return f"{account}.dkr.ecr.{region}.{Aws.URL_SUFFIX}/{REPOSITORY}:{TAG}"


def needs_of(instance_type: str, accelerators: int) -> Needs:
    """What a copy needs of an instance: its `accelerators`, or most of its processors."""
    if accelerators:
        return Needs(number_of_accelerator_devices_required=accelerators, min_memory_required_in_mb=COPY_MEMORY_MIB)
    times, size = re.fullmatch(r"(\d*)(\w+)", instance_type.rpartition(".")[2]).groups()  # type: ignore[union-attr] # any text has it
    processors = int(times or 1) * PROCESSORS.get(size, 1)
    return Needs(number_of_cpu_cores_required=COPY_SHARE * processors, min_memory_required_in_mb=COPY_MEMORY_MIB)
