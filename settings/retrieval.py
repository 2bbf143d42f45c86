"""The settings of search: hybrid search, reranking, marks, smaller vectors, and agentic search."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from settings import Group
from settings.endpoint_name import EndpointName
from settings.hugging_face import HUB_MODEL
from settings.model_settings import REGION
from settings.off_value import Off

SPARSE_FIELD = "word_weights"


class Hybrid(Group):
    """Also finds passages by their words, with BM25 or the weights of `sparse`, and combines both scores.

    `words` is the weight of the words; the vectors have the remaining weight. Before the scores are combined with the
    mean `combination`, each list of scores is normalised by `normalization`.
    """

    words: float = Field(default=0.5, gt=0, lt=1)
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


class Sparse(Group):
    """A sparse encoder instead of BM25: it weighs the words of a text and related words.

    `endpoint` is an existing SageMaker endpoint in `region` (default: the environment's), which accepts `{"texts":
    […]}` and returns `[{word: weight, …}, …]`. It encodes passages and questions; another `model` creates another index
    version.
    """

    endpoint: EndpointName = Field(examples=["neural-sparse"])
    model: str = Field(
        default="opensearch-project/opensearch-neural-sparse-encoding-v2-distill",
        pattern=HUB_MODEL,
        examples=["opensearch-project/opensearch-neural-sparse-encoding-v2-distill"],
    )
    region: str | None = Field(default=None, pattern=REGION, examples=["us-west-2"])


class Rerank(Group):
    """A `model` on Bedrock that compares each candidate with the question and reorders the candidates.

    `region` is the region of the calls (default: the environment's); `any_region: true` allows a region that is not
    known to have the model.
    """

    model: Literal["cohere.rerank-v3-5:0", "amazon.rerank-v1:0"] = "cohere.rerank-v3-5:0"
    region: str | None = Field(default=None, pattern=REGION, examples=["us-west-2"])
    any_region: bool = False


class HighlightSettings(Group):
    """Marks up to `sentences` sentences of each passage that are most similar to the question. `by` is words, which the
    engine compares, or meaning, which needs a prediction of the embedding model.
    """

    by: Literal["words", "meaning"] = "words"
    sentences: int = Field(default=1, ge=1, le=5)


class Agentic(Group):
    """The answer model reads the passages of the first search, and requests further searches before the answer. It does
    this up to `rounds` times, each time with up to `searches` searches, all within `seconds`. Each round is a call of
    the answer model. For questions of several steps and for comparisons.
    """

    rounds: int = Field(default=2, ge=1, le=5)
    searches: int = Field(default=3, ge=1, le=5)
    seconds: int = Field(default=10, ge=1, le=60)


class Retrieval(Group):
    """How passages are found: by words and vectors, or with `hybrid: off` only by vectors. With `hybrid` or `rerank`,
    the best passages are chosen from `candidates` passages. The search for a follow-up includes the last
    `earlier_questions` of its conversation. `quantization` makes vectors smaller: `fp16` halves them, `byte` quarters
    them, `disk` keeps a thirty-second in memory and the rest on disk. A change of it, or of a sparse model, creates
    another index version; other changes happen in place.

    `highlight` marks the sentences that fit the question best. With `agentic` the answer model requests further
    searches.
    """

    hybrid: Annotated[Hybrid | None, Off] = None
    rerank: Rerank | None = None
    candidates: int = Field(default=20, ge=1, le=100)
    highlight: HighlightSettings | None = None
    earlier_questions: int = Field(default=1, ge=0, le=5)
    quantization: Literal["none", "fp16", "byte", "disk"] = "none"
    agentic: Agentic | None = None

    @model_validator(mode="after")
    def _candidates_are_chosen_from(self) -> Retrieval:
        if "candidates" in self.model_fields_set and not (self.hybrid or self.rerank):
            raise ValueError(
                f"candidates is {self.candidates}, but without hybrid or rerank it has no effect; leave it out, or "
                f"add hybrid"
            )
        return self

    @property
    def sparse(self) -> Sparse | None:
        """The sparse encoder, if there is one."""
        return self.hybrid.sparse if self.hybrid else None

    @property
    def sparse_field(self) -> str | None:
        """The field with the weights of words, None without a sparse encoder."""
        return SPARSE_FIELD if self.sparse else None

    @property
    def looked_at(self) -> int:
        """The number of candidates from which the best passages are chosen; 0 if there is no such choice."""
        return self.candidates if self.hybrid or self.rerank else 0

    @property
    def rescored(self) -> bool:
        """Whether the score of a hit differs from that of its vector."""
        return bool(self.hybrid or self.rerank)

    @property
    def marked_by_words(self) -> int:
        """The number of sentences that the engine's highlighter marks."""
        return self.highlight.sentences if self.highlight and self.highlight.by == "words" else 0

    @property
    def marked_by_meaning(self) -> int:
        """The number of sentences that are marked by the similarity of their vectors."""
        return self.highlight.sentences if self.highlight and self.highlight.by == "meaning" else 0
