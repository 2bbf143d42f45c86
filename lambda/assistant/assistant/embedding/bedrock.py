"""One invocation of an embedding model on Bedrock."""

import json
from typing import Any

from assistant import aws
from assistant.budget import Budget
from assistant.other_side import EMBEDDING, unusable
from assistant.settings import Timeouts


class Invocation:
    """`invoke` is safe to call from several threads, of which up to `at_once` have a connection."""

    def __init__(self, model: str, region: str | None, timeouts: Timeouts, at_once: int = 10) -> None:
        self._model = model
        self._client = aws.client(
            "bedrock-runtime", region, timeouts.embedding, timeouts.connection, max_pool_connections=at_once
        )

    def invoke(self, body: dict[str, Any], budget: Budget) -> dict[str, Any]:
        """The model's JSON object."""
        budget.call(1)
        with aws.calling(EMBEDDING):
            answer = self._client.invoke_model(
                modelId=self._model, contentType="application/json", accept="application/json", body=json.dumps(body)
            )
            text = answer["body"].read()
        try:
            found = json.loads(text)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise unusable(EMBEDDING, "what came back is no JSON object")
        return found
