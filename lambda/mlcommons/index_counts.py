"""What an index version holds: its documents, those without a vector, and the number of its last write."""

from dataclasses import dataclass
from typing import Any

from mlcommons.client import Client, path_of
from mlcommons.errors import NotFound, Unready
from mlcommons.index_version import IndexVersion


@dataclass(frozen=True)
class Tally:
    """The number of documents of an index, and of those without a vector."""

    documents: int
    bare: int


def tally(client: Client, index: IndexVersion) -> Tally:
    body = {
        "size": 0,
        "track_total_hits": True,
        "query": {"match_all": {}},
        "aggs": {"bare": {"filter": without(index.vectors)}},
    }
    answer = client.post(path_of(index.name, "_search"), body)
    return Tally(int(answer["hits"]["total"]["value"]), int(answer["aggregations"]["bare"]["doc_count"]))


def last_write(client: Client, index: IndexVersion) -> int:
    """The number up to which no write is missing: the lowest local checkpoint of all primary shards."""
    try:
        answer = client.get(path_of(index.name, "_stats", "docs"), level="shards")
        shards = answer["indices"][index.name]["shards"].values()
    except (NotFound, KeyError):
        raise Unready(f"Reading the last write of {index.name}", "the index does not exist", "Deploy again.") from None
    return min(
        int(copy["seq_no"]["local_checkpoint"]) for copies in shards for copy in copies if copy["routing"]["primary"]
    )


def without(fields: list[str]) -> dict[str, Any]:
    """The query for documents without these fields."""
    return {"bool": {"must_not": [{"exists": {"field": field}} for field in fields]}}
