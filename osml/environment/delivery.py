"""What `delivery.yaml` says: where the code comes from, and through which environments it goes."""

from __future__ import annotations

from pathlib import Path

import yaml
from pydantic import Field, ValidationError, field_validator, model_validator

from osml.environment import NAME, Environment, SettingError, load
from osml.environment.document import read
from osml.environment.part import EnvironmentPart
from osml.environment.sentence import sentence


class Source(EnvironmentPart):
    """The branch that is delivered: of the CodeCommit repository `codecommit`, or of `repository` over `connection`.

    `connection` is the ARN of an AWS CodeConnections connection, made and approved in the console beforehand.
    """

    codecommit: str | None = Field(default=None, pattern=r"^[\w.-]{1,100}$", examples=["osml"])
    connection: str | None = Field(
        default=None,
        pattern=r"^arn:aws[a-z-]*:(codeconnections|codestar-connections):[a-z0-9-]+:\d{12}:connection/[0-9a-f-]{36}$",
        examples=[
            "arn:aws:codeconnections:us-east-1:111122223333:connection/01234567-89ab-cdef-0123-456789abcdef",
        ],
    )
    repository: str | None = Field(default=None, pattern=r"^[\w.-]+(/[\w.-]+)+$", examples=["team/osml"])
    branch: str = Field(default="main", pattern=r"^[\w./-]{1,100}$", examples=["main"])

    @model_validator(mode="after")
    def _one_origin(self) -> Source:
        if self.codecommit is not None and (self.connection is not None or self.repository is not None):
            raise ValueError(
                f"codecommit is {self.codecommit!r}, but connection or repository is set too; "
                "keep codecommit, or connection with repository"
            )
        if self.codecommit is None and (self.connection is None or self.repository is None):
            raise ValueError("the code comes from nowhere; set codecommit, or connection and repository")
        return self


class Smoke(EnvironmentPart):
    """What a stage is asked once it is deployed.

    `documents` are loaded before, as `osml ingest` does: files of this repository, none by default. The answer
    holds at least one of the texts in `expect`, if there are any.
    """

    question: str = Field(min_length=1, examples=["How many people live in New York City?"])
    documents: list[str] = Field(default_factory=list, examples=["samples/metro-areas.ndjson"])
    expect: list[str] = Field(default_factory=list, examples=["18,937,000"])


class DeliveryStage(EnvironmentPart):
    """One environment on the way. With `approval`, a person lets it begin. `smoke` replaces the delivery's."""

    environment: str = Field(pattern=NAME.pattern, examples=["dev"])
    approval: bool = False
    smoke: Smoke | None = None


class Delivery(EnvironmentPart):
    """The pipeline `osml-delivery`. `account` and `region` are where it runs itself.

    They are needed as soon as one of its environments names an account or a region of its own; without them
    the deploying credentials decide.
    """

    source: Source
    account: str | None = Field(default=None, pattern=r"^\d{12}$", examples=['"111122223333"'])
    region: str | None = Field(default=None, pattern=r"^[a-z]{2}(-[a-z]+)+-\d$", examples=["us-east-1"])
    smoke: Smoke
    stages: list[DeliveryStage] = Field(min_length=1)

    @field_validator("stages")
    @classmethod
    def _each_once(cls, stages: list[DeliveryStage]) -> list[DeliveryStage]:
        names = [stage.environment for stage in stages]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"the environment {twice!r} is delivered twice; name it once")
        return stages

    def smoke_of(self, stage: DeliveryStage) -> Smoke:
        """What `stage` is asked."""
        return stage.smoke or self.smoke

    def environments(self, directory: Path) -> list[Environment]:
        """The environments of the stages, in order. Raises SettingError when they do not go with this delivery."""
        found = [load(stage.environment, directory) for stage in self.stages]
        for one in found:
            for setting, value in (("account", one.account), ("region", one.region)):
                if value is not None and getattr(self, setting) is None:
                    raise SettingError(
                        f"{directory.name}/{one.name}.yaml: {setting} is {value!r}, but the delivery names none of its "
                        f"own, and a pipeline must know both; set account and region in the delivery file."
                    )
        return found


def load_delivery(file: Path) -> Delivery:
    """The delivery in `file`. Raises SettingError: no such file, not YAML, or a setting that is wrong."""
    if not file.is_file():
        raise SettingError(f"{file.name} does not exist: write it, or name another file with -c delivery=FILE.")
    try:
        delivery = Delivery.model_validate(read(file.read_text(encoding="utf-8")))
    except yaml.MarkedYAMLError as fault:
        mark = fault.problem_mark
        where = f" in line {mark.line + 1}" if mark else ""
        raise SettingError(f"{file.name} is not YAML{where}: {fault.problem}; correct that line.") from None
    except ValidationError as fault:
        raise SettingError(f"{file.name}: {sentence(fault, Delivery)}.") from None
    except ValueError as fault:
        raise SettingError(f"{file.name}: {fault}.") from None
    smokes = [delivery.smoke, *(stage.smoke for stage in delivery.stages if stage.smoke)]
    for document in (one for smoke in smokes for one in smoke.documents):
        if not (file.parent / document).is_file():
            raise SettingError(
                f"{file.name}: smoke.documents names {document!r}, which is not there; "
                "set files of this repository, or leave documents out."
            )
    return delivery
