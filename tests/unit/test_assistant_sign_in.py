"""Signing in to the search engine, and secrets."""

import pytest
from requests import Request

from rag.budget import Budget
from rag.failures import AssistantRefused, RagFailure
from rag.secret import StoredSecret
from rag.sign_in import sign_in
from settings.runtime_settings import RuntimeSearch

ARN = "arn:aws:secretsmanager:us-east-1:000000000000:secret:login"


class Manager:
    """Secrets Manager with one secret."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.reads = 0

    def get_secret_value(self, *, SecretId: str) -> dict[str, str]:
        self.reads += 1
        return {"SecretString": self._text}


LOGIN = {"secretArn": ARN, "username": "name", "password": "word"}


def search(**more: object) -> RuntimeSearch:
    given = {"endpoint": "https://127.0.0.1:1", "region": "eu-west-1", "service": "aoss", **more}
    return RuntimeSearch.model_validate(given)


def test_a_collection_gets_the_hash_of_the_body_and_the_functions_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("ACCESS_KEY_ID", "AKID"), ("SECRET_ACCESS_KEY", "secret"), ("SESSION_TOKEN", "token")):
        monkeypatch.setenv(f"AWS_{name}", value)
    sent = Request("POST", "https://host/i/_search", json={}, auth=sign_in(search())).prepare()
    assert len(sent.headers["x-amz-content-sha256"]) == 64
    assert "/eu-west-1/aoss/aws4_request" in sent.headers["Authorization"]
    assert "x-amz-content-sha256" in sent.headers["Authorization"]
    assert sent.headers["x-amz-security-token"] == "token"


def test_missing_keys_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    with pytest.raises(AssistantRefused, match="AWS_ACCESS_KEY_ID"):
        sign_in(search())


def test_an_engine_of_ones_own_gets_name_and_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.secret.SignedSecretsManager", lambda *_: Manager('{"name": "osml", "word": "pä:ss"}'))
    sent = Request("GET", "https://host/", auth=sign_in(search(service="es", login=LOGIN))).prepare()
    assert sent.headers["Authorization"].startswith("Basic ")


@pytest.mark.parametrize(
    "text", ["", "not json {hunter2", '["hunter2"]', '{"other": "hunter2"}', '{"key": 7}', '{"key": ""}']
)
def test_a_secret_without_the_key_shows_nothing_of_itself(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("rag.secret.SignedSecretsManager", lambda *_: Manager(text))
    with pytest.raises(RagFailure, match="osml secret set") as raised:
        StoredSecret(ARN).value("key", Budget(5))
    assert "hunter2" not in f"{raised.value} {raised.value.said}"
    assert ARN not in str(raised.value)


def test_a_secret_is_read_once_until_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    manager = Manager('{"key": "value"}')
    monkeypatch.setattr("rag.secret.SignedSecretsManager", lambda *_: manager)
    secret = StoredSecret(ARN)
    assert [secret.value("key", Budget(5)) for _ in range(3)] == ["value"] * 3
    assert manager.reads == 1
    secret.forget()
    assert secret.value("key", Budget(5)) == "value"
    assert manager.reads == 2
