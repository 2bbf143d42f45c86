"""Rules between a collection and the rest of an environment."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from settings import answer as answers
from settings.model_settings import model_class, providers
from settings.serverless import Serverless

if TYPE_CHECKING:
    from settings import Environment

NOT_ON_A_COLLECTION = ("shards", "replicas", "batch_size")


def collection_has_no_connector(environment: Environment) -> Iterator[str]:
    """On a collection the assistant calls the answer model, so the provider must have a caller."""
    answer = environment.answer
    if isinstance(environment.search, Serverless) and answer and not answer.caller:
        *most, last = [provider for provider in providers(answers) if model_class(answers, provider).caller]
        yield (
            f"answer.provider is {answer.provider!r}, a connector of ml-commons, but on a collection the assistant "
            f"calls the model itself; set it to {', '.join(most)} or {last}"
        )


def collection_decides(environment: Environment) -> Iterator[str]:
    """Settings and fields that a collection determines itself must not be set."""
    index = environment.index
    if index.id_field != "id" and not (environment.engine is None and environment.adopted):
        yield f"index.id_field is {index.id_field!r}, which is for an adopted index of a collection; leave it out"
    if not isinstance(environment.search, Serverless):
        return
    for name in NOT_ON_A_COLLECTION:
        if name in index.model_fields_set:
            yield f"index.{name} is set, but a collection sets this itself; leave it out"
    if index.fields:
        yield (
            f"index.fields names {next(iter(index.fields))!r}, but on a collection the assistant keeps only the id, "
            f"title and text of a document; leave it out"
        )
    for field in (index.text_field, index.embedding_field):
        if field in ("stored", "passages"):
            yield f"index names a field {field!r}, which an index of a collection already has; choose another name"
