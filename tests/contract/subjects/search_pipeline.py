"""A search pipeline."""

from tests.contract.kinds_engine import KindsEngine
from tests.contract.subjects import Subject, pipeline

NAMED = True


def subject(engine: KindsEngine) -> Subject:
    return pipeline("SearchPipeline", engine, processors="request_processors")
