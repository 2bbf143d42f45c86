"""The provider that answers with DeepSeek-R1 distill on a SageMaker endpoint."""

from __future__ import annotations

from opensearch_ml.providers.answer_endpoint import AnswerEndpoint
from opensearch_ml.providers.provider import Provider
from opensearch_ml.providers.reasoning import CONTAINER_PROMPT, reasoning_provider

# Text Generation Inference answers with an array, Large Model Inference with an object. Both may repeat the prompt
# unless the request forbids it.
ANSWERS = "params.result instanceof List ? params.result[0].generated_text : params.generated_text"


def deepseek_sagemaker(
    endpoint: AnswerEndpoint,
    *,
    temperature: float,
    top_p: float,
    max_tokens: int,
    connect_seconds: int = 5,
    read_seconds: int = 60,
) -> Provider:
    """The provider for `endpoint`, whose input is `{"inputs", "parameters"}`.

    `temperature` must be above 0, and `top_p` between 0 and 1.
    """
    parameters = {"temperature": str(temperature), "top_p": str(top_p), "max_new_tokens": str(max_tokens)}
    members = ['"do_sample": true', '"return_full_text": false']
    members += [f'"{name}": ${{parameters.{name}}}' for name in parameters]
    return reasoning_provider(
        name="DeepSeek-R1 on SageMaker",
        region=endpoint.region,
        service="sagemaker",
        url=f"https://runtime.sagemaker.{endpoint.region}.{endpoint.url_suffix}/endpoints/{endpoint.name}/invocations",
        body=f'{{"inputs": "{CONTAINER_PROMPT}", "parameters": {{{", ".join(members)}}}}}',
        parameters=parameters,
        answers=ANSWERS,
        invoke=endpoint.invoke,
        connect_seconds=connect_seconds,
        read_seconds=read_seconds,
        headers=endpoint.headers,
    )
