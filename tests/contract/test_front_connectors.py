"""Connector credentials, trusted endpoints, and how a model call reaches its endpoint, on a real engine."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from requests_aws4auth import AWS4Auth

from sandbox.front.ledger import LedgerRole
from tests.contract.front_domain import ARN, ENDPOINT_ARN, EVERYTHING, SECRET_ARN, Trial, trial
from tests.contract.front_engine import EngineAddress
from tests.model_states import undeploy
from tests.waiting import until

SERVICES = ("opensearchservice.amazonaws.com",)
CREATE = "/_plugins/_ml/connectors/_create"
SETTING = "plugins.ml_commons.trusted_connector_endpoints_regex"
KEY = "sk-a-value-that-nobody-may-see"


@pytest.fixture(scope="module")
def here(contract_engine: EngineAddress) -> Iterator[Trial]:
    with trial(contract_engine) as opened:
        opened.ledger.endpoints[("minilm", "us-east-1")] = {"model": "all-MiniLM-L6-v2", "shape": "array"}
        opened.ledger.secrets[SECRET_ARN] = json.dumps({"api_key": KEY})
        yield opened


@pytest.fixture
def role(here: Trial) -> LedgerRole:
    """A connector role that may do everything the connectors of these tests need."""
    return here.ledger.write_role(
        "contract-connector",
        ("sagemaker:InvokeEndpoint", ENDPOINT_ARN),
        ("bedrock:InvokeModel", "*"),
        ("secretsmanager:*", SECRET_ARN),
        services=SERVICES,
    )


def sagemaker(role: LedgerRole, endpoint: str = "minilm") -> dict[str, Any]:
    return {
        "name": "front-sagemaker",
        "version": "1",
        "protocol": "aws_sigv4",
        "credential": {"roleArn": role.arn},
        "parameters": {"region": "us-east-1", "service_name": "sagemaker"},
        "actions": [
            {
                "action_type": "predict",
                "method": "POST",
                "headers": {"content-type": "application/json"},
                "url": "https://runtime.sagemaker.${parameters.region}.amazonaws.com/endpoints/"
                f"{endpoint}/invocations",
                "request_body": "${parameters.input}",
                "pre_process_function": "connector.pre_process.default.embedding",
                "post_process_function": "connector.post_process.default.embedding",
            }
        ],
    }


def bedrock(role: LedgerRole, model: str) -> dict[str, Any]:
    connector = sagemaker(role)
    connector["parameters"] = {"region": "us-east-1", "service_name": "bedrock", "model": model}
    connector["actions"] = [
        {
            "action_type": "predict",
            "method": "POST",
            "headers": {"content-type": "application/json"},
            "url": "https://bedrock-runtime.${parameters.region}.amazonaws.com/model/${parameters.model}/invoke",
            "request_body": '{"inputText": "${parameters.input}"}',
        }
    ]
    return connector


def deepseek(role: LedgerRole, key: str = "api_key", **parameters: str) -> dict[str, Any]:
    return {
        "name": "front-deepseek",
        "version": "1",
        "protocol": "http",
        "credential": {"secretArn": SECRET_ARN, "roleArn": role.arn},
        "parameters": {"endpoint": "api.deepseek.com", "model": "deepseek-flash", **parameters},
        "actions": [
            {
                "action_type": "predict",
                "method": "POST",
                "url": "https://${parameters.endpoint}/v1/chat/completions",
                "headers": {"Authorization": f"Bearer ${{credential.secretArn.{key}}}"},
                "request_body": '{"model": "${parameters.model}", "messages": ${parameters.messages}}',
            }
        ],
    }


def created(here: Trial, connector: dict[str, Any]) -> str:
    answer = here.master("POST", CREATE, connector)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["connector_id"])


def predicted(here: Trial, model: dict[str, Any], body: dict[str, Any]) -> requests.Response:
    """Register the model, predict once, and remove the model again."""
    registered = here.master("POST", "/_plugins/_ml/models/_register?deploy=true", {"function_name": "remote", **model})
    assert registered.status_code == 200, registered.text
    path = f"/_plugins/_ml/models/{registered.json()['model_id']}"
    shown = until("the model", lambda: here.master("GET", path).json(), lambda body: body["model_state"] == "DEPLOYED")
    try:
        return here.master("POST", path + "/_predict", {"parameters": body})
    finally:
        undeploy(lambda method, path: here.master(method, path).json(), path.rpartition("/")[2])
        here.master("DELETE", path)
        # ml-commons has made a group for the model. Before 3.0 it uses a search to look for the group's models, which
        # still finds the deleted model for a second.
        group = f"/_plugins/_ml/model_groups/{shown['model_group_id']}"
        until("the end of the group", lambda: here.master("DELETE", group).status_code, (200).__eq__)


def forgotten(here: Trial, connector: str) -> None:
    here.master("DELETE", f"/_plugins/_ml/connectors/{connector}")


def test_a_sagemaker_connector_is_signed_by_its_role_all_the_way(here: Trial, role: LedgerRole) -> None:
    connector = created(here, sagemaker(role))
    here.models.received.clear()
    answer = predicted(here, {"name": "front-embedding", "connector_id": connector}, {"input": '["one", "two"]'})
    assert answer.status_code == 200, answer.text
    assert answer.json()["inference_results"][0]["output"][0]["data"] == [0.25, 0.5]
    request = here.models.received[-1]
    assert request.target == "/_aws/runtime.sagemaker.us-east-1.amazonaws.com/endpoints/minilm/invocations"
    assert json.loads(request.header("x-sandbox-endpoint") or "") == {
        "name": "minilm",
        "model": "all-MiniLM-L6-v2",
        "shape": "array",
    }
    assert request.header("authorization") is None
    assert request.header("x-amz-security-token") is None
    assert json.loads(request.body) == ["one", "two"]
    forgotten(here, connector)


def test_a_grant_that_the_connector_role_loses_is_missed_at_once(here: Trial, role: LedgerRole) -> None:
    connector = created(here, sagemaker(role))
    role.grants.clear()
    answer = predicted(here, {"name": "front-denied", "connector_id": connector}, {"input": '["one"]'})
    assert answer.status_code == 403
    assert "is not authorized to perform: sagemaker:InvokeEndpoint on resource: " + ENDPOINT_ARN in answer.text
    forgotten(here, connector)


def test_an_endpoint_that_does_not_exist(here: Trial, role: LedgerRole) -> None:
    role.grants.append(("sagemaker:InvokeEndpoint", "*"))
    connector = created(here, sagemaker(role, "gone"))
    answer = predicted(here, {"name": "front-gone", "connector_id": connector}, {"input": '["one"]'})
    assert answer.status_code == 400
    assert "Endpoint gone of account 000000000000 not found." in answer.text
    forgotten(here, connector)


MODELS = ["us.deepseek.r1-v1:0", "arn%3Aaws%3Abedrock%3Aus-east-1%3A000000000000%3Aimported-model%2Fabc"]


@pytest.mark.parametrize("model", MODELS)
def test_bedrock_models_by_profile_and_by_encoded_arn(here: Trial, role: LedgerRole, model: str) -> None:
    connector = created(here, bedrock(role, model))
    here.models.received.clear()
    answer = predicted(here, {"name": "front-bedrock", "connector_id": connector}, {"input": "hello"})
    assert answer.status_code == 200, answer.text
    assert here.models.received[-1].path == f"/_aws/bedrock-runtime.us-east-1.amazonaws.com/model/{model}/invoke"
    forgotten(here, connector)


def test_the_key_of_a_secret_reaches_the_provider_and_nobody_else(here: Trial, role: LedgerRole) -> None:
    connector = created(here, deepseek(role))
    here.models.received.clear()
    body = {"messages": '[{"role": "user", "content": "hi"}]'}
    answer = predicted(here, {"name": "front-chat", "connector_id": connector}, body)
    assert answer.status_code == 200, answer.text
    request = here.models.received[-1]
    assert request.header("authorization") == f"Bearer {KEY}"
    assert request.target == "/_aws/api.deepseek.com/v1/chat/completions"
    shown = here.master("GET", f"/_plugins/_ml/connectors/{connector}")
    assert shown.json()["actions"][0]["url"] == "https://${parameters.endpoint}/v1/chat/completions"
    assert "credential" not in shown.json()
    reply = here.master("POST", "/_plugins/_ml/connectors/_search", {"query": {"ids": {"values": [connector]}}})
    assert reply.json()["hits"]["hits"][0]["_source"]["actions"][0]["url"].startswith("https://${parameters.")
    assert KEY not in shown.text + reply.text
    forgotten(here, connector)


def test_an_inline_connector_of_a_model_takes_the_same_way(here: Trial, role: LedgerRole) -> None:
    here.models.received.clear()
    answer = predicted(
        here, {"name": "front-inline", "connector": deepseek(role)}, {"messages": '[{"role": "user", "content": "x"}]'}
    )
    assert answer.status_code == 200, answer.text
    assert here.models.received[-1].header("authorization") == f"Bearer {KEY}"


def test_a_url_with_its_scheme_in_a_parameter_is_redirected(here: Trial, role: LedgerRole) -> None:
    body = deepseek(role, endpoint="https://api.deepseek.com")
    body["actions"][0]["url"] = "${parameters.endpoint}/v1/chat/completions"
    connector = created(here, body)
    here.models.received.clear()
    answer = predicted(
        here, {"name": "front-led", "connector_id": connector}, {"messages": '[{"role": "user", "content": "x"}]'}
    )
    assert answer.status_code == 200, answer.text
    assert here.models.received[-1].target == "/_aws/api.deepseek.com/v1/chat/completions"
    shown = here.master("GET", f"/_plugins/_ml/connectors/{connector}").json()
    assert shown["parameters"]["endpoint"] == "https://api.deepseek.com"
    assert shown["actions"][0]["url"] == "${parameters.endpoint}/v1/chat/completions"
    forgotten(here, connector)


def test_passing_the_role_needs_a_permission(here: Trial, role: LedgerRole) -> None:
    here.ledger.roles[here.domain.master_user_arn or ""].grants[:] = [EVERYTHING]
    try:
        answer = here.master("POST", CREATE, deepseek(role))
    finally:
        here.ledger.roles[here.domain.master_user_arn or ""].grants[:] = [EVERYTHING, ("iam:PassRole", "*")]
    assert answer.status_code == 403
    assert answer.json()["Message"] == (
        "User: arn:aws:sts::000000000000:assumed-role/contract-master/session is not authorized to perform: "
        f"iam:PassRole on resource: {role.arn} because no identity-based policy allows the iam:PassRole action"
    )


def test_the_service_must_be_able_to_assume_the_role(here: Trial, role: LedgerRole) -> None:
    role.source_arn = ARN + "-other"
    refusals = [here.master("POST", CREATE, sagemaker(role))]
    role.source_arn, role.services = ARN, ("lambda.amazonaws.com",)
    refusals.append(here.master("POST", CREATE, sagemaker(role)))
    del here.ledger.roles[role.arn]
    refusals.append(here.master("POST", CREATE, sagemaker(role)))
    for answer, reason in zip(refusals, ["trust policy", "trust policy", "does not exist"], strict=True):
        assert answer.status_code == 403
        assert f"not authorized to perform: sts:AssumeRole on resource: {role.arn}" in answer.json()["Message"]
        assert reason in answer.json()["Message"]


def test_an_update_may_not_turn_a_connector_to_an_untrusted_host(here: Trial, role: LedgerRole) -> None:
    connector = created(here, deepseek(role))
    path = f"/_plugins/_ml/connectors/{connector}"
    refused = here.master("PUT", path, {"parameters": {"endpoint": "evil.example"}})
    assert refused.status_code == 400
    assert "trusted connector endpoint" in refused.text
    assert here.master("PUT", path, {"parameters": {"model": "deepseek-v4-pro"}}).status_code == 200
    renamed = here.master("PUT", path, deepseek(role, model="deepseek-flash") | {"name": "front-renamed"})
    assert renamed.status_code == 200
    shown = here.master("GET", path).json()
    assert shown["name"] == "front-renamed"
    assert shown["parameters"] == {"endpoint": "api.deepseek.com", "model": "deepseek-flash"}
    assert shown["actions"][0]["url"] == "https://${parameters.endpoint}/v1/chat/completions"
    forgotten(here, connector)


def test_a_host_that_nothing_stands_for_is_named(here: Trial, role: LedgerRole) -> None:
    listed = here.master("PUT", "/_cluster/settings", {"persistent": {SETTING: ["^https://api\\.example\\.org/.*$"]}})
    assert listed.status_code == 200
    try:
        connector = created(here, deepseek(role, endpoint="api.example.org"))
        answer = predicted(
            here, {"name": "front-nowhere", "connector_id": connector}, {"messages": '[{"role": "user"}]'}
        )
        assert answer.status_code == 502
        assert "No model endpoint of this machine stands for api.example.org" in answer.text
        forgotten(here, connector)
    finally:
        here.master("PUT", "/_cluster/settings", {"persistent": {SETTING: None}})


def _engine_list(here: Trial) -> list[str]:
    stored = here.engine("GET", "/_cluster/settings?flat_settings=true").json()["persistent"][SETTING]
    assert isinstance(stored, list)
    return stored


def test_the_trusted_list_is_the_clients_own(here: Trial, role: LedgerRole) -> None:
    path = "/_cluster/settings"
    fresh = here.master("GET", path + "?include_defaults=true&flat_settings=true").json()
    assert SETTING not in fresh["persistent"]
    assert "^https://api\\.deepseek\\.com/.*$" in fresh["defaults"][SETTING]
    assert "/_aws/" not in json.dumps(fresh["defaults"][SETTING])
    nested = here.master("GET", path + "?include_defaults=true").json()
    assert nested["defaults"]["plugins"]["ml_commons"][SETTING.rpartition(".")[2]] == fresh["defaults"][SETTING]

    patterns = ["^https://api\\.(one|two)\\.example/.*$", "a|b,c"]
    written = here.master("PUT", path, {"persistent": {"plugins": {"ml_commons": {SETTING[19:]: patterns}}}})
    assert written.json()["persistent"]["plugins"]["ml_commons"][SETTING[19:]] == patterns
    assert here.master("GET", path + "?flat_settings=true").json()["persistent"][SETTING] == patterns
    assert here.master("POST", CREATE, deepseek(role)).status_code == 400

    for reset in ({SETTING: None}, {"plugins.ml_commons.trusted_connector_endpoints*": None}):
        assert here.master("PUT", path, {"persistent": {SETTING: []}}).status_code == 200
        assert here.master("GET", path + "?flat_settings=true").json()["persistent"][SETTING] == []
        assert here.master("POST", CREATE, deepseek(role)).status_code == 400
        answer = here.master("PUT", path, {"persistent": reset})
        assert answer.status_code == 200
        assert SETTING.rpartition(".")[2] not in answer.text
        assert here.master("GET", path).json()["persistent"].get("plugins", {}).get("ml_commons", {}) == {}
        assert _engine_list(here)[0].startswith("^http://127")
        forgotten(here, created(here, deepseek(role)))

    transient = {"transient": {SETTING: ["^https://only\\.example/.*$"]}}
    assert here.master("PUT", path, transient).json()["transient"] != {}
    assert here.master("POST", CREATE, deepseek(role)).status_code == 400
    here.master("PUT", path, {"transient": {SETTING: None}})
    forgotten(here, created(here, deepseek(role)))


def test_the_engine_itself_trusts_nothing_but_the_egress(here: Trial, role: LedgerRole) -> None:
    plain = deepseek(role) | {"credential": {"x": secrets.token_hex(4)}}
    plain["actions"][0]["headers"] = {}
    assert here.engine("POST", CREATE, plain).status_code == 400


FORGED = [
    ({}, 200, ""),
    ({"secret_key": "another"}, 403, "The request signature we calculated does not match"),
    ({"session_token": "another"}, 403, "The security token included in the request is invalid."),
    ({"service": "bedrock"}, 403, "Credential should be scoped to correct service: 'sagemaker'."),
    ({"region": "eu-west-1"}, 403, "Credential should be scoped to a valid region."),
]


@pytest.mark.parametrize(("change", "status", "sentence"), FORGED)
def test_the_egress_reads_the_signature_as_the_provider_does(
    here: Trial, role: LedgerRole, change: dict[str, str], status: int, sentence: str
) -> None:
    keys = here.ledger.session(role.arn)
    auth = AWS4Auth(
        keys.access_key,
        change.get("secret_key", keys.secret_key),
        change.get("region", "us-east-1"),
        change.get("service", "sagemaker"),
        session_token=change.get("session_token", keys.session_token),
    )
    answer = requests.post(_invocations(here), json=["x"], auth=auth, timeout=60)
    assert answer.status_code == status
    assert sentence in answer.text


def _invocations(here: Trial) -> str:
    host = "runtime.sagemaker.us-east-1.amazonaws.com"
    return f"http://127.0.0.1:{here.settings.egress_port}/_aws/{host}/endpoints/minilm/invocations"


def test_the_egress_wants_a_signature(here: Trial) -> None:
    unsigned = requests.post(_invocations(here), json=["x"], headers={"x-sandbox-endpoint": "{}"}, timeout=60)
    assert unsigned.status_code == 403
    assert unsigned.headers["x-amzn-errortype"] == "MissingAuthenticationTokenException"
