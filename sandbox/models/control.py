"""Model endpoints that are told to throttle, to fail or to be slow: the client of `/_control`."""

from collections.abc import Iterator
from contextlib import contextmanager

import requests


@contextmanager
def struck(models_url: str, provider: str, **faults: float) -> Iterator[None]:
    """Within it the endpoints of a provider have these faults (see `faults`); after it they are well again."""
    control = f"{models_url}/_control/{provider}"
    requests.put(control, json=faults, timeout=10).raise_for_status()
    try:
        yield
    finally:
        requests.delete(control, timeout=10).raise_for_status()
