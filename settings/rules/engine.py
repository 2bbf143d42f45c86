"""Rules between a domain or self-managed cluster and the rest of an environment."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from settings.amazon_versions import offered
from settings.introduced_in import SINCE, Release

if TYPE_CHECKING:
    from settings import Environment

# ml-commons 2.13 reads time limits as milliseconds (HttpJsonConnectorExecutor, AwsConnectorExecutor); 2.12 has no such
# settings.
MILLISECONDS = Release(2, 13)


def converses(environment: Environment) -> Iterator[str]:
    """The engine must have the wire format of Bedrock's Converse API if the answer model needs it."""
    since, engine = SINCE["converse"], environment.engine
    if engine and engine.engine_number < since and environment.answer and environment.answer.converses:
        yield (
            f"answer uses bedrock-converse, which OpenSearch has since {since}, but search.engine_version is "
            f"{engine.engine_version!r}; set search.engine_version to {offered(since)} or later, or another recipe"
        )


def milliseconds(environment: Environment) -> Iterator[str]:
    """The engine must not be the version that reads a connector's seconds as milliseconds."""
    engine = environment.engine
    if engine and engine.engine_number == MILLISECONDS:
        yield (
            f"search.engine_version is {engine.engine_version!r}, which reads a connector's time limit in seconds as "
            f"milliseconds, so no model could answer in time; set OpenSearch_2.15 or later"
        )


def batches(environment: Environment) -> Iterator[str]:
    """The engine must support batches if several texts are embedded in one call."""
    since, engine, index = SINCE["batch_size"], environment.engine, environment.index
    if engine is None or engine.engine_number >= since:
        return
    if environment.answer:
        yield (
            f"search.engine_version: batches in the text_embedding processor need OpenSearch {since} or later; "
            f"set {offered(since)}"
        )
    elif "batch_size" in index.model_fields_set and index.batch_size > 1:
        yield (
            f"index.batch_size is {index.batch_size}, but batches need OpenSearch {since} or later and "
            f"search.engine_version is {engine.engine_version!r}; leave index.batch_size out"
        )


def space(environment: Environment) -> Iterator[str]:
    """The vector engine must support `index.space_type`."""
    since, engine = SINCE["faiss_cosine"], environment.engine
    if engine is None or engine.engine_number >= since:
        return
    if engine.vector_engine == "faiss" and environment.index.space_type == "cosinesimil":
        yield (
            f"index.space_type is 'cosinesimil', which faiss has since OpenSearch {since}, but "
            f"search.engine_version is {engine.engine_version!r}; set search.engine_version to {offered(since)} "
            "or later, or index.space_type to innerproduct"
        )


def shard_copies(environment: Environment) -> Iterator[str]:
    """The number of nodes must fit the index and its replicas."""
    engine, index = environment.engine, environment.index
    if engine is None:
        return
    nodes, copies = engine.nodes, index.replicas + 1
    if nodes is not None and copies > nodes:
        yield (
            f"index.replicas is {index.replicas}, which needs {copies} data nodes, but "
            f"search.data_nodes.count is {nodes}; set index.replicas to at most {nodes - 1}"
        )
    if copies % engine.copy_multiple:
        yield (
            f"index.replicas is {index.replicas}, but with search.standby an index has a multiple of "
            f"{engine.copy_multiple} copies; set index.replicas to 2"
        )
