"""What an environment that takes over objects of others must be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from settings import Environment


def adopts_from_an_engine(environment: Environment) -> Iterator[str]:
    """Objects of ml-commons, and an index beside its alias."""
    adopted = environment.adopted
    if adopted is None:
        return
    if environment.engine is None:
        yield "adopted names objects of ml-commons, which a collection does not have; leave that group out"
    if adopted.answer and environment.answer is None:
        yield "adopted.answer names a model that answers, but answer is missing; add that group, or leave it out"
    if adopted.index == environment.index.name:
        yield (
            f"adopted.index and index.name are both {adopted.index!r}, but index.name is the alias of that index; "
            "set another index.name"
        )
