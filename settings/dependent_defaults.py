"""Values for missing settings that depend on other settings: the recipe, the engine's version, the answer models."""

from __future__ import annotations

import re
from typing import Any

from settings import answer
from settings.answer import AnswerModel
from settings.introduced_in import SINCE, Release
from settings.model_settings import model_class, providers
from settings.recipe import with_preset


def with_defaults(settings: dict[str, Any]) -> dict[str, Any]:
    """The settings with the recipe's values, hybrid search, and the time limit of a model's provider."""
    settings = _with_hybrid(with_preset(settings))
    timeouts = settings.get("timeouts")
    seconds = max((_patience(model) or 0 for model in _answers(settings)), default=0)
    if seconds and isinstance(timeouts or {}, dict):
        settings = {**settings, "timeouts": {"answer": seconds, **(timeouts or {})}}
    return settings


def _with_hybrid(settings: dict[str, Any]) -> dict[str, Any]:
    """The settings with hybrid search, which finds most, unless they set it or their engine does not have it."""
    search, retrieval = settings.get("search"), settings.get("retrieval", {})
    if not (isinstance(search, dict) and isinstance(retrieval, dict)):
        return settings
    version = re.fullmatch(r"OpenSearch_(\d+)\.(\d+)", str(search.get("engine_version")))
    old = version is not None and Release(int(version[1]), int(version[2])) < SINCE["hybrid"]
    return settings if old else {**settings, "retrieval": {"hybrid": {}, **retrieval}}


def _answers(settings: dict[str, Any]) -> list[dict[str, Any]]:
    """The settings of the answer models, before they are validated."""
    assistant = settings.get("assistant")
    models = assistant.get("models") if isinstance(assistant, dict) else None
    written = [settings.get("answer"), *(models.values() if isinstance(models, dict) else ())]
    return [model for model in written if isinstance(model, dict)]


def _patience(chosen: dict[str, Any]) -> int | None:
    provider = chosen.get("provider")
    model = model_class(answer, str(provider)) if provider in providers(answer) else AnswerModel
    assert issubclass(model, AnswerModel)  # noqa: S101 for the type checker
    return model.patience(chosen)
