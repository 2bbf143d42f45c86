"""Links to conversations, in the index of a domain and in the table of a collection."""

from collections.abc import Callable
from dataclasses import replace
from time import time

import pytest

from rag import history, sharing
from rag.budget import Budget
from rag.caller import Caller
from rag.conversations.shares_in_index import SharesInIndex
from rag.conversations.shares_in_table import SharesInTable
from rag.failures import Absent, Forbidden, Invalid, RagFailure
from rag.prompt import Turn
from rag.sharing_models import Link, LinkWanted, SharedConversation
from settings.runtime_settings import Table
from tests.contract import assistant_engine, kinds_engine, test_history
from tests.contract.assistant_engine import SECONDS, Shop
from tests.contract.test_history import QUESTION, by

engine_transport, models, shelf = kinds_engine.engine_transport, assistant_engine.models, assistant_engine.shelf
kept = test_history.kept
PAY = "What does the lighthouse keeper earn?"
DAY = 86_400
OWNER = Caller("olga", "owner", None)


@pytest.fixture
def shop(kept: Shop) -> Shop:
    """The shelf, which allows links for up to 30 days."""
    return sharing_at(kept, time)


def sharing_at(kept: Shop, clock: Callable[[], float]) -> Shop:
    settings = kept.parts.settings.model_copy(update={"sharing": 30})
    chosen = settings.conversations
    if isinstance(chosen, Table):
        store: SharesInIndex | SharesInTable = SharesInTable(chosen, settings.timeouts, clock)
    else:
        store = SharesInIndex(kept.engine, chosen.name, clock)  # type: ignore[union-attr]
    return replace(kept, parts=replace(kept.parts, settings=settings, shares=store))


def link(shop: Shop, caller: Caller, id: str | None, **more: object) -> Link:
    wanted = LinkWanted.model_validate({"conversation_id": id, **more})
    return sharing.share(wanted, SECONDS, caller, shop.parts)


def read(shop: Shop, link: Link, reader: Caller) -> SharedConversation:
    return sharing.shown(link.id, SECONDS, reader, shop.parts)


def links(shop: Shop, caller: Caller, *, everybody: bool = False) -> list[str]:
    ids, after = list[str](), None
    while True:
        page = sharing.listed(2, after, everybody, SECONDS, caller, shop.parts)
        ids += [each.id for each in page.links]
        after = page.after
        if after is None:
            return ids


def test_a_link_shows_the_conversation_as_it_was_to_whoever_sees_all_its_sources(shop: Shop) -> None:
    ada, bob = replace(by(shop, "ada 10"), name="ada@example.com"), by(shop, "bob 10")
    first = shop.ask(QUESTION, ada)
    made = link(shop, ada, first.conversation_id, days=3)
    assert (made.title, made.turns, made.by, made.own, (made.until - made.made).days) == (
        QUESTION,
        1,
        ada.name,
        True,
        3,
    )
    shop.ask("When does the ferry leave?", ada, conversation_id=first.conversation_id)
    opened = read(shop, made, bob)
    assert [(turn.question, turn.answer) for turn in opened.shown] == [(QUESTION, first.answer)]
    assert opened.shown[0].sources == first.sources
    assert (opened.by, opened.own, opened.withheld, opened.id) == (ada.name, False, 0, made.id)
    with pytest.raises(Absent):
        history.shown(str(first.conversation_id), SECONDS, bob, shop.parts)
    for id in (made.id, f"shared-{made.id}"):
        with pytest.raises(Absent):
            shop.ask("And when?", bob, conversation_id=id)
        with pytest.raises(Absent):
            history.removed(id, SECONDS, bob, shop.parts)


def test_turns_are_shown_up_to_the_first_that_has_a_source_of_others(shop: Shop) -> None:
    helen, bob = by(shop, "helen 10", frozenset(["hr"])), by(shop, "bob 11")
    id = shop.ask("When does the ferry leave?", replace(helen, groups=frozenset())).conversation_id
    for question in (PAY, "When does the ferry leave?"):
        id = shop.ask(question, helen, conversation_id=id).conversation_id
    made = link(shop, helen, id)
    assert [turn.number for turn in read(shop, made, by(shop, "hugo", frozenset(["hr"]))).shown] == [1, 2, 3]
    assert [turn.number for turn in read(shop, made, OWNER).shown] == [1, 2, 3]
    opened = read(shop, made, bob)
    assert ([turn.number for turn in opened.shown], opened.withheld) == ([1], 2)
    assert "4,100" not in opened.model_dump_json()
    alone = link(shop, helen, shop.ask(PAY, helen).conversation_id)
    with pytest.raises(Forbidden, match="documents that you may not see"):
        read(shop, alone, bob)


def test_an_answer_is_not_shown_when_its_passage_reads_otherwise_today(shop: Shop) -> None:
    ada, bob = by(shop, "ada 12"), by(shop, "bob 12")
    key = f"plan{type(shop.parts.shares).__name__}"
    shop.store((key, "The old plan says that the harbour closes in May."), groups=["hr"])
    _refresh(shop)
    made = link(shop, ada, shop.ask("When does the harbour close?", replace(ada, groups=None)).conversation_id)
    shop.store((key, "The harbour has a plan."))
    _refresh(shop)
    with pytest.raises(Forbidden, match="have changed since"):
        read(shop, made, bob)


def test_a_turn_of_an_earlier_version_is_not_shown(shop: Shop) -> None:
    ada = by(shop, "ada 13")
    key = f"before{type(shop.parts.shares).__name__}"
    shop.parts.conversations.begin(key, ada.id, "q", Turn("q", "4,100 euros"), Budget(SECONDS))
    with pytest.raises(Forbidden):
        read(shop, link(shop, ada, key), OWNER)


def test_links_are_listed_and_ended_by_who_shares_and_by_owners(shop: Shop) -> None:
    ada, bob = by(shop, "ada 14"), by(shop, "bob 14")
    id = shop.ask(QUESTION, ada).conversation_id
    oldest, two, three = (link(shop, ada, id, days=days) for days in (3, 2, 1))
    other = link(shop, bob, shop.ask(QUESTION, bob).conversation_id)
    assert links(shop, ada) == [oldest.id, two.id, three.id]
    assert links(shop, bob) == [other.id]
    assert {oldest.id, other.id} <= set(links(shop, OWNER, everybody=True))
    assert links(shop, OWNER) == []
    with pytest.raises(Forbidden, match="Only owners"):
        links(shop, ada, everybody=True)
    with pytest.raises(Absent):
        sharing.ended(oldest.id, SECONDS, bob, shop.parts)
    assert sharing.ended(oldest.id, SECONDS, ada, shop.parts).id == oldest.id
    assert sharing.ended(other.id, SECONDS, OWNER, shop.parts).id == other.id
    assert (links(shop, ada), links(shop, bob)) == ([two.id, three.id], [])
    for gone in (oldest, other):
        with pytest.raises(Absent, match="cannot open this link"):
            read(shop, gone, ada)
    assert read(shop, two, bob).shown


def test_a_link_ends_with_its_conversation_and_with_its_days(shop: Shop) -> None:
    ada = by(shop, "ada 15")
    id = shop.ask(QUESTION, ada).conversation_id
    made, over = link(shop, ada, id), link(shop, ada, id, days=1)
    later = sharing_at(shop, lambda: over.until.timestamp() + 1)
    assert links(later, ada) == [made.id]
    with pytest.raises(Absent):
        read(later, over, ada)
    assert read(later, made, ada).shown
    history.removed(str(id), SECONDS, ada, shop.parts)
    assert links(shop, ada) == []
    with pytest.raises(Absent, match="cannot open this link"):
        read(shop, made, ada)


def test_a_link_for_a_group_is_for_its_members(shop: Shop) -> None:
    ada, eve = by(shop, "ada 16", frozenset(["it"])), by(shop, "eve 16", frozenset(["sales"]))
    made = link(shop, ada, shop.ask(QUESTION, ada).conversation_id, groups=["it"])
    assert made.groups == ["it"]
    for reader in (by(shop, "ivan", frozenset(["it"])), replace(ada, groups=frozenset()), OWNER):
        assert read(shop, made, reader).shown
    with pytest.raises(Absent, match="cannot open this link"):
        read(shop, made, eve)


REFUSED: dict[str, tuple[type[RagFailure], str, Callable[[Shop, Caller, str], object]]] = {
    "for a key that may be several people": (
        Forbidden,
        "Only people with their own sign-in",
        lambda shop, ada, id: link(shop, replace(ada, shared=True), id),
    ),
    "read with a key": (
        Forbidden,
        "Only people with their own sign-in",
        lambda shop, ada, id: read(shop, link(shop, ada, id), Caller("key", "owner", None, shared=True)),
    ),
    "of somebody else": (Absent, "no such conversation", lambda shop, ada, id: link(shop, OWNER, id)),
    "for too long": (Invalid, "at most 30 days", lambda shop, ada, id: link(shop, ada, id, days=31)),
    "for a strange group": (Forbidden, "not in the group", lambda shop, ada, id: link(shop, ada, id, groups=["hr"])),
    "where nothing is shared": (
        Absent,
        "assistant.sharing",
        lambda shop, ada, id: link(
            replace(
                shop,
                parts=replace(shop.parts, settings=shop.parts.settings.model_copy(update={"sharing": None})),
            ),
            ada,
            id,
        ),
    ),
    "whose cursor is none": (
        Invalid,
        "not a cursor",
        lambda shop, ada, id: sharing.listed(2, "x", False, SECONDS, ada, shop.parts),
    ),
}


@pytest.mark.parametrize("why", REFUSED)
def test_a_link_is_refused(shop: Shop, why: str) -> None:
    ada = by(shop, f"ada {why}")
    failure, words, ask_for = REFUSED[why]
    id = str(shop.ask(QUESTION, ada).conversation_id)
    with pytest.raises(failure, match=words):
        ask_for(shop, ada, id)


def test_a_conversation_whose_beginning_is_gone_is_not_shared(shop: Shop) -> None:
    ada, store = by(shop, "ada 17"), shop.parts.conversations
    key = f"long{type(shop.parts.shares).__name__}"
    store.begin(key, ada.id, "q", Turn("q", "a"), Budget(SECONDS))
    for number in range(50):
        store.keep(store.read(key, ada.id, Budget(SECONDS)), ada.id, Turn(f"q{number}", "a"), Budget(SECONDS))
    with pytest.raises(Invalid, match="no longer stored"):
        link(shop, ada, key)


def _refresh(shop: Shop) -> None:
    shop.engine.send("POST", shop.engine.in_index("_refresh"), None, Budget(SECONDS))
