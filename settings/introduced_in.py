"""The OpenSearch version that introduced a feature which a setting or a test needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Release(NamedTuple):
    """The major and minor version of OpenSearch; as a string, for example `2.17`."""

    major: int
    minor: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"


# The pull requests are listed in the release notes of that version.
SINCE: Mapping[str, Release] = {
    # neural_query_enricher adds the model of a `neural` query (neural-search#337).
    "embedded_questions": Release(2, 11),
    # The score of each named query of a hit, without which hybrid and reranked passages cannot be compared with
    # `min_score` (OpenSearch#11626). Hybrid search and reranking themselves are of 2.12.
    "hybrid": Release(2, 13),
    "rerank": Release(2, 13),
    # neural_query_enricher adds the model of a `neural_sparse` query (neural-search#614).
    "sparse": Release(2, 13),
    # connector.pre_process.bedrock.embedding (MLPreProcessFunction of ml-commons 2.13)
    "bedrock_functions": Release(2, 13),
    # https://docs.opensearch.org/latest/vector-search/optimizing-storage/
    "fp16": Release(2, 13),
    "byte": Release(2, 16),
    "disk": Release(2, 17),
    # `batch_size` of the processors text_embedding and sparse_encoding (neural-search#852)
    "batch_size": Release(2, 17),
    # The action batch_predict_status (ConnectorAction of ml-commons 2.17)
    "batch_predict": Release(2, 17),
    # The prefix `bedrock-converse/` of llm_model (LlmIOUtil of ml-commons 2.18)
    "converse": Release(2, 18),
    # `cosinesimil` of faiss (k-NN#2376)
    "faiss_cosine": Release(2, 19),
    # neural-search#1224
    "z_score": Release(3, 0),
    # The processor agentic_context (neural-search 3.3). QueryPlanningTool and agentic_query_translator are of 3.2.
    "agentic": Release(3, 3),
}


class Fault(NamedTuple):
    """A fault of OpenSearch from release `since` until before `mended`; `issue` describes it."""

    since: Release
    mended: Release
    issue: str

    def has(self, version: Release) -> bool:
        """Whether that version has the fault."""
        return self.since <= version < self.mended


# Faults that can stop a deployed environment: docs/engine-bugs.md.
FAULTS: Mapping[str, Fault] = {
    # A merge with a segment whose vectors are all deleted fails, and the shard with it.
    "disk": Fault(Release(3, 6), Release(3, 8), "k-NN#3379"),
}
