"""Answer models that the assistant calls itself."""

from collections.abc import Iterator
from importlib import import_module
from typing import Protocol

from rag.budget import Budget
from rag.prompt import ModelInput
from rag.usage import Usage
from settings.answer import AnswerModel
from settings.runtime_settings import RuntimeSettings


class ModelCaller(Protocol):
    """An answer model; `name` is for display."""

    name: str

    def deltas(self, prompt: ModelInput, budget: Budget, usage: Usage | None = None) -> Iterator[str]:
        """The answer in pieces as they arrive, without reasoning. It does not retry; any piece may raise `RagFailure`.

        `usage` counts what the model writes, including its reasoning, and the tokens that the provider reports.
        """


def model(settings: RuntimeSettings) -> ModelCaller:
    """The answer model of the settings: an instance of `MODEL` in the module that `answer.caller` names.

    The modules of other providers are not imported. Raises `ValueError` if the assistant cannot call the model itself.
    """
    chosen = settings.answer
    if not isinstance(chosen, AnswerModel) or chosen.caller is None:
        raise ValueError("answer.provider is not a model that the assistant can call itself.")
    made: ModelCaller = import_module(f"{__name__}.{chosen.caller}").MODEL(chosen, settings.timeouts)
    return made
