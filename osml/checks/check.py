"""What a check is: it looks at one thing from the user's seat, and says what it saw."""

from collections.abc import Callable
from dataclasses import dataclass

from osml.checks.seat import Seat


@dataclass(frozen=True)
class Check:
    """`look` returns what it saw, in a few words. It raises `Skipped`, `Noted` or `Complaint`, or lets a `Failure` or a
    `ProvisioningError` pass, whose cause is then recognized by its words.
    """

    title: str
    look: Callable[[Seat], str]
