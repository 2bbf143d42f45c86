"""Answers from DeepSeek-R1 distill on SageMaker: an endpoint that this app runs, or one that exists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, model_validator

from settings.answer import AnswerModel
from settings.end_of_life import EndOfLife
from settings.endpoint_name import CREATE, EndpointName, EndpointOrCreate
from settings.hugging_face import HUB_MODEL, REVISION, REVISION_EXAMPLE, REVISIONS
from settings.model_scaling import ModelScaling, start_seconds
from settings.model_settings import REGION
from settings.schedule import Cron, TimeZone

if TYPE_CHECKING:
    from settings import Environment

INVOCATION_SECONDS = 60
# Settings that are only for an existing endpoint (FOUND), or only for a new one (MADE).
FOUND = ("component", "region")
MADE = (
    "size",
    "model",
    "revision",
    "model_data",
    "container",
    "image",
    "instance_type",
    "gpus",
    "instances",
    "scaling",
)
# The ends of life of containers, by their kind. Text Generation Inference has been archived since that day, and gets no
# fixes.
ENDS = {"tgi": EndOfLife(date(2026, 3, 21), "https://github.com/huggingface/text-generation-inference")}
GPUS = {
    "ml.g5.2xlarge": 1,
    "ml.g5.12xlarge": 4,
    "ml.g5.48xlarge": 8,
    "ml.g6.xlarge": 1,
    "ml.g6.2xlarge": 1,
    "ml.g6.4xlarge": 1,
    "ml.g6.8xlarge": 1,
    "ml.g6.12xlarge": 4,
    "ml.g6.24xlarge": 4,
    "ml.g6.48xlarge": 8,
    "ml.g6e.2xlarge": 1,
    "ml.g6e.12xlarge": 4,
    "ml.g6e.48xlarge": 8,
    "ml.p4d.24xlarge": 8,
    "ml.p5.48xlarge": 8,
}


@dataclass(frozen=True)
class Size:
    """One size of the model: its name on the hub, the instance type for it, and the seconds that it needs to load."""

    model: str
    instance_type: str
    health_check_seconds: int


SIZES = {
    "1.5B": Size("deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B", "ml.g6.2xlarge", 600),
    "7B": Size("deepseek-ai/DeepSeek-R1-Distill-Qwen-7B", "ml.g6.2xlarge", 900),
    "8B": Size("deepseek-ai/DeepSeek-R1-Distill-Llama-8B", "ml.g6.2xlarge", 900),
    "14B": Size("deepseek-ai/DeepSeek-R1-Distill-Qwen-14B", "ml.g6.12xlarge", 1200),
    "32B": Size("deepseek-ai/DeepSeek-R1-Distill-Qwen-32B", "ml.g6.12xlarge", 1800),
    "70B": Size("deepseek-ai/DeepSeek-R1-Distill-Llama-70B", "ml.g6.48xlarge", 2400),
}


class ScalingSettings(ModelScaling):
    """Copies by load, as for every model; none between `stop` and `start`.

    `stop` and `start` are cron expressions of Application Auto Scaling in `timezone`. While the model is stopped,
    nothing is billed and questions fail. `minimum: 0` stops the model while nobody asks, and the first question starts
    it again.
    """

    stop: Cron | None = Field(default=None, examples=["cron(0 20 ? * MON-FRI *)"])
    start: Cron | None = Field(default=None, examples=["cron(0 7 ? * MON-FRI *)"])
    timezone: TimeZone = Field(default="Etc/UTC", examples=["Europe/Berlin"])

    @model_validator(mode="after")
    def _fits(self) -> ScalingSettings:
        if (self.stop is None) != (self.start is None):
            given, missing = ("stop", "start") if self.stop else ("start", "stop")
            raise ValueError(f"{given} is set without {missing}; set both, or leave both out")
        if self.stop is not None and self.minimum == 0:
            raise ValueError(
                "stop is set, but minimum is 0, which stops the model whenever nobody asks; leave stop and start out, "
                "or set minimum to 1"
            )
        return self

    @property
    def stops(self) -> bool:
        return super().stops or self.stop is not None


class SageMakerAnswer(AnswerModel):
    """A text-generation endpoint.

    `endpoint: create` runs DeepSeek-R1 distill of a `size`; any other value is the name of an existing endpoint, with
    its inference `component`, if any, and its `region`. `model` is another name on the Hugging Face hub, `revision` its
    commit there (default: that of `settings/hugging_face.py`, or the newest), `model_data` an S3 prefix with the
    weights instead. `container` is the image's kind: tgi (Text Generation Inference) or lmi (Large Model Inference). A
    new endpoint runs on `instances` of `instance_type` with `gpus` GPUs; the default depends on `size`. `image` is
    another container image. `health_check_seconds` is the time in which the container must load the model. `scaling`
    starts and stops copies of the model by load or by schedule.
    """

    made_by = "deepseek_sagemaker"
    caller = "sagemaker"
    service = "sagemaker.runtime"

    provider: Literal["sagemaker"]
    endpoint: EndpointOrCreate = Field(default=CREATE, examples=["create", "deepseek-r1"])
    component: EndpointName | None = Field(default=None, examples=["deepseek-r1"])
    region: str | None = Field(default=None, pattern=REGION, examples=["us-east-1"])
    size: Literal["1.5B", "7B", "8B", "14B", "32B", "70B"] = "8B"
    model: str | None = Field(default=None, pattern=HUB_MODEL, examples=[SIZES["8B"].model])
    revision: str | None = Field(default=None, pattern=REVISION, examples=[REVISION_EXAMPLE])
    model_data: str | None = Field(
        default=None, pattern=r"^s3://[a-z0-9.-]{3,63}/([A-Za-z0-9_.=-]+/)*$", examples=["s3://my-models/deepseek-r1/"]
    )
    container: Literal["tgi", "lmi"] = "tgi"
    image: str | None = Field(
        default=None,
        pattern=r"^[0-9]{12}\.dkr\.ecr\.[a-z0-9-]+\.[a-z0-9.-]+/[a-z0-9._/-]+[:@][A-Za-z0-9_.:-]+$",
        examples=["763104351884.dkr.ecr.us-east-1.amazonaws.com/djl-inference:0.31.0-lmi13.0.0-cu124"],
    )
    instance_type: str | None = Field(default=None, pattern=r"^ml\.[a-z0-9-]+\.[a-z0-9]+$", examples=["ml.g6.12xlarge"])
    gpus: int | None = Field(default=None, ge=1, le=16)
    instances: int = Field(default=1, ge=1, le=50)
    health_check_seconds: int | None = Field(default=None, ge=60, le=3600)
    scaling: ScalingSettings | None = None
    temperature: float = Field(default=0.6, gt=0, le=2)
    top_p: float = Field(default=0.95, gt=0, lt=1)
    max_tokens: int = Field(default=1024, ge=1, le=32768)

    @property
    def creates_endpoint(self) -> bool:
        """Whether this app creates and runs the endpoint."""
        return self.endpoint == CREATE

    @property
    def hub_model(self) -> str:
        """`model`, or the model of `size`."""
        return self.model or SIZES[self.size].model

    @property
    def commit(self) -> str | None:
        """The commit of `hub_model` that is loaded; None for the newest at each start, and for weights in S3."""
        return None if self.model_data is not None else self.revision or REVISIONS.get(self.hub_model)

    @property
    def machine(self) -> str:
        """`instance_type`, or the instance type of `size`."""
        return self.instance_type or SIZES[self.size].instance_type

    @property
    def accelerators(self) -> int:
        """The number of GPUs in one instance."""
        return self.gpus or GPUS[self.machine]

    @property
    def load_seconds(self) -> int:
        """`health_check_seconds`, or the seconds that `size` needs."""
        return self.health_check_seconds or SIZES[self.size].health_check_seconds

    @property
    def start_seconds(self) -> int:
        return start_seconds(self.load_seconds)

    @property
    def stops(self) -> bool:
        return self.scaling is not None and self.scaling.stops

    @property
    def shown(self) -> str:
        return self.hub_model if self.creates_endpoint else self.endpoint

    def arguments(self, environment: Environment) -> dict[str, Any]:  # noqa: ARG002 of the interface
        return {"temperature": self.temperature, "top_p": self.top_p, "max_tokens": self.max_tokens}

    def for_runtime(self, environment: Environment) -> SageMakerAnswer:
        return SageMakerAnswer(
            provider=self.provider,
            endpoint=environment.answer_endpoint_name if self.creates_endpoint else self.endpoint,
            # A component that this app creates has the name of its endpoint.
            component=environment.answer_endpoint_name if self.scaling else self.component,
            region=self.region,
            health_check_seconds=self.load_seconds if self.stops else None,
            temperature=self.temperature,
            top_p=self.top_p,
            max_tokens=self.max_tokens,
        )

    def faults(self, environment: Environment) -> Iterator[str]:
        seconds = environment.timeouts.answer
        if seconds > INVOCATION_SECONDS:
            yield (
                f"timeouts.answer is {seconds}, but SageMaker ends an invocation after {INVOCATION_SECONDS} seconds; "
                f"set timeouts.answer to {INVOCATION_SECONDS} or less"
            )

    def ends(self) -> Iterator[tuple[str, str | None, Mapping[str, EndOfLife]]]:
        if self.creates_endpoint and self.image is None:
            yield "answer.container", self.container, ENDS

    @model_validator(mode="after")
    def _made_or_found(self) -> SageMakerAnswer:
        if self.creates_endpoint:
            for name in FOUND:
                if name in self.model_fields_set:
                    raise ValueError(
                        f"{name} is a setting for an existing endpoint, but endpoint is 'create'; leave it out"
                    )
            return self
        for name in MADE:
            if name in self.model_fields_set:
                raise ValueError(
                    f"{name} is of an endpoint made here, but endpoint is {self.endpoint!r}; "
                    "leave it out, or set endpoint to create"
                )
        return self

    @model_validator(mode="after")
    def _revision_is_of_the_hub(self) -> SageMakerAnswer:
        if self.revision is not None and self.model_data is not None:
            raise ValueError(
                "revision is for a model on the hub, but model_data contains the weights; leave one of them out"
            )
        return self

    @model_validator(mode="after")
    def _machine_is_known(self) -> SageMakerAnswer:
        if self.creates_endpoint and self.gpus is None and self.machine not in GPUS:
            raise ValueError(
                f"instance_type is {self.machine!r}, whose number of GPUs is not known here; set gpus to it, "
                f"or instance_type to {SIZES[self.size].instance_type}"
            )
        if self.scaling is not None and self.instances != 1:
            raise ValueError(f"instances is {self.instances}, but scaling sets the number of instances; leave it out")
        return self
