"""An index."""

import copy
from typing import Any

from tests.contract.kinds_engine import DIMENSION, KindsEngine
from tests.contract.subjects import Subject

NAMED = True


def subject(engine: KindsEngine) -> Subject:
    name = f"{engine.stack}-index"
    vector = {
        "type": "knn_vector",
        "dimension": DIMENSION,
        "method": {"name": "hnsw", "engine": "lucene", "space_type": "l2"},
    }
    body: dict[str, Any] = {
        "settings": {"index": {"knn": True, "number_of_replicas": 0}},
        "mappings": {"properties": {"embedding": vector, "text": {"type": "text", "index": True}}},
    }
    wider = copy.deepcopy(body)
    wider["mappings"]["properties"]["title"] = {"type": "keyword", "ignore_above": 100}
    wider["settings"]["index"]["refresh_interval"] = "5s"
    return Subject(
        "Index",
        {"name": name, "body": body},
        in_place={"name": name, "body": wider},
        replacing={"name": f"{name}-2", "body": body},
    )
