"""The kinds, one file each, found automatically: the noun of `Custom::MlConnector` is the kind `Connector`."""

import pkgutil
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from mlcommons.errors import InvalidSpec
from mlcommons.kind import Kind

# The beginning of the resource types in templates.
CUSTOM = "Custom::Ml"


def _kinds() -> Iterator[Kind[Any]]:
    for file in pkgutil.iter_modules(__path__):
        module = import_module(f"{__name__}.{file.name}")
        classes = [member for member in vars(module).values() if isinstance(member, type) and issubclass(member, Kind)]
        # A class without a `name` is a base class of several kinds.
        yield from (member() for member in classes if member.__module__ == module.__name__ and "name" in vars(member))


KINDS: dict[str, Kind[Any]] = {kind.name: kind for kind in _kinds()}


def kind_named(name: str) -> Kind[Any]:
    """Return the kind of a noun or of a resource type; raises `InvalidSpec` for any other name."""
    noun = name.removeprefix(CUSTOM)
    if noun not in KINDS:
        raise InvalidSpec(f"Looking for the kind {name!r}", "there is none", f"Kinds: {', '.join(KINDS)}.")
    return KINDS[noun]
