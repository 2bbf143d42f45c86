"""Conversations in an index of the engine, one document each. Reads by id do not wait for a refresh of the index."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from time import time
from typing import Any
from urllib.parse import quote

from rag.budget import Budget
from rag.conversations import (
    NO_CURSOR,
    Conversation,
    ConversationEntry,
    absent,
    cut,
    extended,
    mark_of,
    restored,
    stored,
    title_of,
    words_of,
)
from rag.cursor import newest_first, start_of
from rag.failures import AssistantRefused, RagFailure, Unavailable
from rag.prompt import Turn
from rag.search.engine import IndexClient

_TRIES = 5


class ConversationsInIndex:
    """Documents `{caller, changed, number, title, words, turns: [{question, answer, origin}]}`.

    `changed` is in seconds since 1970. `words` is the text that a search reads. A write fails if the document has
    changed since it was read, which the engine's sequence number shows. Documents of earlier versions have no title and
    no words.
    """

    def __init__(self, engine: IndexClient, name: str, clock: Callable[[], float] = time) -> None:
        self._engine, self._name, self._clock = engine, name, clock

    def begin(self, id: str, caller: str, question: str, turn: Turn | None, budget: Budget) -> None:
        turns = [] if turn is None else [cut(turn)]
        self._put(Conversation(id, len(turns), turns, title_of(question)), caller, {"op_type": "create"}, budget)

    def read(self, id: str, caller: str, budget: Budget) -> Conversation:
        try:
            answer = self._engine.send("GET", self._path(id), None, budget)
        except AssistantRefused as refused:
            if _is_missing(refused):
                raise absent() from None
            raise
        document = answer["_source"]
        if document["caller"] != mark_of(caller):
            raise absent()
        turns = [restored(turn) for turn in document["turns"]]
        state = f"{answer['_seq_no']} {answer['_primary_term']}"
        return Conversation(id, document["number"], turns, _title(document), document["changed"], state)

    def keep(self, conversation: Conversation, caller: str, turn: Turn, budget: Budget) -> None:
        def put(longer: Conversation, _: int) -> bool:
            return self._put(longer, caller, _unchanged(longer), budget)

        extended(self, put, conversation, caller, turn, budget)

    def listed(
        self, caller: str, size: int, after: str | None, search: str | None, budget: Budget
    ) -> tuple[list[ConversationEntry], str | None]:
        start = start_of(after, size, NO_CURSOR, "A list of conversations")
        words = words_of(search)
        unknown = {"bool": {"must_not": [{"exists": {"field": "words"}}]}}
        named = {"bool": {"filter": [{"match_phrase_prefix": {"words": word}} for word in words]}}
        narrowed = [{"bool": {"should": [named, unknown], "minimum_should_match": 1}}] if words else []
        body = {
            "query": {"bool": {"filter": [{"term": {"caller": mark_of(caller)}}, *narrowed]}},
            "sort": newest_first("changed"),
            "from": start,
            "size": size + 1,
            "_source": ["caller", "changed", "number", "title", "words", "turns.question"],
        }
        hits = self._engine.send("POST", self._engine.in_index("_search", self._name), body, budget)["hits"]["hits"]
        entries = [
            ConversationEntry(hit["_id"], _title(document), document["changed"], document["number"])
            for hit in hits[:size]
            # The filter finds no others. This check protects other callers' conversations if the mapping is wrong.
            if (document := hit["_source"])["caller"] == mark_of(caller)
            if "words" in document or all(word in _words(document) for word in words)
        ]
        return entries, str(start + size) if len(hits) > size else None

    def rename(self, id: str, caller: str, title: str, budget: Budget) -> None:
        for _ in range(_TRIES):
            conversation = replace(self.read(id, caller, budget), title=title)
            seen = {**_unchanged(conversation), "refresh": "wait_for"}
            if self._put(conversation, caller, seen, budget, conversation.changed):
                return
        raise Unavailable("Other requests are changing this conversation at the same time. Try again soon.")

    def remove(self, id: str, caller: str, budget: Budget) -> None:
        self.read(id, caller, budget)
        try:
            self._engine.send("DELETE", self._path(id), None, budget, query={"refresh": "wait_for"})
        except AssistantRefused as refused:
            if not refused.said.startswith("404"):
                raise

    def _put(
        self,
        conversation: Conversation,
        caller: str,
        condition: Mapping[str, str],
        budget: Budget,
        changed: int | None = None,
    ) -> bool:
        """Store the conversation; returns False if another request has stored it since it was read."""
        document: Mapping[str, Any] = {
            "caller": mark_of(caller),
            "changed": int(self._clock()) if changed is None else changed,
            "number": conversation.number,
            "title": conversation.title,
            "words": f"{conversation.title.lower()} {conversation.searched}",
            "turns": [stored(turn) for turn in conversation.turns],
        }
        try:
            self._engine.send("POST", self._path(conversation.key), document, budget, query=dict(condition))
        except RagFailure as failure:
            if failure.said.startswith("409"):
                return False
            raise
        return True

    def _path(self, id: str) -> str:
        return self._engine.in_index(f"_doc/{quote(id, safe='')}", self._name)


def _unchanged(conversation: Conversation) -> dict[str, str]:
    number, term = conversation.state.split()
    return {"if_seq_no": number, "if_primary_term": term}


def _is_missing(refused: AssistantRefused) -> bool:
    # Only the 404 for a missing document has the member `found`.
    return refused.said.startswith("404") and '"found":false' in refused.said


def _title(document: Mapping[str, Any]) -> str:
    turns = document.get("turns") or [{"question": ""}]
    return str(document.get("title") or title_of(turns[0]["question"]))


def _words(document: Mapping[str, Any]) -> str:
    return " ".join(turn["question"] for turn in document.get("turns") or []).lower()
