"""OpenAI's embeddings API, or a compatible one."""

from collections.abc import Sequence
from typing import Any

from rag.budget import Budget
from rag.embedding import Vectors, checked
from rag.failures import AssistantRefused
from rag.secret import StoredSecret
from rag.service_failure import EMBEDDING, unusable
from rag.wire import Wire
from settings.embedding.openai import OpenAiEmbedding
from settings.runtime_settings import RuntimeTimeouts


class OpenAi:
    """Sends POST requests to the full address `url`; the key comes from the secret."""

    def __init__(self, chosen: OpenAiEmbedding, timeouts: RuntimeTimeouts, secret: StoredSecret | None = None) -> None:
        self._chosen = chosen
        self._secret = secret or StoredSecret(chosen.secret.id)
        self._most = timeouts.embedding
        self._wire = Wire(EMBEDDING, timeouts.connection)

    def of_question(self, question: str, budget: Budget) -> Vectors:
        return self.of_texts([question], budget)

    def of_texts(self, texts: Sequence[str], budget: Budget) -> Vectors:
        body: dict[str, Any] = {"model": self._chosen.model, "input": list(texts)}
        if self._chosen.asked_dimension is not None:
            body["dimensions"] = self._chosen.asked_dimension
        headers = {"Authorization": f"Bearer {self._secret.value(self._chosen.secret.key, budget)}"}
        try:
            answer = self._wire.send("POST", self._chosen.url, budget, self._most, body=body, headers=headers)
        except AssistantRefused:
            self._secret.forget()
            raise
        try:
            data = sorted(answer.json()["data"], key=lambda entry: entry["index"])
            vectors = [entry["embedding"] for entry in data]
        except (ValueError, KeyError, TypeError) as error:
            raise unusable(EMBEDDING, type(error).__name__) from None
        return checked(vectors, len(texts))


MODEL = OpenAi
