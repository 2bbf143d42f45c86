"""A model group."""

from tests.contract.kinds_engine import KindsEngine
from tests.contract.subjects import Subject

NAMED = True
WITH_SERVER_ID = True


def subject(engine: KindsEngine) -> Subject:
    return Subject(
        "ModelGroup",
        {"name": f"{engine.stack} group", "description": "First"},
        in_place={"name": f"{engine.stack} group renamed", "description": "Second"},
    )
