"""External errors become sentences; the cause and the hint come last."""

from typing import Any

import pytest

from mlcommons import Client, HttpTransport, MockTransport, Patience, Request, Response, errors
from mlcommons.errors import NotFound, ProvisioningError, Unreachable
from mlcommons.translation import error_of


def _engine(reason: str, status: int) -> Response:
    error = {"root_cause": [], "type": "status_exception", "reason": reason}
    return Response(status, {"error": error, "status": status})


PASS_ROLE = "User: arn:aws:sts::1:assumed-role/p/s is not authorized to perform: iam:PassRole on resource: arn:r"
# Two connectors made at the same moment in a new cluster (3.4) cause it.
NO_KEY_YET = "The ML encryption master key has not been initialized yet. Please retry after waiting for 10 seconds."
UNMAPPED = "no permissions for [cluster:admin/x] and User [name=arn:a, backend_roles=[arn:a], requestedTenant=null]"


@pytest.mark.parametrize(
    ("answer", "kind", "hint"),
    [
        (Response(403, {"message": PASS_ROLE}), errors.PermissionMissing, "iam:PassRole on the connector role."),
        (_engine(UNMAPPED, 403), errors.PermissionMissing, "Map the signing role's ARN"),
        (Response(403, {"Message": "Forbidden"}), errors.PermissionMissing, "IAM policy on the domain"),
        (
            _engine("Connector URL is not matching the trusted connector endpoint regex", 400),
            errors.Rejected,
            "Custom::MlTrustedEndpoints",
        ),
        (_engine("The secret's JSON has no key my_key", 400), errors.Rejected, "credential.secretArn"),
        (
            _engine('Error from remote service: {"error":{"message":"Authentication Fails"}}', 401),
            errors.PermissionMissing,
            "The provider does not accept the key",
        ),
        (_engine("Error from remote service: Invalid or expired token", 400), errors.Rejected, "accept the key"),
        (_engine("Error from remote service: invalid x-api-key", 400), errors.Rejected, "accept the key"),
        (_engine("Error from remote service: Endpoint x not found", 404), errors.Rejected, "this endpoint"),
        (_engine("No response from model", 400), errors.Rejected, "See its log"),
        (_engine(NO_KEY_YET, 404), errors.EngineFailed, ""),
        (_engine("boom", 500), errors.EngineFailed, ""),
        (_engine("sequence conflict", 409), errors.Conflict, ""),
        (_engine("slow down", 429), errors.EngineThrottled, ""),
    ],
)
def test_known_causes_have_their_own_hint(answer: Response, kind: type[ProvisioningError], hint: str) -> None:
    error = error_of("POST /x", answer)
    assert type(error) is kind
    assert hint in str(error)
    assert not hint or hint in str(error)[-100:]


@pytest.mark.parametrize("reason", ["Invalid JSON: unexpected token", "invalid field [x] in model 7-key-token"])
def test_what_is_invalid_is_not_always_the_key(reason: str) -> None:
    error = error_of("POST /x", _engine(reason, 400))
    assert error.cause != "key-refused"
    assert "key in the secret" not in str(error)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"error": {"type": "status_exception", "reason": "Failed to find connector"}, "status": 404},
        {"status": "NOT_FOUND", "message": "rolesmapping 'x' not found"},
    ],
)
def test_the_engines_404_is_about_the_object(body: Any) -> None:
    assert type(error_of("GET /x", Response(404, body))) is NotFound


@pytest.mark.parametrize(
    "body",
    [
        "<html>404</html>",
        "",
        None,
        {"message": "Not Found"},
        {"error": {"reason": "Error from remote service: no such endpoint"}, "status": 404},
        {"__type": "ResourceNotFoundException"},
    ],
)
def test_any_other_404_never_means_gone(body: Any) -> None:
    client = Client(MockTransport(lambda _: Response(404, body)))
    with pytest.raises(ProvisioningError) as failure:
        client.find("/x")
    assert not isinstance(failure.value, NotFound)


def test_a_page_instead_of_json_is_not_the_engine() -> None:
    client = Client(MockTransport(lambda _: Response(200, "<html>welcome</html>")))
    with pytest.raises(Unreachable, match="Check that OpenSearch has this address"):
        client.get("/x")


def test_a_lacking_permission_stands_before_the_long_name_of_a_session() -> None:
    names = (
        "osml-sandbox-search-ProvisionerRole7635C4EC-B1E181CE3E11A",
        "osml-sandbox-search-ProvisionerFunctionAADCAA3B",
    )
    session = "/".join(names)
    caller = f"arn:aws:sts::111122223333:assumed-role/{session}"
    body = {"Message": f"User: {caller} is not authorized to perform: es:ESHttpPut because no identity-based policy"}
    error = error_of("PUT /_plugins/_security/api/rolesmapping/ml_full_access", Response(403, body))
    assert "es:ESHttpPut is not allowed to osml-sandbox-search-ProvisionerRole" in str(error)
    assert str(error).endswith("Allow the signing role this action on the domain.")


def test_a_sentence_is_whole_and_ends_with_its_hint() -> None:
    error = ProvisioningError("Trying a thing", "long " * 200, "Do this.")
    assert str(error) == f"Trying a thing: {('long ' * 200).strip()}. Do this."


@pytest.mark.parametrize("secret", ["sk-abcdef123456", "AKIAIOSFODNN7EXAMPLE", "eyJhbGciOi.token"])
def test_keys_that_a_provider_echoes_are_hidden(secret: str) -> None:
    error = error_of("Probing", _engine(f"Error from remote service: Bearer {secret} is invalid: {secret}", 401))
    assert secret not in str(error).split("is invalid")[0]
    if not secret.startswith("eyJ"):
        assert secret not in error.reason


def test_a_query_is_quoted_as_it_is_signed() -> None:
    request = Request("GET", "/_x", {"expand": "a b+c:d,e*"})
    assert request.target == "/_x?expand=a%20b%2Bc%3Ad%2Ce%2A"


@pytest.mark.parametrize(
    ("endpoint", "hint"),
    [
        ("https://127.0.0.1:9", "Nothing listens there"),
        ("https://no-such-domain.invalid", "The name is unknown"),
    ],
)
def test_an_engine_that_is_not_there(endpoint: str, hint: str) -> None:
    client = Client(HttpTransport(endpoint), Patience(sleep=lambda _: None))
    with pytest.raises(Unreachable, match=hint):
        client.get("/")
