"""Environments: `environments/<name>.yaml` read, checked and typed.

SettingError
    What is wrong with an environment file, in one sentence that names file, setting, value and fix.

Nothing here needs AWS: the app, the command line and the tests read the same files in the same way.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field, ValidationError, model_validator

from osml.environment.answer import PATIENCE, PROVIDERS, Answer, fault_of, secret_of
from osml.environment.answer_sagemaker import SageMakerAnswer
from osml.environment.assistant import Assistant, assistant_fault
from osml.environment.collection_rules import collection_fault
from osml.environment.document import read
from osml.environment.drop import Drop, drop_fault
from osml.environment.embedding import Embedding, OpenAiEmbedding, SageMakerEmbedding
from osml.environment.engine_rules import engine_fault
from osml.environment.ingestion import Ingestion, ingestion_fault
from osml.environment.keeper import Keeper, OptionalKeeper
from osml.environment.knowledge import Index, Prompt, Timeouts
from osml.environment.part import EnvironmentPart
from osml.environment.retrieval import Retrieval, retrieval_fault
from osml.environment.secret import Secret
from osml.environment.self_managed import SelfManaged
from osml.environment.sentence import sentence
from osml.environment.target import Target

NAME = re.compile(r"^[a-z][a-z0-9-]{0,15}$")


class SettingError(Exception):
    """A setting is wrong, unknown or missing, or there is no such environment."""


class Environment(EnvironmentPart):
    """One environment. `account` and `region` are optional: without them the deploying credentials decide."""

    name: Annotated[str, Field(exclude=True)]
    recipe: Literal[
        "deepseek-api",
        "deepseek-sagemaker",
        "deepseek-bedrock",
        "bedrock-converse",
        "openai-chat",
        "custom",
        "semantic-search",
        "serverless",
    ]
    account: str | None = Field(default=None, pattern=r"^\d{12}$", examples=['"111122223333"'])
    region: str | None = Field(default=None, pattern=r"^[a-z]{2}(-[a-z]+)+-\d$", examples=["us-east-1"])
    search: Target
    embedding: Embedding
    answer: Answer | None = None
    index: Index = Index()
    retrieval: Retrieval = Retrieval()
    prompt: Prompt = Prompt()
    timeouts: Timeouts = Timeouts()
    keeper: OptionalKeeper = Keeper()
    assistant: Assistant | None = None
    drop: Drop | None = None
    ingestion: Ingestion | None = None

    @property
    def prefix(self) -> str:
        """`osml-<name>`: what every name this environment gives begins with."""
        return f"osml-{self.name}"

    @property
    def domain_name(self) -> str:
        """Name of the search domain or collection: that of `search`, or `osml-<name>`."""
        return (None if isinstance(self.search, SelfManaged) else self.search.name) or self.prefix

    @property
    def endpoint_name(self) -> str:
        """Name of the SageMaker endpoint that embeds, the one that exists or the one that is made."""
        if not isinstance(self.embedding, SageMakerEmbedding):
            raise ValueError(f"embedding.provider is {self.embedding.provider!r}, which has no endpoint of its own")
        return f"{self.prefix}-embedding" if self.embedding.creates_endpoint else self.embedding.endpoint

    @property
    def secrets(self) -> dict[str, Secret]:
        """The secrets that hold a key for `embedding` or `answer`, by that name; empty when no key is needed."""
        found: dict[str, Secret] = {}
        if isinstance(self.embedding, OpenAiEmbedding):
            found["embedding"] = self.embedding.secret
        key = secret_of(self.answer)
        if key is not None:
            found["answer"] = key
        return found

    @property
    def answer_endpoint_name(self) -> str:
        """Name of the SageMaker endpoint that answers, the one that exists or the one that is made."""
        if not isinstance(self.answer, SageMakerAnswer):
            raise ValueError("answer.provider is not sagemaker; there is no endpoint")
        return f"{self.prefix}-answer" if self.answer.creates_endpoint else self.answer.endpoint

    @property
    def answer_sleeps(self) -> bool:
        """Whether the endpoint that answers is stopped at times, so that it may rightly not answer."""
        scaling = self.answer.scaling if isinstance(self.answer, SageMakerAnswer) else None
        return scaling is not None and scaling.stop is not None

    @model_validator(mode="before")
    @classmethod
    def _recipe_chooses(cls, settings: Any) -> Any:
        """The recipe names the provider of the answer, and the provider how long its model may think."""
        if not isinstance(settings, dict):
            return settings
        recipe, answer, timeouts = (settings.get(name) for name in ("recipe", "answer", "timeouts"))
        provider = PROVIDERS.get(str(recipe))
        if provider is not None and isinstance(answer or {}, dict):
            answer = {"provider": provider, **(answer or {})}
            settings = {**settings, "answer": answer}
        chosen = answer.get("provider") if isinstance(answer, dict) else None
        if isinstance(chosen, str) and chosen in PATIENCE and isinstance(timeouts or {}, dict):
            settings = {**settings, "timeouts": {"answer": PATIENCE[chosen], **(timeouts or {})}}
        if recipe == "serverless" and settings.get("assistant") is None:
            settings = {**settings, "assistant": {}}
        return settings

    @model_validator(mode="after")
    def _answer_fits(self) -> Environment:
        if self.answer is None:
            return self
        wanted = PROVIDERS.get(self.recipe)
        if wanted is not None and self.answer.provider != wanted:
            other = next(recipe for recipe, provider in PROVIDERS.items() if provider == self.answer.provider)
            raise ValueError(
                f"answer.provider is {self.answer.provider!r}, but the recipe {self.recipe} answers with {wanted}; "
                f"leave answer.provider out, or set recipe to {other}"
            )
        fault = fault_of(self.answer, self.region, self.search, self.timeouts.answer)
        if fault is not None:
            raise ValueError(fault)
        return self

    @model_validator(mode="after")
    def _answer_belongs_to_recipe(self) -> Environment:
        if self.recipe == "semantic-search" and self.answer is not None:
            raise ValueError(
                "answer is set, but the recipe semantic-search finds passages and answers nothing; "
                "leave it out, or set recipe to deepseek-api"
            )
        if self.recipe != "semantic-search" and self.answer is None:
            needed = "provider" if self.recipe == "serverless" else "secret"
            raise ValueError(f"answer is missing; add that group with {needed}, or set recipe to semantic-search")
        return self

    @model_validator(mode="after")
    def _embedding_fits(self) -> Environment:
        reason = self.embedding.refuse_region(self.region)
        if reason is not None:
            raise ValueError(reason)
        reason = self.embedding.refuse_batch(self.index.batch_size)
        if reason is not None:
            raise ValueError(f"index.batch_size is {self.index.batch_size}, {reason}")
        return self

    @model_validator(mode="after")
    def _engine_fits(self) -> Environment:
        fault = engine_fault(self.recipe, self.search, self.embedding, self.index)
        if fault is not None:
            raise ValueError(fault)
        return self

    @model_validator(mode="after")
    def _collection_fits(self) -> Environment:
        fault = collection_fault(self.recipe, self.search, self.embedding, self.answer, self.index)
        if fault is not None:
            raise ValueError(fault)
        return self

    @model_validator(mode="after")
    def _assistant_fits(self) -> Environment:
        if self.assistant is None:
            return self
        fault = assistant_fault(
            self.assistant,
            name=self.name,
            search=self.search,
            embedding=self.embedding,
            seconds=self.timeouts.waits["api"],
        )
        if fault is not None:
            raise ValueError(fault)
        return self

    @model_validator(mode="after")
    def _drop_fits(self) -> Environment:
        fault = None if self.drop is None else drop_fault(self.search)
        if self.ingestion is not None:
            fault = fault or ingestion_fault(self.search, self.embedding)
        if fault is not None:
            raise ValueError(fault)
        return self

    @model_validator(mode="after")
    def _retrieval_fits(self) -> Environment:
        fault = retrieval_fault(self.retrieval, self.search, self.assistant, self.region)
        if fault is not None:
            raise ValueError(fault)
        return self

    @model_validator(mode="after")
    def _search_is_here(self) -> Environment:
        vpc = self.search.vpc
        found = {f"search.{setting}": arn.split(":")[3] for setting, arn in self.search.arns.items()}
        found |= {"search.vpc.availability_zones": vpc.region} if vpc else {}
        for setting, region in found.items():
            if self.region is not None and region != self.region:
                raise ValueError(f"{setting} is in {region}, but region is {self.region!r}; make them agree")
        owner = self.search.account
        if owner is not None and self.account is not None and owner != self.account:
            raise ValueError(
                f"search.domain_arn is of the account {owner}, but account is {self.account!r}; "
                "deploy into the account of the domain"
            )
        return self

    @model_validator(mode="after")
    def _arn_is_here(self) -> Environment:
        for name, secret in self.secrets.items():
            arn = secret.arn
            if arn is not None and self.region is not None and arn.split(":")[3] != self.region:
                raise ValueError(
                    f"{name}.secret.arn is in {arn.split(':')[3]}, but region is {self.region!r}; "
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
    except yaml.YAMLError as fault:
        # Of characters that YAML does not have; the second line of its words repeats the file.
        said = str(fault).splitlines()[0]
        raise SettingError(f"{shown} is not YAML: {said}; write it as plain text.") from None
    except UnicodeDecodeError as fault:
        raise SettingError(f"{shown} is not UTF-8 from byte {fault.start} on: save it as UTF-8.") from None
    except ValidationError as fault:
        raise SettingError(f"{shown}: {sentence(fault, Environment)}.") from None
    except ValueError as fault:
        raise SettingError(f"{shown}: {fault}.") from None
