"""A short soak; `make soak` runs the long one."""

from tests.contract.front_domain import trial
from tests.contract.front_engine import EngineAddress
from tests.contract.soak import soak

SEED = 20261121


def test_a_few_rounds_with_random_kills_leave_nothing(contract_engine: EngineAddress) -> None:
    with trial(contract_engine) as here:
        samples = soak(here, 4, SEED)
    assert samples[-1].kills > 0
    assert samples[-1].files == samples[1].files
    assert samples[-1].threads == samples[1].threads
