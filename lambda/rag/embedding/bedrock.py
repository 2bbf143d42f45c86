"""One invocation of an embedding model on Bedrock."""

import json
from typing import Any

from rag import boto_calls
from rag.budget import Budget
from rag.service_failure import EMBEDDING, unusable
from settings.runtime_settings import RuntimeTimeouts


class BedrockInvocation:
    """`invoke` is thread-safe; up to `at_once` threads have a connection."""

    def __init__(self, model: str, region: str | None, timeouts: RuntimeTimeouts, at_once: int = 10) -> None:
        self._model = model
        self._clients = boto_calls.Clients(
            "bedrock-runtime", region, timeouts.embedding, timeouts.connection, max_pool_connections=at_once
        )

    def invoke(self, body: dict[str, Any], budget: Budget) -> dict[str, Any]:
        """The JSON object that the model answers; raises `RagFailure`."""
        client = self._clients.within(budget)
        with boto_calls.calling(EMBEDDING):
            answer = client.invoke_model(
                modelId=self._model, contentType="application/json", accept="application/json", body=json.dumps(body)
            )
            text = answer["body"].read()
        try:
            value = json.loads(text)
        except ValueError:
            value = None
        if not isinstance(value, dict):
            raise unusable(EMBEDDING, "the answer is not a JSON object")
        return value
