"""The settings of the assistant's functions: one JSON object in the environment variable `ASSISTANT`. Settings of the
environment file are passed unchanged; the others are known at the deploy. A model's settings are those of its provider,
whose module alone is imported.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, PlainValidator

from settings import answer, embedding
from settings.access import Access
from settings.answer import AnswerModel
from settings.chunk_length import PASSAGE_CHARACTERS
from settings.embedding import EmbeddingModel
from settings.feedback import Feedback
from settings.guardrails import Guardrails
from settings.knowledge import FieldName, FieldType, IndexNames, Prompt
from settings.model_settings import model_class
from settings.personal_data import PersonalData
from settings.reading import Scans
from settings.retrieval import Retrieval

VARIABLE = "ASSISTANT"
# The alias of the functions `ask` and `documents` by which operators call them, on a collection.
OPERATORS = "operators"
Seconds = Annotated[int | float, Field(gt=0)]


class RuntimeGroup(BaseModel):
    """Values of a deploy, as JSON has them."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Login(RuntimeGroup):
    """A secret with name and password of a self-managed engine; `username` and `password` are its JSON keys."""

    secretArn: str
    username: str
    password: str


class RuntimeSearch(RuntimeGroup):
    """Where to search: service `es` is a domain (or an engine of one's own, with `login`), `aoss` a collection."""

    endpoint: str
    region: str
    service: Literal["es", "aoss"]
    login: Login | None = None


class EngineEmbedding(RuntimeGroup):
    """The engine embeds, with the model that the index names in its default pipelines.

    A model that is stopped at times starts within `start_seconds`.
    """

    provider: Literal["model"] = "model"
    start_seconds: int | None = None


class PipelineAnswer(RuntimeGroup):
    """The domain answers, in its search pipeline; `model` is the name to show.

    A model that is stopped at times starts within `start_seconds`.
    """

    provider: Literal["pipeline"] = "pipeline"
    search_pipeline: str
    llm_model: str
    llm_response_field: str | None = None
    model: str
    start_seconds: int | None = None


class Memory(RuntimeGroup):
    """Conversations in the engine's memory, where the search pipeline that answers reads them."""

    kind: Literal["memory"]


class ConversationIndexSettings(RuntimeGroup):
    """Conversations in the index `name` of the engine."""

    kind: Literal["index"]
    name: str


class Table(RuntimeGroup):
    """Conversations in a DynamoDB table, for `days` after their last turn; its index `callers` lists each caller's."""

    kind: Literal["table"]
    table: str
    callers: str
    days: int = Field(ge=1)


class FeedbackSettings(Feedback):
    """Feedback, in the index or the DynamoDB table `name`."""

    kind: Literal["index", "table"]
    name: str


class Limits(RuntimeGroup):
    """How much one request may bring."""

    question_characters: int = Field(default=2000, ge=1)
    documents: int = Field(default=100, ge=1)
    body_bytes: int = Field(default=1_000_000, ge=1)
    passage_characters: int = Field(default=PASSAGE_CHARACTERS, ge=100)
    passage_tokens: int | None = Field(default=None, ge=100)
    passage_overlap: int = Field(default=0, ge=0, le=50)
    mask: list[PersonalData] = Field(default_factory=list)


class RuntimeTimeouts(RuntimeGroup):
    """Seconds: to connect, for an embedding, for an answer, and for the pipeline's whole answer."""

    connection: Seconds = 5
    embedding: Seconds = 30
    answer: Seconds = 60
    rag: Seconds = 65


class RuntimeQuota(RuntimeGroup):
    """What each caller may use, counted in the DynamoDB table `table`."""

    table: str
    questions_per_day: int | None = None
    tokens_per_month: int | None = None


class RuntimeAnswerCache(RuntimeGroup):
    """Answers that are given again, for `hours`, kept in the DynamoDB table `table`.

    `model` is a digest of all settings of the model that answers, also of those that its endpoint alone knows.
    """

    table: str
    hours: int = Field(ge=1)
    model: str


class ToldAccess(Access):
    """The table of access, with id and name of each API key.

    `group_attribute` is the attribute of the pool with a person's groups at another identity provider.
    """

    group_attribute: str | None = None
    keys: list[tuple[str, str]] = Field(default_factory=list)


def _chosen(package: ModuleType, engines: type[RuntimeGroup]) -> Callable[[Any], Any]:
    """Reads a model of a provider in `package`, or the `engines` own."""

    def chosen(value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        provider = str(value.get("provider"))
        own = provider == engines.model_fields["provider"].default
        return (engines if own else model_class(package, provider)).model_validate(value)

    return chosen


def _dumped(model: EngineEmbedding | PipelineAnswer | EmbeddingModel | AnswerModel | None) -> dict[str, Any] | None:
    if model is None:
        return None
    return {"provider": model.provider, **model.model_dump(mode="json", exclude_defaults=True)}


def _differing(retrieval: Retrieval) -> dict[str, Any]:
    return retrieval.model_dump(mode="json", exclude_defaults=True)


# Not within the class below, where the names of the packages are those of its members.
ChosenEmbedding = Annotated[
    EngineEmbedding | EmbeddingModel,
    PlainValidator(_chosen(embedding, EngineEmbedding)),
    PlainSerializer(_dumped),
]
ChosenAnswer = Annotated[
    PipelineAnswer | AnswerModel | None,
    PlainValidator(_chosen(answer, PipelineAnswer)),
    PlainSerializer(_dumped),
]


ChosenModel = Annotated[
    AnswerModel,
    PlainValidator(_chosen(answer, PipelineAnswer)),
    PlainSerializer(_dumped),
]


class RuntimeSettings(RuntimeGroup):
    """All of it. Without `answer` the sources are the answer; `models` are those that readers may choose instead.

    `fields` are the declared fields of documents. From the scores of `matches` on a passage is a good and a close
    match; None where the model is not measured.
    """

    environment: str
    search: RuntimeSearch
    index: IndexNames
    fields: dict[FieldName, FieldType] = Field(default_factory=dict)
    top_k: int = Field(default=4, ge=1, le=50)
    min_score: float = Field(default=0.6, ge=0)
    matches: tuple[float, float] | None = None
    # A default that is validated would build its validator here, and the whole class builds it again.
    retrieval: Annotated[Retrieval, PlainSerializer(_differing)] = Retrieval.model_construct()
    prompt: Prompt
    embedding: ChosenEmbedding
    answer: ChosenAnswer = None
    models: dict[str, ChosenModel] = Field(default_factory=dict)
    conversations: Annotated[Memory | ConversationIndexSettings | Table, Field(discriminator="kind")]
    access: ToldAccess = ToldAccess.model_construct()
    limits: Limits = Limits.model_construct()
    uploads: str | None = None
    scans: Scans | None = None
    originals: str | None = None
    guardrails: Guardrails | None = None
    quota: RuntimeQuota | None = None
    cache: RuntimeAnswerCache | None = None
    feedback: FeedbackSettings | None = None
    prompts: str | None = None
    sharing: int | None = Field(default=None, ge=1)
    timeouts: RuntimeTimeouts = RuntimeTimeouts.model_construct()

    @property
    def choices(self) -> list[str]:
        """The names of the models that a reader chooses among, the usual one first; empty where there is no choice."""
        first = [self.answer.name] if isinstance(self.answer, AnswerModel) and self.models else []
        return [*first, *self.models]
