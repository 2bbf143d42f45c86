"""Measures how well search finds the documents for labelled questions, with each way of searching."""

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from osml.ask import question
from osml.evaluate.beir import read_folder
from osml.evaluate.evaluation import FAR, FIRST, Labelled, Marked, marked, ndcg, read, recall, reciprocal_rank
from osml.evaluate.refusal import RefusalMeasure, read_unrelated
from osml.failure import Failure
from osml.place import Place
from osml.remote.domain import Domain, legible
from osml.remote.stack import Knowledge, knowledge
from rag.search.query import EXPLORED, similarity, texts
from rag.search.words import last_words
from settings.assistant import Assistant
from settings.index import WORDS_FIELD

DEPLOYED, ALONE = "as deployed", "the question alone"
Search = Callable[[Labelled], dict[str, Any]]


@dataclass
class Quality:
    """The means over all questions for one way of searching; the nDCG and the milliseconds of each search.

    `far` is the recall of the first 100 hits; for the deployed and the hybrid search, of their candidates.

    If passages are marked, `marks` has an entry for each question whose labelled words are in a found passage.
    For the deployed search, `similarities` has one value for each question: the similarity of the nearest passage
    that an answer would use.
    """

    way: str
    gains: list[float] = field(default_factory=list)
    recall: float = 0.0
    far: float = 0.0
    reciprocal_rank: float = 0.0
    milliseconds: list[float] = field(default_factory=list)
    marks: list[Marked] = field(default_factory=list)
    similarities: list[float] = field(default_factory=list)

    @property
    def ndcg(self) -> float:
        """The mean nDCG."""
        return statistics.fmean(self.gains) if self.gains else 0.0

    @property
    def marked(self) -> float | None:
        """The share of found answers that are within the marks, 0 to 1; None without marks or labels."""
        return statistics.fmean(mark.holds for mark in self.marks) if self.marks else None

    @property
    def marked_text(self) -> float | None:
        """The mean share of those passages' text that is marked, 0 to 1; None without marks or labels."""
        return statistics.fmean(mark.share for mark in self.marks) if self.marks else None

    def latency(self, percent: int) -> float:
        """A percentile of the milliseconds; with few searches, p99 is close to the slowest."""
        if len(self.milliseconds) == 1:
            return self.milliseconds[0]
        return statistics.quantiles(self.milliseconds, n=100, method="inclusive")[percent - 1]


def evaluate(
    place: Place,
    file: Path,
    weights: Sequence[float] = (),
    normalizations: Sequence[str] = ("min_max",),
    *,
    ranks: bool = False,
    compared: Place | None = None,
) -> list[Quality]:
    """Search for each question of `file` in every way: as deployed, by words, by meaning.

    `file` is NDJSON or a folder in BEIR's layout. With `weights`, words and meaning are also combined: words have each
    of the weights and meaning the rest, with each of the `normalizations`. With `ranks`, they are also combined by
    reciprocal rank. The environment `compared` is searched only as it is deployed. A follow-up is searched together
    with the questions before it, as the environment's settings define; as deployed, it is also searched alone. No
    answer model is called. Raises Failure when a search fails, or when the index has none of the labelled documents.
    """
    questions = read_folder(file) if file.is_dir() else read(file)
    if place.settings().engine is None:
        raise Failure("osml evaluate works on a domain only, because a collection is searched through its assistant.")
    settings = knowledge(place)
    ways = dict(_ways(Domain(settings), settings, list(_mixtures(weights, normalizations, ranks=ranks))))
    if not any(question.after for question in questions):
        del ways[ALONE]
    if compared:
        ways |= _elsewhere(compared)
    for search in ways.values():  # the first search opens connections
        search(questions[0])
    with legible(f"A search of the index {settings.index}"):
        qualities = _measured(ways, questions, settings, _shown(place))
    if not any(quality.recall for quality in qualities):
        raise Failure(
            f"The index {settings.index} has none of the documents that {file} names. Load the documents of these "
            "questions with `osml ingest`, with the same ids."
        )
    return qualities


def _elsewhere(place: Place) -> dict[str, Search]:
    """Another environment as it is deployed, by its name."""
    if place.settings().engine is None:
        raise Failure(f"{place.env} is a collection, and osml evaluate works on a domain only; compare another one.")
    settings = knowledge(place)
    domain = Domain(settings)

    def search(labelled: Labelled) -> dict[str, Any]:
        return question.search(domain, settings, labelled.question, FIRST, fields=("document",), earlier=labelled.after)

    return {f"{DEPLOYED} in {place.env}": search}


def refusal(place: Place, deployed: Quality, file: Path) -> RefusalMeasure:
    """Measures whether the assistant's least score separates the questions of `file` from those of `deployed`.

    The documents must not answer any question of `file`. Raises Failure as `evaluate` does.
    """
    questions, settings = read_unrelated(file), knowledge(place)
    domain, unrelated = Domain(settings), list[float]()
    with legible(f"A search of the index {settings.index}"):
        for unlabelled in questions:
            answer = question.search(domain, settings, unlabelled, FIRST)
            unrelated.append(_nearest(answer, _shown(place)))
    return RefusalMeasure(deployed.similarities, unrelated, place.settings().min_score)


def _shown(place: Place) -> int:
    """How many passages an answer comes from."""
    return (place.settings().assistant or Assistant()).top_k


def _nearest(answer: dict[str, Any], shown: int) -> float:
    return max((similarity(hit) or 0.0 for hit in answer["hits"]["hits"][:shown]), default=0.0)


def _measured(
    ways: dict[str, Search], questions: Sequence[Labelled], knowledge: Knowledge, shown: int
) -> list[Quality]:
    qualities = {way: Quality(way) for way in ways}
    for labelled in questions:
        for way, search in ways.items():
            began = time.perf_counter()
            answer = search(labelled)
            quality, documents = qualities[way], _documents(answer)
            quality.milliseconds.append((time.perf_counter() - began) * 1000)
            quality.gains.append(ndcg(documents, labelled.relevant))
            quality.recall += recall(documents, labelled.relevant) / len(questions)
            quality.far += recall(documents, labelled.relevant, FAR) / len(questions)
            quality.reciprocal_rank += reciprocal_rank(documents, labelled.relevant) / len(questions)
            if way == DEPLOYED:
                quality.similarities.append(_nearest(answer, shown))
            if way == DEPLOYED and labelled.says and knowledge.retrieval.highlight:
                quality.marks += _marks(answer, labelled.says, knowledge.text_field)
    return list(qualities.values())


def _marks(answer: dict[str, Any], says: str, text_field: str) -> list[Marked]:
    hits = answer["hits"]["hits"][:FIRST]
    marks = marked(says, ((hit["_source"][text_field], hit["marks"]) for hit in hits))
    return [marks] if marks else []


def _documents(answer: dict[str, Any]) -> list[str]:
    """The ids of the hits' documents, each once, in the order of their first passage."""
    ids = (hit["_source"].get("document") or hit["_id"] for hit in answer["hits"]["hits"])
    return list(dict.fromkeys(str(id) for id in ids))


def _ways(
    domain: Domain, knowledge: Knowledge, mixtures: Sequence[tuple[str, dict[str, Any]]]
) -> Iterator[tuple[str, Search]]:
    """Every way of searching, after its name. A body names the model, because no default pipeline adds it here."""
    words: Callable[[str], dict[str, Any]] = lambda text: {"match": {WORDS_FIELD: last_words(text)}}  # noqa: E731

    def meaning(text: str) -> dict[str, Any]:
        neural = {"query_text": text, "k": EXPLORED, "model_id": knowledge.embedding_model_id}
        return {"neural": {knowledge.embedding_field: neural}}

    def whole(labelled: Labelled) -> str:
        return texts(labelled.after, labelled.question, knowledge.retrieval.earlier_questions)[-1]

    def searched(body: dict[str, Any], **parameters: str) -> dict[str, Any]:
        wanted = {"size": FAR, "_source": ["document"], **body}
        return domain.patiently("POST", f"/{knowledge.index}/_search", params=parameters, json=wanted)

    def deployed(labelled: Labelled) -> dict[str, Any]:
        return question.search(
            domain, knowledge, labelled.question, FIRST, fields=("document",), earlier=labelled.after
        )

    yield DEPLOYED, deployed
    yield ALONE, lambda labelled: question.search(domain, knowledge, labelled.question, FIRST, fields=("document",))
    yield "words", lambda labelled: searched({"query": words(whole(labelled))}, search_pipeline="_none")
    yield "meaning", lambda labelled: searched({"query": meaning(whole(labelled))}, search_pipeline="_none")
    for name, processor in mixtures:
        pipeline = {"phase_results_processors": [processor]}

        def both(labelled: Labelled, pipeline: dict[str, Any] = pipeline) -> dict[str, Any]:
            query = {"hybrid": {"queries": [words(whole(labelled)), meaning(whole(labelled))]}}
            # The normalization depends on how many passages it sees.
            size = max(FIRST, knowledge.retrieval.candidates)
            return searched({"query": query, "size": size, "search_pipeline": pipeline})

        yield name, both


def _mixtures(
    weights: Sequence[float], normalizations: Sequence[str], *, ranks: bool
) -> Iterator[tuple[str, dict[str, Any]]]:
    """The processors of hybrid searches with these weights, each after the name of its way."""
    for normalization in normalizations:
        for words in weights:
            mean = {"technique": "arithmetic_mean", "parameters": {"weights": [words, round(1 - words, 6)]}}
            shown = "" if normalization == "min_max" else f", {normalization}"
            scores = {"normalization": {"technique": normalization}, "combination": mean}
            yield f"hybrid, words {words:g}{shown}", {"normalization-processor": scores}
    if ranks:
        yield "hybrid, ranks", {"score-ranker-processor": {"combination": {"technique": "rrf"}}}
