"""The provider that answers with any OpenAI-compatible chat API."""

from __future__ import annotations

import json
from collections.abc import Mapping

from opensearch_ml.providers.model_secret import ModelSecret
from opensearch_ml.providers.provider import Provider, client_config
from opensearch_ml.providers.query_planning import PROBE, SYSTEM, USER
from opensearch_ml.providers.reasoning import chat_message
from opensearch_ml.providers.request_script import FOR_PARAMETERS, of_parameters

_PLANNING = f'[{{"role": "system", "content": {json.dumps(SYSTEM)}}}, {{"role": "user", "content": "{USER}"}}]'

_PLANNED = {"response_filter": "$.choices[0].message.content"}


def openai_chat(
    secret: ModelSecret,
    *,
    model: str,
    host: str = "api.openai.com",
    path: str = "/v1/chat/completions",
    temperature: float | None = None,
    max_tokens: int | None = None,
    token_limit: str = "max_completion_tokens",  # noqa: S107 the name of a member
    connect_seconds: int = 5,
    read_seconds: int = 60,
    name: str = "a chat API",
    members: Mapping[str, object] | None = None,
    thinks_aloud: bool = True,
    plans_queries: bool = False,
) -> Provider:
    """The provider for `https://<host><path>`.

    `temperature` and `max_tokens` (sent as `token_limit`) default to the API's own values. `members` are additional
    members of each request. With `plans_queries` the provider is only for an agent with QueryPlanningTool, and answers
    no other requests. With `thinks_aloud` a `<think>` part is removed from the answer; servers that do not parse it
    send it with the answer.
    """
    choices = {"temperature": temperature, token_limit: max_tokens}
    set_choices = {name: str(value) for name, value in choices.items() if value is not None}
    # The engine fills in `messages` as JSON, so there are no quotes around it.
    messages = _PLANNING if plans_queries else "${parameters.messages}"
    body = ['"model": "${parameters.model}"', f'"messages": {messages}']
    body += [f'"{name}": ${{parameters.{name}}}' for name in set_choices]
    body += [f'"{name}": {json.dumps(value)}' for name, value in (members or {}).items()]
    parameters = {"endpoint": host, "model": model, **set_choices}
    action: dict[str, object] = {
        "action_type": "predict",
        "method": "POST",
        "url": f"https://${{parameters.endpoint}}{path}",
        "headers": {
            "Content-Type": "application/json",
            "Authorization": f"Bearer ${{credential.secretArn.{secret.key}}}",
        },
        **of_parameters(f"{{{', '.join(body)}}}", parameters),
    }
    if thinks_aloud:
        action["post_process_function"] = chat_message()
    question = {"role": "user", "content": "Answer with the one word ready."}
    return Provider(
        name=name,
        connector={
            "protocol": "http",
            "parameters": {**parameters, **FOR_PARAMETERS, **(_PLANNED if plans_queries else {})},
            "client_config": client_config(connections=30, connect_seconds=connect_seconds, read_seconds=read_seconds),
            "actions": [action],
        },
        credential={"secretArn": secret.arn},
        statements=(secret.read,),
        probe={"parameters": PROBE if plans_queries else {"messages": [question]}},
        llm_model=model,
    )
