"""AnswerEndpoint: a SageMaker endpoint that generates text, made here or already there."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import Aws, Stack, Token
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from opensearch_ml.answer_image import environment_of, image_of
from opensearch_ml.copies import Copies, Schedule
from opensearch_ml.endpoint_role import EndpointRole

WEIGHTS = "/opt/ml/model"
# Least memory of a copy beside its GPUs' own; it only has to fit on the instance.
COPY_MEMORY_MIB = 8192


@dataclass(frozen=True)
class Scaling:
    """Copies by load, and none at all outside the hours of `schedule`."""

    minimum: int
    maximum: int
    calls_at_once: int
    schedule: Schedule | None = None


class AnswerEndpoint(Construct):
    """The endpoint `name` in the stack's region unless `region` is another; `component` is its inference component.

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
        """What a call names beside the endpoint."""
        return {"X-Amzn-SageMaker-Inference-Component": self.component} if self.component else {}

    @property
    def invoke(self) -> iam.PolicyStatement:
        """What a caller of the endpoint must be allowed."""
        resources = [self._arn("endpoint", self.name)]
        resources += [self._arn("inference-component", self.component)] if self.component else []
        return iam.PolicyStatement(actions=["sagemaker:InvokeEndpoint"], resources=resources)

    def grant_invoke(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let `grantee` ask the model."""
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
    ) -> None:
        """Run `model` (a name on the Hugging Face hub, or the weights under the S3 prefix `model_data`).

        `container` is tgi or lmi, `image` replaces its image. With `scaling` the model runs as an inference component,
        whose copies, and with them the instances, may go down to none. ValueError when no image is known.
        """
        uri = image or image_of(Stack.of(self), container)
        role = EndpointRole(self, "Access", name=self.name, image=uri, model_data=model_data)
        weights = None
        if model_data is not None:
            source = sagemaker.CfnModel.S3DataSourceProperty(
                compression_type="None", s3_data_type="S3Prefix", s3_uri=model_data
            )
            weights = sagemaker.CfnModel.ModelDataSourceProperty(s3_data_source=source)
        definition = sagemaker.CfnModel.ContainerDefinitionProperty(
            image=uri,
            environment=environment_of(container, model if model_data is None else WEIGHTS, gpus),
            model_data_source=weights,
        )
        served = sagemaker.CfnModel(self, "Model", execution_role_arn=role.role.role_arn, primary_container=definition)
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
                copy_count=scaling.minimum
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
        Copies(
            self,
            "Copies",
            component=self.component,
            minimum=scaling.minimum,
            maximum=scaling.maximum,
            calls_at_once=scaling.calls_at_once,
            schedule=scaling.schedule,
            after=component,
        )

    def _endpoint(
        self, variant: sagemaker.CfnEndpointConfig.ProductionVariantProperty, role: EndpointRole | None = None
    ) -> sagemaker.CfnEndpoint:
        # Without a model of its own a variant needs the role that its components are run with.
        shape = sagemaker.CfnEndpointConfig(
            self, "Shape", production_variants=[variant], execution_role_arn=role.role.role_arn if role else None
        )
        if role:
            shape.node.add_dependency(role.policy)
        return sagemaker.CfnEndpoint(
            self, "Endpoint", endpoint_name=self.name, endpoint_config_name=shape.attr_endpoint_config_name
        )

    def _arn(self, resource: str, name: str) -> str:
        # ARNs are in lower case, whatever the name looks like.
        return Stack.of(self).format_arn(
            service="sagemaker", region=self.region, resource=resource, resource_name=_lower(name)
        )


def _lower(name: str) -> str:
    return name if Token.is_unresolved(name) else name.lower()
