"""The operation of a request to a collection, with the permission that it needs and the indexes in its path.

Source: "Supported operations and plugins in Amazon OpenSearch Serverless" in the developer guide. A request to any
other path gets the answer for a path that does not exist.
"""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.front.refusal import NotOffered, UnsupportedOperation
from sandbox.front.request import FrontRequest

ALL = "*"
_READ, _WRITE = "aoss:ReadDocument", "aoss:WriteDocument"
_DESCRIBE, _UPDATE = "aoss:DescribeIndex", "aoss:UpdateIndex"
CREATE, _DELETE = "aoss:CreateIndex", "aoss:DeleteIndex"
_READS = {"GET": _READ, "POST": _READ}
_CHANGES = {"PUT": _UPDATE, "POST": _UPDATE}

# Three tables: `<index>/<action>`, `<index>/<action>/<argument>`, and paths without an index.
_OF_INDEX: dict[str, dict[str, str]] = {
    "": {"GET": _DESCRIBE, "HEAD": _DESCRIBE, "PUT": CREATE, "DELETE": _DELETE},
    "_mapping": {"GET": _DESCRIBE, **_CHANGES},
    "_mappings": {"GET": _DESCRIBE, **_CHANGES},
    "_settings": {"GET": _DESCRIBE, **_CHANGES},
    "_bulk": {"POST": _WRITE},
    "_doc": {"POST": _WRITE},
    **dict.fromkeys(("_analyze", "_count", "_field_caps", "_mget", "_msearch", "_search"), _READS),
}
_WITH_ARGUMENT: dict[str, dict[str, str]] = {
    "_settings": {"GET": _DESCRIBE},
    "_doc": {"GET": _READ, "HEAD": _READ, "PUT": _WRITE, "DELETE": _WRITE},
    "_source": {"GET": _READ, "HEAD": _READ},
    "_create": {"PUT": _WRITE, "POST": _WRITE},
    "_update": {"POST": _WRITE},
    "_explain": _READS,
    "_validate": _READS,
}
_OF_COLLECTION: dict[str, dict[str, str]] = {
    "_bulk": {"POST": _WRITE},
    "_mapping": {"GET": _DESCRIBE},
    "_mappings": {"GET": _DESCRIBE},
    **dict.fromkeys(("_analyze", "_count", "_field_caps", "_mget", "_msearch", "_search"), _READS),
}
# Amazon has these. Here all collections share one engine, in which these objects belong to no collection.
_ELSEWHERE = {("_alias",), ("_aliases",), ("_index_template",), ("_component_template",), ("_cat", "aliases")}
_ELSEWHERE |= {("_cat", "templates"), ("_search", "pipeline"), ("_ingest", "pipeline"), ("_rank_eval",)}


@dataclass(frozen=True)
class Operation:
    """An operation on a collection.

    `action` is `_search`, `_bulk`…, or empty for an index itself. `argument` is a document id, a setting or a table.

    `indexes` is the expression in the path, or None if the path names no index. The body may name further indexes.
    """

    action: str
    permission: str
    indexes: str | None = None
    argument: str | None = None

    @property
    def writes_documents(self) -> bool:
        return self.permission == _WRITE

    @property
    def names_document(self) -> bool:
        """Whether the client chose the id of the document that it writes."""
        return self.writes_documents and self.argument is not None


def operation(request: FrontRequest) -> Operation:
    """The operation of a request.

    Raises `UnsupportedOperation` for paths that Amazon lacks, `NotOffered` for paths that only the local cloud lacks.
    """
    match request.segments():
        case ["_cat", "indices", *rest] if len(rest) <= 1 and request.method == "GET":
            return Operation("_cat", _DESCRIBE, rest[0] if rest else None, "indices")
        case ["_resolve", "index", names] if request.method == "GET":
            return Operation("_resolve", _DESCRIBE, names, "index")
        case [first] if first.startswith("_"):
            return _operation(request, _OF_COLLECTION, first)
        case [index] if not index.startswith("_"):
            return _operation(request, _OF_INDEX, "", index)
        case [index, action] if not index.startswith("_"):
            return _operation(request, _OF_INDEX, action, index)
        case [index, action, argument] if not index.startswith("_"):
            return _operation(request, _WITH_ARGUMENT, action, index, argument)
    raise _refusal(request)


def _operation(
    request: FrontRequest,
    table: dict[str, dict[str, str]],
    action: str,
    index: str | None = None,
    argument: str | None = None,
) -> Operation:
    permission = table.get(action, {}).get(request.method)
    if permission is None:
        raise _refusal(request)
    return Operation(action, permission, index, argument)


def _refusal(request: FrontRequest) -> UnsupportedOperation | NotOffered:
    segments = request.segments()
    if any(segments[: len(path)] == path or segments[1 : len(path) + 1] == path for path in _ELSEWHERE):
        return NotOffered(f"{request.method} {request.path} exists on Amazon; the local cloud keeps no such objects.")
    return UnsupportedOperation(f"OpenSearch Serverless has no {request.method} {request.path}")
