"""Environments: reads and checks `environments/<name>.yaml`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias, Union

from pydantic import Field, model_validator

from settings import Group, SettingError, answer, embedding
from settings.adopted import Adopted
from settings.alarms import Alarms
from settings.answer import AnswerModel
from settings.answer.sagemaker import SageMakerAnswer
from settings.assistant import Assistant
from settings.backup import Backup
from settings.budget import CostBudget
from settings.calibration import UNMEASURED, FollowUpLimit, score
from settings.dependent_defaults import with_defaults
from settings.drop import Drop
from settings.embedding import EmbeddingModel
from settings.embedding.sagemaker import SageMakerEmbedding
from settings.encryption import Encryption
from settings.environment_parts import PARTS
from settings.existing_domain import ExistingDomain
from settings.index import IndexSettings
from settings.ingestion import Ingestion
from settings.keeper import KeeperSettings, OptionalKeeper
from settings.model_settings import REGION, any_of
from settings.new_domain import NewDomain
from settings.operators import Operators
from settings.prompt import Prompt
from settings.reading import FileReading
from settings.recipe import FIRST, RECIPES
from settings.retrieval import Retrieval
from settings.rules import RULES
from settings.search import Cluster
from settings.secret import Secret
from settings.self_managed import SelfManaged
from settings.serverless import Serverless
from settings.setting_file import load_file
from settings.sources import SourceName, SourceSettings, kinds, source_class
from settings.streaming import streams
from settings.timeouts import Timeouts

NAME = re.compile(r"^[a-z][a-z0-9-]{0,15}$")
# Advice for an empty setting that is not switched off by leaving it out.
EMPTY = {
    "keeper": "write `keeper: off` for none, or remove the line for the default",
    "retrieval.hybrid": "write `hybrid: off` for vectors only, or remove the line for words and vectors",
}


if TYPE_CHECKING:
    Recipe: TypeAlias = str
    Embedding: TypeAlias = EmbeddingModel
    Answer: TypeAlias = AnswerModel
    AnySource: TypeAlias = SourceSettings
else:
    Recipe, Embedding, Answer = Literal[tuple(RECIPES)], any_of(embedding), any_of(answer)
    AnySource = Annotated[Union[tuple(map(source_class, kinds()))], Field(discriminator="kind")]  # noqa: UP007


def prefix_of(name: str) -> str:
    """The prefix of all names in the environment `name`."""
    return f"osml-{name}"


def backup_name_of(name: str) -> str:
    """The prefix of the name of the bucket with the environment's backups."""
    return f"{prefix_of(name)}-backup"


class Environment(Group):
    """One environment. `account` and `region` are optional: without them the deploying credentials decide.

    `reviewed` names the accepted losses of a deploy, as `osml review` prints them; other losses stop a delivery. The
    `recipe` presets the providers of the models, and whether the engine is a collection; a setting in the file replaces
    the preset. `search` is the engine, `embedding` the model that makes vectors of passages and questions, and `answer`
    the model that answers. `sources` are places from which documents are loaded by a schedule, by their names.
    """

    name: Annotated[str, Field(exclude=True)]
    recipe: Recipe = Field(examples=[FIRST])
    account: str | None = Field(default=None, pattern=r"^[0-9]{12}$", examples=['"111122223333"'])
    region: str | None = Field(default=None, pattern=REGION, examples=["us-east-1"])
    reviewed: str | None = Field(default=None, pattern=r"^losses-[0-9a-f]{8}$", examples=["losses-3f2a9c01"])
    search: Annotated[NewDomain | ExistingDomain | SelfManaged | Serverless, Field(discriminator="kind")]
    embedding: Embedding
    answer: Answer | None = None
    index: IndexSettings = IndexSettings()
    reading: FileReading = FileReading()
    adopted: Adopted | None = None
    retrieval: Retrieval = Retrieval()
    prompt: Prompt = Prompt()
    timeouts: Timeouts = Timeouts()
    keeper: OptionalKeeper = KeeperSettings()
    operators: Operators = Operators()
    encryption: Encryption | None = None
    alarms: Alarms | None = None
    budget: CostBudget | None = None
    backup: Backup | None = None
    assistant: Assistant | None = None
    drop: Drop | None = None
    ingestion: Ingestion | None = None
    sources: dict[SourceName, AnySource] = Field(
        default_factory=dict, max_length=50, examples=[{"handbook": {"kind": "s3", "bucket": "my-bucket"}}]
    )

    @property
    def prefix(self) -> str:
        """`osml-<name>`: the prefix of all names in this environment."""
        return prefix_of(self.name)

    @property
    def backup_name(self) -> str:
        """The prefix of the name of the bucket with its backups."""
        return backup_name_of(self.name)

    @property
    def parts(self) -> list[str]:
        """The parts that this environment has, in deploy order."""
        absent = set() if self.assistant else {"assistant"}
        if not (self.drop or self.ingestion or self.sources):
            absent.add("ingestion")
        return [part for part in PARTS if part not in absent]

    @property
    def engine(self) -> Cluster | None:
        """The domain or self-managed cluster; None on a collection, which has no ml-commons."""
        return self.search if isinstance(self.search, Cluster) else None

    @property
    def makes_engine(self) -> bool:
        """Whether a deploy creates the domain or the collection."""
        search = self.search
        return isinstance(search, NewDomain) or (isinstance(search, Serverless) and search.collection is None)

    @property
    def domain_name(self) -> str:
        """The name of the search domain or collection: that in `search`, or `osml-<name>`."""
        search = self.search
        if isinstance(search, Serverless):
            return search.collection_name or self.prefix
        return (None if isinstance(search, SelfManaged) else search.name) or self.prefix

    @property
    def endpoint_name(self) -> str:
        """Name of the SageMaker endpoint that embeds, existing or new."""
        if not isinstance(self.embedding, SageMakerEmbedding):
            raise ValueError(f"embedding.provider is {self.embedding.provider!r}, which has no endpoint of its own")
        return f"{self.prefix}-embedding" if self.embedding.creates_endpoint else self.embedding.endpoint

    @property
    def secrets(self) -> dict[str, Secret]:
        """The secrets with the models' keys, by the setting of the first model; empty if no model needs a key."""
        secrets: dict[str, Secret] = {}
        for setting, secret in self.keys.items():
            if not any((known.name, known.key) == (secret.name, secret.key) for known in secrets.values()):
                secrets[setting] = secret
        return secrets

    @property
    def keys(self) -> dict[str, Secret]:
        """The place of each model's key, by the setting of the model; several models may share a place."""
        models = {"embedding": self.embedding, **self.answers}
        return {setting: model.key for setting, model in models.items() if model.key}

    @property
    def answers(self) -> dict[str, AnswerModel]:
        """The models that answer, by their settings: `answer`, and those that readers may choose instead."""
        models = self.assistant.models if self.assistant else {}
        first = {"answer": self.answer} if self.answer else {}
        return first | {f"assistant.models.{name}": model for name, model in models.items()}

    @property
    def min_score(self) -> float:
        """The minimum score of a passage for an answer: the assistant's setting, or that of the embedding model."""
        chosen = self.assistant.min_score if self.assistant else None
        known = self.embedding.calibration
        usual = score(known.least if known else UNMEASURED, self.index.space_type)
        return usual if chosen is None else chosen

    @property
    def matches(self) -> tuple[float, float] | None:
        """The minimum scores of a good and of a close match; None if the model has not been measured."""
        known, space = self.embedding.calibration, self.index.space_type
        return (score(known.good, space), score(known.close, space)) if known else None

    @property
    def follow_up(self) -> FollowUpLimit | None:
        """What tells a follow-up from an unrelated question.

        None if the model has not been measured, or if earlier questions are not searched.
        """
        known = self.embedding.calibration
        return known.follow_up if known and self.retrieval.earlier_questions else None

    @property
    def compares_texts(self) -> bool:
        """Whether a search lets the embedding model compare texts: for marks by meaning, or for a follow-up."""
        return self.follow_up is not None or self.retrieval.marked_by_meaning > 0

    @property
    def streams(self) -> bool:
        """Whether the assistant calls the answer model itself; otherwise the engine's search pipeline does."""
        return streams(self)

    @property
    def answer_endpoint_name(self) -> str:
        """Name of the SageMaker endpoint that answers, existing or new."""
        if not isinstance(self.answer, SageMakerAnswer):
            raise ValueError("answer.provider is not sagemaker; there is no endpoint")
        return f"{self.prefix}-answer" if self.answer.creates_endpoint else self.answer.endpoint

    @property
    def answer_unasked(self) -> bool:
        """Whether the keeper does not probe the answer model, because it may be stopped or a call costs minutes."""
        return self.answer is not None and (self.answer.stops or self.answer.bills_time)

    @model_validator(mode="before")
    @classmethod
    def _defaults(cls, settings: Any) -> Any:
        return with_defaults(settings) if isinstance(settings, dict) else settings

    @model_validator(mode="after")
    def _rules(self) -> Environment:
        for fault in (fault for rule in RULES for fault in rule(self)):
            raise ValueError(fault)
        return self


def load(name: str, directory: Path) -> Environment:
    """The environment `name` from `directory`/`name`.yaml.

    Raises SettingError if the file does not exist, is not YAML, or has a wrong setting.
    """
    known = sorted(file.stem for file in directory.glob("*.yaml") if NAME.fullmatch(file.stem) and file.is_file())
    if not NAME.fullmatch(name):
        raise SettingError(
            f"{name!r} cannot name an environment: use at most 16 lower-case letters, digits and hyphens, "
            f"a letter first; existing environments: {', '.join(known) or 'none'}."
        )
    file = directory / f"{name}.yaml"
    shown = f"{directory.name}/{file.name}"
    if not file.is_file():
        fix = f"choose one of {', '.join(known)}, or write that file" if known else f"write it with `osml init {name}`"
        raise SettingError(f"{shown} does not exist: {fix}.")
    return load_file(file, shown, Environment, first=f"recipe: {FIRST}", empty=EMPTY, given={"name": name})
