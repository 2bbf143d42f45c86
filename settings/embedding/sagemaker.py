"""The embedding model behind a SageMaker endpoint, which this app creates or which exists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field, model_validator

from settings.embedding import OPEN_MODELS, EmbeddingModel
from settings.endpoint_name import CREATE, EndpointName, EndpointOrCreate
from settings.hugging_face import HUB_MODEL, REVISION, REVISION_EXAMPLE, REVISIONS
from settings.model_scaling import ModelScaling, start_seconds
from settings.model_settings import REGION

if TYPE_CHECKING:
    from settings import Environment

# The time in which the container must load the model.
LOAD_SECONDS = 600
# The beginnings of the names of instance types with accelerators.
ACCELERATED = ("ml.g", "ml.p", "ml.inf", "ml.trn")


class SageMakerEmbedding(EmbeddingModel):
    """The embedding model of a SageMaker endpoint.

    `endpoint: create` runs `model` in a Text Embeddings Inference container; any other value is the name of an existing
    endpoint, with its inference `component`, if any, in `region` (default: the domain's). `revision` is the model's
    commit on the hub (default: that of `settings/hugging_face.py`, or the newest). `shape` is the container's input:
    `array`, a JSON array of strings, or `inputs`, `{"inputs": […]}`. With `scaling` the number of copies follows the
    calls. A new endpoint runs on `instances` of `instance_type`. `image` is another container image.
    """

    made_by = "sagemaker_embedding"
    caller = "sagemaker"
    service = "sagemaker.runtime"
    dimensions: ClassVar[Mapping[str, int]] = OPEN_MODELS

    provider: Literal["sagemaker"] = "sagemaker"
    endpoint: EndpointOrCreate = Field(
        default=CREATE,
        examples=["create", "all-minilm-l6-v2"],
    )
    model: str = Field(
        default="sentence-transformers/all-MiniLM-L6-v2",
        pattern=HUB_MODEL,
        examples=["sentence-transformers/all-MiniLM-L6-v2"],
    )
    revision: str | None = Field(default=None, pattern=REVISION, examples=[REVISION_EXAMPLE])
    instance_type: str = Field(
        default="ml.c6i.xlarge", pattern=r"^ml\.[a-z0-9-]+\.[a-z0-9]+$", examples=["ml.c6i.xlarge"]
    )
    instances: int = Field(default=1, ge=1, le=50)
    scaling: ModelScaling | None = None
    image: str | None = Field(
        default=None,
        pattern=r"^[0-9]{12}\.dkr\.ecr\.[a-z0-9-]+\.[a-z0-9.-]+/[a-z0-9._/-]+[:@][A-Za-z0-9_.:-]+$",
        examples=["683313688378.dkr.ecr.us-east-1.amazonaws.com/tei-cpu:2.0.1-tei1.7.0-cpu-py310-ubuntu22.04"],
    )
    shape: Literal["array", "inputs"] = "inputs"
    component: EndpointName | None = Field(default=None, examples=["all-minilm-l6-v2"])
    region: str | None = Field(default=None, pattern=REGION, examples=["us-east-1"])

    @property
    def creates_endpoint(self) -> bool:
        """Whether this app creates and runs the endpoint."""
        return self.endpoint == CREATE

    @property
    def commit(self) -> str | None:
        """The commit of the model that a new endpoint loads; None for the newest at each start."""
        return (self.revision or REVISIONS.get(self.model)) if self.creates_endpoint else None

    @property
    def accelerators(self) -> int:
        """The number of accelerators of an instance that a copy needs."""
        return 1 if self.instance_type.startswith(ACCELERATED) else 0

    @property
    def stops(self) -> bool:
        return self.scaling is not None and self.scaling.stops

    @property
    def start_seconds(self) -> int:
        return start_seconds(LOAD_SECONDS)

    def arguments(self, environment: Environment) -> dict[str, Any]:  # noqa: ARG002 of the interface
        # Another revision may make different vectors, so it is a part of the model's name.
        model = f"{self.model}@{self.commit}" if self.commit else self.model
        return {"model": model, "shape": self.shape}

    def for_runtime(self, environment: Environment) -> SageMakerEmbedding:
        return SageMakerEmbedding(
            endpoint=environment.endpoint_name,
            # A component that this app creates has the name of its endpoint.
            component=environment.endpoint_name if self.scaling else self.component,
            model=self.model,
            dimension=self.dimension,
            shape=self.shape,
            region=self.region,
        )

    @model_validator(mode="after")
    def _container(self) -> SageMakerEmbedding:
        if not self.creates_endpoint:
            if self.revision is not None:
                raise ValueError(
                    f"revision is of an endpoint made here, but endpoint is {self.endpoint!r}; leave revision out"
                )
            if self.scaling is not None:
                raise ValueError(
                    f"scaling is of an endpoint made here, but endpoint is {self.endpoint!r}; leave scaling out"
                )
            return self
        if self.component is not None:
            raise ValueError("component is a setting for an existing endpoint, but endpoint is 'create'; leave it out")
        if self.scaling is not None and self.instances != 1:
            raise ValueError(f"instances is {self.instances}, but scaling sets the number of instances; leave it out")
        if self.image is None and self.shape != "inputs":
            raise ValueError(f"shape is {self.shape!r}, but the new container accepts 'inputs'; set inputs")
        if self.image is None and self.accelerators:
            raise ValueError(
                f"instance_type is {self.instance_type!r}, for which no container image is known; set image to one "
                f"that is built for it, or instance_type to ml.c6i.xlarge"
            )
        if self.region is not None:
            raise ValueError(
                f"region is {self.region!r}, but a new endpoint is in the environment's region; leave region out, or "
                f"set endpoint to the name of an existing one there"
            )
        return self
