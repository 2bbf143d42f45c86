"""The permissions of the assistant's functions suffice on a real engine, and allow nothing else."""

import os
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

import pytest

from mlcommons import Client, HttpTransport, Patience
from opensearch_ml.resources.feedback_index import FeedbackIndex
from rag import history, rating
from rag.budget import Budget
from rag.caller import OPERATOR, Caller
from rag.conversations import MOST_TURNS, Conversation
from rag.documents import delete, listed
from rag.failures import Absent, AssistantRefused
from rag.feedback_models import FeedbackIn
from rag.health import health
from rag.parts import assembled
from rag.prompt import Turn
from rag.search import Page
from settings.runtime_settings import ConversationIndexSettings, FeedbackSettings
from stacks.assistant_needs import NEEDS, EngineNeed
from tests.contract import assistant_engine, kinds_engine
from tests.contract.assistant_engine import BOB, SECONDS, Shop
from tests.contract.kinds_engine import WHOLE_TEST, RoleHeaders
from tests.waiting import until

engine_transport, models = kinds_engine.engine_transport, assistant_engine.models
shop, shelf = assistant_engine.shop, assistant_engine.shelf
FEEDBACK = f"access-{uuid.uuid4().hex[:8]}-feedback"
LONG = " ".join(f"Sentence number {number} tells of the lighthouse." for number in range(20))


@pytest.fixture(scope="module")
def functions(shop: Shop) -> Iterator[dict[str, Shop]]:
    """The assistant as each of its functions, with the role of only that function; the search pipeline answers."""
    needs = {**NEEDS, "ask": NEEDS["ask"].with_memory()}
    with roles(needs, shop.parts.settings.index.name) as named:
        yield {
            part: replace(shop, parts=assembled(shop.parts.settings, RoleHeaders(role))) for part, role in named.items()
        }


@pytest.fixture(scope="module")
def streaming(shop: Shop, shelf: Shop) -> Iterator[Shop]:
    """The function `ask` that calls the answer model itself, with the shop's index and the shelf's conversations."""
    settings = shop.parts.settings.model_copy(
        update={"answer": shelf.parts.settings.answer, "conversations": shelf.parts.settings.conversations}
    )
    assert isinstance(settings.conversations, ConversationIndexSettings)
    with roles({"ask": NEEDS["ask"]}, settings.index.name, settings.conversations.name) as named:
        yield replace(shop, parts=assembled(settings, RoleHeaders(named["ask"])))


@pytest.fixture(scope="module")
def parts_of_texts(shop: Shop, shelf: Shop) -> Iterator[dict[str, Shop]]:
    """Both functions, with conversations in an index, and feedback with texts in another one."""
    feedback = FeedbackSettings(keep="texts", days=9, kind="index", name=FEEDBACK)
    settings = shop.parts.settings.model_copy(
        update={
            "answer": shelf.parts.settings.answer,
            "conversations": shelf.parts.settings.conversations,
            "feedback": feedback,
        }
    )
    assert isinstance(settings.conversations, ConversationIndexSettings)
    engine = shelf.engine
    engine.send("PUT", f"/{FEEDBACK}", FeedbackIndex.body(0), Budget(SECONDS))
    needs = {part: NEEDS[part].with_feedback(part, texts=True) for part in ("ask", "documents")}
    with roles(needs, settings.index.name, settings.conversations.name) as named:
        yield {part: replace(shop, parts=assembled(settings, RoleHeaders(role))) for part, role in named.items()}
    engine.send("DELETE", f"/{FEEDBACK}", None, Budget(SECONDS))


def both(seen: Sequence[object]) -> bool:
    return len(seen) == 2


def test_documents_may_list_conversations_and_feedback_and_ask_may_not(
    parts_of_texts: dict[str, Shop],
) -> None:
    ask, documents = parts_of_texts["ask"], parts_of_texts["documents"].parts
    parts_of_texts["documents"].store(("boston", "In 2023, 4,327,000 people lived in Boston."))
    person = Caller(f"person-{uuid.uuid4().hex}")
    id = str(ask.ask("How many people lived in Boston in 2023?", person).conversation_id)
    ask.ask("Who is the lion in Narnia?", person)
    until("both conversations", lambda: history.listed(9, None, None, SECONDS, person, documents).conversations, both)
    assert history.shown(id, SECONDS, person, documents).shown[0].sources
    history.renamed(id, "Boston", SECONDS, person, documents)
    rating.rate(id, FeedbackIn(rating="up", comment="Good."), SECONDS, person, documents)
    until("both texts", lambda: rating.listed(9, None, SECONDS, documents).feedback, both)
    rating.withdraw(id, SECONDS, person, documents)
    history.removed(id, SECONDS, person, documents)
    delete("boston", SECONDS, OPERATOR, documents)
    for refused in (
        lambda: history.listed(9, None, None, SECONDS, person, ask.parts),
        lambda: rating.listed(9, None, SECONDS, ask.parts),
    ):
        with pytest.raises(AssistantRefused):
            refused()


@contextmanager
def roles(needs: Mapping[str, EngineNeed], index: str, conversations: str = "") -> Iterator[dict[str, str]]:
    """Make roles with only these permissions, each mapped to one new ARN; yields the ARNs by function."""
    url, ca, *admin = (os.environ[f"OSML_TEST_{name}"] for name in ("ENGINE_URL", "CA", "ADMIN_CERT", "ADMIN_KEY"))
    client = Client(HttpTransport(url, verify=ca, cert=(admin[0], admin[1])), Patience(WHOLE_TEST))
    names = {part: f"{part}-{uuid.uuid4().hex[:8]}" for part in needs}
    for part, name in names.items():
        granted = [
            (index, needs[part].index),
            (conversations, needs[part].conversations),
            (FEEDBACK, needs[part].feedback),
        ]
        role = {
            "cluster_permissions": [*needs[part].cluster],
            "index_permissions": [
                {"index_patterns": [pattern], "allowed_actions": [*actions]}
                for pattern, actions in granted
                if pattern and actions
            ],
        }
        client.put(f"/_plugins/_security/api/roles/{name}", role)
        client.put(f"/_plugins/_security/api/rolesmapping/{name}", {"backend_roles": [f"arn:{name}"]})
    yield {part: f"arn:{name}" for part, name in names.items()}
    for name in names.values():
        client.delete(f"/_plugins/_security/api/rolesmapping/{name}")
        client.delete(f"/_plugins/_security/api/roles/{name}")


def test_documents_may_be_stored_replaced_listed_and_removed(functions: dict[str, Shop]) -> None:
    documents = functions["documents"]
    for text, passages in ((LONG, 5), ("One lighthouse.", 1)):
        assert [(document.status, document.passages) for document in documents.store(("a", text)).documents] == [
            ("stored", passages)
        ]
    assert [document.id for document in listed(Page(10), SECONDS, OPERATOR, documents.parts).documents] == ["a"]
    assert health(SECONDS, documents.parts).status == "ok"
    assert delete("a", SECONDS, OPERATOR, documents.parts).passages == 1


def test_questions_may_be_asked_and_nothing_stored(functions: dict[str, Shop]) -> None:
    functions["documents"].store(("boston", "In 2023, 4,327,000 people lived in Boston."))
    ask = functions["ask"]
    first = ask.ask("How many people lived in Boston in 2023?")
    assert "4,327,000" in str(first.answer)
    assert ask.ask("And who lived in Boston?", conversation_id=first.conversation_id).grounded
    assert ask.store(("a", "A.")).failed == 1
    with pytest.raises(AssistantRefused):
        delete("boston", SECONDS, OPERATOR, ask.parts)


def test_conversations_may_be_kept_in_their_index_and_continued_by_their_caller(
    functions: dict[str, Shop], streaming: Shop
) -> None:
    functions["documents"].store(("boston", "In 2023, 4,327,000 people lived in Boston."))
    id = None
    for number in range(1, MOST_TURNS + 3):
        answer = streaming.ask("How many people lived in Boston in 2023?", conversation_id=id)
        assert "4,327,000" in str(answer.answer)
        id = str(answer.conversation_id)
        assert id.endswith(f"-{number}")
    with pytest.raises(Absent, match="no such conversation"):
        streaming.ask("And before?", caller=BOB, conversation_id=id)


def test_questions_at_once_lose_no_turn_of_a_conversation(streaming: Shop) -> None:
    kept = streaming.parts.conversations
    kept.begin("busy", "alice", "q", None, Budget(SECONDS))
    before = kept.read("busy", "alice", Budget(SECONDS))
    for number in (0, 1, 2, 2):  # the last one repeats a write whose answer was lost
        kept.keep(before, "alice", Turn(f"q{number}", ""), Budget(SECONDS))
    assert kept.read("busy", "alice", Budget(SECONDS)) == Conversation(
        "busy", 3, [Turn(f"q{n}", "") for n in range(3)], "q"
    )
    with pytest.raises(Absent):
        kept.read("nowhere", "alice", Budget(SECONDS))
