"""A search pipeline."""

from tests.contract.kinds_engine import Engine
from tests.contract.subjects import Subject, pipeline

NAMED = True


def subject(engine: Engine) -> Subject:
    return pipeline("SearchPipeline", engine, processors="request_processors")
