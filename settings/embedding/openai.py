"""OpenAI-compatible embeddings APIs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field, model_validator

from settings.chat_ends import ENDS
from settings.embedding import OPEN_MODELS, SURE, EmbeddingModel
from settings.secret import Secret

if TYPE_CHECKING:
    from settings import Environment
    from settings.end_of_life import EndOfLife

# The number of tokens that OpenAI's own models read.
TOKENS = 8191
SHORTENED = {"text-embedding-3-small": 1536, "text-embedding-3-large": 3072}


class OpenAiEmbedding(EmbeddingModel):
    """Any OpenAI-compatible embeddings API at the `path` of `host`, with its key in `secret`.

    `dimension`, the length of the vectors, is sent to models that can shorten their vectors (text-embedding-3-…).
    """

    made_by = "openai_embedding"
    caller = "openai"
    dimensions: ClassVar[Mapping[str, int]] = {**OPEN_MODELS, "text-embedding-ada-002": 1536}

    provider: Literal["openai"] = "openai"
    model: str = Field(
        default="text-embedding-3-small", pattern=r"^[A-Za-z0-9_./:-]{1,128}$", examples=["text-embedding-3-small"]
    )
    host: str = Field(default="api.openai.com", pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)+$", examples=["api.openai.com"])
    path: str = Field(default="/v1/embeddings", pattern=r"^(/[A-Za-z0-9_.~-]+)+$", examples=["/v1/embeddings"])
    secret: Secret

    @property
    def chunk_tokens(self) -> int:
        own = self.model in SHORTENED or self.model == "text-embedding-ada-002"
        return int(SURE * TOKENS) if own else super().chunk_tokens

    @property
    def key(self) -> Secret:
        return self.secret

    @property
    def url(self) -> str:
        """The URL that embeds texts."""
        return f"https://{self.host}{self.path}"

    @property
    def listed_at(self) -> tuple[str, str] | None:
        end = "/embeddings"
        return (self.host, f"{self.path.removesuffix(end)}/models") if self.path.endswith(end) else None

    @property
    def asked_dimension(self) -> int | None:
        """The dimension in a request; None for models that cannot shorten their vectors."""
        return self.dimension if self.model in SHORTENED else None

    def arguments(self, environment: Environment) -> dict[str, Any]:  # noqa: ARG002 of the interface
        return {"model": self.model, "host": self.host, "path": self.path, "dimension": self.asked_dimension}

    def ends(self) -> Iterator[tuple[str, str | None, Mapping[str, EndOfLife]]]:
        yield "embedding.model", self.model, ENDS.get(self.host, {})

    @model_validator(mode="after")
    def _not_longer(self) -> OpenAiEmbedding:
        longest = SHORTENED.get(self.model)
        if longest is not None and self.dimension > longest:
            raise ValueError(
                f"dimension is {self.dimension}, but {self.model} makes vectors of {longest} at most; "
                f"set {longest} or less"
            )
        return self
