"""Vectors that the engine leaves out of `_source` and derives from its graphs, as k-NN does by default since 3.0.

In k-NN 3.0 to 3.5, a scroll that fetches ten or more consecutive documents of a segment breaks such an index. Then the
documents of that segment cannot be read until another segment replaces it
(https://github.com/opensearch-project/k-NN/issues/3191). Every question that finds one of them fails. So on these
versions an index is made without derived vectors; an older index is checked, and repaired if it is broken.
"""

from typing import Any

from mlcommons.client import Client, path_of
from mlcommons.compare import flattened
from mlcommons.errors import EngineFailed, Unready
from mlcommons.versions import breaks_derived_vectors, created_by, never_breaks_derived_vectors

SETTING = "index.knn.derived_source.enabled"
# The entry for a broken index in a list of differing fields.
BROKEN = "unreadable documents"
MENDING = "osml-mending"
WHY = "some documents cannot be read (k-NN #3191)"
# The check reads fewer than ten documents at once, so it breaks nothing itself. It reads random documents, so they come
# from most segments.
AT_ONCE, LOOKS = 9, 4


def readable(client: Client, body: dict[str, Any]) -> dict[str, Any]:
    """Return the body of an index, without derived vectors if a scroll would break them and the body does not set them.

    The setting of an existing index can never change.
    """
    settings = flattened(body.get("settings", {}))
    has_vectors = str(settings.get("index.knn")).lower() == "true"
    if not has_vectors or SETTING in settings or not breaks_derived_vectors(client.version):
        return body
    return body | {"settings": {**settings, SETTING: False}}


def is_broken(client: Client, name: str, index: dict[str, Any]) -> bool:
    """Whether documents of the index cannot be read; sends a request only if the index has derived vectors."""
    settings = flattened(index.get("settings", {}))
    if str(settings.get(SETTING)).lower() != "true":
        return False
    if never_breaks_derived_vectors(created_by(settings)) or not breaks_derived_vectors(client.version):
        return False
    return any(not _reads(client, name, seed) and _reads(client, name, seed, source=False) for seed in range(LOOKS))


def mend(client: Client, name: str) -> None:
    """Merge all segments into a new one, and return when that is done; questions fail until then.

    The engine does not rewrite a single segment, so a second one is made first: a document that no question finds.
    """
    another = path_of(name, "_doc", MENDING)
    client.put(another, {}, pipeline="_none", refresh="true")
    try:
        _merge(client, name)
    finally:
        client.delete(another)


def _merge(client: Client, name: str) -> None:
    options = {"max_num_segments": "1", "wait_for_completion": "false"}
    task = str(client.post(path_of(name, "_forcemerge"), **options)["task"])
    attempt = 0
    while not client.get(path_of("_tasks", task)).get("completed"):
        if not client.patience.wait(min(attempt, 3)):
            tried = f"Rewriting the segments of {name}"
            raise Unready(tried, "it continues in the background", "Check again later.", "index-unreadable")
        attempt += 1


def _reads(client: Client, name: str, seed: int, *, source: bool = True) -> bool:
    """Whether the engine can read some random documents; its answer omits them, because they contain vectors."""
    by_chance = {"function_score": {"random_score": {"seed": seed, "field": "_seq_no"}}}
    query = {"query": by_chance, "size": AT_ONCE, "_source": source}
    try:
        client.probe(path_of(name, "_search"), query, search_pipeline="_none", filter_path="took")
    except EngineFailed:
        return False
    return True
