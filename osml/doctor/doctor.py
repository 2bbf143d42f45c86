"""Runs the checks in order until the first problem."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass

from rich.console import Console

from mlcommons import ProvisioningError
from osml.doctor.checks import CHECKS
from osml.doctor.checks.check import Check
from osml.doctor.checks.complaints import complaint, named
from osml.doctor.checks.context import Context
from osml.doctor.checks.objects import told
from osml.doctor.checks.verdict import Complaint, Noted, Skipped
from osml.failure import Failure
from osml.place import Place
from osml.terminal import as_json, shown

PAGE = "docs/troubleshooting.md"
# The kinds of objects that a question or a document uses.
CALLED = ("Connector", "Model", "IngestPipeline", "SearchPipeline")
SIGNS = {"ok": "[green]✓[/]", "noted": "[yellow]![/]", "skipped": "–", "failed": "[red]✗[/]"}


@dataclass(frozen=True)
class Finding:
    """The result of one check: `state` is ok, noted, skipped or failed; noted and failed ones have a complaint."""

    check: str
    state: str
    seen: str
    complaint: str | None = None
    fix: str | None = None
    see: str | None = None


def examine(place: Place, checks: Sequence[Check] = CHECKS) -> Iterator[Finding]:
    """The findings in order; the first failed one is the last. Raises SettingError without an environment."""
    context = Context(place)
    for check in checks:
        finding = _found(context, check)
        yield finding
        if finding.state == "failed":
            return


def show(place: Place, *, as_json: bool) -> bool:
    """Print the findings as they come, or all of them as JSON; True when nothing failed."""
    findings = examine(place)
    return _json(place, findings) if as_json else _lines(findings)


def _found(context: Context, check: Check) -> Finding:
    try:
        return Finding(check.title, "ok", check.look(context))
    except Skipped as reason:
        return Finding(check.title, "skipped", str(reason))
    except Noted as note:
        return _told(check, "noted", note.complaint)
    except Complaint as one:
        return _told(check, "failed", _aware(context, check, one))
    except (ProvisioningError, Failure) as error:
        problem = complaint(context.place, named(error.cause, "unexplained"), str(error))
        return _told(check, "failed", _aware(context, check, problem))


def _aware(context: Context, check: Check, problem: Complaint) -> Complaint:
    """The complaint; if somebody changed an object, the advice is to restore that first."""
    if not check.rests_on_objects:
        return problem
    try:
        changed = [told(seen) for seen in context.compared if seen.state == "changed" and seen.watched.kind in CALLED]
    except (ProvisioningError, Failure):
        return problem
    if not changed:
        return problem
    repair = f"`osml deploy {context.place.options} --repair`"
    cause = f"{problem.cause}. {'. '.join(changed)}"
    return Complaint(problem.name, cause, f"First run {repair}. If that does not help: {problem.fix}")


def _told(check: Check, state: str, excuse: Complaint) -> Finding:
    return Finding(check.title, state, excuse.cause, excuse.name, excuse.fix, f"{PAGE}#{excuse.name}")


def _lines(findings: Iterable[Finding]) -> bool:
    console, healthy = Console(), True
    for finding in findings:
        name = f"[bold]{finding.complaint}[/]: " if finding.complaint else ""
        _print(console, f"{SIGNS[finding.state]} {finding.check}: {name}{shown(finding.seen)}")
        if finding.complaint:
            _print(console, f"  Fix: {shown(finding.fix or '')}")
            _print(console, f"  More: {finding.see}")
        healthy = healthy and finding.state != "failed"
    return healthy


def _print(console: Console, line: str) -> None:
    console.print(line, highlight=False, soft_wrap=True)


def _json(place: Place, findings: Iterable[Finding]) -> bool:
    listed_findings = list(findings)
    healthy = all(finding.state != "failed" for finding in listed_findings)
    listed = [
        {name: value for name, value in asdict(finding).items() if value is not None} for finding in listed_findings
    ]
    print(as_json({"environment": place.env, "healthy": healthy, "checks": listed}, indent=2))
    return healthy
