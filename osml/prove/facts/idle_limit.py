"""How long a request may take while no byte is sent: the load balancer before the domain has a limit of its own."""

import time
from concurrent.futures import ThreadPoolExecutor

from osml.failure import Failure
from osml.prove.administrator import Prober

QUESTION = "For how many silent seconds may a request wait and still get its response?"
SECONDS, LOCAL_SECONDS = (30, 55, 65, 75, 100, 125), (1, 2)
MORE = 20


def answer(prober: Prober) -> str:
    """The cluster waits for nodes that never come, and then says so: all waits at once, each on its own connection."""
    waits = LOCAL_SECONDS if prober.trial.place.instance else SECONDS

    def wait(seconds: int) -> str:
        path, begun = f"/_cluster/health?wait_for_nodes=%3E%3D99&timeout={seconds}s", time.monotonic()
        try:
            status = str(prober.ask("GET", path, seconds=seconds + MORE).status_code)
        except Failure:
            status = "no answer"
        return f"{seconds} s: {status} after {time.monotonic() - begun:.0f} s"

    with ThreadPoolExecutor(len(waits)) as pool:
        return "; ".join(pool.map(wait, waits))
