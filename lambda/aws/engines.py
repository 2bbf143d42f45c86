"""The engines that a function serves: those in the variable ENGINES of its template, whatever its caller names."""

import json
import os
from typing import Any

from mlcommons.errors import InvalidSpec

VARIABLE = "ENGINES"
# The fields that decide where requests go and who signs them. The other fields of a target are for messages.
_DECIDING = ("endpoint", "region", "service", "auth", "role")


def require_own(target: dict[str, Any]) -> None:
    """Raises `InvalidSpec` unless the target is one of the template's (`role` is optional there) and uses TLS."""
    wanted = {name: target[name] for name in _DECIDING if target.get(name)}
    endpoint = str(wanted.get("endpoint"))
    own = [{name: model[name] for name in _DECIDING if model.get(name)} for model in json.loads(os.environ[VARIABLE])]
    if wanted not in own or not endpoint.startswith("https://"):
        raise InvalidSpec(
            f"Connecting to {endpoint}",
            "this function is set up for another engine, or for another way of signing in",
            "Deploy the function's stack again, and use its engine over https.",
        )
