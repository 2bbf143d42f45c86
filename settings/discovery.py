"""Finds all modules in a package, and the class that each of them declares."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import TypeVar

Held = TypeVar("Held")


@cache
def modules(package: str) -> list[str]:
    """The names of the modules in `package`."""
    return sorted(module.name for module in pkgutil.iter_modules(import_module(package).__path__))


def class_of(module: ModuleType, base: type[Held]) -> type[Held]:
    """The subclass of `base` that the module itself declares; imported classes do not count."""
    return next(
        member
        for member in vars(module).values()
        if isinstance(member, type) and issubclass(member, base) and member.__module__ == module.__name__
    )
