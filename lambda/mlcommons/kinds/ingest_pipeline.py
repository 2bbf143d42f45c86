"""IngestPipeline: turns the text of a document into a vector before it is indexed."""

from mlcommons.kinds.pipeline_base import Pipeline


class IngestPipeline(Pipeline):
    name = "IngestPipeline"
    folder = ("_ingest", "pipeline")
