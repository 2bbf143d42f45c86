"""Ids of new passages that passages of other documents already have: `leave#2` may also be a document of that name.

On a domain, the new passage would overwrite the other one. On a collection, a citation could mean either of them.
"""

from collections.abc import Mapping, Sequence

from rag.budget import Budget
from rag.caller import ACCESS, Held, access_in, groups_in
from rag.search import Passage
from rag.search.clauses import with_ids
from rag.search.engine import IndexClient
from rag.search.hit import hits_of

_MOST_HITS = 10_000


def taken(client: IndexClient, passages: Sequence[Passage], budget: Budget) -> Mapping[str, Held]:
    """The groups and loaders of those other passages, by the document of the new passages."""
    if not passages:
        return {}
    settings, id_field = client.settings, client.index.id_field
    document_of = {passage.id: passage.document for passage in passages}
    body = {
        "query": with_ids(settings, list(document_of)),
        "size": _MOST_HITS,
        "_source": [id_field, "document", ACCESS],
    }
    groups: dict[str, set[str]] = {}
    loaders: dict[str, set[str]] = {}
    for hit in hits_of(client.send("POST", client.in_index("_search"), body, budget)):
        source = hit["_source"]
        # What another program has stored may have several ids.
        ids = source.get(id_field)
        for id in document_of.keys() & {hit["_id"], *map(str, ids if isinstance(ids, list) else [ids])}:
            document = document_of[id]
            if str(source.get("document") or id) != document:
                groups.setdefault(document, set()).update(groups_in(source))
                loaders.setdefault(document, set()).add(str(access_in(source).get("loader") or ""))
    return {document: Held(frozenset(groups[document]), frozenset(loaders[document])) for document in groups}
