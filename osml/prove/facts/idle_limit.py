"""How long a request may take while no byte is sent. The load balancer in front of the domain has its own limit."""

import time
from concurrent.futures import ThreadPoolExecutor

from osml.failure import Failure
from osml.prove.administrator import Prober

QUESTION = "For how many silent seconds may a request wait and still get its response?"
SECONDS, LOCAL_SECONDS = (30, 55, 65, 75, 100, 125), (1, 2)
MORE = 20


def answer(prober: Prober) -> str:
    """Let the cluster wait for nodes that never join. All waits run at once, each on its own connection."""
    waits = LOCAL_SECONDS if prober.trial.place.instance else SECONDS

    def wait(seconds: int) -> str:
        path, begun = f"/_cluster/health?wait_for_nodes=%3E%3D99&timeout={seconds}s", time.monotonic()
        try:
            status = str(prober.request("GET", path, seconds=seconds + MORE).status_code)
        except Failure:
            status = "no answer"
        return f"{seconds} s: {status} after {time.monotonic() - begun:.0f} s"

    with ThreadPoolExecutor(len(waits)) as pool:
        return "; ".join(pool.map(wait, waits))
