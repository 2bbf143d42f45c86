"""The authorizer for tokens of another issuer: which tokens it accepts, and what functions learn about the caller."""

from __future__ import annotations

import base64
import hmac
import json
import ssl
import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

import authorize
import issuer_keys
from gateway.caller import caller
from rag.caller import OPERATORS
from rag.failures import Forbidden
from settings.assistant import Assistant
from settings.runtime_settings import RuntimeAccess
from tests.token_server import AUDIENCE, TokenServer
from tests.unit.edge_requests import Context

METHOD = "arn:aws:execute-api:us-east-1:111122223333:a1b2c3/dev/POST/ask"


@pytest.fixture(scope="module")
def private() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def issuer(private: rsa.RSAPrivateKey, monkeypatch: pytest.MonkeyPatch) -> Iterator[TokenServer]:
    made = TokenServer()
    made.add("one-key", private)
    with made.running() as running:
        monkeypatch.setenv("ISSUER", running.url)
        monkeypatch.setenv("AUDIENCE", AUDIENCE)
        monkeypatch.setenv("GROUPS", "roles")
        authorize.keys.cache_clear()
        yield running


def base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def encoded(part: dict[str, str]) -> str:
    return base64url(json.dumps(part).encode())


def authorized(token: str, scheme: str = "Bearer") -> dict[str, Any]:
    event = {"type": "TOKEN", "authorizationToken": f"{scheme} {token}", "methodArn": METHOD}
    return authorize.handler(event, None)


def test_a_token_of_the_issuer_lets_its_person_in_and_tells_their_groups(issuer: TokenServer) -> None:
    answer = authorized(issuer.token(roles=["hr", "board", "a,b"]))
    assert answer["principalId"] == "ada"
    (statement,) = answer["policyDocument"]["Statement"]
    assert statement["Resource"] == "arn:aws:execute-api:us-east-1:111122223333:a1b2c3/dev/*"
    context = {"authorizer": {"principalId": "ada", **answer["context"]}}
    access = RuntimeAccess.model_validate({"editors": ["board"], "groups": {"people": ["hr"]}})
    who = caller({"requestContext": context}, Context().invoked_function_arn, access)
    assert (who.id, who.role, who.groups) == ("ada", "editor", frozenset({"hr", "board", "a,b", "people"}))


@pytest.mark.parametrize(
    "name", ['"hr"', "'hr'", " hr", "hr\u00a0", "[hr", "hr]", "[hr]", '["hr"]', "x,hr", 'x","hr', "hr\n", "HR"]
)
def test_no_name_of_a_group_is_read_as_another_one(issuer: TokenServer, name: str) -> None:
    """Some issuers let people create groups, with any name."""
    for groups in (name, [name], ["x", name]):
        context = {"authorizer": authorized(issuer.token(roles=groups))["context"]}
        access = RuntimeAccess.model_validate({"owners": ["hr"], "groups": {"people": ["hr"]}})
        who = caller({"requestContext": context}, Context().invoked_function_arn, access)
        assert (who.role, who.groups) == ("reader", frozenset([groups] if isinstance(groups, str) else groups))


@pytest.mark.parametrize(("groups", "read"), [("hr,board", {"hr", "board"}), ("5", {"5"}), ("", set())])
def test_a_decision_that_api_gateway_has_kept_from_before_a_deploy_is_read(groups: str, read: set[str]) -> None:
    context = {"authorizer": {"sub": "ada", "groups": groups}}
    who = caller({"requestContext": context}, Context().invoked_function_arn, RuntimeAccess())
    assert who.groups == frozenset(read)


def test_nobody_is_the_operators(issuer: TokenServer) -> None:
    """Operators have no quota, share their conversations on a collection, and load documents that are trusted."""
    context = {"authorizer": authorized(issuer.token(sub=OPERATORS))["context"]}
    with pytest.raises(Forbidden, match=r"^The claim sub .*another one\.$"):
        caller({"requestContext": context}, Context().invoked_function_arn, RuntimeAccess())


def test_a_group_of_another_issuer_that_is_called_owner_makes_no_owner(issuer: TokenServer) -> None:
    context = {"authorizer": authorized(issuer.token(roles="owner"))["context"]}
    assert caller({"requestContext": context}, Context().invoked_function_arn, RuntimeAccess()).role == "reader"


def test_a_key_of_an_elliptic_curve_is_a_key(issuer: TokenServer) -> None:
    issuer.add("curve", ec.generate_private_key(ec.SECP256R1()))
    assert authorized(issuer.token("curve", "ES256"))["principalId"] == "ada"


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "api://other"},
        {"aud": None},
        {"iss": "https://elsewhere.example.com"},
        {"iss": None},
        {"exp": -3600},
        {"exp": None},
        {"nbf": 3600},
        {"sub": None},
    ],
    ids=lambda claims: ",".join(f"{name}={'' if value is None else value}" for name, value in claims.items()),
)
def test_a_token_that_is_not_for_here_or_not_for_now_is_refused(issuer: TokenServer, claims: dict[str, Any]) -> None:
    # Numbers are seconds from now, so that the parameters are the same in every process of a run.
    claims = {name: int(time.time()) + value if isinstance(value, int) else value for name, value in claims.items()}
    with pytest.raises(authorize.Unauthorized, match=r"^Unauthorized$"):
        authorized(issuer.token(**claims))


def test_a_forged_token_is_refused(issuer: TokenServer) -> None:
    true = issuer.token()
    head, claims, signature = true.split(".")
    unsigned = jwt.encode({"sub": "ada"}, "", algorithm="none", headers={"kid": "one-key"})
    # Signed without the library, which refuses to sign with a public key as a shared secret.
    signed = f"{encoded({'alg': 'HS256', 'kid': 'one-key'})}.{claims}"
    secret = json.dumps(issuer.published["keys"][0]).encode()
    shared = f"{signed}.{base64url(hmac.digest(secret, signed.encode(), 'sha256'))}"
    stranger = TokenServer(issuer.url, {"one-key": rsa.generate_private_key(public_exponent=65537, key_size=2048)})
    forged = [
        unsigned,
        shared,
        stranger.token(),
        f"{head}.{claims}.",
        f"{head}.{claims[:-2]}AA.{signature}",
        "x.y.z",
        "",
    ]
    for token in forged:
        with pytest.raises(authorize.Unauthorized):
            authorized(token)
    with pytest.raises(authorize.Unauthorized):
        authorized(true, scheme="Basic")
    assert authorized(true)["principalId"] == "ada"


def test_a_new_key_is_found_and_an_unknown_one_asks_the_issuer_once_a_minute(
    issuer: TokenServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    authorized(issuer.token())
    assert issuer.looks == 1
    issuer.add("next", ec.generate_private_key(ec.SECP256R1()))
    for _ in range(3):
        with pytest.raises(authorize.Unauthorized):
            authorized(issuer.token("next", "ES256"))
    assert issuer.looks == 1
    pass_time(monkeypatch, 61)
    assert authorized(issuer.token("next", "ES256"))["principalId"] == "ada"
    assert issuer.looks == 2


def pass_time(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    monotonic = time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: monotonic() + seconds)


def test_while_the_issuer_does_not_answer_its_keys_are_used_for_a_day(
    issuer: TokenServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, requested = issuer.token(exp=int(time.time()) + 200_000), list[str]()

    def refused(address: str, **_: Any) -> Any:
        requested.append(address)
        raise OSError("refused")

    assert authorized(token)["principalId"] == "ada"
    issuer.add("next", ec.generate_private_key(ec.SECP256R1()))
    with monkeypatch.context() as down:
        down.setattr("urllib.request.urlopen", refused)
        pass_time(down, issuer_keys.KEPT + 1)
        for _ in range(3):
            assert authorized(token)["principalId"] == "ada"
            with pytest.raises(authorize.Unauthorized):
                authorized(issuer.token("next", "ES256"))
        assert len(requested) == 1
        pass_time(down, issuer_keys.LONGEST)
        with pytest.raises(authorize.Unauthorized):
            authorized(token)
        assert len(requested) == 2
    pass_time(monkeypatch, 2 * issuer_keys.LONGEST)
    assert authorized(token)["principalId"] == "ada"


def test_the_first_token_reads_the_authorities_of_tls_once(
    issuer: TokenServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[ssl.SSLContext] = []
    create = ssl.create_default_context

    def noticed(*given: Any, **named: Any) -> ssl.SSLContext:
        made.append(create(*given, **named))
        return made[-1]

    monkeypatch.setattr(ssl, "create_default_context", noticed)
    monkeypatch.setattr(ssl, "_create_default_https_context", noticed)
    authorized(issuer.token())
    authorized(issuer.token())
    assert len(made) == 1


def test_an_issuer_that_does_not_answer_lets_nobody_in(issuer: TokenServer, monkeypatch: pytest.MonkeyPatch) -> None:
    token = issuer.token()
    monkeypatch.setenv("ISSUER", "http://127.0.0.1:9/tenant")
    authorize.keys.cache_clear()
    with pytest.raises(authorize.Unauthorized):
        authorized(token)


@pytest.mark.parametrize(
    ("assistant", "sentence"),
    [
        ({"sign_in": "jwt", "page": False}, "belong together"),
        ({"issuer": {"url": "https://a.example.com", "audience": "b"}}, "belong together"),
        (
            {"sign_in": "jwt", "issuer": {"url": "https://a.example.com", "audience": "b"}},
            "the page cannot sign in at another issuer",
        ),
    ],
)
def test_settings_that_do_not_fit_are_refused(assistant: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Assistant.model_validate(assistant)
