"""Objects that were in the engine before the environment, which adopts them; `osml import` writes this group."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from settings import Group

# The name of an index or a pipeline that others created. Other characters are rare, and some would make a pattern.
EngineName = Annotated[str, Field(pattern=r"^[A-Za-z0-9._@+=-]{1,200}$")]


class AdoptedModel(Group):
    """A `model` with the id of its `connector`, which is not changed, and the names of the model and of its `group`.
    `probe` has parameters for the connector, with which a deploy checks whether the model answers. Without this group
    the environment creates its own connector and role, and moves the model to it.
    """

    connector: str = Field(pattern=r"^[A-Za-z0-9_-]{20}$", examples=["CfjsKKIBTZILeBlu8R3S"])
    model: str = Field(min_length=1, max_length=512, examples=["My embedding model"])
    group: str = Field(min_length=1, max_length=512, examples=["My models"])
    probe: dict[str, Any] = Field(examples=[{"input": ["ready"]}])


class Adopted(Group):
    """Objects that somebody else created; they keep their names and ids, and a destroy releases them.

    `index_version` belongs to the objects that embed: another embedding model gets new objects. `index` is the name of
    the index, and `ingest_pipeline`, `search_pipeline` and `answer_pipeline` are the names of its pipelines: for
    documents, for searches without an answer, and for answers. `embedding` and `answer` are the models.
    """

    index_version: str | None = Field(default=None, pattern=r"^[0-9a-f]{8}$", examples=["1a2b3c4d"])
    index: EngineName | None = Field(default=None, examples=["my-index"])
    ingest_pipeline: EngineName | None = Field(default=None, examples=["my-pipeline"])
    search_pipeline: EngineName | None = Field(default=None, examples=["my-search-pipeline"])
    answer_pipeline: EngineName | None = Field(default=None, examples=["my-rag-pipeline"])
    embedding: AdoptedModel | None = None
    answer: AdoptedModel | None = None

    def of_version(self, index_version: str) -> Adopted:
        """The objects to adopt for that index version: those that embed only if they belong to it."""
        if self.index_version in (None, index_version):
            return self
        return Adopted(answer_pipeline=self.answer_pipeline, answer=self.answer)
