"""Recipes: presets of an environment file, a file each in `recipes/`, found by being there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from settings.document import read

FOLDER = Path(__file__).with_name("recipes")
Preset = Mapping[str, Any]


def recipes() -> dict[str, Preset]:
    """What each recipe sets, by its name."""
    files = sorted(FOLDER.glob("*.yaml"))
    return {file.stem: read(file.read_text(encoding="utf-8"), first="answer: null", nulls=True) for file in files}


RECIPES = recipes()
# The one that a message recommends for a model with a key, and that begins the documents.
FIRST = "deepseek-api"


def preset(recipe: object, setting: str) -> Any:
    """What `recipe` sets `setting` to, such as `answer.provider`; None when it leaves that open."""
    value: Any = RECIPES.get(str(recipe), {})
    for part in setting.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def with_preset(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of an environment file with what its recipe sets where they say nothing."""
    chosen = RECIPES.get(str(settings.get("recipe")), {})
    return {**settings, **{name: _filled(settings.get(name), value) for name, value in chosen.items()}}


def _filled(given: Any, preset: Any) -> Any:
    if isinstance(preset, Mapping) and (given is None or isinstance(given, dict)):
        return {**preset, **(given or {})}
    return given


def recipe_with(setting: str, value: object) -> str | None:
    """The recipe that sets `setting` to `value`."""
    return next((name for name in RECIPES if preset(name, setting) == value), None)
