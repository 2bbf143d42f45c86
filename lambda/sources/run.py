"""A run of a source: its progress and its changes. The function stores it in S3, and the command line shows it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from pydantic import BaseModel, Field

# The largest number of names of each change, and of reasons, that a run keeps.
MOST_NAMES = 100
# A run without progress for this long has ended: its message went to the dead letters.
SILENT = timedelta(minutes=75)

Change = Literal["added", "changed", "removed"]


class Run(BaseModel):
    """Counts of items, such as pages or files. `names` are the first of each change, `refusals` the first with reasons.

    listed: items with documents that were there. kept: those that could not be read at present, and stay as they were.
    passages: chunks that were stored. masked: personal data that were masked, and masked_in their number in the first
    documents. status: `held` means done, but without the removal of vanished items. message: why it is not done, or
    what it waits for. dry: nothing was loaded or removed. calls: how many calls of the function it has taken.
    """

    source: str
    id: str
    status: Literal["running", "done", "held", "failed"] = "running"
    dry: bool = False
    removing: bool = False
    began: datetime = Field(default_factory=lambda: datetime.now(UTC))
    updated: datetime = Field(default_factory=lambda: datetime.now(UTC))
    calls: int = 0
    listed: int = 0
    added: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0
    refused: int = 0
    kept: int = 0
    passages: int = 0
    masked: int = 0
    masked_in: dict[str, int] = Field(default_factory=dict)
    names: dict[Change, list[str]] = Field(default_factory=dict)
    refusals: list[str] = Field(default_factory=list)
    left_out: dict[str, int] = Field(default_factory=dict)
    message: str | None = None

    @property
    def is_under_way(self) -> bool:
        """Whether a call of the function works on it, or will."""
        return self.status == "running" and datetime.now(UTC) - self.updated < SILENT

    def note(self, change: Change, name: str) -> None:
        """Count a change."""
        setattr(self, change, getattr(self, change) + 1)
        names = self.names.setdefault(change, [])
        if len(names) < MOST_NAMES:
            names.append(name)

    def mask(self, number: int, documents: Mapping[str, int]) -> None:
        """Count masked personal data: their number, and the number in each document."""
        self.masked += number
        for document, masked in documents.items():
            if document in self.masked_in or len(self.masked_in) < MOST_NAMES:
                self.masked_in[document] = masked

    def refuse(self, name: str, reason: str) -> None:
        """Count an item that is not, or not completely, in the index."""
        self.refused += 1
        self._say(f"{name}: {reason}")

    def keep(self, name: str, reason: str) -> None:
        """Count an item that could not be read at present."""
        self.kept += 1
        self._say(f"{name} {reason}, and stays as it is")

    def _say(self, sentence: str) -> None:
        if len(self.refusals) < MOST_NAMES:
            self.refusals.append(sentence)


def read_run(s3: Any, bucket: str, source: str) -> Run | None:
    """The last run of a source, or the one that is under way; None before the first. Raises botocore's errors."""
    try:
        body = s3.get_object(Bucket=bucket, Key=_key(source))["Body"].read()
    except s3.exceptions.NoSuchKey:
        return None
    return Run.model_validate_json(body)


def store_run(s3: Any, bucket: str, run: Run) -> None:
    """Store the run, with the present time."""
    run.updated = datetime.now(UTC)
    s3.put_object(Bucket=bucket, Key=_key(run.source), Body=run.model_dump_json().encode())


def _key(source: str) -> str:
    return f"runs/{source}.json"
