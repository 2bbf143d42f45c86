"""The results of a load, as numbers and the first sentences."""

from dataclasses import dataclass, field
from typing import Any, Literal

from calls.count_of import count_of

MOST_ERRORS = 100
Retry = Literal["later", "never"]
"""Whether a document that was not loaded may be accepted, unchanged, when it is loaded again."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A document, or a chunk of one, that was not loaded, with its place and the reason."""

    where: str
    id: str | None
    reason: str
    document: Any
    retry: Retry = "never"


@dataclass
class Report:
    """Counts of documents of the index: a document in chunks counts once for each chunk.

    read: documents of files, and places where a document was expected and could not be read.
    stored: loaded ones, if the destination does not distinguish new from replaced ones.
    later: those of `failed` that may be accepted, unchanged, when they are loaded again; the others never are.
    removed: chunks of an earlier load of the same documents that this load did not replace.
    errors: a sentence for each of the first MOST_ERRORS of `failed`.
    unkept: names of fields that the destination does not store.
    masked: personal data that were masked; masked_in: their number in each of the first MOST_ERRORS documents.
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
    masked: int = 0
    masked_in: dict[str, int] = field(default_factory=dict)

    @property
    def arrived(self) -> int:
        """The number of loaded documents."""
        return self.created + self.updated + self.stored

    @property
    def summary(self) -> str:
        """The counts in words. Each document counts once: as created, updated, stored or failed."""
        arrived = f"{self.stored} stored" if self.stored else f"{self.created} created, {self.updated} updated"
        removed = f", {count_of(self.removed, 'old chunk')} removed" if self.removed else ""
        return f"{arrived}, {self.failed} failed{removed}"

    def mask(self, document: str, number: int) -> None:
        """Count the personal data that were masked in a stored document."""
        self.masked += number
        if document in self.masked_in or len(self.masked_in) < MOST_ERRORS:
            self.masked_in[document] = number

    def fail(self, where: str, reason: str, retry: Retry = "never") -> None:
        """Count a document that was not loaded."""
        self.failed += 1
        self.later += retry == "later"
        if len(self.errors) < MOST_ERRORS:
            self.errors.append(f"{where}: {reason}")
