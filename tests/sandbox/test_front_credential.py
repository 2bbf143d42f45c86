from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.front.authority import DescribedDomain, Signer
from sandbox.front.credential import CredentialDesk
from sandbox.front.ledger import Ledger, LedgerRole
from sandbox.front.refusal import AccessDenied, Refusal, SecretMissing, WrongCredential

DOMAIN = DescribedDomain("arn:aws:es:us-east-1:1:domain/d", "d", "000000000000", "us-east-1", None, None, None, None)
SECRET = "arn:aws:secretsmanager:us-east-1:000000000000:secret:key-AbCdEf"
READ = (("secretsmanager:GetSecretValue", SECRET), ("secretsmanager:DescribeSecret", SECRET))


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


@pytest.fixture
def role(ledger: Ledger) -> LedgerRole:
    return ledger.write_role("connector", *READ, services=("es.amazonaws.com",))


@pytest.fixture
def root(ledger: Ledger) -> Signer:
    return ledger.credential("test", None).caller


def _sigv4(role: LedgerRole, **credential: Any) -> dict[str, Any]:
    return {"protocol": "aws_sigv4", "credential": {"roleArn": role.arn, **credential}}


def _http(role: LedgerRole, header: str = "Bearer ${credential.secretArn.api_key}") -> dict[str, Any]:
    credential = {"roleArn": role.arn, "secretArn": SECRET}
    return {"protocol": "http", "credential": credential, "actions": [{"headers": {"Authorization": header}}]}


def test_a_role_becomes_keys_of_its_session(ledger: Ledger, role: LedgerRole, root: Signer) -> None:
    credential = CredentialDesk(ledger, 0).resolve(_sigv4(role, note="kept"), root, DOMAIN)
    assert credential is not None
    assert set(credential) == {"access_key", "secret_key", "session_token", "note"}
    owner = ledger.credential(credential["access_key"], credential["session_token"])
    assert owner.secret_key == credential["secret_key"]
    assert owner.caller.principal_arn == role.arn


def test_a_secret_becomes_one_credential_for_each_key(ledger: Ledger, role: LedgerRole, root: Signer) -> None:
    ledger.secrets[SECRET] = json.dumps({"api_key": "k", "port": 1})
    credential = CredentialDesk(ledger, 0).resolve(_http(role), root, DOMAIN)
    assert credential == {"roleArn": role.arn, "secretArn.api_key": "k", "secretArn.port": "1"}


@pytest.mark.parametrize("credential", [{"access_key": "a", "secret_key": "s"}, {"openAI_key": "k"}])
def test_keys_without_a_role_pass_unchanged(ledger: Ledger, root: Signer, credential: dict[str, str]) -> None:
    connector = {"protocol": "http", "credential": credential}
    assert CredentialDesk(ledger, 0).resolve(connector, None, DOMAIN) == credential


def test_an_update_without_credentials_brings_none(ledger: Ledger) -> None:
    assert CredentialDesk(ledger, 0).resolve({"name": "x"}, None, DOMAIN) is None


def test_anonymous_passes_no_role(ledger: Ledger, role: LedgerRole) -> None:
    with pytest.raises(AccessDenied, match="User: anonymous is not authorized to perform: iam:PassRole"):
        CredentialDesk(ledger, 0).resolve(_sigv4(role), None, DOMAIN)


def test_a_young_role_is_refused_until_it_is_known(ledger: Ledger, role: LedgerRole, root: Signer) -> None:
    desk = CredentialDesk(ledger, 10)
    with pytest.raises(AccessDenied, match="was written 0 s ago and is not known yet"):
        desk.resolve(_sigv4(role), root, DOMAIN)
    role.written -= 11
    assert desk.resolve(_sigv4(role), root, DOMAIN) is not None


def _refused(ledger: Ledger, connector: dict[str, Any], root: Signer) -> Refusal:
    with pytest.raises(Refusal) as refused:
        CredentialDesk(ledger, 0).resolve(connector, root, DOMAIN)
    return refused.value


@pytest.mark.parametrize("value", ['"a bare value"', "not json at all", "[1]"])
def test_a_secret_that_is_not_an_object_is_refused_without_its_value(
    ledger: Ledger, role: LedgerRole, root: Signer, value: str
) -> None:
    ledger.secrets[SECRET] = value
    refusal = _refused(ledger, _http(role), root)
    assert isinstance(refusal, WrongCredential)
    assert SECRET in str(refusal)
    assert value not in str(refusal)
    assert refusal.__cause__ is None
    assert refusal.__context__ is None


def test_a_key_that_the_secret_has_not_is_named(ledger: Ledger, role: LedgerRole, root: Signer) -> None:
    ledger.secrets[SECRET] = json.dumps({"api_key": "the value"})
    refusal = _refused(ledger, _http(role, "Bearer ${credential.secretArn.other}"), root)
    assert refusal.status == 400
    assert "has no key 'other'" in str(refusal)
    assert SECRET in str(refusal)
    assert "the value" not in str(refusal)


def test_a_secret_that_is_missing_is_named(ledger: Ledger, role: LedgerRole, root: Signer) -> None:
    refusal = _refused(ledger, _http(role), root)
    assert isinstance(refusal, SecretMissing)
    assert (refusal.status, SECRET in str(refusal)) == (400, True)


@pytest.mark.parametrize("lacking", READ)
def test_the_role_must_read_and_describe_the_secret(
    ledger: Ledger, role: LedgerRole, root: Signer, lacking: tuple[str, str]
) -> None:
    ledger.secrets[SECRET] = json.dumps({"api_key": "the value"})
    role.grants.remove(lacking)
    refusal = _refused(ledger, _http(role), root)
    assert isinstance(refusal, AccessDenied)
    assert f"{lacking[0]} on resource: {SECRET}" in str(refusal)
    assert "the value" not in str(refusal)


def test_a_secret_needs_a_role(ledger: Ledger, root: Signer) -> None:
    refusal = _refused(ledger, {"protocol": "http", "credential": {"secretArn": SECRET}}, root)
    assert "needs credential.roleArn" in str(refusal)


def test_a_role_of_another_account_is_refused(ledger: Ledger, role: LedgerRole, root: Signer) -> None:
    refusal = _refused(ledger, _sigv4(role, externalAccountRoleArn="arn:aws:iam::2:role/x"), root)
    assert isinstance(refusal, WrongCredential)


def test_no_repr_shows_a_secret(ledger: Ledger, role: LedgerRole) -> None:
    keys = ledger.session(role.arn)
    shown = repr(keys) + repr(ledger.credential(keys.access_key, keys.session_token))
    assert keys.secret_key not in shown
    assert keys.session_token not in shown
