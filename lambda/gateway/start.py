"""The start of a function: garbage collection is off during the imports, because what they create stays in use."""

import gc
import os
from importlib import import_module
from typing import Any

# Otherwise pydantic looks for plugins in the metadata of all packages before it builds the first validator.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")


def imported(module: str, name: str) -> Any:
    """The member `name` of a module. Garbage collection later ignores the objects that exist now."""
    gc.disable()
    try:
        return getattr(import_module(module), name)
    finally:
        gc.freeze()
        gc.enable()
