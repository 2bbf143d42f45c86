"""ModelScaling: how many copies of a model run on SageMaker, and how long the start of a stopped model takes."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from settings import Group

# The time from the first call until an instance is available.
_INSTANCE_SECONDS = 180


class ModelScaling(Group):
    """Between `minimum` and `maximum` copies, one for each `calls_at_once`.

    `minimum: 0` stops the model while nobody calls it, and the first call starts it again.
    """

    minimum: int = Field(default=1, ge=0, le=50)
    maximum: int = Field(default=1, ge=1, le=50)
    calls_at_once: int = Field(default=4, ge=1, le=1000)

    @model_validator(mode="after")
    def _has_room(self) -> Self:
        if self.maximum < self.minimum:
            raise ValueError(
                f"maximum is {self.maximum}, less than minimum {self.minimum}; set maximum to {self.minimum} or more"
            )
        return self

    @property
    def stops(self) -> bool:
        """Whether there are times without a copy."""
        return self.minimum == 0


def start_seconds(load_seconds: int) -> int:
    """About how many seconds a stopped model takes until it answers, if it may load for `load_seconds`.

    Amazon measured five minutes for the default size of the answer model: https://aws.amazon.com/blogs/
    machine-learning/unlock-cost-savings-with-the-new-scale-down-to-zero-feature-in-amazon-sagemaker-inference/
    """
    return _INSTANCE_SECONDS + load_seconds // 5
