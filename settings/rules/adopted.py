"""What an environment that takes over objects of others must be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from settings.serverless import Serverless

if TYPE_CHECKING:
    from settings import Environment
    from settings.adopted import Adopted


def adopts_from_an_engine(environment: Environment) -> Iterator[str]:
    """Objects of ml-commons, and an index beside its alias."""
    adopted = environment.adopted
    if adopted is None:
        return
    if environment.engine is None:
        yield from _adopts_from_a_collection(environment, adopted)
        return
    if adopted.index and not adopted.embedding:
        yield "adopted.index is there without the model that made its vectors; add adopted.embedding"
    if adopted.answer and environment.answer is None:
        yield "adopted.answer names a model that answers, but answer is missing; add that group, or leave it out"
    if adopted.index == environment.index.name:
        yield (
            f"adopted.index and index.name are both {adopted.index!r}, but index.name is the alias of that index; "
            "set another index.name"
        )


def _adopts_from_a_collection(environment: Environment, adopted: Adopted) -> Iterator[str]:
    """The index alone, under its own name: a collection has neither aliases of osml nor models."""
    if adopted.model_fields_set - {"index"}:
        yield "adopted names objects of ml-commons, which a collection does not have; leave all of it but index out"
    if adopted.index and adopted.index != environment.index.name:
        yield (
            f"adopted.index is {adopted.index!r}, but index.name is {environment.index.name!r}, and on a collection "
            f"they are the same index; set index.name to {adopted.index}"
        )
    if isinstance(environment.search, Serverless) and not environment.search.collection:
        yield "adopted names an index, but the collection is a new one; add search.collection, or leave adopted out"
