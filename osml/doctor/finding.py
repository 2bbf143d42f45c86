"""The finding of one check, and how findings are shown."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from rich.console import Console

from osml.doctor.checks.verdict import Complaint
from osml.place import Place
from osml.terminal import as_json, shown

PAGE = "docs/troubleshooting.md"
SIGNS = {
    "ok": "[green]✓[/]",
    "noted": "[yellow]![/]",
    "skipped": "–",
    "unchecked": "[yellow]?[/]",
    "failed": "[red]✗[/]",
}


@dataclass(frozen=True)
class Finding:
    """The result of one check: `state` is ok, noted, skipped, unchecked or failed.

    A noted or failed check has a complaint. A skipped check does not apply. An unchecked one could not read something.
    """

    check: str
    state: str
    seen: str
    complaint: str | None = None
    fix: str | None = None
    see: str | None = None


def finding_of(check: str, state: str, complaint: Complaint) -> Finding:
    """The finding of a complaint."""
    return Finding(check, state, complaint.cause, complaint.name, complaint.fix, f"{PAGE}#{complaint.name}")


def show(place: Place, findings: Iterable[Finding], *, as_json: bool) -> bool:
    """Print the findings as they come, or all of them as JSON; True when nothing failed."""
    return _json(place, findings) if as_json else _lines(findings)


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
