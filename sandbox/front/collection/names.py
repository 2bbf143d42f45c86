"""The names of a collection's indexes: in the engine they have a prefix, for clients they do not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.front.collection.operation import ALL
from sandbox.front.refusal import InvalidArgument


@dataclass(frozen=True)
class Names:
    """Adds the prefix to index expressions (`a,b*,-bc`) in requests, and removes it from answers."""

    prefix: str

    def inward(self, expression: str | None) -> str:
        """The expression with prefixes. Raises `InvalidArgument` for an invalid name and for a date math name."""
        return ",".join(self._prefixed(part) for part in parts(expression))

    def outward(self, text: bytes) -> bytes:
        """The text without the prefix. The prefix contains a digest, so no other text matches it."""
        return text.replace(self.prefix.encode(), b"")

    def mget(self, body: Mapping[str, Any]) -> dict[str, Any]:
        documents = [
            {**document, "_index": self.inward(document["_index"])} if "_index" in document else document
            for document in _objects(body.get("docs"))
        ]
        return {**body, "docs": documents} if "docs" in body else dict(body)

    def header(self, header: Mapping[str, Any]) -> dict[str, Any]:
        """A header of `_msearch` with prefixed indexes; a header without an index gets all."""
        rest = {key: value for key, value in header.items() if key != "index"}
        return {**rest, "index": self.inward(_joined(header.get("index"))).split(",")}

    def _prefixed(self, part: str) -> str:
        sign, name = ("-", part[1:]) if part.startswith("-") else ("", part)
        if name.startswith(("<", "_", "-", "+")) or ":" in name:
            raise InvalidArgument(f"Invalid index name [{part}]", "invalid_index_name_exception")
        return f"{sign}{self.prefix}{name}"


def parts(expression: str | None) -> list[str]:
    """The names in an expression. An empty expression and `_all` become `*`."""
    names = [part.strip() for part in (expression or ALL).split(",") if part.strip()]
    return [ALL if part == "_all" else part for part in names] or [ALL]


def named(headers: Iterable[Mapping[str, Any]], key: str) -> Iterator[str]:
    """The indexes that the objects name under `key`; an object without one means all indexes."""
    for header in headers:
        yield from parts(_joined(header.get(key)))


def _joined(value: Any) -> str | None:
    return ",".join(str(item) for item in value) if isinstance(value, list) else value


def _objects(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
