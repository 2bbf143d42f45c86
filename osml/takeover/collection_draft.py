"""The environment file of an adopted collection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import yaml

from osml.takeover.choice import Choice
from osml.takeover.contents import Contents
from osml.takeover.draft import COMMENT, space_type
from settings.bedrock_base import R1_REGIONS
from settings.schema import FIRST_LINE


@dataclass(frozen=True)
class AdoptedCollection:
    """A vector collection of OpenSearch Serverless; `generation` is classic or nextgen."""

    name: str
    arn: str
    endpoint: str
    generation: str

    @property
    def region(self) -> str:
        """The region of the collection."""
        return self.arn.split(":")[3]


def collection_draft(
    contents: Contents, choice: Choice, collection: AdoptedCollection, embedding: dict[str, Any]
) -> str:
    """The text of the file. `embedding` is its group of settings of that name."""
    assert choice.index  # noqa: S101 for the type checker
    body = contents.indexes[choice.index]
    space = space_type(body["mappings"]["properties"][choice.embedding_field], body["settings"]["index"])
    place = {"name": collection.name, "arn": collection.arn, "endpoint": collection.endpoint}
    answers_in = collection.region if collection.region in R1_REGIONS else R1_REGIONS[0]
    names = {"name": choice.index, "text_field": choice.text_field, "embedding_field": choice.embedding_field}
    settings: dict[str, Any] = {
        "recipe": "serverless",
        "region": collection.region,
        "search": {"kind": "serverless", "generation": collection.generation, "collection": place},
        "embedding": embedding,
        "answer": {"provider": "bedrock", "region": answers_in},
        "index": {**names, **({} if choice.id_field == "id" else {"id_field": choice.id_field}), **space},
        "adopted": {"index": choice.index},
    }
    return "\n".join((FIRST_LINE, COMMENT)) + "\n" + yaml.safe_dump(settings, sort_keys=False, width=120)
