"""Rules about recipes: an environment must not contradict its recipe."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from settings.recipe import FIRST, RECIPES, preset, recipe_with
from settings.serverless import Serverless

if TYPE_CHECKING:
    from settings import Environment


def provider_is_the_recipes(environment: Environment) -> Iterator[str]:
    """The provider of the answer model is that of the recipe."""
    wanted, answer = preset(environment.recipe, "answer.provider"), environment.answer
    if wanted and answer and answer.provider != wanted:
        yield (
            f"answer.provider is {answer.provider!r}, but the recipe {environment.recipe} answers with {wanted}; leave "
            f"answer.provider out, or set recipe to {recipe_with('answer.provider', answer.provider)}"
        )


def answer_is_the_recipes(environment: Environment) -> Iterator[str]:
    """An environment has an answer model if, and only if, its recipe has one."""
    recipe, none = environment.recipe, RECIPES[environment.recipe].get("answer", ...) is None
    if none and environment.answer:
        yield (f"answer is set, but the recipe {recipe} only finds passages; leave it out, or set recipe to {FIRST}")
    if not none and not environment.answer:
        needed = "secret" if preset(recipe, "answer.provider") else "provider"
        other = recipe_with("answer", None)
        yield f"answer is missing; add that group with {needed}, or set recipe to {other}"


def engine_is_the_recipes(environment: Environment) -> Iterator[str]:
    """The engine is a collection if, and only if, the recipe is for one; other recipes need ml-commons."""
    wanted, is_serverless = preset(environment.recipe, "search.kind"), isinstance(environment.search, Serverless)
    if is_serverless and not wanted:
        yield (
            f"search.kind is 'serverless', but the recipe {environment.recipe} needs ml-commons, which a collection "
            f"does not have; set recipe to {recipe_with('search.kind', 'serverless')}"
        )
    if wanted and not is_serverless:
        yield (
            f"recipe is {environment.recipe!r}, which searches a collection, but search.kind is another; set "
            f"search.kind to {wanted}, or set the recipe of your model, and add assistant"
        )
