"""OpenAI's embeddings API, or one of its kind."""

from collections.abc import Sequence
from typing import Any

from assistant.budget import Budget
from assistant.embedding import Vectors, checked
from assistant.failures import Refused
from assistant.other_side import EMBEDDING, unusable
from assistant.secret import Secret
from assistant.settings import OpenAiEmbedding, Timeouts
from assistant.wire import Wire


class OpenAi:
    """POSTs to the whole address `url`; the key comes from the secret."""

    def __init__(self, chosen: OpenAiEmbedding, timeouts: Timeouts, secret: Secret) -> None:
        self._chosen = chosen
        self._secret = secret
        self._most = timeouts.embedding
        self._wire = Wire(EMBEDDING, timeouts.connection)

    def of_question(self, question: str, budget: Budget) -> Vectors:
        return self.of_texts([question], budget)

    def of_texts(self, texts: Sequence[str], budget: Budget) -> Vectors:
        body: dict[str, Any] = {"model": self._chosen.model, "input": list(texts)}
        if self._chosen.dimension is not None:
            body["dimensions"] = self._chosen.dimension
        headers = {"Authorization": f"Bearer {self._secret.value(self._chosen.secret.key, budget)}"}
        try:
            answer = self._wire.send("POST", self._chosen.url, budget, self._most, json=body, headers=headers)
        except Refused:
            self._secret.forget()
            raise
        try:
            data = sorted(answer.json()["data"], key=lambda one: one["index"])
            vectors = [one["embedding"] for one in data]
        except (ValueError, KeyError, TypeError) as error:
            raise unusable(EMBEDDING, type(error).__name__) from None
        return checked(vectors, len(texts))
