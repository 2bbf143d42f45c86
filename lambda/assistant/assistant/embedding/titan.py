"""Titan text embeddings on Bedrock: one text a call, so several calls at once."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from assistant.budget import Budget
from assistant.embedding import Vectors, checked
from assistant.embedding.bedrock import Invocation
from assistant.settings import Timeouts, TitanEmbedding

_AT_ONCE = 8


class Titan:
    """Version 2 gives vectors of `dimension` numbers, 1024 unless set, of length one; version 1 gives 1536."""

    def __init__(self, chosen: TitanEmbedding, timeouts: Timeouts) -> None:
        self._more: dict[str, Any] = {}
        if chosen.version == 2 and chosen.dimension is not None:
            self._more["dimensions"] = chosen.dimension
        self._model = Invocation(chosen.model, chosen.region, timeouts, _AT_ONCE)

    def of_question(self, question: str, budget: Budget) -> Vectors:
        answer = self._model.invoke({"inputText": question, **self._more}, budget)
        return checked([answer.get("embedding")], 1)

    def of_texts(self, texts: Sequence[str], budget: Budget) -> Vectors:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            vectors = pool.map(lambda text: budget.retrying(lambda: self.of_question(text, budget)), texts)
            return [vector for [vector] in vectors]
