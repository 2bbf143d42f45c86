"""Answer models: one module for each `answer.provider`, found automatically."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from settings.control_tokens import ALL
from settings.model_settings import ModelSettings

# The seconds that a call of a reasoning model may take, unless `timeouts.answer` is set.
PATIENCE = 120


class AnswerModel(ModelSettings):
    """What all providers share.

    `control_tokens` are the texts that a model of this provider may read as control. A provider that serves another
    family of models adds that family's texts to `ALL`. `model` is the model's name at its provider. A higher
    `temperature` (0 is the lowest) makes answers vary more, and `top_p` limits the choice of each word to the likeliest
    ones with that sum of probabilities. `max_tokens` limits the length of an answer.
    """

    control_tokens: ClassVar[tuple[str, ...]] = ALL

    provider: str

    @classmethod
    def patience(cls, settings: Mapping[str, Any]) -> int | None:
        """The seconds that a call may take with `settings`, which are not yet validated; None for the usual limit."""
        return PATIENCE if settings.get("thinking") is True else None

    @property
    def name(self) -> str:
        """The model's name in answers; for an ARN only its last part."""
        return self.shown.rpartition("/")[2] if self.shown.startswith("arn:") else self.shown

    @property
    def calls_tools(self) -> bool:
        """Whether the assistant can give the model tools to call, as agentic search does."""
        return False

    @property
    def converses(self) -> bool:
        """Whether an engine calls the model with Bedrock's Converse API."""
        return False

    @property
    def bills_time(self) -> bool:
        """Whether the model is billed by time, so even a short call costs some minutes."""
        return False
