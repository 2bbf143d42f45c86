"""ModelSettings: the base of the settings of every model, and the modules of the providers."""

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
    """A model of one provider. `provider` chooses who runs the model, and with it the other settings of the model. The
    module of its class bears the provider's name.

    `made_by` is the function of the construct library that calls it from an engine, `caller` the module of the
    assistant that calls it without one, None when nobody can. `service` is the AWS service that a call goes to, as VPC
    endpoints name it.
    """

    made_by: ClassVar[str]
    caller: ClassVar[str | None] = None
    service: ClassVar[str | None] = None

    @property
    def key(self) -> Secret | None:
        """The secret with the provider's key, None for a provider that uses IAM."""
        return None

    @property
    def place(self) -> str | None:
        """The region in which the model is called, None for the environment's, or for a model outside AWS."""
        region: str | None = getattr(self, "region", None)
        return region

    @property
    def stops(self) -> bool:
        """Whether there are times in which the model is stopped."""
        return False

    @property
    def start_seconds(self) -> int | None:
        """About how many seconds a stopped model takes until it answers; None if unknown."""
        return None

    @property
    def told_start_seconds(self) -> int | None:
        """`start_seconds` for callers that reach the model through an engine; None for a model that never stops."""
        return self.start_seconds if self.stops else None

    @property
    @abstractmethod
    def shown(self) -> str:
        """The model's name as people see it."""

    @property
    def listed_at(self) -> tuple[str, str] | None:
        """Host and path of the provider's list of models, which accepts the key; None if there is no list."""
        return None

    @abstractmethod
    def arguments(self, environment: Environment) -> dict[str, Any]:
        """The arguments for `made_by`, without the model's resources and the time limits of a call."""

    def for_runtime(self, environment: Environment) -> Self:  # noqa: ARG002 of the interface
        """The settings for the assistant; classes that create resources leave out what only a deploy needs."""
        return self

    def faults(self, environment: Environment) -> Iterator[str]:  # noqa: ARG002 of the interface
        """A sentence for each setting of the model that does not fit the environment."""
        yield from ()

    def ends(self) -> Iterator[tuple[str, str | None, Mapping[str, EndOfLife]]]:
        """The settings whose values may end: setting, value, and the provider's table of ends of life."""
        yield from ()


def module_name(provider: str) -> str:
    """The module of `provider`: `bedrock-converse` is in `bedrock_converse.py`."""
    return provider.replace("-", "_")


def model_class(package: ModuleType, provider: str) -> type[ModelSettings]:
    """The class of `provider`; no other module of `package` is imported. Raises ValueError for an unknown provider."""
    if module_name(provider) not in modules(package.__name__):
        raise ValueError(f"provider is {provider!r}, but can be {', '.join(providers(package))} only")
    module = import_module(f"{package.__name__}.{module_name(provider)}")
    return class_of(module, ModelSettings)  # type: ignore[type-abstract] # none is made of it


def any_of(package: ModuleType) -> Any:
    """The union of the settings of all providers in `package`, with `provider` as the discriminator."""
    classes = tuple(model_class(package, provider) for provider in providers(package))
    return Annotated[Union[classes], Field(discriminator="provider")]  # noqa: UP007 of a tuple


def providers(package: ModuleType) -> list[str]:
    """The providers in `package`; each is a module."""
    return [name.replace("_", "-") for name in modules(package.__name__)]
