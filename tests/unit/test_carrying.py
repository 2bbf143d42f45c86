"""Documents that are copied to another index version: what a refused copy means."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from calls.starting import NO_CAPACITY
from mlcommons.carrying import _Carrying
from mlcommons.errors import EngineThrottled, ProvisioningError, Unready
from mlcommons.index_version import IndexVersion


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("Too Many Requests", EngineThrottled),
        (f"Error from remote service: Inference Component {NO_CAPACITY}.", EngineThrottled),
        ("mapper_parsing_exception", Unready),
    ],
)
def test_a_copy_waits_for_a_model_that_throttles_or_starts(reason: str, kind: type[ProvisioningError]) -> None:
    version = cast(IndexVersion, SimpleNamespace(name="passages-1"))
    client = SimpleNamespace(patience=SimpleNamespace(elapsed=lambda: 0.0, left=lambda: 600.0))
    failure = {"id": "a", "status": 400, "cause": {"reason": reason}}
    error = _Carrying(cast(Any, client), "passages", version, version)._failed(failure)
    assert type(error) is kind
