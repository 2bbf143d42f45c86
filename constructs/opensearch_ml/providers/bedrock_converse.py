"""The provider that answers with a chat model on Bedrock, such as Claude or Nova, through the Converse API."""

from __future__ import annotations

import json

from opensearch_ml.providers.bedrock_answer_model import BedrockAnswerModel
from opensearch_ml.providers.provider import Provider, client_config
from opensearch_ml.providers.query_planning import PROBE, SYSTEM, USER
from opensearch_ml.providers.request_script import FOR_PARAMETERS, of_parameters

_MESSAGES = '"messages": ${parameters.messages}'
_PLANNING = (
    f'"system": [{{"text": {json.dumps(SYSTEM)}}}], "messages": [{{"role": "user", "content": [{{"text": "{USER}"}}]}}]'
)

_PLANNED = {"response_filter": "$.output.message.content[0].text"}


def bedrock_converse(
    model: BedrockAnswerModel,
    *,
    temperature: float | None = None,
    top_p: float | None = None,
    max_tokens: int = 1024,
    plans_queries: bool = False,
    connect_seconds: int = 5,
    read_seconds: int = 60,
) -> Provider:
    """The provider for OpenSearch 2.18 or later; `temperature` and `top_p` default to the model's own values.

    With `plans_queries` the provider is only for an agent with QueryPlanningTool, and answers no other requests.
    """
    choices = {"maxTokens": max_tokens, "temperature": temperature, "topP": top_p}
    inference = json.dumps({name: value for name, value in choices.items() if value is not None})
    action = {
        "action_type": "predict",
        "method": "POST",
        "url": model.url("converse"),
        "headers": {"content-type": "application/json"},
        **of_parameters(f'{{{_PLANNING if plans_queries else _MESSAGES}, "inferenceConfig": {inference}}}', {}),
    }
    question = {"role": "user", "content": [{"text": "Answer with the one word ready."}]}
    return Provider(
        name="a chat model on Bedrock",
        connector={
            "protocol": "aws_sigv4",
            "parameters": {
                "region": model.where,
                "service_name": "bedrock",
                **FOR_PARAMETERS,
                **(_PLANNED if plans_queries else {}),
            },
            "client_config": client_config(connections=30, connect_seconds=connect_seconds, read_seconds=read_seconds),
            "actions": [action],
        },
        statements=(model.invoke,),
        probe={"parameters": PROBE if plans_queries else {"messages": [question]}},
        llm_model=f"bedrock-converse/{model.id.rpartition('/')[2]}",
    )
