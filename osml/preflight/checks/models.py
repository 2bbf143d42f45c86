"""The account may use the models, and its quotas allow the instances of their endpoints."""

from collections.abc import Iterator

from osml.doctor.checks import access
from osml.doctor.checks.verdict import Complaint, Skipped
from osml.preflight.check import Seen
from osml.preflight.context import PreflightContext

TITLE, BEFORE_DEPLOY = "quota and model access", False


def look(context: PreflightContext) -> Iterator[Seen]:
    """The doctor's observations of every model."""
    looks = access.looks(context)
    if not looks:
        raise Skipped("no model is on AWS")
    for look_at_model in looks:
        try:
            yield look_at_model()
        except (Complaint, Skipped) as seen:
            yield seen
