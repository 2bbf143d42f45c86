"""What the rules that check the templates found, as sentences about the environment."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

REPORT = "validation-report.json"
_NOT_THERE = re.compile(r"Resource type '(?P<type>[\w:]+)' does not exist in '(?P<region>[\w-]+)'")


def findings(assembly: Path) -> list[str]:
    """A sentence without a full stop for each finding in the synthesized `assembly`; empty if there are none.

    Raises ValueError when the report is not JSON.
    """
    report = assembly / REPORT
    if not report.is_file():
        return []
    plugins = json.loads(report.read_text(encoding="utf-8")).get("pluginReports", [])
    return list(
        dict.fromkeys(said for plugin in plugins if plugin.get("conclusion") == "failure" for said in _of(plugin))
    )


def _of(plugin: dict[str, object]) -> Iterator[str]:
    violations = plugin.get("violations")
    for violation in violations if isinstance(violations, list) else ():
        description = str(violation.get("description", "")).strip().rstrip(".")
        gone = _NOT_THERE.search(description)
        if gone:
            yield (
                f"region is {gone['region']!r}, which has no {gone['type']}; set region to another, or leave out the "
                "setting that asks for it"
            )
            continue
        places = [str(place.get("constructPath")) for place in violation.get("violatingConstructs", ())]
        yield (
            f"the rule {violation.get('ruleName')} of {plugin.get('pluginName')} refuses {', '.join(places[:3])}: "
            f"{description}; change the setting that this is made from"
        )
