"""Runs the checks in order until the first problem."""

from collections.abc import Iterator, Sequence

from mlcommons import ProvisioningError
from osml.doctor import finding
from osml.doctor.checks import CHECKS
from osml.doctor.checks.check import Check
from osml.doctor.checks.complaints import complaint, named
from osml.doctor.checks.context import Context
from osml.doctor.checks.objects import sentence as object_sentence
from osml.doctor.checks.verdict import Complaint, Noted, Skipped
from osml.doctor.finding import Finding, finding_of
from osml.failure import Failure
from osml.place import Place

# The kinds of objects that a question or a document uses.
CALLED = ("Connector", "Model", "IngestPipeline", "SearchPipeline")


def examine(place: Place, checks: Sequence[Check] = CHECKS, context: Context | None = None) -> Iterator[Finding]:
    """The findings in order; the first failed one is the last. Raises SettingError for wrong settings."""
    context = context or Context(place)
    for check in checks:
        seen = _finding(context, check)
        yield seen
        if seen.state == "failed":
            return


def show(place: Place, *, as_json: bool) -> bool:
    """Print the findings as they come, or all of them as JSON; True when nothing failed."""
    return finding.show(place, examine(place), as_json=as_json)


def _finding(context: Context, check: Check) -> Finding:
    try:
        return Finding(check.title, "ok", check.look(context))
    except Skipped as reason:
        return Finding(check.title, "skipped", str(reason))
    except Noted as note:
        return finding_of(check.title, "noted", note.complaint)
    except Complaint as problem_seen:
        return finding_of(check.title, "failed", _aware(context, check, problem_seen))
    except (ProvisioningError, Failure) as error:
        problem = complaint(context.place, named(error.cause, "unexplained"), str(error))
        return finding_of(check.title, "failed", _aware(context, check, problem))


def _aware(context: Context, check: Check, problem: Complaint) -> Complaint:
    """The complaint; if somebody took over or changed an object, the advice is to restore that first."""
    if not check.rests_on_objects:
        return problem
    try:
        taken = [object_sentence(seen) for seen in context.compared if seen.state == "taken over"]
        changed = [
            object_sentence(seen)
            for seen in context.compared
            if seen.state == "changed" and seen.watched.kind in CALLED
        ]
    except (ProvisioningError, Failure):
        return problem
    if taken:  # a repair would refuse to begin
        return complaint(context.place, "not-ours", f"{'. '.join(taken)}. {problem.cause}")
    if not changed:
        return problem
    repair = f"`osml deploy {context.place.options} --repair`"
    cause = f"{problem.cause}. {'. '.join(changed)}"
    return Complaint(problem.name, cause, f"First run {repair}. If that does not help: {problem.fix}")
