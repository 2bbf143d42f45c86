"""A pipeline on the way of a search."""

from tests.contract.kinds_engine import Engine
from tests.contract.subjects import Subject

NAMED = True


def subject(engine: Engine) -> Subject:
    name = f"{engine.stack}-pipeline"
    first = {"description": "First", "request_processors": []}
    return Subject(
        "SearchPipeline",
        {"name": name, "pipeline": first},
        {"name": name, "pipeline": first | {"description": "Second"}},
        {"name": f"{name}-2", "pipeline": first},
    )
