"""Figures of a labelled set: computed by hand, and invalid labels."""

import json
import math
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from osml.evaluate.beir import read_folder
from osml.evaluate.evaluate import Quality
from osml.evaluate.evaluation import Labelled, Marked, marked, ndcg, read, recall, reciprocal_rank
from osml.evaluate.refusal import RefusalMeasure, percentiles, read_unrelated
from osml.evaluate.report import write
from osml.evaluate.significance import p_value
from osml.failure import Failure

SET = Path(__file__).parents[2] / "samples" / "evaluation"
RELEVANT = {"best": 2, "good": 1}


def test_the_best_order_is_one_and_nothing_is_zero() -> None:
    assert ndcg(["best", "good", "other"], RELEVANT) == 1
    assert ndcg(["other"], RELEVANT) == recall([], RELEVANT) == reciprocal_rank(["other"], RELEVANT) == 0


def test_figures_worked_by_hand() -> None:
    ranking = ["other", "good", "best"]
    assert ndcg(ranking, RELEVANT) == pytest.approx((1 / math.log2(3) + 2 / 2) / (2 + 1 / math.log2(3)))
    assert (recall(ranking, RELEVANT), reciprocal_rank(ranking, RELEVANT)) == (1, 0.5)
    assert recall(["best"], RELEVANT) == recall(["good", "best"], RELEVANT, 1) == 0.5


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
def test_an_invalid_label_is_reported_with_its_line(tmp_path: Path, line: str) -> None:
    file = tmp_path / "questions.ndjson"
    file.write_text('{"question": "a", "relevant": {"a": 1}}\n' + line)
    with pytest.raises(Failure, match=r"questions\.ndjson:2 is not a labelled question"):
        read(file)


def folder(place: Path, qrels: str, name: str = "test.tsv") -> Path:
    (place / "qrels").mkdir()
    (place / "qrels" / name).write_text(qrels)
    queries = [{"_id": "1", "text": "One?"}, {"_id": 2, "text": "Two?"}, {"_id": "3", "text": "Three?"}]
    (place / "queries.jsonl").write_text("".join(json.dumps(query) + "\n" for query in queries))
    return place


@pytest.mark.parametrize("name", ["test.tsv", "dev.tsv"])
@pytest.mark.parametrize("header", ["query-id\tcorpus-id\tscore\n", ""])
def test_a_folder_of_beir_gives_the_judged_queries(tmp_path: Path, header: str, name: str) -> None:
    given = folder(tmp_path, header + "1\ta\t2\n1\tb\t0\n2\tc\t1\n3\td\t-1\n", name)
    assert read_folder(given) == [Labelled("One?", {"a": 2}), Labelled("Two?", {"c": 1})]


@pytest.mark.parametrize(
    ("qrels", "said"),
    [
        ("1\ta\t2\n1\n", r"test\.tsv:2 is not a judgement"),
        ("9\ta\t1\n", r"has no judgement for a query of .*queries\.jsonl"),
    ],
)
def test_what_is_wrong_in_a_folder_is_named(tmp_path: Path, qrels: str, said: str) -> None:
    with pytest.raises(Failure, match=said):
        read_folder(folder(tmp_path, qrels))


def test_a_folder_without_judgements_or_with_two_files_of_them_says_so(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="holds no judgements"):
        read_folder(tmp_path)
    (folder(tmp_path, "1\ta\t1", "dev.tsv") / "qrels" / "train.tsv").write_text("1\ta\t1")
    with pytest.raises(Failure, match=r"holds dev\.tsv, train\.tsv\. Keep exactly one \.tsv file"):
        read_folder(tmp_path)
    (tmp_path / "qrels" / "train.tsv").unlink()
    (tmp_path / "queries.jsonl").unlink()
    with pytest.raises(Failure, match=r"queries\.jsonl does not exist"):
        read_folder(tmp_path)


def test_an_empty_file_is_reported(tmp_path: Path) -> None:
    (tmp_path / "none").write_text("\n")
    with pytest.raises(Failure, match="has no labelled question"):
        read(tmp_path / "none")


@pytest.mark.parametrize("questions", ["follow-ups", "more-follow-ups", "more-topic-changes"])
def test_questions_after_others_name_documents_and_what_was_asked_before(questions: str) -> None:
    documents = {json.loads(line)["id"] for line in (SET / "documents.ndjson").read_text().splitlines()}
    labelled = read(SET / f"{questions}.ndjson")
    assert all(question.after and question.relevant.keys() <= documents for question in labelled)
    assert {len(question.after) for question in labelled} == {1, 2}


def test_other_follow_ups_come_after_questions_of_the_set() -> None:
    documents = {json.loads(line)["id"] for line in (SET / "documents.ndjson").read_text().splitlines()}
    before = {question.question for question in read(SET / "questions.ndjson")}
    others = read(SET / "other-follow-ups.ndjson")
    assert all(question.relevant.keys() <= documents and {*question.after} <= before for question in others)
    assert len({question.after[-1] for question in others}) == len(others) == 40


def test_what_a_choice_was_made_on_is_not_what_it_is_measured_on() -> None:
    chosen_on, measured_on = (
        {(*question.after, question.question) for name in names for question in read(SET / f"{name}.ndjson")}
        for names in (("follow-ups", "topic-changes"), ("more-follow-ups", "more-topic-changes"))
    )
    assert not chosen_on & measured_on
    assert {question.question for question in read(SET / "questions.ndjson")}.isdisjoint(
        last for *_, last in measured_on
    )


def test_the_set_that_is_shipped_names_documents_that_it_holds() -> None:
    lines = (SET / "documents.ndjson").read_text().splitlines()
    documents = {passage["id"]: passage["text"] for passage in map(json.loads, lines)}
    questions = read(SET / "questions.ndjson")
    assert (len(documents), len(questions)) == (100, 50)
    assert all(question.relevant.keys() <= documents.keys() for question in questions)
    for question in questions:
        best = max(question.relevant, key=lambda id: question.relevant[id])
        assert question.says
        assert documents[best].count(question.says) == 1
    assert len({question.question for question in questions}) == len(questions)
    assert isinstance(questions[0], Labelled)


def test_topic_changes_of_the_set_are_its_questions_after_one_about_something_else() -> None:
    questions, changes = read(SET / "questions.ndjson"), read(SET / "topic-changes.ndjson")
    relevant = {question.question: question.relevant for question in questions}
    assert [change.question for change in changes] == [question.question for question in questions]
    assert not any(change.relevant.keys() & relevant[change.after[0]].keys() for change in changes)


def test_who_is_on_the_wrong_side_of_the_least_score() -> None:
    refusal = RefusalMeasure(related=[0.9, 0.8, 0.7, 0.4], unrelated=[0.3, 0.5, 0.6, 0.2, 0.1], least=0.6)
    assert [refusal.false_refusals, refusal.false_answers] == pytest.approx([0.25, 0.2])
    assert refusal.best == 0.7
    # Neither share may be large, even if the other is zero.
    assert RefusalMeasure([0.9, 0.8, 0.7, 0.2], [0.95, 0.3, 0.25, 0.1], 0.0).best == 0.7
    assert RefusalMeasure(refusal.related, refusal.unrelated, 0.0).false_answers == 1
    assert RefusalMeasure(refusal.related, refusal.unrelated, 0.95).false_refusals == 1


def test_percentiles_of_one_and_of_many() -> None:
    assert percentiles([0.5]) == (0.5, 0.5, 0.5)
    assert percentiles([n / 100 for n in range(101)]) == pytest.approx((0.05, 0.5, 0.95))


@pytest.mark.parametrize("line", ["{", '"a"', "{}", '{"question": " "}', '{"question": 1}'])
def test_what_is_no_question_is_reported_with_its_line(tmp_path: Path, line: str) -> None:
    file = tmp_path / "unrelated.ndjson"
    file.write_text('{"question": "a"}\n\n' + line)
    with pytest.raises(Failure, match=r"unrelated\.ndjson:3 is not a question"):
        read_unrelated(file)
    file.write_text("\n")
    with pytest.raises(Failure, match="has no questions"):
        read_unrelated(file)


def test_the_unrelated_questions_of_the_set_differ() -> None:
    questions = read_unrelated(SET / "unrelated.ndjson")
    assert len(questions) == len(set(questions)) == 300


def test_chance_explains_equal_figures_and_no_steady_difference() -> None:
    figures = [n / 60 for n in range(60)]
    assert p_value(figures, figures) == 1
    assert p_value(figures, [figure + 0.01 for figure in figures]) < 0.001
    swapped = [*figures[1::2], *figures[::2]]
    assert p_value(figures, swapped) > 0.05
    assert p_value(figures, swapped) == p_value(swapped, figures)


def test_a_difference_of_few_questions_is_as_likely_as_its_signs() -> None:
    """When three questions all differ in one direction, 2 of 8 draws agree in all signs."""
    assert p_value([1, 1, 1, 0], [0, 0, 0, 0]) == pytest.approx(0.25, abs=0.02)


def test_a_report_is_one_page_with_every_way(tmp_path: Path) -> None:
    ways = [
        Quality("as deployed", [0.9, 0.7], 0.8, milliseconds=[5.0, 6.0]),
        Quality("words <b>", [0.5, 0.5], 0.6, milliseconds=[5.0, 6.0]),
    ]
    file = tmp_path / "report.html"
    write(file, "dev", tmp_path / "questions.ndjson", ways, RefusalMeasure([0.9, 0.8], [0.5, 0.95], 0.68))
    page = file.read_text()
    ElementTree.fromstring(f"<page>{''.join(re.findall('<svg.*?</svg>', page))}</page>")  # noqa: S314 of our own
    assert "words &lt;b&gt;" in page
    assert "<b>" not in page
    for figure in ("0.800", "0.500", "-0.300", "0.0% of the labelled", "50.0% of the unrelated"):
        assert figure in page
    with pytest.raises(Failure, match="cannot be written"):
        write(tmp_path, "dev", file, ways, None)
