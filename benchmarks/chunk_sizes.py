"""How the length of chunks changes what a search by meaning finds: SciFact's claims over a part of its abstracts.

No engine runs: all-MiniLM embeds on this machine, each chunk is compared with each claim, and the best chunk of an
abstract counts. The part is every abstract that a claim needs, and each hundredth of the others. OSML_SCIFACT_SHARE
sets another share: with n, each n-th, so 1 is all of them. The data set is found as in benchmarks/scifact.py.
"""

import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import fmean

import numpy as np

from benchmarks.scifact import PAGE, documents, folder, questions
from corpus.chunks import chunks
from corpus.document import Document
from osml.evaluate.evaluation import ndcg, recall
from osml.evaluate.significance import p_value
from sandbox.cache import cache_directory
from sandbox.models.embedding import MAX_TOKENS, MiniLM
from sandbox.models.weights import weights_directory
from trials.report import publish

SHARE = 100
FOUND = 100
# The maximum characters of a chunk, and the overlap in percent; the first pair is the default of osml.
WAYS = ((1000, 0), (500, 0), (1000, 15), (100_000, 0))
COLUMNS = ("characters", "overlap", "chunks", "tokens of a chunk", "nDCG@10", "p", "recall@100")


def main() -> None:
    """Embed, measure and publish."""
    data = folder()
    if data is None:
        print("SciFact is not here, so nothing is measured; benchmarks/scifact.py says where it is looked for.")
        return
    questions_read = [json.loads(line) for line in questions(data).read_text().splitlines()]
    abstracts = part(data, {id for entry in questions_read for id in entry["relevant"]})
    model = MiniLM(weights_directory(cache_directory()))
    claims = model.embed([entry["question"] for entry in questions_read])
    usual: Sequence[float] = ()
    rows = []
    for characters, overlap in WAYS:
        cut = [chunk for entry in abstracts for chunk in chunks(entry, "text", characters, MAX_TOKENS, overlap)]
        texts = [f"{chunk.source['title']}\n{chunk.source['text']}" for chunk in cut]
        nearest = claims @ model.embed(texts).T
        rankings = [ranked(cut, near) for near in nearest]
        scores = [ndcg(ids, entry["relevant"]) for ids, entry in zip(rankings, questions_read, strict=True)]
        usual = usual or scores
        chance = "" if scores is usual else f"{p_value(usual, scores):.3f}"
        recalled = fmean(
            recall(ids, entry["relevant"], FOUND) for ids, entry in zip(rankings, questions_read, strict=True)
        )
        length = fmean(map(model.count_tokens, texts))
        size = f"{characters:,}" if characters < 10_000 else "no limit"
        rows.append(
            [size, f"{overlap} %", f"{len(cut):,}", f"{length:.0f}", f"{fmean(scores):.3f}", chance, f"{recalled:.3f}"]
        )
        print(rows[-1], flush=True)
    publish("chunks", COLUMNS, rows, PAGE)


def part(data: Path, needed: set[str]) -> list[Document]:
    """The abstracts that are searched."""
    every = int(os.environ.get("OSML_SCIFACT_SHARE", SHARE))
    with tempfile.TemporaryDirectory() as directory:
        return list(_part(documents(data, Path(directory)), needed, every))


def _part(file: Path, needed: set[str], every: int) -> Iterator[Document]:
    for number, line in enumerate(file.read_text().splitlines()):
        fields = json.loads(line)
        id = str(fields.pop("id", None) or fields.pop("_id"))
        if id in needed or number % every == 0:
            yield Document(id, fields, "scifact", id)


def ranked(cut: Sequence[Document], near: "np.ndarray[tuple[int, ...], np.dtype[np.float32]]") -> list[str]:
    """The abstracts in the order of their best chunk's score."""
    return list(dict.fromkeys(cut[place].of for place in np.argsort(-near)))


if __name__ == "__main__":
    main()
