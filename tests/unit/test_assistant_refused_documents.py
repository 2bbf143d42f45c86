"""Documents that the assistant refuses, and the ids that they may have."""

from typing import cast

import pytest

from corpus.document import Document, document
from rag.caller import OPERATOR
from rag.failures import Broken, Invalid, RagFailure, Throttled, TimedOut, Unavailable
from rag.storing import store
from rag.upload_models import DocumentIn
from tests.unit.test_assistant_answering import parts


def test_duplicate_ids_and_too_many_documents_are_refused() -> None:
    document_in = DocumentIn(id="a", text="A.")
    with pytest.raises(Invalid, match="id a is the id of more than one"):
        store([document_in, document_in], 20, OPERATOR, parts())
    with pytest.raises(Invalid, match=r"3 documents\. Send at most 2"):
        store([document_in, document_in, document_in], 20, OPERATOR, parts())


@pytest.mark.parametrize(
    "failure", [Unavailable("The search engine is down."), Throttled("Too often.", asked_to_wait=7)]
)
def test_documents_that_are_good_later_are_refused_by_the_status(failure: RagFailure) -> None:
    """A client that reads only the status must not take the failure for permanent."""
    made = parts()
    made.search.failure = failure  # type: ignore[attr-defined]
    with pytest.raises(type(failure)) as raised:
        store([DocumentIn(id="a", text="A."), DocumentIn(id="b", text="B.")], 20, OPERATOR, made)
    assert (raised.value.status, raised.value.retry_after) in [(503, 2), (429, 7)]


@pytest.mark.parametrize("failure", [Broken("The engine answers with a page."), TimedOut("It took too long.")])
def test_documents_that_fail_as_they_are_fail_each_by_itself(failure: RagFailure) -> None:
    made = parts()
    made.search.failure = failure  # type: ignore[attr-defined]
    stored = store([DocumentIn(id="a", text="A."), DocumentIn(id="b", text="B.")], 20, OPERATOR, made)
    assert [(document.id, document.status, document.message) for document in stored.documents] == [
        ("a", "failed", failure.message),
        ("b", "failed", failure.message),
    ]


@pytest.mark.parametrize(
    ("id", "is_one"),
    [
        *((word, True) for word in ("a", "handbook/leave.md", "a#1", "a?b", "a\\b", "a\nb", " a ", "..", "x" * 480)),
        *((word, False) for word in ("", " ", "x" * 481, "é" * 241)),
    ],
)
def test_what_is_an_id_is_the_same_on_every_way_in(id: str, is_one: bool) -> None:
    read = document({"id": id, "text": "A."}, "f:1", "text")
    assert isinstance(read, Document) == is_one
    if is_one:
        assert DocumentIn(id=id, text="A.").id == id == cast(Document, read).id
        return
    with pytest.raises(ValueError, match="an id has 1 to 480 bytes"):
        DocumentIn(id=id, text="A.")
