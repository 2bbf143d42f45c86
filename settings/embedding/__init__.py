"""Embedding models: one module for each `embedding.provider`, found automatically."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field, model_validator

from settings.calibration import CALIBRATED, Calibration
from settings.model_settings import ModelSettings

if TYPE_CHECKING:
    from settings import Environment

# The maximum number of connections of a connector, and therefore of its calls at once.
CONNECTIONS = 100
# The length of the vectors of open-weight models, whoever serves them.
OPEN_MODELS = {
    "sentence-transformers/all-MiniLM-L6-v2": 384,
    "sentence-transformers/all-mpnet-base-v2": 768,
    "BAAI/bge-small-en-v1.5": 384,
    "BAAI/bge-base-en-v1.5": 768,
    "BAAI/bge-large-en-v1.5": 1024,
    "intfloat/multilingual-e5-large": 1024,
}
# The number of tokens that these models read of a text; they ignore the rest without an error.
OPEN_TOKENS = {
    "sentence-transformers/all-MiniLM-L6-v2": 256,
    "sentence-transformers/all-mpnet-base-v2": 384,
    "BAAI/bge-small-en-v1.5": 512,
    "BAAI/bge-base-en-v1.5": 512,
    "BAAI/bge-large-en-v1.5": 512,
    "intfloat/multilingual-e5-large": 512,
}
# Models with BERT's vocabulary, with which the tokens of chunks are counted. For other models this count is an
# estimate, so a tenth of the tokens that they read is kept free.
COUNTED = frozenset(OPEN_TOKENS) - {"intfloat/multilingual-e5-large"}
SURE = 0.9


class EmbeddingModel(ModelSettings):
    """The common settings of all providers. `dimension` is the length of the model's vectors.

    A call takes at most `texts_a_call` texts, each with at most `characters`; None means no limit. A model reads
    `tokens` of a text; the default is the least number of the open models. `model` is the model's name at its provider.
    """

    dimensions: ClassVar[Mapping[str, int]] = {}
    texts_a_call: ClassVar[int | None] = None
    characters: ClassVar[int | None] = None
    tokens: ClassVar[int] = min(OPEN_TOKENS.values())

    provider: str
    model: str
    dimension: int = Field(ge=1, le=16000)

    @model_validator(mode="after")
    def _dimension_of_model(self) -> EmbeddingModel:
        known = self.dimensions.get(self.model)
        if known is not None and known != self.dimension:
            raise ValueError(f"dimension is {self.dimension}, but {self.model} makes vectors of {known}; set {known}")
        return self

    @property
    def chunk_tokens(self) -> int:
        """The maximum tokens of a chunk, counted with BERT's vocabulary; the model reads that many."""
        read = OPEN_TOKENS.get(self.model, self.tokens)
        return read if self.model in COUNTED else int(SURE * read)

    @property
    def calibration(self) -> Calibration | None:
        """The measured similarities of this model, None if nobody has measured them."""
        return CALIBRATED.get(self.model)

    @property
    def shown(self) -> str:
        return self.model

    def faults(self, environment: Environment) -> Iterator[str]:
        size, texts = environment.index.batch_size, self.texts_a_call
        if texts == 1 and size > CONNECTIONS:
            yield (
                f"index.batch_size is {size}, and {self._who} accepts one text per call, which means {size} calls at "
                f"once, but a connector has {CONNECTIONS} connections; set {CONNECTIONS} or less"
            )
        if texts is not None and 1 < texts < size:
            yield (
                f"index.batch_size is {size}, but {self._who} takes {texts} texts per call at most; set {texts} or less"
            )
        assistant, most = environment.assistant, self.characters
        if assistant is not None and most is not None and assistant.passage_characters > most:
            yield (
                f"assistant.passage_characters is {assistant.passage_characters}, but {self._who} takes texts of "
                f"{most} characters at most; set {most} or less"
            )

    @property
    def _who(self) -> str:
        return self.provider.title()
