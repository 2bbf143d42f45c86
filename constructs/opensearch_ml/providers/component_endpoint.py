"""The endpoint of a model that runs as an inference component, whose copies and instances may scale to zero."""

from __future__ import annotations

from typing import TypeAlias

from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from opensearch_ml.providers.endpoint_role import EndpointRole
from opensearch_ml.providers.model_copies import ModelCopies, Scaling

VARIANT = "main"
Needs: TypeAlias = sagemaker.CfnInferenceComponent.InferenceComponentComputeResourceRequirementsProperty


def run_as_component(
    scope: Construct,
    *,
    name: str,
    served: sagemaker.CfnModel,
    role: EndpointRole,
    instance_type: str,
    needs: Needs,
    load_seconds: int,
    scaling: Scaling,
) -> None:
    """Create the endpoint `name` and the inference component of that name, which runs `served` with `role`.

    A copy needs `needs` of an instance, and must load within `load_seconds`. The resources are direct children of
    `scope`, with the ids `Shape`, `Endpoint`, `Component` and `Copies`.
    """
    bounds = sagemaker.CfnEndpointConfig.ManagedInstanceScalingProperty(
        status="ENABLED",
        min_instance_count=0 if scaling.schedule else scaling.minimum,
        max_instance_count=scaling.maximum,
    )
    variant = sagemaker.CfnEndpointConfig.ProductionVariantProperty(
        variant_name=VARIANT,
        instance_type=instance_type,
        initial_instance_count=1,
        initial_variant_weight=1,
        container_startup_health_check_timeout_in_seconds=load_seconds,
        managed_instance_scaling=bounds,
    )
    # A variant without a model needs the role with which its components run.
    shape = sagemaker.CfnEndpointConfig(
        scope, "Shape", production_variants=[variant], execution_role_arn=role.role.role_arn
    )
    shape.node.add_dependency(role.policy)
    endpoint = sagemaker.CfnEndpoint(
        scope, "Endpoint", endpoint_name=name, endpoint_config_name=shape.attr_endpoint_config_name
    )
    component = sagemaker.CfnInferenceComponent(
        scope,
        "Component",
        endpoint_name=endpoint.attr_endpoint_name,
        inference_component_name=name,
        variant_name=VARIANT,
        runtime_config=sagemaker.CfnInferenceComponent.InferenceComponentRuntimeConfigProperty(
            # One copy starts in the deploy, which shows that the model loads. Application Auto Scaling stops it if
            # nobody calls it.
            copy_count=max(1, scaling.minimum)
        ),
        specification=sagemaker.CfnInferenceComponent.InferenceComponentSpecificationProperty(
            model_name=served.attr_model_name,
            compute_resource_requirements=needs,
            startup_parameters=sagemaker.CfnInferenceComponent.InferenceComponentStartupParametersProperty(
                container_startup_health_check_timeout_in_seconds=load_seconds,
                model_data_download_timeout_in_seconds=load_seconds,
            ),
        ),
    )
    ModelCopies(scope, "Copies", component=name, scaling=scaling, after=component)
