"""Cohere text embeddings on Bedrock, which tell questions from documents."""

from collections.abc import Sequence

from assistant.budget import Budget
from assistant.embedding import Vectors, checked
from assistant.embedding.bedrock import Invocation
from assistant.settings import CohereEmbedding, Timeouts


class Cohere:
    """Up to 96 texts a call, each of up to 2048 characters."""

    def __init__(self, chosen: CohereEmbedding, timeouts: Timeouts) -> None:
        self._model = Invocation(chosen.model, chosen.region, timeouts)

    def of_question(self, question: str, budget: Budget) -> Vectors:
        # The question has its own limit, and that of a follow-up has the one before it in front.
        return self._embed([question[-2048:]], "search_query", budget)

    def of_texts(self, texts: Sequence[str], budget: Budget) -> Vectors:
        return self._embed(list(texts), "search_document", budget)

    def _embed(self, texts: list[str], kind: str, budget: Budget) -> Vectors:
        answer = self._model.invoke({"texts": texts, "input_type": kind, "truncate": "END"}, budget)
        return checked(answer.get("embeddings"), len(texts))
