"""A conversation of `osml ask`, stored in the engine's memory (ml-commons), where the answering pipeline reads it.

A conversation belongs to the operator role, which all operators share.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from osml.failure import Failure
from osml.remote.domain import Domain, legible
from rag.conversations.engine_memory import EngineMemory, named_after, path_of
from rag.prompt import Turn

NEW = "new"


@dataclass(frozen=True)
class EngineConversation:
    """The engine's id of a conversation, and its last questions, oldest first."""

    id: str
    earlier: Sequence[str] = ()


def opened(domain: Domain, id: str, question: str, most: int) -> EngineConversation:
    """The conversation with up to `most` of its last questions. The id `new` begins one, named after `question`.

    Raises Failure when the id is unknown or the engine fails.
    """
    with legible(f"The conversation {id}"):
        if id == NEW:
            return EngineConversation(EngineMemory(domain.send).begin(named_after(question)))
        if domain.request("GET", path_of(id)).status_code == HTTPStatus.NOT_FOUND:
            raise Failure(f"There is no conversation {id}. Start one with `--conversation {NEW}`.")
        turns = EngineMemory(domain.patient).turns(id, most)[0] if most else ()
        return EngineConversation(id, [turn.question for turn in turns])


def keep(domain: Domain, conversation: EngineConversation, question: str) -> None:
    """Add a question that no model answered. Raises Failure."""
    EngineMemory(domain.send).keep(conversation.id, Turn(question, ""))
