"""Documents are copied to another index version: the meaning of a refused copy."""

import pytest

from calls.starting import NO_CAPACITY
from mlcommons.carrying import refused_copy
from mlcommons.errors import EngineThrottled, ProvisioningError, Unready


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("Too Many Requests", EngineThrottled),
        (f"Error from remote service: Inference Component {NO_CAPACITY}.", EngineThrottled),
        ("mapper_parsing_exception", Unready),
    ],
)
def test_a_copy_waits_for_a_model_that_throttles_or_starts(reason: str, kind: type[ProvisioningError]) -> None:
    failure = {"id": "a", "status": 400, "cause": {"reason": reason}}
    assert type(refused_copy("Copying", failure)) is kind
