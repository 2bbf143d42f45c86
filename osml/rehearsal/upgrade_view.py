"""Prints a rehearsal: one line for each subject, or JSON."""

from typing import Any

from rich.console import Console

from osml.rehearsal.subject import NOTED, SAME, SKIPPED, WORSE
from osml.rehearsal.upgrade import Rehearsal, RehearsalFinding
from osml.terminal import as_json, shown

SIGNS = {SAME: "[green]✓[/]", NOTED: "[yellow]![/]", SKIPPED: "–", WORSE: "[red]✗[/]"}


def show(rehearsal: Rehearsal) -> None:
    """Print each subject, and the next step."""
    console = Console()
    for finding in rehearsal.findings:
        _print(console, f"{SIGNS[finding.comparison.state]} {finding.subject}: {shown(finding.comparison.seen)}")
        for detail in finding.comparison.details:
            _print(console, f"    {shown(detail)}")
    worse = sum(finding.comparison.is_worse for finding in rehearsal.findings)
    became = f"{rehearsal.environment} went from OpenSearch {rehearsal.before} to {rehearsal.after}"
    _print(
        console, f"{became}: " + (f"worse in {worse} of {len(rehearsal.findings)}." if worse else "nothing is worse.")
    )
    _print(console, "To go back, run `osml sandbox upgrade --undo`.")
    _print(
        console,
        f"Next: set search.engine_version to {rehearsal.engine_version} in its file, and deploy (docs/upgrade.md).",
    )


def print_json(rehearsal: Rehearsal) -> None:
    """Print the rehearsal as JSON. Later versions add fields and rename none."""
    report = {
        "environment": rehearsal.environment,
        "asked": rehearsal.wanted,
        "before": rehearsal.before,
        "after": rehearsal.after,
        "engine_version": rehearsal.engine_version,
        "worse": rehearsal.is_worse,
        "findings": [_finding(finding) for finding in rehearsal.findings],
    }
    print(as_json(report, indent=2))


def _finding(finding: RehearsalFinding) -> dict[str, Any]:
    comparison = finding.comparison
    return {
        "subject": finding.subject,
        "state": comparison.state,
        "seen": comparison.seen,
        "details": list(comparison.details),
    }


def _print(console: Console, line: str) -> None:
    console.print(line, highlight=False, soft_wrap=True)
