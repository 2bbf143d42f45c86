"""Which callers a collection's endpoint admits: signatures, IAM, data and network policies, on a real engine."""

from __future__ import annotations

import pytest
import requests
from requests_aws4auth import AWS4Auth

from sandbox.front.authority import SessionKeys
from tests.contract import collection_client, collection_front
from tests.contract.collection_client import bulk, eventually, mapping, ndjson
from tests.contract.collection_front import ACTION, DOCUMENTS, INDEX, Serverless, collection, data_policy, serverless
from tests.contract.front_domain import Client
from tests.contract.front_engine import EngineAddress

pytestmark = pytest.mark.collection
aoss, url = collection_front.aoss, collection_front.url
writer, articles = collection_client.writer, collection_client.articles
HERE = collection("guarded")


def assert_forbidden(answer: requests.Response) -> None:
    assert answer.status_code == 403
    body = answer.json()
    assert body == {
        "status": 403,
        "request-id": answer.headers["x-request-id"],
        "error": {"reason": "403 Forbidden", "type": "Forbidden"},
    }


def test_a_caller_needs_iam_and_a_data_policy(aoss: Serverless, url: str) -> None:
    without_policy = aoss.caller(url, HERE, "aoss-stranger")
    assert_forbidden(without_policy("GET", "/_cat/indices"))
    arn = aoss.ledger.write_role("aoss-powerless").arn
    aoss.book.accesses.append(data_policy(arn, *INDEX, resource=f"index/{HERE.name}/*"))
    powerless = aoss.client(url, arn)
    assert_forbidden(powerless("GET", "/_cat/indices"))
    aoss.ledger.write_role("aoss-powerless", (ACTION, HERE.arn))
    assert powerless("GET", "/_cat/indices").status_code == 200
    assert_forbidden(aoss.client(url, "arn:aws:iam::000000000000:role/aoss-stranger")("GET", "/_cat/indices"))


def test_root_of_the_account_needs_a_data_policy_too(aoss: Serverless, url: str) -> None:
    root = Client(url, aoss.address.ca, SessionKeys("test", "test", ""), service="aoss")
    assert_forbidden(root("GET", "/_cat/indices"))


PERMISSIONS = [
    ("aoss:CreateIndex", "PUT", "/mine", None),
    ("aoss:DescribeIndex", "GET", "/mine", None),
    ("aoss:UpdateIndex", "PUT", "/mine/_mapping", {"properties": {"x": {"type": "keyword"}}}),
    ("aoss:WriteDocument", "POST", "/mine/_doc", {"x": "y"}),
    ("aoss:ReadDocument", "POST", "/mine/_search", {}),
    ("aoss:DeleteIndex", "DELETE", "/mine", None),
]


def test_each_operation_needs_its_permission(aoss: Serverless, url: str) -> None:
    every = [permission for permission, *_ in PERMISSIONS]
    able = {p: aoss.caller(url, HERE, f"aoss-{p[5:]}", p, indexes="mine") for p in every}
    rest = {p: aoss.caller(url, HERE, f"aoss-no-{p[5:]}", *{*every} - {p}, indexes="mine") for p in every}
    for permission, method, path, body in PERMISSIONS:
        assert_forbidden(rest[permission](method, path, body))
        assert able[permission](method, path, body).ok, (method, path)


def test_a_policy_reaches_its_indexes_and_no_others(aoss: Serverless, url: str, articles: str) -> None:
    limited = aoss.caller(url, HERE, "aoss-limited", *INDEX, *DOCUMENTS, indexes="own-*")
    assert limited("PUT", "/own-1", {}).status_code == 200
    try:
        for path in (f"/{articles}/_search", "/_search", f"/own-1,{articles}/_search", "/own-*,art*/_search"):
            assert_forbidden(limited("GET", path))
        document = {"x": 1}
        assert_forbidden(bulk(limited, "/own-1/_bulk", {"index": {"_index": articles}}, document))
        assert_forbidden(limited("POST", "/own-1/_mget", {"docs": [{"_index": articles, "_id": "1"}]}))
        headers = {"Content-Type": "application/x-ndjson"}
        assert_forbidden(limited("POST", "/own-1/_msearch", data=ndjson({"index": articles}, {}), headers=headers))
        assert limited("GET", "/own-*/_search").status_code == 200
    finally:
        limited("DELETE", "/own-1")


def test_a_write_makes_an_index_only_with_the_permission_to(aoss: Serverless, url: str) -> None:
    scribe = aoss.caller(url, HERE, "aoss-scribe", *DOCUMENTS)
    assert_forbidden(scribe("POST", "/unmade/_doc", {"x": 1}))
    assert_forbidden(bulk(scribe, "/_bulk", {"index": {"_index": "unmade"}}, {"x": 1}))
    assert scribe("GET", "/unmade/_search").status_code == 404


def test_a_changed_data_policy_takes_effect(aoss: Serverless, url: str) -> None:
    changing = aoss.caller(url, HERE, "aoss-changing", "aoss:DescribeIndex")
    assert changing("GET", "/_cat/indices").status_code == 200
    kept = aoss.book.accesses.pop()
    assert_forbidden(changing("GET", "/_cat/indices"))
    aoss.book.accesses.append(kept)
    assert changing("GET", "/_cat/indices").status_code == 200


def test_a_young_data_policy_does_not_count_yet(contract_engine: EngineAddress) -> None:
    with serverless(contract_engine, young_role_seconds=60) as front:
        made = collection("young")
        with front.opened(made) as endpoint:
            client = front.caller(endpoint, made, "aoss-young", "aoss:DescribeIndex")
            assert client("GET", "/_cat/indices").status_code == 200
            arn = front.ledger.write_role("aoss-young", (ACTION, made.arn)).arn
            front.book.accesses[:] = [data_policy(arn, "aoss:DescribeIndex", resource="index/young/*", age=1)]
            assert_forbidden(client("GET", "/_cat/indices"))


def test_only_a_network_policy_lets_the_public_in(aoss: Serverless, url: str, writer: Client) -> None:
    kept, aoss.book.networks = aoss.book.networks, []
    try:
        assert_forbidden(writer("GET", "/_cat/indices"))
        rule = {"ResourceType": "dashboard", "Resource": [f"collection/{HERE.name}"]}
        aoss.book.networks = [[{"Rules": [rule], "AllowFromPublic": True}]]
        assert_forbidden(writer("GET", "/_cat/indices"))
    finally:
        aoss.book.networks = kept
    assert writer("GET", "/_cat/indices").status_code == 200


@pytest.mark.parametrize("options", [{"service": "es"}, {"region": "eu-west-1"}])
def test_another_scope_is_forbidden(aoss: Serverless, url: str, options: dict[str, str]) -> None:
    arn = aoss.ledger.write_role("aoss-elsewhere", (ACTION, HERE.arn)).arn
    aoss.book.accesses.append(data_policy(arn, "aoss:*", resource=f"index/{HERE.name}/*"))
    assert aoss.client(url, arn)("GET", "/_cat/indices").status_code == 200
    assert_forbidden(aoss.client(url, arn, **options)("GET", "/_cat/indices"))


def test_unsigned_and_badly_signed_is_forbidden(aoss: Serverless, url: str, writer: Client) -> None:
    spoofed = {"x-proxy-user": HERE.arn, "x-forwarded-for": "127.0.0.1", "x-amz-content-sha256": "x"}
    for headers in ({}, spoofed, {"Authorization": "Basic YWRtaW46YWRtaW4="}):
        assert_forbidden(Client(url, aoss.address.ca, None)("GET", "/_cat/indices", headers=headers))
    assert writer.keys is not None
    wrong = SessionKeys(writer.keys.access_key, "wrong", writer.keys.session_token)
    assert_forbidden(Client(url, aoss.address.ca, wrong, service="aoss")("GET", "/_cat/indices"))


def test_the_hash_of_the_body_is_required(writer: Client) -> None:
    class Silent(AWS4Auth):  # type: ignore[misc]
        """Signs as for other services: without the header for the body's hash."""

        def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
            self.include_hdrs = {"host", "x-amz-date", "x-amz-security-token"}
            signed = super().__call__(request)
            del signed.headers["x-amz-content-sha256"]
            return signed  # type: ignore[no-any-return]

    keys = writer.keys
    assert keys is not None
    auth = Silent(keys.access_key, keys.secret_key, "us-east-1", "aoss", session_token=keys.session_token)
    answer = requests.get(writer.url + "/_cat/indices", auth=auth, verify=writer.ca, timeout=60)
    assert_forbidden(answer)


def test_two_collections_do_not_see_each_other(aoss: Serverless, writer: Client, articles: str) -> None:
    there = collection("other")
    with aoss.opened(there) as endpoint:
        client = aoss.caller(endpoint, there, "aoss-other", *INDEX, *DOCUMENTS)
        assert client("PUT", "/articles", mapping()).status_code == 200
        assert client("POST", "/articles/_doc", {"id": "z", "v": [1, 1, 0], "text": "theirs"}).status_code == 201
        eventually(lambda: client("GET", "/_count").json()["count"], 1)
        assert client("GET", "/_cat/indices?h=index").text.split() == [articles]
        assert writer("GET", "/_count").json()["count"] == 3
        lookup = {"id": {"index": HERE.prefix + articles, "id": "1", "path": "id"}}
        assert client("POST", "/articles/_search", {"query": {"terms": lookup}}).status_code in (400, 403)
        assert_forbidden(Client(endpoint, aoss.address.ca, writer.keys, service="aoss")("GET", "/_search"))
    assert writer("GET", "/_count").json()["count"] == 3
