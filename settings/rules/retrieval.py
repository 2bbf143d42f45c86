"""Rules between the retrieval settings and the engine and region."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from settings.amazon_versions import offered
from settings.introduced_in import FAULTS, SINCE

if TYPE_CHECKING:
    from settings import Environment

# https://docs.aws.amazon.com/bedrock/latest/userguide/rerank-supported.html; Amazon adds regions.
RERANK_REGIONS = {
    "cohere.rerank-v3-5:0": frozenset({"ap-northeast-1", "ca-central-1", "eu-central-1", "us-east-1", "us-west-2"}),
    "amazon.rerank-v1:0": frozenset({"ap-northeast-1", "ca-central-1", "eu-central-1", "us-west-2"}),
}
# https://docs.opensearch.org/latest/vector-search/optimizing-storage/
QUANTIZED_BY = {"fp16": "faiss", "byte": "lucene", "disk": "faiss"}


# The settings that the assistant itself applies on a collection. The techniques are the same as a collection's own.
# https://docs.aws.amazon.com/opensearch-service/latest/developerguide/serverless-configure-neural-search.html
ON_A_COLLECTION = frozenset({"hybrid", "candidates", "earlier_questions", "agentic"})
NORMALIZED_ON_A_COLLECTION = ("min_max", "l2")


def on_an_engine(environment: Environment) -> Iterator[str]:
    """On a collection only settings that the assistant itself applies may be set."""
    retrieval = environment.retrieval
    if environment.engine is not None:
        return
    for name in sorted(retrieval.model_fields_set - ON_A_COLLECTION):
        yield (
            f"retrieval.{name} is set, but a collection has no such search pipeline and sets its vectors' size "
            f"itself; leave it out, or use a domain"
        )
    hybrid = retrieval.hybrid
    if hybrid and hybrid.sparse:
        yield (
            "retrieval.hybrid.sparse is set, but on a collection words are compared by BM25; leave it out, or use a "
            "domain"
        )
    if hybrid and hybrid.normalization not in NORMALIZED_ON_A_COLLECTION:
        yield (
            f"retrieval.hybrid.normalization is {hybrid.normalization!r}, but on a collection it can be "
            f"{' or '.join(NORMALIZED_ON_A_COLLECTION)}; set one of them"
        )
    if hybrid and hybrid.combination != "arithmetic_mean":
        yield (
            f"retrieval.hybrid.combination is {hybrid.combination!r}, but on a collection it is arithmetic_mean; "
            "leave it out"
        )


def since(environment: Environment) -> Iterator[str]:
    """The engine's version must have each feature that is set."""
    retrieval, engine = environment.retrieval, environment.engine
    needs = {
        "hybrid": "hybrid" if retrieval.hybrid else None,
        "rerank": "rerank" if retrieval.rerank else None,
        "hybrid.sparse": "sparse" if retrieval.sparse else None,
        "hybrid.normalization": "z_score" if retrieval.hybrid and retrieval.hybrid.normalization == "z_score" else None,
    }
    for setting, feature in needs.items():
        if engine and feature and engine.engine_number < SINCE[feature]:
            yield (
                f"retrieval.{setting} needs OpenSearch {SINCE[feature]} or later, but search.engine_version is "
                f"{engine.engine_version!r}; set {offered(SINCE[feature])} or later, or leave it out"
            )


def reranks(environment: Environment) -> Iterator[str]:
    """The rerank model must be available in its region."""
    rerank = environment.retrieval.rerank
    if rerank is None:
        return
    region, known = rerank.region or environment.region, RERANK_REGIONS[rerank.model]
    if region is not None and region not in known and not rerank.any_region:
        named = "retrieval.rerank.region" if rerank.region else "region"
        yield (
            f"{named} is {region!r}, where Bedrock has no {rerank.model}; set retrieval.rerank.region to one that has "
            f"it ({', '.join(sorted(known))}), or retrieval.rerank.any_region to true if Amazon has added it since"
        )


def quantizes(environment: Environment) -> Iterator[str]:
    """The vector engine and its version must support the quantization."""
    search, chosen = environment.engine, environment.retrieval.quantization
    if search is None or chosen == "none":
        return
    engine, since = QUANTIZED_BY[chosen], SINCE[chosen]
    named = f"retrieval.quantization is {chosen!r}, which"
    if search.vector_engine != engine:
        other = " or ".join(name for name, by in QUANTIZED_BY.items() if by == search.vector_engine)
        yield (
            f"{named} {engine} has, but search.vector_engine is {search.vector_engine!r}; "
            f"set it to {other}, or search.vector_engine to {engine}"
        )
    if search.engine_number < since:
        yield (
            f"{named} {engine} has since OpenSearch {since}, but search.engine_version is "
            f"{search.engine_version!r}; set {offered(since)} or later, or leave it out"
        )
    fault = FAULTS.get(chosen)
    if fault and fault.has(search.engine_number):
        yield (
            f"{named} fails in OpenSearch {fault.since} to before {fault.mended} when all documents of a segment are "
            f"replaced, and takes the index with it ({fault.issue}), but search.engine_version is "
            f"{search.engine_version!r}; set fp16, or another version"
        )


def asks_again(environment: Environment) -> Iterator[str]:
    """Agentic search needs an assistant that calls an answer model with tools."""
    if environment.retrieval.agentic is None:
        return
    if environment.assistant is None:
        yield "retrieval.agentic is set, but only the assistant does this; add assistant, or leave it out"
    answer = environment.answer
    if environment.assistant and answer and answer.calls_tools and not environment.streams:
        yield (
            "retrieval.agentic is set, but the engine's pipeline answers here, and it calls no tools; set "
            "assistant.streaming to true, or leave retrieval.agentic out"
        )
    if answer is None:
        yield "retrieval.agentic is set, but no answer model can choose the searches; add answer, or leave it out"
    elif not answer.calls_tools:
        yield (
            f"retrieval.agentic is set, but {answer.shown} of answer.provider {answer.provider!r} calls no tools here; "
            "set deepseek, openai, or bedrock-converse with another model than DeepSeek-R1, or leave it out"
        )
