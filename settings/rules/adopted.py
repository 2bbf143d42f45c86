"""Rules for an environment that adopts objects of others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from settings.serverless import Serverless

if TYPE_CHECKING:
    from settings import Environment
    from settings.adopted import Adopted


def adopts_from_an_engine(environment: Environment) -> Iterator[str]:
    """On an engine, an index is adopted with its embedding model, and its name differs from the alias."""
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
    """On a collection, only the index is adopted, under its own name: there are no models and no aliases of osml."""
    if adopted.model_fields_set - {"index"}:
        yield "adopted names objects of ml-commons, which a collection does not have; leave all of it but index out"
    if adopted.index and adopted.index != environment.index.name:
        yield (
            f"adopted.index is {adopted.index!r}, but index.name is {environment.index.name!r}, and on a collection "
            f"they are the same index; set index.name to {adopted.index}"
        )
    if isinstance(environment.search, Serverless) and not environment.search.collection:
        yield "adopted names an index, but the collection is a new one; add search.collection, or leave adopted out"
