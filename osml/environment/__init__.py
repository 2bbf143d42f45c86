"""Environments: `environments/<name>.yaml` read, checked and typed.

SettingError
    What is wrong with an environment file, in one sentence that names file, setting, value and fix.

Nothing here needs AWS: the app, the command line and the tests read the same files in the same way.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import Field, ValidationError, model_validator

from osml.environment.answer import Answer
from osml.environment.document import read
from osml.environment.embedding import Embedding
from osml.environment.knowledge import Index, Prompt, Timeouts
from osml.environment.part import EnvironmentPart
from osml.environment.search import COSINE_ON_FAISS, Search
from osml.environment.sentence import sentence

NAME = re.compile(r"^[a-z][a-z0-9-]{0,15}$")


class SettingError(Exception):
    """A setting is wrong, unknown or missing, or there is no such environment."""


class Environment(EnvironmentPart):
    """One environment. `account` and `region` are optional: without them the deploying credentials decide."""

    name: Annotated[str, Field(exclude=True)]
    recipe: Literal["deepseek-api"]
    account: str | None = Field(default=None, pattern=r"^\d{12}$", examples=['"111122223333"'])
    region: str | None = Field(default=None, pattern=r"^[a-z]{2}(-[a-z]+)+-\d$", examples=["us-east-1"])
    search: Search
    embedding: Embedding
    answer: Answer
    index: Index = Index()
    prompt: Prompt = Prompt()
    timeouts: Timeouts = Timeouts()

    @property
    def prefix(self) -> str:
        """`osml-<name>`: what every name this environment gives begins with."""
        return f"osml-{self.name}"

    @property
    def domain_name(self) -> str:
        """`search.name`, or `osml-<name>`."""
        return self.search.name or self.prefix

    @property
    def endpoint_name(self) -> str:
        """Name of the embedding endpoint, the one that exists or the one that is made."""
        return f"{self.prefix}-embedding" if self.embedding.creates_endpoint else self.embedding.endpoint

    @model_validator(mode="after")
    def _engine_knows_space(self) -> Environment:
        search = self.search
        faiss_cosine = search.vector_engine == "faiss" and self.index.space_type == "cosinesimil"
        if faiss_cosine and search.engine_number < COSINE_ON_FAISS:
            raise ValueError(
                "index.space_type is 'cosinesimil', which faiss has since OpenSearch 2.19, but "
                f"search.engine_version is {search.engine_version!r}; set search.engine_version to OpenSearch_2.19 "
                "or later, or index.space_type to innerproduct"
            )
        return self

    @model_validator(mode="after")
    def _replicas_have_nodes(self) -> Environment:
        nodes, copies = self.search.data_nodes.count, self.index.replicas + 1
        if copies > nodes:
            raise ValueError(
                f"index.replicas is {self.index.replicas}, which needs {copies} data nodes, but "
                f"search.data_nodes.count is {nodes}; set index.replicas to at most {nodes - 1}"
            )
        return self

    @model_validator(mode="after")
    def _arn_is_here(self) -> Environment:
        arn = self.answer.secret.arn
        if arn is not None and self.region is not None and arn.split(":")[3] != self.region:
            raise ValueError(
                f"answer.secret.arn is in {arn.split(':')[3]}, but region is {self.region!r}; "
                "a domain reads secrets of its own region: replicate the secret and set that ARN"
            )
        return self


def load(name: str, directory: Path) -> Environment:
    """The environment `name` from `directory`/`name`.yaml.

    Raises SettingError: no such file, not YAML, or a setting that is wrong.
    """
    known = sorted(file.stem for file in directory.glob("*.yaml"))
    if not NAME.match(name):
        raise SettingError(
            f"{name!r} cannot name an environment: use at most 16 lower-case letters, digits and hyphens, "
            f"a letter first; there are {', '.join(known) or 'none yet'}."
        )
    file = directory / f"{name}.yaml"
    shown = f"{directory.name}/{file.name}"
    if not file.is_file():
        raise SettingError(
            f"{shown} does not exist: choose one of {', '.join(known) or 'none yet'}, or write that file."
        )
    try:
        settings = read(file.read_text(encoding="utf-8"))
        if "name" in settings:
            raise ValueError("name is not a setting: the file's name is the environment's; remove the line")
        return Environment.model_validate({**settings, "name": name})
    except yaml.MarkedYAMLError as fault:
        mark = fault.problem_mark
        where = f" in line {mark.line + 1}" if mark else ""
        raise SettingError(f"{shown} is not YAML{where}: {fault.problem}; correct that line.") from None
    except ValidationError as fault:
        raise SettingError(f"{shown}: {sentence(fault, Environment)}.") from None
    except ValueError as fault:
        raise SettingError(f"{shown}: {fault}.") from None
