"""A subject of a rehearsal: it is read before and after the upgrade, and both readings are compared."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from osml.doctor.checks.context import Context

SAME, NOTED, WORSE, SKIPPED = "same", "noted", "worse", "skipped"


@dataclass(frozen=True)
class RehearsalQuestions:
    """The question to ask and the labelled questions to evaluate; None if there are none."""

    question: str | None
    questions: Path | None


@dataclass(frozen=True)
class Comparison:
    """`state` is one of the words above, `seen` a sentence, `details` one sentence for each difference."""

    state: str
    seen: str
    details: tuple[str, ...] = ()

    @property
    def is_worse(self) -> bool:
        return self.state == WORSE


@dataclass(frozen=True)
class RehearsalSubject:
    """`look` returns a value to compare. It raises Failure or ProvisioningError if nothing can be read.

    `settles` is True if a node needs time after its start; then the second look is repeated for a while.
    """

    title: str
    look: Callable[[Context, RehearsalQuestions], Any]
    compare: Callable[[Any, Any], Comparison]
    settles: bool = False


def compared(seen: str, faults: list[str]) -> Comparison:
    """The result WORSE if there are faults, otherwise SAME."""
    return Comparison(WORSE if faults else SAME, seen, tuple(faults))
