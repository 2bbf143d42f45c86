"""What an environment says about how passages are found: by words, too, ranked anew, from smaller vectors."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from osml.environment.assistant import Assistant
from osml.environment.embedding import REGION
from osml.environment.part import EnvironmentPart
from osml.environment.search import Engine, Search

# https://docs.aws.amazon.com/bedrock/latest/userguide/rerank-supported.html; Amazon adds regions.
RERANK_REGIONS = {
    "cohere.rerank-v3-5:0": frozenset({"ap-northeast-1", "ca-central-1", "eu-central-1", "us-east-1", "us-west-2"}),
    "amazon.rerank-v1:0": frozenset({"ap-northeast-1", "ca-central-1", "eu-central-1", "us-west-2"}),
}
# Since 2.12 neural_query_enricher finds the neural query within a hybrid one.
HYBRID_SINCE, RERANK_SINCE, SPARSE_SINCE, Z_SCORE_SINCE = (2, 12), (2, 12), (2, 13), (3, 0)
SPARSE_FIELD = "word_weights"
# https://docs.opensearch.org/latest/vector-search/optimizing-storage/
QUANTIZED_BY = {"fp16": ("faiss", (2, 13)), "byte": ("lucene", (2, 16)), "disk": ("faiss", (2, 17))}


class Hybrid(EnvironmentPart):
    """Passages are found by their words, too, by BM25 or the weights of `sparse`; both scores become one.

    `words` is the weight of the words, the rest that of the meaning.
    """

    words: float = Field(default=0.3, gt=0, lt=1)
    sparse: Sparse | None = None
    normalization: Literal["min_max", "l2", "z_score"] = "min_max"
    combination: Literal["arithmetic_mean", "geometric_mean", "harmonic_mean"] = "arithmetic_mean"

    @model_validator(mode="after")
    def _combines(self) -> Hybrid:
        if self.normalization == "z_score" and self.combination != "arithmetic_mean":
            raise ValueError(
                f"combination is {self.combination!r}, but z-scores have an arithmetic mean only; "
                "set arithmetic_mean, or normalization to min_max"
            )
        return self


class Sparse(EnvironmentPart):
    """A sparse encoder in the place of BM25: it weighs the words of a text, and words that are related to them.

    `endpoint` is a SageMaker endpoint that exists, in `region` unless it is the environment's, which takes
    `{"texts": […]}` and answers `[{word: weight, …}, …]`. It encodes passages and questions; another `model` makes
    another generation of the index.
    """

    endpoint: str = Field(pattern=r"^[A-Za-z0-9](-*[A-Za-z0-9]){0,62}$", examples=["neural-sparse"])
    model: str = Field(
        default="opensearch-project/opensearch-neural-sparse-encoding-v2-distill", pattern=r"^[\w.-]+/[\w.-]+$"
    )
    region: str | None = Field(default=None, pattern=REGION, examples=["us-west-2"])


class Rerank(EnvironmentPart):
    """A model on Bedrock that reads each candidate beside the question and orders them anew.

    `region` is where it is called, the environment's unless set; `any_region: true` lets a region pass in which the
    model is not known to be.
    """

    model: Literal["cohere.rerank-v3-5:0", "amazon.rerank-v1:0"] = "cohere.rerank-v3-5:0"
    region: str | None = Field(default=None, pattern=REGION, examples=["us-west-2"])
    any_region: bool = False

    def refuse_region(self, home: str | None) -> str | None:
        """Why the model cannot be called from the region `home`, None when it can or `home` is not known."""
        region, known = self.region or home, RERANK_REGIONS[self.model]
        if region is None or region in known or self.any_region:
            return None
        named = "retrieval.rerank.region" if self.region else "region"
        return (
            f"{named} is {region!r}, where Bedrock has no {self.model}; set retrieval.rerank.region to one that has it "
            f"({', '.join(sorted(known))}), or retrieval.rerank.any_region to true if Amazon has added it since"
        )


class Highlight(EnvironmentPart):
    """Up to so many `sentences` of each passage are marked that are near to the question.

    `by` words, which the engine compares, or by meaning, which costs a prediction of the embedding model.
    """

    by: Literal["words", "meaning"] = "words"
    sentences: int = Field(default=1, ge=1, le=5)


class Retrieval(EnvironmentPart):
    """How passages are found; without any of it by the nearness of their vectors, as the model made them.

    With `hybrid` or `rerank` that many `candidates` are looked at before the best are chosen. A follow-up is searched
    together with the last `earlier_questions` of its conversation. `quantization` makes the vectors smaller: `fp16`
    halves them, `byte` quarters them, `disk` leaves a thirty-second in memory and the rest on disk. Changing it, or a
    sparse model, makes another generation of the index; all else changes in place.
    """

    hybrid: Hybrid | None = None
    rerank: Rerank | None = None
    candidates: int = Field(default=20, ge=1, le=100)
    highlight: Highlight | None = None
    earlier_questions: int = Field(default=1, ge=0, le=5)
    quantization: Literal["none", "fp16", "byte", "disk"] = "none"

    @model_validator(mode="after")
    def _candidates_are_chosen_from(self) -> Retrieval:
        if "candidates" in self.model_fields_set and not (self.hybrid or self.rerank):
            raise ValueError(
                f"candidates is {self.candidates}, but without hybrid or rerank nothing is chosen from them; "
                "leave it out, or add hybrid"
            )
        return self

    @property
    def sparse(self) -> Sparse | None:
        """The sparse encoder, if there is one."""
        return self.hybrid.sparse if self.hybrid else None

    @property
    def asked(self) -> dict[str, object]:
        """How the index is asked, as command line and assistant are told; empty for vectors alone, none marked."""
        told: dict[str, object] = {}
        if self.earlier_questions != self.__class__.model_fields["earlier_questions"].default:
            told["earlier_questions"] = self.earlier_questions
        if self.highlight:
            told |= {"highlight": self.highlight.sentences, "highlight_by": self.highlight.by}
        if not (self.hybrid or self.rerank):
            return told
        told |= {"hybrid": bool(self.hybrid), "rerank": bool(self.rerank), "candidates": self.candidates}
        return told | ({"sparse_field": SPARSE_FIELD} if self.sparse else {})


def retrieval_fault(
    retrieval: Retrieval, search: Search, assistant: Assistant | None, region: str | None
) -> str | None:
    """What does not fit, as a sentence; None when all does."""
    if not isinstance(search, Engine):
        chosen = sorted(retrieval.model_fields_set)
        return (
            f"retrieval.{chosen[0]} is set, but a collection has no search pipelines and chooses its vectors' size; "
            "leave it out, or search a domain"
            if chosen
            else None
        )
    return (
        _version(retrieval, search)
        or (retrieval.rerank.refuse_region(region) if retrieval.rerank else None)
        or _quantization(retrieval, search)
        or _least_score(retrieval, assistant)
    )


def _version(retrieval: Retrieval, search: Engine) -> str | None:
    needs = {
        "hybrid": HYBRID_SINCE if retrieval.hybrid else (0, 0),
        "rerank": RERANK_SINCE if retrieval.rerank else (0, 0),
        "hybrid.sparse": SPARSE_SINCE if retrieval.sparse else (0, 0),
        "hybrid.normalization": Z_SCORE_SINCE
        if retrieval.hybrid and retrieval.hybrid.normalization == "z_score"
        else (0, 0),
    }
    for setting, (major, minor) in needs.items():
        if search.engine_number < (major, minor):
            return (
                f"retrieval.{setting} needs OpenSearch {major}.{minor} or later, but search.engine_version is "
                f"{search.engine_version!r}; set OpenSearch_{major}.{minor} or later, or leave it out"
            )
    return None


def _quantization(retrieval: Retrieval, search: Engine) -> str | None:
    if retrieval.quantization == "none":
        return None
    engine, (major, minor) = QUANTIZED_BY[retrieval.quantization]
    named = f"retrieval.quantization is {retrieval.quantization!r}, which"
    if search.vector_engine != engine:
        other = " or ".join(one for one, (by, _) in QUANTIZED_BY.items() if by == search.vector_engine)
        return (
            f"{named} {engine} has, but search.vector_engine is {search.vector_engine!r}; "
            f"set it to {other}, or search.vector_engine to {engine}"
        )
    if search.engine_number < (major, minor):
        return (
            f"{named} {engine} has since OpenSearch {major}.{minor}, but search.engine_version is "
            f"{search.engine_version!r}; set OpenSearch_{major}.{minor} or later, or leave it out"
        )
    return None


def _least_score(retrieval: Retrieval, assistant: Assistant | None) -> str | None:
    """Normalized scores say which passage is the best of those found, not whether it is any good."""
    if retrieval.hybrid is None or retrieval.rerank or assistant is None or assistant.min_score == 0:
        return None
    return (
        f"assistant.min_score is {assistant.min_score}, but scores of retrieval.hybrid are relative to the best "
        "passage found, so that it would refuse nothing; set assistant.min_score to 0, or add retrieval.rerank, "
        "whose scores are of the passage alone"
    )
