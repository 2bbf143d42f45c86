"""A conversation of `osml ask`, in the engine's memory (ml-commons); the search pipeline that answers reads it there.

It belongs to the role that asked, which all operators share.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import quote

from osml.domain import Domain, legible
from osml.failure import Failure

NEW = "new"
_MEMORY = "/_plugins/_ml/memory"
_SHOWN = 60


@dataclass(frozen=True)
class Conversation:
    """The engine's id of it, and its last questions, oldest first."""

    id: str
    earlier: Sequence[str] = ()


def opened(domain: Domain, id: str, question: str, most: int) -> Conversation:
    """The conversation with up to `most` of its questions; `new` begins one, named after `question`.

    Raises Failure, also when there is none of that id.
    """
    with legible(f"The conversation {id}"):
        if id == NEW:
            name = " ".join(question.split())[:_SHOWN]
            return Conversation(str(domain.json("POST", _MEMORY, json={"name": name})["memory_id"]))
        return Conversation(id, _questions(domain, id, most))


def keep(domain: Domain, conversation: Conversation, question: str) -> None:
    """Add a question that no model answers, as a pipeline that answers does by itself. Raises Failure."""
    turn = {"input": question, "response": "", "origin": "osml"}
    domain.json("POST", f"{_path(conversation.id)}/messages", json=turn)


def _questions(domain: Domain, id: str, most: int) -> list[str]:
    if domain.request("GET", _path(id)).status_code == HTTPStatus.NOT_FOUND:
        raise Failure(f"There is no conversation {id}; begin one with `--conversation {NEW}`.")
    if not most:
        return []
    newest_first = {"query": {"match_all": {}}, "sort": [{"create_time": "desc"}], "size": most}
    hits = domain.patiently("POST", f"{_path(id)}/_search", json=newest_first)["hits"]["hits"]
    return [hit["_source"]["input"] for hit in reversed(hits)]


def _path(id: str) -> str:
    return f"{_MEMORY}/{quote(id, safe='')}"
