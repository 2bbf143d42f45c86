"""Generation of an answer from passages: by a model that the assistant calls, or by the engine's search pipeline."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from rag.answer_model import ModelCaller
from rag.budget import Budget
from rag.models import Source
from rag.other_side import ANSWER, unusable
from rag.pipeline import answer_in, asking
from rag.prompt import ModelInput, Turn
from rag.search.engine import IndexClient
from settings.knowledge import Prompt
from settings.runtime_settings import PipelineAnswer


class Generation(Protocol):
    """Generates answers from passages. `name` is the model's; `keeps` is True if it stores the turn itself."""

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
        """The answer, in pieces as they arrive. One try; raises `Failure`. A first question has no conversation yet."""


class OwnGeneration:
    """A model that the assistant calls with the messages of `prompt`."""

    keeps = False

    def __init__(self, model: ModelCaller, prompt: Prompt, control_tokens: Sequence[str]) -> None:
        self.name = model.name
        self._model = model
        self._prompt = prompt
        self._control_tokens = control_tokens

    def pieces(
        self,
        question: str,
        sources: Sequence[Source],
        earlier: Sequence[Turn],
        conversation: str | None,  # noqa: ARG002 - for the pipeline
        budget: Budget,
    ) -> Iterator[str]:
        passages = [source.text for source in sources]
        return self._model.deltas(ModelInput(self._prompt, passages, earlier, question, self._control_tokens), budget)


class PipelineGeneration:
    """The engine's retrieval_augmented_generation processor, which gives its answer in one piece.

    It reads the conversation, if there is one, and adds the turn to it.
    """

    keeps = True

    def __init__(self, engine: IndexClient, chosen: PipelineAnswer) -> None:
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
        body = asking(
            question,
            [source.id for source in sources],
            text_field=self._engine.index.text_field,
            llm_model=self._chosen.llm_model,
            llm_response_field=self._chosen.llm_response_field,
            conversation=conversation,
            seconds=max(1, int(budget.call(most))),
        )
        path = self._engine.in_index("_search")
        # One attempt, because the caller retries and knows whether a part of the answer has been shown.
        query = {"search_pipeline": self._chosen.search_pipeline}
        answer = self._engine.send("POST", path, body, budget, most=most, again=(), query=query)
        text = answer_in(answer)
        if not text:
            raise unusable(ANSWER, f"the pipeline {self._chosen.search_pipeline} gave no answer")
        yield text
