"""Which index the assistant searches on a domain, and how many requests it needs while that changes."""

from typing import Any

import pytest
from requests import PreparedRequest
from requests.auth import AuthBase

from calls.starting import NO_CAPACITY
from rag.budget import Budget
from rag.caller import OPERATOR
from rag.failures import Absent, RagFailure, Starting
from rag.generation import PipelineGeneration
from rag.search.domain import DomainSearch
from rag.search.engine import IndexClient
from sandbox.models.json_handler import JsonHandler, serving
from settings.runtime_settings import EngineEmbedding, PipelineAnswer
from tests.unit.test_assistant_answering import SETTINGS

HIT = {"_id": "a", "_score": 0.5, "_source": {"text": "t"}}


class Unsigned(AuthBase):
    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        return request


class Alias(IndexClient):
    """An engine whose alias `i` names `current`, which gives hits; `others` give none, other indexes do not exist."""

    def __init__(self, current: str, others: tuple[str, ...] = (), hits: int = 1) -> None:
        super().__init__(SETTINGS, Unsigned())
        self.current, self.others, self.count = current, others, hits
        self.requested: list[str] = []

    def send(self, method: str, path: str, body: Any, budget: Budget, **options: Any) -> Any:
        self.requested.append(path)
        index = path.split("/")[1]
        if path == "/i/_alias":
            return {self.current: {}}
        if index not in (self.current, *self.others):
            raise Absent("There is no such index.")
        return {"hits": {"hits": [HIT] * self.count if index == self.current else []}}


def nearest(domain: DomainSearch, size: int = 4) -> int:
    return len(domain.nearest(["what?"], None, size, Budget(20), OPERATOR).sources)


def test_the_alias_is_asked_for_once() -> None:
    engine = Alias("i-1")
    domain = DomainSearch(engine)
    assert [nearest(domain), nearest(domain)] == [1, 1]
    assert engine.requested == ["/i/_alias", "/i-1/_search", "/i-1/_search"]


@pytest.mark.parametrize("others", [("i-1",), ()])
def test_an_index_out_of_use_is_left_for_the_one_in_use(others: tuple[str, ...]) -> None:
    engine = Alias("i-1")
    domain = DomainSearch(engine)
    nearest(domain)
    engine.current, engine.others = "i-2", others
    assert [nearest(domain), nearest(domain)] == [1, 1]
    assert engine.requested[2:] == ["/i-1/_search", "/i/_alias", "/i-2/_search", "/i-2/_search"]


def test_nothing_found_is_an_answer_when_the_alias_has_not_moved() -> None:
    engine = Alias("i-1", hits=0)
    domain = DomainSearch(engine)
    assert [nearest(domain), nearest(domain)] == [0, 0]
    assert engine.requested[2:] == ["/i/_alias", "/i-1/_search", "/i/_alias"]


def test_a_failure_that_no_other_index_explains_is_raised() -> None:
    engine = Alias("i-1")
    domain = DomainSearch(engine)
    nearest(domain)
    engine.count = 0

    def refuse(*arguments: Any, **options: Any) -> Any:
        if "_alias" in arguments[1]:
            return {"i-1": {}}
        raise Absent("Gone.")

    engine.send = refuse  # type: ignore[method-assign]
    with pytest.raises(RagFailure, match="Gone"):
        nearest(domain)


def test_a_search_that_slips_in_the_engine_is_asked_again() -> None:
    """On 2.19, a hybrid search of one shard fails now and then: neural-search #1415."""
    operations = list[str]()

    class Slipping(JsonHandler):
        def do_POST(self) -> None:
            self.body()
            operations.append(self.path.rpartition("/")[2])
            if len(operations) == 1:
                self.answer(500, {"error": {"caused_by": {"type": "null_pointer_exception"}}})
            else:
                self.answer(200, {"hits": {"hits": [HIT]}})

    with serving(Slipping) as url:
        there = SETTINGS.model_copy(update={"search": SETTINGS.search.model_copy(update={"endpoint": url})})
        assert len(IndexClient(there, Unsigned()).hits({}, Budget(20, sleep=lambda _: None))) == 1
    assert operations == ["_search", "_search"]


def test_at_most_the_wanted_number_is_returned() -> None:
    assert nearest(DomainSearch(Alias("i-1", hits=20)), 3) == 3


@pytest.mark.parametrize(
    ("embedding", "seconds"), [(EngineEmbedding(start_seconds=300), 300), (EngineEmbedding(), 360)]
)
def test_a_model_of_the_engine_that_starts_is_named_with_its_own_time(embedding: EngineEmbedding, seconds: int) -> None:
    """Searches and stores embed a text; the search of the pipeline that answers embeds nothing."""

    class Stopped(JsonHandler):
        def do_GET(self) -> None:
            self.answer(200, {"i-1": {}})

        def do_POST(self) -> None:
            self.body()
            self.answer(400, {"error": {"reason": NO_CAPACITY}})

    with serving(Stopped) as url:
        search = SETTINGS.search.model_copy(update={"endpoint": url})
        engine = IndexClient(SETTINGS.model_copy(update={"embedding": embedding, "search": search}), Unsigned())
        with pytest.raises(Starting, match="The embedding model was stopped") as raised:
            nearest(DomainSearch(engine))
        assert raised.value.retry_after == seconds
        [stored] = engine.bulk([({"index": {"_id": "a"}}, {"text": "t"})], Budget(20))
        assert isinstance(stored, Starting)
        assert (stored.message, stored.retry_after) == (raised.value.message, seconds)
        pipeline = PipelineGeneration(
            engine, PipelineAnswer(search_pipeline="p", llm_model="m", model="m", start_seconds=660)
        )
        with pytest.raises(Starting, match=r"The answer model was stopped .* about 11 minutes") as raised:
            list(pipeline.pieces("what?", [], [], None, Budget(20)))
        assert raised.value.retry_after == 660
