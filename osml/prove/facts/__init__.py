"""Questions that only a managed domain answers, one file each, found automatically.

Each has `QUESTION`, and a function `answer` that asks a `Prober` and returns what it saw in a sentence.
"""

import pkgutil
from importlib import import_module
from typing import Protocol, cast

from osml.prove.administrator import Prober


class Fact(Protocol):
    """One question."""

    QUESTION: str

    @staticmethod
    def answer(prober: Prober) -> str: ...


FACTS: list[Fact] = [
    cast(Fact, import_module(f"{__name__}.{name}"))
    for name in sorted(file.name for file in pkgutil.iter_modules(__path__))
]
