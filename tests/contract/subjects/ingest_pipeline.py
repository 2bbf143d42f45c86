"""An ingest pipeline."""

from tests.contract.kinds_engine import KindsEngine
from tests.contract.subjects import Subject, pipeline

NAMED = True


def subject(engine: KindsEngine) -> Subject:
    return pipeline("IngestPipeline", engine, processors="processors")
