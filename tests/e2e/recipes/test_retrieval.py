"""Hybrid search, sparse weights, reranking, filters, marks, follow-ups and smaller vectors in a deployed environment.

OSML_RETRIEVAL names a page: then all questions are asked and the page's tables are written. Otherwise every third
question is asked.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from osml.ask import asking
from osml.ask.question import ask
from osml.evaluate.evaluate import ALONE, DEPLOYED, Quality, evaluate
from osml.evaluate.evaluation_view import shown_p
from osml.failure import Failure
from osml.remote.stack import knowledge
from sandbox import startup
from sandbox.instance import CHECKOUT, Instance
from tests.e2e.recipes.test_embeddings import write
from tests.e2e.templates import Deployment
from trials.report import publish

PAGE = os.environ.get("OSML_RETRIEVAL")
SET = CHECKOUT / "samples" / "evaluation"
EMBEDDING = {"embedding": {"provider": "titan", "dimension": 256}}
RERANKS = "/model/cohere.rerank-v3-5:0/invoke"
SPARSE = {"endpoint": "neural-sparse"}
ALONE_BY_MEANING = {"hybrid": False}
COLUMNS = ("`retrieval`", "nDCG@10", "recall@10", "MRR@10", "p50", "p99")
# The second set of each was not used to choose the way in which two lists of hits are merged.
FOLLOW_UPS, CHANGES = ("follow-ups", "more-follow-ups"), ("topic-changes", "more-topic-changes")
FOLLOWED_COLUMNS = ("questions", "`retrieval`", "`earlier_questions`", "nDCG@10", "p", "recall@10", "MRR@10")
MARKED_COLUMNS = ("`highlight`", "answers marked", "of the text", "p50", "p99")
# That many neighbouring documents of the set become one, of about ten sentences.
TOGETHER = 5


class Finding:
    """The deployed environment `finding`, and its measurements."""

    def __init__(self, deployment: Deployment, folder: Path, rows: list[list[str]]) -> None:
        """`folder` is for the environment's file and the questions; measurements are appended to `rows`."""
        self.deployment, self._folder, self._rows = deployment, folder, rows
        self._followed = list[list[str]]()
        questions = (SET / "questions.ndjson").read_text().splitlines(keepends=True)
        self._questions = folder / "questions.ndjson"
        self._questions.write_text("".join(questions if PAGE else questions[::3]))

    def turn_on(self, retrieval: dict[str, Any], *parts: str) -> None:
        """Deploy the settings, in the inference and knowledge stacks unless other `parts` are given."""
        write(self._folder, self.deployment.name, EMBEDDING, {"retrieval": retrieval})
        self.deployment.deploy(*(parts or ("inference", "knowledge")))

    def measured(self, name: str) -> dict[str, Quality]:
        """The search quality of each way; the deployed way becomes a row with that name."""
        qualities_by_way = {quality.way: quality for quality in evaluate(self.deployment.place, self._questions, [0.3])}
        quality = qualities_by_way[DEPLOYED]
        self._rows.append([name, *_figures(quality), *_times(quality)])
        return qualities_by_way

    def followed(self, name: str, retrieval: dict[str, Any]) -> dict[str, list[Quality]]:
        """The search quality for each set of follow-up questions: alone, and with one and two earlier questions."""
        qualities: dict[str, list[Quality]] = {}
        for count in (1, 2):
            self.turn_on({**retrieval, "earlier_questions": count}, "knowledge")
            for questions in (*FOLLOW_UPS, *CHANGES) if PAGE else (FOLLOW_UPS[0], CHANGES[0]):
                ways = {
                    quality.way: quality for quality in evaluate(self.deployment.place, SET / f"{questions}.ndjson")
                }
                qualities.setdefault(questions, [ways[ALONE]]).append(ways[DEPLOYED])
        for questions, those in qualities.items():
            for count, quality in enumerate(those):
                ndcg, *others = _figures(quality)
                p = shown_p(quality, those[0]) if count else ""
                self._followed.append([questions, name, str(count), ndcg, p, *others])
        return qualities

    def publish_followed(self) -> None:
        """Write the tables of the follow-up questions."""
        for section, sets in (("follow-ups", FOLLOW_UPS), ("topic-changes", CHANGES)):
            rows = [row for questions in sets for row in self._followed if row[0] == questions]
            publish(section, FOLLOWED_COLUMNS, rows, CHECKOUT / str(PAGE))


@pytest.fixture(scope="module")
def rows() -> Iterator[list[list[str]]]:
    """The rows of the page's table, which is written after all measurements."""
    rows: list[list[str]] = []
    yield rows
    if PAGE and rows:
        publish("retrieval", COLUMNS, rows, CHECKOUT / PAGE)


@pytest.fixture
def finding(
    local_cloud: Instance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: list[list[str]]
) -> Iterator[Finding]:
    monkeypatch.setenv("OSML_ENVIRONMENTS", str(tmp_path))
    write(tmp_path, "finding", EMBEDDING, {"retrieval": ALONE_BY_MEANING})
    with Deployment("finding", tmp_path, local_cloud, tmp_path) as made:
        yield Finding(made, tmp_path, rows)


def reranks(instance: Instance) -> int:
    report = requests.get(startup.settings(instance)["models_url"] + "/_control", timeout=60).json()["bedrock"]
    return int(report["paths"].get(RERANKS, {"calls": 0})["calls"])


def test_each_setting_does_what_it_should(finding: Finding, local_cloud: Instance, engine: Any) -> None:
    before = engine.contents()
    finding.deployment.deploy()
    finding.deployment.ingest(SET / "documents.ndjson")
    added = engine.contents()
    plain = finding.measured("`hybrid: off`")
    assert plain[DEPLOYED].ndcg == pytest.approx(plain["meaning"].ndcg, abs=0.001)
    _filters_and_an_index_out_of_use(finding.deployment, engine)
    _a_conversation(finding.deployment)

    after_others = finding.followed("`hybrid: off`", ALONE_BY_MEANING)
    alone, first, two = after_others[FOLLOW_UPS[0]]
    # The question before often names the subject; with two of them, more of the text is about earlier subjects.
    assert first.ndcg > alone.ndcg + 0.05
    assert two.ndcg > alone.ndcg
    # Earlier questions do not hide the new subject of a question.
    alone, *after_another = after_others[CHANGES[0]]
    assert all(changed.ndcg > alone.ndcg - 0.01 for changed in after_another)

    finding.turn_on({"hybrid": {"words": 0.3}})
    hybrid = finding.measured("`hybrid: {words: 0.3}`")
    assert hybrid[DEPLOYED].ndcg == pytest.approx(hybrid["hybrid, words 0.3"].ndcg, abs=0.001)
    # Words find names and codes; vectors find what is said in other words.
    assert hybrid[DEPLOYED].ndcg > max(hybrid["meaning"].ndcg, hybrid["words"].ndcg)
    assert engine.contents() == added
    if PAGE:
        finding.followed("`hybrid: {}`", {"hybrid": {}})
        finding.publish_followed()

    reranks_before = reranks(local_cloud)
    finding.turn_on({"hybrid": {"words": 0.3}, "rerank": {}, "candidates": 10})
    ranked = finding.measured("`hybrid`, and `rerank` of 10 candidates")
    # The stand-in is no trained model, so its order differs and is no better.
    assert 0.8 < ranked[DEPLOYED].ndcg != pytest.approx(hybrid[DEPLOYED].ndcg, abs=0.001)
    assert reranks(local_cloud) >= reranks_before + len(ranked[DEPLOYED].milliseconds)
    assert engine.contents()["indexes"] == added["indexes"]
    # A search without a text for the rerank model keeps its order, and does not fail.
    assert finding.deployment.domain().json("POST", "/passages/_search", json={"size": 1})["hits"]["hits"]

    finding.turn_on({**ALONE_BY_MEANING, "quantization": "byte"})
    assert engine.contents()["indexes"] != added["indexes"]
    smaller = finding.measured("`hybrid: off, quantization: byte`")
    # Neither word search nor a rerank model remains from the previous deploy.
    assert smaller[DEPLOYED].ndcg == pytest.approx(smaller["meaning"].ndcg, abs=0.001)
    # With seven bits a dimension, near neighbours change places: on 3.6 from 0.823 to 0.850.
    assert smaller[DEPLOYED].ndcg == pytest.approx(plain[DEPLOYED].ndcg, abs=0.03)

    finding.deployment.destroy()
    assert engine.contents() == before


def test_the_sentences_near_to_a_question_are_marked(finding: Finding, engine: Any, tmp_path: Path) -> None:
    before = engine.contents()
    finding.deployment.deploy()
    documents, questions = _together(tmp_path)
    finding.deployment.ingest(documents)
    rows = []
    for count in (1, 2) if PAGE else (2,):
        for by in ("words", "meaning"):
            # To find the model that compares meanings, operators read the index's pipeline: the search stack allows it.
            finding.turn_on({"highlight": {"by": by, "sentences": count}}, "search", "knowledge")
            (quality, *_) = evaluate(finding.deployment.place, questions)
            assert quality.marked is not None
            assert quality.marked_text is not None
            # Sentences at random would contain the answer in the same proportion as their share of the text.
            assert quality.marked > 1.5 * quality.marked_text
            shares = [f"{share:.0%}" for share in (quality.marked, quality.marked_text)]
            rows.append([f"`{{by: {by}, sentences: {count}}}`", *shares, *_times(quality)])
    if PAGE:
        publish("highlight", MARKED_COLUMNS, rows, CHECKOUT / PAGE)
    finding.deployment.destroy()
    assert engine.contents() == before


def test_a_sparse_encoder_in_the_place_of_bm25(finding: Finding, engine: Any) -> None:
    before = engine.contents()
    finding.turn_on({"hybrid": {"words": 0.3, "sparse": SPARSE}}, "search", "inference", "knowledge")
    finding.deployment.ingest(SET / "documents.ndjson")
    sparse = finding.measured("`hybrid` with `sparse`")
    assert sparse[DEPLOYED].ndcg > sparse["meaning"].ndcg

    finding.turn_on({"hybrid": {"words": 0.3}}, "knowledge")
    ways = finding.measured("`hybrid` again")
    assert ways[DEPLOYED].ndcg == pytest.approx(ways["hybrid, words 0.3"].ndcg, abs=0.001)
    (mapping,) = engine("GET", "/passages/_mapping").values()
    assert "word_weights" not in mapping["mappings"]["properties"]
    finding.deployment.destroy()
    assert engine.contents() == before


def _figures(quality: Quality) -> list[str]:
    return [f"{part:.3f}" for part in (quality.ndcg, quality.recall, quality.reciprocal_rank)]


def _times(quality: Quality) -> list[str]:
    return [f"{quality.latency(50):.0f} ms", f"{quality.latency(99):.0f} ms"]


def _together(folder: Path) -> tuple[Path, Path]:
    """The set with fewer and longer documents: in a document of two sentences there is little to choose from."""
    documents = [json.loads(line) for line in (SET / "documents.ndjson").read_text().splitlines()]
    questions = [json.loads(line) for line in (SET / "questions.ndjson").read_text().splitlines()]
    whole: dict[str, str] = {}
    place = {document["id"]: f"part-{number // TOGETHER}" for number, document in enumerate(documents)}
    for question in documents:
        whole[place[question["id"]]] = f"{whole.get(place[question['id']], '')} {question['text']}".strip()
    for question in questions:
        question["relevant"] = {place[max(question["relevant"], key=question["relevant"].get)]: 1}
    files = folder / "documents.ndjson", folder / "labels.ndjson"
    files[0].write_text("".join(json.dumps({"id": id, "text": text}) + "\n" for id, text in whole.items()))
    files[1].write_text("".join(json.dumps(question) + "\n" for question in (questions if PAGE else questions[::4])))
    return files


def _a_conversation(deployment: Deployment) -> None:
    questions = "The washing machine WM-520 shows E15", "What does it mean?"
    first = asking.ask(deployment.place, questions[0], 1, talk="new")
    assert first.conversation_id
    # The second question alone names no machine.
    second = asking.ask(deployment.place, questions[1], 2, talk=first.conversation_id)
    assert "washer-e15" in [source.id for source in second.sources]
    assert second.conversation_id == first.conversation_id
    memory = f"/_plugins/_ml/memory/{first.conversation_id}/messages"
    kept = deployment.domain().json("GET", memory)["messages"]
    assert [turn["input"] for turn in kept] == [*questions]
    with pytest.raises(Failure, match=r"There is no conversation AAAA\. Start one with `--conversation new`"):
        asking.ask(deployment.place, "And?", talk="AAAA")


def _filters_and_an_index_out_of_use(deployment: Deployment, engine: Any) -> None:
    known, domain, question = knowledge(deployment.place), deployment.domain(), "What does E17 mean?"
    for value in ("washing machine", "dishwasher"):
        sources = ask(domain, known, question, 4, [("title", value)]).sources
        assert sources
        assert all(value in source.text for source in sources)
    assert [source.id for source in ask(domain, known, question, 4, [("document", "oven-e17")]).sources] == ["oven-e17"]

    # An index version that is no longer used but was kept: the same pipelines, one document, no alias.
    stale = "passages-00000000"
    body = next(iter(domain.json("GET", f"/{known.index_version}").values()))
    own = body["settings"]["index"]
    settings = {"knn": True, "default_pipeline": own["default_pipeline"], "search": own["search"]}
    engine("PUT", f"/{stale}", {"settings": {"index": settings}, "mappings": body["mappings"]})
    engine("PUT", f"/{stale}/_doc/old?refresh=true", {"text": "E17 means something else."})
    query = {"neural": {known.embedding_field: {"query_text": question, "k": 1}}}
    assert domain.json("POST", f"/{stale}/_search", json={"query": query})["hits"]["hits"][0]["_id"] == "old"
    domain.in_use["passages"] = stale
    assert ask(domain, known, question).sources
    assert domain.in_use == {"passages": known.index_version}
    engine("DELETE", f"/{stale}")
