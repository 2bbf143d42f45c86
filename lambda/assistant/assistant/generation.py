"""From passages to an answer: a model that the assistant calls itself, or the engine's search pipeline."""

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from assistant.answer_model import Model
from assistant.budget import Budget
from assistant.conversations import ALL_TURNS
from assistant.models import Source
from assistant.other_side import ANSWER, unusable
from assistant.prompt import Told, Turn
from assistant.search.engine import Engine
from assistant.settings import PipelineAnswer, Prompt


class Generation(Protocol):
    """Answers from passages. `name` is the model's, for the reader; `keeps` if it adds the turn to a conversation."""

    name: str
    keeps: bool

    def pieces(
        self,
        question: str,
        sources: Sequence[Source],
        earlier: Sequence[Turn],
        conversation: str | None,
        budget: Budget,
    ) -> Iterator[str]:
        """The answer, in pieces as they come. One try; raises `Failure`. A first question has no conversation yet."""


class OwnGeneration:
    """A model that the assistant calls with the messages of `prompt`."""

    keeps = False

    def __init__(self, model: Model, prompt: Prompt) -> None:
        self.name = model.name
        self._model = model
        self._prompt = prompt

    def pieces(
        self,
        question: str,
        sources: Sequence[Source],
        earlier: Sequence[Turn],
        conversation: str | None,  # noqa: ARG002 - for the pipeline
        budget: Budget,
    ) -> Iterator[str]:
        return self._model.deltas(Told(self._prompt, [one.text for one in sources], earlier, question), budget)


class PipelineGeneration:
    """The engine's retrieval_augmented_generation processor. It gives its answer in one piece.

    It reads a conversation and adds the turn to it; without one it does neither.

    The passages are asked for by their ids, with boosts that keep their order: the question need not be embedded
    again, and the model reads exactly the passages that are shown.
    """

    keeps = True

    def __init__(self, engine: Engine, chosen: PipelineAnswer) -> None:
        self.name = chosen.model
        self._engine = engine
        self._chosen = chosen

    def pieces(
        self,
        question: str,
        sources: Sequence[Source],
        earlier: Sequence[Turn],  # noqa: ARG002 - the engine's memory has them
        conversation: str | None,
        budget: Budget,
    ) -> Iterator[str]:
        most = self._engine.settings.timeouts.rag
        parameters: dict[str, Any] = {
            "llm_model": self._chosen.llm_model,
            "llm_question": question,
            "context_size": len(sources),
            "timeout": max(1, int(budget.call(most))),
        }
        if conversation is not None:
            parameters |= {"memory_id": conversation, "message_size": ALL_TURNS}
        if self._chosen.llm_response_field is not None:
            parameters["llm_response_field"] = self._chosen.llm_response_field
        body = {
            "query": {
                "bool": {"should": [_exactly(one.id, len(sources) - place) for place, one in enumerate(sources)]}
            },
            "size": len(sources),
            "_source": [self._engine.index.text_field],
            "ext": {"generative_qa_parameters": parameters},
        }
        path = self._engine.in_index("_search")
        # Once: the caller tries again, and knows whether the reader has seen a part of the answer.
        query = {"search_pipeline": self._chosen.search_pipeline}
        answer = self._engine.send("POST", path, body, budget, most=most, again=(), query=query)
        text = answer.get("ext", {}).get("retrieval_augmented_generation", {}).get("answer")
        if not text:
            raise unusable(ANSWER, f"the pipeline {self._chosen.search_pipeline} gave no answer")
        yield str(text).strip()


def _exactly(id: str, boost: int) -> dict[str, Any]:
    return {"constant_score": {"filter": {"ids": {"values": [id]}}, "boost": boost}}
