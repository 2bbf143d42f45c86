"""What became of the documents, in figures and in the first sentences."""

from dataclasses import dataclass, field
from typing import Any, Literal

MOST_ERRORS = 100
Retry = Literal["later", "never"]
"""Whether a document that did not arrive may be taken as it is when it is loaded again."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A dead letter: a document, or a part of one, that did not arrive, where it is from and why."""

    where: str
    id: str | None
    reason: str
    document: Any
    retry: Retry = "never"


@dataclass
class Report:
    """Counts, in what the index holds: a document that was split counts once for each of its parts.

    read: documents, and places where one was expected and none could be read.
    stored: those that arrived where new and replaced ones are not told apart.
    later: those of `failed` that may be taken when they are loaded again as they are; the others never are.
    removed: what an earlier load had made of the same documents, and this one did not replace.
    errors: a sentence for each of the first MOST_ERRORS of `failed`.
    unkept: names of fields that the destination does not keep.
    """

    read: int = 0
    created: int = 0
    updated: int = 0
    stored: int = 0
    failed: int = 0
    removed: int = 0
    later: int = 0
    errors: list[str] = field(default_factory=list)
    unkept: set[str] = field(default_factory=set)

    @property
    def arrived(self) -> int:
        """How many are in the index."""
        return self.created + self.updated + self.stored

    @property
    def summary(self) -> str:
        """The figures, in words; everything is in one of them."""
        arrived = f"{self.stored} stored" if self.stored else f"{self.created} created, {self.updated} updated"
        removed = f", {self.removed} old parts removed" if self.removed else ""
        return f"{arrived}, {self.failed} failed{removed}"

    def fail(self, where: str, reason: str, retry: Retry = "never") -> None:
        """Counts one that did not arrive."""
        self.failed += 1
        self.later += retry == "later"
        if len(self.errors) < MOST_ERRORS:
            self.errors.append(f"{where}: {reason}")
