"""IngestPipeline: what turns a document's text into a vector on its way in."""

from mlcommons.kinds.pipeline import Pipeline


class IngestPipeline(Pipeline):
    name = "IngestPipeline"
    folder = ("_ingest", "pipeline")
