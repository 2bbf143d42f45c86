"""AnswerEndpoint: a new or existing SageMaker endpoint that generates text."""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sagemaker as sagemaker

from opensearch_ml.providers.answer_image import environment_of, image_of
from opensearch_ml.providers.called_endpoint import CalledEndpoint
from opensearch_ml.providers.component_endpoint import Needs, run_as_component
from opensearch_ml.providers.endpoint_role import EndpointRole
from opensearch_ml.providers.instance_endpoint import run_on_instances
from opensearch_ml.providers.model_copies import Scaling

WEIGHTS = "/opt/ml/model"
# The minimum main memory of a copy, in addition to its GPUs' memory; it only has to fit on the instance.
COPY_MEMORY_MIB = 8192


class AnswerEndpoint(CalledEndpoint):
    """The endpoint `name` in `region` (default: the stack's); `component` is its inference component.

    Example::

        endpoint = ml.AnswerEndpoint(stack, "Model", name="deepseek-r1-distill")
        answer = ml.deepseek_sagemaker(endpoint, temperature=0.6, top_p=0.95, max_tokens=1024)
    """

    def create(
        self,
        *,
        model: str,
        container: str,
        image: str | None,
        model_data: str | None,
        instance_type: str,
        gpus: int,
        instances: int,
        health_check_seconds: int,
        scaling: Scaling | None,
        revision: str | None = None,
        log_retention: logs.RetentionDays = logs.RetentionDays.ONE_MONTH,
    ) -> None:
        """Create the endpoint and run `model`, a name on the Hugging Face hub or the weights under `model_data`.

        `model_data` is an S3 prefix; a container with weights there has no network access. `revision` is the commit on
        the hub to load, by default the newest. `container` is tgi or lmi, and `image` replaces its image. With
        `scaling` the model runs as an inference component, whose copies and instances may scale to zero. Raises
        ValueError when no image is known for the region.
        """
        uri = image or image_of(Stack.of(self), container)
        role = EndpointRole(
            self,
            "Access",
            name=self.name,
            image=uri,
            model_data=model_data,
            components=True,
            log_retention=log_retention,
        )
        weights = None
        if model_data is not None:
            source = sagemaker.CfnModel.S3DataSourceProperty(
                compression_type="None", s3_data_type="S3Prefix", s3_uri=model_data
            )
            weights = sagemaker.CfnModel.ModelDataSourceProperty(s3_data_source=source)
        definition = sagemaker.CfnModel.ContainerDefinitionProperty(
            image=uri,
            environment=environment_of(container, model if model_data is None else WEIGHTS, gpus, revision),
            model_data_source=weights,
        )
        served = sagemaker.CfnModel(
            self,
            "Model",
            execution_role_arn=role.role.role_arn,
            primary_container=definition,
            enable_network_isolation=True if model_data is not None else None,
        )
        served.node.add_dependency(role.policy)
        if scaling is not None:
            needs = Needs(number_of_accelerator_devices_required=gpus, min_memory_required_in_mb=COPY_MEMORY_MIB)
            run_as_component(
                self,
                name=self.name,
                served=served,
                role=role,
                instance_type=instance_type,
                needs=needs,
                load_seconds=health_check_seconds,
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
            load_seconds=health_check_seconds,
            download_seconds=health_check_seconds,
        )
