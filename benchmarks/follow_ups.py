"""How often a second question is refused wrongly, and how often an unrelated one reaches the model.

No engine runs: all-MiniLM embeds on this machine, a search compares all passages, and the product's own functions merge
the two lists and decide. Three rows for each set: each question alone, together with the question before it, and with
the limit of `settings/calibration.py` for follow-ups. The data set SciFact is found as in benchmarks/scifact.py; the
abstracts are those of benchmarks/chunk_sizes.py.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.chunk_sizes import part
from benchmarks.scifact import PAGE, folder, questions
from osml.evaluate.evaluation import ndcg
from osml.evaluate.refusal import read_unrelated
from osml.place import CHECKOUT
from rag.search.follow_up import embedded_text, merged
from rag.search.fusion import FUSED, Hit, nearest_similarity
from rag.search.query import texts
from sandbox.cache import cache_directory
from sandbox.models.embedding import MiniLM
from sandbox.models.weights import weights_directory
from settings.calibration import MINILM, FollowUpLimit, score
from settings.runtime_settings import RuntimeSettings
from trials.report import publish

SET = CHECKOUT / "samples" / "evaluation"
CLAIM_FOLLOW_UPS = Path(__file__).with_name("claim-follow-ups.ndjson")
SPACE, TEXT = "cosinesimil", "text"
LEAST = score(MINILM.least, SPACE)
SHOWN = int(RuntimeSettings.model_fields["top_k"].default)
# They continue any question.
SHORT = (
    *("Why?", "How?", "When?", "Where?", "How long?", "And then?", "What else?", "Are you sure?", "Why is that?"),
    *("Tell me more", "Can you explain?", "Is it dangerous?", "Give me an example", "How does that work?"),
    *("What does that mean?", "What do I need for it?"),
)
# They are about the answer, and have no words of its subject.
REQUESTS = (
    *("Put it in a table", "Translate that into German", "Summarize it in one sentence", "Make it shorter"),
    *("Explain it to a child", "Write it as an e-mail to my colleague", "In bullet points, please", "Thank you"),
    *("Can you say that in French?", "I did not understand that", "Where did you read that?", "Who says so?"),
    *("Please answer in German", "Can you show the numbers as a list?", "Rewrite this for a customer"),
    "Is that still up to date?",
)
# An unrelated question follows so many different ones, and so many claims.
QUESTIONS, CLAIMS = 10, 5
WAYS: Mapping[str, tuple[int, FollowUpLimit | None]] = {
    "alone": (0, None),
    "without a limit": (1, None),
    "with the limit": (1, MINILM.follow_up),
}
COLUMNS = ("documents", "questions", "number", *(f"answered {way}" for way in WAYS), "nDCG@10 each way")
# The question before, the question, and the documents that answer it, if they are known.
Pair = tuple[str, str, Mapping[str, int]]


def main() -> None:
    """Embed, measure and publish."""
    model = MiniLM(weights_directory(cache_directory()))
    rows = _rows("samples", Shelf(_lines(SET / "documents.ndjson"), model), _of_samples())
    data = folder()
    if data is None:
        print(
            "SciFact is not here, so only the samples are measured; benchmarks/scifact.py says where it is looked for."
        )
    else:
        claims = _lines(questions(data))
        abstracts = part(data, {id for claim in claims for id in claim["relevant"]})
        stored = [{"id": abstract.id, **abstract.source} for abstract in abstracts]
        rows += _rows("SciFact", Shelf(stored, model), _of_claims(claims))
    publish("second-questions", COLUMNS, rows, PAGE)


class Shelf:
    """Passages with their vectors, each the whole text of a document."""

    def __init__(self, documents: Sequence[dict[str, Any]], model: MiniLM) -> None:
        self._documents, self._model = documents, model
        self._vectors = model.embed([embedded_text(document, TEXT) for document in documents])
        self._known: dict[str, npt.NDArray[np.float32]] = {}

    def found_for(self, pair: Pair, most: int, limit: FollowUpLimit | None) -> list[Hit]:
        """The hits of the pair's question, searched with `most` questions before it."""
        before, question, _ = pair
        queries = texts([before], question, most)
        return merged(queries, [self._hits(query) for query in queries], LEAST, limit, TEXT, self.embed)

    def embed(self, several: Sequence[str]) -> list[list[float]]:
        """The vectors of texts."""
        return [self._vector(text).tolist() for text in several]

    def _hits(self, query: str) -> list[Hit]:
        cosines = self._vectors @ self._vector(query)
        return [
            {
                "_id": self._documents[at]["id"],
                "_score": score(float(cosines[at]), SPACE),
                "_source": self._documents[at],
            }
            for at in np.argsort(-cosines)[:FUSED]
        ]

    def _vector(self, text: str) -> npt.NDArray[np.float32]:
        if text not in self._known:
            self._known[text] = self._model.embed([text])[0]
        return self._known[text]


def _rows(documents: str, shelf: Shelf, sets: Mapping[str, Sequence[Pair]]) -> list[list[str]]:
    return [[documents, name, f"{len(pairs):,}", *_figures(shelf, pairs)] for name, pairs in sets.items()]


def _figures(shelf: Shelf, pairs: Sequence[Pair]) -> list[str]:
    """The share that is answered each way, and nDCG each way if the documents are known."""
    found_by_way = [[shelf.found_for(pair, *way) for pair in pairs] for way in WAYS.values()]
    shares = [fmean(_is_answered(hits) for hits in lists) for lists in found_by_way]
    gains = [
        fmean(ndcg([hit["_id"] for hit in hits], pair[2]) for hits, pair in zip(lists, pairs, strict=True))
        for lists in found_by_way
        if all(pair[2] for pair in pairs)
    ]
    return [*(f"{share:.1%}" for share in shares), ", ".join(f"{gain:.3f}" for gain in gains)]


def _is_answered(hits: Sequence[Hit]) -> bool:
    return (nearest_similarity(hits[:SHOWN]) or 0.0) >= LEAST


def _of_samples() -> dict[str, list[Pair]]:
    names = ("follow-ups", "more-follow-ups", "other-follow-ups", "topic-changes", "more-topic-changes")
    sets = {
        f"`{name}`": [
            (line["after"][-1], line["question"], line["relevant"]) for line in _lines(SET / f"{name}.ndjson")
        ]
        for name in names
    }
    before = [line["question"] for line in _lines(SET / "questions.ndjson")]
    unrelated = _after(before, QUESTIONS, read_unrelated(SET / "unrelated.ndjson"))
    return {
        **sets,
        "short follow-ups": [(earlier, short, {}) for earlier in before for short in SHORT],
        "requests about the answer": [(earlier, request, {}) for earlier in before for request in REQUESTS],
        "unrelated, the even ones": [pair for at, pairs in enumerate(unrelated) for pair in pairs if at % 2 == 0],
        "unrelated, the odd ones": [pair for at, pairs in enumerate(unrelated) for pair in pairs if at % 2],
    }


def _after(before: Sequence[str], count: int, several: Sequence[str]) -> list[list[Pair]]:
    """Each of the questions after `count` others, which are spread over all of `before`."""
    apart = len(before) // count
    return [
        [(before[(at + step * apart) % len(before)], question, {}) for step in range(count)]
        for at, question in enumerate(several)
    ]


def _of_claims(claims: Sequence[Mapping[str, Any]]) -> dict[str, list[Pair]]:
    by_id = {claim["id"]: claim["question"] for claim in claims}
    said = [claim["question"] for claim in claims]
    changes = [(said[at - 7], claim["question"], claim["relevant"]) for at, claim in enumerate(claims)]
    unrelated = _after(said, CLAIMS, read_unrelated(SET / "unrelated.ndjson"))
    return {
        "follow-ups": [(by_id[line["claim"]], line["question"], {}) for line in _lines(CLAIM_FOLLOW_UPS)],
        "another claim": changes,
        "short follow-ups": [(earlier, short, {}) for earlier in said[::6] for short in SHORT],
        "requests about the answer": [(earlier, request, {}) for earlier in said[::6] for request in REQUESTS],
        "unrelated": [pair for pairs in unrelated for pair in pairs],
    }


def _lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


if __name__ == "__main__":
    main()
