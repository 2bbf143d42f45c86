"""A secret that a domain itself resolves gets another value: as in tests/contract/test_rotation.py, by the front."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from requests_aws4auth import AWS4Auth

from mlcommons import Client, HttpTransport, Owner, Patience, apply, destroy, kind_named
from mlcommons.rotation import renew, secrets_of
from tests.contract.alike import distinct_id, rename
from tests.contract.front_domain import SECRET_ARN, Trial, trial
from tests.contract.front_engine import EngineAddress
from tests.contract.kinds_engine import WHOLE_TEST
from tests.contract.rotating import Traffic

STACK = "rotated-by-front"
PROBE = {"parameters": {"messages": '[{"role": "user", "content": "hi"}]'}}


@pytest.fixture(scope="module")
def here(contract_engine: EngineAddress) -> Iterator[Trial]:
    with trial(contract_engine) as opened:
        opened.ledger.secrets[SECRET_ARN] = json.dumps({"api_key": "key-0"})
        yield opened


def transport(here: Trial) -> HttpTransport:
    """A transport that signs as the domain's master."""
    keys = here.master.keys
    assert keys is not None
    auth = AWS4Auth(keys.access_key, keys.secret_key, "us-east-1", "es", session_token=keys.session_token)
    return HttpTransport(f"https://localhost:{here.port}", auth=auth, verify=here.address.ca)


def chat(here: Trial) -> dict[str, Any]:
    role = here.ledger.write_role(
        "rotated", ("secretsmanager:*", SECRET_ARN), services=("opensearchservice.amazonaws.com",)
    )
    action = {
        "action_type": "predict",
        "method": "POST",
        "url": "https://api.deepseek.com/v1/chat/completions",
        "headers": {"Authorization": "Bearer ${credential.secretArn.api_key}"},
        "request_body": '{"messages": ${parameters.messages}}',
    }
    credential = {"secretArn": SECRET_ARN, "roleArn": role.arn}
    body = {"name": "chat", "version": "1", "protocol": "http", "credential": credential, "actions": [action]}
    return {"connector": body}


def test_no_prediction_fails_while_a_secret_that_the_domain_reads_is_rotated(here: Trial) -> None:
    client = Client(transport(here), Patience(seconds=WHOLE_TEST, propagation=0.0))
    spec, made = chat(here), {}

    def make(kind: str, wanted: dict[str, Any]) -> str:
        outcome = apply(kind_named(kind), wanted, client=client, owner=Owner(STACK, kind))
        made[kind] = outcome.physical_id
        return outcome.physical_id

    try:
        made["Connector"] = connector_id = rename(make("Connector", spec), distinct_id())
        group = make("ModelGroup", {"name": STACK})
        names = {"name": STACK, "model_group_id": group, "connector_id": connector_id}
        model_id = make("Model", {**names, "probe": PROBE})
        parsed = kind_named("Connector").parse(spec)
        assert secrets_of(parsed) == {SECRET_ARN}
        with Traffic(probe=PROBE).running([transport(here) for _ in range(3)], model_id) as traffic:
            traffic.wait_for(10)
            here.ledger.secrets[SECRET_ARN] = json.dumps({"api_key": "key-1"})
            assert renew(client, connector_id, parsed, Owner(STACK, "Connector"), {model_id: PROBE}) == ""
            # A request that was already sent has the old key.
            traffic.wait_for(1)
            here.models.received.clear()
            traffic.wait_for(10)
        assert traffic.failed == []
        assert {request.header("authorization") for request in here.models.received} == {"Bearer key-1"}
        assert client.get(f"/_plugins/_ml/models/{model_id}")["connector_id"] == connector_id
    finally:
        for kind, physical_id in reversed(made.items()):
            destroy(kind_named(kind), physical_id, client=client, owner=Owner(STACK, kind))
    left = client.post(
        "/_plugins/_ml/connectors/_search", {"query": {"match_phrase": {"description": f"osml:{STACK}"}}}
    )
    assert left["hits"]["hits"] == []
