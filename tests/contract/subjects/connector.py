"""A connector."""

from tests.contract.kinds_engine import KindsEngine
from tests.contract.subjects import Subject

WITH_SERVER_ID = True


def subject(engine: KindsEngine) -> Subject:
    return Subject(
        "Connector",
        {"connector": engine.connector()},
        replacing={"connector": engine.connector(parameters={"model": "other"})},
    )
