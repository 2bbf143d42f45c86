"""Filters by the fields of documents: their query clauses, and the check that a field exists."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from rag.failures import Invalid
from rag.filter_models import FieldFilter, FieldRange, FieldValue
from rag.search.query import Clause

FieldFilters = Sequence[tuple[str, str]]
# Fields of osml whose value is compared as a whole.
KEYWORDS = ("id", "document")
# A text that must contain the words of the value in this order.
TITLE = "title"
LABELS, NAMES = "osml.labels", "osml.names"
SHOWN_NAMES = 30
_DATE = re.compile(r"\d{4}(-\d\d(-\d\d(T[\d:.]+(Z|[+-]\d\d:?\d\d)?)?)?)?")


def clauses(filters: FieldFilters, fields: Mapping[str, str] | None, text_field: str) -> list[Clause]:
    """One clause for each field, which matches any of its values; `fields` maps the declared fields to their types.

    `fields` is None for an index of an older deployment, whose mapping gives every field a type.
    """
    by_field: dict[str, list[Clause]] = {}
    for field, value in filters:
        by_field.setdefault(field, []).extend(_either(field, value, fields, text_field))
    return [{"bool": {"should": either, "minimum_should_match": 1}} for either in by_field.values()]


def of_fields(wanted: Mapping[str, FieldFilter], types: Mapping[str, str], text_field: str) -> list[Clause]:
    """The clauses of `filters.fields` of a question.

    Raises `Invalid` for a range if its field is not declared as a number or a date, or its ends have another type.
    """
    values: list[tuple[str, str]] = []
    ranges: list[Clause] = []
    for field, value in wanted.items():
        if not isinstance(value, FieldRange):
            values += [(field, _text(item)) for item in (value if isinstance(value, list) else [value])]
            continue
        clause = _within(field, value, types.get(field))
        if clause is None:
            raise Invalid(
                f"The filter {field} is a range. For a range, index.fields must declare the field as a number or a "
                f"date, and both ends must have that type. Declare it, or filter by values."
            )
        ranges.append(clause)
    return [*clauses(values, types, text_field), *ranges]


def _within(field: str, wanted: FieldRange, type: str | None) -> Clause | None:
    """The clause of a range; None if the field is not a number or a date, or the ends have another type."""
    ends = [end for end in (wanted.gte, wanted.lte) if end is not None]
    numbers = all(isinstance(end, int | float) and not isinstance(end, bool) for end in ends)
    dates = all(isinstance(end, str) and _DATE.fullmatch(end) for end in ends)
    if not ends or not ((type == "number" and numbers) or (type == "date" and dates)):
        return None
    # A date without a time, a day or a month begins and ends with the whole day, month or year.
    bounds = {name: _bound(end) for name, end in (("gte", wanted.gte), ("lte", wanted.lte)) if end is not None}
    return {"range": {field: bounds}}


def names_asked(filters: FieldFilters, text_field: str) -> dict[str, Any] | None:
    """The body of a search for the names of existing fields; None when all filters are on fields of osml."""
    others = _others(filters, text_field)
    if not others:
        return None
    named = {"filters": {field: {"term": {NAMES: field}} for field in others}}
    some = {"field": NAMES, "size": SHOWN_NAMES, "order": {"_key": "asc"}}
    return {"size": 0, "aggs": {"named": {"filters": named}, "some": {"terms": some}}}


def unknown(filters: FieldFilters, text_field: str, answer: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """The filtered fields that no document has, and some that exist; `answer` is the result of `names_asked`."""
    counts = answer["aggregations"]["named"]["buckets"]
    missing = [field for field in _others(filters, text_field) if not counts[field]["doc_count"]]
    return missing, [bucket["key"] for bucket in answer["aggregations"]["some"]["buckets"]]


def _others(filters: FieldFilters, text_field: str) -> list[str]:
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
    """The clause of a declared field for a value of its type; None for other fields and values."""
    if type == "number" and _number(value) is not None:
        return {"term": {field: float(value)}}
    if type == "date" and _DATE.fullmatch(value):
        # A date without a time, a day or a month means the whole day, month or year.
        return {"range": {field: {"gte": _bound(value), "lte": _bound(value)}}}
    if type == "boolean" and value in ("true", "false"):
        return {"term": {field: value == "true"}}
    return {"term": {field: value}} if type == "keyword" else None


def _bound(end: float | str) -> float | str:
    if not isinstance(end, str):
        return end
    return {4: f"{end}||/y", 7: f"{end}||/M", 10: f"{end}||/d"}.get(len(end), end)


def _text(value: FieldValue) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _number(value: str) -> str | None:
    """The number as it is written in a label; None when `value` is not a number."""
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(number.adjusted()) > 300:
        return None
    return format(number.normalize(), "f") if number else "0"
