"""The engine's memory of conversations (ml-commons), in which the answering pipeline stores its turns."""

from collections.abc import Sequence
from urllib.parse import quote

from rag.prompt import Turn
from rag.send import Send

_MEMORY = "/_plugins/_ml/memory"
_SHOWN = 60


def path_of(id: str) -> str:
    """The path of a conversation."""
    return f"{_MEMORY}/{quote(id, safe='')}"


def named_after(question: str) -> str:
    """The name for a conversation with this first question."""
    return " ".join(question.split())[:_SHOWN]


class EngineMemory:
    """Conversations that `send` reads and writes. A memory belongs to the role that created it."""

    def __init__(self, send: Send) -> None:
        self._send = send

    def begin(self, name: str) -> str:
        """The id of a new conversation."""
        return str(self._send("POST", _MEMORY, {"name": name})["memory_id"])

    def name(self, id: str) -> str:
        """The name of a conversation."""
        return str(self._send("GET", path_of(id), None).get("name", ""))

    def named(self, beginning: str) -> str | None:
        """The id of the conversation whose name begins with `beginning` and a space; None if there is none."""
        words = {"match_phrase": {"name": beginning}}
        hits = self._send("POST", f"{_MEMORY}/_search", {"query": words})["hits"]["hits"]
        return next((hit["_id"] for hit in hits if hit["_source"]["name"].startswith(f"{beginning} ")), None)

    def turns(self, id: str, most: int) -> tuple[Sequence[Turn], int]:
        """The last turns, at most `most` and oldest first, and the number of all turns."""
        newest_first = {"query": {"match_all": {}}, "sort": [{"create_time": "desc"}], "size": most}
        hits = self._send("POST", f"{path_of(id)}/_search", newest_first)["hits"]
        # The engine omits an empty response, which semantic search stores.
        turns = [Turn(hit["_source"]["input"], hit["_source"].get("response", "")) for hit in reversed(hits["hits"])]
        return turns, hits["total"]["value"]

    def keep(self, id: str, turn: Turn) -> None:
        """Add a turn; an answering pipeline does this itself."""
        body = {"input": turn.question, "response": turn.answer, "origin": "osml"}
        self._send("POST", f"{path_of(id)}/messages", body)
