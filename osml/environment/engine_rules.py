"""What an engine of a version of its own, on nodes of its own, asks of the rest of an environment."""

from __future__ import annotations

from osml.environment.embedding import Embedding
from osml.environment.knowledge import Index
from osml.environment.search import BATCHES, COSINE_ON_FAISS, Engine, Search


def engine_fault(recipe: str, search: Search, embedding: Embedding, index: Index) -> str | None:
    """What does not fit, as a sentence; None when all does, or when there is no such engine."""
    if not isinstance(search, Engine):
        return None
    return (
        embedding.refuse_engine(search.engine_number)
        or _batches(recipe, search, index)
        or _space(search, index)
        or _copies(search, index)
    )


def _batches(recipe: str, search: Engine, index: Index) -> str | None:
    if search.engine_number >= BATCHES:
        return None
    if recipe != "semantic-search":
        return (
            "search.engine_version: batches in the text_embedding processor need OpenSearch 2.17 or later; "
            "set OpenSearch_3.3"
        )
    if "batch_size" in index.model_fields_set and index.batch_size > 1:
        return (
            f"index.batch_size is {index.batch_size}, but batches need OpenSearch 2.17 or later and "
            f"search.engine_version is {search.engine_version!r}; leave index.batch_size out"
        )
    return None


def _space(search: Engine, index: Index) -> str | None:
    faiss_cosine = search.vector_engine == "faiss" and index.space_type == "cosinesimil"
    if not faiss_cosine or search.engine_number >= COSINE_ON_FAISS:
        return None
    return (
        "index.space_type is 'cosinesimil', which faiss has since OpenSearch 2.19, but "
        f"search.engine_version is {search.engine_version!r}; set search.engine_version to OpenSearch_2.19 "
        "or later, or index.space_type to innerproduct"
    )


def _copies(search: Engine, index: Index) -> str | None:
    nodes, copies = search.nodes, index.replicas + 1
    if nodes is not None and copies > nodes:
        return (
            f"index.replicas is {index.replicas}, which needs {copies} data nodes, but "
            f"search.data_nodes.count is {nodes}; set index.replicas to at most {nodes - 1}"
        )
    if copies % search.copies:
        return (
            f"index.replicas is {index.replicas}, but with search.standby an index has a multiple of "
            f"{search.copies} copies; set index.replicas to 2"
        )
    return None
