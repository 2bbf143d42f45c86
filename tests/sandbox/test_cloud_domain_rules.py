"""Domain settings that are refused, and the messages that a person reads."""

import json
from typing import Any

import pytest

from sandbox.cloud import domain_rules

ROLE = "arn:aws:iam::000000000000:role/provisioner"


def settings(**changes: Any) -> dict[str, Any]:
    """A domain with fine-grained access control that Amazon accepts."""
    return {
        "EngineVersion": "OpenSearch_2.17",
        "EncryptionAtRestOptions": {"Enabled": True},
        "NodeToNodeEncryptionOptions": {"Enabled": "true"},
        "DomainEndpointOptions": {"EnforceHTTPS": True},
        "AdvancedSecurityOptions": {"Enabled": True, "MasterUserOptions": {"MasterUserARN": ROLE}},
        **changes,
    }


def with_master(internal: bool, **master: str) -> dict[str, Any]:
    options = {"Enabled": True, "InternalUserDatabaseEnabled": internal, "MasterUserOptions": master}
    return settings(AdvancedSecurityOptions=options)


def open_policy(**statement: Any) -> dict[str, Any]:
    return {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "es:*", **statement}]}


@pytest.mark.parametrize(
    "accepted",
    [
        settings(),
        with_master(True, MasterUserName="admin", MasterUserPassword="Long-enough-1"),
        {"AccessPolicies": json.dumps(open_policy(Principal={"AWS": ROLE}))},
        {"AccessPolicies": open_policy(Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})},
        settings(AccessPolicies=open_policy()),
        {},
    ],
)
def test_accepts(accepted: dict[str, Any]) -> None:
    domain_rules.check(accepted, creating=True)
    assert accepted == json.loads(json.dumps(accepted))


@pytest.mark.parametrize(
    ("refused", "named"),
    [
        (settings(EncryptionAtRestOptions={"Enabled": False}), "EncryptionAtRestOptions.Enabled"),
        (settings(NodeToNodeEncryptionOptions=None), "NodeToNodeEncryptionOptions.Enabled"),
        (settings(DomainEndpointOptions={}), "DomainEndpointOptions.EnforceHTTPS"),
        (settings(EngineVersion="2.17"), "OpenSearch_X.Y"),
        (settings(AccessPolicies="{"), "AccessPolicies is not a policy document"),
        (settings(AdvancedSecurityOptions={"Enabled": True}), "without a master user"),
        (with_master(True, MasterUserARN=ROLE), "keep one"),
        (with_master(False, MasterUserARN="provisioner"), "not the ARN"),
        (with_master(False, MasterUserName="admin", MasterUserPassword="Long-enough-1"), "InternalUserDatabaseEnabled"),
        (with_master(True, MasterUserName="admin", MasterUserPassword="longenough1"), "capital letter"),
        ({"AccessPolicies": open_policy()}, "restrictive access policy"),
        ({"AccessPolicies": open_policy(Principal={"AWS": "*"})}, "restrictive access policy"),
    ],
)
def test_refuses(refused: dict[str, Any], named: str) -> None:
    with pytest.raises(domain_rules.InvalidDomain, match=named) as refusal:
        domain_rules.check(refused, creating=True)
    assert "longenough1" not in str(refusal.value)


def test_update_keeps_the_master_user_that_it_does_not_name() -> None:
    domain_rules.check(settings(AdvancedSecurityOptions={"Enabled": True}), creating=False)
    with pytest.raises(domain_rules.InvalidDomain, match="EnforceHTTPS"):
        domain_rules.check(
            settings(AdvancedSecurityOptions={"Enabled": True}, DomainEndpointOptions={}), creating=False
        )
