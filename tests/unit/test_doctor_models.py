"""Model names and ends of life: what providers list and announce, and the doctor's findings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from osml.doctor.checks.context import Context
from osml.doctor.checks.ending import end_of_life
from osml.doctor.checks.listed_models import model_names
from osml.doctor.checks.verdict import Complaint, Noted, Skipped
from osml.place import Place
from sandbox.cache import cache_directory
from sandbox.models.assembly import model_server
from sandbox.models.weights import weights_directory
from settings import load, runtime
from settings.end_of_life import EndOfLife
from settings.ending import endings
from tests.unit.test_doctor_access import SEARCH, TITAN, Session, stubbed

KEY = "sk-right-0123456789"
SECRET = {"name": "osml/dev/key"}
DEEPSEEK = {"recipe": "deepseek-api", "answer": {"secret": SECRET}}
DAY = date(2026, 11, 28)
SOON = datetime(2027, 1, 8, tzinfo=UTC)
ARN = "arn:aws:bedrock:us-east-1::foundation-model/"


@dataclass
class Secrets:
    """Secrets Manager with one secret."""

    text: str = f'{{"api_key": "{KEY}"}}'

    def get_secret_value(self, **_: Any) -> dict[str, str]:
        return {"SecretString": self.text}


@pytest.fixture(scope="module")
def providers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    key = tmp_path_factory.mktemp("models") / "key"
    key.write_text(KEY)
    with model_server(0, weights_directory(cache_directory()), key).running() as url:
        yield url


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OSML_ENVIRONMENTS", str(tmp_path))
    return tmp_path


def context(folder: Path, url: str = "http://127.0.0.1:9", today: date = DAY, **settings: Any) -> Context:
    session = settings.pop("session", Session(secretsmanager=Secrets()))
    body = {"recipe": "semantic-search", "region": "us-east-1", "search": SEARCH, "embedding": TITAN, **settings}
    (folder / "dev.yaml").write_text(yaml.safe_dump(body))
    doctor_context = Context(Place("dev", None), today)
    doctor_context.__dict__["session"] = session
    doctor_context.way_to = lambda host: f"{url}/_aws/{host}"  # type: ignore[method-assign]
    return doctor_context


def answer(**changes: Any) -> dict[str, Any]:
    return {"recipe": "deepseek-api", "answer": {"secret": SECRET, **changes}, "embedding": FOUND}


FOUND = {"provider": "sagemaker", "endpoint": "minilm", "dimension": 384}


def test_a_model_that_its_provider_lists_is_named(folder: Path, providers: str) -> None:
    assert model_names(context(folder, providers, **answer())) == "api.deepseek.com has deepseek-flash"


@pytest.mark.parametrize("model", ["deepseek-chat", "deepseek-v4-flash"])
def test_a_model_that_its_provider_does_not_list_is_a_note_with_those_it_has(
    folder: Path, providers: str, model: str
) -> None:
    with pytest.raises(Noted) as noted:
        model_names(context(folder, providers, **answer(model=model)))
    assert noted.value.complaint.name == "model-unknown"
    assert noted.value.complaint.cause == (
        f"answer.model is '{model}', but api.deepseek.com does not list it; similar models: "
        "deepseek-flash, deepseek-v4-pro"
    )


def test_an_embedding_model_of_openai_is_looked_for_beside_its_path(folder: Path, providers: str) -> None:
    embedding = {"provider": "openai", "dimension": 1536, "secret": SECRET}
    assert "api.openai.com has text-embedding-3-small" in model_names(context(folder, providers, embedding=embedding))
    with pytest.raises(Noted, match="text-embedding-9"):
        model_names(context(folder, providers, embedding={**embedding, "model": "text-embedding-9"}))


def test_a_key_that_the_provider_refuses_is_the_cause(folder: Path, providers: str) -> None:
    session = Session(secretsmanager=Secrets('{"api_key": "sk-wrong-0000"}'))
    with pytest.raises(Complaint) as raised:
        model_names(context(folder, providers, session=session, **answer()))
    assert raised.value.name == "key-refused"
    assert "sk-wrong" not in raised.value.cause


@pytest.mark.parametrize(("text", "url"), [("no json " + KEY, ""), ("{}", ""), (f'{{"api_key": "{KEY}"}}', "closed")])
def test_a_list_that_is_not_to_be_had_could_not_be_checked(folder: Path, providers: str, text: str, url: str) -> None:
    case = context(folder, "http://127.0.0.1:9" if url else providers, session=Session(secretsmanager=Secrets(text)))
    (folder / "dev.yaml").write_text(yaml.safe_dump({"region": "us-east-1", "search": SEARCH, **answer()}))
    with pytest.raises(Skipped, match="not checked") as raised:
        model_names(case)
    assert KEY not in str(raised.value)


def summary(model: str, ends: datetime | None = None) -> dict[str, Any]:
    lifecycle = {"status": "LEGACY", "endOfLifeTime": ends} if ends else {"status": "ACTIVE"}
    return {"modelArn": f"{ARN}{model}", "modelId": model, "modelLifecycle": lifecycle}


def profile(name: str) -> dict[str, Any]:
    arn = f"arn:aws:bedrock:us-east-1:111122223333:inference-profile/{name}"
    said = {"inferenceProfileName": name, "inferenceProfileArn": arn, "inferenceProfileId": name}
    return {**said, "models": [{"modelArn": f"{ARN}deepseek.r1-v1:0"}], "status": "ACTIVE", "type": "SYSTEM_DEFINED"}


def test_bedrock_is_asked_for_its_models_and_profiles(folder: Path) -> None:
    with stubbed("bedrock") as (client, stub):
        for _ in range(2):
            stub.add_response("list_foundation_models", {"modelSummaries": [summary("amazon.titan-embed-text-v2:0")]})
        stub.add_response("list_inference_profiles", {"inferenceProfileSummaries": [profile("us.deepseek.r1-v1:0")]})
        case = context(folder, session=Session(bedrock=client), recipe="deepseek-bedrock", answer={})
        assert model_names(case) == (
            "Bedrock in us-east-1 has amazon.titan-embed-text-v2:0, Bedrock in us-east-1 has us.deepseek.r1-v1:0"
        )


def test_a_model_that_bedrock_does_not_have_is_a_note(folder: Path) -> None:
    with stubbed("bedrock") as (client, stub):
        stub.add_response("list_foundation_models", {"modelSummaries": [summary("amazon.titan-embed-text-v1")]})
        with pytest.raises(Noted) as noted:
            model_names(context(folder, session=Session(bedrock=client)))
    assert noted.value.complaint.name == "model-unknown"
    assert "similar models: amazon.titan-embed-text-v1" in noted.value.complaint.cause


def test_a_profile_that_bedrock_does_not_have_is_a_note(folder: Path) -> None:
    with stubbed("bedrock") as (client, stub):
        stub.add_response("list_foundation_models", {"modelSummaries": []})
        stub.add_response("list_inference_profiles", {"inferenceProfileSummaries": []})
        session = Session(bedrock=client)
        with pytest.raises(Noted, match=r"us\.deepseek\.r1-v1:0"):
            model_names(context(folder, session=session, recipe="deepseek-bedrock", answer={}, embedding=FOUND))


@pytest.mark.parametrize(("today", "reported"), [(date(2026, 11, 8), False), (date(2026, 11, 9), True)])
def test_an_end_of_life_on_bedrock_is_reported_sixty_days_before(folder: Path, today: date, reported: bool) -> None:
    with stubbed("bedrock") as (client, stub):
        listed = [summary("amazon.titan-embed-text-v2:0", SOON)]
        stub.add_response("list_foundation_models", {"modelSummaries": listed})
        case = context(folder, session=Session(bedrock=client), today=today)
        if not reported:
            assert model_names(case)
            return
        with pytest.raises(Noted, match=r"end of life is 2027-01-08 \(source: Bedrock in us-east-1\)") as noted:
            model_names(case)
    assert noted.value.complaint.name == "end-of-life"


def test_without_permission_to_list_models_the_check_is_skipped(folder: Path) -> None:
    with stubbed("bedrock") as (client, stub):
        stub.add_client_error("list_foundation_models", "AccessDeniedException")
        with pytest.raises(Skipped, match=r"not checked.*AccessDenied"):
            model_names(context(folder, session=Session(bedrock=client)))


def test_models_of_ones_own_endpoint_are_listed_by_nobody(folder: Path) -> None:
    with pytest.raises(Skipped, match="no provider has a list"):
        model_names(context(folder, embedding=FOUND))


OPENAI = {"model": "gpt-4o-mini", "endpoint": "api.openai.com", "secret": SECRET}


@pytest.mark.parametrize(
    ("settings", "about"),
    [
        (answer(model="deepseek-chat"), "answer.model is 'deepseek-chat', whose end of life is 2026-07-24"),
        ({"recipe": "openai-chat", "answer": OPENAI}, "answer.model is 'gpt-4o-mini', whose end of life is 2027-01-14"),
        (
            {"recipe": "bedrock-converse", "answer": {"model": "us.anthropic.claude-opus-4-1-20250805-v1:0"}},
            "answer.model is 'anthropic.claude-opus-4-1-20250805-v1:0', whose end of life is 2027-01-08",
        ),
        ({"recipe": "deepseek-sagemaker"}, "answer.container is 'tgi', whose end of life is 2026-03-21"),
    ],
)
def test_what_ends_within_sixty_days_or_has_ended_is_a_note(folder: Path, settings: dict[str, Any], about: str) -> None:
    with pytest.raises(Noted, match="https://") as noted:
        end_of_life(context(folder, **settings))
    assert noted.value.complaint.name == "end-of-life"
    assert about in noted.value.complaint.cause


@pytest.mark.parametrize(
    "settings",
    [
        answer(),
        {"recipe": "openai-chat", "answer": {**OPENAI, "endpoint": "gateway.example.com"}},
        {"recipe": "deepseek-sagemaker", "answer": {"endpoint": "r1"}},
        {"recipe": "deepseek-bedrock"},
    ],
)
def test_what_ends_later_or_is_served_by_others_is_none(folder: Path, settings: dict[str, Any]) -> None:
    assert end_of_life(context(folder, **settings)) == "nothing reaches its end of life before 2029-06-30"


@pytest.mark.parametrize(("today", "reported"), [(date(2029, 4, 30), False), (date(2029, 5, 1), True)])
def test_the_end_of_the_runtime_is_reported_sixty_days_before(folder: Path, today: date, reported: bool) -> None:
    case = context(folder, today=today)
    if not reported:
        assert end_of_life(case)
        return
    with pytest.raises(Noted, match=r"python3\.13"):
        end_of_life(case)


def test_an_engine_version_ends_when_amazon_says_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ends = {"OpenSearch_3.3": EndOfLife(DAY, "https://docs.aws.amazon.com")}
    monkeypatch.setattr("settings.engine_ends.ENDS", ends)
    search = {**SEARCH, "engine_version": "OpenSearch_3.3"}
    with pytest.raises(Noted, match=r"search\.engine_version is 'OpenSearch_3\.3'"):
        end_of_life(context(folder, search=search))


def test_what_ships_with_osml_has_no_model_that_ends() -> None:
    directory = Path(__file__).resolve().parents[2] / "environments"
    for file in directory.glob("*.yaml"):
        ends = endings(load(file.stem, directory))
        assert [item.name for item in ends] == [runtime.RUNTIME], file.name
