"""How the provisioner signs in: as itself, as a role, or with a name and a password; and what it never reveals."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Iterator
from hashlib import sha256
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
import requests
from botocore.stub import Stubber

from aws.secret_values import secret_value
from aws.sign_in import sign_in
from mlcommons import Patience
from mlcommons.errors import InvalidSpec, PermissionMissing

SECRET = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:own/login-AbCdEf"
ROLE = "arn:aws:iam::111122223333:role/SearchAdmin"
TARGET = {"endpoint": "https://d.example.com", "region": "us-east-1", "service": "es"}
HUSH = "hush-hush"
Stub = Callable[[str], Stubber]


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stub]:
    """botocore's stubbed client of a service, which replaces every client of that service."""
    made: dict[str, tuple[Any, Stubber]] = {}
    real = boto3.client
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDOWN")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "own")

    def get(service: str) -> Stubber:
        if service not in made:
            client: Any = real(service, region_name="us-east-1")  # type: ignore[call-overload]
            made[service] = (client, Stubber(client))
            made[service][1].activate()
        return made[service][1]

    def client(service: str, region_name: str, config: Any) -> Any:
        clients.append((service, region_name))
        get(service)
        return made[service][0]

    clients: list[tuple[str, str]] = []
    monkeypatch.setattr(boto3, "client", client)
    yield get
    for _, stubber in made.values():
        stubber.assert_no_pending_responses()
    assert all(region == "eu-west-1" for service, region in clients if service == "secretsmanager")


def patience(propagation: float) -> Patience:
    clock = SimpleNamespace(now=0.0)

    def sleep(seconds: float) -> None:
        clock.now += seconds

    return Patience(60.0, propagation, clock=lambda: clock.now, sleep=sleep, jitter=lambda: 1.0)


def header(auth: requests.auth.AuthBase) -> str:
    """The Authorization header of a request."""
    request = requests.Request("GET", "https://d.example.com/", auth=auth).prepare()
    authorization = request.headers["Authorization"]
    return authorization.decode() if isinstance(authorization, bytes) else authorization


def test_without_more_it_signs_as_itself(stub: Stub) -> None:
    assert "Credential=AKIDOWN/" in header(sign_in(TARGET, patience(0)))


@pytest.mark.parametrize("body", [None, b'{"mappings": {}}'])
def test_a_collection_is_told_the_hash_of_the_body_and_it_is_signed(stub: Stub, body: bytes | None) -> None:
    auth = sign_in({**TARGET, "service": "aoss"}, patience(0))
    request = requests.Request("PUT", "https://c.us-east-1.aoss.amazonaws.com/passages", data=body, auth=auth).prepare()
    assert request.headers["x-amz-content-sha256"] == sha256(body or b"").hexdigest()
    assert "/us-east-1/aoss/aws4_request" in request.headers["Authorization"]
    assert "x-amz-content-sha256" in request.headers["Authorization"].partition("SignedHeaders=")[2].partition(",")[0]


def test_a_login_is_read_from_its_secret(stub: Stub) -> None:
    for _ in range(2):
        stub("secretsmanager").add_response(
            "get_secret_value", {"SecretString": json.dumps({"user": "ømer", "pass": HUSH})}, {"SecretId": SECRET}
        )
    basic = {"secretArn": SECRET, "username": "user", "password": "pass"}
    assert header(sign_in({**TARGET, "auth": {"basic": basic}}, patience(0))) == (
        f"Basic {b64encode(f'ømer:{HUSH}'.encode()).decode()}"
    )


def test_a_role_is_asked_for_again_while_iam_spreads_the_permission(stub: Stub) -> None:
    keys = {
        "AccessKeyId": "AKIDTAKENTAKENTAKEN",
        "SecretAccessKey": "s",
        "SessionToken": "t",
        "Expiration": "2030-01-01T00:00:00Z",
    }
    stub("sts").add_client_error("assume_role", "AccessDenied", "not yet")
    stub("sts").add_response("assume_role", {"Credentials": keys})
    assert "Credential=AKIDTAKENTAKENTAKEN/" in header(sign_in({**TARGET, "role": ROLE}, patience(20)))


def test_a_role_that_does_not_trust_us_is_one_sentence(stub: Stub) -> None:
    stub("sts").add_client_error("assume_role", "AccessDenied", "no")
    with pytest.raises(PermissionMissing) as caught:
        sign_in({**TARGET, "role": ROLE}, patience(0))
    assert str(caught.value) == (f"Assuming the role {ROLE}: AccessDenied. Its trust policy must name the provisioner.")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (json.dumps({"other": HUSH}), "it has no string under the key 'pass'. Add the key to the secret."),
        (json.dumps({"pass": 1, "other": HUSH}), "it has no string under the key 'pass'. Add the key to the secret."),
        (f'{{"pass": "{HUSH}', "it has no string under the key 'pass'. Add the key to the secret."),
        (json.dumps([HUSH]), "it has no string under the key 'pass'. Add the key to the secret."),
    ],
)
def test_a_secret_that_is_not_as_expected_is_not_repeated(stub: Stub, text: str, sentence: str) -> None:
    stub("secretsmanager").add_response("get_secret_value", {"SecretString": text})
    with pytest.raises(InvalidSpec) as caught:
        secret_value(SECRET, "pass")
    assert str(caught.value) == f"Reading the secret {SECRET}: {sentence}"
    error: BaseException | None = caught.value
    while error:
        assert HUSH not in repr(error)
        error = error.__cause__ or error.__context__


@pytest.mark.parametrize(
    ("code", "kind"), [("ResourceNotFoundException", InvalidSpec), ("AccessDeniedException", PermissionMissing)]
)
def test_a_secret_that_cannot_be_had(stub: Stub, code: str, kind: type[Exception]) -> None:
    stub("secretsmanager").add_client_error("get_secret_value", code, "no")
    with pytest.raises(kind, match="Reading the secret arn:aws:secretsmanager:eu-west-1"):
        secret_value(SECRET, "pass")
