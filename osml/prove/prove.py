"""Runs one proof: each trial is deployed, and removed whatever happens, and its report is written."""

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from osml.failure import Failure
from osml.place import Place
from osml.prove.life import Life
from osml.prove.report import ProofReport, Seen
from osml.prove.trial import Trial, prepare
from osml.remote.identity import Identity
from settings import load
from settings.prices import in_use

# The most hours that a proof takes on AWS, by its kind. The creation of a domain needs half an hour.
HOURS = {"domain": 2.0, "collection": 1.0}


def trials(kinds: Sequence[str], instance: Any, caller: Identity, region: str, answer: str) -> list[Trial]:
    """The trials with their files in a new folder, where this process and its children now look for environments."""
    folder = Path(tempfile.mkdtemp(prefix="osml-prove-"))
    os.environ["OSML_ENVIRONMENTS"] = str(folder)
    return [prepare(kind, folder, instance, caller.account, region, answer) for kind in kinds]


def estimate(trial: Trial) -> float:
    """The most that a proof of the trial costs, in USD. Tokens, which cost less than a cent, are not included."""
    return in_use(load(trial.name, trial.folder)) * HOURS[trial.kind]


def run(trial: Trial, caller: Identity, region: str, say: Callable[[Seen], None]) -> ProofReport:
    """Run the steps of the trial, then remove everything. Its file stays if something could not be removed."""
    settings = load(trial.name, trial.folder)
    engine = str(getattr(settings.search, "engine_version", "OpenSearch Serverless"))
    local = trial.place.instance is not None
    report = ProofReport(trial.kind, engine, region, local, f"Expected to cost at most {estimate(trial):.2f} USD")
    life, begun = Life(trial, caller, report, say), time.monotonic()
    with _interruptible():
        try:
            with suppress(Failure, KeyboardInterrupt):
                life.live()
        finally:
            with _deaf():
                _end(life, trial)
    hours = (time.monotonic() - begun) / 3600
    report.spent = f"It took {hours * 60:.0f} minutes, which cost about {in_use(settings) * hours:.2f} USD"
    return report


def _end(life: Life, trial: Trial) -> None:
    try:
        life.end()
    except Failure:
        return
    (trial.folder / f"{trial.name}.yaml").unlink()
    if not any(trial.folder.iterdir()):
        shutil.rmtree(trial.folder)


def remains(trial: Trial) -> str | None:
    """How to remove what a proof could not remove; None if nothing is left."""
    place: Place = trial.place
    if not (trial.folder / f"{trial.name}.yaml").exists():
        return None
    return f"OSML_ENVIRONMENTS={trial.folder} osml destroy {place.options}"


@contextmanager
def _interruptible() -> Iterator[None]:
    """SIGTERM has the effect of Ctrl-C: everything is removed first."""

    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _deaf() -> Iterator[None]:
    """Ctrl-C and SIGTERM do not end the removal."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
