"""Ends a run: removes documents that the source no longer has, unless suspiciously many items have vanished."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from sources.item import Known
from sources.run import Run

Remove = Callable[[Sequence[str]], object]
"""Removes the documents with these ids, including those stored until now, but only those that come from this source."""
# The number of ids that are removed with one search.
TOGETHER = 256


def together(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """The ids in groups, each small enough for one search."""
    for start in range(0, len(ids), TOGETHER):
        yield ids[start : start + TOGETHER]


def remove_vanished(run: Run, known: dict[str, Known], remove: Remove, most_removed: int, *, is_complete: bool) -> None:
    """End the run and set its status; if its list `is_complete`, items that it has not seen have vanished."""
    if not is_complete:
        _remove(run, known, {}, remove)
        return
    if not (run.listed or run.kept or any(item.documents for item in known.values())):
        run.status = "failed"
        run.message = f"The source {run.source} lists no readable document. {_left_out(run)}".strip()
        return
    vanished = {name: item for name, item in known.items() if item.seen != run.id}
    lost = sum(bool(item.documents) for item in vanished.values())
    held = run.listed + run.kept
    total = held + lost
    if lost and not run.removing and (held == 0 or lost * 100 > total * most_removed):
        run.status = "held"
        run.message = (
            f"The source {run.source} lists {held:,} of the {total:,} items that it had, so nothing was removed. If "
            f"the removal is correct, run `osml sync {run.source} --remove`. The source's `most_removed`, now "
            f"{most_removed} percent, sets how many may be missing in one run."
        )
        return
    _remove(run, known, vanished, remove)


def _remove(run: Run, known: dict[str, Known], vanished: Mapping[str, Known], remove: Remove) -> None:
    """Remove documents of vanished items, and those that other items no longer have, unless another item has them."""
    if not run.dry:
        ids = {id for item in vanished.values() for id in item.documents}
        ids.update(id for item in known.values() for id in item.gone)
        for name, item in known.items():
            if ids and name not in vanished:
                ids.difference_update(item.documents)
        if ids:
            remove(sorted(ids))
    for name, item in vanished.items():
        if item.documents:
            run.note("removed", name)
    if not run.dry:
        for name in vanished:
            del known[name]
        for item in known.values():
            item.gone = []
    run.status = "done"


def _left_out(run: Run) -> str:
    reasons = ", ".join(f"{count:,} {reason}" for reason, count in run.left_out.items())
    return f"Left out: {reasons}." if reasons else "Check its settings."
