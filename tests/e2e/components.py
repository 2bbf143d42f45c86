"""The inference components of the local cloud's SageMaker: stopped as Application Auto Scaling does it."""

from typing import Any

import boto3


def stop(component: str) -> None:
    """Stop a component, as Application Auto Scaling does after a quarter of an hour without a call."""
    boto3.client("sagemaker").update_inference_component_runtime_config(
        InferenceComponentName=component, DesiredRuntimeConfig={"CopyCount": 0}
    )


def copies(component: str) -> dict[str, Any]:
    """The number of copies that are wanted, and of those that answer."""
    described = boto3.client("sagemaker").describe_inference_component(InferenceComponentName=component)
    return dict(described["RuntimeConfig"])
