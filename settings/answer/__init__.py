"""Answer models: one module for each `answer.provider`, found automatically."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from settings.control_tokens import ALL
from settings.model_settings import ModelSettings

# Seconds that a call of a model that thinks may take, unless `timeouts.answer` says otherwise.
PATIENCE = 120


class AnswerModel(ModelSettings):
    """What all providers share.

    `control_tokens` are the texts that a model of this provider may read as control. A provider that serves another
    family of models adds that family's texts to `ALL`.
    """

    control_tokens: ClassVar[tuple[str, ...]] = ALL

    provider: str

    @classmethod
    def patience(cls, settings: Mapping[str, Any]) -> int | None:
        """Seconds that a call may take by `settings`, as they are written; None for as long as others."""
        return PATIENCE if settings.get("thinking") is True else None

    @property
    def name(self) -> str:
        """The model as answers name it, without the rest of an ARN."""
        return self.shown.rpartition("/")[2] if self.shown.startswith("arn:") else self.shown

    @property
    def calls_tools(self) -> bool:
        """Whether the assistant can give it tools to call, as agentic search does."""
        return False

    @property
    def converses(self) -> bool:
        """Whether an engine calls it by Bedrock's Converse API."""
        return False

    @property
    def bills_time(self) -> bool:
        """Whether a call costs the minutes around it, however short it is."""
        return False
