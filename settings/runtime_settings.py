"""The settings of the assistant's functions: one JSON object in the environment variable `ASSISTANT`.

Settings of the environment file are passed unchanged; the others are known at the deploy. The settings of a model have
the class of its provider, and no other provider's module is imported.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, PlainValidator

from settings import answer, embedding
from settings.access import Access
from settings.answer import AnswerModel
from settings.calibration import FollowUpLimit
from settings.chunk_length import PASSAGE_CHARACTERS
from settings.embedding import EmbeddingModel
from settings.feedback import Feedback
from settings.guardrails import Guardrails
from settings.index import FieldName, FieldType, IndexNames
from settings.model_settings import model_class
from settings.personal_data import PersonalData
from settings.prompt import Prompt
from settings.reading import Scans
from settings.retrieval import Retrieval

VARIABLE = "ASSISTANT"
# The alias with which operators call the functions `ask` and `documents`, on a collection.
OPERATORS = "operators"
Seconds = Annotated[int | float, Field(gt=0)]


class RuntimeGroup(BaseModel):
    """A group of settings that a deploy writes as JSON."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Login(RuntimeGroup):
    """A secret with name and password of a self-managed engine; `username` and `password` are its JSON keys."""

    secretArn: str
    username: str
    password: str


class RuntimeSearch(RuntimeGroup):
    """The engine: the service `es` is a domain, or with `login` a self-managed engine; `aoss` is a collection."""

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
    """The engine's search pipeline answers; `model` is the model's name for people.

    A model that is stopped at times starts within `start_seconds`.
    """

    provider: Literal["pipeline"] = "pipeline"
    search_pipeline: str
    llm_model: str
    llm_response_field: str | None = None
    model: str
    start_seconds: int | None = None


class Memory(RuntimeGroup):
    """Conversations are in the engine's memory, from which the search pipeline that answers reads them."""

    kind: Literal["memory"]


class ConversationIndexSettings(RuntimeGroup):
    """Conversations are in the engine's index `name`."""

    kind: Literal["index"]
    name: str


class Table(RuntimeGroup):
    """Conversations are in a DynamoDB table, for `days` after their last turn; its index `callers` lists a caller's."""

    kind: Literal["table"]
    table: str
    callers: str
    days: int = Field(ge=1)


class FeedbackSettings(Feedback):
    """Feedback is in the index or the DynamoDB table `name`."""

    kind: Literal["index", "table"]
    name: str


class Limits(RuntimeGroup):
    """The limits of one request, and how its texts are split and masked."""

    question_characters: int = Field(default=2000, ge=1)
    documents: int = Field(default=100, ge=1)
    body_bytes: int = Field(default=1_000_000, ge=1)
    passage_characters: int = Field(default=PASSAGE_CHARACTERS, ge=100)
    passage_tokens: int | None = Field(default=None, ge=100)
    passage_overlap: int = Field(default=0, ge=0, le=50)
    mask: list[PersonalData] = Field(default_factory=list)


class RuntimeTimeouts(RuntimeGroup):
    """Time limits in seconds: to connect, for an embedding, for an answer, and for the pipeline's whole answer."""

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
    """The cache of answers, which are in the DynamoDB table `table` for `hours`.

    `model` is a digest of all settings of the answer models, including those that only their endpoints have.
    """

    table: str
    hours: int = Field(ge=1)
    model: str


class RuntimeAccess(Access):
    """The access settings, with the id and the name of each API key.

    `group_attribute` is the attribute of the pool with a person's groups at another identity provider.
    """

    group_attribute: str | None = None
    keys: list[tuple[str, str]] = Field(default_factory=list)


def _chosen(package: ModuleType, engines: type[RuntimeGroup]) -> Callable[[Any], Any]:
    """A validator for the settings of a model: of a provider in `package`, or of the engine (`engines`)."""

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


# These are outside the class below, in which `embedding` and `answer` are its fields and not the packages.
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
    """All settings of the functions.

    Without `answer` the sources are the answer; `models` are the models that readers may choose instead. `fields` are
    the declared fields of documents. `matches` are the minimum scores of a good and of a close match, and `follow_up`
    tells a follow-up from an unrelated question; both are None if the model has not been measured.
    """

    environment: str
    search: RuntimeSearch
    index: IndexNames
    fields: dict[FieldName, FieldType] = Field(default_factory=dict)
    top_k: int = Field(default=4, ge=1, le=50)
    min_score: float = Field(default=0.6, ge=0)
    matches: tuple[float, float] | None = None
    follow_up: FollowUpLimit | None = None
    # `model_construct` skips validation, which would build a validator here that the whole class builds again.
    retrieval: Annotated[Retrieval, PlainSerializer(_differing)] = Retrieval.model_construct()
    prompt: Prompt
    embedding: ChosenEmbedding
    answer: ChosenAnswer = None
    models: dict[str, ChosenModel] = Field(default_factory=dict)
    conversations: Annotated[Memory | ConversationIndexSettings | Table, Field(discriminator="kind")]
    access: RuntimeAccess = RuntimeAccess.model_construct()
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
        """The names of the models that a reader can choose, the default first; empty if there is no choice."""
        first = [self.answer.name] if isinstance(self.answer, AnswerModel) and self.models else []
        return [*first, *self.models]
