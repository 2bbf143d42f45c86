"""The names of a collection's indexes: with a prefix in the engine, without it for clients."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.front.collection.operation import ALL
from sandbox.front.refusal import InvalidArgument


@dataclass(frozen=True)
class Names:
    """Adds the prefix to expressions (`a,b*,-bc`) of requests, and removes it from whole answers."""

    prefix: str

    def inward(self, expression: str | None) -> str:
        """Raises `InvalidArgument` for a name that an index cannot have, or that is computed from a date."""
        return ",".join(self._prefixed(part) for part in parts(expression))

    def outward(self, text: bytes) -> bytes:
        """Remove the prefix; it is derived from a digest, so no other text contains it."""
        return text.replace(self.prefix.encode(), b"")

    def mget(self, body: Mapping[str, Any]) -> dict[str, Any]:
        documents = [
            {**document, "_index": self.inward(document["_index"])} if "_index" in document else document
            for document in _objects(body.get("docs"))
        ]
        return {**body, "docs": documents} if "docs" in body else dict(body)

    def header(self, header: Mapping[str, Any]) -> dict[str, Any]:
        """A line of `_msearch` with the indexes of the next search; without an index, all."""
        rest = {key: value for key, value in header.items() if key != "index"}
        return {**rest, "index": self.inward(_joined(header.get("index"))).split(",")}

    def _prefixed(self, part: str) -> str:
        sign, name = ("-", part[1:]) if part.startswith("-") else ("", part)
        if name.startswith(("<", "_", "-", "+")) or ":" in name:
            raise InvalidArgument(f"Invalid index name [{part}]", "invalid_index_name_exception")
        return f"{sign}{self.prefix}{name}"


def parts(expression: str | None) -> list[str]:
    """The names of an expression; `*` for every form of all indexes."""
    names = [part.strip() for part in (expression or ALL).split(",") if part.strip()]
    return [ALL if part == "_all" else part for part in names] or [ALL]


def named(headers: Iterable[Mapping[str, Any]], key: str) -> Iterator[str]:
    """The indexes that objects of a body name by `key`; a header of `_msearch` without one means all."""
    for header in headers:
        yield from parts(_joined(header.get(key)))


def _joined(value: Any) -> str | None:
    return ",".join(str(item) for item in value) if isinstance(value, list) else value


def _objects(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
