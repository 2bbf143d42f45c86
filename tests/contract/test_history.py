"""The conversations of people, in the index of a domain and in the table of a collection."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from opensearch_ml.assistant.conversation_table import CALLERS
from rag import history
from rag.budget import Budget
from rag.caller import Caller
from rag.conversation_models import ConversationList, ConversationShown
from rag.conversations import Conversations
from rag.conversations.index import ConversationsInIndex
from rag.conversations.table import ConversationsInTable
from rag.failures import Absent, Invalid
from rag.prompt import Turn
from settings.runtime_settings import ConversationIndexSettings, Table
from tests.contract import assistant_engine, kinds_engine, test_assistant_table
from tests.contract.assistant_engine import ALICE, BOB, SECONDS, Shop
from tests.contract.cloud_process import running

engine_transport, models, shelf = kinds_engine.engine_transport, assistant_engine.models, assistant_engine.shelf
QUESTION = "How high is the lighthouse?"


@pytest.fixture(scope="module", params=["index", "table"])
def kept(request: pytest.FixtureRequest, shelf: Shop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """The shelf with its conversations in an index, or in a table."""
    shelf.store(("tower", "The lighthouse is 41 metres high."), ("ferry", "The ferry leaves at nine."))
    shelf.store(("pay", "The lighthouse keeper earns 4,100 euros."), groups=["hr"])
    engine = shelf.engine
    engine.send("POST", engine.in_index("_refresh"), None, Budget(SECONDS))
    if request.param == "index":
        yield shelf
        return
    with running(tmp_path_factory.mktemp("cloud")) as cloud, pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL_DYNAMODB", cloud.gateway)
        patch.setenv("AWS_CA_BUNDLE", str(cloud.bundle))
        name = test_assistant_table.new_table(cloud)
        chosen = Table(kind="table", table=name, callers=CALLERS, days=30)
        settings = shelf.parts.settings.model_copy(update={"conversations": chosen})
        store = ConversationsInTable(chosen, settings.timeouts)
        yield replace(shelf, parts=replace(shelf.parts, settings=settings, conversations=store))


def page_of(
    kept: Shop, caller: Caller, search: str | None = None, size: int = 50, after: str | None = None
) -> ConversationList:
    """A page of the list, after a refresh: an index shows new conversations only after up to a second."""
    settings = kept.parts.settings.conversations
    if isinstance(settings, ConversationIndexSettings):
        engine = kept.engine
        engine.send("POST", f"/{settings.name}/_refresh", None, Budget(SECONDS))
    return history.listed(size, after, search, SECONDS, caller, kept.parts)


def titles(kept: Shop, caller: Caller, search: str | None = None) -> list[str]:
    return [conversation.title for conversation in page_of(kept, caller, search).conversations]


def seen(kept: Shop, id: str, caller: Caller) -> ConversationShown:
    return history.shown(id, SECONDS, caller, kept.parts)


def by(kept: Shop, name: str, groups: frozenset[str] | None = frozenset()) -> Caller:
    """A caller whom no other test uses, for each store."""
    return Caller(f"{name} {type(kept.parts.conversations).__name__}", "reader", groups)


def test_a_person_lists_opens_renames_and_removes_their_conversations(kept: Shop) -> None:
    ada = by(kept, "ada")
    first = kept.ask(QUESTION, ada)
    kept.ask("And when does the ferry leave?", ada, conversation_id=first.conversation_id)
    other = kept.ask("When does the ferry leave?", ada)
    page = page_of(kept, ada)
    assert {conversation.title: conversation.turns for conversation in page.conversations} == {
        QUESTION: 2,
        "When does the ferry leave?": 1,
    }
    (id,) = [conversation.id for conversation in page.conversations if conversation.title == QUESTION]
    opened = seen(kept, id, ada)
    assert [turn.question for turn in opened.shown] == [QUESTION, "And when does the ferry leave?"]
    assert opened.shown[0].answer == first.answer
    assert opened.shown[0].model == first.model is not None
    assert opened.shown[0].sources == first.sources
    assert opened.shown[0].sources[0].used
    assert history.renamed(id, "The tower", SECONDS, ada, kept.parts).title == "The tower"
    kept.ask("How high?", ada, conversation_id=id)
    assert seen(kept, id, ada).title == "The tower"
    assert history.removed(str(other.conversation_id), SECONDS, ada, kept.parts).id == other.conversation_id
    assert titles(kept, ada) == ["The tower"]
    kept.ask("Who is the lion in Narnia?", ada, conversation_id=id)
    last = seen(kept, id, ada).shown[-1]
    assert (last.number, last.grounded, last.sources, last.missing) == (4, False, [], 0)
    with pytest.raises(Absent):
        seen(kept, str(other.conversation_id), ada)


def test_nobody_sees_changes_or_finds_the_conversation_of_somebody_else(kept: Shop) -> None:
    ada, bob = by(kept, "ada 2"), by(kept, "bob", None)
    id = str(kept.ask(QUESTION, ada).conversation_id)
    assert titles(kept, ada) == [QUESTION]
    for search in (None, "lighthouse"):
        assert titles(kept, bob, search=search) == []
    for forbidden in (
        lambda: history.shown(id, SECONDS, bob, kept.parts),
        lambda: history.renamed(id, "Mine", SECONDS, bob, kept.parts),
        lambda: history.removed(id, SECONDS, bob, kept.parts),
    ):
        with pytest.raises(Absent, match="no such conversation"):
            forbidden()
    assert seen(kept, id, ada).title == QUESTION


def test_sources_are_those_that_their_reader_may_see_today(kept: Shop) -> None:
    helen = by(kept, "helen", frozenset(["hr"]))
    id = str(kept.ask("What does the lighthouse keeper earn?", helen).conversation_id)
    whole = seen(kept, id, helen).shown[0]
    numbers = dict(zip((source.id for source in whole.sources), whole.numbers, strict=True))
    assert [*numbers.values()] == [*range(1, len(numbers) + 1)]
    assert "pay" in numbers
    without = seen(kept, id, replace(helen, groups=frozenset())).shown[0]
    assert without.sources
    # The answer's numbers stay those of their sources.
    assert without.numbers == [numbers[source.id] for source in without.sources]
    assert "pay" not in [source.id for source in without.sources]


def test_a_search_finds_all_its_words_in_titles_and_questions(kept: Shop) -> None:
    ada = by(kept, "ada 3")
    id = kept.ask(QUESTION, ada).conversation_id
    kept.ask("When does the FERRY leave?", ada, conversation_id=id)
    kept.ask("Who paints the harbour?", ada)
    for words, expected in {
        "ferry": [QUESTION],
        "FERRY lighthouse": [QUESTION],
        "harb": ["Who paints the harbour?"],
        "ferry harbour": [],
        "41 metres": [],  # words of an answer
        "*": [],
    }.items():
        assert titles(kept, ada, search=words) == expected, words


def at(kept: Shop, moment: float) -> Conversations:
    """The conversations at another time."""
    settings = kept.parts.settings
    if isinstance(settings.conversations, Table):
        return ConversationsInTable(settings.conversations, settings.timeouts, lambda: moment)
    assert isinstance(settings.conversations, ConversationIndexSettings)
    return ConversationsInIndex(kept.engine, settings.conversations.name, lambda: moment)


def test_conversations_are_listed_newest_first_page_by_page(kept: Shop) -> None:
    ada = by(kept, "ada 4")
    for number in range(5):
        store, turn = at(kept, 1_900_000_000.0 + number), Turn(f"Question {number}?", "a")
        store.begin(f"page{number}{type(store).__name__}", ada.id, turn.question, turn, Budget(SECONDS))
    pages, after = list[list[str]](), None
    while True:
        page = page_of(kept, ada, size=2, after=after)
        pages.append([conversation.title for conversation in page.conversations])
        after = page.after
        if after is None or len(pages) > 5:
            break
    assert [title for titles in pages for title in titles] == [f"Question {number}?" for number in (4, 3, 2, 1, 0)]
    assert all(len(titles) <= 2 for titles in pages)


@pytest.mark.parametrize("cursor", ["x", "99999", "é", "LTEw"])
def test_a_cursor_that_is_none_is_refused(kept: Shop, cursor: str) -> None:
    with pytest.raises(Invalid, match=r"not a cursor|ends after"):
        page_of(kept, ALICE, after=cursor)


def test_a_conversation_of_an_earlier_version_in_the_index_is_listed_found_and_goes_on(shelf: Shop) -> None:
    from rag.conversations import mark_of

    settings = shelf.parts.settings.conversations
    turn = {"question": "How high is the old one?", "answer": "Ten metres."}
    document = {"caller": mark_of("otto"), "changed": 1_700_000_000, "number": 1, "turns": [turn]}
    engine = shelf.engine
    path = f"/{settings.name}/_doc/old"  # type: ignore[union-attr]
    old = {"version": "2", "version_type": "external", "refresh": "true"}
    engine.send("POST", path, document, Budget(SECONDS), query=old)
    otto = Caller("otto")
    assert titles(shelf, otto) == titles(shelf, otto, search="OLD one") == ["How high is the old one?"]
    assert titles(shelf, otto, search="young") == []
    assert seen(shelf, "old", otto).shown[0].answer == "Ten metres."
    again = shelf.ask(QUESTION, otto, conversation_id="old")
    assert again.conversation_id == "old-2"
    assert [turn.question for turn in seen(shelf, "old", otto).shown] == ["How high is the old one?", QUESTION]
    history.renamed("old", "Older", SECONDS, otto, shelf.parts)
    assert titles(shelf, otto, search="older") == ["Older"]


def test_a_conversation_that_is_removed_while_its_answer_comes_stays_removed(kept: Shop) -> None:
    store = kept.parts.conversations
    key = f"gone{type(store).__name__}"
    store.begin(key, BOB.id, "q", Turn("q", "a"), Budget(SECONDS))
    before = store.read(key, BOB.id, Budget(SECONDS))
    history.removed(key, SECONDS, BOB, kept.parts)
    with pytest.raises(Absent):
        store.keep(before, BOB.id, Turn("q2", "a2"), Budget(SECONDS))
    with pytest.raises(Absent):
        store.read(key, BOB.id, Budget(SECONDS))
