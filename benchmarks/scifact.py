"""The data set SciFact, as in BEIR, through `osml ingest` and `osml evaluate`: the tables in docs/evaluation.md.

The data set is not in this repository. OSML_SCIFACT names its folder; the default is ../shared/datasets/scifact.
Without it nothing is measured. The 5,183 abstracts are embedded on this machine, which takes ten minutes on two idle
cores.
"""

import contextlib
import gzip
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from unittest.mock import patch

import yaml

from benchmarks.deployment import OSML
from osml.evaluate.evaluate import DEPLOYED, Quality, evaluate, refusal
from osml.evaluate.evaluation_view import shown_p
from osml.evaluate.refusal import RefusalMeasure, percentiles
from osml.place import CHECKOUT, Place
from sandbox.instance import Instance
from sandbox.search_engine import OPTIMIZE
from trials.report import publish

VARIABLE, USUAL = "OSML_SCIFACT", CHECKOUT.parent / "shared" / "datasets" / "scifact"
PAGE = CHECKOUT / "docs" / "evaluation.md"
UNRELATED = CHECKOUT / "samples" / "evaluation" / "unrelated.ndjson"
NAME = "scifact"
WEIGHTS = (0.3, 0.5, 0.7)
NORMALIZATIONS = ("min_max", "l2", "z_score")
COLUMNS = ("", "nDCG@10", "p", "recall@100", "MRR@10", "p50", "p99")
REFUSED = (
    "`min_score`",
    "claims: 5%, median, 95%",
    "unrelated: 5%, median, 95%",
    "claims refused",
    "unrelated answered",
)


def main() -> None:
    """Load, measure and publish."""
    data = folder()
    if data is None:
        looked_in = os.environ.get(VARIABLE, USUAL)
        print(f"SciFact is not measured: {looked_in} is no folder. Name the one that holds it in {VARIABLE}.")
        return
    with loaded(data) as (place, claims):
        rows, refusals = measured(place, claims)
    publish("scifact", COLUMNS, rows, PAGE)
    publish("refusals", REFUSED, refusals, PAGE)


def folder() -> Path | None:
    """The folder of the data set, None if it does not exist."""
    named = os.environ.get(VARIABLE)
    chosen = Path(named) if named else USUAL
    return chosen if chosen.is_dir() else None


def measured(place: Place, claims: Path) -> tuple[list[list[str]], list[list[str]]]:
    """The rows of both tables for the deployed environment."""
    ways = evaluate(place, claims, WEIGHTS, NORMALIZATIONS, ranks=True)
    (deployed,) = [way for way in ways if way.way == DEPLOYED]
    refused = refusal(place, deployed, UNRELATED)
    best = RefusalMeasure(refused.related, refused.unrelated, round(refused.best, 3))
    rows = [_row(way, deployed) for way in sorted(ways, key=lambda way: -way.ndcg)]
    return rows, [_refusal_row(refused), _refusal_row(best)]


@contextlib.contextmanager
def loaded(source: Path, retrieval: Mapping[str, Any] | None = None) -> Iterator[tuple[Place, Path]]:
    """An environment in the local cloud `bench` with the abstracts, and the claims' file for `osml evaluate`.

    `retrieval` are that environment's settings; by default the product's. The local cloud starts without data from
    earlier runs, and stops after the measurement.
    """
    instance = Instance.named("bench")
    with tempfile.TemporaryDirectory() as directory:
        settings = yaml.safe_load((CHECKOUT / "environments" / "sandbox.yaml").read_text())
        settings = {name: group for name, group in settings.items() if name not in ("answer", "assistant")}
        settings |= {"recipe": "semantic-search", **({"retrieval": dict(retrieval)} if retrieval else {})}
        (Path(directory) / f"{NAME}.yaml").write_text(yaml.safe_dump(settings))
        environment = {**os.environ, "OSML_SANDBOX": "bench", "OSML_ENVIRONMENTS": directory, OPTIMIZE: "1"}

        def osml(*arguments: str) -> None:
            subprocess.run([str(OSML), *arguments], env=environment, cwd=CHECKOUT, check=True)

        where = ("--sandbox", "--env", NAME)
        osml("sandbox", "down")
        try:
            osml("sandbox", "up")
            osml("deploy", *where)
            osml("ingest", *where, str(documents(source, Path(directory))))
            with patch.dict(os.environ, instance.client_environment(), OSML_ENVIRONMENTS=directory):
                yield Place(NAME, instance), questions(source)
        finally:
            osml("sandbox", "down")


def documents(source: Path, directory: Path) -> Path:
    """The file of the abstracts, unpacked into `directory` if necessary."""
    packed = source / "documents.ndjson.gz"
    if not packed.is_file():
        return source / "corpus.jsonl"
    unpacked = directory / "documents.ndjson"
    with gzip.open(packed) as read, unpacked.open("wb") as written:
        shutil.copyfileobj(read, written)
    return unpacked


def questions(source: Path) -> Path:
    """The file of the claims, or the folder if it has BEIR's own layout."""
    file = source / "questions.ndjson"
    return file if file.is_file() else source


def _row(way: Quality, deployed: Quality) -> list[str]:
    p = "" if way is deployed else shown_p(way, deployed)
    figures = [f"{way.ndcg:.3f}", p, f"{way.far:.3f}", f"{way.reciprocal_rank:.3f}"]
    return [way.way, *figures, f"{way.latency(50):.0f} ms", f"{way.latency(99):.0f} ms"]


def _refusal_row(refusal: RefusalMeasure) -> list[str]:
    cuts = [", ".join(f"{cut:.3f}" for cut in percentiles(those)) for those in (refusal.related, refusal.unrelated)]
    return [f"{refusal.least:g}", *cuts, f"{refusal.false_refusals:.1%}", f"{refusal.false_answers:.1%}"]


if __name__ == "__main__":
    main()
