"""Undeploy a model, as a person does who checks the result."""

import time
from collections.abc import Callable
from typing import Any

from tests.waiting import within

SECONDS, PATIENCE = 30.0, 2.0


def undeploy(send: Callable[[str, str], Any], model_id: str) -> None:
    """Undeploy a model until its document has that state.

    ml-commons writes the states of all models every ten seconds, and may write an outdated one. Then a model can stay
    DEPLOYED for good (seen on 3.4).

    `send` takes a method and a path, and returns the body of the engine's answer.
    """
    path = f"/_plugins/_ml/models/{model_id}"
    deadline = time.monotonic() + SECONDS
    while True:
        send("POST", f"{path}/_undeploy")
        if within(PATIENCE, lambda: send("GET", path)["model_state"] == "UNDEPLOYED"):
            return
        assert time.monotonic() < deadline, f"model {model_id} is still not undeployed"
