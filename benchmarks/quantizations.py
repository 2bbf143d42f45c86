"""How smaller vectors change what a search finds: SciFact's claims over a part of its abstracts, in the engine.

The part is that of benchmarks/chunk_sizes.py, and the data set is found as in benchmarks/scifact.py. Each quantization
is an environment of its own, deployed, loaded with `osml ingest` and searched with `osml evaluate`.
"""

import json
import shutil
import tempfile
from pathlib import Path

from benchmarks.chunk_sizes import part
from benchmarks.scifact import PAGE, folder, loaded, questions
from osml.evaluate.evaluate import Quality, evaluate
from osml.evaluate.evaluation_view import shown_p
from trials.report import publish

# `fp16` and `disk` need native libraries that no Maven package contains.
QUANTIZATIONS = ("none", "byte")
SHOWN = ("meaning", "as deployed")
COLUMNS = ("`quantization`", "search", "nDCG@10", "p", "recall@100", "MRR@10")


def main() -> None:
    """Load, measure and publish."""
    data = folder()
    if data is None:
        print("SciFact is not here, so nothing is measured; benchmarks/scifact.py says where it is looked for.")
        return
    with tempfile.TemporaryDirectory() as directory:
        smaller(data, Path(directory))
        measured = {quantization: ways(Path(directory), quantization) for quantization in QUANTIZATIONS}
    usual = measured[QUANTIZATIONS[0]]
    rows = [
        _row(quantization, way, usual[way.way]) for quantization, those in measured.items() for way in those.values()
    ]
    publish("quantizations", COLUMNS, rows, PAGE)


def smaller(data: Path, directory: Path) -> None:
    """Write the part and all claims to the directory."""
    asked_for = questions(data)
    needed = {id for line in asked_for.read_text().splitlines() for id in json.loads(line)["relevant"]}
    abstracts = part(data, needed)
    lines = [json.dumps({"id": abstract.id, **abstract.source}) for abstract in abstracts]
    (directory / "corpus.jsonl").write_text("\n".join(lines) + "\n")
    shutil.copy(asked_for, directory / "questions.ndjson")


def ways(directory: Path, quantization: str) -> dict[str, Quality]:
    """What is found with vectors of this quantization, by meaning and as deployed."""
    with loaded(directory, {"quantization": quantization}) as (place, claims):
        return {way.way: way for way in evaluate(place, claims) if way.way in SHOWN}


def _row(quantization: str, way: Quality, usual: Quality) -> list[str]:
    p = "" if way is usual else shown_p(way, usual)
    figures = [f"{way.ndcg:.3f}", p, f"{way.far:.3f}", f"{way.reciprocal_rank:.3f}"]
    return [f"`{quantization}`", way.way, *figures]


if __name__ == "__main__":
    main()
