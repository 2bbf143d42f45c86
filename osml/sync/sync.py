"""Begins runs of sources, follows them to their end, and shows what has changed."""

import time
from collections.abc import Sequence

from rich.console import Console

from calls.count_of import count_of
from osml import interruption
from osml.failure import Failure
from osml.place import Place
from osml.sync.runs import Runs
from osml.terminal import shown
from sources.run import Run

# Seconds between two requests for the state, and seconds until a run that does not begin is a failure.
OFTEN, SLOWEST_START = 1.0, 120.0
# For plain lines without a terminal: seconds until the first line, the factor by which pauses grow, the longest pause.
FIRST, LONGER, LONGEST = 2.0, 1.5, 30.0
SHOWN = 20
ENDS = {"done": "[green]✓[/]", "held": "[yellow]![/]", "failed": "[red]✗[/]"}


def bring_in_step(
    where: Place, names: Sequence[str], *, dry: bool, removing: bool, runs: Runs | None = None
) -> list[Run]:
    """Run these sources, by default all, and return their runs after the end. Raises Failure.

    All begin at once; they are shown one after the other.
    """
    known = where.settings().sources
    if not known:
        raise Failure(f"{where.file} has no sources. Add them under `sources:`, and deploy.")
    for name in names:
        if name not in known:
            raise Failure(f"There is no source {name} in {where.file}; there are {', '.join(sorted(known))}.")
    console, runs = Console(stderr=True), runs or Runs(where)
    chosen = list(dict.fromkeys(names)) or sorted(known)
    before = {name: runs.last(name) for name in chosen}
    begun = {name: _begun(runs, name, before[name], console, dry=dry, removing=removing) for name in chosen}
    ended = []
    try:
        for name in chosen:
            ended.append(_followed(runs, name, begun[name], console))
            show(console, ended[-1], where)
    except KeyboardInterrupt:
        again = f"`osml sync {' '.join(names)}{' ' if names else ''}{where.options}`"
        console.print(
            f"Interrupted: the display ends, but runs that have begun continue in {_where(where)}. {again} shows a "
            f"run again while it lasts, and begins another run after that.",
            highlight=False,
            soft_wrap=True,
        )
        interruption.said()
        raise
    return ended


def _begun(runs: Runs, name: str, before: Run | None, console: Console, *, dry: bool, removing: bool) -> str:
    if before and before.is_under_way:
        console.print(f"{name}: a run is already in progress; it is shown here.", highlight=False, soft_wrap=True)
        return before.id
    return runs.begin(name, dry=dry, removing=removing)


def _followed(runs: Runs, name: str, id: str, console: Console) -> Run:
    began, pause, due = time.monotonic(), FIRST, time.monotonic() + FIRST
    with console.status(f"{name}: waits for the function …") as status:
        while True:
            run = runs.last(name)
            # Another run may have begun between the request for the state and the message.
            mine = run is not None and (run.id == id or run.is_under_way)
            if run is not None and mine:
                if run.status != "running":
                    return run
                if not run.is_under_way:
                    raise Failure(f"The run of {name} ended without a report: see `osml logs`.")
                status.update(_progress(run))
            elif time.monotonic() - began > SLOWEST_START:
                raise Failure(
                    f"The run of {name} has not begun within {SLOWEST_START:.0f} seconds. It begins when the function "
                    "has finished other runs; see `osml logs`."
                )
            if not console.is_terminal and time.monotonic() >= due:
                console.print(
                    _progress(run) if run and mine else f"{name}: waits for the function …",
                    highlight=False,
                    soft_wrap=True,
                )
                pause = min(LONGEST, pause * LONGER)
                due = time.monotonic() + pause
            time.sleep(OFTEN)


def _progress(run: Run) -> str:
    seconds = max(1.0, (run.updated - run.began).total_seconds())
    rate = run.listed / seconds
    waits = f"; {shown(run.message)}" if run.message else ""
    return f"{shown(run.source)}: {_counts(run)}, {rate:,.1f}/s{waits}"


def _counts(run: Run) -> str:
    changes = ", ".join(f"{getattr(run, change):,} {change}" for change in ("added", "changed", "removed", "unchanged"))
    more = [f"{run.refused:,} refused"] if run.refused else []
    more += [f"{run.kept:,} not read at present"] if run.kept else []
    return ", ".join([changes, *more])


def show(console: Console, run: Run, where: Place) -> None:
    """Print the result of a run."""
    would = (
        " (nothing was loaded or removed)" if run.dry else f", {count_of(run.passages, 'chunk')} stored{_masked(run)}"
    )
    first = f"{ENDS.get(run.status, '')} {shown(run.source)}: {_counts(run)}{would}."
    console.print(first, highlight=False, soft_wrap=True)
    for change, names in run.names.items():
        for name in names[:SHOWN]:
            console.print(f"  {change}: {shown(name)}", highlight=False, soft_wrap=True)
        total = getattr(run, change)
        if total > SHOWN:
            console.print(f"  … and {total - SHOWN:,} more {change}", highlight=False, soft_wrap=True)
    for sentence in run.refusals[:SHOWN]:
        console.print(f"  [red]✗[/] {shown(sentence)}", highlight=False, soft_wrap=True)
    if run.refused + run.kept > SHOWN:
        console.print(f"  … and {run.refused + run.kept - SHOWN:,} more", highlight=False, soft_wrap=True)
    if run.left_out:
        left_out = ", ".join(f"{count:,} {shown(reason)}" for reason, count in run.left_out.items())
        console.print(f"  Left out: {left_out}.", highlight=False, soft_wrap=True)
    if run.message:
        # The function does not know the options with which its operators select the environment.
        said = run.message.replace(f"{run.source} --remove", f"{run.source} --remove {where.options}")
        console.print(shown(said), highlight=False, soft_wrap=True)


def _where(where: Place) -> str:
    return "the local cloud" if where.instance else "AWS"


def _masked(run: Run) -> str:
    return f", {count_of(run.masked, 'personal data item')} masked (index.mask)" if run.masked else ""
