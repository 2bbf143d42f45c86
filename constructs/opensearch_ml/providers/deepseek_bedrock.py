"""The provider that answers with DeepSeek-R1 on Bedrock, managed by Amazon or imported."""

from __future__ import annotations

from opensearch_ml.providers.bedrock_answer_model import BedrockAnswerModel
from opensearch_ml.providers.provider import Provider
from opensearch_ml.providers.reasoning import PROMPT, reasoning_provider


def deepseek_bedrock(
    model: BedrockAnswerModel,
    *,
    imported: bool = False,
    temperature: float | None = None,
    top_p: float | None = None,
    max_tokens: int = 1024,
    connect_seconds: int = 5,
    read_seconds: int = 60,
) -> Provider:
    """The provider for a managed or an `imported` model; the latter takes `max_gen_len` and answers `generation`."""
    limit = "max_gen_len" if imported else "max_tokens"
    choices = {"temperature": temperature, "top_p": top_p, limit: max_tokens}
    parameters = {name: str(value) for name, value in choices.items() if value is not None}
    members = [f'"prompt": "{PROMPT}"', *(f'"{name}": ${{parameters.{name}}}' for name in parameters)]
    return reasoning_provider(
        name="DeepSeek-R1 on Bedrock",
        region=model.where,
        service="bedrock",
        url=model.url("invoke"),
        body=f"{{{', '.join(members)}}}",
        parameters=parameters,
        answers="params.generation" if imported else "params.choices?.get(0)?.text",
        invoke=model.invoke,
        connect_seconds=connect_seconds,
        read_seconds=read_seconds,
    )
