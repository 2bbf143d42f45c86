"""Whom network and data access policies admit, and which documents are valid policies."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.cloud import collection_policies as rules
from sandbox.front.collection.policy import covers, permits, reachable
from sandbox.front.collection.record import DataPolicy

ROLE = "arn:aws:iam::000000000000:role/reader"
SESSION = "arn:aws:sts::000000000000:assumed-role/reader/one"
READ, WRITE = "aoss:ReadDocument", "aoss:WriteDocument"


def rule(kind: str, *resources: str, **more: Any) -> dict[str, Any]:
    return {"ResourceType": kind, "Resource": list(resources), **more}


def grant(*permissions: str, principal: str = ROLE, resource: str = "index/a/*", age: float = 60) -> DataPolicy:
    return DataPolicy(
        [{"Rules": [rule("index", resource, Permission=list(permissions))], "Principal": [principal]}], age
    )


COVERED = [
    ("index/a/*", "index/a/b", True),
    ("index/a/*", "index/a/*", True),
    ("index/a/b*", "index/a/bcd", True),
    ("index/a/b*", "index/a/b*", True),
    ("index/a/b*", "index/a/*", False),
    ("index/a/b", "index/a/b*", False),
    ("index/a/b", "index/a/bc", False),
    ("index/a*/b", "index/abc/b", True),
    ("index/*", "index/a/b", False),
    ("index/*/*", "index/a/b", True),
    ("index/a/*", "index/a/b/c", False),
    ("index/a/b.c", "index/a/bxc", False),
    ("collection/a*", "collection/ab", True),
]


@pytest.mark.parametrize(("pattern", "resource", "expected"), COVERED)
def test_a_pattern_covers_names_and_narrower_expressions(pattern: str, resource: str, expected: bool) -> None:
    assert covers(pattern, resource) is expected


@pytest.mark.parametrize("principal", [ROLE, SESSION])
def test_a_role_and_its_session_are_principals(principal: str) -> None:
    assert permits([grant(READ, principal=principal)], {ROLE, SESSION}, "index/a/b", READ)
    assert not permits([grant(READ, principal=principal)], {"arn:aws:iam::000000000000:role/other"}, "index/a/b", READ)


def test_a_permission_is_granted_by_name_or_with_all_others() -> None:
    assert permits([grant(WRITE), grant(READ)], {ROLE}, "index/a/b", READ)
    assert permits([grant("aoss:*")], {ROLE}, "index/a/b", READ)
    assert not permits([grant(WRITE)], {ROLE}, "index/a/b", READ)
    assert not permits([grant("aoss:*", resource="index/b/*")], {ROLE}, "index/a/b", READ)


def test_principal_and_permission_must_stand_in_one_statement() -> None:
    mixed = DataPolicy(
        [
            {"Rules": [rule("index", "index/a/*", Permission=[READ])], "Principal": [SESSION]},
            {"Rules": [rule("index", "index/a/*", Permission=[WRITE])], "Principal": [ROLE]},
        ],
        60,
    )
    assert not permits([mixed], {ROLE}, "index/a/b", READ)


def test_a_policy_is_honoured_once_it_is_old_enough() -> None:
    assert not permits([grant(READ, age=9.9)], {ROLE}, "index/a/b", READ, young=10)
    assert permits([grant(READ, age=10)], {ROLE}, "index/a/b", READ, young=10)


def test_the_network_is_open_to_the_public_or_to_an_endpoint_that_exists() -> None:
    public = [{"Rules": [rule("collection", "collection/a*")], "AllowFromPublic": True}]
    private = [{"Rules": [rule("collection", "collection/a")], "SourceVPCEs": ["vpce-1"]}]
    dashboard = [{"Rules": [rule("dashboard", "collection/a")], "AllowFromPublic": True}]
    assert reachable([public], "ab", set())
    assert not reachable([public], "b", set())
    assert reachable([private], "a", {"vpce-1"})
    assert not reachable([private], "a", {"vpce-2"})
    assert not reachable([dashboard], "a", set())


ENCRYPTION = {"Rules": [rule("collection", "collection/a")], "AWSOwnedKey": True}
NETWORK = {
    "Rules": [rule("collection", "collection/a"), rule("dashboard", "collection/a")],
    "AllowFromPublic": True,
}
DATA = {"Rules": [rule("index", "index/a/*", Permission=[READ])], "Principal": [ROLE], "Description": "x"}


def test_well_formed_documents_pass() -> None:
    """A check returns nothing, and raises what BROKEN_DATA and its siblings list."""
    rules.check_encryption(ENCRYPTION, {"other": {"Rules": [rule("collection", "collection/b")]}})
    rules.check_encryption({"Rules": [rule("collection", "collection/a*")], "KmsARN": "arn:aws:kms:x"}, {})
    rules.check_network([NETWORK, {"Rules": NETWORK["Rules"], "SourceVPCEs": ["vpce-1"]}])
    principals = ["saml/000000000000/provider/group/authors", SESSION, "arn:aws:iam::000000000000:user/a"]
    rules.check_data([DATA | {"Principal": principals}])
    rules.check_retention({"Rules": [rule("index", "index/a/*", MinIndexRetention="1d")]})


BROKEN_DATA = [
    ({}, "the policy must be a list"),
    ([], "the policy must be a list"),
    ([DATA | {"Principal": []}], "Principal must be a list"),
    ([DATA | {"Principal": ["*"]}], "is no IAM, SAML or IAM Identity Center identity"),
    ([DATA | {"Principal": ["arn:aws:iam::000000000000:role/*"]}], "is no IAM"),
    ([DATA | {"Rules": [rule("index", "index/a", Permission=[READ])]}], "'index/a' does not name"),
    ([DATA | {"Rules": [rule("index", "collection/a", Permission=[READ])]}], "'collection/a' does not name"),
    ([DATA | {"Rules": [rule("table", "index/a/*", Permission=[READ])]}], "ResourceType 'table'"),
    ([DATA | {"Rules": [rule("index", "index/a/*", Permission=["aoss:Read"])]}], "'aoss:Read' is none"),
    ([DATA | {"Rules": [rule("index", "index/a/*")]}], "Permission must be a list"),
    ([DATA | {"Effect": "Allow"}], "Effect is not among them"),
]


@pytest.mark.parametrize(("document", "sentence"), BROKEN_DATA)
def test_an_invalid_data_policy_is_refused_with_its_reason(document: Any, sentence: str) -> None:
    with pytest.raises(rules.InvalidPolicy, match=r"^Policy json is invalid, error: \[.*\]$") as raised:
        rules.check_data(document)
    assert sentence in str(raised.value)


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ([{"Rules": NETWORK["Rules"]}], "either AllowFromPublic: true, or SourceVPCEs"),
        ([NETWORK | {"SourceVPCEs": ["vpce-1"]}], "either AllowFromPublic: true, or SourceVPCEs"),
        ([NETWORK | {"AllowFromPublic": "true"}], "must be a boolean"),
        ([NETWORK | {"Rules": [rule("dashboard", "dashboard/a")]}], "'dashboard/a' does not name"),
        (NETWORK, "the policy must be a list"),
    ],
)
def test_an_invalid_network_policy_is_refused_with_its_reason(document: Any, sentence: str) -> None:
    with pytest.raises(rules.InvalidPolicy) as raised:
        rules.check_network(document)
    assert sentence in str(raised.value)


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ([ENCRYPTION], "An encryption policy is an object"),
        (ENCRYPTION | {"KmsARN": "arn:aws:kms:x"}, "exactly one of AWSOwnedKey"),
        (ENCRYPTION | {"AWSOwnedKey": False}, "exactly one of AWSOwnedKey"),
        (ENCRYPTION | {"Rules": [rule("index", "index/a/*")]}, "ResourceType 'index'"),
        (ENCRYPTION | {"Rules": [rule("collection", "collection/taken")]}, "is in the encryption policy other already"),
    ],
)
def test_an_encryption_policy_that_is_none_says_why(document: Any, sentence: str) -> None:
    with pytest.raises(rules.InvalidPolicy) as raised:
        rules.check_encryption(document, {"other": {"Rules": [rule("collection", "collection/taken")]}})
    assert sentence in str(raised.value)
