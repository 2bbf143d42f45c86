"""An ingest pipeline."""

from tests.contract.kinds_engine import Engine
from tests.contract.subjects import Subject, pipeline

NAMED = True


def subject(engine: Engine) -> Subject:
    return pipeline("IngestPipeline", engine, processors="processors")
