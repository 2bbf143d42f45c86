"""The form of a check: a module of `osml.preflight.checks`."""

from collections.abc import Iterator
from typing import Protocol

from osml.doctor.checks.verdict import Complaint, Noted, Skipped
from osml.preflight.context import PreflightContext

Seen = str | Complaint | Noted | Skipped


class PreflightCheck(Protocol):
    """`TITLE` names what is checked. `BEFORE_DEPLOY` is True if `osml deploy` runs the check too.

    `look` yields what it sees: a text if all is well, a `Complaint` that makes the deploy fail, a `Noted` one that does
    not, or a `Skipped` reason. It may also raise them, and passes on botocore's errors.
    """

    TITLE: str
    BEFORE_DEPLOY: bool

    @staticmethod
    def look(context: PreflightContext) -> Iterator[Seen]: ...
