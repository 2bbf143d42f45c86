"""Consecutive runs of a source into a destination in memory."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from corpus.formats import Reading
from corpus.leftovers import Leftovers
from corpus.separate_process import FileLimits
from settings.sources import SourceSettings, source_of
from sources.in_step import InStep, Into
from sources.item import Known
from sources.kinds import source_at
from sources.run import Run
from sources.tools import Tools
from tests.unit.scripted_destination import Scripted


@dataclass
class Stored:
    """What is known of a source, and its documents by id in `to`; `fails` makes the engine fail to remove them."""

    settings: SourceSettings
    known: dict[str, Known] = field(default_factory=dict)
    to: Scripted = field(default_factory=Scripted)
    tools: Tools = field(default_factory=lambda: Tools(sleep=lambda _: None))
    runs: int = 0
    fails: Exception | None = None
    reading: Reading = field(default_factory=lambda: Reading("text"))

    @property
    def ids(self) -> list[str]:
        return sorted(self.to.held)

    def run(self, goes_on: Callable[[], bool] = lambda: True, *, dry: bool = False, removing: bool = False) -> Run:
        """The first call of a new run."""
        self.runs += 1
        return self.go_on(Run(source="handbook", id=str(self.runs), dry=dry, removing=removing), goes_on)

    def go_on(self, run: Run, goes_on: Callable[[], bool] = lambda: True) -> Run:
        """A further call of a run."""
        run.calls += 1
        InStep(
            source_at(self.settings, self.tools),
            self.known,
            run,
            self._into(run),
            most_removed=self.settings.most_removed,
            goes_on=goes_on,
        ).go_on()
        return run

    def _into(self, run: Run) -> Into:
        of_source = Leftovers(self._ask, "passages", run.source)

        def remove(ids: Sequence[str]) -> None:
            if self.fails:
                raise self.fails
            of_source.remove({id: [] for id in ids})

        return Into(
            lambda: self.to,
            remove,
            self.reading,
            FileLimits(),
            groups=self.settings.groups,
            pause=lambda _, __: 0.0,
        )

    def _ask(self, path: str, parameters: Mapping[str, str], body: str) -> Any:
        """Answers the requests with which documents are removed from the engine."""
        if path.endswith("_search"):
            wanted = json.loads(body)["query"]["bool"]["filter"]
            ids, source = wanted[0]["terms"]["document"], wanted[1]["term"]["osml.source"]
            matches = [id for id in ids if id in self.to.held and self.to.held[id]["osml"]["source"] == source]
            hit = {"_seq_no": 1, "_primary_term": 1}
            return {"hits": {"hits": [{**hit, "_id": id, "_source": {"document": id}} for id in matches]}}
        gone = [json.loads(line)["delete"]["_id"] for line in body.splitlines()]
        for id in gone:
            del self.to.held[id]
        return {"items": [{"delete": {"_id": id, "status": 200}} for id in gone]}


def stored(tools: Tools | None = None, **settings: Any) -> Stored:
    """A source with these settings, of which nothing is stored yet."""
    made = Stored(source_of(settings))
    if tools:
        made.tools = tools
    return made
