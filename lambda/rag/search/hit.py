"""A passage as a search of the engine returns it."""

from collections.abc import Mapping
from typing import Any

from calls.plain import mended
from rag.caller import ACCESS
from rag.models import PLACE, Highlight, Source, place_in
from rag.search.highlight import highlights
from rag.search.query import similarity


def fields_of(text_field: str, *more: str) -> list[str]:
    """The fields of a passage that `source_of` reads, and `more`."""
    return ["id", "document", "title", *PLACE, text_field, ACCESS, *more]


def source_of(hit: Mapping[str, Any], text_field: str) -> Source:
    """The hit in the API's form."""
    source = hit["_source"]
    own = str(source.get("id") or hit["_id"])
    return Source(
        id=own,
        document=str(source.get("document") or own),
        title=mended(title) if isinstance(title := source.get("title"), str) else None,
        text=mended(str(source.get(text_field, ""))),
        score=hit["_score"],
        similarity=similarity(hit),
        **place_in(source),
        highlights=[Highlight(start=start, end=end) for start, end in highlights(hit, text_field)],
    )
