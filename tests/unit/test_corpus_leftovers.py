"""When the leftovers of earlier documents are looked for, and for which documents."""

from collections.abc import Mapping, Sequence

import pytest

from corpus.destination import Outcome, Stopped, Verdict
from corpus.document import Document, Unreadable
from corpus.in_flight import TOGETHER
from corpus.load import load
from tests.unit.scripted_destination import CREATED, UPDATED, Loaded, Scripted, document, loaded

REFUSED = Outcome(Verdict.REFUSED, "no such text")


class Index:
    """Records the requests, and finds two leftovers each time."""

    def __init__(self, into: Loaded) -> None:
        self.requested: list[Mapping[str, Sequence[str]]] = []
        self._into = into

    def remove(self, documents: Mapping[str, Sequence[str]]) -> int:
        confirmed = {document.id for document in self._into.confirmed if isinstance(document, Document)}
        assert confirmed.isdisjoint(documents), "a document is confirmed when nothing is left of the one before"
        self.requested.append(dict(documents))
        return 2


def test_each_document_is_asked_for_once_and_many_together() -> None:
    into, count = Loaded(), 2 * TOGETHER + 5
    index, to = Index(into), Scripted(script=lambda ids, n: [CREATED if n % 2 else UPDATED] * len(ids))
    loaded(to, *map(document, range(count)), into=into, leftovers=index.remove)
    asked_ids = [id for item in index.requested for id in item]
    assert asked_ids == [str(number) for number in range(count)]
    # A request covers as many documents as settle in a second, on a machine that may be busy.
    assert len(index.requested) < count / 8
    assert len(into.confirmed) == count
    assert into.report.removed == 2 * len(index.requested)
    assert f"{into.report.removed} old chunks removed" in into.report.summary


def test_the_parts_of_a_document_are_kept() -> None:
    into = Loaded()
    index, to = Index(into), Scripted()
    whole = document("a", "one two")
    parts = [Document(f"a#{n}", {"text": text}, "f:1", "a") for n, text in enumerate(["one", "two"], 1)]
    confirmed = into.confirmed.append
    load([whole], lambda: to, parts=lambda _: parts, confirmed=confirmed, leftovers=index.remove)
    assert index.requested == [{"a": ["a#1", "a#2"]}]


def test_what_did_not_arrive_or_is_a_part_by_itself_keeps_what_was_there() -> None:
    into = Loaded()
    index = Index(into)
    to = Scripted(script=lambda ids, _: [REFUSED if id == "bad" else CREATED for id in ids])
    part = Document("a#3", {"text": "t"}, "f:3", "a")
    loaded(to, document("bad"), Unreadable("f:2", "is no JSON"), part, document("b"), into=into, leftovers=index.remove)
    assert index.requested == [{"b": ["b"]}]
    assert len(into.confirmed) == 4


def test_where_nothing_can_be_removed_nothing_is_confirmed() -> None:
    def remove(_: object) -> int:
        raise Stopped("The domain takes no deletes.")

    into = Loaded()
    with pytest.raises(Stopped, match="takes no deletes"):
        loaded(Scripted(), document("a"), document("b"), into=into, leftovers=remove)
    assert into.confirmed == []
    assert into.report.created == 2


def test_a_load_that_is_stopped_asks_for_nothing_more() -> None:
    def script(ids: list[str], number: int) -> Sequence[Outcome]:
        raise Stopped("The domain is gone.")

    into = Loaded()
    index = Index(into)
    with pytest.raises(Stopped, match="The domain is gone"):
        loaded(Scripted(script=script), document("a"), into=into, leftovers=index.remove)
    assert index.requested == []
    assert into.report.failed == 1
