"""A file that is sent to the API is read as on every other way in, and stored until the time is over."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from corpus.chunks import chunks
from corpus.document import Document
from corpus.formats import Reading
from corpus.source import read
from rag import files, storing
from rag.budget import Budget
from rag.caller import OPERATOR, Held
from rag.failures import Starting, Throttled
from rag.parts import Parts
from rag.search import Passage, Replaced
from rag.upload_models import DocumentIn, FileIn
from settings.runtime_settings import RuntimeSettings as Settings
from tests.unit.edge_requests import SETTINGS
from tests.unit.pdf_files import pdf

TEXT = Settings.model_validate(SETTINGS).index.text_field


@dataclass
class Index:
    """Replaces the search engine; `answers` are the failures of its next requests, None for a success.

    It is too busy for the documents in `later`.
    """

    stored: list[dict[str, Any]] = field(default_factory=list)
    answers: list[Exception | None] = field(default_factory=list)
    later: set[str] = field(default_factory=set)

    def held(self, documents: Sequence[str], budget: Budget) -> dict[str, Held]:
        return {}

    def taken(self, passages: Sequence[Passage], budget: Budget) -> dict[str, Held]:
        return {}

    def replace(self, passages: Sequence[Passage], budget: Budget) -> Replaced:
        answer = self.answers.pop(0) if self.answers else None
        if answer:
            raise answer
        self.stored += [passage.source(TEXT) for passage in passages if passage.document not in self.later]
        return Replaced({passage.id: Throttled("Later.") for passage in passages if passage.document in self.later})


def parts(index: Index, **limits: int) -> Parts:
    settings = Settings.model_validate({**SETTINGS, "limits": {"passage_characters": 100, **limits}})
    return Parts(settings, cast(Any, index), None, cast(Any, None))


def sent(name: str, content: bytes | str) -> FileIn:
    data = content.encode() if isinstance(content, str) else content
    return FileIn.model_construct(name=name, content=data)


def test_a_file_gives_the_chunks_that_every_way_in_gives() -> None:
    content, index = pdf("One. " * 60, "Two. " * 60), Index()
    stored = files.store(sent("leave.pdf", content), 20, parts(index), OPERATOR)
    (whole,) = read(io.BytesIO(content), "leave.pdf", Reading(TEXT))
    assert isinstance(whole, Document)
    expected = [{"id": chunk.id, "document": chunk.of, **chunk.source} for chunk in chunks(whole, TEXT, 100)]
    assert index.stored == expected
    assert (expected[-1]["page"], expected[0]["id"]) == (2, "leave.pdf#1")
    assert [(result.id, result.title, result.status, result.passages) for result in stored.results] == [
        ("leave.pdf", "leave", "stored", len(expected))
    ]
    assert stored.ended


def test_a_document_may_say_where_its_parts_stand() -> None:
    index = Index()
    given = DocumentIn.model_validate(
        {"id": "a", "text": "x" * 90 + " y", "places": [{"start": 0, "page": 1}, {"start": 91, "page": 2}]}
    )
    storing.store([given], 20, OPERATOR, parts(index, passage_characters=100))
    assert [document["page"] for document in index.stored] == [1]


def test_what_cannot_be_read_is_told_beside_what_is_stored() -> None:
    stored = files.store(sent("mixed.pdf", pdf("One", None)), 20, parts(Index()), OPERATOR)
    assert [(result.id, result.status) for result in stored.results] == [
        ("mixed.pdf, page 2", "failed"),
        ("mixed.pdf", "stored"),
    ]
    assert (
        stored.results[0].message == "mixed.pdf, page 2: no text, but pictures; put it through text recognition first"
    )


def table(rows: int) -> str:
    return f"id,{TEXT}\n" + "".join(f"d{number},Text {number}\n" for number in range(rows))


def test_a_request_ends_before_its_time_is_over_and_says_how_far_it_got(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "BEGINNING", 0.0)
    index = Index()
    stored = files.store(sent("a.csv", table(25)), 20, parts(index, documents=10), OPERATOR)
    assert (stored.settled, len(stored.results), stored.ended, 0 < stored.read <= len(table(25))) == (
        10,
        10,
        False,
        True,
    )
    assert [document["id"] for document in index.stored] == [f"d{number}" for number in range(10)]


@pytest.mark.thorough
def test_what_takes_longer_to_be_read_than_the_request_has_is_left_to_a_job(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "BEGINNING", 0.0)
    stored = files.store(sent("a.docx", b"PK no archive"), 20, parts(Index()), OPERATOR)
    assert (stored.settled, stored.results, stored.ended) == (0, [], False)


def test_a_request_ends_before_what_may_be_stored_later() -> None:
    stored = files.store(sent("a.csv", table(25)), 20, parts(Index(later={"d11"}), documents=10), OPERATOR)
    assert (stored.settled, len(stored.results), stored.ended, stored.later) == (10, 10, False, "Later.")


def test_a_failure_of_all_is_the_answer() -> None:
    with pytest.raises(Throttled):
        files.store(sent("a.csv", table(3)), 20, parts(Index(answers=[Throttled("Later.")])), OPERATOR)


@pytest.mark.parametrize("last", [False, True])
def test_while_the_model_starts_the_rest_is_left_to_a_job_and_its_last_call_tells_it(last: bool) -> None:
    index, stored, starts = Index(answers=[None, Starting("It starts.", "", 300.0)]), files.Stored(0), "It starts."
    entries = cast(Any, (entry for entry in read(io.BytesIO(table(15).encode()), "a.csv", Reading(TEXT))))
    files.store_entries(entries, stored, Budget(20), parts(index, documents=10), OPERATOR, lambda: True, last=last)
    assert (stored.settled, stored.later, stored.ended) == ((15, "", True) if last else (10, starts, False))
    assert {result.message for result in stored.results if result.retry == "later"} == ({starts} if last else set())


def test_of_two_documents_with_one_id_the_later_one_stays() -> None:
    index = Index()
    files.store(sent("a.csv", f"id,{TEXT}\na,One\nb,Two\na,Three\n"), 20, parts(index), OPERATOR)
    assert [(document["id"], document[TEXT]) for document in index.stored] == [
        ("a", "One"),
        ("b", "Two"),
        ("a", "Three"),
    ]


def test_a_row_cannot_say_whose_document_it_is() -> None:
    index = Index()
    files.store(sent("a.csv", f"id,{TEXT},document,year\na,One,official-policy,2023\n"), 20, parts(index), OPERATOR)
    (stored,) = index.stored
    assert (stored["document"], stored["year"]) == ("a", "2023")
