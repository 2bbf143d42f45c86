"""`delivery.yaml`: the source of the code, and the environments of the delivery."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from pydantic import Field, field_validator, model_validator

from settings import NAME, Environment, Group, SettingError, load
from settings.model_settings import REGION
from settings.regions import LACKING, no_such_region, partition_of, with_service
from settings.setting_file import load_file

PROJECT = "AWS::CodeBuild::Project"


class CodeSource(Group):
    """The delivered branch, of the CodeCommit repository `codecommit`, or of `repository` over `connection`.

    `connection` is the ARN of an AWS CodeConnections connection, which you create and approve in the console.
    """

    codecommit: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_.-]{1,100}$", examples=["osml"])
    connection: str | None = Field(
        default=None,
        pattern=r"^arn:aws[a-z-]*:(codeconnections|codestar-connections):[a-z0-9-]+:[0-9]{12}:connection/[0-9a-f-]{36}$",
        examples=[
            "arn:aws:codeconnections:us-east-1:111122223333:connection/01234567-89ab-cdef-0123-456789abcdef",
        ],
    )
    repository: str | None = Field(
        default=None, pattern=r"^[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)+$", examples=["team/osml"]
    )
    branch: str = Field(default="main", pattern=r"^[A-Za-z0-9_./-]{1,100}$", examples=["main"])

    @model_validator(mode="after")
    def _one_origin(self) -> CodeSource:
        if self.codecommit is not None and (self.connection is not None or self.repository is not None):
            raise ValueError(
                f"codecommit is {self.codecommit!r}, but connection or repository is also set; keep codecommit, or "
                f"connection with repository"
            )
        if self.codecommit is None and (self.connection is None or self.repository is None):
            raise ValueError("no source of the code is set; set codecommit, or connection and repository")
        return self


class LeastAnswers(Group):
    """How good the answers to `questions` must be, as `osml evaluate --answers` measures them; 0 accepts any.

    `questions` is a file of labelled questions in this repository. With `judge`, the answer model decides whether a
    passage supports a sentence; default: the words in common. The delivery stops if a figure is below its least.
    """

    questions: str = Field(min_length=1, examples=["samples/evaluation/questions.ndjson"])
    judge: bool = False
    faithfulness: float = Field(default=0, ge=0, le=1, examples=[0.9])
    citation_precision: float = Field(default=0, ge=0, le=1, examples=[0.8])
    citation_recall: float = Field(default=0, ge=0, le=1, examples=[0.5])

    @property
    def arguments(self) -> list[str]:
        """The arguments of `osml evaluate`, which then exits with 1 below the least figures."""
        figures = self.model_dump(exclude={"questions", "judge"})
        least = [f"--least-{name.replace('_', '-')}={value:g}" for name, value in figures.items()]
        return ["--answers", *(["--judge"] if self.judge else []), *least, self.questions]


class Smoke(Group):
    """The test question of a stage after its deploy.

    `documents` are files of this repository that are loaded first, as with `osml ingest`; default: none. The answer
    must contain at least one of the texts in `expect`, if there are any. `answers` also measures answers to labelled
    questions; default: not measured.
    """

    question: str = Field(min_length=1, examples=["How many people live in New York City?"])
    documents: list[str] = Field(default_factory=list, examples=["samples/metro-areas.ndjson"])
    expect: list[str] = Field(default_factory=list, examples=["18,937,000"])
    answers: LeastAnswers | None = None


class DeliveryStage(Group):
    """One environment of the delivery. With `approval`, a person must approve it. `smoke` replaces the delivery's."""

    environment: str = Field(pattern=NAME.pattern, examples=["dev"])
    approval: bool = False
    smoke: Smoke | None = None


class Delivery(Group):
    """The pipeline `osml-delivery`, which runs in `account` and `region`.

    They are required if one of its environments sets an account or region; by default they come from the deploying
    credentials.
    """

    source: CodeSource
    account: str | None = Field(default=None, pattern=r"^[0-9]{12}$", examples=['"111122223333"'])
    region: str | None = Field(default=None, pattern=REGION, examples=["us-east-1"])
    smoke: Smoke
    stages: list[DeliveryStage] = Field(min_length=1)

    @model_validator(mode="after")
    def _runs_where_it_can(self) -> Delivery:
        region, connection = self.region, self.source.connection
        if region is not None and partition_of(region) is None:
            raise ValueError(f"region is {region!r}, {no_such_region(region)}")
        if region in LACKING[PROJECT]:
            others = with_service(PROJECT, region)
            raise ValueError(
                f"region is {region!r}, which has no CodeBuild; set it to one that has it, such as {others}"
            )
        if connection is not None:
            partition, there = connection.split(":")[1], connection.split(":")[3]
            for place in (there, region):
                wanted = partition_of(place) if place else None
                if place and (wanted is None or wanted.name != partition):
                    raise ValueError(
                        f"source.connection is an ARN of the partition {partition}, but {place} is not in it; "
                        "make them agree"
                    )
        return self

    @field_validator("stages")
    @classmethod
    def _each_once(cls, stages: list[DeliveryStage]) -> list[DeliveryStage]:
        names = [stage.environment for stage in stages]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"the environment {twice!r} is delivered twice; name it once")
        return stages

    def smoke_of(self, stage: DeliveryStage) -> Smoke:
        """The test question of `stage`: its own, or that of the delivery."""
        return stage.smoke or self.smoke

    def environments(self, directory: Path) -> list[Environment]:
        """The environments of the stages, in order. Raises SettingError if one does not fit this delivery."""
        environments = [load(stage.environment, directory) for stage in self.stages]
        for environment in environments:
            if self.region and environment.region and partition_of(self.region) is not partition_of(environment.region):
                raise SettingError(
                    f"{directory.name}/{environment.name}.yaml: region is {environment.region!r}, but the delivery "
                    f"runs in {self.region}, another partition of AWS, and can deploy only to its own; deliver this "
                    f"environment with a pipeline there."
                )
            for setting, value in (("account", environment.account), ("region", environment.region)):
                if value is not None and getattr(self, setting) is None:
                    raise SettingError(
                        f"{directory.name}/{environment.name}.yaml: {setting} is {value!r}, but the delivery has "
                        f"none, and a pipeline must know both; set account and region in the delivery file."
                    )
        return environments


def load_delivery(file: Path) -> Delivery:
    """The delivery in `file`. Raises SettingError if it does not exist, is not YAML, or has a wrong setting."""
    if not file.is_file():
        raise SettingError(f"{file.name} does not exist: write it, or name another file with -c delivery=FILE.")
    delivery = load_file(file, file.name, Delivery, first="source: {codecommit: osml}")
    smokes = [delivery.smoke, *(stage.smoke for stage in delivery.stages if stage.smoke)]
    named = [("documents", document) for smoke in smokes for document in smoke.documents]
    named += [("answers.questions", smoke.answers.questions) for smoke in smokes if smoke.answers]
    for setting, document in named:
        for reason in _elsewhere(document, file.parent):
            raise SettingError(
                f"{file.name}: smoke.{setting} names {document!r}, which {reason}; "
                f"set files of this repository, or leave {setting.partition('.')[0]} out."
            )
    return delivery


def _elsewhere(document: str, repository: Path) -> Iterator[str]:
    """Why a stage of the pipeline could not find `document`."""
    path = os.path.join(repository, document)
    if os.path.isabs(document) or not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(repository)):
        yield "is not a path within this repository"
    elif not os.path.isfile(path):
        yield "is not there"
