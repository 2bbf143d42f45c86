"""What an environment says about the model that embeds: one group of settings for each `embedding.provider`."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field, model_validator

from osml.environment.bedrock_model import REGIONS
from osml.environment.part import EnvironmentPart
from osml.environment.secret import Secret

DIMENSIONS = {
    "sentence-transformers/all-MiniLM-L6-v2": 384,
    "sentence-transformers/all-mpnet-base-v2": 768,
    "BAAI/bge-small-en-v1.5": 384,
    "BAAI/bge-base-en-v1.5": 768,
    "BAAI/bge-large-en-v1.5": 1024,
    "intfloat/multilingual-e5-large": 1024,
    "amazon.titan-embed-text-v1": 1536,
    "cohere.embed-english-v3": 1024,
    "cohere.embed-multilingual-v3": 1024,
    "text-embedding-ada-002": 1536,
}
BUILT_IN_SINCE = (2, 13)
TITAN_V2: Final = "amazon.titan-embed-text-v2:0"
TITAN_V2_DIMENSIONS = (256, 512, 1024)
SHORTENED = {"text-embedding-3-small": 1536, "text-embedding-3-large": 3072}
REGION = r"^[a-z]{2}(-[a-z]+)+-\d$"
# How many connections a connector may open, and so how many calls at once.
CONNECTIONS = 100


class EmbeddingModel(EnvironmentPart):
    """What all providers share. `dimension` is the length of the model's vectors."""

    model: str
    dimension: int = Field(ge=1, le=16000)

    @model_validator(mode="after")
    def _dimension_of_model(self) -> EmbeddingModel:
        known = DIMENSIONS.get(self.model)
        if known is not None and known != self.dimension:
            raise ValueError(f"dimension is {self.dimension}, but {self.model} makes vectors of {known}; set {known}")
        return self

    def refuse_batch(self, size: int) -> str | None:
        """Why `index.batch_size` cannot be `size`, in half a sentence with its fix; None when it can."""

    def refuse_region(self, home: str | None) -> str | None:
        """Why the model cannot be called from the region `home`, None when it can or `home` is not known."""

    def refuse_engine(self, engine: tuple[int, int]) -> str | None:
        """Why an engine of that version cannot call the model, None when it can."""


class SageMakerEmbedding(EmbeddingModel):
    """The embedding model behind a SageMaker endpoint.

    `endpoint: create` runs `model` in a Text Embeddings Inference container; any other value is the name of an
    endpoint that exists, in `region` unless it is the domain's. `shape` is what the container accepts: `array`, a
    JSON array of strings, or `inputs`, `{"inputs": […]}`.
    """

    provider: Literal["sagemaker"] = "sagemaker"
    endpoint: str = Field(
        default="create",
        pattern=r"^[A-Za-z0-9](-*[A-Za-z0-9]){0,62}$",
        examples=["create", "all-minilm-l6-v2"],
    )
    model: str = Field(default="sentence-transformers/all-MiniLM-L6-v2", pattern=r"^[\w.-]+/[\w.-]+$")
    instance_type: str = Field(
        default="ml.c6i.xlarge", pattern=r"^ml\.[a-z0-9-]+\.[a-z0-9]+$", examples=["ml.c6i.xlarge"]
    )
    instances: int = Field(default=1, ge=1, le=50)
    image: str | None = Field(
        default=None,
        pattern=r"^\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(\.cn)?/[a-z0-9._/-]+[:@][\w.:-]+$",
        examples=["683313688378.dkr.ecr.us-east-1.amazonaws.com/tei-cpu:2.0.1-tei1.7.0-cpu-py310-ubuntu22.04"],
    )
    shape: Literal["array", "inputs"] = "inputs"
    region: str | None = Field(default=None, pattern=REGION, examples=["us-east-1"])

    @property
    def creates_endpoint(self) -> bool:
        """Whether this app runs the endpoint itself."""
        return self.endpoint == "create"

    @model_validator(mode="after")
    def _container(self) -> SageMakerEmbedding:
        if not self.creates_endpoint:
            return self
        if self.image is None and self.shape != "inputs":
            raise ValueError(f"shape is {self.shape!r}, but the container made here takes 'inputs'; set inputs")
        if self.image is None and self.instance_type.startswith(("ml.g", "ml.p", "ml.inf", "ml.trn")):
            raise ValueError(
                f"instance_type is {self.instance_type!r}, for which no container image is known; "
                "set image to one built for it, or instance_type to ml.c6i.xlarge"
            )
        if self.region is not None:
            raise ValueError(
                f"region is {self.region!r}, but an endpoint made here is in the environment's region; "
                "leave region out, or set endpoint to the name of one that exists there"
            )
        return self


class BedrockEmbedding(EmbeddingModel):
    """What Bedrock's models share. `region` is where the model is called, the environment's unless set.

    `any_region: true` lets a region pass in which the model is not known to be.
    """

    region: str | None = Field(default=None, pattern=REGION, examples=["us-east-1"])
    any_region: bool = False

    def refuse_region(self, home: str | None) -> str | None:
        region, known = self.region or home, REGIONS.get(self.model)
        if region is None or known is None or region in known or self.any_region:
            return None
        area = region[: region.index("-", 3)] if "-gov-" in region else region[:2]
        near = sorted(one for one in known if one.startswith(area) and ("-gov-" in one) is ("-gov-" in region))
        named = "embedding.region" if self.region else "region"
        return (
            f"{named} is {region!r}, where Bedrock has no {self.model}; set embedding.region to one that has it "
            f"({', '.join((near or sorted(known))[:4])}), or embedding.any_region to true if Amazon has added it since"
        )


class TitanEmbedding(BedrockEmbedding):
    """Amazon Titan text embeddings on Bedrock. `normalize` is for v2: vectors of length 1.

    `functions` are what turns a text into Titan's request and its answer into a vector: `built-in` ones of
    OpenSearch 2.13 or later, `painless` scripts for earlier ones, `auto` by search.engine_version. The scripts also
    embed texts that the built-in functions cannot: a text that is itself a JSON object or array, or that names a
    parameter of the connector, such as `${parameters.region}`.
    """

    provider: Literal["titan"] = "titan"
    model: Literal["amazon.titan-embed-text-v2:0", "amazon.titan-embed-text-v1"] = TITAN_V2
    normalize: bool = True
    functions: Literal["auto", "built-in", "painless"] = "auto"

    def scripted(self, engine: tuple[int, int]) -> bool:
        """Whether an engine of that version gets the Painless functions."""
        return self.functions == "painless" or (self.functions == "auto" and engine < BUILT_IN_SINCE)

    def refuse_engine(self, engine: tuple[int, int]) -> str | None:
        if self.functions != "built-in" or engine >= BUILT_IN_SINCE:
            return None
        return "embedding.functions is 'built-in', which OpenSearch has since 2.13; set auto or painless"

    @model_validator(mode="after")
    def _of_version(self) -> TitanEmbedding:
        if self.model == TITAN_V2:
            if self.dimension not in TITAN_V2_DIMENSIONS:
                raise ValueError(
                    f"dimension is {self.dimension}, but {self.model} makes vectors of 256, 512 or 1024; "
                    "set one of them"
                )
        elif not self.normalize:
            raise ValueError(f"normalize is false, but {self.model} has no such choice; leave it out")
        return self

    def refuse_batch(self, size: int) -> str | None:
        if size <= CONNECTIONS:
            return None
        return (
            f"and Titan takes one text a call, which makes {size} calls at once, but a connector has {CONNECTIONS} "
            f"connections; set {CONNECTIONS} or less"
        )


class CohereEmbedding(BedrockEmbedding):
    """Cohere's text embeddings v3 on Bedrock. A text of more than 2048 characters is refused by Bedrock.

    `truncate` is what is cut off a text of more than 512 tokens: its START, its END, or nothing (NONE), which
    refuses the text. `input_type` goes with every text, documents and questions alike: a connector knows no
    difference between them.
    """

    provider: Literal["cohere"] = "cohere"
    model: Literal["cohere.embed-english-v3", "cohere.embed-multilingual-v3"] = "cohere.embed-english-v3"
    truncate: Literal["NONE", "START", "END"] = "END"
    input_type: Literal["search_document", "search_query", "classification", "clustering"] = "search_document"

    def refuse_batch(self, size: int) -> str | None:
        return None if size <= 96 else "but Cohere takes 96 texts a call at most; set 96 or less"


class OpenAiEmbedding(EmbeddingModel):
    """Any embeddings API of the OpenAI kind at `https://<host><path>`, with its key in `secret`.

    `dimension` is sent along to models that can shorten their vectors (text-embedding-3-…).
    """

    provider: Literal["openai"] = "openai"
    model: str = Field(
        default="text-embedding-3-small", pattern=r"^[\w./:-]{1,128}$", examples=["text-embedding-3-small"]
    )
    host: str = Field(default="api.openai.com", pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)+$", examples=["api.openai.com"])
    path: str = Field(default="/v1/embeddings", pattern=r"^(/[\w.~-]+)+$", examples=["/v1/embeddings"])
    secret: Secret

    @property
    def shortens(self) -> bool:
        """Whether the model makes shorter vectors when asked to."""
        return self.model in SHORTENED

    @model_validator(mode="after")
    def _not_longer(self) -> OpenAiEmbedding:
        longest = SHORTENED.get(self.model)
        if longest is not None and self.dimension > longest:
            raise ValueError(
                f"dimension is {self.dimension}, but {self.model} makes vectors of {longest} at most; "
                f"set {longest} or less"
            )
        return self


Embedding = Annotated[
    SageMakerEmbedding | TitanEmbedding | CohereEmbedding | OpenAiEmbedding, Field(discriminator="provider")
]
