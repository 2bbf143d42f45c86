"""Generation of an answer from passages: by a model that the assistant calls, or by the engine's search pipeline."""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Protocol

from rag.answer_model import ModelCaller
from rag.budget import Budget
from rag.failures import Starting
from rag.models import Source
from rag.pipeline import answer_in, asking
from rag.prompt import ModelInput, Turn
from rag.search.engine import IndexClient
from rag.service_failure import ANSWER, starting, unusable
from rag.usage import Usage
from settings.prompt import Prompt
from settings.runtime_settings import PipelineAnswer


class Generation(Protocol):
    """Generates answers from passages. `name` is the model's name; `keeps` is True if it stores the turn itself."""

    keeps: bool

    @property
    def name(self) -> str: ...

    def pieces(
        self,
        question: str,
        sources: Sequence[Source],
        earlier: Sequence[Turn],
        conversation: str | None,
        budget: Budget,
        usage: Usage | None = None,
    ) -> Iterator[str]:
        """The answer, in pieces as they arrive. It does not retry; raises `RagFailure`.

        `conversation` is None for a first question. `usage` counts what the model reads and writes.
        """


class OwnGeneration:
    """A model that the assistant calls with the messages of `prompt`; readers choose the model by its `name`."""

    keeps = False

    def __init__(
        self, made: Callable[[], ModelCaller], prompt: Prompt, control_tokens: Sequence[str], name: str | None = None
    ) -> None:
        self._made = made
        self._prompt = prompt
        self._control_tokens = control_tokens
        self._name = name

    @property
    def name(self) -> str:
        return self._name or self.model.name

    @cached_property
    def model(self) -> ModelCaller:
        """The model, made at its first use."""
        return self._made()

    def pieces(
        self,
        question: str,
        sources: Sequence[Source],
        earlier: Sequence[Turn],
        conversation: str | None,  # noqa: ARG002 - for the pipeline
        budget: Budget,
        usage: Usage | None = None,
    ) -> Iterator[str]:
        passages = [source.text for source in sources]
        prompt = ModelInput(self._prompt, passages, earlier, question, self._control_tokens)
        if usage is None:
            return self.model.deltas(prompt, budget)
        usage.note_read(prompt.text())
        return self.model.deltas(prompt, budget, usage)


class PipelineGeneration:
    """The engine's retrieval_augmented_generation processor, which gives its answer in one piece.

    It reads the conversation, if there is one, and adds the turn to it.
    """

    keeps = True

    def __init__(self, engine: IndexClient, chosen: PipelineAnswer) -> None:
        self._engine = engine
        self._chosen = chosen

    @property
    def name(self) -> str:
        return self._chosen.model

    def pieces(
        self,
        question: str,
        sources: Sequence[Source],
        earlier: Sequence[Turn],
        conversation: str | None,
        budget: Budget,
        usage: Usage | None = None,
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
        try:
            answer = self._engine.send("POST", path, body, budget, most=most, again=(), query=query)
        except Starting as failure:
            # This search embeds nothing, so the model that starts is the answer model.
            raise starting(ANSWER, self._chosen.start_seconds, failure.said) from None
        text = answer_in(answer)
        if not text:
            raise unusable(ANSWER, f"the pipeline {self._chosen.search_pipeline} gave no answer")
        if usage:
            # The pipeline reports no tokens. It adds the earlier turns from the engine's memory to the prompt.
            turns = [text for turn in earlier for text in (turn.question, turn.answer)]
            usage.note_read("\n".join([*(source.text for source in sources), *turns, question]))
            usage.note_written(text)
        yield text
