"""The clauses of a search: what the caller may see, and what they want to see."""

from collections.abc import Sequence
from typing import Any

from rag.caller import Caller
from rag.failures import Invalid
from rag.filter_models import Filters
from settings.runtime_settings import RuntimeSettings


def clauses_of(settings: RuntimeSettings, filters: Filters | None, caller: Caller) -> list[dict[str, Any]]:
    """The clauses that must all match: first those for what the caller may see, then the filters.

    Raises `Invalid` for filters that the index cannot apply.
    """
    clauses = caller.clauses
    if filters and filters.document is not None:
        clauses.append(of_documents(settings, _listed(filters.document)))
    if filters and filters.title is not None:
        phrases = [{"match_phrase": {"title": title}} for title in _listed(filters.title)]
        clauses.append({"bool": {"should": phrases, "minimum_should_match": 1}})
    if filters and filters.fields:
        from rag.search.field_filter import of_fields

        if settings.search.service == "aoss":
            raise Invalid("A collection keeps no fields of documents to filter by. Leave filters.fields out.")
        clauses += of_fields(filters.fields, settings.fields, settings.index.text_field)
    return clauses


def of_documents(settings: RuntimeSettings, documents: Sequence[str]) -> dict[str, Any]:
    """The clause for the passages of documents.

    A document on a domain that was loaded without the assistant has only its `_id` as its name.
    """
    named = {"terms": {"document": list(documents)}}
    if settings.search.service == "aoss":
        return named
    return {"bool": {"should": [named, {"ids": {"values": list(documents)}}], "minimum_should_match": 1}}


def with_ids(settings: RuntimeSettings, ids: Sequence[str]) -> dict[str, Any]:
    """The clause for the passages with these ids; a domain also has them as `_id`."""
    named = [{"terms": {settings.index.id_field: list(ids)}}]
    if settings.search.service != "aoss":
        named.append({"ids": {"values": list(ids)}})
    return {"bool": {"should": named, "minimum_should_match": 1}}


def _listed(wanted: str | list[str]) -> list[str]:
    return [wanted] if isinstance(wanted, str) else wanted
