"""The body of `_bulk`: for each action, a line with the action and a line with the document; a deletion has none."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.front.collection.names import Names
from sandbox.front.refusal import InvalidArgument, NotOffered

_VERBS = ("index", "create", "update", "delete")
NO_ID = "Document ID is not supported in create/index operation request"


@dataclass(frozen=True)
class Action:
    """An action of a bulk request. `meta` are the fields of its line; `index` is from the line, or from the path."""

    verb: str
    meta: Mapping[str, Any]
    index: str
    document: bytes | None

    @property
    def names_document(self) -> bool:
        """Whether the action writes a document with an id that the client chose."""
        return self.verb != "delete" and "_id" in self.meta

    def refusal(self) -> dict[str, Any]:
        """The item for this action in an answer, if it is refused."""
        error = {"type": "illegal_argument_exception", "reason": NO_ID}
        return {self.verb: {"_index": self.index, "_id": self.meta["_id"], "status": 400, "error": error}}


def read_bulk(body: bytes, index: str | None) -> list[Action]:
    """The actions in a body; `index` is the index in the path. Raises `InvalidArgument`; `NotOffered` for pipelines."""
    actions: list[Action] = []
    lines = iter(body.split(b"\n"))
    for line in lines:
        if not line.strip():
            continue
        verb, meta = _action(line)
        name = meta.get("_index") or index
        if not name:
            raise InvalidArgument("Validation Failed: 1: index is missing;", "action_request_validation_exception")
        if "pipeline" in meta:
            raise NotOffered("Ingest pipelines exist on Amazon; the local cloud keeps none for collections.")
        document = None if verb == "delete" else next(lines, None)
        actions.append(Action(verb, meta, str(name), document))
    return actions


def write_bulk(actions: Sequence[Action], names: Names) -> bytes:
    """The body for the engine, in which every action names its index."""
    lines: list[bytes] = []
    for action in actions:
        meta = {**action.meta, "_index": names.inward(action.index)}
        lines.append(json.dumps({action.verb: meta}).encode())
        if action.document is not None:
            lines.append(action.document)
    return b"\n".join([*lines, b""])


def with_refusals(answer: Mapping[str, Any], actions: Sequence[Action]) -> dict[str, Any]:
    """The engine's answer to the admitted actions, completed with the refusals of actions that name a document."""
    done = iter(answer.get("items", ()))
    items = [action.refusal() if action.names_document else next(done) for action in actions]
    return {**answer, "errors": True, "items": items}


def _action(line: bytes) -> tuple[str, dict[str, Any]]:
    try:
        [(verb, meta)] = json.loads(line).items()
    except (ValueError, AttributeError):
        verb, meta = None, None
    if verb not in _VERBS or not isinstance(meta, dict):
        raise InvalidArgument(f"Malformed action/metadata line, expected one of {', '.join(_VERBS)} with its object")
    return verb, meta
