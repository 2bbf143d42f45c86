"""The provider that answers with any chat API of the OpenAI kind."""

from __future__ import annotations

import re

from opensearch_ml.answer_secret import AnswerSecret
from opensearch_ml.provider import Provider, client_config
from opensearch_ml.reasoning import chat_message


def openai_chat(
    secret: AnswerSecret,
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
    thinks_aloud: bool = True,
) -> Provider:
    """`host` serves `path`; `temperature` and `max_tokens`, sent as `token_limit`, are the API's own when None.

    With `thinks_aloud` a `<think>` part of the answer is removed; a server without a parser for it sends one.
    """
    choices = {"temperature": temperature, token_limit: max_tokens}
    set_choices = {name: str(value) for name, value in choices.items() if value is not None}
    # The engine writes `messages` as JSON, so it stands without quotes; quotes and newlines arrive escaped.
    members = ['"model": "${parameters.model}"', '"messages": ${parameters.messages}']
    members += [f'"{name}": ${{parameters.{name}}}' for name in set_choices]
    action = {
        "action_type": "predict",
        "method": "POST",
        "url": f"https://${{parameters.endpoint}}{path}",
        "headers": {
            "Content-Type": "application/json",
            "Authorization": f"Bearer ${{credential.secretArn.{secret.key}}}",
        },
        "request_body": f"{{{', '.join(members)}}}",
    }
    if thinks_aloud:
        action["post_process_function"] = chat_message()
    question = {"role": "user", "content": "Answer with the one word ready."}
    return Provider(
        name=name,
        connector={
            "protocol": "http",
            "parameters": {"endpoint": host, "model": model, **set_choices},
            "client_config": client_config(connections=30, connect_seconds=connect_seconds, read_seconds=read_seconds),
            "actions": [action],
        },
        credential={"secretArn": secret.arn},
        statements=(secret.read,),
        trusted_endpoints=(f"^https://{re.escape(host)}/.*$",),
        probe={"parameters": {"messages": [question]}},
        llm_model=model,
    )
