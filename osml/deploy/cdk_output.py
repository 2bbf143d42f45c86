"""The output of the CDK command line, shortened to one line for each stack."""

import re
import time
from collections.abc import Iterable

from rich.console import Console

# ` ✅  osml-dev-search`, ` ✅  osml-dev-search (no changes)` or ` ✅  osml-dev-search: destroyed` (aws-cdk 2.1148).
_DONE = re.compile(r"^\s*✅\s+(?P<stack>[\w-]+)(?: \((?P<state>no changes)\)|: (?P<gone>destroyed))?\s*$")
_RESOURCES = re.compile(r"^(?P<stack>[\w-]+) \|\s*(?P<done>\d+)/(?P<all>\d+) \|")
_FAILED = "Failed resources:"


def shorten(lines: Iterable[str], console: Console) -> list[str]:
    """Print one line for each finished stack, with the seconds so far; return the lines that explain a failure.

    These are the list of failed resources and all lines after it, or all lines if there is no such list.
    """
    began, seen = time.monotonic(), list[str]()
    with console.status("Synthesizing …") as status:
        for line in lines:
            seen.append(line.rstrip("\n"))
            if done := _DONE.match(line):
                state = "has no changes" if done["state"] else "is removed" if done["gone"] else "is deployed"
                console.print(
                    f"[dim]{time.monotonic() - began:5.1f} s[/]  {done['stack']} {state}.",
                    highlight=False,
                    soft_wrap=True,
                )
            elif count := _RESOURCES.match(line):
                status.update(f"{count['stack']}: {count['done']} of {count['all']} resources")
    failed = [number for number, line in enumerate(seen) if line.startswith(_FAILED)]
    return seen[failed[0] :] if failed else seen
