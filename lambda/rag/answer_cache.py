"""Answers that were given before, in a DynamoDB table.

An answer is found by everything that its model has read: the question, the texts of the passages that were found for
the person who asks, the conversation before, the prompt and the model. So nobody gets an answer from passages that they
may not see, and a document that changes, or another index version with other passages, has other answers.
"""

import hashlib
import json
import logging
import time
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from rag.aws_json import DynamoDb
from rag.budget import Budget
from rag.failures import RagFailure
from rag.models import Source
from rag.prompt import Turn
from rag.service_failure import CACHE
from settings.runtime_settings import RuntimeAnswerCache, RuntimeSettings

# Changes when the assistant writes another prompt of the same settings.
FORM = 1
# Seconds that a question waits for the table: without it the model answers.
_MOST = 1.0
# An item has 400 KB.
_MOST_ANSWER = 100_000
# Of the end of a question; within it they may have a meaning, as in `.NET` and `C++`.
_ENDS = " \t\r\n?!.…。？！"
_log = logging.getLogger(__name__)


class AnswerCache:
    """Items `{id, answer, expires}`; `expires` is in seconds since 1970. Without the table, questions are answered."""

    def __init__(
        self, chosen: RuntimeAnswerCache, settings: RuntimeSettings, clock: Callable[[], float] = time.time
    ) -> None:
        self._table, self._seconds = chosen.table, chosen.hours * 3600
        model_settings = settings.model_dump(mode="json", include={"answer", "prompt", "guardrails"})
        self._written_by = {**model_settings, "model": chosen.model}
        self._clock = clock
        self._service = DynamoDb(CACHE)

    def key(self, question: str, sources: Sequence[Source], earlier: Sequence[Turn]) -> str:
        """A digest of all that the model reads for this question."""
        read = [
            FORM,
            self._written_by,
            normal(question),
            [source.text for source in sources],
            [[turn.question, turn.answer] for turn in earlier],
        ]
        return hashlib.sha256(json.dumps(read, sort_keys=True).encode()).hexdigest()

    def find(self, question: str, sources: Sequence[Source], earlier: Sequence[Turn], budget: Budget) -> "CachedAnswer":
        """The place of the answer to this question from these passages, with the answer if it was given before."""
        key = self.key(question, sources, earlier)
        item = (self._call("GetItem", {"Key": {"id": {"S": key}}}, budget) or {}).get("Item")
        # DynamoDB removes expired items within days, not at once.
        if item and int(item["expires"]["N"]) > self._clock():
            return CachedAnswer(self, key, str(item["answer"]["S"]))
        return CachedAnswer(self, key, None)

    def keep(self, key: str, text: str, budget: Budget) -> None:
        """Store an answer under its key."""
        if len(text) > _MOST_ANSWER:
            return
        expires = str(int(self._clock()) + self._seconds)
        item = {"id": {"S": key}, "answer": {"S": text}, "expires": {"N": expires}}
        self._call("PutItem", {"Item": item}, budget)

    def _call(self, operation: str, body: dict[str, Any], budget: Budget) -> Any:
        try:
            return self._service.call(operation, {"TableName": self._table, **body}, budget, _MOST)
        except RagFailure as error:
            _log.warning("The cache of answers is not used: %s %s", error, error.said)
            return None


@dataclass(frozen=True)
class CachedAnswer:
    """The place of an answer in the cache; `text` is None if the model has yet to write it."""

    cache: AnswerCache
    key: str
    text: str | None

    def keep(self, text: str, budget: Budget) -> None:
        """Give this answer to whoever asks the same."""
        self.cache.keep(self.key, text, budget)


def normal(question: str) -> str:
    """The question without what makes no other question of it: case, spaces, forms of characters, and its last mark."""
    return " ".join(unicodedata.normalize("NFC", question).casefold().split()).rstrip(_ENDS).lstrip("¿¡ ")
