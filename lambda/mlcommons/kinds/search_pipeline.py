"""SearchPipeline: turns a question into a neural query, and hits into an answer."""

from mlcommons.kinds.pipeline_base import Pipeline


class SearchPipeline(Pipeline):
    name = "SearchPipeline"
    folder = ("_search", "pipeline")
