"""`--filter field=value`: its query clauses, and the check that the field exists."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from rag.search.query import Clause

Filters = Sequence[tuple[str, str]]
# Fields of osml whose value is compared as a whole.
KEYWORDS = ("id", "document")
# A text that must contain the words of the value in this order.
TITLE = "title"
LABELS, NAMES = "osml.labels", "osml.names"
SHOWN_NAMES = 30
_DATE = re.compile(r"\d{4}(-\d\d(-\d\d(T[\d:.]+(Z|[+-]\d\d:?\d\d)?)?)?)?")


def clauses(filters: Filters, fields: Mapping[str, str] | None, text_field: str) -> list[Clause]:
    """One clause for each field, which any of its values satisfies; `fields` are the declared fields with their types.

    None means an index of an older deploy, which gives every field a type.
    """
    by_field: dict[str, list[Clause]] = {}
    for field, value in filters:
        by_field.setdefault(field, []).extend(_either(field, value, fields, text_field))
    return [{"bool": {"should": either, "minimum_should_match": 1}} for either in by_field.values()]


def names_asked(filters: Filters, text_field: str) -> dict[str, Any] | None:
    """The body of a search for the names of existing fields; None when all filters are on fields of osml."""
    others = _others(filters, text_field)
    if not others:
        return None
    named = {"filters": {field: {"term": {NAMES: field}} for field in others}}
    some = {"field": NAMES, "size": SHOWN_NAMES, "order": {"_key": "asc"}}
    return {"size": 0, "aggs": {"named": {"filters": named}, "some": {"terms": some}}}


def unknown(filters: Filters, text_field: str, answer: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """The filtered fields that no document has, and some that exist; `answer` is the engine's to `names_asked`."""
    counts = answer["aggregations"]["named"]["buckets"]
    missing = [field for field in _others(filters, text_field) if not counts[field]["doc_count"]]
    return missing, [bucket["key"] for bucket in answer["aggregations"]["some"]["buckets"]]


def _others(filters: Filters, text_field: str) -> list[str]:
    ours = (*KEYWORDS, TITLE, text_field)
    return [field for field in dict.fromkeys(field for field, _ in filters) if field not in ours]


def _either(field: str, value: str, fields: Mapping[str, str] | None, text_field: str) -> list[Clause]:
    if fields is None or field in (TITLE, text_field):
        return [{"match_phrase": {field: value}}]
    if field in KEYWORDS:
        return [{"term": {field: value}}]
    written = list(dict.fromkeys([value, _number(value) or value]))
    labels: Clause = {"terms": {LABELS: [f"{field}={value}" for value in written]}}
    typed = _typed(field, value, fields.get(field))
    return [labels, typed] if typed else [labels]


def _typed(field: str, value: str, type: str | None) -> Clause | None:
    """The clause of a declared field, for a value of its type."""
    if type == "number" and _number(value) is not None:
        return {"term": {field: float(value)}}
    if type == "date" and _DATE.fullmatch(value):
        # A date without a time, a day or a month means the whole day, month or year.
        whole = {4: f"{value}||/y", 7: f"{value}||/M", 10: f"{value}||/d"}.get(len(value), value)
        return {"range": {field: {"gte": whole, "lte": whole}}}
    if type == "boolean" and value in ("true", "false"):
        return {"term": {field: value == "true"}}
    return {"term": {field: value}} if type == "keyword" else None


def _number(value: str) -> str | None:
    """The number as it is written in a label; None when `value` is not a number."""
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(number.adjusted()) > 300:
        return None
    return format(number.normalize(), "f") if number else "0"
