"""Recipes: what an environment's `recipe` may be, and what each of them builds."""

from __future__ import annotations

from collections.abc import Callable

from constructs import Construct

from osml.environment import Environment
from osml.environment.answer import PROVIDERS
from stacks.grounded_answers import grounded_answers
from stacks.serverless import serverless

RECIPES: dict[str, Callable[[Construct, Environment], None]] = {
    **dict.fromkeys(PROVIDERS, grounded_answers),
    "semantic-search": grounded_answers,
    "serverless": serverless,
}
