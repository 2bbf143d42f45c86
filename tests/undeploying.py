"""Undeploying a model as a person does who looks whether it happened."""

import time
from collections.abc import Callable
from typing import Any

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
        if _within(PATIENCE, lambda: send("GET", path)["model_state"] == "UNDEPLOYED"):
            return
        assert time.monotonic() < deadline, f"model {model_id} is still not undeployed"


def _within(seconds: float, true: Callable[[], bool]) -> bool:
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True
