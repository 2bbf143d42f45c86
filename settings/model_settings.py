"""ModelSettings: what the settings of every model say about its provider, and where the provider's module is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self, Union

from pydantic import Field

from settings import Group
from settings.discovery import class_of, modules

if TYPE_CHECKING:
    from settings import Environment
    from settings.end_of_life import EndOfLife
    from settings.secret import Secret

REGION = r"^[a-z]{2,4}(-[a-z]+)+-[0-9]$"


class ModelSettings(Group, ABC):
    """A model of one provider: `provider` chooses the class, whose module bears the provider's name.

    `made_by` is the function of the construct library that calls it from an engine, `caller` the module of the
    assistant that calls it without one, None when nobody can. `service` is the AWS service that a call goes to, as VPC
    endpoints name it.
    """

    made_by: ClassVar[str]
    caller: ClassVar[str | None] = None
    service: ClassVar[str | None] = None

    @property
    def key(self) -> Secret | None:
        """The secret that holds the provider's key, None for a provider that goes by IAM."""
        return None

    @property
    def place(self) -> str | None:
        """The region where the model is called, None for the environment's, or for no region of AWS."""
        region: str | None = getattr(self, "region", None)
        return region

    @property
    def stops(self) -> bool:
        """Whether there are times in which the model is stopped."""
        return False

    @property
    def start_seconds(self) -> int | None:
        """About how long the model takes until it answers when it was stopped; None where nobody knows."""
        return None

    @property
    def told_start_seconds(self) -> int | None:
        """`start_seconds`, as those are told who call the model by an engine; None for one that never stops."""
        return self.start_seconds if self.stops else None

    @property
    @abstractmethod
    def shown(self) -> str:
        """The model as people are told of it."""

    @property
    def listed_at(self) -> tuple[str, str] | None:
        """Host and path of the provider's list of models, which its key opens; None when there is none."""
        return None

    @abstractmethod
    def arguments(self, environment: Environment) -> dict[str, Any]:
        """What `made_by` is called with, besides the resources behind the model and how long a call may take."""

    def for_runtime(self, environment: Environment) -> Self:  # noqa: ARG002 of the interface
        """The settings as the assistant is told them: a caller needs nothing of what a deploy makes."""
        return self

    def faults(self, environment: Environment) -> Iterator[str]:  # noqa: ARG002 of the interface
        """What does not fit between the model and its environment, a sentence each."""
        yield from ()

    def ends(self) -> Iterator[tuple[str, str | None, Mapping[str, EndOfLife]]]:
        """Settings whose values may end: setting, value, and the table of its provider."""
        yield from ()


def module_name(provider: str) -> str:
    """The module of `provider`: `bedrock-converse` is in `bedrock_converse.py`."""
    return provider.replace("-", "_")


def model_class(package: ModuleType, provider: str) -> type[ModelSettings]:
    """The class of `provider`; no other module of `package` is imported. Raises ValueError when there is none."""
    if module_name(provider) not in modules(package.__name__):
        raise ValueError(f"provider is {provider!r}, but can be {', '.join(providers(package))} only")
    module = import_module(f"{package.__name__}.{module_name(provider)}")
    return class_of(module, ModelSettings)  # type: ignore[type-abstract] # none is made of it


def any_of(package: ModuleType) -> Any:
    """The settings of every provider in `package`, told apart by `provider`."""
    classes = tuple(model_class(package, provider) for provider in providers(package))
    return Annotated[Union[classes], Field(discriminator="provider")]  # noqa: UP007 of a tuple


def providers(package: ModuleType) -> list[str]:
    """The providers of `package`: a module each."""
    return [name.replace("_", "-") for name in modules(package.__name__)]
