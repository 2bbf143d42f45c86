"""Cohere text embeddings on Bedrock, which differ for questions and documents."""

from collections.abc import Sequence

from rag.budget import Budget
from rag.embedding import Vectors, checked
from rag.embedding.bedrock import BedrockInvocation
from settings.embedding.cohere import CohereEmbedding
from settings.runtime_settings import RuntimeTimeouts


class Cohere:
    """At most `texts_a_call` texts per call, each of at most `characters`."""

    def __init__(self, chosen: CohereEmbedding, timeouts: RuntimeTimeouts) -> None:
        self._model = BedrockInvocation(chosen.model, chosen.region, timeouts)
        self._characters = chosen.characters

    def of_question(self, question: str, budget: Budget) -> Vectors:
        # A follow-up may be longer than the limit, because the earlier questions precede it. Its end is the question.
        return self._embed([question[-self._characters :]], "search_query", budget)

    def of_texts(self, texts: Sequence[str], budget: Budget) -> Vectors:
        return self._embed(list(texts), "search_document", budget)

    def _embed(self, texts: list[str], kind: str, budget: Budget) -> Vectors:
        answer = self._model.invoke({"texts": texts, "input_type": kind, "truncate": "END"}, budget)
        return checked(answer.get("embeddings"), len(texts))


MODEL = Cohere
