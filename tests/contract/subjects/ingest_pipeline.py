"""A pipeline on the way in."""

from tests.contract.kinds_engine import Engine
from tests.contract.subjects import Subject

NAMED = True


def subject(engine: Engine) -> Subject:
    name = f"{engine.stack}-pipeline"
    first = {"description": "First", "processors": []}
    return Subject(
        "IngestPipeline",
        {"name": name, "pipeline": first},
        {"name": name, "pipeline": first | {"description": "Second"}},
        {"name": f"{name}-2", "pipeline": first},
    )
