"""The time limits of an environment."""

from __future__ import annotations

from itertools import pairwise

from pydantic import Field, model_validator

from settings import Group

# Seconds by which a time limit is longer than the one within it, if it is not set.
MARGIN = 5


class Timeouts(Group):
    """In seconds: `connection`, `embedding` and `answer` of a model call, `provisioning` of a custom resource.

    Each time-out is longer than the next inner one: `client` waits for the API (`api`), which waits for the search
    pipeline (`rag`), which waits for the model (`answer`). By default each is 5 more than the inner one.
    """

    connection: int = Field(default=5, ge=1, le=60)
    embedding: int = Field(default=30, ge=1, le=300)
    answer: int = Field(default=60, ge=1, le=600)
    rag: int | None = Field(default=None, ge=1, le=900)
    api: int | None = Field(default=None, ge=1, le=900)
    client: int | None = Field(default=None, ge=1, le=900)
    provisioning: int = Field(default=600, ge=60, le=900)

    @property
    def waits(self) -> dict[str, int]:
        """The time limits `answer`, `rag`, `api` and `client`, from the innermost to the outermost."""
        seconds = {"answer": self.answer}
        waiting = self.answer
        for name in ("rag", "api", "client"):
            given: int | None = getattr(self, name)
            waiting = seconds[name] = waiting + MARGIN if given is None else given
        return seconds

    @model_validator(mode="after")
    def _one_within_another(self) -> Timeouts:
        waits = list(self.waits.items())
        for (inner, less), (outer, more) in pairwise(waits):
            if more <= less:
                raise ValueError(
                    f"{outer} is {more}, but {inner}, which it waits for, is {less}; "
                    f"set {outer} to {less + MARGIN} (client > api > rag > answer), or leave it out"
                )
        return self

    @model_validator(mode="after")
    def _probe_fits(self) -> Timeouts:
        for name in ("embedding", "answer"):
            seconds = getattr(self, name)
            if seconds * 2 > self.provisioning:
                raise ValueError(
                    f"provisioning is {self.provisioning}, but a model call may take {seconds} ({name}) "
                    f"and is tried twice; set provisioning to {seconds * 2} or more, or {name} to less"
                )
        return self
