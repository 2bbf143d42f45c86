"""The fields of every log line of an invocation: its subject, the time since its start, and the attempt.

Lines are JSON objects (Powertools' formatter takes a message that is a dict). A specification is never logged.
"""

import logging
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from mlcommons.owner import Owner
from mlcommons.patience import Patience


@dataclass(frozen=True)
class Subject:
    """One invocation: CloudFormation's request id and type, the resource's kind, the owner and its patience."""

    request: str
    type: str
    kind: str
    owner: Owner
    patience: Patience


_subject: ContextVar[Subject | None] = ContextVar("subject", default=None)


def begin(subject: Subject | None) -> None:
    """Set the subject of the following log lines of this thread; None removes it."""
    _subject.set(subject)


class About(logging.Filter):
    """Adds the subject to records, also those of libraries: a text becomes `{"said": text, …}`.

    `milliseconds` counts from the invocation's start; `attempt` is 1 until something is repeated.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        subject = _subject.get()
        if subject and not hasattr(record, "subject"):
            said = record.msg if isinstance(record.msg, dict) else {"said": record.getMessage()}
            record.msg, record.args = _about(subject) | said, ()
            record.subject = subject
        return True


def _about(subject: Subject) -> dict[str, Any]:
    return {
        "request": subject.request,
        "type": subject.type,
        "kind": subject.kind,
        "owner": str(subject.owner),
        "milliseconds": round(subject.patience.elapsed() * 1000),
        "attempt": subject.patience.attempt,
    }
