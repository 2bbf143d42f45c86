"""Models, containers, the engine's version and the runtime are served for two more months."""

from collections.abc import Iterator

from osml.doctor.checks.ending import end_of_life
from osml.doctor.checks.listed_models import model_names
from osml.doctor.checks.verdict import Complaint, Noted, Skipped
from osml.preflight.check import Seen
from osml.preflight.context import PreflightContext

TITLE, BEFORE_DEPLOY = "end of life", False


def look(context: PreflightContext) -> Iterator[Seen]:
    """The ends of life that osml knows, and those in the providers' lists."""
    for check in (end_of_life, model_names):
        try:
            yield check(context)
        except (Complaint, Noted, Skipped) as seen:
            yield seen
