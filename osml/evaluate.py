"""Measures how well an environment finds what labelled questions ask for, and what each way of searching adds."""

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assistant.search.query import together
from osml import question
from osml.domain import Domain, legible
from osml.evaluation import FIRST, Labelled, Marked, marked, ndcg, read, recall, reciprocal_rank
from osml.failure import Failure
from osml.place import Place
from osml.stack import Knowledge, knowledge

DEPLOYED, ALONE = "as deployed", "the question alone"
# As many as the settings look at unless told otherwise.
CANDIDATES = 20
Search = Callable[[Labelled], dict[str, Any]]


@dataclass
class Quality:
    """Means over all questions for one way of searching, and milliseconds of each search.

    Where passages are marked, `marks` has one for each question whose labelled words are in a passage that was found.
    """

    way: str
    ndcg: float = 0.0
    recall: float = 0.0
    reciprocal_rank: float = 0.0
    milliseconds: list[float] = field(default_factory=list)
    marks: list[Marked] = field(default_factory=list)

    @property
    def marked(self) -> float | None:
        """The share of answers found that are within the marks, None where nothing is marked or labelled."""
        return statistics.fmean(one.holds for one in self.marks) if self.marks else None

    @property
    def marked_text(self) -> float | None:
        """The share of the text of those passages that is marked."""
        return statistics.fmean(one.share for one in self.marks) if self.marks else None

    def latency(self, percent: int) -> float:
        """The percentile of the milliseconds; of few searches p99 is close to the slowest."""
        if len(self.milliseconds) == 1:
            return self.milliseconds[0]
        return statistics.quantiles(self.milliseconds, n=100, method="inclusive")[percent - 1]


def evaluate(place: Place, file: Path, weights: Sequence[float] = ()) -> list[Quality]:
    """Ask each question of `file` in every way, one way after the other: as deployed, by words, by meaning.

    With `weights` also by both, where words weigh as much and meaning the rest. Follow-ups are searched together with
    the questions before them, as the environment says, and as deployed also alone. No answer model is called. Raises
    Failure when a search fails, or when the index holds none of the documents that should be found.
    """
    questions = read(file)
    if place.settings().recipe == "serverless":
        raise Failure("osml evaluate compares searches of a domain; a collection is asked through its assistant only.")
    found = knowledge(place)
    ways = dict(_ways(Domain(found), found, weights))
    if not any(one.after for one in questions):
        del ways[ALONE]
    for search in ways.values():  # the first search opens connections
        search(questions[0])
    with legible(f"A search of the index {found.index}"):
        qualities = _measured(ways, questions, found)
    if not any(one.recall for one in qualities):
        raise Failure(
            f"None of the documents that {file} names was found in the index {found.index}: load the documents that "
            "belong to these questions with `osml ingest`, with the same ids."
        )
    return qualities


def _measured(ways: dict[str, Search], questions: Sequence[Labelled], knowledge: Knowledge) -> list[Quality]:
    qualities = {way: Quality(way) for way in ways}
    for one in questions:
        for way, search in ways.items():
            began = time.perf_counter()
            answer = search(one)
            quality, documents = qualities[way], _documents(answer)
            quality.milliseconds.append((time.perf_counter() - began) * 1000)
            quality.ndcg += ndcg(documents, one.relevant) / len(questions)
            quality.recall += recall(documents, one.relevant) / len(questions)
            quality.reciprocal_rank += reciprocal_rank(documents, one.relevant) / len(questions)
            if way == DEPLOYED and one.says and knowledge.retrieval.highlight:
                quality.marks += _marks(answer, one.says, knowledge.text_field)
    return list(qualities.values())


def _marks(answer: dict[str, Any], says: str, text_field: str) -> list[Marked]:
    hits = answer["hits"]["hits"][:FIRST]
    found = marked(says, ((hit["_source"][text_field], hit["marks"]) for hit in hits))
    return [found] if found else []


def _documents(answer: dict[str, Any]) -> list[str]:
    """Ids of the documents of the hits, each once: of several passages the first counts."""
    ids = (hit["_source"].get("document") or hit["_id"] for hit in answer["hits"]["hits"])
    return list(dict.fromkeys(str(id) for id in ids))


def _ways(domain: Domain, knowledge: Knowledge, weights: Sequence[float]) -> Iterator[tuple[str, Search]]:
    """The alias is searched where no default pipeline embeds: the model is named with the question."""
    words: Callable[[str], dict[str, Any]] = lambda text: {"match": {knowledge.text_field: text}}  # noqa: E731

    def meaning(text: str) -> dict[str, Any]:
        neural = {"query_text": text, "k": CANDIDATES, "model_id": knowledge.embedding_model_id}
        return {"neural": {knowledge.embedding_field: neural}}

    def whole(one: Labelled) -> str:
        return together(one.after, one.question, knowledge.retrieval.earlier_questions)

    def searched(body: dict[str, Any], **parameters: str) -> dict[str, Any]:
        wanted = {"size": CANDIDATES, "_source": ["document"], **body}
        return domain.patiently("POST", f"/{knowledge.index}/_search", params=parameters, json=wanted)

    yield DEPLOYED, lambda one: question.search(domain, knowledge, whole(one), FIRST, fields=("document",))
    yield ALONE, lambda one: question.search(domain, knowledge, one.question, FIRST, fields=("document",))
    yield "words", lambda one: searched({"query": words(whole(one))}, search_pipeline="_none")
    yield "meaning", lambda one: searched({"query": meaning(whole(one))}, search_pipeline="_none")
    for weight in weights:
        pipeline = {"phase_results_processors": [_mixed(weight)]}

        def both(one: Labelled, pipeline: dict[str, Any] = pipeline) -> dict[str, Any]:
            query = {"hybrid": {"queries": [words(whole(one)), meaning(whole(one))]}}
            return searched({"query": query, "search_pipeline": pipeline})

        yield f"hybrid, words {weight:g}", both


def _mixed(words: float) -> dict[str, Any]:
    """The processor of `retrieval.hybrid` with this weight and the defaults."""
    mean = {"technique": "arithmetic_mean", "parameters": {"weights": [words, round(1 - words, 6)]}}
    return {"normalization-processor": {"normalization": {"technique": "min_max"}, "combination": mean}}
