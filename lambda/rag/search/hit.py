"""A passage as a search of the engine returns it."""

import logging
from collections.abc import Mapping
from typing import Any

from calls.plain import mended
from rag.caller import ACCESS, GROUPS, Caller, access_in, groups_in, loaded_by
from rag.models import PLACE, Highlight, Source, place_in
from rag.search.highlight import highlights
from rag.search.query import similarity

_log = logging.getLogger(__name__)


def hits_of(answer: Any) -> list[dict[str, Any]]:
    """The hits in the engine's answer to a search."""
    hits: list[dict[str, Any]] = answer["hits"]["hits"]
    return hits


def fields_of(text_field: str, *more: str, id_field: str = "id") -> list[str]:
    """The fields of a passage that `source_of` reads, and `more`."""
    return [id_field, "document", "title", *PLACE, text_field, ACCESS, *more]


def source_of(hit: dict[str, Any], text_field: str, id_field: str = "id") -> Source:
    """The hit in the API's form."""
    source = hit["_source"]
    own = str(source.get(id_field) or hit["_id"])
    return Source(
        id=own,
        document=str(source.get("document") or own),
        title=mended(title) if isinstance(title := source.get("title"), str) else None,
        text=mended(str(source.get(text_field, ""))),
        score=hit["_score"],
        similarity=similarity(hit),
        loaded_by=loaded_by(source),
        original=access_in(source).get("original"),
        **place_in(source),
        highlights=[Highlight(start=start, end=end) for start, end in highlights(hit, text_field)],
    )


def is_for(source: Mapping[str, Any], caller: Caller) -> bool:
    """Whether the caller may see a passage."""
    if caller.sees(groups_in(source)):
        return True
    # The mapping lacks the field, or the engine returned a passage that the filter excludes.
    _log.error("A passage of other groups was found and left out. Deploy again, so that the index knows %s.", GROUPS)
    return False
