"""Loading: every document is settled once, in order, whatever the destination answers."""

import random
import threading
from collections.abc import Iterator, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus import acceptance
from corpus import load as loading
from corpus.destination import BatchTooLarge, Busy, Outcome, Stopped, Verdict
from corpus.document import Document, Entry, Unreadable
from corpus.load import ATTEMPTS, load
from tests.unit.properties import examples
from tests.unit.scripted_destination import CREATED, UPDATED, Loaded, Scripted, document, loaded

LATER, REFUSED = Outcome(Verdict.LATER, "slow down"), Outcome(Verdict.REFUSED, "no such text")
FAILED, STARTING = Outcome(Verdict.FAILED, "broken"), Outcome(Verdict.STARTING, "no capacity")


def test_every_document_arrives_and_is_confirmed_in_order() -> None:
    to = Scripted()
    run = loaded(to, *(document(n) for n in range(1000)))
    assert (run.report.read, run.report.created, run.report.failed) == (1000, 1000, 0)
    assert [record.where for record in run.confirmed] == [f"f:{n}" for n in range(1000)]
    assert len(to.held) == 1000
    assert max(map(len, to.batches)) <= 64


def test_a_batch_has_a_most_of_bytes_but_one_document_may_have_more() -> None:
    to = Scripted(most_bytes=200)
    loaded(to, *(document(n, "x" * (60 if n != 7 else 900)) for n in range(50)))
    assert max(map(len, to.batches)) == 2
    assert ["7"] in to.batches


def test_only_refused_documents_are_sent_again() -> None:
    to = Scripted(lambda ids, call: [LATER if id == "2" and call == 1 else CREATED for id in ids])
    run = loaded(to, *(document(n) for n in range(4)))
    assert to.batches == [["0", "1", "2", "3"], ["2"]]
    assert run.report.summary == "4 created, 0 updated, 0 failed"


def test_what_stays_turned_away_is_a_dead_letter() -> None:
    to = Scripted(lambda ids, _: [LATER for _ in ids])
    run = loaded(to, document(1))
    assert len(to.batches) == ATTEMPTS
    (dead_letter,) = run.dead_letters
    assert (dead_letter.where, dead_letter.id, dead_letter.document) == (
        "f:1",
        "1",
        {"id": "1", "document": "1", "text": "t"},
    )
    assert dead_letter.reason == f"gave up after {ATTEMPTS} attempts, last answer: slow down"


def test_one_document_that_the_model_refuses_does_not_take_its_batch_along() -> None:
    to = Scripted(lambda ids, _: [REFUSED if "33" in ids else CREATED for _ in ids])
    run = loaded(to, *(document(n) for n in range(200)))
    assert (run.report.created, run.report.failed) == (199, 1)
    assert [dead_letter.id for dead_letter in run.dead_letters] == ["33"]
    assert "33" not in to.held


def test_one_document_that_breaks_its_batches_is_found_and_the_others_arrive() -> None:
    to = Scripted(lambda ids, _: [FAILED if "33" in ids else CREATED for _ in ids])
    run = loaded(to, *(document(n) for n in range(200)))
    assert (run.report.created, [dead_letter.id for dead_letter in run.dead_letters]) == (199, ["33"])
    assert run.dead_letters[0].reason.endswith("last answer: broken")


def test_documents_with_reasons_of_their_own_are_not_sent_again() -> None:
    to = Scripted(lambda ids, _: [Outcome(Verdict.REFUSED, f"[year] of {id}") for id in ids])
    run = loaded(to, *(document(n) for n in range(8)))
    assert sum(map(len, to.batches)) == 8
    assert run.report.errors[0] == "f:0: [year] of 0"


def test_a_request_that_is_too_large_is_cut_in_halves() -> None:
    def small(ids: list[str], _: int) -> list[Outcome]:
        if len(ids) > 3 or "5" in ids:
            raise BatchTooLarge("413: too large")
        return [CREATED for _ in ids]

    run = loaded(Scripted(small), *(document(n) for n in range(16)))
    assert (run.report.created, [dead_letter.id for dead_letter in run.dead_letters]) == (15, ["5"])


def test_a_busy_destination_gets_the_same_again() -> None:
    def away(ids: list[str], call: int) -> list[Outcome]:
        if call <= 3:
            raise Busy("connection reset", unsure=True)
        return [UPDATED for _ in ids]

    to = Scripted(away)
    assert loaded(to, document(1), document(2)).report.updated == 2
    assert to.batches == [["1", "2"]] * 4


def test_a_destination_that_stays_away_ends_the_load_and_everything_is_counted() -> None:
    def away(ids: list[str], _: int) -> list[Outcome]:
        if "0" not in ids:
            raise Busy("connection reset", unsure=True)
        return [CREATED for _ in ids]

    run = Loaded()
    with pytest.raises(Stopped, match="not duplicated"):
        loaded(Scripted(away), *(document(n) for n in range(100)), into=run)
    report = run.report
    assert report.created == len(run.confirmed) > 0
    assert report.created + report.failed == report.read
    assert "not stored for certain: connection reset" in report.errors[0]
    assert run.dead_letters == []


def test_what_cannot_go_on_stops() -> None:
    def refused(ids: list[str], _: int) -> list[Outcome]:
        raise Stopped("403: no")

    with pytest.raises(Stopped, match="403: no"):
        loaded(Scripted(refused), document(1))


def test_when_nothing_is_taken_any_more_the_load_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acceptance, "HOPELESS", 20)
    to = Scripted(lambda ids, _: [Outcome(Verdict.REFUSED, f"model gone {id}") for id in ids])
    with pytest.raises(Stopped, match="20 documents in a row were refused, the last one with: model gone"):
        loaded(to, *(document(n) for n in range(10_000)))
    assert sum(map(len, to.batches)) < 500


def test_when_all_is_turned_away_for_long_the_load_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acceptance, "DROUGHT", 0.05)
    to = Scripted(lambda ids, _: [LATER for _ in ids], seconds=0.02)
    with pytest.raises(Stopped, match="No document was accepted for 0 minutes, last answer: slow down"):
        loaded(to, *(document(n) for n in range(100)))


def test_while_the_model_starts_no_attempt_is_used_up_and_nothing_is_lost() -> None:
    pauses, said = list[float](), list[int]()
    to = Scripted(lambda ids, call: [STARTING if call <= 3 * ATTEMPTS else CREATED for _ in ids], most_documents=1)

    def pause(_: int, least: float) -> float:
        pauses.append(least)
        return 0.0

    report = load(
        iter([document(n) for n in range(3)]), lambda: to, pause=pause, starting=lambda: said.append(len(to.batches))
    )
    assert (report.created, report.failed, len(to.held)) == (3, 0, 3)
    assert pauses == [loading.START_PAUSE] * len(said)


def test_a_caller_may_end_a_load_whose_model_starts() -> None:
    def ends() -> None:
        raise Stopped("the function is billed while it waits")

    with pytest.raises(Stopped, match="billed"):
        load(iter([document(1)]), lambda: Scripted(lambda ids, _: [STARTING for _ in ids]), starting=ends)


def test_a_model_that_never_starts_ends_the_load(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acceptance, "DROUGHT", 0.05)
    to = Scripted(lambda ids, call: [STARTING if call < 100 else CREATED for _ in ids], seconds=0.01)
    with pytest.raises(Stopped, match=r"No document was accepted .* last answer: the model that embeds is starting"):
        loaded(to, document(1))


def test_the_last_of_two_documents_with_one_id_stays() -> None:
    turned_away: list[str] = []

    def once(ids: list[str], _: int) -> list[Outcome]:
        if "a" in ids and not turned_away:
            turned_away.append("a")
            return [LATER for _ in ids]
        return [CREATED for _ in ids]

    to = Scripted(once)
    loaded(to, document("a", "first"), document("b"), document("a", "second"))
    assert to.held["a"]["text"] == "second"


def test_nothing_is_confirmed_before_what_was_read_earlier() -> None:
    held_back = threading.Event()

    def first_waits(ids: list[str], call: int) -> list[Outcome]:
        if "0" in ids and call < 5:
            return [LATER if id == "0" else CREATED for id in ids]
        held_back.set()
        return [CREATED for _ in ids]

    run = loaded(Scripted(first_waits, most_documents=1), *(document(n) for n in range(50)))
    assert [record.where for record in run.confirmed] == [f"f:{n}" for n in range(50)]


@pytest.mark.parametrize("limit", [{"AHEAD": 200}, {"AHEAD_BYTES": 200 * len(Scripted().encode(document(1_000)))}])
def test_reading_does_not_run_ahead(limit: dict[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in limit.items():
        monkeypatch.setattr(loading, name, value)
    to, read, most = Scripted(), 0, 0
    run = Loaded()

    def many() -> Iterator[Entry]:
        nonlocal read, most
        for n in range(5_000):
            read += 1
            most = max(most, read - run.report.read)
            yield document(n)

    load(many(), lambda: to, report=run.report)
    assert run.report.created == 5_000
    assert most <= 240


def test_unreadable_entries_are_dead_letters_in_their_place() -> None:
    run = loaded(Scripted(), document(1), Unreadable("f:2", "not JSON", "{nope"), document(3))
    assert run.report.summary == "2 created, 0 updated, 1 failed"
    assert [(dead_letter.where, dead_letter.id, dead_letter.document) for dead_letter in run.dead_letters] == [
        ("f:2", None, "{nope")
    ]
    assert [record.where for record in run.confirmed] == ["f:1", "f:2", "f:3"]


def test_a_document_is_confirmed_with_its_last_part() -> None:
    def parts(whole: Document) -> list[Document]:
        return [Document(f"{whole.id}#{n}", {"text": "t"}, whole.where, whole.id) for n in (1, 2, 3)]

    to, report = Scripted(lambda ids, _: [REFUSED if id == "b#2" else CREATED for id in ids]), Loaded()
    load(
        iter([document("a"), document("b")]),
        lambda: to,
        parts=parts,
        report=report.report,
        dead_letters=report.dead_letters.append,
    )
    assert (report.report.read, report.report.created) == (2, 5)
    assert [dead_letter.id for dead_letter in report.dead_letters] == ["b#2"]


def test_many_are_sent_at_once_when_all_goes_well() -> None:
    under_way, most, lock = 0, 0, threading.Lock()

    class Slow(Scripted):
        def send(self, batch: object) -> list[Outcome]:
            nonlocal under_way, most
            with lock:
                under_way += 1
                most = max(most, under_way)
            outcomes = super().send(batch)  # type: ignore[arg-type]
            with lock:
                under_way -= 1
            return outcomes

    loaded(Slow(seconds=0.01), *(document(n) for n in range(4_000)))
    assert most >= 4


def test_a_thread_that_cannot_connect_ends_the_load() -> None:
    destinations = iter([Scripted()])
    with pytest.raises(StopIteration):
        load(iter([document(1)]), lambda: next(destinations))


@examples(40)
@given(seed=st.integers(0, 2**32), clears=st.booleans())
def test_every_document_is_counted_once_whatever_happens(seed: int, clears: bool) -> None:
    # One generator for all threads is enough, because calls of the destination are locked.
    drawn = random.Random(seed)  # noqa: S311

    def anything(ids: list[str], _: int) -> list[Outcome]:
        match drawn.choice(["each"] * 6 + ["busy", "large", "away", "stopped"]):
            case "busy":
                raise Busy("429")
            case "large":
                raise BatchTooLarge("413")
            case "away":
                raise Busy("reset", unsure=True)
            case "stopped":
                raise Stopped("403")
        return [drawn.choice([CREATED, UPDATED, LATER, FAILED, REFUSED, STARTING]) for _ in ids]

    cleared: list[str] = []

    def leftovers(documents: Mapping[str, object]) -> int:
        cleared.extend(documents)
        if drawn.random() < 0.1:
            raise Stopped("403")
        return 0

    to, run = Scripted(anything, most_documents=8), Loaded()
    stopped = False
    try:
        loaded(to, *(document(n) for n in range(20)), into=run, leftovers=leftovers if clears else None)
    except Stopped:
        stopped = True
    report = run.report
    assert report.created + report.updated + report.failed == report.read
    assert stopped or report.read == 20
    assert stopped or len(to.held) + len(run.dead_letters) == 20
    assert [record.where for record in run.confirmed] == [f"f:{n}" for n in range(len(run.confirmed))]
    arrived = {record.id for record in run.confirmed if isinstance(record, Document)} & to.held.keys()
    assert not clears or arrived <= set(cleared)
