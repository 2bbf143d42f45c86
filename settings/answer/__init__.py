"""Answer models: one module for each `answer.provider`, found automatically."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from settings.model_settings import ModelSettings

# Seconds that a call of a model that thinks may take, unless `timeouts.answer` says otherwise.
PATIENCE = 120


class AnswerModel(ModelSettings):
    """What all providers share."""

    provider: str

    @classmethod
    def patience(cls, settings: Mapping[str, Any]) -> int | None:
        """Seconds that a call may take by `settings`, as they are written; None for as long as others."""
        return PATIENCE if settings.get("thinking") is True else None

    @property
    def converses(self) -> bool:
        """Whether an engine calls it by Bedrock's Converse API."""
        return False

    @property
    def bills_time(self) -> bool:
        """Whether a call costs the minutes around it, however short it is."""
        return False
