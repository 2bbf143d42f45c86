"""The endpoint of a model that runs on a fixed number of instances."""

from __future__ import annotations

from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from opensearch_ml.providers.component_endpoint import VARIANT


def run_on_instances(
    scope: Construct,
    *,
    name: str,
    served: sagemaker.CfnModel,
    instance_type: str,
    instances: int,
    load_seconds: int,
    download_seconds: int | None = None,
) -> None:
    """Create the endpoint `name`, which runs `served`.

    The model must load within `load_seconds`, and its files must arrive within `download_seconds` (default:
    SageMaker's). The resources are direct children of `scope`, with the ids `Shape` and `Endpoint`.
    """
    variant = sagemaker.CfnEndpointConfig.ProductionVariantProperty(
        variant_name=VARIANT,
        model_name=served.attr_model_name,
        instance_type=instance_type,
        initial_instance_count=instances,
        initial_variant_weight=1,
        container_startup_health_check_timeout_in_seconds=load_seconds,
        model_data_download_timeout_in_seconds=download_seconds,
    )
    shape = sagemaker.CfnEndpointConfig(scope, "Shape", production_variants=[variant])
    sagemaker.CfnEndpoint(scope, "Endpoint", endpoint_name=name, endpoint_config_name=shape.attr_endpoint_config_name)
