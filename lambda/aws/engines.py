"""The engines that a function serves, as its template says in the variable ENGINES: no caller names another."""

import json
import os
from typing import Any

from mlcommons.errors import InvalidSpec

VARIABLE = "ENGINES"
# What decides where requests go and who signs them; the rest of a target is for messages.
_DECIDING = ("endpoint", "region", "service", "auth", "role")


def require_own(target: dict[str, Any]) -> None:
    """Raises `InvalidSpec` unless the target is one of the template's, whose `role` may be left out, and over TLS."""
    wanted = {name: target[name] for name in _DECIDING if target.get(name)}
    endpoint = str(wanted.get("endpoint"))
    own = [{name: model[name] for name in _DECIDING if model.get(name)} for model in json.loads(os.environ[VARIABLE])]
    if wanted not in own or not endpoint.startswith("https://"):
        raise InvalidSpec(
            f"Connecting to {endpoint}",
            "this function is set up for another engine, or for another way of signing in",
            "Deploy the function's stack again, and use its engine over https.",
        )
