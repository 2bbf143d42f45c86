"""The client of `/_control`, which makes model endpoints throttled, failing or slow."""

from collections.abc import Iterator
from contextlib import contextmanager

import requests


@contextmanager
def struck(models_url: str, provider: str, **faults: float) -> Iterator[None]:
    """Within this context, the endpoints of a provider have these faults (see `sandbox.models.faults`)."""
    control = f"{models_url}/_control/{provider}"
    requests.put(control, json=faults, timeout=10).raise_for_status()
    try:
        yield
    finally:
        requests.delete(control, timeout=10).raise_for_status()
