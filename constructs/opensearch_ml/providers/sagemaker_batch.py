"""Batch inference with SageMaker: a provider whose connector starts transform jobs."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from aws_cdk import Aws, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from opensearch_ml.providers.provider import Provider

# The field of an input line with the container's input, and the field that SageMaker adds with its output.
# https://docs.aws.amazon.com/sagemaker/latest/dg/batch-transform-data-processing.html
INPUT, OUTPUT = "model_input", "SageMakerOutput"
CALLS = {
    "batch_predict": ("POST", "CreateTransformJob"),
    "batch_predict_status": ("GET", "DescribeTransformJob"),
    "cancel_batch_predict": ("POST", "StopTransformJob"),
}
# Text members and object members of a job's request. The connector's parameters contain some, each call the others:
# input, name and output.
FIXED = ("ModelName", "BatchStrategy")
OBJECTS = ("DataProcessing", "TransformInput", "TransformOutput", "TransformResources")


def sagemaker_batch(
    scope: Construct, provider: Provider, *, model_name: str, instance_type: str, instances: int = 1
) -> Provider:
    """`provider`, an embedding endpoint on SageMaker, with additional actions for batches of the same model.

    `model_name` is SageMaker's name of the model behind the endpoint; each job runs it on `instances` machines. A line
    of a job's input is a JSON object with the container's input under `model_input`. The line in the output also has
    `SageMakerOutput`. The actions are as in ml-commons' blueprint of the batch API, which exists since OpenSearch 2.17:
    https://github.com/opensearch-project/ml-commons/blob/main/docs/remote_inference_blueprints/batch_inference_sagemaker_connector_blueprint.md
    """
    parameters: dict[str, Any] = {
        **provider.connector["parameters"],
        "ModelName": model_name,
        "BatchStrategy": "SingleRecord",
        # These are strings, because ml-commons stores parameters as strings, and the keeper compares them.
        "DataProcessing": json.dumps({"InputFilter": f"$.{INPUT}", "JoinSource": "Input", "OutputFilter": "$"}),
        "TransformResources": json.dumps({"InstanceCount": instances, "InstanceType": instance_type}),
    }
    actions = [*provider.connector["actions"], *_actions()]
    connector = {**provider.connector, "parameters": parameters, "actions": actions}
    return replace(
        provider,
        name=f"{provider.name}, in batches",
        connector=connector,
        statements=(*provider.statements, _statement(scope)),
    )


def _actions() -> list[dict[str, object]]:
    texts = [f'"{name}": "${{parameters.{name}}}"' for name in (*FIXED, "TransformJobName")]
    objects = [f'"{name}": ${{parameters.{name}}}' for name in OBJECTS]
    bodies = {
        "batch_predict": f"{{ {', '.join([*texts, *objects])} }}",
        "batch_predict_status": '{ "TransformJobName": "${parameters.TransformJobName}" }',
        "cancel_batch_predict": '{ "TransformJobName": "${parameters.TransformJobName}" }',
    }
    return [
        {
            "action_type": action,
            "method": method,
            "url": f"https://api.sagemaker.{Aws.REGION}.{Aws.URL_SUFFIX}/{call}",
            "headers": {"content-type": "application/json"},
            "request_body": bodies[action],
        }
        for action, (method, call) in CALLS.items()
    ]


def _statement(scope: Construct) -> iam.PolicyStatement:
    jobs = Stack.of(scope).format_arn(service="sagemaker", resource="transform-job", resource_name="*")
    return iam.PolicyStatement(actions=[f"sagemaker:{call}" for _, call in CALLS.values()], resources=[jobs])
