"""The cache of answers, in a DynamoDB table.

The key of an answer is a digest of everything that the model reads: the question, the texts of the passages that were
found for the caller, the earlier turns, the prompt and the model. So nobody gets an answer from passages that they may
not see. A changed document, or an index version with other passages, leads to another key.
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

# Part of the key; it changes when the assistant makes a different prompt from the same settings.
FORM = 2
# The most seconds that a call of the table may take; if it fails, the model answers.
_MOST = 1.0
# Characters; an item of DynamoDB has at most 400 KB.
_MOST_ANSWER = 100_000
# Characters that are removed only at the end of a question: `.NET` and `C++` keep their meaning.
_ENDS = " \t\r\n?!.…。？！"
_log = logging.getLogger(__name__)


class AnswerCache:
    """Items `{id, answer, expires}`; `expires` is in seconds since 1970. If the table fails, the model answers."""

    def __init__(
        self, chosen: RuntimeAnswerCache, settings: RuntimeSettings, clock: Callable[[], float] = time.time
    ) -> None:
        self._table, self._seconds = chosen.table, chosen.hours * 3600
        model_settings = settings.model_dump(mode="json", include={"answer", "prompt", "guardrails"})
        self._written_by = {**model_settings, "model": chosen.model}
        self._clock = clock
        self._service = DynamoDb(CACHE)

    def key(self, question: str, sources: Sequence[Source], earlier: Sequence[Turn]) -> str:
        """A digest of everything that the model reads for this question."""
        read = [
            FORM,
            self._written_by,
            normal(question),
            [source.text for source in sources],
            [[turn.question, turn.answer] for turn in earlier],
        ]
        return hashlib.sha256(json.dumps(read, sort_keys=True).encode()).hexdigest()

    def find(self, question: str, sources: Sequence[Source], earlier: Sequence[Turn], budget: Budget) -> "CachedAnswer":
        """The cache entry for this question and these passages; its `text` is None if no answer is stored."""
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
    """An entry of the cache; `text` is None if no answer is stored yet."""

    cache: AnswerCache
    key: str
    text: str | None

    def keep(self, text: str, budget: Budget) -> None:
        """Store this answer for later questions with the same key."""
        self.cache.keep(self.key, text, budget)


def normal(question: str) -> str:
    """The question without differences that do not matter: case, extra spaces, Unicode forms, and marks at its ends."""
    return " ".join(unicodedata.normalize("NFC", question).casefold().split()).rstrip(_ENDS).lstrip("¿¡ ")
