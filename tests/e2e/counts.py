"""The table of docs/nothing-lost.md, from the runs of a test session."""

import os
from pathlib import Path

from tests.e2e.traffic import Account
from trials.report import publish, show

HEAD = (
    "what happened",
    "seconds",
    "questions",
    "answered",
    "slowest, s",
    "documents",
    "there once",
    "refused",
    "sent again",
)


class Counts:
    """A row for each run, in order."""

    def __init__(self) -> None:
        self._rows: list[tuple[str, ...]] = []

    def add(self, what: str, account: Account) -> None:
        """Record the result of one run; pytest prints it with the test's output."""
        held = account.sent - len(account.refused) - len(account.lost) - len(account.doubled)
        again = ", ".join(f"{times} × {status}" for status, times in sorted(account.repeated.items())) or "0"
        figures = (account.questions, account.questions - len(account.failed), f"{account.slowest:.1f}")
        figures_of_documents = (account.sent, held, len(account.refused))
        row = (what, f"{account.seconds:.0f}", *map(str, figures), *map(str, figures_of_documents), again)
        self._rows.append(row)
        print(dict(zip(HEAD, row, strict=True)))

    def publish(self, name: str) -> None:
        """Print the table, and write it into the section `name` of the Markdown file that OSML_COUNTS names."""
        document = os.environ.get("OSML_COUNTS")
        if document:
            publish(name, HEAD, self._rows, Path(document))
        else:
            show(HEAD, self._rows)
