"""Documents of groups on a real engine, on both search targets: other people cannot find, list or remove them."""

import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from corpus.formats import Reading
from corpus.source import read
from osml.ask import question
from osml.failure import Failure as Refusal
from osml.ingest.restricted import refuse_unsaid
from osml.remote.domain import Domain as Session
from osml.remote.stack import Knowledge
from rag import history
from rag.budget import Budget
from rag.caller import GROUPS, OPERATOR, Caller
from rag.document_models import DocumentList, DocumentsStored
from rag.documents import delete, listed, shown
from rag.failures import Absent, Forbidden
from rag.files import store as store_file
from rag.search import Page
from rag.search.domain import DomainSearch
from rag.search.engine import IndexClient
from rag.storing import put
from rag.upload_models import FileIn
from settings.retrieval import Retrieval
from tests.contract import assistant_engine, kinds_engine
from tests.contract.assistant_engine import SECONDS, Shop
from tests.contract.kinds_engine import RoleHeaders

engine_transport, models = kinds_engine.engine_transport, assistant_engine.models
shop, shelf = assistant_engine.shop, assistant_engine.shelf

HR = frozenset({"hr"})
ADA, EVE = Caller("ada", "editor", HR), Caller("eve", "editor", frozenset({"sales"}))
BOB, OWNER = Caller("bob", "reader"), Caller("olga", "owner", None)
QUESTION = "What does the director earn?"
SECRET = "The director earns 930,000 a year."
OPEN = "The director's office is on the third floor."


@pytest.fixture(params=["shop", "shelf"])
def library(request: pytest.FixtureRequest) -> Iterator[Shop]:
    """A secret document of the group hr, which Ada has loaded, and a document for everybody, which Eve has loaded."""
    place: Shop = request.getfixturevalue(request.param)
    assert stored(place, ("pay", SECRET, "Director's pay"), caller=ADA, groups=["hr"]).stored == 1
    assert stored(place, ("office", OPEN), caller=EVE).stored == 1
    yield place
    for id in ids(place, OPERATOR):
        removed(place, id, OPERATOR)


def stored(place: Shop, *documents: tuple[str, str] | tuple[str, str, str], **more: Any) -> DocumentsStored:
    """Store documents and refresh the index, so that they are found immediately."""
    stored = place.store(*documents, **more)
    refresh(place)
    return stored


def refresh(place: Shop) -> None:
    engine = IndexClient(place.parts.settings, RoleHeaders())
    engine.send("POST", engine.in_index("_refresh"), None, Budget(SECONDS))


def removed(place: Shop, id: str, caller: Caller) -> int:
    passages = delete(id, SECONDS, caller, place.parts).passages
    refresh(place)
    return passages


def documents(place: Shop, caller: Caller, **page: Any) -> DocumentList:
    return listed(Page(100, **page), SECONDS, caller, place.parts)


def ids(place: Shop, caller: Caller, **page: Any) -> list[str]:
    return [document.id for document in documents(place, caller, **page).documents]


def sources(place: Shop, caller: Caller, **more: Any) -> set[str]:
    return {source.document for source in place.ask(QUESTION, caller, **more).sources}


def test_a_question_draws_on_what_its_asker_sees(library: Shop) -> None:
    for caller in (ADA, OWNER, OPERATOR, Caller("x", "reader", HR | {"y"})):
        assert sources(library, caller) == {"pay", "office"}
        assert "930,000" in str(library.ask(QUESTION, caller).answer)
    for caller in (EVE, BOB, Caller("x", "reader", frozenset({"HR", "h", "hr "}))):
        assert sources(library, caller) == {"office"}
        answered = library.ask(QUESTION, caller)
        assert "930,000" not in answered.model_dump_json()
        # The answer model does not get it, either.
        assert "930,000" not in str(library.chat.bodies[-1])


def test_a_filter_gives_no_access(library: Shop) -> None:
    for filters in ({"document": "pay"}, {"title": "Director's pay"}, {"document": ["pay", "office"]}):
        assert sources(library, BOB, filters=filters) <= {"office"}
        assert "pay" in sources(library, ADA, filters=filters)


def test_a_follow_up_draws_on_what_its_asker_sees(library: Shop) -> None:
    """The same holds together with the question before it. Nobody can continue another person's conversation."""
    first = library.ask(QUESTION, BOB)
    answer = library.ask("And who else?", BOB, conversation_id=first.conversation_id)
    assert "930,000" not in answer.model_dump_json()
    hers = library.ask(QUESTION, ADA).conversation_id
    with pytest.raises(Absent):
        library.ask("And who else?", BOB, conversation_id=hers)


def test_a_list_shows_what_one_sees_and_may_remove(library: Shop) -> None:
    assert ids(library, ADA) == ids(library, OWNER) == ["office", "pay"]
    assert ids(library, BOB) == ids(library, EVE) == ["office"]
    assert ids(library, BOB, search="pay") == ids(library, BOB, search="Director's") == []
    assert ids(library, ADA, search="pay") == ["pay"]
    access = {
        document.id: (document.groups, document.removable, document.loader)
        for document in documents(library, ADA).documents
    }
    assert access == {"office": ([], False, None), "pay": (["hr"], True, None)}
    access = {
        document.id: (document.groups, document.removable, document.loader)
        for document in documents(library, OWNER).documents
    }
    assert access == {"office": ([], True, "eve"), "pay": (["hr"], True, "ada")}


def test_what_one_does_not_see_is_not_there(library: Shop) -> None:
    for act in (shown, delete):
        with pytest.raises(Absent):
            act("pay", SECONDS, EVE, library.parts)
    assert shown("pay", SECONDS, ADA, library.parts).passages[0].text == SECRET


def test_an_editor_removes_their_own_and_an_owner_all(library: Shop) -> None:
    with pytest.raises(Forbidden, match="only an owner may remove"):
        removed(library, "office", ADA)
    assert ids(library, OWNER) == ["office", "pay"]
    assert removed(library, "pay", ADA) == 1
    assert removed(library, "office", OWNER) == 1


def test_nobody_replaces_what_others_have_loaded(library: Shop) -> None:
    for caller, id in ((ADA, "office"), (EVE, "pay")):
        result = stored(library, (id, "Something else."), ("mine", "Mine."), caller=caller)
        assert (result.stored, result.failed, result.documents[1].status) == (1, 1, "stored")
        assert "you did not load it" in str(result.documents[0].message)
        removed(library, "mine", caller)
    assert shown("office", SECONDS, BOB, library.parts).passages[0].text == OPEN
    assert stored(library, ("pay", "The director earns nothing."), caller=OWNER).stored == 1
    # Now it is the owner's.
    with pytest.raises(Forbidden):
        removed(library, "pay", ADA)


def test_no_part_of_a_document_replaces_what_others_have_loaded(library: Shop) -> None:
    """The parts of `pay` have the ids `pay#1`, `pay#2`, …; a document of such a name is somebody else's."""
    long = "\n\n".join(f"Paragraph {number} says nothing about anybody's pay. " * 20 for number in range(4))
    assert stored(library, ("leave#2", OPEN), caller=OWNER, groups=["hr"]).stored == 1
    assert stored(library, ("tour", long), caller=ADA).documents[0].passages > 1
    for caller, id, text in ((EVE, "leave", long), (ADA, "leave", long), (EVE, "tour#2", OPEN), (EVE, "tour#1", OPEN)):
        result = stored(library, (id, text), ("mine", "Mine."), caller=caller)
        assert (result.stored, result.failed, result.documents[1].status) == (1, 1, "stored")
        assert "you did not load" in str(result.documents[0].message)
        removed(library, "mine", caller)
    assert shown("leave#2", SECONDS, OWNER, library.parts).passages[0].text == OPEN
    assert stored(library, ("tour", long, "Again"), caller=ADA).stored == 1
    cited = library.parts.search.cited(["tour#2"], Budget(SECONDS), BOB)
    assert [(source.document, source.title) for source in cited] == [("tour", "Again")]


def test_a_document_keeps_its_groups_until_they_are_named(library: Shop) -> None:
    for groups, seen in ((None, {"office"}), ([], {"pay", "office"}), (["hr"], {"office"})):
        assert stored(library, ("pay", SECRET), caller=ADA, groups=groups).stored == 1
        assert sources(library, BOB) == seen
        assert sources(library, ADA) == {"pay", "office"}


def test_one_gives_a_document_to_ones_own_groups(library: Shop) -> None:
    result = stored(library, ("x", "Text."), caller=ADA, groups=["hr", "board"])
    assert (result.failed, result.documents[0].message) == (
        1,
        "You are not in the group 'board', so you cannot give it a document. Leave out the group.",
    )
    assert stored(library, ("x", "Text."), caller=OWNER, groups=["board"]).stored == 1
    assert "x" not in ids(library, ADA)


def test_a_file_says_nothing_of_its_access(library: Shop) -> None:
    """Only the person who loads a file decides who sees it and is its loader, whatever fields the file has."""
    row = b'{"id": "row", "text": "Rows.", "osml": {"access": {"groups": [], "loader": "ada"}}, "groups": ["x"]}\n'
    stored_files = store_file(
        FileIn.model_construct(name="rows.ndjson", content=row, groups=["sales"]), SECONDS, library.parts, EVE
    )
    assert [result.status for result in stored_files.results] == ["stored"]
    refresh(library)
    assert "row" not in ids(library, ADA)
    (document,) = [document for document in documents(library, OWNER).documents if document.id == "row"]
    assert (document.groups, document.loader) == (["sales"], "eve")
    (entry,) = read(io.BytesIO(row), "rows.ndjson", Reading("text"))
    assert "access" not in entry.source["osml"]


@pytest.mark.parametrize(
    ("loader", "loaded_by", "trusted"), [(ADA, "editor", False), (OWNER, "owner", True), (OPERATOR, "operators", True)]
)
def test_evidence_is_weighed_by_who_has_loaded_it(library: Shop, loader: Caller, loaded_by: str, trusted: bool) -> None:
    """The answer repeats the same sentence for each loader; a row's own claims about its loader change nothing."""
    removed(library, "pay", ADA)
    row = {"id": "pay", "text": SECRET, "osml": {"access": {"loader": "olga", "role": "owner"}}, "role": "owner"}
    file = FileIn.model_construct(name="rows.ndjson", content=json.dumps(row).encode(), groups=[])
    assert [result.status for result in store_file(file, SECONDS, library.parts, loader).results] == ["stored"]
    refresh(library)
    answer = library.ask(QUESTION, BOB)
    assert SECRET.removesuffix(".") in str(answer.answer)
    (source,) = (source for source in answer.sources if source.document == "pay")
    assert (source.loaded_by, source.trusted) == (loaded_by, trusted)
    (mark,) = source.used
    assert (mark.score > 0.5) == trusted
    if library.parts.history:
        (turn,) = history.shown(str(answer.conversation_id), SECONDS, BOB, library.parts).shown
        assert [again for again in turn.sources if again.document == "pay"] == [
            source.model_copy(update={"match": None})
        ]


def test_a_filter_that_an_index_cannot_follow_leaves_nothing_through(
    library: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in an older index, whose mapping lacks the field: the assistant checks the hits again."""
    monkeypatch.setattr(Caller, "clauses", [])
    assert sources(library, BOB) == {"office"}
    assert ids(library, BOB) == ["office"]
    with pytest.raises(Absent):
        shown("pay", SECONDS, BOB, library.parts)
    assert sources(library, ADA) == {"pay", "office"}


@pytest.mark.parametrize("retrieval", [{"highlight": {}}, {"highlight": {"by": "meaning"}}])
def test_only_visible_passages_have_marked_sentences(shop: Shop, retrieval: dict[str, Any]) -> None:
    stored(shop, ("pay", SECRET), caller=ADA, groups=["hr"])
    stored(shop, ("office", OPEN), caller=EVE)
    settings = shop.parts.settings.model_copy(update={"retrieval": Retrieval.model_validate(retrieval)})
    search = DomainSearch(IndexClient(settings, RoleHeaders()))

    def marked(caller: Caller) -> set[str]:
        sources = search.nearest([QUESTION], None, 4, Budget(SECONDS), caller).sources
        return {item.document for item in sources if item.highlights}

    assert "pay" in marked(ADA)
    assert marked(BOB) <= {"office"}


@pytest.fixture
def session(shop: Shop) -> Callable[[Caller], tuple[Session, Knowledge]]:
    """The engine as the command line queries it."""
    stored(shop, ("pay", SECRET), caller=ADA, groups=["hr"])
    stored(shop, ("office", OPEN), caller=EVE)
    settings, opened = shop.parts.settings, requests.Session()
    opened.auth = RoleHeaders()
    answer: Any = settings.answer
    known = Knowledge(
        region="us-east-1",
        endpoint=settings.search.endpoint,
        index=settings.index.name,
        text_field="text",
        embedding_field="embedding",
        search_pipeline=answer.search_pipeline,
        embedding_model_id="",
        answer_model_id="m",
        llm_model=answer.llm_model,
        operator_role_arn="",
    )
    return lambda caller: (Session(known, opened, caller), known)


def test_the_command_line_asks_as_somebody(session: Callable[[Caller], tuple[Session, Knowledge]]) -> None:
    """The tools of an agent use the same functions."""
    for caller, seen in ((OPERATOR, {"pay", "office"}), (BOB, {"office"}), (ADA, {"pay", "office"})):
        documents = question.find(*session(caller), QUESTION)
        assert {document.id for document in documents} == seen
        answer = question.ask(*session(caller), QUESTION)
        assert {source.id for source in answer.sources} == seen
        assert ("930,000" in str(answer.answer)) == ("pay" in seen)
    with pytest.raises(Refusal, match="no document with document=pay"):
        question.find(*session(BOB), QUESTION, filters=[("document", "pay")])


def test_a_load_must_say_who_sees_it_where_groups_are(
    shop: Shop, session: Callable[[Caller], tuple[Session, Knowledge]]
) -> None:
    reader, known = session(OPERATOR)
    with pytest.raises(Refusal, match="--groups hr,board"):
        refuse_unsaid(reader, known.index)
    for id in ids(shop, OPERATOR):
        if id != "office":
            removed(shop, id, OPERATOR)
    refuse_unsaid(reader, known.index)


def test_groups_are_counted_for_each_document(shop: Shop) -> None:
    """This includes passages without a field `document`, which another program has stored under their ids."""
    many = {f"d{number}": [f"g{number}"] for number in range(70)}
    for id, groups in many.items():
        stored(shop, (id, f"Text {id}."), caller=OPERATOR, groups=groups) if id in ("d0", "d69") else None
    index = shop.parts.settings.index.name
    IndexClient(shop.parts.settings, RoleHeaders()).send(
        "PUT", f"/{index}/_doc/bare", {"text": "Bare.", "osml": {"access": {"groups": ["g"]}}}, Budget(SECONDS),
        query={"refresh": "true"},
    )  # fmt: skip
    held = shop.parts.search.held(["d0", "d69", "bare", "none"], Budget(SECONDS))
    assert {id: (set(value.groups), set(value.loaders)) for id, value in held.items()} == {
        "d0": ({"g0"}, {""}),
        "d69": ({"g69"}, {""}),
        "bare": ({"g"}, {""}),
    }
    assert GROUPS == "osml.access.groups"
    for word in ("d0", "d69", "bare"):
        removed(shop, word, OPERATOR)
    assert put([], Budget(SECONDS), shop.parts, OPERATOR) == []
