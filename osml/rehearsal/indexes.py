"""Every index exists with all its documents and aliases, and is as healthy as before."""

from dataclasses import dataclass

from calls.count_of import count_of
from osml.doctor.checks.context import Context
from osml.rehearsal.administrator import administrator
from osml.rehearsal.subject import Comparison, RehearsalQuestions, compared

HEALTH = ("red", "yellow", "green")


@dataclass(frozen=True)
class IndexReading:
    """An index; `documents` is None for one of the engine's own, whose number changes."""

    health: str
    documents: int | None
    aliases: frozenset[str]


def look(context: Context, _: RehearsalQuestions) -> dict[str, IndexReading]:
    """All indexes by name, including the engine's own."""
    domain = administrator(context)
    domain.json("POST", "/_refresh")
    aliases = domain.json("GET", "/_alias?expand_wildcards=all")
    health = domain.json("GET", "/_cluster/health?level=indices&expand_wildcards=all")["indices"]
    counts = domain.json("GET", "/_stats/docs?expand_wildcards=all")["indices"]
    return {
        name: IndexReading(
            state["status"],
            None if name.startswith(".") else counts.get(name, {}).get("primaries", {}).get("docs", {}).get("count", 0),
            frozenset(aliases.get(name, {}).get("aliases", {})),
        )
        for name, state in health.items()
    }


def compare(before: dict[str, IndexReading], after: dict[str, IndexReading]) -> Comparison:
    """New indexes and additional documents are not faults."""
    faults = []
    for name, was in before.items():
        now = after.get(name)
        if now is None:
            faults.append(f"The index {name} is gone.")
            continue
        if HEALTH.index(now.health) < HEALTH.index(was.health):
            faults.append(f"The index {name} is {now.health}; it was {was.health} before.")
        if (now.documents or 0) < (was.documents or 0):
            faults.append(
                f"The index {name} has {count_of(now.documents or 0, 'document')}; it had {was.documents} before."
            )
        faults += [f"The index {name} lost the alias {alias}." for alias in sorted(was.aliases - now.aliases)]
    documents = sum(index.documents or 0 for index in after.values())
    healths = {index.health for index in after.values()}
    worst = next((health for health in HEALTH if health in healths), "green")
    seen = f"{count_of(len(after), 'index')}, {worst} at worst, with {count_of(documents, 'document')}"
    return compared(seen, faults)
