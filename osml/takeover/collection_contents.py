"""The indexes of a collection, as the collection shows them, and one document of each."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from mlcommons import Client
from mlcommons.client import path_of
from mlcommons.errors import PermissionMissing
from osml.failure import Failure
from osml.takeover.collection_draft import AdoptedCollection
from osml.takeover.contents import Contents

NEEDED = ("aoss:DescribeIndex", "aoss:ReadDocument", "aoss:UpdateIndex")


@dataclass(frozen=True)
class Holding:
    """How many documents an index has, and one of them, empty if there is none."""

    documents: int
    sample: dict[str, Any]


def read(client: Client, collection: AdoptedCollection) -> tuple[Contents, dict[str, Holding]]:
    """The contents, and a Holding for each index. Only reads. Raises Failure and `ProvisioningError`."""
    try:
        rows = client.get(path_of("_cat", "indices"), format="json", expand_wildcards="open")
        names = sorted(row["index"] for row in rows if not row["index"].startswith("."))
        indexes = {name: client.get(path_of(name))[name] for name in names}
        holdings = {name: _holding(client, name) for name in indexes}
    except PermissionMissing as error:
        raise Failure(f"{error} {_admission(collection)}", error.cause) from None
    return Contents("", indexes, _named(client, indexes), {}, {}, {}, {}, {}), holdings


def _holding(client: Client, name: str) -> Holding:
    answer = client.post(path_of(name, "_search"), {"size": 1, "track_total_hits": True})["hits"]
    return Holding(int(answer["total"]["value"]), answer["hits"][0]["_source"] if answer["hits"] else {})


def _named(client: Client, indexes: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The existing ingest pipelines that indexes name."""
    settings = [body.get("settings", {}).get("index", {}) for body in indexes.values()]
    names = {each.get("default_pipeline") for each in settings} - {None, "_none"}
    read = {name: client.find(path_of("_ingest", "pipeline", name)) for name in names}
    return {name: body[name] for name, body in read.items() if body}


def _admission(collection: AdoptedCollection) -> str:
    """How a person gets access: the policies of a collection often allow only the function that uses it."""
    rule = {"ResourceType": "index", "Resource": [f"index/{collection.name}/*"], "Permission": list(NEEDED)}
    policy = json.dumps([{"Rules": [rule], "Principal": ["<ARN of your role>"]}])
    made = f"aws opensearchserverless create-access-policy --type data --name osml-import --policy '{policy}'"
    return f"Make such a policy: `{made}`. It takes effect within a minute."
