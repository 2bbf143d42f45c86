"""What an environment says about the model that embeds."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from osml.environment.part import EnvironmentPart

DIMENSIONS = {
    "sentence-transformers/all-MiniLM-L6-v2": 384,
    "sentence-transformers/all-mpnet-base-v2": 768,
    "BAAI/bge-small-en-v1.5": 384,
    "BAAI/bge-base-en-v1.5": 768,
    "BAAI/bge-large-en-v1.5": 1024,
    "intfloat/multilingual-e5-large": 1024,
}


class Embedding(EnvironmentPart):
    """The embedding model behind a SageMaker endpoint.

    `endpoint: create` runs `model` in a Text Embeddings Inference container; any other value is the name of an
    endpoint that exists. `shape` is what the container accepts: `array`, a JSON array of strings, or `inputs`,
    `{"inputs": […]}`. `dimension` is the length of its vectors.
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
    dimension: int = Field(ge=1, le=16000)

    @property
    def creates_endpoint(self) -> bool:
        """Whether this app runs the endpoint itself."""
        return self.endpoint == "create"

    @model_validator(mode="after")
    def _dimension_of_model(self) -> Embedding:
        known = DIMENSIONS.get(self.model)
        if known is not None and known != self.dimension:
            raise ValueError(f"dimension is {self.dimension}, but {self.model} makes vectors of {known}; set {known}")
        return self

    @model_validator(mode="after")
    def _container(self) -> Embedding:
        if not self.creates_endpoint:
            return self
        if self.image is None and self.shape != "inputs":
            raise ValueError(f"shape is {self.shape!r}, but the container made here takes 'inputs'; set inputs")
        if self.image is None and self.instance_type.startswith(("ml.g", "ml.p", "ml.inf", "ml.trn")):
            raise ValueError(
                f"instance_type is {self.instance_type!r}, for which no container image is known; "
                "set image to one built for it, or instance_type to ml.c6i.xlarge"
            )
        return self
