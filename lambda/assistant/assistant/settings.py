"""What the functions are told: one JSON object in the environment variable `ASSISTANT`."""

import os
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

VARIABLE = "ASSISTANT"


class _Given(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Login(_Given):
    """A secret with name and password of a self-managed engine; `username` and `password` are its JSON keys."""

    secretArn: str
    username: str
    password: str


class Search(_Given):
    """Where to search: service `es` is a domain (or an engine of one's own, with `login`), `aoss` a collection."""

    endpoint: str
    region: str
    service: Literal["es", "aoss"]
    login: Login | None = None


class Index(_Given):
    """The index and its two fields that have no fixed names."""

    name: str
    text_field: str
    embedding_field: str


class Retrieval(_Given):
    """How the index's search pipeline expects to be asked; on a collection there is none.

    `hybrid` by words, too, by their weights in `sparse_field` if there is one; `rerank` with the question beside the
    query. `candidates` passages are looked at before the best are chosen, no more than are wanted if 0. So many
    sentences of each passage as `highlight` are named that are nearest to the question, in words or in meaning. A
    follow-up is searched together with the last `earlier_questions` of its conversation.
    """

    hybrid: bool = False
    rerank: bool = False
    sparse_field: str | None = None
    candidates: int = Field(default=0, ge=0)
    highlight: int = Field(default=0, ge=0)
    highlight_by: Literal["words", "meaning"] = "words"
    earlier_questions: int = Field(default=1, ge=0)

    @property
    def marked_by_words(self) -> int:
        """How many sentences the engine's highlighter marks."""
        return self.highlight if self.highlight_by == "words" else 0

    @property
    def marked_by_meaning(self) -> int:
        """How many sentences are marked by the nearness of their vectors."""
        return self.highlight if self.highlight_by == "meaning" else 0


class Prompt(_Given):
    """What the model is told before the passages."""

    system: str
    instructions: str


class Key(_Given):
    """A provider's key: the secret's ARN and the JSON key in it."""

    arn: str
    key: str


class EngineEmbedding(_Given):
    """The engine embeds, with the model that the index names in its default pipelines."""

    provider: Literal["model"]


class SageMakerEmbedding(_Given):
    """An endpoint that takes a JSON array of texts, or an object with `inputs`."""

    provider: Literal["sagemaker"]
    endpoint: str
    region: str | None = None
    shape: Literal["array", "inputs"]


class TitanEmbedding(_Given):
    """Titan on Bedrock: version 1 has one dimension, 1536; version 2 takes `dimension`."""

    provider: Literal["titan"]
    model: str
    region: str | None = None
    dimension: int | None = None
    version: Literal[1, 2]


class CohereEmbedding(_Given):
    """Cohere on Bedrock."""

    provider: Literal["cohere"]
    model: str
    region: str | None = None


class OpenAiEmbedding(_Given):
    """OpenAI's embeddings API at `url`."""

    provider: Literal["openai"]
    url: str
    model: str
    dimension: int | None = None
    secret: Key


class PipelineAnswer(_Given):
    """The domain answers, in its search pipeline; `model` is the name to show."""

    provider: Literal["pipeline"]
    search_pipeline: str
    llm_model: str
    llm_response_field: str | None = None
    model: str


class DeepSeekAnswer(_Given):
    """DeepSeek's chat API at `url`."""

    provider: Literal["deepseek"]
    url: str
    model: str
    secret: Key
    temperature: float | None = None
    max_tokens: int | None = None


class OpenAiAnswer(_Given):
    """An OpenAI-compatible chat API at `url`; `token_limit` is the field that `max_tokens` goes into."""

    provider: Literal["openai"]
    url: str
    model: str
    secret: Key
    temperature: float | None = None
    max_tokens: int | None = None
    token_limit: str = "max_tokens"  # noqa: S105 - the name of a field


class SageMakerAnswer(_Given):
    """DeepSeek-R1 on an endpoint; `component` is its inference component, if it has any."""

    provider: Literal["sagemaker"]
    endpoint: str
    region: str | None = None
    component: str | None = None
    temperature: float
    top_p: float
    max_tokens: int


class BedrockAnswer(_Given):
    """DeepSeek-R1 on Bedrock by InvokeModel: the managed profile, or an imported model."""

    provider: Literal["bedrock"]
    model: str
    region: str | None = None
    imported: bool
    temperature: float
    top_p: float
    max_tokens: int


class ConverseAnswer(_Given):
    """Any model on Bedrock by Converse."""

    provider: Literal["bedrock-converse"]
    model: str
    region: str | None = None
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None


class Memory(_Given):
    """Conversations in the engine's memory."""

    kind: Literal["memory"]


class Table(_Given):
    """Conversations in a DynamoDB table, for `days` after their last turn."""

    kind: Literal["table"]
    table: str
    days: int = Field(ge=1)


class Limits(_Given):
    """How much one request may bring."""

    question_characters: int = Field(default=2000, ge=1)
    documents: int = Field(default=100, ge=1)
    body_bytes: int = Field(default=1_000_000, ge=1)
    passage_characters: int = Field(default=1000, ge=100)


class Timeouts(_Given):
    """Seconds: to connect, for an embedding, for an answer, and for the pipeline's whole answer."""

    connection: float = Field(default=5, gt=0)
    embedding: float = Field(default=30, gt=0)
    answer: float = Field(default=60, gt=0)
    rag: float = Field(default=65, gt=0)


Embedding = EngineEmbedding | SageMakerEmbedding | TitanEmbedding | CohereEmbedding | OpenAiEmbedding
AnswerModel = PipelineAnswer | DeepSeekAnswer | OpenAiAnswer | SageMakerAnswer | BedrockAnswer | ConverseAnswer


class Settings(_Given):
    """All of it. Without `answer` the sources are the answer."""

    environment: str
    search: Search
    index: Index
    top_k: int = Field(default=4, ge=1, le=50)
    min_score: float = Field(default=0.6, ge=0)
    retrieval: Retrieval = Retrieval()
    prompt: Prompt
    embedding: Annotated[Embedding, Field(discriminator="provider")]
    answer: Annotated[AnswerModel, Field(discriminator="provider")] | None = None
    conversations: Annotated[Memory | Table, Field(discriminator="kind")]
    limits: Limits = Limits()
    timeouts: Timeouts = Timeouts()


def from_environment() -> Settings:
    """Read `ASSISTANT`; raises `ValueError` (pydantic's) that names the wrong setting."""
    return Settings.model_validate_json(os.environ.get(VARIABLE, ""))
