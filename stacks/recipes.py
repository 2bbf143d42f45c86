"""Recipes: what an environment's `recipe` may be, and what each of them builds."""

from __future__ import annotations

from collections.abc import Callable

from constructs import Construct

from osml.environment import Environment
from stacks.deepseek_api import deepseek_api

RECIPES: dict[str, Callable[[Construct, Environment], None]] = {"deepseek-api": deepseek_api}
