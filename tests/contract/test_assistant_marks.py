"""Sentences near to the question, on a real engine: by their words, and by meaning, which the model compares."""

from typing import Any

import pytest

from rag.budget import Budget
from rag.caller import OPERATOR
from rag.failures import Unavailable
from rag.search.domain import DomainSearch
from rag.search.engine import IndexClient
from settings.retrieval import Retrieval
from settings.runtime_settings import RuntimeSettings
from tests.contract import assistant_engine, kinds_engine
from tests.contract.assistant_engine import SECONDS, Shop
from tests.contract.kinds_engine import RoleHeaders

engine_transport, models, shop = kinds_engine.engine_transport, assistant_engine.models, assistant_engine.shop

HARBOUR = (
    "The harbour freezes over in hard winters. A ferry goes to the island four times a day. "
    "Tickets are sold on board; dogs travel free. The lighthouse was built of granite in 1871."
)


@pytest.fixture(scope="module", autouse=True)
def stocked(shop: Shop) -> None:
    assert shop.store(("harbour", HARBOUR)).stored == 1


class NoPredictions(IndexClient):
    """An engine whose models do not answer direct predictions."""

    def send(self, method: str, path: str, body: Any, budget: Budget, **options: Any) -> Any:
        if "/_predict/" in path:
            raise Unavailable("The model is away.")
        return super().send(method, path, body, budget, **options)


def settings(shop: Shop, **retrieval: Any) -> RuntimeSettings:
    return shop.parts.settings.model_copy(update={"retrieval": Retrieval.model_validate(retrieval)})


def marked(shop: Shop, question: str, **retrieval: Any) -> list[str]:
    search = DomainSearch(IndexClient(settings(shop, **retrieval), RoleHeaders()))
    (source,) = search.nearest([question], None, 1, Budget(SECONDS), OPERATOR).sources
    return [HARBOUR[highlight.start : highlight.end] for highlight in source.highlights]


def test_by_words(shop: Shop) -> None:
    question = "How often a day does the ferry go to the island?"
    assert marked(shop, question, highlight={}) == ["A ferry goes to the island four times a day."]
    assert len(marked(shop, question, highlight={"sentences": 5})) > 1
    assert marked(shop, question) == marked(shop, "Xylophone?", highlight={}) == []


def test_by_meaning(shop: Shop) -> None:
    marks = marked(shop, "May pets come along?", highlight={"by": "meaning"})
    assert marks == ["Tickets are sold on board; dogs travel free."]
    assert marked(shop, "May pets come along?", highlight={}) == []


def test_a_model_that_does_not_answer_takes_no_passage_away(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    search = DomainSearch(NoPredictions(settings(shop, highlight={"by": "meaning"}), RoleHeaders()))
    (source,) = search.nearest(["Where is the lighthouse?"], None, 1, Budget(SECONDS), OPERATOR).sources
    assert (source.id, source.highlights) == ("harbour", [])
    assert "The passages are not marked" in caplog.text
