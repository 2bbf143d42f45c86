"""Titan text embeddings on Bedrock: one text per call, and several calls at once."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from rag.budget import Budget
from rag.embedding import Vectors, checked
from rag.embedding.bedrock import BedrockInvocation
from settings.embedding.titan import TitanEmbedding
from settings.runtime_settings import RuntimeTimeouts

_AT_ONCE = 8


class Titan:
    """Version 2 returns vectors of length one with the requested dimension; version 1 returns 1536 numbers."""

    def __init__(self, chosen: TitanEmbedding, timeouts: RuntimeTimeouts) -> None:
        self._more: dict[str, Any] = {}
        if chosen.asked_dimension is not None:
            self._more["dimensions"] = chosen.asked_dimension
        self._model = BedrockInvocation(chosen.model, chosen.region, timeouts, _AT_ONCE)

    def of_question(self, question: str, budget: Budget) -> Vectors:
        answer = self._model.invoke({"inputText": question, **self._more}, budget)
        return checked([answer.get("embedding")], 1)

    def of_texts(self, texts: Sequence[str], budget: Budget) -> Vectors:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            vectors = pool.map(lambda text: budget.retrying(lambda: self.of_question(text, budget)), texts)
            return [vector for [vector] in vectors]


MODEL = Titan
