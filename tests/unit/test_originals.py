"""The file of a document is kept as it was uploaded, for people who see the document, and is deleted with it."""

import hashlib
import io
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlsplit

import pytest

import api
import current
from rag import boto_calls, documents, files
from rag.budget import Budget
from rag.caller import OPERATOR, Caller, Held
from rag.document_models import DocumentRemoved
from rag.failures import Absent, Starting, Throttled
from rag.files import Stored
from rag.jobs import Jobs
from rag.models import Source
from rag.originals import SHOWN, Originals, disposition
from rag.search import Passage, Replaced
from rag.upload_models import PartIn
from tests.unit.edge_requests import SETTINGS, Context, event
from tests.unit.pdf_files import pdf
from tests.unit.stored_objects import Bucket
from tests.unit.test_assistant_files import TEXT, Index, parts, sent

NAME = "handbook/leave.pdf"
READER = Caller("ada", "reader", frozenset({"hr"}))


@dataclass
class Found(Index):
    """An index that finds the stored passages for callers of their groups."""

    def cited(self, ids: Sequence[str], budget: Budget, caller: Caller) -> list[Source]:
        passages = [passage for passage in self.stored if passage["id"] in ids]
        accesses = [passage.get("osml", {}).get("access", {}) for passage in passages]
        return [
            Source(
                id=passage["id"],
                document=passage["document"],
                text=passage[TEXT],
                score=0,
                original=access.get("original"),
            )
            for passage, access in zip(passages, accesses, strict=True)
            if caller.sees(access.get("groups", []))
        ]


class Clients(boto_calls.Clients):
    """Clients that all are the bucket."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    def within(self, budget: Budget) -> Bucket:
        budget.call(1)
        return self._bucket


@pytest.fixture
def bucket() -> Bucket:
    return Bucket()


@pytest.fixture
def originals(bucket: Bucket) -> Originals:
    return Originals("originals", Clients(bucket))


def uploaded(content: bytes, index: Index, originals: Originals, name: str = NAME, **more: Any) -> Stored:
    file = sent(name, content)
    file.groups = more.get("groups")
    return files.store(file, 20, parts(index), more.get("caller", OPERATOR), originals)


def test_the_file_of_a_document_is_kept_and_opened_by_a_link_that_ends(bucket: Bucket, originals: Originals) -> None:
    index, content = Found(), pdf("One. " * 60, "Two. " * 60)
    outcome = uploaded(content, index, originals)
    [(key, kept)] = bucket.objects.items()
    assert [result.original for result in outcome.results] == [key.partition("/")[2]]
    assert kept == content
    assert {passage["osml"]["access"]["original"] for passage in index.stored} == {key.partition("/")[2]}
    assert NAME not in key
    link = originals.link(NAME, 20, OPERATOR, parts(index))
    assert urlsplit(link.url).path == f"/{key}"
    assert (link.seconds, link.shown, link.type) == (60, True, "application/pdf")
    assert bucket.headers[key]["ContentDisposition"] == "inline; filename*=UTF-8''leave.pdf"


def test_a_large_file_is_kept_by_its_job(bucket: Bucket, originals: Originals) -> None:
    index, content, jobs = Found(), pdf("One. " * 60), Jobs("uploads", Bucket())
    id: str | None = None
    for number, piece in enumerate((content[:100], content[100:]), 1):
        part = PartIn.model_construct(name="a.pdf", content=piece, number=number, of=2, job=id)
        id = jobs.take(part, OPERATOR).id
    assert jobs.work(str(id), 60, parts(index), originals, last=False) == ""
    assert [*bucket.objects.values()] == [content]
    assert originals.link("a.pdf", 20, OPERATOR, parts(index)).shown


def test_a_new_version_takes_the_place_of_the_old_one_once_it_is_stored(bucket: Bucket, originals: Originals) -> None:
    index = Found()
    uploaded(b"One.", index, originals, "a.txt")
    index.later = {"a.txt"}
    uploaded(b"Two.", index, originals, "a.txt")
    assert sorted(bucket.objects.values()) == [b"One."]
    assert hashlib.sha256(b"One.").hexdigest() in originals.link("a.txt", 20, OPERATOR, parts(index)).url
    index.later, index.stored = set(), []
    uploaded(b"Two.", index, originals, "a.txt")
    assert [*bucket.objects.values()] == [b"Two."]


def _of_another_person(index: Found) -> None:
    index.held = lambda documents, budget: {"a.txt": Held(frozenset(), frozenset({"eve"}))}  # type: ignore[method-assign]


def _of_a_passage_of_another_one(index: Found) -> None:
    index.taken = lambda passages, budget: {"a.txt": Held(frozenset(), frozenset({"eve"}))}  # type: ignore[method-assign]


def _of_the_engine(index: Found) -> None:
    index.later = {"a.txt"}


def _of_all_the_engine(index: Found) -> None:
    index.answers = [Starting("The embedding model starts.")]


def _of_a_broken_engine(index: Found) -> None:
    index.answers = [Throttled("The search engine is rate-limiting requests.")]


REFUSALS = [_of_another_person, _of_a_passage_of_another_one, _of_the_engine, _of_all_the_engine, _of_a_broken_engine]
EDITOR = Caller("ada", "editor", frozenset())


@pytest.mark.parametrize("refusal", REFUSALS)
@pytest.mark.parametrize("is_job", [False, True])
def test_a_refused_upload_leaves_no_file(
    refusal: Callable[[Found], None], is_job: bool, bucket: Bucket, originals: Originals
) -> None:
    index = Found()
    refusal(index)
    _upload(b"One.", index, originals, is_job=is_job)
    assert index.stored == []
    assert bucket.objects == {}


@pytest.mark.parametrize("refusal", REFUSALS)
@pytest.mark.parametrize("is_job", [False, True])
def test_a_refused_upload_leaves_the_file_of_the_document_that_is_stored(
    refusal: Callable[[Found], None], is_job: bool, bucket: Bucket, originals: Originals
) -> None:
    index = Found()
    uploaded(b"One.", index, originals, "a.txt")
    for content in (b"One.", b"Two."):
        refusal(index)
        _upload(content, index, originals, is_job=is_job)
        assert [*bucket.objects.values()] == [b"One."]


def test_a_refused_upload_leaves_the_file_that_another_upload_has_stored_meanwhile(
    bucket: Bucket, originals: Originals
) -> None:
    index = Found()

    def replace(passages: Sequence[Passage], budget: Budget) -> Replaced:
        index.stored = [passage.source(TEXT) for passage in passages]
        return Replaced({passage.id: Throttled("Later.") for passage in passages})

    index.replace = replace  # type: ignore[method-assign]
    uploaded(b"One.", index, originals, "a.txt")
    assert [*bucket.objects.values()] == [b"One."]


def test_a_refused_upload_leaves_a_file_that_was_there_before_a_search_shows_its_document(
    bucket: Bucket, originals: Originals
) -> None:
    index = Found()
    uploaded(b"One.", index, originals, "a.txt")
    index.cited = lambda ids, budget, caller: []  # type: ignore[method-assign]
    _of_the_engine(index)
    uploaded(b"One.", index, originals, "a.txt")
    assert [*bucket.objects.values()] == [b"One."]


def test_a_file_that_nobody_can_read_is_not_kept(bucket: Bucket, originals: Originals) -> None:
    [result] = uploaded(b"%PDF-1.4 nothing", Found(), originals, "a.pdf").results
    assert result.status == "failed"
    assert bucket.objects == {}


def _upload(content: bytes, index: Found, originals: Originals, *, is_job: bool) -> None:
    with suppress(Throttled):
        if is_job:
            jobs = Jobs("uploads", Bucket())
            job = jobs.take(PartIn.model_construct(name="a.txt", content=content, number=1, of=1, job=None), EDITOR)
            jobs.work(job.id, 60, parts(index), originals, last=True)
        else:
            uploaded(content, index, originals, "a.txt", caller=EDITOR)


def test_whoever_does_not_see_the_document_gets_no_link(originals: Originals) -> None:
    index = Found()
    uploaded(b"The pay is 930,000.", index, originals, "pay.txt", groups=["board"])
    with pytest.raises(Absent, match=r"There is no document 'pay\.txt'\."):
        originals.link("pay.txt", 20, READER, parts(index))
    board = Caller("eve", "reader", frozenset({"board"}))
    assert originals.link("pay.txt", 20, board, parts(index)).url


def test_a_document_of_another_way_has_no_original_of_an_older_one(originals: Originals) -> None:
    index = Found()
    uploaded(b"One.", index, originals, "a.txt")
    index.stored = [{"id": "a.txt", "document": "a.txt", TEXT: "Another one."}]
    with pytest.raises(Absent, match=r"No original of 'a\.txt' is kept\."):
        originals.link("a.txt", 20, OPERATOR, parts(index))


def test_a_file_of_several_documents_is_not_kept(bucket: Bucket, originals: Originals) -> None:
    uploaded(f"id,{TEXT}\na,One\nb,Two\n".encode(), Found(), originals, "rows.csv")
    assert bucket.objects == {}


def test_groups_stay_those_of_the_document_before(originals: Originals) -> None:
    """A reference to the file contains no groups."""
    index = Found()
    uploaded(b"One.", index, originals, "a.txt", groups=["hr"])
    [first] = index.stored
    assert first["osml"]["access"]["groups"] == ["hr"]
    index.held = lambda documents, budget: {"a.txt": Held(frozenset({"hr"}), frozenset())}  # type: ignore[method-assign]
    uploaded(b"Two.", index, originals, "a.txt")
    assert index.stored[-1]["osml"]["access"]["groups"] == ["hr"]


@pytest.mark.parametrize(
    "name",
    ["a.html", "a.htm", "a.xhtml", "a.svg", "a.xml", "a.js", "a.docx", "a.eml", "a.pdf.gz", "a", "a.PDF.html", "a.mht"],
)
def test_what_may_run_scripts_is_saved_and_not_shown(bucket: Bucket, originals: Originals, name: str) -> None:
    originals.keep(name, io.BytesIO(b"<script>"), Budget(20))
    [headers] = bucket.headers.values()
    assert headers["ContentDisposition"].startswith("attachment; ")
    assert headers["ContentType"] == "application/octet-stream"


def test_a_name_does_not_become_a_header() -> None:
    said = disposition('a/b";\r\nX: y\u202e ä.txt', shown=True)
    assert said == "inline; filename*=UTF-8''b%22%3B%0D%0AX%3A%20y%E2%80%AE%20%C3%A4.txt"


def test_the_types_that_are_shown_run_nothing() -> None:
    assert {type for type in SHOWN.values() if not type.startswith("image/")} == {
        "application/pdf",
        "text/plain; charset=utf-8",
    }
    assert "image/svg+xml" not in SHOWN.values()


def test_a_removed_document_takes_its_file_with_it(
    bucket: Bucket, originals: Originals, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = Found()
    uploaded(b"One.", index, originals, "a.txt")
    uploaded(b"Other.", index, originals, "b.txt")
    monkeypatch.setenv("ASSISTANT", json.dumps(SETTINGS))
    monkeypatch.setattr(current, "originals", lambda: originals)
    monkeypatch.setattr(documents, "delete", lambda id, seconds, caller: DocumentRemoved(id=id, passages=1))
    response = api.handler(event("DELETE", "/documents", queryStringParameters={"id": "a.txt"}), Context())
    assert response["statusCode"] == 200
    assert [*bucket.objects.values()] == [b"Other."]


def test_without_the_setting_nothing_is_kept_and_the_answer_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSISTANT", json.dumps(SETTINGS))
    response = api.handler(event("GET", "/originals", queryStringParameters={"document": "a.txt"}), Context())
    problem = json.loads(response["body"])
    assert response["statusCode"] == 404
    assert problem["message"] == "This environment keeps no originals, because assistant.originals is not set."


def test_a_store_that_is_busy_fails_the_upload_before_anything_is_stored(originals: Originals) -> None:
    index = Found()

    def busy(document: str, file: object, budget: Budget) -> tuple[str, bool]:
        raise Throttled("The store of originals is rate-limiting requests. Try again soon.")

    cast(Any, originals).keep = busy
    with pytest.raises(Throttled):
        uploaded(b"One.", index, originals, "a.txt")
    assert index.stored == []
