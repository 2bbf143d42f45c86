"""AnswerEndpoint: a new or existing SageMaker endpoint that generates text."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import Aws, Stack, Token
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from opensearch_ml.providers.answer_image import environment_of, image_of
from opensearch_ml.providers.endpoint_role import EndpointRole
from opensearch_ml.providers.model_copies import ModelCopies, Schedule

WEIGHTS = "/opt/ml/model"
# The least memory of a copy besides that of its GPUs; it only has to fit on the instance.
COPY_MEMORY_MIB = 8192


@dataclass(frozen=True)
class Scaling:
    """Copies of the model according to load; none outside the hours of `schedule`, or while nobody calls it.

    A `minimum` of 0 means the latter; a start takes about `start_seconds`.
    """

    minimum: int
    maximum: int
    calls_at_once: int
    schedule: Schedule | None = None
    start_seconds: int = 360


class AnswerEndpoint(Construct):
    """The endpoint `name` in `region` (default: the stack's); `component` is its inference component.

    Example::

        endpoint = ml.AnswerEndpoint(stack, "Model", name="deepseek-r1-distill")
        answer = ml.deepseek_sagemaker(endpoint, temperature=0.6, top_p=0.95, max_tokens=1024)
    """

    def __init__(
        self, scope: Construct, id: str, *, name: str, region: str | None = None, component: str | None = None
    ) -> None:
        super().__init__(scope, id)
        self.name = name
        self.region = region or Aws.REGION
        self.url_suffix = Aws.URL_SUFFIX
        self.component = component

    @property
    def headers(self) -> dict[str, str]:
        """The members of a call that name the inference component."""
        return {"X-Amzn-SageMaker-Inference-Component": self.component} if self.component else {}

    @property
    def invoke(self) -> iam.PolicyStatement:
        """The permission to call the endpoint."""
        resources = [self._arn("endpoint", self.name)]
        resources += [self._arn("inference-component", self.component)] if self.component else []
        return iam.PolicyStatement(actions=["sagemaker:InvokeEndpoint"], resources=resources)

    def grant_invoke(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let `grantee` call the model."""
        statement = self.invoke
        return iam.Grant.add_to_principal(
            grantee=grantee, actions=statement.actions, resource_arns=statement.resources, scope=self
        )

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
        """Run `model` (a name on the Hugging Face hub, or the weights under the S3 prefix `model_data`).

        `revision` is the commit on the hub to load, the newest by default. A container with weights in `model_data` has
        no network access. `container` is tgi or lmi; `image` replaces its image. With `scaling` the model runs as an
        inference component, whose copies and instances may scale to zero. Raises ValueError when no image is known.
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
        if scaling is None:
            variant = sagemaker.CfnEndpointConfig.ProductionVariantProperty(
                variant_name="main",
                model_name=served.attr_model_name,
                instance_type=instance_type,
                initial_instance_count=instances,
                initial_variant_weight=1,
                container_startup_health_check_timeout_in_seconds=health_check_seconds,
                model_data_download_timeout_in_seconds=health_check_seconds,
            )
            self._endpoint(variant)
        else:
            self._scaled(served, role, instance_type, gpus, health_check_seconds, scaling)

    def _scaled(
        self,
        served: sagemaker.CfnModel,
        role: EndpointRole,
        instance_type: str,
        gpus: int,
        health_check_seconds: int,
        scaling: Scaling,
    ) -> None:
        bounds = sagemaker.CfnEndpointConfig.ManagedInstanceScalingProperty(
            status="ENABLED",
            min_instance_count=0 if scaling.schedule else scaling.minimum,
            max_instance_count=scaling.maximum,
        )
        variant = sagemaker.CfnEndpointConfig.ProductionVariantProperty(
            variant_name="main",
            instance_type=instance_type,
            initial_instance_count=1,
            initial_variant_weight=1,
            container_startup_health_check_timeout_in_seconds=health_check_seconds,
            managed_instance_scaling=bounds,
        )
        endpoint = self._endpoint(variant, role)
        self.component = self.name
        component = sagemaker.CfnInferenceComponent(
            self,
            "Component",
            endpoint_name=endpoint.attr_endpoint_name,
            inference_component_name=self.component,
            variant_name="main",
            runtime_config=sagemaker.CfnInferenceComponent.InferenceComponentRuntimeConfigProperty(
                # A deploy shows that the model loads; Application Auto Scaling stops it if nobody asks.
                copy_count=max(1, scaling.minimum)
            ),
            specification=sagemaker.CfnInferenceComponent.InferenceComponentSpecificationProperty(
                model_name=served.attr_model_name,
                compute_resource_requirements=(
                    sagemaker.CfnInferenceComponent.InferenceComponentComputeResourceRequirementsProperty(
                        number_of_accelerator_devices_required=gpus, min_memory_required_in_mb=COPY_MEMORY_MIB
                    )
                ),
                startup_parameters=sagemaker.CfnInferenceComponent.InferenceComponentStartupParametersProperty(
                    container_startup_health_check_timeout_in_seconds=health_check_seconds,
                    model_data_download_timeout_in_seconds=health_check_seconds,
                ),
            ),
        )
        ModelCopies(
            self,
            "Copies",
            component=self.component,
            minimum=scaling.minimum,
            maximum=scaling.maximum,
            calls_at_once=scaling.calls_at_once,
            schedule=scaling.schedule,
            start_seconds=scaling.start_seconds,
            after=component,
        )

    def _endpoint(
        self, variant: sagemaker.CfnEndpointConfig.ProductionVariantProperty, role: EndpointRole | None = None
    ) -> sagemaker.CfnEndpoint:
        # A variant without a model needs the role with which its components run.
        shape = sagemaker.CfnEndpointConfig(
            self, "Shape", production_variants=[variant], execution_role_arn=role.role.role_arn if role else None
        )
        if role:
            shape.node.add_dependency(role.policy)
        return sagemaker.CfnEndpoint(
            self, "Endpoint", endpoint_name=self.name, endpoint_config_name=shape.attr_endpoint_config_name
        )

    def _arn(self, resource: str, name: str) -> str:
        # ARNs are in lower case, even if the name is not.
        return Stack.of(self).format_arn(
            service="sagemaker", region=self.region, resource=resource, resource_name=_lower(name)
        )


def _lower(name: str) -> str:
    return name if Token.is_unresolved(name) else name.lower()
