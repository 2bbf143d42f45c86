"""A check: it looks at one thing and reports it."""

from collections.abc import Callable
from dataclasses import dataclass

from osml.doctor.checks.context import Context


@dataclass(frozen=True)
class Check:
    """`look` returns its observation in a few words.

    It raises `Skipped`, `Noted` or `Complaint`, or passes on a `Failure` or `ProvisioningError`. It may rely on the
    check with the title `after`, and on all checks before that one. A check that `rests_on_objects` may fail because
    somebody changed an object.
    """

    title: str
    look: Callable[[Context], str]
    after: str | None = None
    rests_on_objects: bool = False
