"""Agentic search and plain search on the same questions: the table in docs/search.md.

The local cloud's substitute for a model chooses the searches, by names and question words. The table therefore shows
what the additional searches find once they are chosen, and not how well a model chooses them.
"""

import os
import statistics
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import requests

from benchmarks.deployment import OSML, Deployed, deployed
from benchmarks.steps import FIELDS, SteppedQuestion, write
from osml.ask.asking import find
from osml.place import CHECKOUT
from trials.report import publish

PAGE = CHECKOUT / "docs" / "search.md"
COLUMNS = ("questions", "number", "all found, plain", "all found, agentic", "further searches")
KINDS = ("one step", "two parts", "two steps", "conditions")
ENVIRONMENT, SIZE = "sandbox", 4


@dataclass(frozen=True)
class SteppedResult:
    """Whether plain and agentic search each found all needed documents; `searches` counts those after the first."""

    kind: str
    plain: bool
    agentic: bool
    searches: int


def main() -> None:
    """Load, ask and publish."""
    with (
        tempfile.TemporaryDirectory() as directory,
        deployed(ENVIRONMENT, retrieval={"hybrid": {}, "agentic": {}}, fields=FIELDS, model=None) as environment,
    ):
        file = Path(directory) / "steps.ndjson"
        questions = write(file)
        subprocess.run(
            [str(OSML), "ingest", "--sandbox", "--env", ENVIRONMENT, str(file)],
            cwd=CHECKOUT,
            env={**os.environ, "OSML_SANDBOX": "bench"},
            check=True,
        )
        results = [_result_of(environment, question) for question in questions]
    publish("agentic", COLUMNS, [_row(kind, results) for kind in KINDS], PAGE)


def _result_of(environment: Deployed, question: SteppedQuestion) -> SteppedResult:
    plain = {source.document for source in find(environment.place, question.text, SIZE)}
    response = requests.post(
        f"{environment.url}/ask",
        json={"question": question.text, "top_k": SIZE},
        headers={"x-api-key": environment.key},
        timeout=120,
    )
    response.raise_for_status()
    answer = response.json()
    agentic = {source["document"] for source in answer["sources"]}
    return SteppedResult(question.kind, question.needed <= plain, question.needed <= agentic, len(answer["steps"]))


def _row(kind: str, results: list[SteppedResult]) -> list[str]:
    those = [result for result in results if result.kind == kind]
    return [
        kind,
        str(len(those)),
        f"{statistics.mean(result.plain for result in those):.0%}",
        f"{statistics.mean(result.agentic for result in those):.0%}",
        f"{statistics.mean(result.searches for result in those):.1f}",
    ]


if __name__ == "__main__":
    main()
