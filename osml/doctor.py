"""Looks at one thing after another from the user's seat, until the first cause of trouble."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass

from rich.console import Console
from rich.markup import escape

from mlcommons import ProvisioningError
from osml.checks import CHECKS
from osml.checks.check import Check
from osml.checks.complaints import complaint
from osml.checks.recognition import cause_of
from osml.checks.seat import Seat
from osml.checks.verdict import Complaint, Noted, Skipped
from osml.failure import Failure
from osml.place import Place

PAGE = "docs/troubleshooting.md"
SIGNS = {"ok": "[green]✓[/]", "noted": "[yellow]![/]", "skipped": "–", "failed": "[red]✗[/]"}


@dataclass(frozen=True)
class Finding:
    """What one check ended with: `state` is ok, noted, skipped or failed; noted and failed ones have a complaint."""

    check: str
    state: str
    seen: str
    complaint: str | None = None
    fix: str | None = None
    see: str | None = None


def examine(place: Place, checks: Sequence[Check] = CHECKS) -> Iterator[Finding]:
    """One finding a check, in order; the first that failed is the last. Raises SettingError without an environment."""
    seat = Seat(place)
    for check in checks:
        finding = _found(seat, check)
        yield finding
        if finding.state == "failed":
            return


def show(place: Place, *, as_json: bool) -> bool:
    """Print the findings as they come, or all of them as JSON; True when nothing failed."""
    findings = examine(place)
    return _json(place, findings) if as_json else _lines(findings)


def _found(seat: Seat, check: Check) -> Finding:
    try:
        return Finding(check.title, "ok", check.look(seat))
    except Skipped as reason:
        return Finding(check.title, "skipped", str(reason))
    except Noted as note:
        return _told(check, "noted", note.complaint)
    except Complaint as one:
        return _told(check, "failed", one)
    except ProvisioningError as error:
        # The whole cause: the sentence leaves its middle out.
        return _told(check, "failed", complaint(seat.place, cause_of(error.cause, "unexplained"), str(error)))
    except Failure as failure:
        return _told(check, "failed", complaint(seat.place, cause_of(str(failure), "unexplained"), str(failure)))


def _told(check: Check, state: str, one: Complaint) -> Finding:
    return Finding(check.title, state, one.cause, one.name, one.fix, f"{PAGE}#{one.name}")


def _lines(findings: Iterable[Finding]) -> bool:
    console, healthy = Console(), True
    for finding in findings:
        name = f"[bold]{finding.complaint}[/]: " if finding.complaint else ""
        _print(console, f"{SIGNS[finding.state]} {finding.check}: {name}{escape(finding.seen)}")
        if finding.complaint:
            _print(console, f"  Fix: {escape(finding.fix or '')}")
            _print(console, f"  More: {finding.see}")
        healthy = healthy and finding.state != "failed"
    return healthy


def _print(console: Console, line: str) -> None:
    console.print(line, highlight=False, soft_wrap=True)


def _json(place: Place, findings: Iterable[Finding]) -> bool:
    found = list(findings)
    healthy = all(finding.state != "failed" for finding in found)
    listed = [{name: value for name, value in asdict(one).items() if value is not None} for one in found]
    print(json.dumps({"environment": place.env, "healthy": healthy, "checks": listed}, indent=2, ensure_ascii=False))
    return healthy
