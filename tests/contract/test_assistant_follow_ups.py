"""A second question in a conversation, on a real engine: one that follows, and one about something else."""

from typing import Any

import pytest

from rag.budget import Budget
from rag.caller import OPERATOR
from rag.embedding import embedding
from rag.failures import Unavailable
from rag.match import is_near
from rag.search import Searching
from rag.search.collection import CollectionSearch
from rag.search.domain import DomainSearch
from rag.search.engine import IndexClient
from rag.search.query import texts
from settings.calibration import MINILM, FollowUpLimit, score
from settings.runtime_settings import RuntimeSettings
from tests.contract import assistant_engine, kinds_engine
from tests.contract.assistant_engine import SECONDS, Shop
from tests.contract.kinds_engine import RoleHeaders
from tests.waiting import until

engine_transport, models = kinds_engine.engine_transport, assistant_engine.models
shop, shelf = assistant_engine.shop, assistant_engine.shelf

LEAST = score(MINILM.least, "cosinesimil")
ONIONS = "Why do I cry when I chop onions?"
PASSAGE = "A cut onion sets a gas free that makes acid with the water of the eye. A sharp knife lets less of it go."
OTHERS = ("The radiator gurgles when there is air in it.", "Swifts sleep in the air and nest under roofs.")


class NoPredictions(IndexClient):
    """An engine whose models do not answer direct predictions."""

    def send(self, method: str, path: str, body: Any, budget: Budget, **options: Any) -> Any:
        if "/_predict/" in path:
            raise Unavailable("The model is away.")
        return super().send(method, path, body, budget, **options)


@pytest.fixture(params=["shop", "shelf"], scope="module")
def stocked(request: pytest.FixtureRequest) -> Shop:
    """The domain, and then the collection."""
    where: Shop = request.getfixturevalue(request.param)
    documents = [("onion", PASSAGE), *((f"other-{number}", text) for number, text in enumerate(OTHERS))]
    assert where.store(*documents).stored == len(documents)
    until("the refresh", lambda: is_answered(searching(where, None), ONIONS), bool)
    return where


def settings(where: Shop, limit: FollowUpLimit | None) -> RuntimeSettings:
    return where.parts.settings.model_copy(update={"min_score": LEAST, "follow_up": limit})


def searching(where: Shop, limit: FollowUpLimit | None) -> Searching:
    engine = IndexClient(settings(where, limit), RoleHeaders())
    if isinstance(where.parts.search, CollectionSearch):
        return CollectionSearch(engine, embedding(where.parts.settings))
    return DomainSearch(engine)


def is_answered(search: Searching, question: str, *before: str) -> bool:
    nearest = search.nearest(texts(before, question, 1), None, 4, Budget(SECONDS), OPERATOR)
    return is_near(nearest.sources, LEAST)


@pytest.mark.parametrize("question", ["Why?", "How does that work?", "What else can I do about it?"])
def test_a_follow_up_is_answered(stocked: Shop, question: str) -> None:
    search = searching(stocked, MINILM.follow_up)
    assert is_answered(search, question, ONIONS)
    assert search.nearest(texts([ONIONS], question, 1), None, 1, Budget(SECONDS), OPERATOR).sources[0].id == "onion"


@pytest.mark.parametrize("question", ["Where is the Atacama Desert?", "How do I ask for a pay rise?"])
def test_a_question_about_something_else_is_refused_as_it_is_alone(stocked: Shop, question: str) -> None:
    search = searching(stocked, MINILM.follow_up)
    assert not is_answered(search, question)
    assert not is_answered(search, question, ONIONS)
    assert is_answered(searching(stocked, None), question, ONIONS)


def test_a_model_that_does_not_answer_refuses_nothing_more(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    assert shop.store(("onion", PASSAGE)).stored == 1
    away = DomainSearch(NoPredictions(settings(shop, MINILM.follow_up), RoleHeaders()))
    assert is_answered(away, "Where is the Atacama Desert?", ONIONS)
    assert "A follow-up is not compared" in caplog.text
