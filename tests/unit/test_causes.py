"""The cause of an error is a value: the doctor and `--json` do not depend on the words of the sentence."""

import json
from collections.abc import Callable, Iterator
from typing import Any, get_args

import boto3
import pytest
from botocore.exceptions import ClientError

from mlcommons import MockTransport, Patience, ProvisioningError, errors
from mlcommons import cause as engine
from mlcommons.client import Client
from mlcommons.prediction import predict
from mlcommons.transport import Response
from osml import main as command_line
from osml.ask import asking, assistant, question
from osml.cause import Cause
from osml.doctor import doctor
from osml.doctor.checks import CHECKS
from osml.doctor.checks.check import Check
from osml.doctor.checks.complaints import FIXES
from osml.doctor.checks.context import Context
from osml.failure import Failure
from osml.place import Place
from osml.remote import domain, operator, stack
from osml.remote.domain import Domain
from osml.remote.engine import OperatorTransport
from osml.remote.functions import FunctionResponse
from osml.remote.stack import Knowledge
from osml.remote.stack_state import StackState
from rag import failures
from reason import FailureReason
from sandbox.failure import Cause as LocalCause
from sandbox.failure import SandboxError

PLACE = Place("dev", None)
NONSENSE = "The moon is full."
KNOWLEDGE = Knowledge(
    endpoint="http://127.0.0.1:9",
    region="us-east-1",
    index="passages",
    search_pipeline="answers",
    embedding_model_id="e",
    answer_model_id="a",
    llm_model="deepseek-flash",
    operator_role_arn="arn:aws:iam::1:role/operator",
    text_field="text",
    embedding_field="vector",
    index_version="passages-1",
)
HIT = {"_id": "1", "_score": 1.0, "_source": {"text": "Open at nine."}, "marks": []}


@pytest.fixture(params=["as written", "reworded"], autouse=True)
def wording(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs a test twice: with our sentences as they are, and with nonsense instead of them."""
    if request.param == "as written":
        return

    def failure(self: Failure, _: str, cause: Cause | None = None) -> None:
        Exception.__init__(self, NONSENSE)
        self.cause = cause or type(self).cause

    def error(
        self: ProvisioningError, tried: str, reason: str = "", hint: str = "", cause: engine.Cause | None = None
    ) -> None:
        Exception.__init__(self, tried, reason, hint)
        self.tried, self.reason, self.hint = NONSENSE, NONSENSE, NONSENSE
        self.cause = cause or type(self).cause

    monkeypatch.setattr(Failure, "__init__", failure)
    monkeypatch.setattr(ProvisioningError, "__init__", error)


class Denying:
    """A client of AWS that answers every call with an error in AWS's own words."""

    def __init__(self, words: str) -> None:
        self.words = words

    def __getattr__(self, call: str) -> Callable[..., Any]:
        def denied(**_: Any) -> Any:
            raise ClientError({"Error": {"Code": "Denied", "Message": self.words}}, call)

        return denied


def complaint_of(look: Callable[[Context], Any]) -> str | None:
    [examined] = doctor.examine(PLACE, [Check("a", look)])
    return examined.complaint


def test_a_caller_who_may_not_assume_the_operator_role(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boto3, "client", lambda *_, **__: Denying("not authorized to perform: sts:AssumeRole"))
    assert complaint_of(lambda _: operator.credentials("arn:r", "us-east-1")) == "operator-role-denied"


def test_a_stack_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boto3, "client", lambda *_, **__: Denying("Stack with id x does not exist"))
    assert complaint_of(lambda _: stack.knowledge(PLACE)) == "not-deployed"


def test_an_empty_index_has_its_own_cause(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(*_: Any) -> Any:
        return question.ask(Domain.__new__(Domain), KNOWLEDGE, "Why?")

    monkeypatch.setattr(question, "search", lambda *_: {"hits": {"hits": []}, "took": 1})
    assert complaint_of(answer) == "index-empty"
    monkeypatch.setattr(asking, "ask", answer)
    monkeypatch.setattr(Context, "on_collection", True)
    [check] = [check for check in CHECKS if check.title == "a question"]
    [finding] = doctor.examine(PLACE, [check])
    assert finding.state == "skipped"


def test_a_filter_on_a_field_that_no_document_has(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = {"usr": {"doc_count": 0}, "year": {"doc_count": 2}}
    aggregations = {"named": {"buckets": counts}, "some": {"buckets": [{"key": "user"}, {"key": "year"}]}}
    monkeypatch.setattr(question, "search", lambda *_: {"hits": {"hits": []}, "took": 1})
    monkeypatch.setattr(Domain, "patiently", lambda *_, **__: {"aggregations": aggregations})
    known = KNOWLEDGE.model_copy(update={"fields": {"year": "number"}})
    filters = [("usr", "x"), ("year", "2023")]
    assert complaint_of(lambda _: question.ask(Domain.__new__(Domain), known, "Why?", 4, filters)) == "field-unknown"


def test_an_answer_that_the_pipeline_does_not_understand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(question, "search", lambda *_: {"hits": {"hits": [HIT]}, "took": 1})
    monkeypatch.setattr(Domain, "patiently", lambda *_, **__: {"took": 1})
    cause = complaint_of(lambda _: question.ask(Domain.__new__(Domain), KNOWLEDGE, "Why?"))
    assert cause == "answer-not-understood"


def test_an_engine_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(domain, "signature", lambda _: None)
    assert complaint_of(lambda _: Domain(KNOWLEDGE).json("GET", "/")) == "engine-unreachable"
    client = Client(OperatorTransport(Domain(KNOWLEDGE)), Patience(sleep=lambda _: None, seconds=0.1))
    assert complaint_of(lambda _: client.glance("/")) == "engine-unreachable"


def test_an_engine_that_lets_the_operator_renew_no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    def renewed(*_: Any, **__: Any) -> Any:
        raise Failure("Assuming the operator role failed.", "operator-role-denied")

    monkeypatch.setattr(Domain, "request", renewed)
    client = Client(OperatorTransport(Domain.__new__(Domain)), Patience(sleep=lambda _: None, seconds=0.1))
    assert complaint_of(lambda _: client.glance("/")) == "operator-role-denied"


def test_what_the_engine_says_of_a_model() -> None:
    answers = MockTransport(lambda _: Response(400, {"error": {"reason": "Model not ready yet."}, "status": 400}))
    client = Client(answers, Patience(sleep=lambda _: None))
    assert complaint_of(lambda _: predict(client, "m", {})) == "model-not-deployed"


def test_what_the_assistant_answers() -> None:
    class Functions:
        def post(self, *_: Any) -> FunctionResponse:
            return FunctionResponse(429, {"message": NONSENSE, "cause": failures.Throttled.cause})

    assert complaint_of(lambda _: assistant.ask(Functions(), "Why?")) == "throttled"  # type: ignore[arg-type]


def test_a_cause_comes_through_cloudformation() -> None:
    words = get_args(engine.Cause)
    assert len(words) > 30
    states = {}
    for word in words:
        reason = FailureReason(ProvisioningError(NONSENSE, "403 " + NONSENSE * 20, NONSENSE, word))
        said = f"Received response status [FAILED] from custom resource. Message returned: {reason} (RequestId: 1)"
        states[word] = StackState("osml-dev-search", "CREATE_FAILED", f"Model: {said}").cause
    assert {word: cause for word, cause in states.items() if cause != word} == {}


def test_a_fault_of_aws_is_recognized_by_its_words() -> None:
    fault = "Endpoint: The account-level service limit 'ml.g5.xlarge for endpoint usage' is 0 Instances"
    assert StackState("osml-dev-inference", "CREATE_FAILED", fault).cause == "quota-exceeded"
    assert StackState("osml-dev-inference", "CREATE_FAILED", NONSENSE).cause == "deploy-failed"


def _tree(base: Any) -> Iterator[Any]:
    yield base
    for subclass in base.__subclasses__():
        yield from _tree(subclass)


@pytest.mark.parametrize(
    ("base", "vocabulary"),
    [
        (Failure, Cause),
        (ProvisioningError, engine.Cause),
        (failures.RagFailure, failures.Cause),
        (SandboxError, LocalCause),
    ],
)
def test_every_error_carries_a_cause_of_its_vocabulary(base: Any, vocabulary: Any) -> None:
    assert {item.cause for item in _tree(base)} <= set(get_args(vocabulary))


def test_the_kinds_of_an_engines_error_have_causes_of_their_own() -> None:
    kinds = [item for item in _tree(ProvisioningError) if item.__module__ == errors.__name__]
    assert len({item.cause for item in kinds}) == len(kinds)


def test_every_name_of_the_doctor_is_a_cause() -> None:
    assert set(FIXES) <= set(get_args(Cause))


def test_a_command_with_json_says_the_cause(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["osml", "ask", "Why?", "--env", "nowhere", "--json"])
    with pytest.raises(SystemExit) as ended:
        command_line.main()
    output = capsys.readouterr()
    assert ended.value.code == 1
    assert json.loads(output.out)["cause"] == "invalid-setting"
    assert json.loads(output.out)["error"] in output.err.replace("\n", " ")
