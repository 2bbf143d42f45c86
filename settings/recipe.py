"""Recipes: presets for environment files. Each file in `recipes/` is a recipe and is found automatically."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from settings.document import read

FOLDER = Path(__file__).with_name("recipes")
Preset = Mapping[str, Any]


def recipes() -> dict[str, Preset]:
    """The preset of each recipe, by the recipe's name."""
    files = sorted(FOLDER.glob("*.yaml"))
    return {file.stem: read(file.read_text(encoding="utf-8"), first="answer: null", nulls=True) for file in files}


RECIPES = recipes()
# The recipe that messages recommend for a model with a key, and with which the documentation begins.
FIRST = "deepseek-api"


def preset(recipe: object, setting: str) -> Any:
    """The value that `recipe` gives to `setting`, such as `answer.provider`; None if it gives none."""
    value: Any = RECIPES.get(str(recipe), {})
    for part in setting.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def with_preset(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of an environment file, with its recipe's values for missing settings."""
    chosen = RECIPES.get(str(settings.get("recipe")), {})
    return {**settings, **{name: _filled(settings.get(name), value) for name, value in chosen.items()}}


def _filled(given: Any, preset: Any) -> Any:
    if isinstance(preset, Mapping) and (given is None or isinstance(given, dict)):
        return {**preset, **(given or {})}
    return given


def recipe_with(setting: str, value: object) -> str | None:
    """The name of the recipe that sets `setting` to `value`, None if there is none."""
    return next((name for name in RECIPES if preset(name, setting) == value), None)
