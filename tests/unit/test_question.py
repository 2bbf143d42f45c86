"""Which index a question searches, and how many requests it needs while that changes."""

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
import requests

from calls.starting import NO_CAPACITY
from osml.ask import question
from osml.ask.conversation import EngineConversation
from osml.failure import Failure
from osml.remote.domain import Domain
from osml.remote.stack import Knowledge
from settings.calibration import MINILM
from settings.retrieval import HighlightSettings, Retrieval

KNOWLEDGE = Knowledge(
    endpoint="https://domain.example",
    region="us-east-1",
    index="passages",
    search_pipeline="p",
    embedding_model_id="m",
    operator_role_arn="arn",
    text_field="text",
    embedding_field="embedding",
    index_version="passages-1",
)
HIT = {"_id": "a", "_score": 0.5, "_source": {"text": "t"}, "highlight": {"text": ["t"]}}
KEY = "index.search.default_pipeline"
EMBEDS = {"p": {"request_processors": [{"neural_query_enricher": {"default_model_id": "m"}}]}}

# On 2.19, a hybrid search of one shard fails now and then:
# https://github.com/opensearch-project/neural-search/issues/1415
SLIP = {
    "error": {
        "root_cause": [],
        "type": "search_phase_execution_exception",
        "reason": "",
        "caused_by": {"type": "null_pointer_exception", "reason": 'Cannot invoke "SearchHit.score(float)"'},
    },
    "status": 500,
}


class Engine(requests.Session):
    """The alias names `current`, whose index gives a hit; `others` give none, other indexes do not exist."""

    def __init__(self, current: str, others: tuple[str, ...] = (), hits: bool = True) -> None:
        super().__init__()
        self.current, self.others, self.hits = current, others, hits
        self.requested: list[str] = []
        self.bodies: list[Any] = []
        self.predicts = True
        self.vectors = [[1.0, 2.0]] * 2
        # The hit of a question that is searched with the one before it.
        self.joined = HIT
        self.slips = 0
        # The number of searches before the model starts; None if it never does.
        self.starts: int | None = None

    def request(self, method: str | bytes, url: str | bytes, *_: Any, **options: Any) -> requests.Response:
        path = str(url).removeprefix("https://domain.example")
        self.requested.append(path)
        self.bodies.append(options.get("json"))
        answer = requests.Response()
        answer.status_code, body = 200, dict[str, Any]()
        index = path.split("/")[1]
        if self.starts == 0 and path.endswith("/_search"):
            answer.status_code, answer.raw = 400, io.BytesIO(json.dumps({"error": {"reason": NO_CAPACITY}}).encode())
            return answer
        if self.starts and path.endswith("/_search"):
            self.starts -= 1
        if self.slips:
            self.slips -= 1
            answer.status_code, answer.raw = 500, io.BytesIO(json.dumps(SLIP).encode())
            return answer
        if path == "/passages/_alias":
            body = {self.current: {}}
        elif "_settings" in path:
            body = {index: {"settings": {KEY: "p"}}}
        elif path == "/_search/pipeline/p":
            body = EMBEDS
        elif path == "/_plugins/_ml/_predict/text_embedding/m" and self.predicts:
            body = {"inference_results": [{"output": [{"data": vector} for vector in self.vectors]}]}
        elif index in (self.current, *self.others):
            hit = self.joined if "\\n" in json.dumps(options["json"]) else HIT
            body = {"took": 1, "hits": {"hits": [hit] if self.hits and index == self.current else []}}
        else:
            answer.status_code, body = 404, {"error": {"reason": f"no such index [{index}]"}}
        answer.raw = io.BytesIO(json.dumps(body).encode())
        return answer


@pytest.fixture
def made() -> Callable[[Engine], Domain]:
    return lambda engine: Domain(KNOWLEDGE, engine)


def test_one_request_as_long_as_nothing_changes(made: Any) -> None:
    engine = Engine("passages-1")
    domain = made(engine)
    for _ in range(2):
        assert question.ask(domain, KNOWLEDGE, "what?").sources[0].id == "a"
    assert engine.requested == ["/passages-1/_search"] * 2


@pytest.mark.parametrize(("slips", "searches"), [(1, 2), (2, None)])
def test_a_search_that_slips_in_the_engine_is_asked_once_more(
    made: Any, monkeypatch: pytest.MonkeyPatch, slips: int, searches: int | None
) -> None:
    monkeypatch.setattr("osml.remote.domain.time.sleep", lambda _: None)
    engine = Engine("passages-1")
    engine.slips = slips
    if searches:
        assert question.ask(made(engine), KNOWLEDGE, "what?").sources[0].id == "a"
        assert engine.requested == ["/passages-1/_search"] * searches
    else:
        with pytest.raises(Failure, match="500"):
            question.ask(made(engine), KNOWLEDGE, "what?")


@pytest.mark.parametrize("stays", [True, False])
def test_an_index_out_of_use_is_left_for_the_one_in_use(made: Any, stays: bool) -> None:
    engine = Engine("passages-2", ("passages-1",) if stays else ())
    domain = made(engine)
    assert question.ask(domain, KNOWLEDGE, "what?").sources[0].id == "a"
    assert engine.requested == ["/passages-1/_search", "/passages/_alias", "/passages-2/_search"]
    question.ask(domain, KNOWLEDGE, "what?")
    assert engine.requested[3:] == ["/passages-2/_search"]


def test_a_stack_of_an_older_version_names_no_index(made: Any) -> None:
    engine = Engine("passages-1")
    question.ask(made(engine), KNOWLEDGE.model_copy(update={"index_version": None}), "what?")
    assert engine.requested == ["/passages/_alias", "/passages-1/_search"]


def test_an_empty_index_differs_from_one_out_of_use(made: Any) -> None:
    with pytest.raises(Failure, match="has no documents"):
        question.ask(made(Engine("passages-1", hits=False)), KNOWLEDGE, "what?")
    with pytest.raises(Failure, match="no document with title=Boston"):
        question.ask(made(Engine("passages-1", hits=False)), KNOWLEDGE, "what?", 4, [("title", "Boston")])


@pytest.mark.parametrize(("most", "searched"), [(0, ["and?"]), (1, ["and?", "what?\nand?"])])
def test_a_follow_up_is_searched_alone_and_with_earlier_questions(made: Any, most: int, searched: list[str]) -> None:
    engine = Engine("passages-1")
    knowledge = KNOWLEDGE.model_copy(update={"retrieval": Retrieval(earlier_questions=most)})
    answer = question.ask(made(engine), knowledge, "and?", conversation=EngineConversation("c", ["why?", "what?"]))
    assert answer.conversation_id == "c"
    query_texts = [body["query"]["bool"]["must"][0]["neural"]["embedding"]["query_text"] for body in engine.bodies]
    assert query_texts == searched


@pytest.mark.parametrize(
    ("passage", "measured", "first"),
    [([1.0, 0.0], True, "b"), ([0.0, 1.0], True, "a"), (None, True, "b"), ([0.0, 1.0], False, "b")],
    ids=["a follow-up", "something else", "the model is away", "an unmeasured model"],
)
def test_a_question_about_something_else_is_not_searched_with_the_one_before_it(
    made: Any, passage: list[float] | None, measured: bool, first: str
) -> None:
    engine = Engine("passages-1")
    engine.joined = HIT | {"_id": "b", "_score": 0.8}
    engine.predicts, engine.vectors = passage is not None, [[1.0, 0.0], [1.0, 1.0], passage or []]
    knowledge = KNOWLEDGE.model_copy(update={"min_score": 0.68, "follow_up": MINILM.follow_up if measured else None})
    answer = question.ask(made(engine), knowledge, "and?", conversation=EngineConversation("c", ["what?"]))
    assert answer.sources[0].id == first
    compared = [body["text_docs"] for body in engine.bodies if body and "text_docs" in body]
    assert compared == ([["and?", "what?\nand?", "t"]] if measured else [])


@pytest.mark.parametrize("by", ["words", "meaning"])
def test_sentences_near_to_the_question_are_marked(made: Any, by: str) -> None:
    knowledge = KNOWLEDGE.model_copy(update={"retrieval": Retrieval.model_validate({"highlight": {"by": by}})})
    engine = Engine("passages-1")
    (source,) = question.ask(made(engine), knowledge, "what?").sources
    assert [highlight.model_dump() for highlight in source.highlights] == [{"start": 0, "end": 1}]
    assert len(engine.requested) == (1 if by == "words" else 4)


def test_a_model_that_does_not_answer_takes_no_passage_away(made: Any) -> None:
    knowledge = KNOWLEDGE.model_copy(update={"retrieval": Retrieval(highlight=HighlightSettings(by="meaning"))})
    engine = Engine("passages-1")
    engine.predicts = False
    (source,) = question.ask(made(engine), knowledge, "what?").sources
    assert (source.id, source.highlights) == ("a", [])


def test_filters_of_one_field_are_alternatives(made: Any) -> None:
    engine = Engine("passages-1")
    question.ask(made(engine), KNOWLEDGE, "what?", 4, [("title", "a"), ("title", "b"), ("year", "2023")])
    neural = engine.bodies[0]["query"]["bool"]["must"][0]["neural"]["embedding"]
    titles, year = neural["filter"]["bool"]["filter"]
    assert titles["bool"]["should"] == [{"match_phrase": {"title": "a"}}, {"match_phrase": {"title": "b"}}]
    assert year["bool"]["should"] == [{"match_phrase": {"year": "2023"}}]


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"page": 3, "section": "A > B"}, (3, None, None, "A > B")),
        ({"slide": 2}, (None, 2, None, None)),
        ({"sheet": "Prices"}, (None, None, "Prices", None)),
        ({"page": ["a row's own"]}, (None, None, None, None)),
        ({}, (None, None, None, None)),
    ],
)
def test_a_source_says_where_in_its_file_it_stands(
    made: Any, monkeypatch: pytest.MonkeyPatch, fields: dict[str, Any], place: tuple[Any, ...]
) -> None:
    monkeypatch.setitem(HIT, "_source", {"text": "t", **fields})
    engine = Engine("passages-1")
    (source,) = question.ask(made(engine), KNOWLEDGE, "what?").sources
    assert (source.page, source.slide, source.sheet, source.section) == place
    assert {"page", "slide", "sheet", "section"} <= set(engine.bodies[0]["_source"])


@pytest.mark.parametrize(
    ("starts", "sentence"),
    [
        (0, "The embedding model was stopped while nobody asked, and is starting. Try again in about 5 minutes."),
        (1, "The answer model was stopped while nobody asked, and is starting. Try again in about 11 minutes."),
    ],
)
def test_a_model_that_starts_is_named_with_its_own_time(made: Any, starts: int, sentence: str) -> None:
    """The first search embeds the question; the second only fetches the passages of the answer."""
    engine = Engine("passages-1")
    engine.starts = starts
    outputs = {"embedding_start_seconds": 300, "answer_start_seconds": 660, "answer_model_id": "a", "llm_model": "m"}
    knowledge = KNOWLEDGE.model_copy(update=outputs)
    with pytest.raises(Failure) as raised:
        question.ask(Domain(knowledge, engine), knowledge, "what?")
    assert (str(raised.value), raised.value.cause) == (sentence, "model-starting")
