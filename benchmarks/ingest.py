"""Documents per second through the pipeline for each way to load them, in interleaved rounds, and osml's memory.

The model is an endpoint that takes 50 ms. Takes about nine minutes. `--memory` also loads a million documents into an
index without a model, which takes some minutes more.
"""

import argparse
import random
import statistics
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from benchmarks.embedding_index import RECIPE_BATCH, BareEngine, engine
from benchmarks.loaders import Load, async_bulk, bulk, ours, parallel_bulk, prepare_raw, raw
from trials.ingesting import command
from trials.report import publish

ROUNDS = 7
FEW, MANY = 1_000, 20_000
WARM = 4
WORDS = 60
VOCABULARY = 5_000
RAW = 256
THROTTLED = 0.2
AMAZON, OTHERS = (f"{THROTTLED:.0%} of calls throttled, {whose}" for whose in ("by SageMaker", "by others"))
GOALS = {"over default": 8.0, "over tuned": 0.97, AMAZON: 0.7, OTHERS: 0.7}
COLUMNS = ("way", "settings of the pipeline", "documents a second", "spread", "over helpers.bulk", "arrived")
OURS, DEFAULT = "osml", "helpers.bulk"


@dataclass
class Way:
    """A way to load.

    `model` and `batch_size` are the pipeline's, and `refresh` is the index's refresh interval. `throttled` is the share
    of calls that the endpoint answers with 429. With `amazon` this answer has the header of SageMaker and Bedrock.
    """

    name: str
    load: Load
    model: str = "recipe"
    batch_size: int | None = RECIPE_BATCH
    documents: int = MANY
    throttled: float = 0.0
    amazon: bool = False
    refresh: str | None = None
    rates: list[float] = field(default_factory=list)
    arrived: int = 0
    sent: int = 0

    @property
    def rate(self) -> float:
        """Documents per second, the median of the rounds."""
        return statistics.median(self.rates)

    @property
    def settings(self) -> str:
        """The pipeline's settings, in words."""
        return f"the recipe's, batch {self.batch_size}" if self.batch_size else "none"


def _ways() -> list[Way]:
    default = partial(Way, model="default", batch_size=None, documents=FEW)
    lenient = partial(parallel_bulk, thread_count=4, raise_on_error=False, raise_on_exception=False)
    return [
        Way("bare requests, 4 threads", partial(raw, threads=4, size=RAW)),
        Way("bare requests, 8 threads", partial(raw, threads=8, size=RAW)),
        Way(OURS, ours),
        Way(f"{OURS}, an index without refreshes", ours, refresh="-1"),
        Way("helpers.bulk, tuned: chunks of 1,000", partial(bulk, chunk_size=1000)),
        Way("parallel_bulk, tuned: 4 threads", partial(parallel_bulk, thread_count=4)),
        Way("parallel_bulk, tuned: 8 threads, chunks of 256", partial(parallel_bulk, thread_count=8, chunk_size=256)),
        Way("async_bulk, tuned: 4 tasks", partial(async_bulk, tasks=4)),
        default(DEFAULT, bulk),
        default("parallel_bulk", parallel_bulk),
        default("async_bulk", async_bulk),
        Way(f"{OURS}, {AMAZON}", ours, throttled=THROTTLED, amazon=True),
        Way(f"parallel_bulk, 4 threads, {AMAZON}", lenient, throttled=THROTTLED, amazon=True),
        Way(f"{OURS}, {OTHERS}", ours, throttled=THROTTLED),
        Way(f"parallel_bulk, 4 threads, {OTHERS}", lenient, throttled=THROTTLED),
    ]


def main() -> None:
    """Measure and publish; exits with 1 when a document that osml loaded is missing or in the index twice."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--memory", action="store_true", help="also load a million documents")
    arguments.add_argument("--rounds", type=int, default=ROUNDS, help=f"of each way, {ROUNDS} by default")
    chosen = arguments.parse_args()
    ways = _ways()
    with tempfile.TemporaryDirectory() as folder, engine() as running:
        files = {count: _file(Path(folder), count) for count in (FEW, MANY)}
        prepare_raw(files[MANY], RAW)
        for _ in range(WARM):  # in these rounds Java compiles the most used code
            for way in ways[:3]:
                _measure(running, way, files[way.documents])
                way.rates.clear()
                way.sent = way.arrived = 0
        for number in range(chosen.rounds):
            # The order changes: a way that always followed the same one would suffer from its merges and old files.
            first = number * len(ways) // chosen.rounds
            for way in ways[first:] + ways[:first]:
                _measure(running, way, files[way.documents])
        _publish(ways)
        if chosen.memory:
            _memory(running, Path(folder))
    lost = [way.name for way in ways if way.load is ours and way.arrived != way.sent]
    if lost:
        raise SystemExit(f"Not every document is there once: {', '.join(lost)}.")


def _measure(running: BareEngine, way: Way, file: Path) -> None:
    with running.index(way.model, way.batch_size, refresh=way.refresh) as index:
        running.throttle(way.throttled, amazon=way.amazon)
        began = time.monotonic()
        way.load(running, index, file)
        seconds = time.monotonic() - began
        running.throttle(0.0)
        documents, vectors = running.held(index)
    way.rates.append(way.documents / seconds)
    way.sent += way.documents
    way.arrived += min(documents, vectors)
    print(f"{way.name}: {way.rates[-1]:.0f}/s, {documents} documents, {vectors} vectors", flush=True)


def _publish(ways: Sequence[Way]) -> None:
    named = {way.name: way for way in ways}
    base = named[DEFAULT].rate
    rows = [
        [
            way.name,
            way.settings,
            f"{way.rate:,.0f}",
            f"{min(way.rates):,.0f}-{max(way.rates):,.0f}",
            f"{way.rate / base:.1f}",
            "all" if way.arrived == way.sent else f"{way.arrived / way.sent:.2%}",
        ]
        for way in ways
    ]
    publish("ingest", COLUMNS, rows)
    tuned = max(way.rate for way in ways if "tuned" in way.name)
    ours_rate = named[OURS].rate
    throttled = [named[f"{OURS}, {how}"].rate / ours_rate for how in (AMAZON, OTHERS)]
    reached = (ours_rate / base, ours_rate / tuned, *throttled)
    for (goal, least), ratio in zip(GOALS.items(), reached, strict=True):
        print(f"{goal}: {ratio:.2f} (goal {least})")


def _memory(running: BareEngine, folder: Path) -> None:
    """Measure the peak memory of a whole ingest in its own process, with journal and dead letters."""
    rows = []
    for count in (10_000, 100_000, 1_000_000):
        file = _file(folder, count)
        with running.index("recipe", None, embeds=False) as index:
            state = folder / f"state-{count}"
            process = command(running.engine_index(index), state, file)
            began = time.monotonic()
            said = subprocess.run(process, stdout=subprocess.PIPE, text=True, check=True).stdout
            seconds = time.monotonic() - began
            passages, _ = running.held(index)
        peak = int(said.split()[-1]) / 1024
        rows.append([f"{count:,}", f"{passages:,}", f"{peak:.0f} MiB", f"{count / seconds:,.0f}"])
        file.unlink()
    publish("ingest-memory", ("documents", "parts in the index", "peak memory", "documents a second"), rows)


def _file(folder: Path, count: int) -> Path:
    """Write a file of `count` documents of WORDS words each."""
    numbers = random.Random(7)  # noqa: S311 - not cryptography
    words = [f"w{number:04}" for number in range(VOCABULARY)]
    file = folder / f"{count}.ndjson"
    with file.open("w") as lines:
        for number in range(count):
            lines.write(f'{{"id": "{number}", "text": "{" ".join(numbers.choices(words, k=WORDS))}"}}\n')
    return file


if __name__ == "__main__":
    main()
