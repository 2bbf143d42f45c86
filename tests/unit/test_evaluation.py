"""Figures of a labelled set: worked by hand, and what is no label."""

import json
import math
from pathlib import Path

import pytest

from osml.evaluate import Quality
from osml.evaluation import Labelled, Marked, marked, ndcg, read, recall, reciprocal_rank
from osml.failure import Failure

SET = Path(__file__).parents[2] / "samples" / "evaluation"
RELEVANT = {"best": 2, "good": 1}


def test_the_best_order_is_one_and_nothing_is_zero() -> None:
    assert ndcg(["best", "good", "other"], RELEVANT) == 1
    assert ndcg(["other"], RELEVANT) == recall([], RELEVANT) == reciprocal_rank(["other"], RELEVANT) == 0


def test_figures_worked_by_hand() -> None:
    found = ["other", "good", "best"]
    assert ndcg(found, RELEVANT) == pytest.approx((1 / math.log2(3) + 2 / 2) / (2 + 1 / math.log2(3)))
    assert (recall(found, RELEVANT), reciprocal_rank(found, RELEVANT)) == (1, 0.5)
    assert recall(["best"], RELEVANT) == 0.5


def test_the_eleventh_counts_for_nothing() -> None:
    late = [f"other {n}" for n in range(10)] + ["best"]
    assert ndcg(late, RELEVANT) == recall(late, RELEVANT) == reciprocal_rank(late, RELEVANT) == 0


def test_marks_hold_the_answer_or_do_not() -> None:
    passages = [("Other.", [(0, 6)]), ("Dogs come. Cats go.", [(0, 10)]), ("Cats go.", [(0, 8)])]
    assert marked("Dogs", passages) == Marked(holds=True, share=10 / 19)
    assert marked("Cats go", passages) == Marked(holds=False, share=10 / 19)
    assert marked("Birds", passages) is None
    some = Quality("a", marks=[Marked(True, 0.5), Marked(False, 0.1)])
    assert some.marked == 0.5
    assert some.marked_text == pytest.approx(0.3)
    assert (Quality("a").marked, Quality("a").marked_text) == (None, None)


def test_latency_of_one_and_of_many() -> None:
    assert Quality("a", milliseconds=[7.0]).latency(99) == 7
    assert Quality("a", milliseconds=[float(n) for n in range(101)]).latency(50) == 50


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        '{"question": "a"}',
        '{"question": "", "relevant": {"a": 1}}',
        '{"question": "a", "relevant": {"a": 0}}',
        '{"question": "a", "relevant": {"a": 1}, "says": ""}',
        '{"question": "a", "relevant": {"a": 1}, "after": "b"}',
        '{"question": "a", "relevant": {"a": 1}, "after": [""]}',
    ],
)
def test_what_is_no_label_is_named_by_its_line(tmp_path: Path, line: str) -> None:
    file = tmp_path / "questions.ndjson"
    file.write_text('{"question": "a", "relevant": {"a": 1}}\n' + line)
    with pytest.raises(Failure, match=r"questions\.ndjson:2 is no labelled question"):
        read(file)


def test_an_empty_file_says_so(tmp_path: Path) -> None:
    (tmp_path / "none").write_text("\n")
    with pytest.raises(Failure, match="holds no labelled question"):
        read(tmp_path / "none")


def test_follow_ups_of_the_set_name_documents_and_what_was_asked_before() -> None:
    documents = {json.loads(line)["id"] for line in (SET / "documents.ndjson").read_text().splitlines()}
    follow_ups = read(SET / "follow-ups.ndjson")
    assert all(one.after and one.relevant.keys() <= documents for one in follow_ups)
    assert {len(one.after) for one in follow_ups} == {1, 2}


def test_the_set_that_is_shipped_names_documents_that_it_holds() -> None:
    lines = (SET / "documents.ndjson").read_text().splitlines()
    documents = {one["id"]: one["text"] for one in map(json.loads, lines)}
    questions = read(SET / "questions.ndjson")
    assert (len(documents), len(questions)) == (100, 50)
    assert all(one.relevant.keys() <= documents.keys() for one in questions)
    for one in questions:
        best = max(one.relevant, key=lambda id: one.relevant[id])
        assert one.says
        assert documents[best].count(one.says) == 1
    assert len({one.question for one in questions}) == len(questions)
    assert isinstance(questions[0], Labelled)
