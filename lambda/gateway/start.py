"""The start of a function: garbage collection is off during the imports, because what they create stays in use."""

import gc
from importlib import import_module
from typing import Any


def imported(module: str, name: str) -> Any:
    """The member `name` of a module. Garbage collection later ignores the objects that exist now."""
    gc.disable()
    try:
        return getattr(import_module(module), name)
    finally:
        gc.freeze()
        gc.enable()
