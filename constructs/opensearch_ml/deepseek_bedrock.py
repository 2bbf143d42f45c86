"""The provider that answers with DeepSeek-R1 on Bedrock, managed by Amazon or imported by you."""

from __future__ import annotations

from opensearch_ml.bedrock_answer_model import BedrockAnswerModel
from opensearch_ml.provider import Provider, client_config
from opensearch_ml.reasoning import PROMPT, completion_of


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
    """The two have different bodies: an `imported` model takes `max_gen_len` and answers `generation`."""
    limit = "max_gen_len" if imported else "max_tokens"
    choices = {"temperature": temperature, "top_p": top_p, limit: max_tokens}
    parameters = {name: str(value) for name, value in choices.items() if value is not None}
    members = [f'"prompt": "{PROMPT}"', *(f'"{name}": ${{parameters.{name}}}' for name in parameters)]
    action = {
        "action_type": "predict",
        "method": "POST",
        "url": model.url("invoke"),
        "headers": {"content-type": "application/json"},
        "request_body": f"{{{', '.join(members)}}}",
        "post_process_function": completion_of("params.generation" if imported else "params.choices?.get(0)?.text"),
    }
    return Provider(
        name="DeepSeek-R1 on Bedrock",
        connector={
            "protocol": "aws_sigv4",
            "parameters": {"region": model.where, "service_name": "bedrock", **parameters},
            "client_config": client_config(connections=30, connect_seconds=connect_seconds, read_seconds=read_seconds),
            "actions": [action],
        },
        statements=(model.invoke,),
        probe={"parameters": {"inputs": "Answer with the one word ready."}},
        llm_model="bedrock/deepseek-r1",
    )
