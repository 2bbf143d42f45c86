"""The assistant as on a collection, where it embeds, searches and calls the model itself, on a real engine's REST API.

What only a collection refuses or delays is tested with the collection of the local cloud.
"""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import pytest

from rag.answering import NOT_IN_DOCUMENTS
from rag.budget import Budget
from rag.caller import OPERATOR
from rag.document_models import DocumentListed
from rag.documents import delete, listed
from rag.embedding import Embedding, Vectors, embedding
from rag.events import Text
from rag.failures import Absent, Broken, RagFailure, Throttled, Unavailable
from rag.history import shown
from rag.parts import assembled
from rag.prompt_models import PromptIn
from rag.prompt_versions import ALWAYS, PromptVersions
from rag.search import Order, Page
from rag.search.collection import CollectionSearch
from settings.answer.deepseek import DeepSeekAnswer
from settings.retrieval import Hybrid, Retrieval
from tests.contract import assistant_engine, kinds_engine
from tests.contract.assistant_engine import ALICE, BOB, SECONDS, Models, Shop
from tests.contract.kinds_engine import RoleHeaders
from tests.served_at import served_at
from tests.unit.test_prompt_versions import Table as PromptItems
from tests.waiting import until

pytestmark = pytest.mark.collection
engine_transport, models, shelf = kinds_engine.engine_transport, assistant_engine.models, assistant_engine.shelf
two_tries = assistant_engine.two_tries

BOSTON = "Boston lies on the coast of Massachusetts. In 2023, 4,327,000 people lived in Boston."
PARIS = "Paris is the capital of France. The river Seine flows through Paris."
ORDERS: tuple[Order, Order] = ("newest", "oldest")
ASKED = "How many people lived in Boston in 2023?"


def documents(shelf: Shop) -> dict[str, DocumentListed]:
    return {document.id: document for document in listed(Page(100), SECONDS, OPERATOR, shelf.parts).documents}


def passages_of(shelf: Shop, id: str) -> int:
    return documents(shelf)[id].passages if id in documents(shelf) else 0


@pytest.fixture(scope="module", autouse=True)
def stocked(shelf: Shop) -> None:
    assert shelf.store(("boston", BOSTON, "The city of Boston"), ("paris", PARIS)).stored == 2
    until("the documents", lambda: set(documents(shelf)), {"boston", "paris"}.__eq__)


def test_documents_are_listed_by_the_time_of_loading(shelf: Shop) -> None:
    pages = [listed(Page(100, order=order), SECONDS, OPERATOR, shelf.parts) for order in ORDERS]
    newest, oldest = ([document.id for document in page.documents] for page in pages)
    assert sorted(newest) == ["boston", "paris"]
    # One request stored them, so they have the same time.
    assert newest == oldest
    assert all(document.loaded for document in documents(shelf).values())


def test_an_answer_is_streamed_and_grounded(shelf: Shop) -> None:
    events = shelf.events(ASKED)
    answer = shelf.ask(ASKED)
    texts = [event.text for event in events if isinstance(event, Text)]
    assert len(texts) > 1
    assert "".join(texts) == answer.answer
    assert (answer.grounded, answer.model) == (True, "deepseek-flash")
    assert [source.id for source in answer.sources] == ["boston", "paris"]
    assert [BOSTON[mark.start : mark.end] for mark in answer.sources[0].used] == [
        "In 2023, 4,327,000 people lived in Boston."
    ]
    assert answer.timings.embed_ms is not None


def test_below_the_least_score_no_model_is_asked(shelf: Shop) -> None:
    before = len(shelf.chat.bodies)
    answer = shelf.ask("xylophone zebra quantum entanglement")
    assert (answer.answer, answer.model, len(shelf.chat.bodies)) == (NOT_IN_DOCUMENTS, None, before)


def test_the_model_that_a_reader_chooses_answers_by_the_published_prompt(
    shelf: Shop, models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = PromptItems()
    monkeypatch.setattr("rag.prompt_versions.DynamoDb", lambda *_: table)
    thinks = served_at(
        models.chat_url, DeepSeekAnswer, provider="deepseek", secret={"name": "chat", "key": "key"}, thinking=True
    )
    settings = shelf.parts.settings.model_copy(update={"models": {"thorough": thinks}, "prompts": "prompts"})
    versions = PromptVersions(settings)
    choosing = replace(shelf, parts=replace(assembled(settings, RoleHeaders()), prompts=versions))
    usual = choosing.ask(ASKED)
    published = versions.publish(
        PromptIn(after=0, system="You are brief.", instructions="Use three words."), "olga", Budget(SECONDS)
    )
    chosen = choosing.ask(ASKED, model="thorough")
    assert (usual.model, chosen.model, chosen.grounded) == ("deepseek-flash", "thorough", True)
    assert (chosen.prompt, chosen.prompt == usual.prompt) == (published.prompt, False)
    sent = choosing.chat.bodies[-1]
    assert sent["thinking"] == {"type": "enabled"}
    (_, system), (_, instructions), *_ = choosing.messages()
    assert system.startswith("You are brief.\nThe passages stand between")
    assert instructions == f"Use three words.\n{ALWAYS}"
    [turn] = shown(str(chosen.conversation_id).partition("-")[0], SECONDS, ALICE, choosing.parts).shown
    assert turn.model == "thorough"


@pytest.fixture(scope="module")
def mixing(shelf: Shop) -> Shop:
    """The same index, with hybrid search."""
    settings = shelf.parts.settings.model_copy(update={"retrieval": Retrieval(hybrid=Hybrid())})
    return replace(shelf, parts=assembled(settings, RoleHeaders()))


def test_words_and_meaning_are_mixed_and_the_similarity_stays_that_of_the_vector(shelf: Shop, mixing: Shop) -> None:
    plain = {source.id: source.score for source in shelf.ask(ASKED).sources}
    sources = mixing.ask(ASKED).sources
    assert [source.id for source in sources] == ["boston", "paris"]
    assert {source.id: source.similarity for source in sources} == pytest.approx(plain)
    assert sources[0].score == pytest.approx(1)
    assert [source.id for source in mixing.ask("Seine", filters={"document": "boston"}).sources] in ([], ["boston"])


def test_the_best_of_a_mixture_is_refused_when_it_is_far_from_the_question(mixing: Shop) -> None:
    before = len(mixing.chat.bodies)
    assert mixing.ask("xylophone zebra quantum in the entanglement").answer == NOT_IN_DOCUMENTS
    assert len(mixing.chat.bodies) == before


def test_filters(shelf: Shop) -> None:
    sources = shelf.ask("Paris and Boston", filters={"document": "paris"}).sources
    assert [source.document for source in sources] == ["paris"]
    sources = shelf.ask("Paris and Boston", filters={"title": "city of boston"}).sources
    assert [source.document for source in sources] == ["boston"]


def test_a_conversation_goes_from_the_oldest_turn_to_the_newest_and_is_its_callers_alone(shelf: Shop) -> None:
    questions = ["Which river flows through Paris?", "What is Paris the capital of?", "Where does Boston lie?"]
    conversation = shelf.ask(questions[0]).conversation_id
    for question in questions[1:]:
        shelf.ask(question, conversation_id=conversation)
    assert [text for role, text in shelf.messages() if role == "user" and text.endswith("?")] == [
        *questions[:2],
        f"QUESTION: {questions[2]}",
    ]
    with pytest.raises(Absent):
        shelf.ask("And in Paris?", caller=BOB, conversation_id=conversation)


def test_storing_again_leaves_neither_doubles_nor_a_surplus(shelf: Shop) -> None:
    long = " ".join(f"Sentence number {number} tells of the lighthouse." for number in range(20))
    for text, passages in ((long, 5), ("One lighthouse.", 1), (long, 5)):
        [result] = shelf.store(("lighthouse", text)).documents
        assert (result.status, result.passages) == ("stored", passages)
        until("the refresh", lambda: passages_of(shelf, "lighthouse"), passages.__eq__)
    assert delete("lighthouse", SECONDS, OPERATOR, shelf.parts).passages == 5
    until("the refresh", lambda: set(documents(shelf)), lambda ids: "lighthouse" not in ids)


@dataclass
class Delay:
    """An index that shows new documents only after `refresh`; a collection shows them after seconds or a minute."""

    shop: Shop

    def refresh(self) -> None:
        self._send("POST", "_refresh")

    def passages(self, document: str) -> int:
        """The number of passages of a document that the index shows, of all its versions."""
        count: int = self._send("POST", "_count", {"query": {"term": {"document": document}}})["count"]
        return count

    def write(self, text: str, **fields: Any) -> None:
        """Store one passage with the vector of its text, without the assistant."""
        [vector] = embedding(self.shop.parts.settings).of_texts([text], Budget(SECONDS))
        self._send("POST", "_doc", {"text": text, "embedding": vector, **fields})

    def interval(self, value: str | None) -> None:
        self._send("PUT", "_settings", {"index": {"refresh_interval": value}})

    def _send(self, method: str, action: str, body: Any = None) -> Any:
        engine = self.shop.engine
        return engine.send(method, engine.in_index(action), body, Budget(SECONDS))


@pytest.fixture
def delay(shelf: Shop) -> Iterator[Delay]:
    """An index that is not refreshed during the test; afterwards the document `report` is removed."""
    delay = Delay(shelf)
    delay.interval("-1")
    yield delay
    delay.refresh()
    shelf.parts.search.remove("report", Budget(SECONDS))
    delay.refresh()
    delay.interval(None)


LONG = " ".join(f"Sentence number {number} of the long report tells of a windmill." for number in range(20))
SHORT = "The report is short now and tells of a windmill."
WINDMILL = "What does the report tell of the windmill?"
ONLY = {"document": "report"}


def test_a_version_stored_before_the_last_one_shows_is_superseded_and_goes(shelf: Shop, delay: Delay) -> None:
    for text in (LONG, SHORT):
        assert shelf.store(("report", text, f"Title {len(text)}")).stored == 1
    assert "report" not in documents(shelf)
    delay.refresh()
    left = delay.passages("report")
    assert left > 2
    assert [source.text for source in shelf.ask(WINDMILL, filters=ONLY).sources] == [SHORT]
    assert delay.passages("report") == left
    listed_now = documents(shelf)["report"]
    assert (listed_now.passages, listed_now.title) == (1, f"Title {len(SHORT)}")
    delay.refresh()
    assert delay.passages("report") == 1


def test_an_older_version_takes_nobodys_place_among_the_nearest(shelf: Shop, delay: Delay) -> None:
    for text in (LONG, SHORT):
        shelf.store(("report", text))
    delay.refresh()
    sources = shelf.ask("windmill sentence of the long report", top_k=3).sources
    assert sources[0].text == SHORT
    assert {source.document for source in sources} == {"report", "boston", "paris"}


def test_the_next_store_removes_every_older_version_that_shows(shelf: Shop, delay: Delay) -> None:
    for text in (LONG, SHORT, LONG):
        shelf.store(("report", text))
    delay.refresh()
    shelf.store(("report", SHORT))
    delay.refresh()
    assert delay.passages("report") == 1


def test_a_removal_deletes_every_version_and_counts_the_current_one(shelf: Shop, delay: Delay) -> None:
    for text in (LONG, SHORT):
        shelf.store(("report", text))
    delay.refresh()
    assert delete("report", SECONDS, OPERATOR, shelf.parts).passages == 1
    with pytest.raises(Absent):
        delete("report", SECONDS, OPERATOR, shelf.parts)
    delay.refresh()
    assert delay.passages("report") == 0


def test_of_concurrent_stores_the_newest_stays(shelf: Shop, delay: Delay) -> None:
    texts = [f"Report number {number} tells of the windmill." for number in range(4)]
    with ThreadPoolExecutor(4) as pool:
        stored = list(pool.map(lambda text: shelf.store(("report", text)).stored, texts))
    assert stored == [1] * 4
    delay.refresh()
    assert documents(shelf)["report"].passages == 1
    delay.refresh()
    assert delay.passages("report") == 1
    [shown] = shelf.ask(WINDMILL, filters=ONLY).sources
    assert shown.text in texts


def test_a_version_in_part_supersedes_nothing_until_it_is_whole(shelf: Shop, delay: Delay) -> None:
    shelf.store(("report", SHORT))
    later = {"document": "report", "stored": time.time_ns(), "passages": 2}
    delay.write("The first half tells of a windmill.", id="report#1", **later)
    delay.refresh()
    assert [source.text for source in shelf.ask(WINDMILL, filters=ONLY).sources] == [SHORT]
    assert documents(shelf)["report"].passages == 1
    delay.write("The second half tells of a windmill, too.", id="report#2", **later)
    delay.refresh()
    assert {source.id for source in shelf.ask(WINDMILL, filters=ONLY).sources} == {"report#1", "report#2"}
    assert documents(shelf)["report"].passages == 2
    delay.refresh()
    assert delay.passages("report") == 2


def test_what_was_written_without_a_version_is_older_than_all_others(shelf: Shop, delay: Delay) -> None:
    delay.write("The oldest report tells of a windmill.", id="report", document="report")
    delay.refresh()
    assert shelf.ask(WINDMILL, filters=ONLY).sources[0].text == "The oldest report tells of a windmill."
    assert documents(shelf)["report"].passages == 1
    shelf.store(("report", SHORT))
    delay.refresh()
    assert [source.text for source in shelf.ask(WINDMILL, filters=ONLY).sources] == [SHORT]
    assert delay.passages("report") == 1


def test_a_throttled_embedding_keeps_the_document_as_it_was(shelf: Shop, two_tries: None) -> None:
    with shelf.fault("sagemaker", throttle=1.0):
        stored = shelf.store(("boston", "Something else."), ("new", "Never stored."))
    assert [(document.status, document.passages) for document in stored.documents] == [("failed", 0)] * 2
    assert shelf.ask(ASKED).sources[0].text == BOSTON
    assert "new" not in documents(shelf)


class Picky:
    """An embedding model that refuses texts with a certain word; the local one takes every text."""

    def __init__(self, inner: Embedding) -> None:
        self._inner = inner

    def of_question(self, question: str, budget: Budget) -> Vectors:
        return self._inner.of_question(question, budget)

    def of_texts(self, texts: Sequence[str], budget: Budget) -> Vectors:
        if any("unspeakable" in text for text in texts):
            raise Broken("The embedding model rejected this.")
        return self._inner.of_texts(texts, budget)


def test_a_document_that_fails_in_part_stays_as_it_was_and_the_others_are_stored(shelf: Shop) -> None:
    search = CollectionSearch(shelf.engine, Picky(embedding(shelf.parts.settings)))
    shelf = replace(shelf, parts=replace(shelf.parts, search=search))
    long = " ".join(f"Sentence number {number} tells of the lighthouse." for number in range(20))
    stored = shelf.store(("boston", f"{long} This is unspeakable."), ("tower", "A tower."))
    assert [(document.id, document.status) for document in stored.documents] == [
        ("boston", "failed"),
        ("tower", "stored"),
    ]
    assert "1 of 5 passages could not be stored, so none is stored. The emb" in str(stored.documents[0].message)
    until("the refresh", lambda: set(documents(shelf)), {"tower"}.issubset)
    assert documents(shelf)["boston"].passages == 1
    assert shelf.ask(ASKED).sources[0].text == BOSTON
    delete("tower", SECONDS, OPERATOR, shelf.parts)


@pytest.mark.parametrize(
    ("provider", "fault", "failure"),
    [
        ("deepseek", {"throttle": 1.0}, Throttled),
        ("deepseek", {"fail": 1.0, "fail_status": 503}, Unavailable),
        ("sagemaker", {"throttle": 1.0}, Throttled),
        ("sagemaker", {"fail": 1.0, "fail_status": 503}, Unavailable),
    ],
)
def test_faults_of_models(
    shelf: Shop, two_tries: None, provider: str, fault: dict[str, float], failure: type[RagFailure]
) -> None:
    with shelf.fault(provider, **fault), pytest.raises(failure) as raised:
        shelf.ask(ASKED)
    assert (raised.value.retry_after or 0) >= 1
