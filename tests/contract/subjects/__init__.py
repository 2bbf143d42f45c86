"""A subject for each kind: a specification, a change of it in place, and a change that needs a new object.

Each file has a function `subject`. It also declares about its kind whether the specification names the object (NAMED),
the server makes its id (WITH_SERVER_ID), or it is an entry of a shared list (SHARED).
"""

import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Any

from mlcommons import KINDS, Kind
from tests.contract.kinds_engine import KindsEngine


@dataclass(frozen=True)
class Subject:
    """A specification and two changes of it; `in_place` and `replacing` are None if the kind has no such change."""

    kind: str
    spec: dict[str, Any]
    in_place: dict[str, Any] | None = None
    replacing: dict[str, Any] | None = None


def pipeline(kind: str, engine: KindsEngine, processors: str) -> Subject:
    """A pipeline of either kind; `processors` is the field with its list of processors."""
    name = f"{engine.stack}-pipeline"
    body = {"description": "First", processors: []}
    return Subject(
        kind,
        {"name": name, "pipeline": body},
        in_place={"name": name, "pipeline": body | {"description": "Second"}},
        replacing={"name": f"{name}-2", "pipeline": body},
    )


def _modules() -> dict[str, ModuleType]:
    files = {file.name: import_module(f"{__name__}.{file.name}") for file in pkgutil.iter_modules(__path__)}
    by_file = {type(kind).__module__.rpartition(".")[2]: name for name, kind in KINDS.items()}
    return {by_file[file]: module for file, module in files.items()}


def _that(trait: str) -> list[str]:
    return [name for name, module in _MODULES.items() if getattr(module, trait, False)]


_MODULES = _modules()
SUBJECTS: dict[str, Callable[[KindsEngine], Subject]] = {name: module.subject for name, module in _MODULES.items()}
NAMED, WITH_SERVER_IDS, SHARED = _that("NAMED"), _that("WITH_SERVER_ID"), _that("SHARED")
UPDATED_IN_PLACE = [name for name in SUBJECTS if type(KINDS[name]).update is not Kind.update]
# A model is replaced for another index version, which the tests of index versions cover.
REPLACED = [name for name in SUBJECTS if KINDS[name].replace_on and name != "Model"]
