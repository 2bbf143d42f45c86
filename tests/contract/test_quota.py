"""The quota of callers, counted in DynamoDB on the local cloud, for streams, whole answers and OpenAI's clients."""

import json
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

import api
import ask
import tools
from rag import answering, own_settings, quota
from rag.budget import Budget
from rag.caller import OPERATOR, Caller
from rag.events import Answered, Event, Text
from rag.failures import AssistantRefused, QuotaExceeded, Unavailable
from rag.models import Answer, Question, Timings
from rag.quota import QuotaCounter
from rag.usage import Usage
from reply import HandlerResponse
from settings.runtime_settings import RuntimeQuota, RuntimeTimeouts
from tests.contract.cloud_process import Cloud, called_from_here
from tests.unit.edge_requests import SETTINGS, Context, event

ALICE, BOB = Caller("alice", "owner"), Caller("bob")
# Half an hour before the next day and the next month begin; far ahead, because the table deletes what has expired.
LATE = datetime(2126, 11, 30, 23, 30, tzinfo=UTC).timestamp()
ANSWER = Answer(answer="Yes.", grounded=True, sources=[], model="m", conversation_id="c", timings=Timings(total_ms=1))


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with called_from_here(tmp_path_factory.mktemp("cloud")) as process:
        yield process


@pytest.fixture(scope="module")
def table(cloud: Cloud) -> str:
    name = f"quota-{uuid.uuid4().hex[:8]}"
    cloud.client("dynamodb").create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return name


@pytest.fixture
def caller() -> Caller:
    return Caller(uuid.uuid4().hex)


def counted(table: str, questions: int | None = None, tokens: int | None = None, now: float = LATE) -> QuotaCounter:
    limits = RuntimeQuota(table=table, questions_per_day=questions, tokens_per_month=tokens)
    return QuotaCounter(limits, RuntimeTimeouts(), clock=lambda: now)


def spend(made: QuotaCounter, caller: Caller, tokens: int) -> None:
    charge = made.begin(caller, Budget(20))
    assert charge
    charge.usage.report(tokens, 0)
    charge.end(Budget(20), answered=True)


def test_questions_at_once_do_not_pass_the_limit(table: str, caller: Caller) -> None:
    made = counted(table, questions=5)

    def admitted(_: int) -> bool:
        try:
            return made.begin(caller, Budget(20)) is not None
        except QuotaExceeded:
            return False

    with ThreadPoolExecutor(20) as pool:
        assert sum(pool.map(admitted, range(40))) == 5
    assert made.used(made.periods()[0], caller.id, Budget(20)) == 5


def test_a_refusal_says_what_was_used_and_when_it_begins_anew(table: str, caller: Caller) -> None:
    made = counted(table, questions=1, tokens=1000)
    made.begin(caller, Budget(20))
    with pytest.raises(
        QuotaExceeded, match=r"limit of 1 question a day is reached\..*after midnight UTC, or ask the"
    ) as refused:
        made.begin(caller, Budget(20))
    assert (refused.value.status, refused.value.cause, refused.value.retry_after) == (429, "quota-exceeded", 1800)
    assert counted(table, questions=1, now=LATE + 1800).begin(caller, Budget(20))


def test_tokens_of_the_month_end_with_it(table: str, caller: Caller) -> None:
    made = counted(table, tokens=1000, now=LATE - 86_400)
    spend(made, caller, 600)
    # The question that exceeds the limit is still answered.
    spend(made, caller, 600)
    with pytest.raises(QuotaExceeded, match=r"limit of 1,000 tokens a month .* from December 1 \(UTC\) on") as refused:
        made.begin(caller, Budget(20))
    assert refused.value.retry_after == 86_400 + 1800
    with pytest.raises(QuotaExceeded):
        counted(table, tokens=1000).begin(caller, Budget(20))
    assert counted(table, tokens=1000, now=LATE + 1800).begin(caller, Budget(20))


def test_each_caller_has_their_own_and_operators_have_none(table: str) -> None:
    made = counted(table, questions=1)
    for caller in (ALICE, BOB):
        assert made.begin(caller, Budget(20))
        with pytest.raises(QuotaExceeded):
            made.begin(caller, Budget(20))
    assert [made.begin(OPERATOR, Budget(20)) for _ in range(3)] == [None] * 3


def test_a_question_without_an_answer_does_not_count_but_its_tokens_do(table: str, caller: Caller) -> None:
    made = counted(table, questions=1, tokens=1000)
    charge = made.begin(caller, Budget(20))
    assert charge
    charge.usage.report(70, 0)
    charge.end(Budget(20), answered=False)
    standing = made.standing(caller, Budget(20))
    assert standing
    assert standing.model_dump(mode="json") == {
        "questions": {"used": 0, "most": 1, "until": "2126-12-01T00:00:00Z"},
        "tokens": {"used": 70, "most": 1000, "until": "2126-12-01T00:00:00Z"},
    }


def test_counts_go_after_their_month(cloud: Cloud, table: str, caller: Caller) -> None:
    spend(counted(table, questions=9), caller, 5)
    items = [
        item for item in cloud.client("dynamodb").scan(TableName=table)["Items"] if item["id"]["S"].endswith(caller.id)
    ]
    assert sorted(item["id"]["S"].split()[0] for item in items) == ["2126-11", "2126-11-30"]
    assert {int(item["expires"]["N"]) - LATE for item in items} == {1800 + 35 * 86_400}


def test_without_its_table_nothing_is_answered(cloud: Cloud, caller: Caller) -> None:
    with pytest.raises(AssistantRefused, match="table of quotas"):
        counted("nowhere", questions=1).begin(caller, Budget(20))


@pytest.fixture
def door(table: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The functions, with two questions a day for each caller, and an answer that uses 30 tokens."""
    settings = {**SETTINGS, "quota": {"table": table, "questions_per_day": 2, "tokens_per_month": 1000}}
    monkeypatch.setenv("ASSISTANT", json.dumps(settings))
    monkeypatch.setattr(answering, "answer", thirty)
    monkeypatch.setattr(quota, "QuotaCounter", partial(QuotaCounter, clock=lambda: LATE))
    own_settings.settings.cache_clear()
    quota.own_quota.cache_clear()
    yield
    own_settings.settings.cache_clear()
    quota.own_quota.cache_clear()


def thirty(
    question: Question, caller: Caller, seconds: float, turns: Any = None, usage: Usage | None = None
) -> Iterator[Event]:
    assert usage
    usage.report(30, 0)
    if "fail" in question.question:
        raise Unavailable("The answer model is failing. Try again soon.")
    yield Text("Yes.")
    if "break" in question.question:
        raise Unavailable("The answer model is failing. Try again soon.")
    yield Answered(ANSWER)


def whole(question: str, **who: Any) -> HandlerResponse:
    return ask.answer(event("POST", "/ask", {"question": question}, **who), Context())  # type: ignore[arg-type]


def streamed(question: str, **who: Any) -> HandlerResponse:
    accept = {"Accept": "text/event-stream"}
    return ask.answer(event("POST", "/ask", {"question": question}, accept, **who), Context())  # type: ignore[arg-type]


def completion(question: str, **who: Any) -> HandlerResponse:
    body = {"model": "osml", "messages": [{"role": "user", "content": question}], "stream": True}
    return ask.answer(event("POST", "/v1/chat/completions", body, **who), Context())  # type: ignore[arg-type]


def read(reply: HandlerResponse) -> tuple[int, str]:
    body = b"".join(reply.body).decode()
    if reply.after:
        reply.after()
    return reply.status, body


def me(**who: Any) -> Any:
    return json.loads(api.handler(event("GET", "/me", **who), Context())["body"])["quota"]


def person(**claims: Any) -> dict[str, Any]:
    return {"requestContext": {"requestId": "r-1", "path": "/unit/me", "authorizer": {"claims": claims}}}


WAYS: list[Callable[..., HandlerResponse]] = [whole, streamed, completion]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "identity",
    [
        lambda id: {"authorizer": {"claims": {"sub": id}}},
        lambda id: {"authorizer": {"claims": {"sub": id, "cognito:groups": "owner"}}},
        lambda id: {"identity": {"apiKeyId": id}},
        lambda id: {
            "identity": {"userArn": f"arn:aws:sts::111122223333:assumed-role/r/{time.time()}", "caller": f"{id}:x"}
        },
    ],
    ids=["reader", "owner", "key", "role"],
)
def test_every_caller_is_stopped_on_every_way(door: None, way: Callable[..., HandlerResponse], identity: Any) -> None:
    id = uuid.uuid4().hex

    def who() -> dict[str, Any]:
        context = {"requestId": "r-1", "path": "/unit/x", "domainName": "api.invalid", **identity(id)}
        return {"requestContext": context}

    assert me(**who())["questions"]["used"] == 0
    for _ in range(2):
        status, body = read(way("Why?", **who()))
        assert (status, "Yes." in body) == (200, True)
    refused = way("Why?", **who())
    assert 0 < int(refused.headers["Retry-After"]) <= 86_400
    status, body = read(refused)
    assert status == 429
    message = json.loads(body)
    error = message.get("error", message)
    assert "Your limit of 2 questions a day is reached." in error["message"]
    assert error.get("cause", error.get("code")) == "quota-exceeded"
    used = me(**who())
    assert (used["questions"]["used"], used["tokens"]["used"]) == (2, 60)


@pytest.mark.parametrize(
    ("way", "question"), [(whole, "fail"), (streamed, "fail"), (streamed, "break"), (whole, "break")]
)
def test_a_failure_gives_the_question_back(door: None, way: Callable[..., HandlerResponse], question: str) -> None:
    who = person(sub=uuid.uuid4().hex)
    for _ in range(3):
        read(way(question, **who))
    used = me(**who)
    assert (used["questions"]["used"], used["tokens"]["used"]) == (0, 90)


def test_the_tool_of_agents_is_stopped_too(door: None) -> None:
    view = tools.CallerView(Caller(uuid.uuid4().hex), time.monotonic() + 20)
    for _ in range(2):
        assert view.ask("Why?", 4, {}, None).answer == "Yes."
    with pytest.raises(QuotaExceeded):
        view.ask("Why?", 4, {}, None)


def test_a_tool_that_fails_gives_the_question_back(door: None) -> None:
    caller = Caller(uuid.uuid4().hex)
    view = tools.CallerView(caller, time.monotonic() + 20)
    for _ in range(3):
        with pytest.raises(Unavailable):
            view.ask("fail", 4, {}, None)
    own = quota.own_quota()
    assert own
    assert own.used(own.periods()[0], caller.id, Budget(20)) == 0


def test_who_leaves_early_has_asked(door: None) -> None:
    who = person(sub=uuid.uuid4().hex)
    reply = streamed("Why?", **who)
    pieces = iter(reply.body)
    next(pieces)
    pieces.close()  # type: ignore[attr-defined]
    assert reply.after
    reply.after()
    used = me(**who)
    assert (used["questions"]["used"], used["tokens"]["used"]) == (1, 30)


def test_a_request_that_is_wrong_does_not_count(door: None) -> None:
    who = person(sub=uuid.uuid4().hex)
    assert read(whole("", **who))[0] == 400
    assert me(**who)["questions"]["used"] == 0
