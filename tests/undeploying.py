"""Undeploying a model as a person does who looks whether it happened."""

import time
from collections.abc import Callable
from typing import Any

from tests.waiting import within

SECONDS, PATIENCE = 30.0, 2.0


def undeploy(send: Callable[[str, str], Any], model_id: str) -> None:
    """
    Undeploy until the model's document says so. ml-commons writes all models' states every ten seconds and may write
    what it saw before, so that a model stays DEPLOYED for good now and then (seen on 3.4).

    send: sends a method and a path to the engine and gives the answer's body.
    """
    path = f"/_plugins/_ml/models/{model_id}"
    deadline = time.monotonic() + SECONDS
    while True:
        send("POST", f"{path}/_undeploy")
        if within(PATIENCE, lambda: send("GET", path)["model_state"] == "UNDEPLOYED"):
            return
        assert time.monotonic() < deadline, f"model {model_id} is still not undeployed"
