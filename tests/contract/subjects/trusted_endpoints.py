"""The endpoints that connectors may call."""

from tests.contract.kinds_engine import KindsEngine
from tests.contract.subjects import Subject

SHARED = True


def subject(engine: KindsEngine) -> Subject:
    pattern = rf"^https://{engine.stack}\.example\.com/.*$"
    return Subject("TrustedEndpoints", {"patterns": [pattern]}, in_place={"patterns": [pattern, "^https://two/.*$"]})
