"""Errors of the local cloud.

SandboxError        a message for a person: what was tried, what came back, what to do
└── StartFailed     a process ended or did not answer in time; the message contains the end of its log
"""

from pathlib import Path
from typing import Literal

Cause = Literal["engine-failed", "local-cloud", "start-failed", "upgrade-failed", "weights-missing"]


class SandboxError(Exception):
    """The local cloud cannot fulfil a request; the message has the reason and the fix.

    `cause` is the stable code of the error.
    """

    cause: Cause = "local-cloud"


class StartFailed(SandboxError):
    """A process of the local cloud ended early or did not become ready in time."""

    cause = "start-failed"

    def __init__(self, what: str, why: str, log: Path, lines: int = 15) -> None:
        tail = log.read_text(errors="replace").splitlines()[-lines:] if log.exists() else []
        shown = "\n".join(f"    {line}" for line in tail)
        super().__init__(f"{what} did not start: {why}. The end of its log, {log}:\n{shown}")
