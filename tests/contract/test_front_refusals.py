"""What the front refuses: changed, outdated and replayed requests, and calls to untrusted places."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from requests_aws4auth import AWS4Auth

from sandbox.front.authority import SessionKeys
from sandbox.front.listener import Listener
from sandbox.front.request import FrontRequest, FrontResponse
from tests.contract.front_domain import EVERYTHING, SECRET_ARN, Trial, trial
from tests.contract.front_engine import EngineAddress
from tests.contract.test_front_connectors import CREATE, SERVICES, SETTING, created, deepseek, forgotten, predicted
from tests.waiting import until

TOGETHER = 10.0
MESSAGES = {"messages": '[{"role": "user", "content": "x"}]'}


@pytest.fixture(scope="module")
def here(contract_engine: EngineAddress) -> Iterator[Trial]:
    with trial(contract_engine, together_seconds=TOGETHER) as opened:
        opened.ledger.secrets[SECRET_ARN] = '{"api_key": "a key"}'
        yield opened


@pytest.fixture
def index(here: Trial) -> Iterator[str]:
    """A name for an index; an index of that name is removed if it was made."""
    name = f"front-{secrets.token_hex(4)}"
    yield name
    here.engine("DELETE", f"/{name}?ignore_unavailable=true")


@pytest.fixture
def inside() -> Iterator[tuple[int, list[FrontRequest]]]:
    """A service of the private network: its port, and the requests that reached it."""
    reached: list[FrontRequest] = []

    def respond(request: FrontRequest) -> FrontResponse:
        reached.append(request)
        return FrontResponse(200, (("Content-Type", "application/json"),), b'{"reached": true}')

    listener = Listener(0, respond)
    yield listener.port, reached
    listener.close()


@pytest.fixture
def trusting(here: Trial) -> Iterator[None]:
    """A domain whose owner trusts every endpoint."""
    here.master("PUT", "/_cluster/settings", {"persistent": {SETTING: [".*"]}})
    yield
    here.master("PUT", "/_cluster/settings", {"persistent": {SETTING: None}})


def _keys(here: Trial) -> SessionKeys:
    return here.ledger.session(here.domain.master_user_arn or "")


def _signed(here: Trial, path: str, body: bytes = b'{"a": 1}', **headers: str) -> requests.PreparedRequest:
    """A write, signed as the domain's master, now or at the `x-amz-date` of the headers."""
    keys = _keys(here)
    auth = AWS4Auth(keys.access_key, keys.secret_key, "us-east-1", "es", session_token=keys.session_token)
    headers = {"Content-Type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    url = f"https://localhost:{here.port}{path}"
    return requests.Request("PUT", url, data=body, headers=headers, auth=auth).prepare()


def _send(here: Trial, request: requests.PreparedRequest) -> requests.Response:
    """Send the request on a new connection."""
    with requests.Session() as session:
        return session.send(request, verify=here.address.ca, timeout=60)


def _exists(here: Trial, index: str) -> bool:
    return here.engine("GET", f"/{index}").status_code == 200


def test_a_write_that_was_changed_on_its_way(here: Trial, index: str) -> None:
    """tests/sandbox/test_front_signature.py changes each part of a request that can be changed."""
    request = _signed(here, f"/{index}/_doc/1?refresh=true")
    request.body = b'{"a": 2}'
    answer = _send(here, request)
    assert answer.status_code == 403
    assert answer.json()["message"].startswith("The request signature we calculated does not match")
    assert not _exists(here, index)


def test_a_write_of_another_time(here: Trial, index: str) -> None:
    date = datetime.now(UTC) - timedelta(minutes=6)
    answer = _send(here, _signed(here, f"/{index}/_doc/1", x_amz_date=f"{date:%Y%m%dT%H%M%SZ}"))
    assert answer.status_code == 403
    assert answer.json()["message"].startswith("Signature expired")
    assert not _exists(here, index)


def test_a_replayed_write(here: Trial, index: str) -> None:
    """Equal requests within one second have the same signature, so the front allows them. Later it is a replay."""
    assert here.master("PUT", f"/{index}").status_code == 200
    kept = _signed(here, f"/{index}/_doc/1")
    assert [_send(here, kept).status_code for _ in range(2)] == [201, 200]
    until("a refusal", lambda: _send(here, kept), lambda answer: answer.status_code == 403)
    written = here.engine("GET", f"/{index}/_doc/1").json()["_version"]
    replayed = _send(here, kept)
    assert replayed.status_code == 403
    assert "very signature was received" in replayed.json()["message"]
    assert here.engine("GET", f"/{index}/_doc/1").json()["_version"] == written
    assert _send(here, _signed(here, f"/{index}/_doc/1")).status_code == 200


def _connector(here: Trial, **parameters: str) -> dict[str, Any]:
    role = here.ledger.write_role("front-refusals", ("secretsmanager:*", SECRET_ARN), services=SERVICES)
    return deepseek(role, **parameters)


UNTRUSTED = "Connector URL is not matching the trusted connector endpoint regex"
NOT_TRUSTED = [
    "https://evil.example/v1/chat/completions",
    "https://api.deepseek.com.evil.example/v1/chat/completions",
    "https://127.0.0.1:1/_aws/api.deepseek.com/v1/chat/completions",
    "http://api.deepseek.com/v1/chat/completions",
    "https://api.deepseek.com@evil.example/v1/chat/completions",
    "https://api.deepseek.com:8443/v1/chat/completions",
    "https://api.deepseek.com\n.evil.example/v1",
    "https://10.0.0.7/https://api.deepseek.com/v1/chat/completions",
    "https://169.254.169.254/latest/meta-data/",
    "//api.deepseek.com/v1/chat/completions",
    "file:///etc/passwd",
]


@pytest.mark.parametrize("inserted", [False, True])
@pytest.mark.parametrize("url", NOT_TRUSTED)
def test_a_connector_to_an_endpoint_that_is_not_trusted(here: Trial, url: str, inserted: bool) -> None:
    """The message is that of ml-commons, also when the address is in a parameter."""
    connector = _connector(here, **({"endpoint": url} if inserted else {}))
    connector["actions"][0]["url"] = "${parameters.endpoint}" if inserted else url
    answer = here.master("POST", CREATE, connector)
    assert answer.status_code == 400
    reason = {"type": "illegal_argument_exception", "reason": UNTRUSTED}
    assert answer.json()["error"] == {"root_cause": [reason], **reason}


PRIVATE = [
    "127.0.0.1",
    "10.0.0.7",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",  # noqa: S104 - an address to refuse
    "2130706433",
    "0x7f.0.0.1",
    "0177.0.0.1",
    "127.1",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[fd00:ec2::254]",
    "localhost",
    "api.localhost",
    "api.deepseek.com@127.0.0.1",
]


@pytest.mark.parametrize("way", ["_aws", "_plain"])
@pytest.mark.parametrize("host", PRIVATE)
def test_a_call_to_a_private_address(here: Trial, host: str, way: str) -> None:
    here.models.received.clear()
    for port in ("", ":9200"):
        answer = requests.post(f"http://127.0.0.1:{here.settings.egress_port}/{way}/{host}{port}/x", timeout=60)
        assert answer.status_code == 400
        assert "Remote inference host name has private ip address" in answer.text
    assert here.models.received == []


def test_a_name_with_a_private_address_is_not_called(here: Trial) -> None:
    """The front looks up no name: it refuses every host that the model endpoints do not serve."""
    for name in ("localhost.localdomain", "ip6-localhost", "api.deepseek.com.", "api.deepseek.com.evil.example"):
        answer = requests.post(f"http://127.0.0.1:{here.settings.egress_port}/_aws/{name}/x", timeout=60)
        assert answer.status_code == 502
        assert "the sandbox calls nothing outside" in answer.text


@pytest.mark.usefixtures("trusting")
@pytest.mark.parametrize(
    ("url", "overriding"),
    [
        ("http://127.0.0.1:{port}/chat", {}),
        ("https://api.deepseek.com@127.0.0.1:{port}/chat", {}),
        ("https://${{parameters.endpoint}}/chat", {"endpoint": "127.0.0.1:{port}"}),
        ("${{parameters.endpoint}}/chat", {"endpoint": "http://127.0.0.1:{port}"}),
    ],
)
def test_no_connector_reaches_the_addresses_of_this_machine(
    here: Trial, inside: tuple[int, list[FrontRequest]], url: str, overriding: dict[str, str]
) -> None:
    """This holds even where every endpoint is trusted, and with any value that a prediction gives a parameter."""
    port, reached = inside
    scheme = "" if url.startswith("https://$") else "https://"
    connector = _connector(here, endpoint=f"{scheme}api.deepseek.com")
    connector["actions"][0]["url"] = url.format(port=port)
    made = created(here, connector)
    more = {name: value.format(port=port) for name, value in overriding.items()}
    answer = predicted(here, {"name": f"front-{made}", "connector_id": made}, {**MESSAGES, **more})
    forgotten(here, made)
    assert 400 <= answer.status_code < 600
    assert reached == []


def test_no_redirect_is_followed(here: Trial, inside: tuple[int, list[FrontRequest]]) -> None:
    port, reached = inside
    made = created(here, _connector(here))
    here.models.redirect = f"http://127.0.0.1:{port}/chat"
    try:
        answer = predicted(here, {"name": f"front-{made}", "connector_id": made}, MESSAGES)
    finally:
        here.models.redirect = None
        forgotten(here, made)
    assert answer.status_code == 307
    assert reached == []


def test_a_role_that_may_do_everything_still_needs_the_master_to_map_it(here: Trial) -> None:
    stranger = here.role("front-unmapped", EVERYTHING, ("iam:PassRole", "*"))
    answer = stranger("POST", CREATE, _connector(here))
    assert answer.status_code == 403
    assert "no permissions for [cluster:admin/opensearch/ml/create_connector]" in answer.text
