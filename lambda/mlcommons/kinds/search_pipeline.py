"""SearchPipeline: turns a question into a neural query, and hits into an answer."""

from mlcommons.kinds.pipeline import Pipeline


class SearchPipeline(Pipeline):
    name = "SearchPipeline"
    folder = ("_search", "pipeline")
