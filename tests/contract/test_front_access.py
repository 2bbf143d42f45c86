"""Signature, IAM and fine-grained access control, on a real engine."""

from __future__ import annotations

import gzip
import json
import secrets
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import requests
from requests.auth import HTTPBasicAuth

from sandbox.front.authority import DescribedDomain, SessionKeys
from sandbox.front.front import Front
from sandbox.front.refusal import EngineUnreachable
from tests.contract.front_domain import ARN, EVERYTHING, Trial, trial
from tests.contract.front_engine import EngineAddress


@pytest.fixture(scope="module")
def here(contract_engine: EngineAddress) -> Iterator[Trial]:
    with trial(contract_engine) as opened:
        yield opened


def _everybody(arn: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "es:ESHttp*", "Resource": arn + "/*"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def test_master_user_has_both_roles_of_a_domain(here: Trial) -> None:
    roles = here.master("GET", "/_plugins/_security/authinfo").json()["roles"]
    assert {"all_access", "security_manager"} <= set(roles)


def test_ml_full_access_is_unmapped_on_a_new_domain(here: Trial) -> None:
    assert here.master("GET", "/_plugins/_security/api/rolesmapping/ml_full_access").status_code == 404


def test_root_of_the_account_passes_iam_but_not_fine_grained_access_control(here: Trial) -> None:
    answer = here.client(SessionKeys("test", "test", ""))("GET", "/_cat/indices")
    assert answer.status_code == 403
    assert "no permissions for" in answer.text
    assert "arn:aws:iam::000000000000:root" in answer.text


def test_an_unmapped_role_is_refused_by_the_engine_and_admitted_once_mapped(here: Trial) -> None:
    reader = here.role("front-reader", EVERYTHING)
    arn = here.ledger.write_role("front-reader", EVERYTHING).arn
    assert reader("GET", "/_cluster/health").status_code == 403
    mapping = "/_plugins/_security/api/rolesmapping/readall_and_monitor"
    assert here.master("PUT", mapping, {"backend_roles": [arn]}).status_code in (200, 201)
    try:
        assert reader("GET", "/_cluster/health").status_code == 200
    finally:
        here.master("DELETE", mapping)


def test_iam_decides_by_method_and_path(here: Trial) -> None:
    here.ledger.roles[here.domain.master_user_arn or ""].grants[:] = [("es:ESHttpGet", ARN + "/_cat/*")]
    try:
        assert here.master("GET", "/_cat/indices").status_code == 200
        for method, path in (("GET", "/_cluster/health"), ("POST", "/_cat/indices")):
            answer = here.master(method, path)
            action = f"es:ESHttp{method.capitalize()}"
            assert answer.status_code == 403
            assert answer.json() == {
                "Message": "User: arn:aws:sts::000000000000:assumed-role/contract-master/session is not authorized "
                f"to perform: {action} because no identity-based policy allows the {action} action"
            }
    finally:
        here.ledger.roles[here.domain.master_user_arn or ""].grants[:] = [EVERYTHING, ("iam:PassRole", "*")]


def test_spoofed_proxy_headers_do_nothing(here: Trial) -> None:
    stranger = here.role("front-stranger", EVERYTHING)
    master = here.domain.master_user_arn or ""
    spoofed = {"x-proxy-user": master, "X-Proxy-Roles": f"{master},all_access", "X-Forwarded-For": "127.0.0.1"}
    answer = stranger("GET", "/_plugins/_security/authinfo", headers=spoofed)
    assert answer.json()["user_name"].endswith(":role/front-stranger")
    assert answer.json()["backend_roles"] == [here.ledger.write_role("front-stranger", EVERYTHING).arn]
    assert stranger("GET", "/_cat/indices", headers=spoofed).status_code == 403


def test_a_comma_in_a_role_name_makes_no_second_backend_role(here: Trial) -> None:
    sly = here.role("front-sly,all_access", EVERYTHING)
    answer = sly("GET", "/_plugins/_security/authinfo").json()
    assert answer["backend_roles"] == []
    assert "all_access" not in answer["roles"]


@pytest.mark.parametrize("headers", [{}, {"x-proxy-user": "admin"}, {"Authorization": "Basic YWRtaW46YWRtaW4="}])
def test_anonymous_is_refused(here: Trial, headers: dict[str, str]) -> None:
    answer = here.client(None)("GET", "/", headers=headers)
    assert answer.status_code == 403
    assert answer.json()["Message"] == (
        "User: anonymous is not authorized to perform: es:ESHttpGet because no resource-based policy allows the "
        "es:ESHttpGet action"
    )


def test_an_open_access_policy_still_leaves_fine_grained_access_control(here: Trial) -> None:
    here.front.update_domain(replace(here.domain, access_policies=_everybody(ARN)))
    try:
        for headers in ({}, {"x-proxy-user": here.domain.master_user_arn or "", "x-forwarded-for": "127.0.0.1"}):
            assert here.client(None)("GET", "/", headers=headers).status_code == 401
    finally:
        here.front.update_domain(here.domain)


WRONG_KEYS = [
    (("test", "wrong", ""), {}, "The request signature we calculated does not match the signature you provided."),
    (("nobody", "test", ""), {}, "The security token included in the request is invalid."),
    (("test", "test", "a token"), {}, "The security token included in the request is invalid."),
    (("test", "test", ""), {"region": "eu-west-1"}, "Credential should be scoped to a valid region."),
    (("test", "test", ""), {"service": "aoss"}, "Credential should be scoped to correct service: 'es'."),
]


@pytest.mark.parametrize(("keys", "options", "sentence"), WRONG_KEYS)
def test_wrong_signatures_get_amazons_sentences(
    here: Trial, keys: tuple[str, str, str], options: dict[str, str], sentence: str
) -> None:
    answer = here.client(SessionKeys(*keys), **options)("GET", "/")
    assert answer.status_code == 403
    assert answer.json()["message"].startswith(sentence)


def test_documents_of_many_megabytes_pass_unharmed(here: Trial) -> None:
    index = f"front-{secrets.token_hex(4)}"
    mapping = {"mappings": {"properties": {"text": {"type": "text", "index": False}}}}
    assert here.master("PUT", f"/{index}", mapping).status_code == 200
    try:
        text = secrets.token_hex(10 * 1024 * 1024)
        assert here.master("PUT", f"/{index}/_doc/1?refresh=true", {"text": text}).status_code == 201
        assert here.master("GET", f"/{index}/_doc/1").json()["_source"]["text"] == text
        head = here.master("HEAD", f"/{index}/_doc/1")
        assert head.status_code == 200
        assert head.content == b""
        assert int(head.headers["content-length"]) > len(text)
        assert here.master("HEAD", f"/{index}/_doc/2").status_code == 404
    finally:
        here.master("DELETE", f"/{index}")


def test_compressed_bodies_pass_unharmed(here: Trial) -> None:
    body = gzip.compress(json.dumps({"query": {"match_all": {}}}).encode())
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    answer = here.master("POST", "/_search", data=body, headers=headers)
    assert answer.status_code == 200
    assert answer.json()["timed_out"] is False


def test_the_engines_own_errors_come_through(here: Trial) -> None:
    answer = here.master("GET", "/front-no-such-index/_search")
    assert answer.status_code == 404
    assert answer.json()["error"]["type"] == "index_not_found_exception"


def test_no_domain_opens_before_an_engine_that_is_gone(here: Trial) -> None:
    gone = Front(replace(here.settings, engine_url="https://127.0.0.1:9"), here.ledger)
    with pytest.raises(EngineUnreachable, match="did not answer"):
        gone.add_domain(here.domain)
    gone.stop()


def test_internal_master_user_with_basic_and_iam(here: Trial) -> None:
    arn, password = ARN + "-internal", f"Aa1!{secrets.token_hex(12)}"
    domain = DescribedDomain(
        arn, "contract-internal", "000000000000", "us-east-1", None, "front-boss", password, _everybody(arn)
    )
    port = here.front.add_domain(domain)
    try:
        url = f"https://localhost:{port}"
        basic = HTTPBasicAuth("front-boss", password)
        answer = requests.get(url + "/_plugins/_security/authinfo", auth=basic, verify=here.address.ca, timeout=60)
        assert {"all_access", "security_manager"} <= set(answer.json()["roles"])
        wrong = HTTPBasicAuth("front-boss", password + "x")
        assert requests.get(url, auth=wrong, verify=here.address.ca, timeout=60).status_code == 401
        here.front.update_domain(replace(here.domain, access_policies=_everybody(ARN)))
        assert here.client(None)("GET", "/", auth=basic).status_code == 401
        signed = replace(here.client(here.ledger.session(here.domain.master_user_arn or "")), url=url)
        here.ledger.roles[here.domain.master_user_arn or ""].grants.append(("es:ESHttpGet", arn + "/*"))
        assert signed("GET", "/_cat/indices").status_code == 200
    finally:
        here.front.update_domain(here.domain)
        here.front.remove_domain(arn)
    assert here.engine("GET", "/_plugins/_security/api/internalusers/front-boss").status_code == 404


def test_without_fine_grained_access_control_policies_alone_decide(here: Trial) -> None:
    arn = ARN + "-plain"
    plain = DescribedDomain(arn, "plain", "000000000000", "us-east-1", None, None, None, None)
    port = here.front.add_domain(plain)
    try:
        url = f"https://localhost:{port}"
        admitted = replace(here.role("front-plain", ("es:ESHttpGet", arn + "/*")), url=url)
        assert admitted("GET", "/_cat/indices").status_code == 200
        assert admitted("PUT", "/front-plain").json()["Message"].endswith("allows the es:ESHttpPut action")
        assert requests.get(url, verify=here.address.ca, timeout=60).status_code == 403
        here.front.update_domain(replace(plain, access_policies=_everybody(arn)))
        assert requests.get(f"{url}/_cat/indices", verify=here.address.ca, timeout=60).status_code == 200
        here.front.update_domain(replace(plain, master_user_arn=here.ledger.write_role("front-plain-boss").arn))
        assert admitted("GET", "/_cat/indices").status_code == 403
    finally:
        here.front.remove_domain(arn)
    assert "all_access" in here.master("GET", "/_plugins/_security/authinfo").json()["roles"]


def test_a_removed_domain_is_unmapped_and_its_port_closed(here: Trial) -> None:
    arn, role = ARN + "-short", here.ledger.write_role("front-short", ("es:*", "*")).arn
    port = here.front.add_domain(DescribedDomain(arn, "short", "000000000000", "us-east-1", role, None, None, None))
    mapping = here.engine("GET", "/_plugins/_security/api/rolesmapping/all_access").json()["all_access"]
    assert role in mapping["users"]
    assert role in mapping["backend_roles"]
    here.front.remove_domain(arn)
    for name in ("all_access", "security_manager"):
        mapping = here.engine("GET", f"/_plugins/_security/api/rolesmapping/{name}").json()[name]
        assert role not in mapping["users"] + mapping["backend_roles"]
        assert here.domain.master_user_arn in mapping["users"]
    with pytest.raises(requests.ConnectionError):
        requests.get(f"https://localhost:{port}/", verify=here.address.ca, timeout=60)
