"""Deploy and undeploy a model, as a person does who checks the result.

ml-commons writes the states of all models every ten seconds, from what its nodes said a moment earlier. Then a model
can stay DEPLOYED or DEPLOY_FAILED for good (seen on 2.19 and 3.4), so a request whose result is not seen is repeated.
"""

import itertools
from collections.abc import Callable
from typing import Any

from tests.waiting import until

# A request is repeated after this number of looks, which take two seconds.
LOOKS = 20
Send = Callable[[str, str], Any]


def deploy(send: Send, model_id: str) -> None:
    """Deploy a model until its document has that state.

    `send` takes a method and a path, and returns the body of the engine's answer.
    """
    _until(send, model_id, "_deploy", "DEPLOYED")


def undeploy(send: Send, model_id: str) -> None:
    """Undeploy a model until its document has that state; `send` as for `deploy`."""
    _until(send, model_id, "_undeploy", "UNDEPLOYED")


def _until(send: Send, model_id: str, verb: str, state: str) -> None:
    path, looks = f"/_plugins/_ml/models/{model_id}", itertools.count()

    def look() -> str:
        if next(looks) % LOOKS == 0:
            send("POST", f"{path}/{verb}")
        return str(send("GET", path)["model_state"])

    until(f"the state {state} of the model {model_id}", look, state.__eq__)
